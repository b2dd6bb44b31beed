//! Programs that must not be given to a running kernel: its verifier may write where it must not.
//!
//! Seen on 6.18.44: a tail call in a function is followed as one that goes on and as one that returns to the caller. When
//! precision is traced back over the latter, no `exit` tells that a function was entered, and the call that began it leads
//! out of frame 0; a bit is then set 16 GiB behind the verifier's own memory. Loads from packets in the old way can end a
//! function in the same manner.
//!
//! What a struct_ops program returns is asked for its type, as if every register that is no number had one: 6.18.44 then
//! reads through the size of a memory area, or a map, as through a pointer to types.
//!
//! Functions for work that is done later (`bpf_wq_*`, `bpf_task_work_*`) read what a map's value has of special fields without asking whether it
//! has any, or whether what they get is a map: a null pointer, seen on 6.18.44 and in the source of 6.12.

//!
//! Functions that no path comes to are removed, and those after them are numbered anew, but not the one that exceptions are
//! given to: 6.18.44 then takes what lies beyond its functions for one.

use gobpf_bpf::insn::{CALL, EXIT, Insn, Reg, SourceOperand, Width, class, mode, pseudo};
use gobpf_bpf::tables::ProgramKind;
use gobpf_bpf::{Code, Map, Object, Program, RelocationTarget};
use gobpf_btf::Type;

use crate::functions::starts;
use crate::generate::edit;

/// `r0 = 1`, `w0 = 1`
const MOV64_IMM: u8 = 0xb7;
const MOV32_IMM: u8 = 0xb4;

/// `tail_call`
const TAIL_CALL: i32 = 12;

/// Functions that read a null pointer where a map's value has no special fields, and the one that is given a map.
const OF_WORK: [&str; 2] = ["bpf_wq_", "bpf_task_work_"];
const WITH_MAP: [WithMap; 2] = [
    WithMap { name: "bpf_wq_init", map: 2, before: 3 },
    WithMap { name: "bpf_task_work_", map: 3, before: 5 },
];

/// The tag of a program that names what its exceptions are given to.
const CATCHES: &str = "exception_callback:";

/// A function that is given a map: the start of its name, the register, and how many slots before the call that is loaded.
struct WithMap {
    name: &'static str,
    map: u8,
    before: usize,
}

/// Whether a kernel must not be asked about `object`, unless one in a virtual machine that has only `crashes` to fear.
pub fn endangers(object: &Object) -> bool {
    let is_dangerous = |program: &Program| {
        let insns = &program.code.insns;
        leaves_function(insns) || program.kind == ProgramKind::STRUCT_OPS && may_return_pointer(insns)
    };
    object.programs.iter().any(is_dangerous) || crashes(object)
}

/// Whether the main function ends anywhere without having set R0 to a constant just before.
fn may_return_pointer(insns: &[Insn]) -> bool {
    let end = starts(insns).get(1).map_or(insns.len(), |start| *start as usize);
    let is_entered = |at: usize| {
        let mut targets = insns.iter().enumerate().filter_map(|(slot, insn)| edit::jump_target(slot, *insn));
        targets.any(|target| target == at as i64)
    };
    let sets = |insn: &Insn| insn.dst == 0 && matches!(insn.code, MOV64_IMM | MOV32_IMM);
    let exits = (0..end.min(insns.len())).filter(|at| insns[*at].code == EXIT);
    exits.into_iter().any(|at| {
        let before = at.checked_sub(1).and_then(|at| insns.get(at));
        !before.is_some_and(sets) || is_entered(at)
    })
}

/// Whether any kernel, one in a virtual machine included, may end by a null pointer.
pub fn crashes(object: &Object) -> bool {
    let is_dangerous =
        |program: &Program| works_on_plain_values(object, &program.code) || catches_later(object, program);
    object.programs.iter().any(is_dangerous)
}

/// Whether what the program throws is given to a function that stands after another one.
fn catches_later(object: &Object, program: &Program) -> bool {
    let name_of = |id| object.btf.get(id).map_or("", Type::name);
    let mut functions: Vec<_> = program.code.subprograms.iter().map(|one| (one.slot, one.func)).collect();
    functions.sort_unstable_by_key(|(slot, _)| *slot);
    let caught = object.btf.iter().filter_map(|(_, ty)| match ty {
        Type::DeclTag { name, target, .. } if Some(*target) == program.func => name.strip_prefix(CATCHES),
        _ => None,
    });
    let is_later =
        |name: &str| functions.iter().skip(1).any(|(_, func)| func.is_some_and(|func| name_of(func) == name));
    caught.into_iter().any(is_later)
}

/// Whether functions for work are called in a program that has values without special fields, or with anything but a map
/// that is loaded just before.
fn works_on_plain_values(object: &Object, code: &Code) -> bool {
    let targets = || code.relocations.iter().map(|relocation| relocation.target);
    let is_called = |target, start: &str| match target {
        RelocationTarget::Kfunc(id) => object.external(id).is_some_and(|one| one.name.starts_with(start)),
        _ => false,
    };
    let is_of_work = |target| OF_WORK.iter().any(|start| is_called(target, start));
    let is_plain = |target| match target {
        RelocationTarget::Map(map) | RelocationTarget::MapValue { map, .. } => {
            !has_special_fields(object, object.map(map))
        }
        RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => false,
    };
    let lacks_map = |with: &WithMap| {
        let mut given = code.relocations.iter().filter(|relocation| is_called(relocation.target, with.name));
        given.any(|relocation| !has_its_map(code, relocation.slot as usize, with))
    };
    targets().any(is_of_work) && targets().any(is_plain) || WITH_MAP.iter().any(lacks_map)
}

/// Whether the map's register is the map that is loaded a few instructions before, on every path to the call at `at`.
fn has_its_map(code: &Code, at: usize, with: &WithMap) -> bool {
    let Some(load) = at.checked_sub(with.before) else { return false };
    let is_map = matches!(code.relocation_at(load as u32), Some(RelocationTarget::Map(_)));
    let loads = is_map && code.insns[load].dst == with.map;
    // Between them are other registers' loads of constants.
    let sets_other = |insn: &Insn| {
        let mov = Insn::mov(Width::W64, Reg::R3, SourceOperand::Imm(insn.imm));
        let is_constant = insn.is_load_imm64() || Insn { dst: mov.dst, ..*insn } == mov;
        insn.code == 0 || is_constant && insn.dst != with.map
    };
    let keeps = code.insns[load + 2..at].iter().all(sets_other);
    let is_entered = code.insns.iter().enumerate().any(|(slot, insn)| {
        let target = edit::jump_target(slot, *insn);
        target.is_some_and(|target| (load as i64 + 1..=at as i64).contains(&target))
    });
    loads && keeps && !is_entered
}

fn has_special_fields(object: &Object, map: &Map) -> bool {
    let value = map.value.and_then(|value| object.btf.get(value));
    value.is_some_and(|value| {
        value.members().iter().any(|member| match object.btf.get(member.ty) {
            Some(Type::Struct { name, .. }) => name.starts_with("bpf_"),
            Some(Type::Pointer(_)) => true,
            _ => false,
        })
    })
}

/// Whether a tail call or a load from a packet in the old way stands in a function of its own.
fn leaves_function(insns: &[Insn]) -> bool {
    // A program that calls itself is a function, too.
    let calls_itself =
        insns.iter().enumerate().any(|(at, insn)| is_call(insn) && at as i64 + 1 + i64::from(insn.imm) == 0);
    let first = if calls_itself { Some(0) } else { starts(insns).get(1).copied() };
    let Some(function) = first else { return false };
    let leaves =
        |insn: &Insn| insn.code == CALL && insn.src == 0 && insn.imm == TAIL_CALL || is_old_load(insn);
    insns.iter().skip(function as usize).any(leaves)
}

fn is_call(insn: &Insn) -> bool {
    insn.code == CALL && insn.src == pseudo::CALL
}

fn is_old_load(insn: &Insn) -> bool {
    insn.class() == class::LD && matches!(insn.code & 0xe0, mode::ABS | mode::IND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_return_a_pointer_is_kept_away() {
        let zero = Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(0));
        assert!(!may_return_pointer(&[zero, Insn::exit()]));
        assert!(may_return_pointer(&[zero, Insn::call(131), Insn::exit()]));
        let over = Insn { code: 0x05, off: 1, ..Insn::default() };
        assert!(may_return_pointer(&[over, zero, Insn::exit()]));
    }

    #[test]
    fn a_tail_call_in_a_function_is_kept_away() {
        let call = Insn { src: pseudo::CALL, imm: 1, ..Insn::call(0) };
        let leaves = Insn::call(TAIL_CALL as u32);
        assert!(!leaves_function(&[leaves, Insn::exit()]));
        assert!(!leaves_function(&[call, Insn::exit(), Insn::exit()]));
        assert!(leaves_function(&[call, Insn::exit(), leaves, Insn::exit()]));
        assert!(!leaves_function(&[leaves, call, Insn::exit(), Insn::exit()]));
        assert!(leaves_function(&[leaves, Insn { imm: -2, ..call }, Insn::exit()]));
    }

    #[test]
    fn a_function_for_exceptions_after_another_one_is_kept_away() {
        let is_kept_away = |first: &str, second: &str| {
            let code = format!(
                "# section: tc\n# func 0: int f(struct __sk_buff *skb) __exception_cb(h)\n# func 2: int {first}(u64 x)\n\
                 # func 4: int {second}(u64 x)\n0: (b7) r0 = 0\n1: (95) exit\n2: (b7) r0 = 0\n3: (95) exit\n\
                 4: (b7) r0 = 0\n5: (95) exit\n"
            );
            let program = gobpf_assembly::text::parse(gobpf_source::FileId(0), &code);
            crashes(&program.expect("a program").object)
        };
        assert!(!is_kept_away("h", "g"));
        assert!(is_kept_away("g", "h"));
    }
}
