//! Differences as files that `tests/run` takes.

use super::r#gen::MARK;
use super::judge::Way;

/// The text of a file: what differs, the program, and its runs. The expected results are to be added.
pub fn file(text: &str, packets: &[Vec<u8>], way: &Way, words: &str) -> String {
    let mut kept = format!("// {way}: {words}\n{}\n", text.replace(MARK, "").trim_end());
    kept.push('\n');
    for packet in packets {
        let hex: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
        kept.push_str(&format!("// RUN Prog packet={hex}\n"));
    }
    kept
}
