//! `//line FILE:LINE:COLUMN`, by which generated code names its source.

/// What follows the comment sign.
const WORD: &str = "line ";
/// The largest line and column.
const LARGEST: u64 = 1 << 30;

/// The byte of `comment` at which it is a wrong directive, and what is wrong; none where it is right or no directive. The
/// comment is given without its closing sign.
pub(crate) fn mistake(comment: &str) -> Option<(u32, String)> {
    let comment =
        if comment.starts_with("//") { comment.strip_suffix('\r').unwrap_or(comment) } else { comment };
    let text = comment.get(2..)?.strip_prefix(WORD)?;
    let offset = comment.len() - text.len();
    let (last, number) = trailing_number(text)?;
    let wrong = |what: &str, at: usize| {
        Some(((offset + at) as u32, format!("invalid {what} number: {}", &text[at..])))
    };
    let Some(number) = number else { return wrong("line", last) };
    let is_good = |number: u64| (1..=LARGEST).contains(&number);
    // With two numbers, the first is the line.
    match trailing_number(&text[..last - 1]) {
        Some((_, Some(_))) if !is_good(number) => wrong("column", last),
        Some((first, Some(line))) => {
            if is_good(line) {
                return None;
            }
            let before_column = &text[first..last - 1];
            Some(((offset + first) as u32, format!("invalid line number: {before_column}")))
        }
        _ if !is_good(number) => wrong("line", last),
        _ => None,
    }
}

/// Where the text after the last colon starts, and the number that it is.
fn trailing_number(text: &str) -> Option<(usize, Option<u64>)> {
    let at = text.rfind(':')? + 1;
    let digits = &text[at..];
    let number = if digits.starts_with('+') { None } else { digits.parse().ok() };
    Some((at, number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_checked_where_there_are_colons() {
        for good in [
            "// line a:x",
            "//line a",
            "//line a:1",
            "//line a:1:2",
            "//line c:/a:7\r",
            "/*line :3:4",
            "//line",
        ] {
            assert_eq!(mistake(good), None, "{good}");
        }
        let message = |comment: &str| mistake(comment).unwrap();
        assert_eq!(message("//line a:x"), (9, "invalid line number: x".to_owned()));
        assert_eq!(message("//line a:0"), (9, "invalid line number: 0".to_owned()));
        assert_eq!(message("/*line a:1:0"), (11, "invalid column number: 0".to_owned()));
        assert_eq!(message("//line a:0:1"), (9, "invalid line number: 0".to_owned()));
    }
}
