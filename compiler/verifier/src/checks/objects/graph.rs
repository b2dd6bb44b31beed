//! Lists and trees of nodes that the program allocated, and the lock that must be held for them.

use super::{borrowed, is_borrowed, name_of, node, record_of, release, type_of};
use crate::checks::kfuncs::Call;
use crate::checks::records::{FieldKind, Graph};
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, Fault, HelperFault, ObjectFault, OtherNode, Stop};
use crate::state::{Frame, Held, Kind, Reg, flag};

const OWN: Kind = Kind::BTF_ID.with(flag::ALLOC);
/// The function that adds a node to a tree, and calls one of the program's that compares.
const ADD: &str = "bpf_rbtree_add_impl";
/// The offset of no lock, as messages show it.
const NO_LOCK: i32 = -22;

/// Whether the function puts an object that the program owns into a list or tree.
fn takes(name: &str) -> bool {
    matches!(name, "bpf_list_push_front_impl" | "bpf_list_push_back_impl" | ADD)
}

/// Whether the function calls one that compares two nodes.
pub(crate) fn takes_less(name: &str) -> bool {
    name == ADD
}

/// `__process_kf_arg_ptr_to_graph_root`: argument `number` is a list or tree whose lock is held.
pub(crate) fn check_root(
    m: &Machine<'_>,
    call: &mut Call,
    number: usize,
    value: &Reg,
    kind: FieldKind,
) -> Checked {
    if value.kind != Kind::MAP_VALUE && value.kind != OWN {
        return Err(ObjectFault::NotHolder { number }.into());
    }
    if value.kind == OWN && value.ref_obj == 0 {
        return Err(ObjectFault::NotReferenced.into());
    }
    let (reg, what) = (number as u8 + 1, kind.name());
    let Some(variable) = value.bounds.as_const() else {
        return Err(HelperFault::FieldNotConstant { reg, what }.into());
    };
    let off = i64::from(value.off).wrapping_add(variable as i64);
    let record = record_of(m, value)?;
    let Some(field) = record.and_then(|record| record.at(off, kind)) else {
        return Err(ObjectFault::NotFound { what, off: off as u32 }.into());
    };
    if let Some(other) = unlocked(m, value) {
        let lock = record.and_then(|record| record.offset_of(FieldKind::SpinLock));
        let lock = lock.map_or(NO_LOCK, |off| off as i32);
        return Err(ObjectFault::NotLocked { what, lock, other }.into());
    }
    call.graph = field.graph;
    Ok(())
}

/// `check_reg_allocation_locked`: none where the lock of what `value` points to is held, else whether some other is.
fn unlocked(m: &Machine<'_>, value: &Reg) -> Option<bool> {
    let lock = (value.id, owner(value));
    if m.state.lock == (0, 0) {
        return Some(false);
    }
    let is_held = if m.rules.references_by_state {
        m.state.references.iter().any(|held| held.what.is_lock() && (held.id, held.owner) == lock)
    } else {
        m.state.lock == lock
    };
    (!is_held).then_some(true)
}

/// What a lock in `value` belongs to: the map, or the program's types.
pub(crate) fn owner(value: &Reg) -> u64 {
    value
        .map
        .filter(|_| value.kind.base == crate::state::Base::MapValue)
        .map_or(u64::MAX, |map| u64::from(map.0) + 1)
}

/// `__process_kf_arg_ptr_to_graph_node`: argument `number` is a node for the list or tree before it.
pub(crate) fn check_node(
    m: &Machine<'_>,
    call: &mut Call,
    number: usize,
    value: &Reg,
    kind: FieldKind,
) -> Checked {
    if kind == FieldKind::ListNode || takes(call.kfunc.name) {
        if value.kind != OWN {
            return Err(ObjectFault::NotAllocated { number }.into());
        }
        if value.ref_obj == 0 {
            return Err(ObjectFault::NotReferenced.into());
        }
    } else {
        check_taken(m, call, value)?;
    }
    let (reg, what) = (number as u8 + 1, kind.name());
    let Some(variable) = value.bounds.as_const() else {
        return Err(HelperFault::FieldNotConstant { reg, what }.into());
    };
    let off = i64::from(value.off).wrapping_add(variable as i64);
    let field = record_of(m, value)?.and_then(|record| record.at(off, kind));
    if field.is_none() {
        return Err(ObjectFault::NotFound { what, off: off as u32 }.into());
    }
    let (Some(graph), Some(found)) = (call.graph, type_of(value)) else {
        return Err(Stop::feature("a node without a list or tree"));
    };
    let (types, off) = (m.own_types()?, off as u32);
    if found != graph.value {
        let root = if kind == FieldKind::ListNode { FieldKind::ListHead } else { FieldKind::RbRoot };
        let (of, found) = (name_of(types, graph.value), name_of(types, found));
        let other = OtherNode { root: root.name(), node: what, at: graph.node, of, off, found };
        return Err(ObjectFault::OtherNode(Box::new(other)).into());
    }
    if off != graph.node {
        let of = name_of(types, graph.value);
        return Err(ObjectFault::NodeElsewhere { off, what, at: graph.node, of }.into());
    }
    call.own = Some(found);
    Ok(())
}

/// A node that is in a tree already.
fn check_taken(m: &Machine<'_>, call: &Call, value: &Reg) -> Checked {
    let name = || call.kfunc.name.to_owned();
    let is_right = if m.rules.dialect == Dialect::V6_18 {
        is_borrowed(value.kind) || value.ref_obj != 0
    } else {
        is_borrowed(value.kind) && value.ref_obj == 0
    };
    if !is_right {
        return Err(ObjectFault::NodeOwned { name: name() }.into());
    }
    if in_less(m) {
        return Err(ObjectFault::InLess { name: name() }.into());
    }
    Ok(())
}

/// `in_rbtree_lock_required_cb`: a function that compares nodes is followed.
pub(crate) fn in_less(m: &Machine<'_>) -> bool {
    m.state.frames().any(|frame| {
        frame.in_callback && m.kfuncs.get(&frame.callsite).is_some_and(|name| name.starts_with("bpf_rbtree_"))
    })
}

/// What the program owned is now the list's or tree's (`ref_convert_owning_non_owning`).
pub(crate) fn give_away(m: &mut Machine<'_>, call: &Call) -> Checked {
    if !takes(call.kfunc.name) {
        return Ok(());
    }
    let id = m.state.reg(2).ref_obj;
    let sample = m.state.values_mut(!m.rules.precise_spills).find(|reg| reg.ref_obj == id).copied();
    if let Some(sample) = sample {
        let flags = borrowed(m, &sample)?.flags & !sample.kind.flags;
        for reg in m.state.values_mut(!m.rules.precise_spills).filter(|reg| reg.ref_obj == id) {
            reg.ref_obj = 0;
            reg.kind = reg.kind.with(flags);
        }
    }
    release(m, call, id)
}

/// What the functions give in R0 that look into lists and trees.
pub(super) fn result(call: &Call) -> Option<Reg> {
    let is_one = matches!(
        call.kfunc.name,
        "bpf_list_pop_front"
            | "bpf_list_pop_back"
            | "bpf_list_front"
            | "bpf_list_back"
            | "bpf_rbtree_remove"
            | "bpf_rbtree_first"
            | "bpf_rbtree_root"
            | "bpf_rbtree_left"
            | "bpf_rbtree_right"
    );
    call.graph.filter(|_| is_one).map(node)
}

/// What the function gets that compares nodes (`set_rbtree_add_callback_state`).
pub(crate) fn less_arguments(m: &Machine<'_>, graph: Graph, callee: &mut Frame) -> Checked {
    let mut value = node(graph);
    value.kind = borrowed(m, &value)?;
    *callee.reg_mut(1) = value;
    *callee.reg_mut(2) = value;
    Ok(())
}

/// The error of a function that compares, and the kernel's last words about it.
pub(crate) fn in_callback(m: &Machine<'_>, call: &Call, stop: Stop) -> Stop {
    match (stop, super::number_of(m, call.kfunc.name)) {
        (Stop::Fault(fault), Ok(id)) => {
            let last = ObjectFault::Callback { name: call.kfunc.name.into(), id };
            Fault::Then(Box::new(fault), Box::new(Fault::Object(last))).into()
        }
        (stop, _) => stop,
    }
}

impl Held {
    /// Whether it is a lock.
    pub fn is_lock(self) -> bool {
        matches!(self, Held::Lock | Held::ResilientLock | Held::ResilientLockIrq)
    }
}
