//! What a call writes where kernels before 6.5 take it for its caller's.
//!
//! Their verifier joins states that differ only in numbers which nothing has depended on. What depends on a number is found by
//! a walk backwards through the instructions, and where states are joined within a function that was called, the walk for its
//! callers' numbers reads that function's instructions as if their registers and stack were the callers': a write to R6 there
//! ends the walk for the caller's R6. A path is then not followed though its number is another one, and what only it reaches is
//! removed as dead. Where what callers keep over a call is in other registers, and elsewhere below the frame pointer, than what
//! the call writes, the walk gets to the call, where the kernel takes all numbers for needed.

use gobpf_bpf::insn::{Insn, atomic, class, mode};
use gobpf_bpf::{KernelVersion, Reg};
use gobpf_ir::ir::{Function, InstKind, Role, SubprogramId, Value};

use crate::link::Piece;

/// The first kernel whose walk knows whose instructions it reads.
const FRAMES_SINCE: KernelVersion = KernelVersion::new(6, 5);
/// The registers that calls keep.
const KEPT: std::ops::RangeInclusive<u8> = 6..=9;
/// `BPF_MODE` of an opcode.
const MODE: u8 = 0xe0;
/// Bytes of a word of the stack.
const WORD: u32 = 8;

/// How much of what calls write is kept apart from what their callers need afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Apart {
    /// Nothing.
    Nothing,
    /// Registers. The same bytes of the frames may be used.
    Registers,
    /// Registers and bytes of the frames.
    All,
}

impl Apart {
    /// The ways for `kernel`, the best first; those that follow need less of the stack.
    pub(crate) fn ways(kernel: KernelVersion) -> &'static [Apart] {
        if kernel < FRAMES_SINCE {
            &[Apart::All, Apart::Registers, Apart::Nothing]
        } else {
            &[Apart::Nothing]
        }
    }
}

/// What a function writes, and those that it calls.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Written {
    /// Registers, by number.
    pub(crate) registers: u16,
    /// Words of a frame, counted down from the frame pointer.
    pub(crate) words: u64,
}

impl Written {
    fn extend(&mut self, other: Written) {
        self.registers |= other.registers;
        self.words |= other.words;
    }

    /// The bytes of the words, from one to another, as counted down from the frame pointer.
    pub(crate) fn ranges(words: u64) -> impl Iterator<Item = (u32, u32)> {
        (0..u64::BITS).filter(move |word| words & 1 << word != 0).map(|word| (word * WORD, (word + 1) * WORD))
    }
}

/// What the functions that are called write, callees before callers.
pub(crate) struct Callees {
    apart: Apart,
    written: Vec<Written>,
}

impl Callees {
    pub(crate) fn new(apart: Apart) -> Callees {
        Callees { apart, written: Vec::new() }
    }

    /// Adds `function` with its code, where it could be made.
    pub(crate) fn push(&mut self, function: &Function, piece: Option<&Piece>) {
        let written = match (self.apart, function.role, piece) {
            // The kernel follows a global function by itself.
            (Apart::Nothing, ..) | (_, Role::Global { .. }, _) | (.., None) => Written::default(),
            (.., Some(piece)) => self.written_by(piece),
        };
        self.written.push(written);
    }

    fn written_by(&self, piece: &Piece) -> Written {
        let mut written = Written::default();
        for insn in &piece.code.insns {
            if let Some(number) = written_register(insn).filter(|number| KEPT.contains(number)) {
                written.registers |= 1 << number;
            }
            if self.apart == Apart::All
                && let Some(word) = written_word(insn)
            {
                written.words |= 1 << word;
            }
        }
        piece.calls.iter().for_each(|(_, callee)| written.extend(self.of(*callee)));
        written
    }

    fn of(&self, callee: SubprogramId) -> Written {
        self.written.get(callee.0 as usize).copied().unwrap_or_default()
    }

    /// What the call `kind` in `function` writes.
    pub(crate) fn of_call(&self, function: &Function, kind: &InstKind) -> Written {
        let mut written = Written::default();
        match kind {
            InstKind::CallSubprogram(callee, _) => written.extend(self.of(*callee)),
            InstKind::Call(_, arguments) => {
                let callbacks = arguments.iter().filter_map(|argument| callback(function, *argument));
                callbacks.for_each(|callback| written.extend(self.of(callback)));
            }
            _ => {}
        }
        written
    }
}

fn callback(function: &Function, value: Value) -> Option<SubprogramId> {
    match function.def(value) {
        Some(InstKind::FunctionAddr(callback)) => Some(*callback),
        _ => None,
    }
}

/// The register that `insn` writes, calls left out.
fn written_register(insn: &Insn) -> Option<u8> {
    match insn.class() {
        class::ALU | class::ALU64 | class::LD | class::LDX => Some(insn.dst),
        class::STX if insn.code & MODE == mode::ATOMIC && insn.imm & atomic::FETCH != 0 => Some(insn.src),
        _ => None,
    }
}

/// The word of the frame that `insn` writes, through the frame pointer itself.
fn written_word(insn: &Insn) -> Option<u32> {
    let stores = matches!(insn.class(), class::ST | class::STX) && insn.dst == Reg::FP.number();
    let below = stores.then(|| u32::try_from(-i32::from(insn.off) - 1).ok())??;
    Some(below / WORD).filter(|word| *word < u64::BITS)
}
