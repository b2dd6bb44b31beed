//! What a loader can't be written for, in words.

use std::fmt;

/// Why there is no loader for an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoaderError {
    /// The object holds no program.
    NoPrograms,
    /// Nobody knows how to attach the program.
    Section {
        /// Name of the program.
        program: String,
        /// Its section.
        section: String,
    },
    /// cilium/ebpf has no way to write an instruction.
    Instruction {
        /// Name of the program.
        program: String,
        /// Where in the program.
        slot: u32,
    },
    /// An instruction refers to a map that the object doesn't have.
    MissingMap {
        /// Name of the program.
        program: String,
        /// Where in the program.
        slot: u32,
    },
    /// The kind of a map has no name.
    MapKind {
        /// Name of the map.
        map: String,
        /// Its kind, a number of `enum bpf_map_type`.
        kind: u32,
    },
}

impl fmt::Display for LoaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrograms => {
                write!(f, "there is no program to load: write one under `//bpf:section`, or in `main`")
            }
            Self::Section { program, section } => write!(
                f,
                "no loader can be written for `{program}`: it is not known how to attach a program of section \
                 `{section}`"
            ),
            Self::Instruction { program, slot } => write!(
                f,
                "no loader can be written for `{program}`: cilium/ebpf can't express its instruction {slot}"
            ),
            Self::MissingMap { program, slot } => write!(
                f,
                "no loader can be written for `{program}`: its instruction {slot} refers to a map that is not there"
            ),
            Self::MapKind { map, kind } => {
                write!(f, "no loader can be written for map `{map}`: kind {kind} has no name")
            }
        }
    }
}

impl std::error::Error for LoaderError {}
