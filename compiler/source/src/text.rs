//! The text of one file, kept as a rope so that an edit costs what it changes.

use ropey::Rope;
use text_size::{TextRange, TextSize};

use crate::position::{Encoding, LineColumn};

/// The text of a file. Cloning is cheap (the rope is shared).
#[derive(Clone, Debug, Default)]
pub struct SourceText {
    rope: Rope,
}

/// One replacement: the bytes of `range` become `text`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextEdit {
    /// What is replaced, in bytes of the text before the edit.
    pub range: TextRange,
    /// What stands there afterwards.
    pub text: String,
}

/// An edit as an incremental parser wants it: the replaced range, its new end, and these three as points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AppliedEdit {
    /// Byte where the change starts.
    pub start: u32,
    /// Byte where the replaced text ended.
    pub old_end: u32,
    /// Byte where the new text ends.
    pub new_end: u32,
    /// `start` as line and byte column.
    pub start_point: LineColumn,
    /// `old_end` as line and byte column, in the old text.
    pub old_end_point: LineColumn,
    /// `new_end` as line and byte column, in the new text.
    pub new_end_point: LineColumn,
}

impl SourceText {
    /// Wraps `text`. Lines end at LF, CR LF or CR.
    pub fn new(text: &str) -> Self {
        SourceText { rope: Rope::from_str(text) }
    }

    /// Length in bytes. Texts of 4 GiB and more do not occur: callers refuse them on reading.
    pub fn len(&self) -> u32 {
        self.rope.len_bytes() as u32
    }

    /// True for the empty text.
    pub fn is_empty(&self) -> bool {
        self.rope.len_bytes() == 0
    }

    /// Number of lines; a text without a line end has one.
    pub fn line_count(&self) -> u32 {
        self.rope.len_lines() as u32
    }

    /// The whole text as a new string.
    pub fn to_text(&self) -> String {
        self.rope.to_string()
    }

    /// The contiguous piece of text that holds byte `offset`, from there on; empty at the end. For chunked parsers.
    pub fn chunk_from(&self, offset: usize) -> &[u8] {
        if offset >= self.rope.len_bytes() {
            return &[];
        }
        let (chunk, start, ..) = self.rope.chunk_at_byte(offset);
        &chunk.as_bytes()[offset - start..]
    }

    /// The text of `range`, cut to the text's length and to character boundaries.
    pub fn slice(&self, range: TextRange) -> String {
        let start = self.floor_char(u32::from(range.start()) as usize);
        let end = self.floor_char(u32::from(range.end()) as usize);
        self.rope.byte_slice(start..end.max(start)).to_string()
    }

    /// The text of line `line` (from 0) without its line end; empty when there is no such line.
    pub fn line(&self, line: u32) -> String {
        match self.rope.get_line(line as usize) {
            Some(text) => text.to_string().trim_end_matches(['\n', '\r']).to_string(),
            None => String::new(),
        }
    }

    /// The byte range of line `line` (from 0) without its line end.
    pub fn line_range(&self, line: u32) -> TextRange {
        let start = match self.rope.try_line_to_byte(line as usize) {
            Ok(start) => start as u32,
            Err(_) => self.len(),
        };
        TextRange::at(TextSize::new(start), TextSize::new(self.line(line).len() as u32))
    }

    /// The line (from 0) that holds byte `offset`.
    pub fn line_of(&self, offset: TextSize) -> u32 {
        self.rope.byte_to_line((u32::from(offset) as usize).min(self.rope.len_bytes())) as u32
    }

    /// Byte `offset` as a position in `encoding`; an offset past the end is the end.
    pub fn position(&self, offset: TextSize, encoding: Encoding) -> LineColumn {
        let byte = self.floor_char(u32::from(offset) as usize);
        let line = self.rope.byte_to_line(byte);
        let start = self.rope.line_to_byte(line);
        let column = match encoding {
            Encoding::Utf8 => byte - start,
            Encoding::Utf16 => {
                let char_index = self.rope.byte_to_char(byte);
                self.rope.char_to_utf16_cu(char_index)
                    - self.rope.char_to_utf16_cu(self.rope.byte_to_char(start))
            }
            Encoding::Utf32 => self.rope.byte_to_char(byte) - self.rope.byte_to_char(start),
        };
        LineColumn { line: line as u32, column: column as u32 }
    }

    /// The byte of `position`; a column past the end of its line is the line's end, a line past the text the text's
    /// end, as the Language Server Protocol says.
    pub fn offset(&self, position: LineColumn, encoding: Encoding) -> TextSize {
        if position.line >= self.line_count() {
            return TextSize::new(self.len());
        }
        let range = self.line_range(position.line);
        let start = u32::from(range.start()) as usize;
        let end = u32::from(range.end()) as usize;
        let column = position.column as usize;
        let byte = match encoding {
            Encoding::Utf8 => self.floor_char((start + column).min(end)),
            Encoding::Utf16 => {
                let base = self.rope.char_to_utf16_cu(self.rope.byte_to_char(start));
                let last = self.rope.char_to_utf16_cu(self.rope.byte_to_char(end));
                let unit = (base + column).min(last);
                self.rope.char_to_byte(self.rope.utf16_cu_to_char(unit))
            }
            Encoding::Utf32 => {
                let base = self.rope.byte_to_char(start);
                let last = self.rope.byte_to_char(end);
                self.rope.char_to_byte((base + column).min(last))
            }
        };
        TextSize::new(byte as u32)
    }

    /// Applies `edit` and says what changed; ranges past the end are cut to it.
    pub fn apply(&mut self, edit: &TextEdit) -> AppliedEdit {
        let start = self.floor_char(u32::from(edit.range.start()) as usize);
        let old_end = self.floor_char(u32::from(edit.range.end()) as usize).max(start);
        let start_point = self.position(TextSize::new(start as u32), Encoding::Utf8);
        let old_end_point = self.position(TextSize::new(old_end as u32), Encoding::Utf8);
        let start_char = self.rope.byte_to_char(start);
        let end_char = self.rope.byte_to_char(old_end);
        self.rope.remove(start_char..end_char);
        self.rope.insert(start_char, &edit.text);
        let new_end = start + edit.text.len();
        AppliedEdit {
            start: start as u32,
            old_end: old_end as u32,
            new_end: new_end as u32,
            start_point,
            old_end_point,
            new_end_point: self.position(TextSize::new(new_end as u32), Encoding::Utf8),
        }
    }

    /// The greatest character boundary at or below `byte`.
    fn floor_char(&self, byte: usize) -> usize {
        let byte = byte.min(self.rope.len_bytes());
        self.rope.char_to_byte(self.rope.byte_to_char(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> LineColumn {
        LineColumn { line, column }
    }

    #[test]
    fn positions_round_trip_in_every_encoding() {
        let text = SourceText::new("aé😀b\r\nzwei\u{2028}still\n\nend");
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (offset, _) in text.to_text().char_indices() {
                if &text.to_text().as_bytes()[offset..offset + 1] == b"\n" {
                    continue; // the LF of a CR LF is no position of its own
                }
                let size = TextSize::new(offset as u32);
                assert_eq!(
                    text.offset(text.position(size, encoding), encoding),
                    size,
                    "{encoding:?} {offset}"
                );
            }
        }
        assert_eq!(text.position(TextSize::new(7), Encoding::Utf16), at(0, 4));
        assert_eq!(text.position(TextSize::new(7), Encoding::Utf32), at(0, 3));
    }

    #[test]
    fn positions_past_the_end_are_cut() {
        let text = SourceText::new("ab\nc");
        assert_eq!(text.offset(at(0, 99), Encoding::Utf16), TextSize::new(2));
        assert_eq!(text.offset(at(9, 0), Encoding::Utf16), TextSize::new(4));
    }

    #[test]
    fn edits_report_what_changed() {
        let mut text = SourceText::new("one\ntwo\n");
        let edit = TextEdit { range: TextRange::new(4.into(), 7.into()), text: "2\n3".into() };
        let applied = text.apply(&edit);
        assert_eq!(text.to_text(), "one\n2\n3\n");
        assert_eq!((applied.start, applied.old_end, applied.new_end), (4, 7, 7));
        assert_eq!((applied.old_end_point, applied.new_end_point), (at(1, 3), at(2, 1)));
    }
}
