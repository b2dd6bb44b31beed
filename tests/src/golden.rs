//! Blessed texts: files that hold what a stage printed when somebody last reviewed it.

use std::fs;
use std::path::Path;

use libtest_mimic::Failed;

/// How many lines of context a difference shows.
const CONTEXT_LINES: usize = 3;
/// How many differing lines are shown of each text.
const SHOWN_LINES: usize = 30;

/// Whether expectations are to be rewritten rather than compared: `cargo xtask bless` sets `GOBPF_BLESS`.
pub fn is_blessing() -> bool {
    std::env::var_os("GOBPF_BLESS").is_some_and(|value| !value.is_empty())
}

/// Compares `actual` with the file at `path`, or writes it there when blessing. An empty text is an absent file.
pub fn compare(path: &Path, actual: &str) -> Result<(), Failed> {
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    if is_blessing() {
        let done = if actual.is_empty() { fs::remove_file(path) } else { fs::write(path, actual) };
        return done.map_err(|error| format!("{}: {error}", path.display()).into());
    }
    let difference = difference(&expected, actual);
    Err(format!("{}: not what is blessed (- expected, + actual):\n{difference}", path.display()).into())
}

/// The lines between the common start and the common end of two texts.
pub fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    let mut show = |mark: &str, lines: &[&str]| {
        for line in lines.iter().take(SHOWN_LINES) {
            text.push_str(&format!("{mark}{line}\n"));
        }
        if lines.len() > SHOWN_LINES {
            text.push_str(&format!("{mark}... {} lines more\n", lines.len() - SHOWN_LINES));
        }
    };
    show("  ", &old[start.saturating_sub(CONTEXT_LINES)..start]);
    show("- ", &old[start..old.len() - end]);
    show("+ ", &new[start..new.len() - end]);
    show("  ", &old[old.len() - end..][..end.min(CONTEXT_LINES)]);
    if text.is_empty() { "only the line ends differ\n".to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn only_what_differs_is_shown() {
        let text = difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nX\nY\nf\n");
        assert_eq!(text, "  b\n  c\n  d\n- e\n+ X\n+ Y\n  f\n");
        assert_eq!(difference("a\n", "a\na\n"), "  a\n+ a\n");
    }
}
