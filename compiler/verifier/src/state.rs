//! The state of a program at one place on one path: registers and stack.

use gobpf_bpf::MapId;

use crate::bounds::Bounds;

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

/// What a register holds, `enum bpf_reg_type`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    NotInit,
    Scalar,
    Context,
    Map,
    MapValue,
    MapValueOrNull,
    Stack,
    Packet,
    PacketMeta,
    PacketEnd,
}

impl Kind {
    /// The kernel's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::NotInit => "?",
            Kind::Scalar => "scalar",
            Kind::Context => "ctx",
            Kind::Map => "map_ptr",
            Kind::MapValue => "map_value",
            Kind::MapValueOrNull => "map_value_or_null",
            Kind::Stack => "fp",
            Kind::Packet => "pkt",
            Kind::PacketMeta => "pkt_meta",
            Kind::PacketEnd => "pkt_end",
        }
    }

    /// Data or metadata of a packet, not its end.
    pub const fn is_packet(self) -> bool {
        matches!(self, Kind::Packet | Kind::PacketMeta)
    }

    /// Data, metadata or end of a packet.
    pub const fn is_packet_any(self) -> bool {
        matches!(self, Kind::Packet | Kind::PacketMeta | Kind::PacketEnd)
    }
}

/// What was done with a register or slot since the state was recorded, `enum bpf_reg_liveness`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Live {
    /// Some path from here reads it.
    pub read: bool,
    /// It was written between here and the next recorded state.
    pub written: bool,
    /// No path from here is open any more.
    pub done: bool,
}

/// A register, or what was spilled to a stack slot.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Reg {
    pub kind: Kind,
    /// The fixed part of a pointer's offset; of a linked number, its distance.
    pub off: i32,
    /// The map of a map or map value pointer.
    pub map: Option<MapId>,
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
        kind: Kind::NotInit,
        off: 0,
        map: None,
        range: 0,
        bounds: Bounds::UNKNOWN,
        id: 0,
        precise: false,
        live: Live { read: false, written: false, done: false },
        born: AT_START,
    };

    /// A number of which nothing is known.
    pub const fn unknown() -> Reg {
        Reg { kind: Kind::Scalar, ..Reg::NOT_INIT }
    }

    /// A number.
    pub const fn constant(value: u64) -> Reg {
        Reg { kind: Kind::Scalar, bounds: Bounds::constant(value), ..Reg::NOT_INIT }
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
        self.kind == Kind::Scalar
    }

    pub fn is_pointer(&self) -> bool {
        self.kind != Kind::Scalar
    }

    /// The one number it is, if it is one.
    pub fn as_const(&self) -> Option<u64> {
        if self.is_scalar() { self.bounds.as_const() } else { None }
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
        self.kind == other.kind && self.off == other.off && self.map == other.map && self.range == other.range
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

/// A state of a path.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub regs: [Reg; REGISTERS],
    /// From the frame pointer down.
    pub stack: Vec<Slot>,
    /// The recorded state that the path went through last.
    pub parent: Option<u32>,
    /// The first instruction since that one.
    pub first_insn: u32,
    /// The instruction before the current one; none at the start.
    pub last_insn: Option<u32>,
    /// Jumps and stack accesses since the parent: a range of the machine's history.
    pub history: (usize, usize),
}

impl State {
    /// The state at the start of a program.
    pub fn start() -> State {
        let mut regs = [Reg::NOT_INIT; REGISTERS];
        regs[1] = Reg::pointer(Kind::Context);
        regs[10] = Reg::pointer(Kind::Stack);
        State { regs, stack: Vec::new(), parent: None, first_insn: 0, last_insn: None, history: (0, 0) }
    }

    /// Register `number`; anything past R10 is R10 (operands are checked before).
    pub fn reg(&self, number: u8) -> &Reg {
        &self.regs[usize::from(number).min(REGISTERS - 1)]
    }

    pub fn reg_mut(&mut self, number: u8) -> &mut Reg {
        &mut self.regs[usize::from(number).min(REGISTERS - 1)]
    }

    /// Registers, and registers that were spilled: `whole` asks for all 8 bytes (as 6.1 does), else for the lowest.
    pub fn values_mut(&mut self, whole: bool) -> impl Iterator<Item = &mut Reg> {
        let spilled = self.stack.iter_mut().filter(move |slot| {
            let byte = if whole { slot.bytes[0] } else { slot.bytes[7] };
            byte == Byte::Spill
        });
        self.regs.iter_mut().chain(spilled.map(|slot| &mut slot.spilled))
    }

    /// A register or spilled register.
    pub fn place(&self, place: Place) -> Option<&Reg> {
        match place {
            Place::Reg(number) => self.regs.get(usize::from(number)),
            Place::Slot(index) => self.stack.get(index).map(|slot| &slot.spilled),
        }
    }

    pub fn place_mut(&mut self, place: Place) -> Option<&mut Reg> {
        match place {
            Place::Reg(number) => self.regs.get_mut(usize::from(number)),
            Place::Slot(index) => self.stack.get_mut(index).map(|slot| &mut slot.spilled),
        }
    }
}

/// A register or a stack slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Reg(u8),
    Slot(usize),
}
