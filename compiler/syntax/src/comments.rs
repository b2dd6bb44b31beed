//! What comments say: doc text, directives, and what was meant as one.

use gobpf_source::{NodeId, TextRange};

use crate::ast::Directive;
use crate::directives;
use crate::lexer::Comment;

/// The namespaces of directives.
const NAMESPACES: [&str; 2] = ["bpf", "gobpf"];

/// A comment that was meant as a directive.
pub(crate) struct Misspelt {
    /// The comment, up to the name.
    pub written: String,
    /// The directive, spelled right, with its arguments.
    pub right: String,
}

/// The index of the first comment of the group directly above a token that stands `lines_before` line ends after the
/// last comment; the number of comments where there is no such group. A comment that shares its line with the token
/// before it belongs to that, but `at_file_start` there is none.
pub(crate) fn lead_group(comments: &[Comment], lines_before: u32, at_file_start: bool) -> usize {
    let mut first = comments.len();
    let mut gap = lines_before;
    while let Some(comment) = first.checked_sub(1).and_then(|index| comments.get(index)) {
        let trailing = first == 1 && comment.lines_before == 0 && !at_file_start;
        if gap > 1 || trailing {
            break;
        }
        first -= 1;
        gap = comment.lines_before;
    }
    first
}

/// The directive that a comment is; its place is left to the caller.
pub(crate) fn directive(comment: &str) -> Option<Directive> {
    let text = comment.strip_prefix("//")?;
    let (namespace, rest) = text.split_once(':')?;
    let namespace = NAMESPACES.iter().find(|known| **known == namespace)?;
    let (name, arguments) = match rest.split_once(char::is_whitespace) {
        Some((name, arguments)) => (name, arguments.trim()),
        None => (rest, ""),
    };
    Some(Directive {
        id: NodeId(0),
        range: TextRange::default(),
        namespace: (*namespace).into(),
        name: name.into(),
        arguments: arguments.into(),
    })
}

/// Whether a comment looks like a directive that lost its form: a space or capital letters before the colon, or no
/// colon. Prose such as `// bpf maps are ...` does not.
pub(crate) fn misspelt(comment: &str) -> Option<Misspelt> {
    let text = comment.strip_prefix("//")?;
    let trimmed = text.trim_start();
    let tight = trimmed.len() == text.len();
    let word_end = trimmed.find(|found: char| !found.is_ascii_alphanumeric()).unwrap_or(trimmed.len());
    let (namespace, rest) = trimmed.split_at(word_end);
    let namespace = NAMESPACES.iter().find(|known| known.eq_ignore_ascii_case(namespace))?;
    let before_name = rest.trim_start_matches([' ', '\t', ':']);
    let between = &rest[..rest.len() - before_name.len()];
    let name_end = before_name.find(char::is_whitespace).unwrap_or(before_name.len());
    let (name, arguments) = before_name.split_at(name_end);
    let known = directives::KNOWN
        .iter()
        .find(|known| known.audience != directives::Audience::Sdk && known.name.eq_ignore_ascii_case(name))?;
    // With a space after `//` only `bpf:name` can be meant as a directive; without one `bpf name` is meant so, too.
    if between.is_empty() || !(tight || between == ":") {
        return None;
    }
    let arguments = arguments.trim();
    let separator = if arguments.is_empty() { "" } else { " " };
    let written = comment[..comment.len() - before_name.len() + name_end].to_string();
    Some(Misspelt { written, right: format!("//{namespace}:{}{separator}{arguments}", known.name) })
}

/// The lines of a comment as documentation: without its marks and one leading space, and without directives.
pub(crate) fn doc_lines(comment: &str) -> Vec<String> {
    if let Some(line) = comment.strip_prefix("//") {
        let line = line.trim_end_matches('\r');
        if is_directive_of_any_tool(line) {
            return Vec::new();
        }
        return vec![line.strip_prefix(' ').unwrap_or(line).trim_end().to_string()];
    }
    let inner = comment.strip_prefix("/*").unwrap_or(comment);
    let inner = inner.strip_suffix("*/").unwrap_or(inner);
    inner.lines().map(|line| line.trim_end().to_string()).collect()
}

/// `tool:name` without a space, as in `go:build`: such lines are no documentation.
fn is_directive_of_any_tool(line: &str) -> bool {
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match line.split_once(':') {
        Some((tool, rest)) => {
            is_word(tool) && rest.chars().next().is_some_and(|found| !found.is_whitespace())
        }
        None => line.starts_with("export ") || line.starts_with("extern "),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn directives_have_one_form() {
        let found = directive("//bpf:section xdp").unwrap();
        assert_eq!((&*found.namespace, &*found.name, &*found.arguments), ("bpf", "section", "xdp"));
        assert_eq!(directive("//gobpf:x\r").unwrap().name, "x");
        for other in
            ["// bpf:section xdp", "//BPF:section", "//bpf section", "/*bpf:section*/", "//go:build x"]
        {
            assert!(directive(other).is_none(), "{other}");
        }
    }

    #[test]
    fn near_misses_are_told_from_prose() {
        let cases = [
            ("// bpf:section xdp", "//bpf:section xdp"),
            ("//BPF:Section xdp", "//bpf:section xdp"),
            ("//bpf section xdp", "//bpf:section xdp"),
            ("//gobpf : license MIT", "//gobpf:license MIT"),
        ];
        for (written, right) in cases {
            assert_eq!(misspelt(written).unwrap().right, right);
        }
        for prose in
            ["// bpf map of counters", "// BPF: the kernel side", "//bpf", "// bpf: map", "//bpfsection"]
        {
            assert!(misspelt(prose).is_none(), "{prose}");
        }
    }
}
