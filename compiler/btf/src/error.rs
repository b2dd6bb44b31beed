//! What can be wrong with BTF.

use std::fmt;

/// Why bytes are not BTF.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum BtfError {
    /// The header is cut off, or its first bytes are others.
    Header,
    /// For machines of the other byte order.
    Endian,
    /// Header or sections reach past the end.
    Truncated {
        /// What is cut off: `types`, `strings`, or a type by its number.
        what: String,
    },
    /// A kind of type that is not known.
    Kind {
        /// The type's number.
        id: u32,
        /// The kind's number.
        kind: u32,
    },
    /// A name outside of the strings, or one that is not UTF-8.
    Name {
        /// The type's number.
        id: u32,
    },
    /// Types that are made of themselves, or refer to none.
    Reference {
        /// The type's number.
        id: u32,
        /// What it refers to.
        target: u32,
    },
}

impl fmt::Display for BtfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BtfError::Header => write!(f, "no BTF: it doesn't start with the number 0xeb9f and a header"),
            BtfError::Endian => write!(f, "the BTF is for big-endian machines, which are not supported"),
            BtfError::Truncated { what } => write!(f, "the BTF is cut off: {what} reach past its end"),
            BtfError::Kind { id, kind } => {
                write!(f, "type {id} of the BTF is of kind {kind}, which no kernel knows")
            }
            BtfError::Name { id } => write!(f, "the name of type {id} of the BTF is not in its strings"),
            BtfError::Reference { id, target } => {
                write!(f, "type {id} of the BTF refers to type {target}, which it doesn't have")
            }
        }
    }
}

impl std::error::Error for BtfError {}
