//! What random programs were like: a comparison on programs that are all alike would prove little.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use gobpf_bpf::Object;
use gobpf_bpf::insn;
use gobpf_bpf::tables::{Helper, ProgramKind};

use crate::answer::Answer;
use crate::generate::{self, edit};

/// What has been seen.
#[derive(Default, Debug)]
pub struct Coverage {
    /// Programs.
    pub programs: u64,
    /// Those that the kernel accepted.
    pub accepted: u64,
    /// Those that jump back somewhere.
    pub with_loops: u64,
    /// Instructions of all.
    pub insns: u64,
    /// The kernel's words without what varies, and how often each came.
    pub templates: BTreeMap<String, u64>,
    /// Kinds.
    pub kinds: BTreeMap<ProgramKind, u64>,
    /// Helpers that accepted programs call.
    pub helpers: BTreeSet<u32>,
    /// Opcodes of accepted programs.
    pub opcodes: BTreeSet<u8>,
    /// What model and kernel disagree about, the most frequent first.
    pub disagreements: Vec<(u32, String)>,
}

/// A minimum that a run doesn't reach.
#[derive(Debug)]
pub struct Missed(String);

/// Runs of fewer programs than this are not held against the minima that need many.
const FULL_RUN: u64 = 10_000;
/// Runs of fewer programs are not held against any.
const ANY_RUN: u64 = 300;

/// What is measured, what it must be at least and at most, and from how many programs on.
type Minimum = (&'static str, fn(&Coverage) -> u64, u64, u64, u64);
const MINIMA: &[Minimum] = &[
    ("percent accepted", |c| 100 * c.accepted / c.programs.max(1), 30, 70, ANY_RUN),
    ("percent with loops or functions", |c| 100 * c.with_loops / c.programs.max(1), 33, 100, ANY_RUN),
    ("kinds", |c| c.kinds.len() as u64, 20, u64::MAX, ANY_RUN),
    ("rejection templates", |c| c.templates.len() as u64, 150, u64::MAX, FULL_RUN),
    ("helpers", |c| c.helpers.len() as u64, 80, u64::MAX, FULL_RUN),
];

impl Coverage {
    /// Counts a program and the kernel's answer to it.
    pub fn add(&mut self, object: &Object, kernel: &Answer) {
        self.programs += 1;
        let is_accepted = matches!(kernel, Answer::Accepted { .. });
        self.accepted += u64::from(is_accepted);
        match kernel {
            Answer::Rejected { message, .. } => *self.templates.entry(template(message)).or_default() += 1,
            Answer::Refused { errno } => *self.templates.entry(format!("({errno})")).or_default() += 1,
            Answer::Accepted { .. } | Answer::Unknown { .. } => {}
        }
        for program in &object.programs {
            *self.kinds.entry(program.kind).or_default() += 1;
            self.insns += program.code.insns.len() as u64;
            self.with_loops += u64::from(edit::has_loop(&program.code));
            if is_accepted {
                let insns = || program.code.insns.iter();
                self.opcodes.extend(insns().map(|insn| insn.code));
                let calls = insns().filter(|insn| insn.code == insn::CALL && insn.src == 0);
                // Others stand in code that is never reached.
                let known = |id: &u32| generate::knows_helper(*id);
                self.helpers.extend(calls.map(|insn| insn.imm as u32).filter(known));
            }
        }
    }

    /// What a run of this size should have covered and did not.
    pub fn missed(&self) -> Vec<Missed> {
        let asked = MINIMA.iter().filter(|minimum| self.programs >= minimum.4);
        asked
            .filter_map(|(name, measure, least, most, _)| {
                let value = measure(self);
                let wanted = if *most == u64::MAX {
                    format!("at least {least}")
                } else {
                    format!("{least} to {most}")
                };
                (value < *least || value > *most).then(|| Missed(format!("{value} {name}, not {wanted}")))
            })
            .collect()
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64| 100 * part / self.programs.max(1);
        let mean = self.insns / self.programs.max(1);
        writeln!(f, "accepted by the kernel: {}%", share(self.accepted))?;
        writeln!(f, "with loops: {}%; {mean} instructions each", share(self.with_loops))?;
        for (kind, count) in &self.kinds {
            let name = kind.names().map_or("unknown", |names| names.name);
            writeln!(f, "kind {name}: {}%", share(*count))?;
        }
        let names: Vec<&str> =
            self.helpers.iter().map(|id| Helper::by_id(*id).map_or("?", |helper| helper.name)).collect();
        writeln!(f, "helpers of accepted programs: {}: {}", names.len(), names.join(", "))?;
        writeln!(f, "opcodes of accepted programs: {}", self.opcodes.len())?;
        writeln!(f, "rejection templates: {}", self.templates.len())?;
        let mut templates: Vec<(&String, &u64)> = self.templates.iter().collect();
        templates.sort_by(|a, b| b.1.cmp(a.1));
        for (template, count) in templates {
            writeln!(f, "{count:8} {template}")?;
        }
        if !self.disagreements.is_empty() {
            writeln!(f, "disagreements:")?;
        }
        for (count, what) in &self.disagreements {
            writeln!(f, "{count:8} {what}")?;
        }
        Ok(())
    }
}

/// What follows these words names one of many things.
const NAMED_AFTER: [&str; 12] = [
    "type=",
    "program of this type cannot use helper ",
    "cannot use helper ",
    " member ",
    " struct ",
    "func 'bpf_iter_",
    "type STRUCT '",
    "unknown opcode ",
    "bpf_",
    "kernel function ",
    "math between ",
    "into func ",
];

/// A message without what varies from program to program: numbers, registers, kinds of values, names of helpers.
pub fn template(message: &str) -> String {
    let mut text = message.replace('\n', " | ");
    for start in NAMED_AFTER {
        if let Some(at) = text.find(start) {
            let name = at + start.len();
            let length = text[name..].find(char::is_whitespace).unwrap_or(text.len() - name);
            text.replace_range(name..name + length, "*");
        }
    }
    if let Some(at) = text.find("expected=") {
        text.truncate(at + "expected=".len());
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let number = number_length(rest);
        if number > 0 {
            out.push('N');
            rest = &rest[number..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// How long the number is that `text` starts with, with its sign; 0 where there is none.
fn number_length(text: &str) -> usize {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let sign = text.len() - digits.len();
    let length = match digits.strip_prefix("0x") {
        Some(hex) => 2 + hex.bytes().take_while(u8::is_ascii_hexdigit).count(),
        None => digits.bytes().take_while(u8::is_ascii_digit).count(),
    };
    if length == 0 { 0 } else { sign + length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_keep_no_numbers() {
        let message = "R2 type=map_ptr expected=fp, pkt";
        assert_eq!(template(message), "RN type=* expected=");
        let message = "invalid access to map value, value_size=16 off=-8 size=0x8\nR0 min";
        assert_eq!(template(message), "invalid access to map value, value_size=N off=N size=N | RN min");
        assert_eq!(
            template("program of this type cannot use helper bpf_x#6"),
            template("program of this type cannot use helper bpf_override_return#58")
        );
    }
}
