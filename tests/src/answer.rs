//! What a kernel or the model answers to one program, in a form that both can be compared in.

use std::fmt;

use gobpf_assembly::text::Expected;
use gobpf_bpf::Object;
use gobpf_verifier::{Dialect, Request, Symbols, Unknown, verify};

use crate::job;

/// The kernels that are known to the letter, with the model's name of each.
pub const DIALECTS: [(&str, Dialect); 3] =
    [("6.1", Dialect::V6_1), ("6.12", Dialect::V6_12), ("6.18", Dialect::V6_18)];

/// Words that name the instruction that they speak of.
const ENDLESS: &str = "infinite loop detected at insn ";

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Loaded.
    Accepted {
        /// `processed N insns`.
        processed: u32,
    },
    /// Rejected by the verifier.
    Rejected {
        /// The slot; a kernel that gives up before it walks the instructions names none.
        insn: Option<u32>,
        /// Its last words.
        message: String,
    },
    /// Refused before the verifier ran.
    Refused {
        /// Such as `EINVAL`.
        errno: String,
    },
    /// The model can't tell.
    Unknown {
        /// Why not.
        why: String,
    },
}

impl Answer {
    /// The model's answer to program number `program`.
    pub fn of_model(object: &Object, program: usize, dialect: Dialect) -> Answer {
        let never = || false;
        let kernel_types = || match dialect {
            Dialect::V6_18 => crate::kernel_btf::running(),
            Dialect::V6_12 => crate::image::types("6.12"),
            Dialect::V6_1 => crate::image::types("6.1"),
        };
        let symbols = || match dialect {
            Dialect::V6_18 => crate::kernel_btf::symbols(),
            // Debian's.
            Dialect::V6_12 | Dialect::V6_1 => Symbols::All,
        };
        match verify(Request {
            object,
            program,
            dialect,
            kernel: &kernel_types,
            symbols: &symbols,
            processors: match dialect {
                Dialect::V6_18 => crate::kernel_btf::processors(),
                Dialect::V6_12 | Dialect::V6_1 => Some(crate::vm::PROCESSORS),
            },
            cancelled: &never,
            states: None,
        }) {
            gobpf_verifier::Verdict::Accepted(statistics) => {
                Answer::Accepted { processed: statistics.processed }
            }
            gobpf_verifier::Verdict::Rejected(rejection) => {
                Answer::Rejected { insn: Some(rejection.insn), message: rejection.message }
            }
            gobpf_verifier::Verdict::Refused { errno, .. } => Answer::Refused { errno: errno.to_string() },
            gobpf_verifier::Verdict::Unknown(unknown) => Answer::Unknown {
                why: match unknown {
                    Unknown::Feature(feature) => format!("feature {feature}"),
                    Unknown::KernelTypes => "kernel types".to_string(),
                    Unknown::Limit(limit) => format!("limit {limit}"),
                    Unknown::Cancelled => "cancelled".to_string(),
                },
            },
        }
    }

    /// A kernel's answer.
    pub fn of_kernel(verdict: &job::Verdict) -> Answer {
        match verdict {
            job::Verdict::Accepted(accepted) => Answer::Accepted { processed: accepted.processed },
            job::Verdict::Rejected(rejected) => {
                // A loop is found when its head is reached again; the log ends with the jump that leads there.
                let named =
                    rejected.message.starts_with(ENDLESS).then(|| named_instruction(&rejected.message));
                let insn = named.flatten().or(rejected.insn);
                Answer::Rejected { insn, message: rejected.message.clone() }
            }
            job::Verdict::Refused(refused) => Answer::Refused { errno: refused.errno.clone() },
        }
    }

    /// Whether this is what a `.bpf` file expects.
    pub fn meets(&self, expected: &Expected) -> bool {
        match (self, expected) {
            (Answer::Accepted { processed }, Expected::Accept { processed: wanted }) => {
                wanted.is_none_or(|wanted| wanted == *processed)
            }
            (Answer::Rejected { insn, message }, Expected::Reject { insn: wanted, message: words }) => {
                let same = match words.strip_suffix("...") {
                    Some(start) => message.starts_with(start),
                    None => message == words,
                };
                same && insn.is_none_or(|insn| insn == *wanted)
            }
            (Answer::Refused { errno }, Expected::Refuse { errno: wanted }) => errno == wanted,
            _ => false,
        }
    }

    /// Whether the model's answer `self` is the kernel's: the same verdict, place and words.
    pub fn agrees_with(&self, kernel: &Answer) -> bool {
        match (self, kernel) {
            (Answer::Accepted { .. }, Answer::Accepted { .. }) => true,
            (Answer::Rejected { insn, message }, Answer::Rejected { insn: at, message: words }) => {
                message == words && (at.is_none() || insn == at)
            }
            (own, kernel) => own == kernel,
        }
    }

    /// The expectation that this answer meets, as a `.bpf` file has it; none where nothing is known.
    pub fn expectation(&self) -> Option<String> {
        Some(match self {
            Answer::Accepted { processed } => format!("accept processed={processed}"),
            Answer::Rejected { insn, message } => {
                // Before the walk, only the words may name an instruction.
                let insn = insn.or_else(|| named_instruction(message)).unwrap_or(0);
                format!("reject {insn} {}", quote(message))
            }
            Answer::Refused { errno } => format!("refuse {errno}"),
            Answer::Unknown { .. } => return None,
        })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.expectation()) {
            (Answer::Unknown { why }, _) => write!(f, "unknown: {why}"),
            (_, Some(text)) => f.write_str(&text),
            (_, None) => Ok(()),
        }
    }
}

/// The number after `insn ` in a message such as `unreachable insn 3`.
fn named_instruction(message: &str) -> Option<u32> {
    let (_, after) = message.split_once("insn ")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}
