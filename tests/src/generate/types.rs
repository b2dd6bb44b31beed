//! The types of the world's maps: what the kernel keeps in values, and the nodes of lists and trees.

use gobpf_btf::{Btf, IntEncoding, Member, Type, TypeId};

/// Types of values.
#[derive(Clone, Copy)]
pub(super) enum Value {
    /// `u64`
    Number,
    /// A lock, and 12 bytes.
    Locked,
    /// A timer, and 8 bytes.
    Timed,
    /// A pointer to a task, 8 bytes, and more pointers.
    Pointer,
    /// A lock, a list of nodes and a tree of them.
    Graph,
    /// Work that is done later, and 8 bytes.
    Work,
    /// A lock whose taking may fail, and 8 bytes.
    Resilient,
    /// Work that a task does later, and 8 bytes.
    TaskWork,
}

/// Types in the maps' BTF.
pub(super) struct Typed {
    pub int: TypeId,
    number: TypeId,
    locked: TypeId,
    timed: TypeId,
    pointer: TypeId,
    graph: TypeId,
    work: TypeId,
    resilient: TypeId,
    task_work: TypeId,
    node: TypeId,
}

/// The number of the type of nodes, in each object.
pub(super) fn node_type() -> u32 {
    Typed::new(&mut Btf::default()).node.0
}

impl Typed {
    pub fn new(btf: &mut Btf) -> Typed {
        let encoding = IntEncoding::Unsigned;
        let int = btf.push(Type::Int { name: "unsigned int".into(), size: 4, encoding });
        let number = btf.push(Type::Int { name: "unsigned long".into(), size: 8, encoding });
        let lock = structure(btf, "bpf_spin_lock", 4, vec![Member::new("val", int, 0)]);
        let timer = opaque(btf, "bpf_timer", number, 2);
        let members =
            vec![Member::new("lock", lock, 0), Member::new("a", int, 4), Member::new("b", number, 8)];
        let locked = structure(btf, "locked", 16, members);
        let timed = structure(btf, "timed", 24, with_number("timer", timer, 16, number));
        let work = opaque(btf, "bpf_wq", number, 2);
        let work = structure(btf, "worked", 24, with_number("work", work, 16, number));
        let resilient = structure(btf, "bpf_res_spin_lock", 4, vec![Member::new("val", int, 0)]);
        let resilient = structure(btf, "resilient", 16, with_number("lock", resilient, 8, number));
        let task_work = opaque(btf, "bpf_task_work", number, 1);
        let task_work = structure(btf, "task_worked", 16, with_number("work", task_work, 8, number));
        let node = node(btf, int, number);
        let pointer = pointers(btf, number, node);
        let graph = graph(btf, lock, number);
        Typed { int, number, locked, timed, pointer, graph, work, resilient, task_work, node }
    }

    /// The type of such a value.
    pub fn of(&self, value: Value) -> TypeId {
        match value {
            Value::Number => self.number,
            Value::Locked => self.locked,
            Value::Timed => self.timed,
            Value::Pointer => self.pointer,
            Value::Graph => self.graph,
            Value::Work => self.work,
            Value::Resilient => self.resilient,
            Value::TaskWork => self.task_work,
        }
    }
}

/// A node that may be in a list and in a tree.
fn node(btf: &mut Btf, int: TypeId, number: TypeId) -> TypeId {
    let in_list = opaque(btf, "bpf_list_node", number, 3);
    let in_tree = opaque(btf, "bpf_rb_node", number, 4);
    let counter = opaque(btf, "bpf_refcount", int, 1);
    let members = vec![
        Member::new("in_list", in_list, 0),
        Member::new("in_tree", in_tree, 24),
        Member::new("references", counter, 56),
        Member::new("n", number, 64),
    ];
    structure(btf, "own_node", 72, members)
}

/// A lock, and the list and the tree that it guards.
fn graph(btf: &mut Btf, lock: TypeId, number: TypeId) -> TypeId {
    let list = opaque(btf, "bpf_list_head", number, 2);
    let tree = opaque(btf, "bpf_rb_root", number, 2);
    let members =
        vec![Member::new("lock", lock, 0), Member::new("list", list, 8), Member::new("tree", tree, 24)];
    let graph = structure(btf, "graph", 40, members);
    for (name, component) in [("contains:own_node:in_list", 1), ("contains:own_node:in_tree", 2)] {
        btf.push(Type::DeclTag { name: name.into(), target: graph, component });
    }
    graph
}

/// Pointers into the kernel, and to a node.
fn pointers(btf: &mut Btf, number: TypeId, node: TypeId) -> TypeId {
    let tagged = |btf: &mut Btf, tag: &str, target| {
        let tagged = btf.push(Type::TypeTag { name: tag.into(), target });
        btf.push(Type::Pointer(tagged))
    };
    let named = |btf: &mut Btf, tag: &str, name: &str| {
        let target = structure(btf, name, 8, vec![Member::new("n", number, 0)]);
        tagged(btf, tag, target)
    };
    let members = vec![
        Member::new("task", named(btf, "kptr", "task_struct"), 0),
        Member::new("n", number, 8),
        Member::new("untrusted", named(btf, "kptr_untrusted", "task_struct"), 16),
        Member::new("group", named(btf, "kptr", "cgroup"), 24),
        Member::new("node", tagged(btf, "kptr", node), 32),
    ];
    structure(btf, "pointed", 40, members)
}

fn with_number(name: &str, ty: TypeId, bytes: u32, number: TypeId) -> Vec<Member> {
    vec![Member::new(name, ty, 0), Member::new("n", number, bytes)]
}

/// A struct of the kernel's that programs don't look into.
fn opaque(btf: &mut Btf, name: &str, element: TypeId, length: u32) -> TypeId {
    let array = btf.push(Type::Array { element, length });
    let bytes = btf.size_of(array);
    structure(btf, name, bytes, vec![Member::new("__opaque", array, 0)])
}

fn structure(btf: &mut Btf, name: &str, size: u32, members: Vec<Member>) -> TypeId {
    btf.push(Type::Struct { name: name.into(), size, members })
}
