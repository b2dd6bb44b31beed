//! Package `asm` of cilium/ebpf v0.22: its constants, its constructors and the methods that make instructions.
//!
//! One row for each name. A constructor does what its namesake does, invalid opcodes included.

use gobpf_bpf::insn::{class, mode, pseudo};
use gobpf_bpf::tables::{HELPERS, MapKind};
use gobpf_source::Place;

use super::constants::{Typed, Value};

/// `asm.InvalidOpCode`.
pub const INVALID: u32 = 0xffff;
/// Bits of an opcode that tell an atomic operation.
pub const ATOMIC_MASK: u32 = 0x1_ff00;
/// `LoadImmOp(DWord)`.
pub const DWORD_LOAD: u32 = 0x18;

const DWORD: u32 = 0x18;

/// `asm.Instruction`. `opcode` has more bits than the kernel's: extensions tell signed division and the like.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Instruction {
    pub opcode: u32,
    pub dst: u8,
    pub src: u8,
    pub offset: i16,
    pub constant: i64,
    pub symbol: String,
    pub reference: String,
    /// For a load of a map: the expression of its file descriptor.
    pub map: Option<MapUse>,
    /// What made it, for messages.
    pub maker: Maker,
}

/// What made an instruction.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Maker {
    /// The name of the constructor; empty for a struct literal.
    pub name: &'static str,
    /// Why what it makes may be an invalid opcode; empty where it never is.
    pub invalid: &'static str,
}

/// A map as a program names it.
#[derive(Clone, PartialEq, Debug)]
pub struct MapUse {
    /// The same for all uses of the same map.
    pub name: String,
    /// Where it is named first.
    pub place: Place,
    /// How it was created, where that is known.
    pub spec: Option<MapSpec>,
}

/// The fields of an `ebpf.MapSpec` that the verifier knows of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapSpec {
    /// `Type`
    pub kind: MapKind,
    /// `KeySize` in bytes
    pub key_size: u32,
    /// `ValueSize` in bytes
    pub value_size: u32,
    /// `MaxEntries`
    pub max_entries: u32,
    /// `Flags`
    pub flags: u32,
}

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    Typed(Typed),
    Int(&'static str),
    Label,
    /// A file descriptor: any expression.
    Fd,
}

/// Arguments that fit their parameters.
pub struct Arguments {
    pub values: Vec<i128>,
    pub label: String,
    pub map: Option<MapUse>,
}

impl Arguments {
    fn at(&self, index: usize) -> i128 {
        self.values.get(index).copied().unwrap_or_default()
    }

    fn byte(&self, index: usize) -> u8 {
        self.at(index) as u8
    }

    fn bits(&self, index: usize) -> u32 {
        self.at(index) as u32
    }
}

/// A function of package `asm`.
pub struct Function {
    pub name: &'static str,
    pub params: &'static [Param],
    pub make: fn(&Arguments) -> Instruction,
    /// Why what it makes may be an invalid opcode; empty where it never is.
    pub invalid: &'static str,
}

/// A method of a constant of package `asm`; the receiver's value comes first.
pub struct Method {
    pub receiver: Typed,
    pub name: &'static str,
    pub params: &'static [Param],
    pub make: fn(u32, &Arguments) -> Instruction,
    pub invalid: &'static str,
}

/// A function or method that gives an opcode.
pub struct OpcodeMaker {
    pub receiver: Option<Typed>,
    pub name: &'static str,
    pub param: Typed,
    pub make: fn(u32, u32) -> u32,
}

const REG: Param = Param::Typed(Typed::Register);
const SIZE: Param = Param::Typed(Typed::Size);
const OFF: Param = Param::Int("int16");
const IMM: Param = Param::Int("int32");

const fn function(
    name: &'static str,
    params: &'static [Param],
    make: fn(&Arguments) -> Instruction,
) -> Function {
    Function { name, params, make, invalid: "" }
}

impl Function {
    const fn unless(mut self, invalid: &'static str) -> Function {
        self.invalid = invalid;
        self
    }
}

/// Functions that make an instruction.
pub const FUNCTIONS: &[Function] = &[
    function("Return", &[], |_| Instruction { opcode: 0x95, ..Instruction::default() }),
    function("HostTo", &[Param::Typed(Typed::Endianness), REG, SIZE], |a| {
        swap(u32::from(class::ALU) | 0xd0 | a.bits(0), a)
    })
    .unless("the size must be Half, Word or DWord"),
    function("BSwap", &[REG, SIZE], |a| {
        let shifted = Arguments { values: vec![0, a.at(0), a.at(1)], label: String::new(), map: None };
        swap(u32::from(class::ALU64) | 0xd0, &shifted)
    })
    .unless("the size must be Half, Word or DWord"),
    function("LongJump", &[Param::Label], |a| Instruction {
        opcode: 0x06,
        constant: -1,
        reference: a.label.clone(),
        ..Instruction::default()
    }),
    function("LoadMem", &[REG, REG, OFF, SIZE], |a| memory(class::LDX, mode::MEM, a.bits(3), a, 2)),
    function("LoadMemSX", &[REG, REG, OFF, SIZE], |a| match a.bits(3) {
        DWORD => invalid(),
        size => memory(class::LDX, mode::MEMSX, size, a, 2),
    })
    .unless("8 bytes have nothing to extend; use LoadMem"),
    function("LoadImm", &[REG, Param::Int("int64"), SIZE], |a| Instruction {
        opcode: memory_opcode(class::LD, mode::IMM, a.bits(2)),
        dst: a.byte(0),
        constant: a.at(1) as i64,
        ..Instruction::default()
    }),
    function("LoadMapPtr", &[REG, Param::Fd], |a| map_load(pseudo::MAP_FD, 0, a))
        .unless("the file descriptor is negative"),
    function("LoadMapValue", &[REG, Param::Fd, Param::Int("uint32")], |a| {
        map_load(pseudo::MAP_VALUE, a.at(2) as u32, a)
    })
    .unless("the file descriptor is negative"),
    function("LoadInd", &[REG, REG, IMM, SIZE], |a| Instruction {
        opcode: memory_opcode(class::LD, mode::IND, a.bits(3)),
        dst: a.byte(0),
        src: a.byte(1),
        constant: a.at(2) as i64,
        ..Instruction::default()
    }),
    function("LoadAbs", &[IMM, SIZE], |a| Instruction {
        opcode: memory_opcode(class::LD, mode::ABS, a.bits(1)),
        constant: a.at(0) as i64,
        ..Instruction::default()
    }),
    function("StoreMem", &[REG, OFF, REG, SIZE], |a| Instruction {
        opcode: memory_opcode(class::STX, mode::MEM, a.bits(3)),
        dst: a.byte(0),
        src: a.byte(2),
        offset: a.at(1) as i16,
        ..Instruction::default()
    }),
    function("StoreImm", &[REG, OFF, Param::Int("int64"), SIZE], |a| match a.bits(3) {
        DWORD => invalid(),
        size => Instruction {
            opcode: memory_opcode(class::ST, mode::MEM, size),
            dst: a.byte(0),
            offset: a.at(1) as i16,
            constant: a.at(2) as i64,
            ..Instruction::default()
        },
    })
    .unless("it has no DWord form; put the value into a register and use StoreMem, or store two Words"),
    function("StoreXAdd", &[REG, REG, SIZE], |a| Instruction {
        opcode: atomic_opcode(0, a.bits(2)),
        dst: a.byte(0),
        src: a.byte(1),
        ..Instruction::default()
    })
    .unless("the size must be Word or DWord"),
    function("LoadAcquire", &[REG, REG, SIZE, OFF], |a| ordered(0x1_0000, a)),
    function("StoreRelease", &[REG, REG, SIZE, OFF], |a| ordered(0x1_1000, a)),
];

const fn method(
    receiver: Typed,
    name: &'static str,
    params: &'static [Param],
    make: fn(u32, &Arguments) -> Instruction,
) -> Method {
    Method { receiver, name, params, make, invalid: "" }
}

impl Method {
    const fn unless(mut self, invalid: &'static str) -> Method {
        self.invalid = invalid;
        self
    }
}

const NO_JUMP: &str = "Call and Exit compare nothing; use Call.Label or Return";

/// Methods that make an instruction.
pub const METHODS: &[Method] = &[
    method(Typed::Alu, "Reg", &[REG, REG], |op, a| registers(alu_opcode(class::ALU64, op, 8), a)),
    method(Typed::Alu, "Imm", &[REG, IMM], |op, a| immediate(alu_opcode(class::ALU64, op, 0), a)),
    method(Typed::Alu, "Reg32", &[REG, REG], |op, a| registers(alu_opcode(class::ALU, op, 8), a)),
    method(Typed::Alu, "Imm32", &[REG, IMM], |op, a| immediate(alu_opcode(class::ALU, op, 0), a)),
    method(Typed::Jump, "Imm", &[REG, IMM, Param::Label], |op, a| {
        jump(immediate(compare_opcode(class::JMP, op, 0), a), a)
    })
    .unless(NO_JUMP),
    method(Typed::Jump, "Imm32", &[REG, IMM, Param::Label], |op, a| {
        jump(immediate(compare_opcode(class::JMP32, op, 0), a), a)
    })
    .unless(NO_JUMP),
    method(Typed::Jump, "Reg", &[REG, REG, Param::Label], |op, a| {
        jump(registers(compare_opcode(class::JMP, op, 8), a), a)
    })
    .unless(NO_JUMP),
    method(Typed::Jump, "Reg32", &[REG, REG, Param::Label], |op, a| {
        jump(registers(compare_opcode(class::JMP32, op, 8), a), a)
    })
    .unless(NO_JUMP),
    method(Typed::Jump, "Label", &[Param::Label], |op, a| match op {
        CALL => Instruction {
            opcode: 0x85,
            src: pseudo::CALL,
            constant: -1,
            reference: a.label.clone(),
            ..Instruction::default()
        },
        op => jump(Instruction { opcode: u32::from(class::JMP) | op, ..Instruction::default() }, a),
    }),
    method(Typed::Atomic, "Mem", &[REG, REG, SIZE, OFF], |op, a| Instruction {
        opcode: atomic_opcode(op, a.bits(2)),
        dst: a.byte(0),
        src: a.byte(1),
        offset: a.at(3) as i16,
        ..Instruction::default()
    })
    .unless("the size must be Word or DWord"),
    method(Typed::Function, "Call", &[], |id, _| Instruction {
        opcode: 0x85,
        constant: i64::from(id),
        ..Instruction::default()
    }),
];

/// Functions and methods that give an opcode, for `asm.Instruction{OpCode: ...}`.
pub const OPCODES: &[OpcodeMaker] = &[
    opcode(Some(Typed::Alu), "Op", Typed::Source, |op, source| alu_opcode(class::ALU64, op, source)),
    opcode(Some(Typed::Alu), "Op32", Typed::Source, |op, source| alu_opcode(class::ALU, op, source)),
    opcode(Some(Typed::Jump), "Op", Typed::Source, |op, source| u32::from(class::JMP) | op | source),
    opcode(Some(Typed::Atomic), "OpCode", Typed::Size, atomic_opcode),
    opcode(None, "LoadMemOp", Typed::Size, |_, size| memory_opcode(class::LDX, mode::MEM, size)),
    opcode(None, "LoadMemSXOp", Typed::Size, |_, size| memory_opcode(class::LDX, mode::MEMSX, size)),
    opcode(None, "LoadImmOp", Typed::Size, |_, size| memory_opcode(class::LD, mode::IMM, size)),
    opcode(None, "LoadIndOp", Typed::Size, |_, size| memory_opcode(class::LD, mode::IND, size)),
    opcode(None, "LoadAbsOp", Typed::Size, |_, size| memory_opcode(class::LD, mode::ABS, size)),
    opcode(None, "StoreMemOp", Typed::Size, |_, size| memory_opcode(class::STX, mode::MEM, size)),
    opcode(None, "StoreImmOp", Typed::Size, |_, size| memory_opcode(class::ST, mode::MEM, size)),
    opcode(None, "StoreXAddOp", Typed::Size, |_, size| atomic_opcode(0, size)),
];

const fn opcode(
    receiver: Option<Typed>,
    name: &'static str,
    param: Typed,
    make: fn(u32, u32) -> u32,
) -> OpcodeMaker {
    OpcodeMaker { receiver, name, param, make }
}

/// Constants, without the helper functions (see [`constant`]).
const CONSTANTS: &[(&str, Typed, u32)] = &[
    ("R0", Typed::Register, 0),
    ("R1", Typed::Register, 1),
    ("R2", Typed::Register, 2),
    ("R3", Typed::Register, 3),
    ("R4", Typed::Register, 4),
    ("R5", Typed::Register, 5),
    ("R6", Typed::Register, 6),
    ("R7", Typed::Register, 7),
    ("R8", Typed::Register, 8),
    ("R9", Typed::Register, 9),
    ("R10", Typed::Register, 10),
    ("RFP", Typed::Register, 10),
    ("PseudoMapFD", Typed::Register, 1),
    ("PseudoMapValue", Typed::Register, 2),
    ("PseudoCall", Typed::Register, 1),
    ("PseudoFunc", Typed::Register, 4),
    ("PseudoKfuncCall", Typed::Register, 2),
    ("PseudoMayGoto", Typed::Register, 0),
    ("DWord", Typed::Size, 0x18),
    ("Word", Typed::Size, 0x00),
    ("Half", Typed::Size, 0x08),
    ("Byte", Typed::Size, 0x10),
    ("ImmSource", Typed::Source, 0x00),
    ("RegSource", Typed::Source, 0x08),
    ("LE", Typed::Endianness, 0x00),
    ("BE", Typed::Endianness, 0x08),
    ("Add", Typed::Alu, 0x00),
    ("Sub", Typed::Alu, 0x10),
    ("Mul", Typed::Alu, 0x20),
    ("Div", Typed::Alu, 0x30),
    ("SDiv", Typed::Alu, 0x130),
    ("Or", Typed::Alu, 0x40),
    ("And", Typed::Alu, 0x50),
    ("LSh", Typed::Alu, 0x60),
    ("RSh", Typed::Alu, 0x70),
    ("Neg", Typed::Alu, 0x80),
    ("Mod", Typed::Alu, 0x90),
    ("SMod", Typed::Alu, 0x190),
    ("Xor", Typed::Alu, 0xa0),
    ("Mov", Typed::Alu, 0xb0),
    ("MovSX8", Typed::Alu, 0x1b0),
    ("MovSX16", Typed::Alu, 0x2b0),
    ("MovSX32", Typed::Alu, 0x3b0),
    ("ArSh", Typed::Alu, 0xc0),
    ("Swap", Typed::Alu, 0xd0),
    ("Ja", Typed::Jump, 0x00),
    ("JEq", Typed::Jump, 0x10),
    ("JGT", Typed::Jump, 0x20),
    ("JGE", Typed::Jump, 0x30),
    ("JSet", Typed::Jump, 0x40),
    ("JNE", Typed::Jump, 0x50),
    ("JSGT", Typed::Jump, 0x60),
    ("JSGE", Typed::Jump, 0x70),
    ("Call", Typed::Jump, CALL),
    ("Exit", Typed::Jump, EXIT),
    ("JLT", Typed::Jump, 0xa0),
    ("JLE", Typed::Jump, 0xb0),
    ("JSLT", Typed::Jump, 0xc0),
    ("JSLE", Typed::Jump, 0xd0),
    ("JCOND", Typed::Jump, 0xe0),
    ("AddAtomic", Typed::Atomic, 0x0000),
    ("FetchAdd", Typed::Atomic, 0x0100),
    ("AndAtomic", Typed::Atomic, 0x5000),
    ("FetchAnd", Typed::Atomic, 0x5100),
    ("OrAtomic", Typed::Atomic, 0x4000),
    ("FetchOr", Typed::Atomic, 0x4100),
    ("XorAtomic", Typed::Atomic, 0xa000),
    ("FetchXor", Typed::Atomic, 0xa100),
    ("Xchg", Typed::Atomic, 0xe100),
    ("CmpXchg", Typed::Atomic, 0xf100),
    ("InvalidOpCode", Typed::OpCode, INVALID),
];

const CALL: u32 = 0x80;
const EXIT: u32 = 0x90;

/// Types of package `asm` that a constant may be converted to.
pub const TYPES: &[(&str, Typed)] = &[
    ("Register", Typed::Register),
    ("Size", Typed::Size),
    ("Source", Typed::Source),
    ("Endianness", Typed::Endianness),
    ("ALUOp", Typed::Alu),
    ("JumpOp", Typed::Jump),
    ("AtomicOp", Typed::Atomic),
    ("BuiltinFunc", Typed::Function),
    ("OpCode", Typed::OpCode),
];

/// The constant `asm.<name>`.
pub fn constant(name: &str) -> Option<Value> {
    if let Some((_, ty, value)) = CONSTANTS.iter().find(|(known, ..)| *known == name) {
        return Some(Value::Typed(*ty, *value));
    }
    let function = name.strip_prefix("Fn")?;
    if function == "Unspec" {
        return Some(Value::Typed(Typed::Function, 0));
    }
    let helper = HELPERS.iter().find(|helper| camel_case(helper.name) == function)?;
    Some(Value::Typed(Typed::Function, helper.id))
}

/// `map_lookup_elem` as `MapLookupElem`.
fn camel_case(name: &str) -> String {
    let mut parts = String::new();
    for part in name.split('_') {
        let mut chars = part.chars();
        parts.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        parts.push_str(chars.as_str());
    }
    parts
}

fn invalid() -> Instruction {
    Instruction { opcode: INVALID, ..Instruction::default() }
}

fn swap(opcode: u32, a: &Arguments) -> Instruction {
    let bits = match a.bits(2) {
        0x08 => 16,
        0x00 => 32,
        DWORD => 64,
        _ => return invalid(),
    };
    Instruction { opcode, dst: a.byte(1), constant: bits, ..Instruction::default() }
}

fn memory_opcode(class: u8, mode: u8, size: u32) -> u32 {
    match size & !DWORD {
        0 => u32::from(class | mode) | size,
        _ => INVALID,
    }
}

fn memory(class: u8, mode: u8, size: u32, a: &Arguments, offset: usize) -> Instruction {
    Instruction {
        opcode: memory_opcode(class, mode, size),
        dst: a.byte(0),
        src: a.byte(1),
        offset: a.at(offset) as i16,
        ..Instruction::default()
    }
}

/// Read-modify-write operations exist for Word and DWord only.
fn atomic_opcode(op: u32, size: u32) -> u32 {
    match size {
        0x00 | DWORD => memory_opcode(class::STX, mode::ATOMIC, size) | op,
        _ => INVALID,
    }
}

/// Ordered loads and stores exist for all sizes.
fn ordered(op: u32, a: &Arguments) -> Instruction {
    let opcode = memory_opcode(class::STX, mode::ATOMIC, a.bits(2)) | op;
    Instruction { opcode, dst: a.byte(0), src: a.byte(1), offset: a.at(3) as i16, ..Instruction::default() }
}

fn alu_opcode(class: u8, op: u32, source: u32) -> u32 {
    u32::from(class) | op | source
}

fn compare_opcode(class: u8, op: u32, source: u32) -> u32 {
    match op {
        CALL | EXIT => INVALID,
        op => u32::from(class) | op | source,
    }
}

fn registers(opcode: u32, a: &Arguments) -> Instruction {
    Instruction { opcode, dst: a.byte(0), src: a.byte(1), ..Instruction::default() }
}

fn immediate(opcode: u32, a: &Arguments) -> Instruction {
    Instruction { opcode, dst: a.byte(0), constant: a.at(1) as i64, ..Instruction::default() }
}

fn jump(instruction: Instruction, a: &Arguments) -> Instruction {
    Instruction { offset: -1, reference: a.label.clone(), ..instruction }
}

fn map_load(pseudo: u8, offset: u32, a: &Arguments) -> Instruction {
    if a.at(1) < 0 {
        return invalid();
    }
    Instruction {
        opcode: DWORD_LOAD,
        dst: a.byte(0),
        src: pseudo,
        constant: i64::from(offset) << 32,
        map: a.map.clone(),
        ..Instruction::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = CONSTANTS.iter().map(|(name, ..)| *name).collect();
        names.extend(FUNCTIONS.iter().map(|function| function.name));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn helpers_are_found_by_their_names_in_go() {
        let id = |name: &str| match constant(name) {
            Some(Value::Typed(Typed::Function, id)) => Some(id),
            _ => None,
        };
        assert_eq!(id("FnMapLookupElem"), Some(1));
        assert_eq!(id("FnGetPrandomU32"), Some(7));
        assert_eq!(id("FnSkcToTcp6Sock"), Some(136));
        assert_eq!(id("FnNone"), None);
        let mut names: Vec<String> = HELPERS.iter().map(|helper| camel_case(helper.name)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), HELPERS.len());
    }
}
