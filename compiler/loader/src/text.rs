//! Go text: literals, comments, and columns as gofmt aligns them.

/// `text` as a Go string literal: raw where that reads better and is possible, else interpreted.
pub fn string(text: &str) -> String {
    let raw = text.contains(['"', '\\'])
        && text.chars().all(|c| c != '`' && c != '\u{feff}' && (c == '\t' || !c.is_control()));
    if raw { format!("`{text}`") } else { interpreted(text.as_bytes()) }
}

/// `bytes` as an interpreted Go string literal.
fn interpreted(bytes: &[u8]) -> String {
    let mut literal = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => literal.push_str("\\\""),
                '\\' => literal.push_str("\\\\"),
                '\n' => literal.push_str("\\n"),
                '\t' => literal.push_str("\\t"),
                '\r' => literal.push_str("\\r"),
                '\0'..='\x1f' | '\x7f' => literal.push_str(&format!("\\x{:02x}", c as u32)),
                '\u{feff}' => literal.push_str("\\ufeff"),
                c if c.is_control() => literal.push_str(&format!("\\u{:04x}", c as u32)),
                c => literal.push(c),
            }
        }
        for byte in chunk.invalid() {
            literal.push_str(&format!("\\x{byte:02x}"));
        }
    }
    literal.push('"');
    literal
}

/// `bytes` as a Go expression of type `[]byte`, a line for each NUL-terminated string in it; lines after the first are
/// indented by `tabs`.
pub fn bytes(bytes: &[u8], tabs: usize) -> String {
    if bytes.iter().all(|&byte| byte == 0) {
        return format!("make([]byte, {})", bytes.len());
    }
    const LONGEST: usize = 64;
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == 0).map_or(rest.len(), |nul| {
            nul + rest.get(nul..).unwrap_or_default().iter().take_while(|&&byte| byte == 0).count()
        });
        let (line, after) = rest.split_at(end.min(LONGEST));
        lines.push(interpreted(line));
        rest = after;
    }
    let next = format!(" +\n{}", "\t".repeat(tabs));
    format!("[]byte({})", lines.join(&next))
}

/// `bytes` as a Go expression of type `[]byte`, byte by byte.
pub fn numbers(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
    format!("[]byte{{{}}}", shown.join(", "))
}

/// `text` without what may not stand in a line comment.
pub fn comment(text: &str) -> String {
    let clean: String =
        text.chars().map(|c| if c.is_control() || c == '\u{feff}' { ' ' } else { c }).collect();
    clean.trim_end().to_owned()
}

/// `text`, cut where it is too long to be read beside instructions.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
    }
}

/// Rows of two columns, each behind `tabs`, with the second column in line as gofmt has it.
pub fn columns(tabs: usize, rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(first, _)| first.chars().count()).max().unwrap_or(0);
    let indent = "\t".repeat(tabs);
    rows.iter().map(|(first, second)| format!("{indent}{first:width$} {second}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_raw_where_that_reads_better() {
        assert_eq!(string(r#"bpf.TracePrintk("Hi\n")"#), r#"`bpf.TracePrintk("Hi\n")`"#);
        assert_eq!(string("n++"), r#""n++""#);
        assert_eq!(string("a `b` \"c\"\u{feff}\0"), r#""a `b` \"c\"\ufeff\x00""#);
    }

    #[test]
    fn bytes_stay_what_they_are() {
        assert_eq!(bytes(b"Hello world!\n\0", 2), r#"[]byte("Hello world!\n\x00")"#);
        assert_eq!(bytes(b"a\0\0b\0", 1), "[]byte(\"a\\x00\\x00\" +\n\t\"b\\x00\")");
        assert_eq!(bytes(&[0xff, 0xc3, 0xa9, 1], 0), r#"[]byte("\xffé\x01")"#);
        assert_eq!(bytes(&[0; 16], 0), "make([]byte, 16)");
    }
}
