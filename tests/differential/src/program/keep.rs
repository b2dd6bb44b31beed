//! Differences as files that `tests/run` takes.

use gobpf_tests::sys::NUMBERED_CALL;

use super::batch::NativeRun;
use super::entry::Entry;
use super::r#gen::MARK;
use super::judge::Difference;

/// The text of a file: what differs, the program, and what Go gives for its runs.
pub fn file(text: &str, packets: &[Vec<u8>], native: &[NativeRun], difference: &Difference) -> String {
    let (entry, words) = (Entry::of(text), &difference.words);
    let mut kept = format!("// {difference}: {words}\n{}\n\n", text.replace(MARK, "").trim_end());
    for (packet, run) in packets.iter().zip(native).filter(|_| entry == Entry::Xdp) {
        let hex: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
        kept.push_str(&format!("// RUN Prog packet={hex} => {}\n", run.result as i32));
    }
    if entry != Entry::Xdp {
        for (number, packet) in packets.iter().enumerate() {
            let input: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
            kept.push_str(&format!("// SET In[u32 {number}] = hex {input}\n"));
        }
        kept.push_str(&format!("// RUN Prog syscall={NUMBERED_CALL}*{}\n", packets.len()));
    }
    for (number, run) in native.iter().enumerate() {
        let words: Vec<String> = run.words.iter().map(|word| format!("u64 {word}")).collect();
        kept.push_str(&format!("// MAP Out[u32 {number}] = {}\n", words.join(", ")));
    }
    kept
}
