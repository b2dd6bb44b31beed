//! Expectations in comments, at the line that they speak of: `// ERROR GB0401 "regexp"`.
//!
//! A comment may hold several; `ERROR@-1` speaks of the line before, for lines that can't carry a comment.

use regex::Regex;

/// What is expected at a line.
#[derive(Debug)]
pub struct Mark {
    /// Line, from 1.
    pub line: u32,
    /// `error`, `warning`, `info` or `hint`.
    pub severity: String,
    /// Such as `GB0401`.
    pub code: String,
    /// What the message matches.
    pub message: Regex,
}

/// A diagnostic as the binary reports it.
#[derive(Clone, Debug)]
pub struct Reported {
    /// Line, from 1.
    pub line: u32,
    /// `error`, `warning`, `info` or `hint`.
    pub severity: String,
    /// Such as `GB0401`.
    pub code: String,
    /// Its message, with the kernel's words after it where there are any.
    pub message: String,
}

const SEVERITIES: [&str; 4] = ["ERROR", "WARNING", "INFO", "HINT"];

/// The marks of `text`.
pub fn read(text: &str) -> Result<Vec<Mark>, String> {
    let mut marks = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (at, _) in line.match_indices("// ") {
            let comment = &line[at + 3..];
            if SEVERITIES.iter().any(|severity| comment.starts_with(severity)) {
                let place = |error| format!("line {}: {error}", index + 1);
                marks.extend(read_comment(comment, index as u32 + 1).map_err(place)?);
                break;
            }
        }
    }
    Ok(marks)
}

fn read_comment(mut rest: &str, line: u32) -> Result<Vec<Mark>, String> {
    let mut marks = Vec::new();
    while !rest.trim().is_empty() {
        let (head, after) = rest.split_once('"').ok_or("a mark is SEVERITY CODE \"regexp\"")?;
        let (pattern, after) = after.split_once('"').ok_or("the regexp has no closing quote")?;
        let words: Vec<&str> = head.split_whitespace().collect();
        let [severity, code] = words[..] else { return Err("a mark is SEVERITY CODE \"regexp\"".into()) };
        let (severity, offset) = severity.split_once('@').unwrap_or((severity, "0"));
        let offset: i32 = offset.parse().map_err(|_| format!("`@{offset}` is no number of lines"))?;
        if !SEVERITIES.contains(&severity) {
            return Err(format!("`{severity}` is none of {}", SEVERITIES.join(", ")));
        }
        marks.push(Mark {
            line: line.saturating_add_signed(offset),
            severity: severity.to_lowercase(),
            code: code.to_string(),
            message: Regex::new(pattern).map_err(|error| error.to_string())?,
        });
        rest = after;
    }
    Ok(marks)
}

/// Matches marks and reported diagnostics one to one; the error names all that are left over.
pub fn compare(marks: &[Mark], reported: &[Reported]) -> Result<(), String> {
    let mut left: Vec<&Reported> = reported.iter().collect();
    let mut wrong = Vec::new();
    for mark in marks {
        let fits = |found: &&Reported| {
            (found.line, &found.severity, &found.code) == (mark.line, &mark.severity, &mark.code)
                && mark.message.is_match(&found.message)
        };
        match left.iter().position(fits) {
            Some(index) => drop(left.remove(index)),
            None => wrong.push(format!(
                "line {}: expected, not reported: {} {} \"{}\"",
                mark.line, mark.severity, mark.code, mark.message
            )),
        }
    }
    wrong.extend(left.iter().map(|found| {
        format!(
            "line {}: reported, not expected: {} {} {}",
            found.line, found.severity, found.code, found.message
        )
    }));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_and_matched_one_to_one() {
        let marks = read("a\nb() // ERROR GB0401 \"nil\" WARNING@-1 GB0501 \"old\"\n// a comment\n").unwrap();
        let found = |line, severity: &str, code: &str, message: &str| Reported {
            line,
            severity: severity.into(),
            code: code.into(),
            message: message.into(),
        };
        let error = found(2, "error", "GB0401", "may be nil here");
        let warning = found(1, "warning", "GB0501", "too old");
        assert_eq!(compare(&marks, &[warning.clone(), error.clone()]), Ok(()));
        assert!(compare(&marks, &[error.clone(), error.clone()]).is_err());
        assert!(compare(&marks, &[warning, error.clone(), error]).is_err());
        assert!(read("x // ERROR GB0401").is_err());
    }
}
