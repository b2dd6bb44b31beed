//! Differences as files that `tests/run` takes.

use super::batch::NativeRun;
use super::r#gen::MARK;
use super::judge::Way;

/// The text of a file: what differs, the program, and what Go gives for its runs.
pub fn file(text: &str, packets: &[Vec<u8>], native: &[NativeRun], way: &Way, words: &str) -> String {
    let mut kept = format!("// {way}: {words}\n{}\n\n", text.replace(MARK, "").trim_end());
    for (packet, run) in packets.iter().zip(native) {
        let hex: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
        kept.push_str(&format!("// RUN Prog packet={hex} => {}\n", run.result as i32));
    }
    for (number, run) in native.iter().enumerate() {
        let words: Vec<String> = run.words.iter().map(|word| format!("u64 {word}")).collect();
        kept.push_str(&format!("// MAP Out[u32 {number}] = {}\n", words.join(", ")));
    }
    kept
}
