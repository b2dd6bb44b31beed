//! Names for the places that jumps and calls within a program go to.

use std::collections::{BTreeMap, BTreeSet};

use gobpf_bpf::Code;
use gobpf_bpf::insn::{Insn, pseudo};
use gobpf_bpf::op::Op;

use crate::names::symbol;

/// Where the jumps and calls of one program go, and how those places are called.
pub struct Labels {
    names: BTreeMap<usize, String>,
    targets: BTreeMap<usize, usize>,
    functions: BTreeSet<usize>,
}

impl Labels {
    /// Names for all targets in `code`. The first slot is called `entry`; a function by its name, or `func12` where it has
    /// none of its own, a lone way out `exit`, and all else by its slot, such as `L7`.
    pub fn of(code: &Code, entry: &str) -> Labels {
        let insns = &code.insns;
        let places: BTreeSet<usize> = starts(insns).map(|(slot, _)| slot).collect();
        let mut targets = BTreeMap::new();
        let (mut functions, mut blocks) = (BTreeSet::new(), BTreeSet::new());
        for (slot, insn) in starts(insns) {
            let (distance, kind) = match Op::decode(insn) {
                Some(Op::JumpIf { .. } | Op::Jump { long: false }) => (i64::from(insn.off), &mut blocks),
                Some(Op::Jump { long: true }) => (i64::from(insn.imm), &mut blocks),
                Some(Op::Call { src: pseudo::CALL }) => (i64::from(insn.imm), &mut functions),
                Some(Op::LoadImm64 { .. }) if insn.src == pseudo::FUNC => {
                    (i64::from(insn.imm), &mut functions)
                }
                _ => continue,
            };
            let target = usize::try_from(slot as i64 + 1 + distance).ok();
            if let Some(target) = target.filter(|target| places.contains(target)) {
                targets.insert(slot, target);
                kind.insert(target);
            }
        }
        let mut names = BTreeMap::from([(0, entry.to_owned())]);
        let mut add = |slot: usize, name: String| {
            names.entry(slot).or_insert(if name == entry { format!("{name}_") } else { name });
        };
        let mut taken = BTreeSet::from([entry.to_owned()]);
        for &slot in &functions {
            let own = code.subprogram_at(slot as u32).map(|function| symbol(&function.name));
            let numbered = own.iter().flat_map(|name| (2..100).map(move |number| format!("{name}.{number}")));
            let mut names = own.clone().into_iter().chain(numbered);
            let free = names.find(|name| !is_label(name) && taken.insert(name.clone()));
            add(slot, free.unwrap_or_else(|| format!("func{slot}")));
        }
        let exits: Vec<usize> = blocks.iter().copied().filter(|&slot| leaves(insns, slot)).collect();
        for &slot in &blocks {
            add(slot, if exits == [slot] { "exit".to_owned() } else { format!("L{slot}") });
        }
        functions.insert(0);
        Labels { names, targets, functions }
    }

    /// Whether a function begins at `slot`.
    pub fn begins_function(&self, slot: usize) -> bool {
        self.functions.contains(&slot)
    }

    /// The name of `slot`, if anything goes there, or if it is the first.
    pub fn at(&self, slot: usize) -> Option<&str> {
        self.names.get(&slot).map(String::as_str)
    }

    /// The name of the place that the jump or call at `slot` goes to, or whose address is loaded there; `None` where no instruction starts there.
    pub fn target(&self, slot: usize) -> Option<&str> {
        self.at(*self.targets.get(&slot)?)
    }
}

/// The slots at which an instruction starts.
pub fn starts(insns: &[Insn]) -> impl Iterator<Item = (usize, Insn)> {
    let mut upper_half = false;
    insns.iter().enumerate().filter_map(move |(slot, &insn)| {
        if std::mem::take(&mut upper_half) {
            return None;
        }
        upper_half = insn.is_load_imm64();
        Some((slot, insn))
    })
}

/// A name that a place which is no function might get.
fn is_label(name: &str) -> bool {
    let number = name.strip_prefix("func").or_else(|| name.strip_prefix('L')).unwrap_or("x");
    name == "exit" || number.chars().all(|c| c.is_ascii_digit())
}

/// True where `slot` ends the program, at most after setting its result.
fn leaves(insns: &[Insn], slot: usize) -> bool {
    let op = |slot: usize| insns.get(slot).and_then(|&insn| Op::decode(insn));
    let sets_result = matches!(op(slot), Some(Op::Alu { .. })) && insns.get(slot).is_some_and(|i| i.dst == 0);
    op(slot) == Some(Op::Exit) || sets_result && op(slot + 1) == Some(Op::Exit)
}
