//! Line and column positions in the encodings that clients speak.

/// The unit in which a client counts columns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, the default of the Language Server Protocol.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A position: `line` counted from 0, `column` counted from 0 in units of an [`Encoding`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineColumn {
    /// Line, from 0.
    pub line: u32,
    /// Column, from 0.
    pub column: u32,
}
