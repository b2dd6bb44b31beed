//! Reading the rope byte by byte, a chunk at a time.

use gobpf_source::{SourceText, TextRange, TextSize};
use smol_str::SmolStr;

/// A place in a text, from where bytes are looked at without copying the text.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    text: &'a SourceText,
    chunk: &'a [u8],
    chunk_start: u32,
    /// Absolute byte that is looked at next.
    pub pos: u32,
    /// One more than the furthest byte that was looked at, the end of the text counted as a byte: what the tokens so
    /// far depend on.
    pub seen: u32,
}

impl<'a> Cursor<'a> {
    /// A cursor at byte `pos` of `text`.
    pub fn new(text: &'a SourceText, pos: u32) -> Self {
        Cursor { text, chunk: text.chunk_from(pos as usize), chunk_start: pos, pos, seen: pos }
    }

    /// The byte `ahead` bytes on; none past the end.
    pub fn peek(&mut self, ahead: u32) -> Option<u8> {
        let at = self.pos + ahead;
        self.seen = self.seen.max(at + 1);
        let index = at.wrapping_sub(self.chunk_start) as usize;
        if let Some(byte) = self.chunk.get(index) {
            return Some(*byte);
        }
        self.chunk = self.text.chunk_from(at as usize);
        self.chunk_start = at;
        self.chunk.first().copied()
    }

    /// True when the next byte is `byte`.
    pub fn at(&mut self, byte: u8) -> bool {
        self.peek(0) == Some(byte)
    }

    /// Steps over the next byte if it is `byte`.
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.at(byte);
        self.pos += u32::from(found);
        found
    }

    /// The next character with its length in bytes; none at the end.
    pub fn character(&mut self) -> Option<(char, u32)> {
        let first = self.peek(0)?;
        let length = match first {
            0..=0x7f => return Some((char::from(first), 1)),
            0xf0.. => 4,
            0xe0.. => 3,
            _ => 2,
        };
        let mut bytes = [first, 0, 0, 0];
        for ahead in 1..length {
            bytes[ahead as usize] = self.peek(ahead)?;
        }
        let text = std::str::from_utf8(&bytes[..length as usize]).ok()?;
        Some((text.chars().next()?, length))
    }

    /// The text between two absolute bytes.
    pub fn slice(&self, start: u32, end: u32) -> SmolStr {
        let low = start.wrapping_sub(self.chunk_start) as usize;
        let high = end.wrapping_sub(self.chunk_start) as usize;
        match self.chunk.get(low..high).and_then(|bytes| std::str::from_utf8(bytes).ok()) {
            Some(text) => SmolStr::new(text),
            None => {
                self.text.slice(TextRange::new(TextSize::new(start), TextSize::new(end.max(start)))).into()
            }
        }
    }
}
