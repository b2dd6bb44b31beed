//! The state of a program at one place on one path: registers and stack.

mod kind;
mod stack;

use gobpf_bpf::MapId;

pub(crate) use kind::{Base, Kind, flag};
pub(crate) use stack::Stack;

use crate::bounds::Bounds;
use crate::explore::Trail;

/// Number of registers, R10 included.
pub(crate) const REGISTERS: usize = 11;
/// The frame pointer's number.
pub(crate) const FP: u8 = 10;
/// Bytes in a stack slot.
pub(crate) const SLOT_BYTES: i32 = 8;
/// Bytes of stack that a program may use.
pub(crate) const MAX_STACK: i32 = 512;
/// Offsets and lengths from here on are too large for any pointer.
pub(crate) const MAX_OFFSET: i64 = 1 << 29;
/// Offsets into a packet from here on are never proven.
pub(crate) const MAX_PACKET_OFFSET: u64 = 0xffff;
/// Flag of [`Reg::id`]: the register is at the distance [`Reg::off`] from the others with that id.
pub(crate) const ID_WITH_OFFSET: u32 = ID_MOVED_64 | ID_MOVED_32;
/// The constant was added to all 64 bits (`BPF_ADD_CONST64`).
pub(crate) const ID_MOVED_64: u32 = 1 << 31;
/// The constant was added to the low 32 bits, which ended the others (`BPF_ADD_CONST32`).
pub(crate) const ID_MOVED_32: u32 = 1 << 30;
/// [`Reg::range`] of a packet pointer known to be at the packet's end.
pub(crate) const AT_PACKET_END: i32 = -1;
/// [`Reg::range`] of a packet pointer known to be past the packet's end.
pub(crate) const PAST_PACKET_END: i32 = -2;

/// What was done with a register or slot since the state was recorded, `enum bpf_reg_liveness`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Live {
    /// Some path from here reads it.
    pub read: bool,
    /// It was written between here and the next recorded state.
    pub written: bool,
    /// Where the value was when the state was last recorded.
    pub parent: Option<Parent>,
}

/// A register or slot of a recorded state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parent {
    pub state: u32,
    pub frame: u8,
    pub is_slot: bool,
    pub index: u8,
}

impl Parent {
    pub fn new(state: u32, place: Place) -> Parent {
        match place {
            Place::Reg(frame, index) => Parent { state, frame, is_slot: false, index },
            Place::Slot(frame, index) => Parent { state, frame, is_slot: true, index: index as u8 },
        }
    }

    pub fn place(self) -> Place {
        match self.is_slot {
            false => Place::Reg(self.frame, self.index),
            true => Place::Slot(self.frame, usize::from(self.index)),
        }
    }
}

/// What a dynptr points into, `enum bpf_dynptr_type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DynptrKind {
    Invalid,
    Local,
    Ringbuf,
    Skb,
    Xdp,
    SkbMeta,
    File,
}

/// What is known of a register beside its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extra {
    None,
    /// Memory of so many bytes, which the dynptr with that id (0 for none) gave.
    Mem {
        size: u32,
        dynptr: u32,
    },
    /// A type of the kernel's BTF, or of the program's own.
    Btf {
        id: u32,
        own: bool,
    },
    /// A function of the program, by its number.
    Func {
        subprogram: u32,
    },
    /// A dynptr, or one of its two stack slots.
    Dynptr {
        kind: DynptrKind,
        first: bool,
    },
    /// A slot of an iterator.
    Iter {
        btf: u32,
        state: IterState,
        depth: u32,
    },
    /// A saved interrupt flag.
    Irq {
        lock: bool,
    },
}

/// What an open-coded iterator is up to, `enum bpf_iter_state`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum IterState {
    Invalid,
    Active,
    Drained,
}

/// A register, or what was spilled to a stack slot.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Reg {
    pub kind: Kind,
    /// The fixed part of a pointer's offset; of a linked number, its distance.
    pub off: i32,
    /// The map of a map, map key or map value pointer.
    pub map: Option<MapId>,
    /// Tells apart inner maps that came from different lookups.
    pub map_uid: u32,
    /// What else is known, by kind.
    pub extra: Extra,
    /// Of a stack pointer: whose stack.
    pub frame: u8,
    /// The reference that it is, or depends on.
    pub ref_obj: u32,
    /// Bytes proven to exist from the start of a packet; or one of the two packet-end marks.
    pub range: i32,
    /// A number's value, or the variable part of a pointer's offset.
    pub bounds: Bounds,
    /// Same in registers that hold the same value (numbers), the same unchecked result, or the same packet offset.
    pub id: u32,
    /// Some check relied on the number's value.
    pub precise: bool,
    pub live: Live,
    /// Where the value was made; of a register that is not readable, the call that took its value away.
    pub born: u32,
}

/// [`Reg::born`] of what was there at the start.
pub(crate) const AT_START: u32 = u32::MAX;

impl Reg {
    pub const NOT_INIT: Reg = Reg {
        kind: Kind::NOT_INIT,
        off: 0,
        map: None,
        map_uid: 0,
        extra: Extra::None,
        frame: 0,
        ref_obj: 0,
        range: 0,
        bounds: Bounds::UNKNOWN,
        id: 0,
        precise: false,
        live: Live { read: false, written: false, parent: None },
        born: AT_START,
    };

    /// A number of which nothing is known.
    pub const fn unknown() -> Reg {
        Reg { kind: Kind::SCALAR, ..Reg::NOT_INIT }
    }

    /// A number.
    pub const fn constant(value: u64) -> Reg {
        Reg { kind: Kind::SCALAR, bounds: Bounds::constant(value), ..Reg::NOT_INIT }
    }

    /// A pointer without an offset.
    pub const fn pointer(kind: Kind) -> Reg {
        Reg { kind, bounds: Bounds::constant(0), ..Reg::NOT_INIT }
    }

    /// Takes the value of `other`; liveness belongs to the place and stays.
    pub fn copy_from(&mut self, other: &Reg) {
        *self = Reg { live: self.live, ..*other };
    }

    pub fn is_scalar(&self) -> bool {
        self.kind == Kind::SCALAR
    }

    pub fn is_pointer(&self) -> bool {
        self.kind != Kind::SCALAR
    }

    /// The one number it is, if it is one.
    pub fn as_const(&self) -> Option<u64> {
        if self.is_scalar() { self.bounds.as_const() } else { None }
    }

    /// `is_trusted_reg`.
    pub fn is_trusted(&self) -> bool {
        const OWN: u16 = flag::ALLOC | flag::NON_OWNING;
        // A reference that is held, or one that the kernel vouches for.
        self.ref_obj != 0
            || (self.kind.has(flag::TRUSTED)
                && !self.kind.has(!(flag::TRUSTED | flag::OR_NULL | flag::ALLOC)))
            || (self.kind.has(OWN) && !self.kind.has(!(OWN | flag::TRUSTED)))
    }

    pub fn is_null(&self) -> bool {
        self.as_const() == Some(0)
    }

    /// Ends the link to registers with the same value.
    pub fn unlink(&mut self) {
        (self.id, self.off) = (0, 0);
    }

    /// Equal but for ids, precision and liveness.
    pub fn same_value(&self, other: &Reg) -> bool {
        self.same_pointer(other) && self.bounds == other.bounds
    }

    /// Equal in kind, fixed offset, map and range.
    pub fn same_pointer(&self, other: &Reg) -> bool {
        self.kind == other.kind
            && self.off == other.off
            && self.map == other.map
            && self.map_uid == other.map_uid
            && self.extra == other.extra
            && self.range == other.range
    }
}

/// What a byte of the stack holds, `enum bpf_stack_slot_type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Byte {
    /// Nothing was written.
    Invalid,
    /// Part of a spilled register.
    Spill,
    /// Something.
    Misc,
    /// Zero.
    Zero,
    /// Part of a dynptr.
    Dynptr,
    /// Part of an iterator.
    Iter,
    /// Part of a saved interrupt flag.
    Irq,
}

/// Eight bytes of stack; index 0 is the byte at the highest address.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Slot {
    pub bytes: [Byte; 8],
    pub spilled: Reg,
}

impl Slot {
    pub const EMPTY: Slot = Slot { bytes: [Byte::Invalid; 8], spilled: Reg::NOT_INIT };

    /// Whether the byte at the lowest address is of a register.
    pub fn is_spill(&self) -> bool {
        self.bytes[7] == Byte::Spill
    }

    pub fn is_scalar_spill(&self) -> bool {
        self.is_spill() && self.spilled.is_scalar()
    }

    /// A whole number was spilled.
    pub fn is_whole_scalar_spill(&self) -> bool {
        self.bytes[0] == Byte::Spill && self.spilled.is_scalar()
    }

    /// How many bytes of a register were spilled, from the lowest address on.
    pub fn spilled_bytes(&self) -> u32 {
        self.bytes.iter().rev().take_while(|byte| **byte == Byte::Spill).count() as u32
    }

    /// Forgets a spilled register: its bytes become something.
    pub fn scrub(&mut self) {
        for byte in &mut self.bytes {
            if *byte != Byte::Invalid {
                *byte = Byte::Misc;
            }
        }
    }
}

/// Index of the slot that holds the byte at `off`, which is negative; and the byte in it.
pub(crate) fn slot_of(off: i64) -> (usize, usize) {
    let place = (-off - 1).max(0) as usize;
    (place / 8, place % 8)
}

/// A number that means: the program's own start, called from nowhere.
pub(crate) const NO_CALLSITE: u32 = u32::MAX;

/// Numbers that a callback or program may return, ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    pub min: i32,
    pub max: i32,
}

/// What a function that is being followed holds, `struct bpf_func_state`.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub regs: [Reg; REGISTERS],
    /// From the frame pointer down.
    pub stack: Stack,
    /// The call that led here.
    pub callsite: u32,
    /// Which function it is.
    pub subprogram: u32,
    /// A helper calls it.
    pub in_callback: bool,
    /// A timer or work queue calls it, later.
    pub in_async: bool,
    pub async_entries: u32,
    /// What it may return, as a callback.
    pub returns: Range,
    /// How often a callback has been followed from the call that is open here.
    pub callback_depth: u32,
}

impl Frame {
    /// A frame without arguments.
    pub fn new(number: u8, callsite: u32, subprogram: u32) -> Frame {
        let mut regs = [Reg::NOT_INIT; REGISTERS];
        regs[usize::from(FP)] = Reg { frame: number, ..Reg::pointer(Kind::STACK) };
        Frame {
            regs,
            stack: Stack::default(),
            callsite,
            subprogram,
            in_callback: false,
            in_async: false,
            async_entries: 0,
            returns: Range { min: 0, max: 0 },
            callback_depth: 0,
        }
    }

    pub fn reg(&self, number: u8) -> &Reg {
        &self.regs[usize::from(number).min(REGISTERS - 1)]
    }

    pub fn reg_mut(&mut self, number: u8) -> &mut Reg {
        &mut self.regs[usize::from(number).min(REGISTERS - 1)]
    }

    /// Registers, and registers that were spilled: `whole` asks for all 8 bytes (as 6.1 does), else for the lowest.
    fn values_mut(&mut self, whole: bool) -> impl Iterator<Item = &mut Reg> {
        let spilled = self.stack.iter_mut().filter(move |slot| {
            let byte = if whole { slot.bytes[0] } else { slot.bytes[7] };
            byte == Byte::Spill
        });
        self.regs.iter_mut().chain(spilled.map(|slot| &mut slot.spilled))
    }
}

/// What must be given back, `struct bpf_reference_state`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reference {
    pub what: Held,
    pub id: u32,
    /// The call that acquired it.
    pub insn: u32,
    /// The frame of the callback that acquired it; 0 outside of callbacks.
    pub callback: u32,
    /// A lock: what it protects.
    pub owner: u64,
}

/// What a [`Reference`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    Pointer,
    Irq,
    Lock,
    ResilientLock,
    ResilientLockIrq,
}

/// A state of a path.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The functions that wait for a call to return, outermost first.
    pub callers: Vec<Frame>,
    /// The function that is being followed.
    pub top: Frame,
    pub references: Vec<Reference>,
    /// Nested RCU read sections.
    pub rcu: u32,
    /// Nested sections with preemption disabled.
    pub preempt: u32,
    /// The id of the innermost section with interrupts disabled.
    pub irq: u32,
    /// The innermost lock that is held: its id and what it protects.
    pub lock: (u32, u64),
    /// The path may sleep though the program may not (work queue callbacks).
    pub in_sleepable: bool,
    pub may_goto_depth: u32,
    pub callback_unroll_depth: u32,
    /// Recorded states above this one on the path.
    pub depth: u32,
    /// The recorded state that a loop through this one came back to (6.12).
    pub loop_entry: Option<u32>,
    /// The recorded state that the path went through last.
    pub parent: Option<u32>,
    /// The first instruction since that one.
    pub first_insn: u32,
    /// The instruction before the current one; none at the start.
    pub last_insn: Option<u32>,
    /// Jumps and stack accesses since the parent.
    pub history: Trail,
}

impl State {
    /// The state at the start of function `subprogram`, which begins at `insn`; arguments are set by the caller.
    pub fn start(subprogram: u32, insn: u32) -> State {
        State {
            callers: Vec::new(),
            top: Frame::new(0, NO_CALLSITE, subprogram),
            references: Vec::new(),
            rcu: 0,
            preempt: 0,
            irq: 0,
            lock: (0, 0),
            in_sleepable: false,
            may_goto_depth: 0,
            callback_unroll_depth: 0,
            depth: 0,
            loop_entry: None,
            parent: None,
            first_insn: insn,
            last_insn: None,
            history: Trail::default(),
        }
    }

    /// The number of the frame that is being followed.
    pub fn current(&self) -> u8 {
        self.callers.len() as u8
    }

    /// Frame `number`; anything past the current one is the current one.
    pub fn frame(&self, number: u8) -> &Frame {
        self.callers.get(usize::from(number)).unwrap_or(&self.top)
    }

    pub fn frame_mut(&mut self, number: u8) -> &mut Frame {
        self.callers.get_mut(usize::from(number)).unwrap_or(&mut self.top)
    }

    /// All frames, outermost first.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.callers.iter().chain(std::iter::once(&self.top))
    }

    pub fn frames_mut(&mut self) -> impl Iterator<Item = &mut Frame> {
        self.callers.iter_mut().chain(std::iter::once(&mut self.top))
    }

    /// The instruction that frame `number` is at, where the current one is at `insn`.
    pub fn insn_of_frame(&self, number: u8, insn: u32) -> u32 {
        if number == self.current() { insn } else { self.frame(number + 1).callsite }
    }

    /// Register `number`; anything past R10 is R10 (operands are checked before).
    pub fn reg(&self, number: u8) -> &Reg {
        self.top.reg(number)
    }

    pub fn reg_mut(&mut self, number: u8) -> &mut Reg {
        self.top.reg_mut(number)
    }

    /// Registers and spilled registers of all frames: `whole` asks for all 8 bytes (as 6.1 does), else for the lowest.
    pub fn values_mut(&mut self, whole: bool) -> impl Iterator<Item = &mut Reg> {
        self.frames_mut().flat_map(move |frame| frame.values_mut(whole))
    }

    /// A register or spilled register.
    pub fn place(&self, place: Place) -> Option<&Reg> {
        match place {
            Place::Reg(frame, number) => self.frame(frame).regs.get(usize::from(number)),
            Place::Slot(frame, index) => self.frame(frame).stack.get(index).map(|slot| &slot.spilled),
        }
    }

    pub fn place_mut(&mut self, place: Place) -> Option<&mut Reg> {
        match place {
            Place::Reg(frame, number) => self.frame_mut(frame).regs.get_mut(usize::from(number)),
            Place::Slot(frame, index) => {
                self.frame_mut(frame).stack.get_mut(index).map(|slot| &mut slot.spilled)
            }
        }
    }

    /// Whether the calls that led to both are the same.
    pub fn same_callsites(&self, other: &State) -> bool {
        self.callers.len() == other.callers.len()
            && self.frames().zip(other.frames()).all(|(one, two)| one.callsite == two.callsite)
    }
}

/// A register or a stack slot of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Reg(u8, u8),
    Slot(u8, usize),
}
