//! The kernel's last words for each fault, by dialect.

use gobpf_bpf::insn::AluOp;

use crate::dialect::Dialect;
use crate::fault::{Access, Accessor, End, Fault, Region, StackAccess};
use crate::print;
use crate::state::{Base, Kind};
use crate::wording::{btf, calls, functions, helpers, load, objects};

/// What the kernel's log ends with, without the line that counts instructions.
pub(crate) fn message(fault: &Fault, dialect: Dialect) -> String {
    encoding(fault, dialect)
        .or_else(|| registers(fault, dialect))
        .or_else(|| calls::message(fault, dialect))
        .or_else(|| helpers::message(fault, dialect))
        .or_else(|| btf::message(fault, dialect))
        .or_else(|| functions::message(fault, dialect))
        .or_else(|| load::message(fault, dialect))
        .or_else(|| objects::message(fault, dialect))
        .or_else(|| memory(fault, dialect))
        .or_else(|| stack(fault, dialect))
        .or_else(|| helper_calls(fault, dialect))
        .unwrap_or_default()
}

fn encoding(fault: &Fault, dialect: Dialect) -> Option<String> {
    Some(match fault {
        Fault::UnknownOpcode { code } => format!("unknown opcode {code:02x}"),
        Fault::ReservedFields { what } => format!("{what} uses reserved fields"),
        Fault::BadLoadImm64 => "invalid bpf_ld_imm64 insn".into(),
        Fault::UnrecognizedLoadImm64 => "unrecognized bpf_ld_imm64 insn".into(),
        Fault::NotAMap { fd } => format!("fd {fd} is not pointing to valid bpf_map"),
        Fault::SignedArenaLoad => "sign extending loads from arena are not supported yet".into(),
        Fault::SecondArena => "Only one arena per program".into(),
        Fault::NoMapArray => "fd_idx without fd_array is invalid".into(),
        Fault::DirectOffset { off } => format!("direct value offset of {off} is not allowed"),
        Fault::DirectUnsupported => "no direct value access support for this map type".into(),
        Fault::DirectOutside { value_size, off } => {
            format!("invalid access to map value pointer, value_size={value_size} off={off}")
        }
        Fault::InvalidRegister { reg } => format!("R{reg} is invalid"),
        Fault::DivisionByZero => "div by zero".into(),
        Fault::InvalidShift { by } => format!("invalid shift {by}"),
        Fault::InvalidJump { op } => format!("invalid BPF_JMP/JMP32 opcode {op:x}"),
        Fault::AtomicOpcode { op } => format!("BPF_ATOMIC uses invalid atomic opcode {op:02x}"),
        Fault::MayGoto { imm, .. } if dialect == Dialect::V6_18 => format!("invalid may_goto imm {imm}"),
        Fault::MayGoto { off, imm } => format!("invalid may_goto off {off} imm {imm}"),
        Fault::AtomicSize => "invalid atomic operand size".into(),
        Fault::LoadMode => "invalid BPF_LD mode".into(),
        Fault::LegacyLoadContext => "at the time of BPF_LD_ABS|IND R6 != pointer to skb".into(),
        Fault::LegacyPacketLoad => "BPF_LD_[ABS|IND] instructions not allowed for this program type".into(),
        Fault::AddressSpaceCast { is_known: false } => {
            "addr_space_cast insn can only convert between address space 1 and 0".into()
        }
        Fault::AddressSpaceCast { is_known: true } => {
            "addr_space_cast insn can only be used in a program that has an associated arena".into()
        }
        Fault::JumpOutOfRange { from, to } => format!("jump out of range from insn {from} to {to}"),
        Fault::FallsOffEnd => "last insn is not an exit or jmp".into(),
        Fault::Unreachable { insn } => format!("unreachable insn {insn}"),
        Fault::IntoLoadImm64 { insn } => format!("jump into the middle of ldimm64 insn {insn}"),
        Fault::EndlessLoop { insn } => format!("infinite loop detected at insn {insn}"),
        Fault::TooManyInsns { processed } => {
            format!("BPF program is too large. Processed {processed} insn")
        }
        Fault::TooManyJumps { pending, is_async: false } => {
            format!("The sequence of {pending} jumps is too complex.")
        }
        Fault::TooManyJumps { pending, is_async: true } => {
            format!("The sequence of {pending} jumps is too complex for async cb.")
        }
        Fault::BacktrackingMisuse => "verifier bug: backtracking misuse".into(),
        Fault::BacktrackingCall { regs } if dialect == Dialect::V6_18 => {
            format!("verifier bug: backtracking call unexpected regs {regs:x}")
        }
        Fault::BacktrackingCall { regs } => format!("BUG regs {regs:x}"),
        // The older ones only warn in the kernel's own log.
        Fault::NoFunction { insn } if dialect == Dialect::V6_18 => {
            format!("verifier bug: No program to jit at insn {insn} (subprog < 0)")
        }
        Fault::BackEdge { from, to } => format!("back-edge from insn {from} to {to}"),
        _ => return None,
    })
}

fn registers(fault: &Fault, dialect: Dialect) -> Option<String> {
    Some(match fault {
        Fault::NotReadable { reg } => format!("R{reg} !read_ok"),
        Fault::FramePointerWrite => "frame pointer is read only".into(),
        Fault::Alu32OnPointer { reg } => format!("R{reg} 32-bit pointer arithmetic prohibited"),
        Fault::ArithmeticOnNullable { reg, kind } => {
            format!("R{reg} pointer arithmetic on {} prohibited, null-check it first", name(*kind, dialect))
        }
        Fault::ArithmeticOn { reg, kind } => {
            format!("R{reg} pointer arithmetic on {} prohibited", name(*kind, dialect))
        }
        Fault::PointerWithPointer { reg, op } => format!("R{reg} pointer {} pointer prohibited", sign(*op)),
        Fault::PointerFromScalar { reg } => format!("R{reg} tried to subtract pointer from scalar"),
        Fault::SubtractFromStack { reg } => format!("R{reg} subtraction from stack pointer prohibited"),
        Fault::BitwiseOnPointer { reg, op } => {
            format!("R{reg} bitwise operator {} on pointer prohibited", sign(*op))
        }
        Fault::OperatorOnPointer { reg, op } => {
            format!("R{reg} pointer arithmetic with {} operator prohibited", sign(*op))
        }
        Fault::MathByConstant { kind, value } => {
            format!("math between {} pointer and {value} is not allowed", name(*kind, dialect))
        }
        Fault::PointerOffset { kind, off } => {
            format!("{} pointer offset {off} is not allowed", name(*kind, dialect))
        }
        Fault::UnboundedMath { kind } => {
            let kind = name(*kind, dialect);
            format!("math between {kind} pointer and register with unbounded min value is not allowed")
        }
        Fault::ValueOutOfBounds { kind, value } => {
            format!("value {value} makes {} pointer be out of bounds", name(*kind, dialect))
        }
        _ => return None,
    })
}

/// What the dialect calls a kind.
pub(super) fn name(kind: Kind, dialect: Dialect) -> String {
    match dialect {
        Dialect::V6_1 => kind.name_6_1(),
        _ => kind.name(),
    }
}

/// The kernel's sign of an operation.
fn sign(op: AluOp) -> &'static str {
    match op {
        AluOp::Add => "+=",
        AluOp::Sub => "-=",
        AluOp::Mul => "*=",
        AluOp::Div => "/=",
        AluOp::Or => "|=",
        AluOp::And => "&=",
        AluOp::Lsh => "<<=",
        AluOp::Rsh => ">>=",
        AluOp::Neg => "neg",
        AluOp::Mod => "%=",
        AluOp::Xor => "^=",
        AluOp::Mov => "=",
        AluOp::Arsh => "s>>=",
        AluOp::End => "endian",
    }
}

fn memory(fault: &Fault, dialect: Dialect) -> Option<String> {
    Some(match fault {
        Fault::InvalidAccess { reg, kind } => format!("R{reg} invalid mem access '{}'", name(*kind, dialect)),
        Fault::NegativeMin { reg } => {
            format!("R{reg} min value is negative, either use unsigned index or do a if (index >=0) check.")
        }
        Fault::OutsideRegion { region: at, end } => {
            let end = if *end == End::Min { "min" } else { "max" };
            format!("{}\nR{} {end} value is outside of the allowed memory range", region(at), at.reg)
        }
        Fault::UnboundedAccess { reg } => {
            format!("R{reg} unbounded memory access, make sure to bounds check any such access")
        }
        Fault::MapForbidden { access, value_size, off, bytes } => {
            let what = if *access == Access::Read { "read from" } else { "write into" };
            format!("{what} map forbidden, value_size={value_size} off={off} size={bytes}")
        }
        Fault::MapWriteByHelper => "write into map forbidden".into(),
        Fault::Misaligned { what, tnum, off, insn_off, bytes } => {
            let tnum = print::tnum(*tnum, dialect);
            format!("misaligned {what}access off {tnum}+{off}+{insn_off} size {bytes}")
        }
        Fault::MisalignedPacket { tnum, off, insn_off, bytes } => {
            let tnum = print::tnum(*tnum, dialect);
            format!("misaligned packet access off 2+{tnum}+{off}+{insn_off} size {bytes}")
        }
        Fault::DifferentPointers => "same insn cannot be used with different pointers".into(),
        Fault::OutsidePacket { reg, region: at } => {
            let first = at.as_ref().map_or_else(String::new, |at| region(at) + "\n");
            format!("{first}R{reg} offset is outside of the packet")
        }
        Fault::PacketForHelper => "helper access to the packet is not allowed".into(),
        Fault::PacketWrite => "cannot write into packet".into(),
        Fault::ContextAccess { off, bytes } => {
            format!("invalid bpf_context access off={off} size={bytes}")
        }
        Fault::ContextNegative { kind, reg, off } => {
            format!("negative offset {} ptr R{reg} off={off} disallowed", name(*kind, dialect))
        }
        Fault::ContextModified { kind, reg, off } => {
            format!("dereference of modified {} ptr R{reg} off={off} disallowed", name(*kind, dialect))
        }
        Fault::ContextVariable { kind, tnum } => {
            let tnum = print::tnum(*tnum, dialect);
            format!("variable {} access var_off={tnum} disallowed", name(*kind, dialect))
        }
        Fault::AtomicLoad { reg, kind } => {
            format!("BPF_ATOMIC loads from R{reg} {} is not allowed", name(*kind, dialect))
        }
        Fault::StoreToContext { reg, kind, atomic } => {
            let what = if *atomic { "BPF_ATOMIC" } else { "BPF_ST" };
            format!("{what} stores into R{reg} {} is not allowed", name(*kind, dialect))
        }
        _ => return None,
    })
}

fn region(region: &Region) -> String {
    let Region { reg, kind, size, off, bytes, id } = region;
    match kind.base {
        // What may be null is memory like any other, here.
        _ if kind.may_be_null() => {
            format!("invalid access to memory, mem_size={size} off={off} size={bytes}")
        }
        Base::MapKey => format!("invalid access to map key, key_size={size} off={off} size={bytes}"),
        Base::MapValue => {
            format!("invalid access to map value, value_size={size} off={off} size={bytes}")
        }
        Base::Packet | Base::PacketMeta | Base::PacketEnd => {
            format!("invalid access to packet, off={off} size={bytes}, R{reg}(id={id},off={off},r={size})")
        }
        _ => format!("invalid access to memory, mem_size={size} off={off} size={bytes}"),
    }
}

fn stack(fault: &Fault, dialect: Dialect) -> Option<String> {
    Some(match fault {
        Fault::StackBounds(access) => {
            let StackAccess { reg, off, bytes, variable, .. } = access;
            let what = stack_access(access, dialect);
            match variable {
                None => format!("invalid{what} stack R{reg} off={off} size={bytes}"),
                Some(tnum) => {
                    let tnum = print::tnum(*tnum, dialect);
                    let off = if dialect == Dialect::V6_1 { String::new() } else { format!(" off={off}") };
                    format!("invalid variable-offset{what} stack R{reg} var_off={tnum}{off} size={bytes}")
                }
            }
        }
        Fault::StackUnbounded(access) => {
            let what = stack_access(access, dialect);
            format!("invalid unbounded variable-offset{what} stack R{}", access.reg)
        }
        Fault::StackUninitialised { off, at, bytes } => {
            format!("invalid read from stack off {off}+{at} size {bytes}")
        }
        Fault::StackRange { reg, off, at, bytes, variable, is_helper } => {
            let what = if *is_helper { " indirect" } else { "" };
            match variable {
                None => format!("invalid{what} read from stack R{reg} off {off}+{at} size {bytes}"),
                Some(tnum) => {
                    let tnum = print::tnum(*tnum, dialect);
                    format!("invalid{what} read from stack R{reg} var_off {tnum}+{at} size {bytes}")
                }
            }
        }
        Fault::SpillSize => "invalid size of register spill".into(),
        Fault::SpillToCaller => "cannot spill pointers to stack into stack frame of the caller".into(),
        Fault::FillSize => "invalid size of register fill".into(),
        Fault::ZeroSizedRead => "invalid zero-sized read".into(),
        _ => return None,
    })
}

fn stack_access(access: &StackAccess, dialect: Dialect) -> &'static str {
    match (access.accessor, access.access) {
        (Accessor::Helper, _) if dialect != Dialect::V6_18 => " indirect access to",
        (_, Access::Read) => " read from",
        (_, Access::Write) => " write to",
    }
}

fn helper_calls(fault: &Fault, dialect: Dialect) -> Option<String> {
    Some(match fault {
        Fault::HelperNumber { id } => format!("invalid func unknown#{id}"),
        Fault::HelperForKind { id, name } if dialect == Dialect::V6_1 => {
            format!("unknown func bpf_{name}#{id}")
        }
        Fault::HelperForKind { id, name } => {
            format!("program of this type cannot use helper bpf_{name}#{id}")
        }
        Fault::HelperNeedsGpl => "cannot call GPL-restricted function from non-GPL compatible program".into(),
        Fault::SizeNegative { reg } => {
            format!("R{reg} min value is negative, either use unsigned or 'var &= const'")
        }
        Fault::SizeZero { reg, min, max } => {
            // Printed as signed numbers.
            format!("R{reg} invalid zero-sized read: u64=[{},{}]", *min as i64, *max as i64)
        }
        Fault::SizeUnbounded { reg } => {
            format!("R{reg} unbounded memory access, use 'var &= const' or 'if (var < const)'")
        }
        Fault::VariableStackForHelper { tnum, off, bytes } => {
            let tnum = print::tnum(*tnum, dialect);
            format!(
                "variable offset stack pointer cannot be passed into helper function; var_off={tnum} off={off} size={bytes}"
            )
        }
        _ => return None,
    })
}
