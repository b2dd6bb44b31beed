//! What can be wrong with an object file, in words.

use std::fmt;

use gobpf_btf::BtfError;
use gobpf_diagnostics::Diagnostic;
use gobpf_diagnostics::codes::{self, Code};
use gobpf_source::{FileId, Span, TextRange};

/// Something that is wrong with an object file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectError {
    /// The section it is in; empty for the whole file.
    pub section: String,
    /// The symbol: a function, a map, a variable; empty where there is none.
    pub symbol: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// Not an ELF file that can be read.
    Elf(String),
    /// For another machine, or not a relocatable file.
    Machine,
    /// The types can't be read.
    Btf(BtfError),
    /// What belongs to the types (`.BTF.ext`) can't be read.
    BtfExt(String),
    /// No program is in the file.
    NoPrograms,
    /// libbpf knows no such section.
    UnknownSection,
    /// A function whose bytes are not in its section, or not whole instructions.
    Function,
    /// A program that is `static` outside of `.text`.
    StaticProgram,
    /// A map's definition can't be read.
    Map(String),
    /// A relocation that means nothing here.
    Relocation {
        /// Where: byte offset in the section.
        offset: u64,
        /// Why.
        why: String,
    },
    /// A symbol that nothing defines.
    Undefined {
        /// Its name.
        name: String,
    },
    /// What the kernel has by this name is of another type.
    OtherType {
        /// The name.
        name: String,
    },
    /// A setting of the kernel that is not known.
    Setting {
        /// Its name, such as `CONFIG_HZ`.
        name: String,
    },
    /// A call of a function that is not in the file.
    Call {
        /// The slot of the call.
        slot: u32,
    },
    /// Types of the kernel are needed and there are none.
    NeedsKernelTypes,
    /// A CO-RE relocation can't be done.
    Core {
        /// The slot.
        slot: u32,
        /// Why.
        why: String,
    },
}

impl ObjectError {
    pub(crate) fn new(section: &str, symbol: &str, problem: Problem) -> ObjectError {
        ObjectError { section: section.to_string(), symbol: symbol.to_string(), problem }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        match self.problem {
            Problem::Elf(_) | Problem::Machine | Problem::Btf(_) | Problem::BtfExt(_) | Problem::Function => {
                codes::GB0803
            }
            Problem::NoPrograms | Problem::UnknownSection | Problem::StaticProgram => codes::GB0804,
            Problem::Map(_) => codes::GB0805,
            Problem::Relocation { .. }
            | Problem::Undefined { .. }
            | Problem::OtherType { .. }
            | Problem::Setting { .. }
            | Problem::Call { .. } => codes::GB0806,
            Problem::NeedsKernelTypes | Problem::Core { .. } => codes::GB0807,
        }
    }

    /// As a diagnostic of the file.
    pub fn diagnostic(&self, file: FileId) -> Diagnostic {
        let whole = Span { file, range: TextRange::default() };
        Diagnostic::error(self.code(), whole, self.to_string())
    }
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.section.as_str(), self.symbol.as_str()) {
            ("", "") => {}
            (section, "") => write!(f, "section {section}: ")?,
            ("", symbol) => write!(f, "`{symbol}`: ")?,
            (section, symbol) => write!(f, "section {section}, `{symbol}`: ")?,
        }
        write!(f, "{}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Elf(why) => write!(f, "this is no ELF file that can be read: {why}"),
            Problem::Machine => {
                write!(f, "this is no object for eBPF; compile with `clang -target bpf -c`, little-endian")
            }
            Problem::Btf(why) => write!(f, "{why}; compile again with `-g`"),
            Problem::BtfExt(why) => write!(f, "lines and relocations of the types can't be read: {why}"),
            Problem::NoPrograms => {
                write!(f, "there is no program in it: put functions into sections with SEC(\"...\")")
            }
            Problem::UnknownSection => {
                write!(
                    f,
                    "libbpf knows no such section, so the kind of program is not known; name it as in SEC(\"xdp\")"
                )
            }
            Problem::Function => write!(f, "the function's bytes are no whole instructions of its section"),
            Problem::StaticProgram => {
                write!(
                    f,
                    "static programs are not supported; leave `static` out, or move the function to .text"
                )
            }
            Problem::Map(why) => write!(f, "the map's definition can't be read: {why}"),
            Problem::Relocation { offset, why } => write!(f, "the relocation at byte {offset}: {why}"),
            Problem::Undefined { name } => write!(
                f,
                "nothing defines `{name}`; declare it with __ksym or __kconfig, or link the file that has it"
            ),
            Problem::OtherType { name } => {
                write!(f, "the kernel's `{name}` is of another type than the one declared here")
            }
            Problem::Setting { name } => write!(
                f,
                "the kernel's setting `{name}` is not known; declare it __weak to get 0 where there is none"
            ),
            Problem::Call { slot } => {
                write!(f, "the call at instruction {slot} goes to no function of section .text")
            }
            Problem::NeedsKernelTypes => {
                write!(f, "types of the kernel are needed; give them with --btf /sys/kernel/btf/vmlinux")
            }
            Problem::Core { slot, why } => write!(f, "the CO-RE relocation at instruction {slot}: {why}"),
        }
    }
}

impl std::error::Error for ObjectError {}
