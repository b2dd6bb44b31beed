//! Makes a program that differs smaller, for as long as it differs in the same way: lines and blocks are left out, blocks
//! are replaced by what is in them.

use std::time::{Duration, Instant};

use super::batch::{Batch, Member};
use super::judge::{self, Answer, Way};

/// Candidates that are built together.
const LOT: usize = 60;
/// What a reduction may take.
const MOST_TIME: Duration = Duration::from_secs(60);

/// The smallest text found that differs in this way.
///
/// # Errors
/// Go can't be asked.
pub fn reduce(program: &Member, way: &Way) -> Result<String, String> {
    let start = Instant::now();
    let mut smallest = program.text.clone();
    'rounds: while start.elapsed() < MOST_TIME {
        for lot in candidates(&smallest).chunks(LOT) {
            if let Some(found) = first(lot, &program.packets, way)? {
                smallest = found;
                continue 'rounds;
            }
            if start.elapsed() > MOST_TIME {
                break;
            }
        }
        break;
    }
    Ok(smallest)
}

/// The shortest of `candidates` that differs in this way.
fn first(candidates: &[String], packets: &[Vec<u8>], way: &Way) -> Result<Option<String>, String> {
    let mut batch = Batch::new()?;
    for candidate in candidates {
        batch.add(candidate.clone(), packets.to_vec());
    }
    let native = batch.run()?;
    let mut good: Vec<&String> = Vec::new();
    for (candidate, native) in candidates.iter().zip(&native) {
        let Ok(native) = native else { continue };
        if let Answer::Differs(found, _) = judge::judge(candidate, packets, native)
            && found == *way
        {
            good.push(candidate);
        }
    }
    good.sort_by_key(|text| text.len());
    Ok(good.first().map(|text| (*text).clone()))
}

/// Smaller texts, the smallest first.
fn candidates(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let units = units(&lines);
    let mut found = Vec::new();
    // Neighbours, the longest stretches first.
    let mut length = units.len() / 2;
    while length > 0 {
        for window in units.windows(length) {
            if let (Some(first), Some(last)) = (window.first(), window.last())
                && first.depth == last.depth
                && window.iter().all(|unit| unit.depth >= first.depth)
            {
                found.push(without(&lines, first.start, last.end));
            }
        }
        length = if length > 4 { length / 2 } else { length - 1 };
    }
    for unit in units.iter().filter(|unit| unit.end > unit.start + 1) {
        // What is in a block instead of it.
        let mut kept: Vec<&str> = lines[..unit.start].to_vec();
        kept.extend(&lines[unit.start + 1..unit.end - 1]);
        kept.extend(&lines[unit.end..]);
        found.push(kept.join("\n") + "\n");
    }
    found.retain(|candidate| candidate.len() < text.len());
    found
}

fn without(lines: &[&str], start: usize, end: usize) -> String {
    let mut kept: Vec<&str> = lines[..start].to_vec();
    kept.extend(&lines[end..]);
    kept.join("\n") + "\n"
}

/// A line, or a block from the line that opens it to the one that closes it.
struct Unit {
    start: usize,
    end: usize,
    depth: usize,
}

fn units(lines: &[&str]) -> Vec<Unit> {
    let depth = |line: &str| line.len() - line.trim_start_matches('\t').len();
    let mut units = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('}') || line.trim() == ")" {
            continue;
        }
        let own = depth(line);
        let opens = line.ends_with('{') || line.ends_with('(') || line.ends_with(':');
        let mut end = start + 1;
        if opens {
            while end < lines.len() && (depth(lines[end]) > own || lines[end].trim().is_empty()) {
                end += 1;
            }
            // The line that closes it.
            if end < lines.len() && lines[end].trim_start().starts_with(['}', ')']) {
                while end < lines.len() && lines[end].trim_start().starts_with("} else") {
                    end += 1;
                    while end < lines.len() && depth(lines[end]) > own {
                        end += 1;
                    }
                }
                end = (end + 1).min(lines.len());
            }
        }
        units.push(Unit { start, end, depth: own });
    }
    units
}
