//! What a verifier log says: statistics, last words, and where it stopped.

use crate::job::{Accepted, Rejected};

/// Text that the verifier printed into `buffer`, up to the first NUL.
pub fn text(buffer: &[u8]) -> String {
    let end = buffer.iter().position(|byte| *byte == 0).unwrap_or(buffer.len());
    String::from_utf8_lossy(&buffer[..end]).into_owned()
}

/// The numbers of a statistics log (level 4).
pub fn statistics(log: &str) -> Accepted {
    let depths = log.lines().find_map(|line| line.strip_prefix("stack depth ")).unwrap_or("");
    let depth = depths.split_whitespace().next().unwrap_or("");
    Accepted {
        processed: number(log, "processed "),
        total_states: number(log, " total_states "),
        peak_states: number(log, " peak_states "),
        stack: depth.split('+').filter_map(|part| part.parse::<u32>().ok()).sum(),
        microseconds: number(log, "verification time "),
        log: String::new(),
    }
}

/// The rejection that a statistics log (level 4) and a full log tell: at level 4 the verifier prints
/// nothing but its last words and its statistics.
pub fn rejection(statistics: &str, full: String) -> Rejected {
    let mut message: Vec<&str> = statistics
        .lines()
        .map(|line| without_mark(without_statistics(line)))
        .filter(|line| {
            !line.is_empty()
                && !is_statistics(line)
                && !is_state(line)
                && !is_self_check(line)
                && !informs(line)
        })
        .collect();
    while message.len() > 1 && is_of_main(message[0], &full) {
        message.remove(0);
    }
    Rejected {
        message: message.join("\n"),
        insn: full.lines().rev().find_map(instruction),
        processed: number(statistics, "processed "),
        microseconds: number(statistics, "verification time "),
        log: full,
    }
}

/// Words about an argument of a tracepoint have no end of line either: what comes next follows them at once.
fn without_mark(line: &str) -> &str {
    const MARK: &str = " as scalar as it may encode error";
    match line.rsplit_once(MARK) {
        Some((words, rest)) if words.starts_with("marking pointer arg") => rest,
        _ => line,
    }
}

/// Some words have no end of line: statistics follow them at once.
fn without_statistics(line: &str) -> &str {
    match line.split_once("verification time ") {
        Some((words, _)) if !words.is_empty() => words,
        _ => line,
    }
}

fn is_statistics(line: &str) -> bool {
    ["verification time ", "stack depth ", "processed "].iter().any(|start| line.starts_with(start))
}

/// A state beside the words of `infinite loop detected`.
fn is_state(line: &str) -> bool {
    line.starts_with("; ") && line.contains(" @ ")
        || line.starts_with("cur state:")
        || line.starts_with("old state:")
}

/// Lines about what the verifier is at, which are no last words: parts of them that all are there.
const INFORMING: &[&[&str]] = &[
    &["func '", "' arg", " has btf_id "],
    &["Func#", " is global and assumed valid"],
    &["Func#", " is global and valid. Skipping."],
    &["Validating ", "() func#"],
    &["Func#", " is safe for any args that match its prototype"],
];

/// Beginnings of lines about a program's own function, whose type may be any.
const OF_MAIN: [&str; 3] = ["Global function ", "arg#0 ", "reg type unsupported for arg#0 function "];

/// Whether a line speaks of the program's own function: the whole log goes on with the program's first state.
fn is_of_main(line: &str, full: &str) -> bool {
    let follows = |(_, next): (&str, &str)| next.starts_with("0: R1=");
    let mut pairs = full.lines().zip(full.lines().skip(1)).filter(|(one, _)| *one == line);
    OF_MAIN.iter().any(|start| line.starts_with(start)) && pairs.any(follows)
}

fn informs(line: &str) -> bool {
    INFORMING.iter().any(|parts| parts.iter().all(|part| line.contains(part)))
}

/// What the verifier says of itself, on paths that may well be fine: its bounds contradict each other.
fn is_self_check(line: &str) -> bool {
    line.trim_start_matches("verifier bug: ").starts_with("REG INVARIANTS VIOLATION")
}

/// The slot of a line such as `12: (bf) r1 = r0`; none for lines of states and for backtracking.
fn instruction(line: &str) -> Option<u32> {
    if let Some((slot, _)) = line.split_once(": BUG_") {
        return slot.parse().ok(); // what can't be disassembled
    }
    if let Some((slot, _)) = line.split_once(": <invalid ") {
        return slot.parse().ok(); // what libbpf writes over the line of a call that it has put there
    }
    let (slot, rest) = line.split_once(": (")?;
    let opcode = rest.get(..3)?;
    let is_opcode = opcode.ends_with(')') && opcode[..2].bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_opcode { slot.parse().ok() } else { None }
}

fn number(log: &str, after: &str) -> u32 {
    let digits = log.find(after).map_or("", |at| &log[at + after.len()..]);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATISTICS: &str = "R1 !read_ok\nverification time 30 usec\nstack depth 8+16\n\
        processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 1 mark_read 0\n";

    #[test]
    fn numbers_and_last_words_are_found() {
        let counted = statistics(STATISTICS);
        assert_eq!((counted.processed, counted.total_states, counted.peak_states), (3, 2, 1));
        assert_eq!(counted.stack, 24);
        let marked = format!("marking pointer arg1 as scalar as it may encode error{STATISTICS}");
        assert_eq!(rejection(&marked, String::new()).message, "R1 !read_ok");
        let full = "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0\n12: (bf) r2 = r1\nR1 !read_ok\n   (nothing)\n";
        let rejected = rejection(STATISTICS, full.to_string());
        assert_eq!((rejected.message.as_str(), rejected.insn), ("R1 !read_ok", Some(12)));
        let full = "0: (b7) r0 = 0\n1: <invalid CO-RE relocation>\nfailed to resolve\n";
        assert_eq!(rejection(STATISTICS, full.to_string()).insn, Some(1));
    }
}
