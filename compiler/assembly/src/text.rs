//! Kernel-style disassembly text, `.bpf` files: what a verifier's log shows, with a header that says the rest.
//!
//! ```text
//! # kind: tracepoint
//! # license: GPL
//! # target: 6.1
//! # map counts: hash key=4 value=8 entries=1024
//! # map .rodata: array key=4 value=16 entries=1 frozen data="Hello\x00"
//! # expect 6.1 6.12: reject 10 "R1 type=map_value_or_null expected=fp, pkt"
//! # expect 6.18: accept processed=12
//! 0: (bf) r6 = r1
//! 1: (18) r1 = map[counts]
//! 3: (85) call bpf_map_lookup_elem#1
//! ```
//!
//! - A line that starts with `#` is a header; one that isn't known is an error. `kind` is needed (a kernel name such as
//!   `socket_filter`), or a `section` that libbpf knows, which gives kind, attach type, hook and flags. `license` is
//!   `GPL`, `name` and `section` follow the kind, `target` is the oldest proven kernel where they are missing.
//! - `# attach: cgroup_inet_egress`, `# hook: bpf_iter_task` (the name in the kernel's BTF, `tcp_congestion_ops/init` for
//!   struct_ops), `# flags: sleepable|test_state_freq` say how the program is loaded.
//! - `# replaces: cgroup_skb cgroup_inet_egress` is the kind (and attach type, where it has one) of the program that an
//!   extension, `# kind: ext`, replaces a function of: one with the prototype that `# func 0` declares.
//! - `# map NAME: KIND key=4 value=8 entries=16 flags=no_prealloc|rdonly_prog extra=0x10 inner=OTHER key_type=u32
//!   value_type="struct elem" frozen data="..."`: `entries` is 1 and `flags` 0 where missing, sizes follow the types,
//!   `data` is filled with zeros up to `value`, an inner map is described before.
//! - `# type: struct elem { struct bpf_spin_lock lock; struct task_struct __kptr *task; };` declares types as
//!   `gobpf_btf::notation` reads them; `# func 12: static int each(u64 n)` is the function at a slot, 0 the program
//!   itself. `# btf: HEX` has the types as the kernel takes them instead, and then `#7` names one by its number.
//! - `call bpf_task_acquire` calls a function of the kernel by its name, `r1 = &bpf_prog_active` is the address of a
//!   variable of the kernel, found by name. `# extern NAME: weak` allows it to be missing; `# extern NAME: int` types it.
//! - `.raw 85100000ffffffff` is a slot by its 8 bytes, for instructions that have no text of their own.
//! - A line that starts with `;` is a comment, and so is the rest of an instruction's line after `;`.
//! - An instruction has its slot in front. The opcode in parentheses may be left out; when it is there, it must be that
//!   of the text. `map[name]` is a map, `map[name][0]+16` a place in the value of its key 0, `subprog[+5]` the address
//!   of a subprogram as a call would name it.
//! - A pasted log is fine: states, `from 3 to 5:` and the like are passed over, an instruction may come again if it is
//!   the same, what follows the last instruction is the kernel's verdict. Where the log shows the address of a map, its
//!   state says which map of the header that is (by name, or as the only one with these sizes).
//! - A log has no instructions where the verifier didn't get to. `# unseen: fill` puts `goto +0` there and an `exit` at
//!   the end; without it, a missing slot is an error.

mod header;
mod instruction;
mod log;
mod print;

use std::collections::BTreeMap;

use gobpf_bpf::disasm::disassemble;
use gobpf_bpf::{Code, ExternKind, Insn, MapId, Object, Program, Relocation, RelocationTarget};
use gobpf_diagnostics::{Diagnostic, codes};
use gobpf_source::{FileId, Span, TextRange, TextSize};

use crate::wording;
use header::Header;
use instruction::{Parsed, Value};
use log::{LineKind, classify};

pub(crate) use log::MapState;
pub use print::print;

/// No program is longer: the kernel's limit, in slots.
const MAX_SLOTS: u32 = 1_000_000;

/// A program read from text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextProgram {
    /// The object: one program.
    pub object: Object,
    /// What kernels are expected to say to it.
    pub expectations: Vec<Expectation>,
    /// One for each slot: the line that it stands on; for filled slots the last line read before them.
    pub places: Vec<Span>,
}

/// An `# expect` header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// The kernels that it speaks of, such as `6.1`.
    pub dialects: Vec<String>,
    /// What they say.
    pub verdict: Expected,
}

/// A verdict as an [`Expectation`] has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// `accept processed=12`
    Accept {
        /// Instructions processed, if that is said.
        processed: Option<u32>,
    },
    /// `reject 10 "R1 !read_ok"`
    Reject {
        /// The slot at which the kernel stops.
        insn: u32,
        /// Its words, to the letter; where they end in `...`, the start of its words.
        message: String,
    },
    /// `refuse EINVAL`: before the verifier runs.
    Refuse {
        /// The error's name.
        errno: String,
    },
}

/// One showing of an instruction.
struct Shown {
    span: Span,
    line: u32,
    parsed: Parsed,
    state: Option<MapState>,
}

/// Reads `text`.
///
/// # Errors
/// All malformed lines (GB0801) and headers (GB0802), in the order of the text.
pub fn parse(file: FileId, text: &str) -> Result<TextProgram, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let lines: Vec<(Span, &str)> = spans(file, text);
    let header = Header::read(&lines, &mut errors);
    let shown = read_instructions(&lines, &mut errors);
    let whole = lines.first().map_or(Span { file, range: TextRange::default() }, |(span, _)| *span);
    if shown.is_empty() && errors.is_empty() {
        errors.push(Diagnostic::error(codes::GB0801, whole, wording::NO_INSTRUCTIONS));
    }
    let mut assembler = Assembler {
        header: &header,
        slots: BTreeMap::new(),
        relocations: Vec::new(),
        externs: Object { externs: header.externs.clone(), ..Object::default() },
        errors,
    };
    for (slot, showings) in &shown {
        assembler.place(*slot, showings);
    }
    let (insns, places) = assembler.finish();
    if header.kind.is_none() && assembler.errors.is_empty() {
        assembler.errors.push(Diagnostic::error(codes::GB0802, whole, wording::NO_KIND));
    }
    let (relocations, externs, errors) = (assembler.relocations, assembler.externs.externs, assembler.errors);
    let Some(kind) = header.kind.filter(|_| errors.is_empty()) else {
        return Err(errors);
    };
    let section = header.section.or_else(|| kind.names().map(|names| names.name.to_string()));
    let main = header.functions.iter().find(|function| function.slot == 0);
    let name = main.filter(|function| !function.name.is_empty()).map(|function| function.name.clone());
    let func = main.and_then(|function| function.func);
    let subprograms = header.functions.into_iter().filter(|function| function.slot != 0).collect();
    let program = Program {
        name: header.name.or(name).unwrap_or_else(|| "prog".into()),
        section: section.unwrap_or_default(),
        kind,
        attach: header.attach.unwrap_or_default(),
        hook: header.hook,
        replaces: header.replaces,
        flags: header.flags.unwrap_or(0),
        func,
        code: Code { insns, relocations, subprograms, ..Code::default() },
        ..Program::default()
    };
    let object = Object {
        programs: vec![program],
        maps: header.maps,
        externs,
        btf: header.btf,
        license: header.license.unwrap_or_else(|| "GPL".into()),
        target: header.target,
        ..Object::default()
    };
    Ok(TextProgram { object, expectations: header.expectations, places })
}

/// The lines of `text` without their ends, each with its span.
fn spans(file: FileId, text: &str) -> Vec<(Span, &str)> {
    let mut start = 0usize;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let range = TextRange::at(TextSize::new(start as u32), TextSize::new(content.len() as u32));
        lines.push((Span { file, range }, content));
        start += line.len();
    }
    lines
}

/// All instructions by slot. What is neither an instruction nor known from logs is an error, but for the kernel's
/// verdict after the last instruction.
fn read_instructions(lines: &[(Span, &str)], errors: &mut Vec<Diagnostic>) -> BTreeMap<u32, Vec<Shown>> {
    let mut shown: BTreeMap<u32, Vec<Shown>> = BTreeMap::new();
    let kinds: Vec<LineKind<'_>> = lines.iter().map(|(_, line)| classify(line)).collect();
    let last = kinds.iter().rposition(|kind| matches!(kind, LineKind::Instruction { .. }));
    for (index, ((span, line), kind)) in lines.iter().zip(kinds).enumerate() {
        match kind {
            LineKind::Passed => {}
            LineKind::Other if last.is_some_and(|last| index > last) && !log::looks_like_code(line) => {}
            LineKind::Other => {
                errors.push(Diagnostic::error(codes::GB0801, *span, wording::not_an_instruction(line)));
            }
            LineKind::Instruction { slot, .. } if slot >= MAX_SLOTS => {
                errors.push(Diagnostic::error(
                    codes::GB0801,
                    *span,
                    wording::slot_too_great(slot, MAX_SLOTS),
                ));
            }
            LineKind::Instruction { slot, text, state } => match instruction::parse(text) {
                Ok(parsed) => {
                    let state = log::map_state(state, parsed.insn.dst);
                    let shown_here = Shown { span: *span, line: index as u32 + 1, parsed, state };
                    shown.entry(slot).or_default().push(shown_here);
                }
                Err(why) => {
                    errors.push(Diagnostic::error(codes::GB0801, *span, wording::malformed(text, &why)));
                }
            },
        }
    }
    shown
}

/// Puts instructions into their slots.
struct Assembler<'a> {
    header: &'a Header,
    slots: BTreeMap<u32, (Insn, Span)>,
    relocations: Vec<Relocation>,
    /// Only its externs are of account.
    externs: Object,
    errors: Vec<Diagnostic>,
}

impl Assembler<'_> {
    fn place(&mut self, slot: u32, showings: &[Shown]) {
        let Some(first) = showings.first() else { return };
        if let Some(other) = showings.iter().find(|other| other.parsed != first.parsed) {
            let message = wording::slot_twice(slot, first.line);
            let error = Diagnostic::error(codes::GB0801, other.span, message);
            self.errors.push(error.label(first.span, wording::SHOWN_FIRST));
        }
        if self.slots.contains_key(&slot) {
            self.errors.push(Diagnostic::error(codes::GB0801, first.span, wording::second_half(slot)));
            return;
        }
        let mut insn = first.parsed.insn;
        if let Some(name) = &first.parsed.kfunc {
            self.link(slot, name, ExternKind::Kfunc);
        }
        let Some(value) = &first.parsed.value else {
            self.slots.insert(slot, (insn, first.span));
            return;
        };
        let state = showings.iter().find_map(|showing| showing.state.as_ref());
        let (src, full) = match (value, state) {
            (Value::Subprogram(distance), _) => (gobpf_bpf::insn::pseudo::FUNC, u64::from(*distance as u32)),
            (Value::Variable(name), _) => {
                self.link(slot, name, ExternKind::Variable);
                (gobpf_bpf::insn::pseudo::BTF_ID, 0)
            }
            (Value::Constant(value), None) => (0, *value),
            (Value::Constant(_), Some(state)) => (self.relocate(slot, first.span, state), 0),
            (Value::Map(state), _) => (self.relocate(slot, first.span, state), 0),
        };
        insn.src = src;
        insn.imm = full as u32 as i32;
        let high = Insn { imm: (full >> 32) as i32, ..Insn::default() };
        self.slots.insert(slot, (insn, first.span));
        self.slots.insert(slot + 1, (high, first.span));
    }

    /// Notes that the call or load at `slot` is of the kernel's `name`.
    fn link(&mut self, slot: u32, name: &str, kind: ExternKind) {
        let id = self.externs.extern_named(name, kind);
        let target = match kind {
            ExternKind::Kfunc => RelocationTarget::Kfunc(id),
            _ => RelocationTarget::Variable(id),
        };
        self.relocations.push(Relocation { slot, target });
    }

    /// Notes that the load at `slot` gives the map that `state` speaks of; returns its pseudo source.
    fn relocate(&mut self, slot: u32, span: Span, state: &MapState) -> u8 {
        match self.header.find_map(state) {
            Some(map) => {
                let target = match state.offset {
                    None => RelocationTarget::Map(map),
                    Some(offset) => RelocationTarget::MapValue { map, offset },
                };
                self.relocations.push(Relocation { slot, target });
            }
            None => self.errors.push(Diagnostic::error(codes::GB0802, span, wording::unknown_map(state))),
        }
        match state.offset {
            None => gobpf_bpf::insn::pseudo::MAP_FD,
            Some(_) => gobpf_bpf::insn::pseudo::MAP_VALUE,
        }
    }

    /// All slots in order, with filled gaps where the header allows that.
    fn finish(&mut self) -> (Vec<Insn>, Vec<Span>) {
        let mut insns = Vec::new();
        let mut places = Vec::new();
        let mut before: Option<Span> = None;
        for (slot, (insn, span)) in &self.slots {
            let missing = (*slot as usize).saturating_sub(insns.len());
            if missing > 0 && !self.header.fill_unseen {
                // A line that couldn't be read leaves a gap too, and has been reported.
                if self.errors.is_empty() {
                    let message = wording::missing_slots(insns.len() as u32, *slot - 1);
                    self.errors.push(Diagnostic::error(codes::GB0801, *span, message));
                }
                return (insns, places);
            }
            insns.extend(std::iter::repeat_n(Insn::jump(0), missing));
            places.extend(std::iter::repeat_n(before.unwrap_or(*span), missing));
            insns.push(*insn);
            places.push(*span);
            before = Some(*span);
        }
        if let Some(last) = before.filter(|_| self.header.fill_unseen) {
            let end =
                self.slots.iter().filter_map(|(slot, (insn, _))| target(*slot, *insn)).max().unwrap_or(0);
            let falls_through = insns.last().is_some_and(|insn| !ends(*insn));
            let end = end.clamp(0, i64::from(MAX_SLOTS)) as usize;
            if end >= insns.len() || falls_through {
                insns.resize(end.max(insns.len()), Insn::jump(0));
                insns.push(Insn::exit());
                places.resize(insns.len(), last);
            }
        }
        (insns, places)
    }
}

/// Whether nothing follows `insn` in the flow of control.
fn ends(insn: Insn) -> bool {
    matches!(insn.code, gobpf_bpf::insn::EXIT | 0x05 | 0x06)
}

/// The slot that `insn` at `slot` may go to beside the next.
fn target(slot: u32, insn: Insn) -> Option<i64> {
    use gobpf_bpf::op::Op;
    let distance = match Op::decode(insn)? {
        Op::Jump { long: true } | Op::Call { src: gobpf_bpf::insn::pseudo::CALL } => i64::from(insn.imm),
        Op::Jump { long: false } | Op::JumpIf { .. } => i64::from(insn.off),
        _ => return None,
    };
    Some(i64::from(slot) + 1 + distance)
}

/// The text of the load at `slot` where it isn't a plain constant.
fn symbolic(object: &Object, code: &Code, slot: u32, insn: Insn) -> Option<String> {
    match code.relocation_at(slot) {
        Some(target) => Some(gobpf_bpf::disasm::relocation_text(object, target)),
        None if insn.is_load_imm64() && insn.src == gobpf_bpf::insn::pseudo::FUNC => {
            Some(format!("subprog[{:+}]", insn.imm))
        }
        None => None,
    }
}

/// The text of the instruction at `slot` of `code` as this module reads it.
fn line(object: &Object, code: &Code, slot: u32) -> Option<String> {
    let insn = *code.insns.get(slot as usize)?;
    let next = code.insns.get(slot as usize + 1).copied();
    Some(disassemble(insn, next, symbolic(object, code, slot, insn).as_deref()))
}

impl Header {
    /// The map that a text or a log means: by its name, or as the only one with these sizes.
    fn find_map(&self, state: &MapState) -> Option<MapId> {
        let by_name = self.maps.iter().position(|map| Some(map.name.as_str()) == state.name.as_deref());
        let index = by_name.or_else(|| {
            let (key, value) = (state.key_size?, state.value_size?);
            let mut fitting = self
                .maps
                .iter()
                .enumerate()
                .filter(|(_, map)| map.key_size == key && map.value_size == value)
                .map(|(index, _)| index);
            fitting.next().filter(|_| fitting.next().is_none())
        })?;
        Some(MapId(index as u32))
    }
}

#[cfg(test)]
mod tests;
