//! How the model's answer compares with a kernel's.

use std::fmt;

use crate::answer::Answer;
use crate::diff::template;

/// A way of disagreeing, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Disagreement {
    /// The model accepts what the kernel doesn't.
    FalseAccept,
    /// The kernel accepts what the model doesn't.
    FalseReject,
    /// The model can't tell.
    Unknown,
    /// Both reject, with other words.
    Message,
    /// Both reject with the same words, at another instruction.
    Instruction,
    /// Both accept, after another number of instructions.
    Processed,
}

/// What is different between the answers, if anything is.
pub fn compare(model: &Answer, kernel: &Answer) -> Option<Disagreement> {
    match (model, kernel) {
        (Answer::Unknown { .. }, _) => Some(Disagreement::Unknown),
        (Answer::Accepted { processed }, Answer::Accepted { processed: truth }) => {
            (processed != truth).then_some(Disagreement::Processed)
        }
        (Answer::Accepted { .. }, _) => Some(Disagreement::FalseAccept),
        (_, Answer::Accepted { .. }) => Some(Disagreement::FalseReject),
        (Answer::Rejected { insn, message }, Answer::Rejected { insn: at, message: words }) => {
            if message != words {
                Some(Disagreement::Message)
            } else {
                (at.is_some() && insn != at).then_some(Disagreement::Instruction)
            }
        }
        (model, kernel) => (model != kernel).then_some(Disagreement::Message),
    }
}

impl Disagreement {
    /// What all disagreements with the same cause, most likely, have in common.
    pub fn signature(self, model: &Answer, kernel: &Answer) -> String {
        let words = |answer: &Answer| match answer {
            Answer::Rejected { message, .. } => template(message),
            Answer::Accepted { .. } => "accept".to_string(),
            other => other.to_string(),
        };
        match self {
            Disagreement::Processed => self.to_string(),
            _ => format!("{self}: model `{}`, kernel `{}`", words(model), words(kernel)),
        }
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Disagreement::FalseAccept => "false accept",
            Disagreement::FalseReject => "false reject",
            Disagreement::Unknown => "unknown",
            Disagreement::Message => "other message",
            Disagreement::Instruction => "other instruction",
            Disagreement::Processed => "other number of instructions processed",
        })
    }
}

/// How often the model agreed.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
    /// Programs judged.
    pub programs: u64,
    /// Accepted by the model, and not by the kernel.
    pub false_accepts: u64,
    /// Accepted by the kernel, and not by the model.
    pub false_rejects: u64,
    /// The model can't tell.
    pub unknown: u64,
    /// Accepted by both.
    pub accepted: u64,
    /// Of these, those with the same number of instructions processed.
    pub same_processed: u64,
    /// Rejected by both.
    pub rejected: u64,
    /// Of these, those with the same words.
    pub same_message: u64,
    /// Of these, those of which the kernel named the instruction.
    pub placed: u64,
    /// Of these, those at the same one.
    pub same_instruction: u64,
}

impl Tally {
    /// Counts a pair of answers; what is different, if anything.
    pub fn add(&mut self, model: &Answer, kernel: &Answer) -> Option<Disagreement> {
        let found = compare(model, kernel);
        self.programs += 1;
        match found {
            Some(Disagreement::FalseAccept) => self.false_accepts += 1,
            Some(Disagreement::FalseReject) => self.false_rejects += 1,
            Some(Disagreement::Unknown) => self.unknown += 1,
            _ if matches!(kernel, Answer::Accepted { .. }) => {
                self.accepted += 1;
                self.same_processed += u64::from(found.is_none());
            }
            _ => {
                self.rejected += 1;
                self.same_message += u64::from(found != Some(Disagreement::Message));
                if let Answer::Rejected { insn: Some(_), .. } = kernel {
                    self.placed += 1;
                    self.same_instruction += u64::from(same_instruction(model, kernel));
                }
            }
        }
        found
    }

    /// Whether all verdicts are the kernel's; what the model can't tell is no verdict.
    pub fn is_right(&self) -> bool {
        self.false_accepts == 0 && self.false_rejects == 0
    }
}

fn same_instruction(model: &Answer, kernel: &Answer) -> bool {
    match (model, kernel) {
        (Answer::Rejected { insn, .. }, Answer::Rejected { insn: at, .. }) => insn == at,
        _ => false,
    }
}

/// `part` of `whole` in percent, one digit after the point, never rounded up to 100.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "100".into();
    }
    let tenths = part * 1000 / whole;
    if tenths.is_multiple_of(10) {
        format!("{}", tenths / 10)
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} programs, {} false accepts, {} false rejects, {} unknown, {}% same message, {}% same instruction, \
             {}% same processed",
            self.programs,
            self.false_accepts,
            self.false_rejects,
            self.unknown,
            percent(self.same_message, self.rejected),
            percent(self.same_instruction, self.placed),
            percent(self.same_processed, self.accepted),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_different_counts() {
        let rejected = |insn, message: &str| Answer::Rejected { insn, message: message.into() };
        let accepted = |processed| Answer::Accepted { processed };
        let mut tally = Tally::default();
        assert_eq!(tally.add(&accepted(3), &accepted(3)), None);
        assert_eq!(tally.add(&accepted(3), &accepted(4)), Some(Disagreement::Processed));
        assert_eq!(tally.add(&accepted(3), &rejected(Some(1), "x")), Some(Disagreement::FalseAccept));
        assert_eq!(tally.add(&rejected(Some(1), "x"), &accepted(3)), Some(Disagreement::FalseReject));
        assert_eq!(tally.add(&rejected(Some(1), "x"), &rejected(None, "x")), None);
        assert_eq!(
            tally.add(&rejected(Some(1), "x"), &rejected(Some(2), "x")),
            Some(Disagreement::Instruction)
        );
        let line = tally.to_string();
        assert!(
            line.starts_with("6 programs, 1 false accepts, 1 false rejects, 0 unknown, 100% same message")
        );
        assert!(!tally.is_right());
    }
}
