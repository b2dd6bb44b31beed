//! Steps with objects of the kernel: those that its functions give and take, iterators, lists and trees of nodes that
//! programs allocate, work that is done later.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Size, SourceOperand, Width};

use super::builder::{Builder, CONTEXT, Class, FP, Held, Owed};
use super::calls::{DYNPTR, Release, VALUE};
use super::helpers::{Callback, Maps};
use super::kfuncs::{Given, ITERATORS, Iterator, KFUNCS, Kfunc, Want};
use super::world;

/// How often another function is looked for when what one wants is not there.
const ATTEMPTS: usize = 8;
/// Where an iterator is, and the state of interrupts.
const ITERATOR: i32 = -128;
const INTERRUPTS: i32 = -136;
/// Where another dynptr is made.
const SECOND_DYNPTR: i32 = -152;
const SECOND_ITERATOR: i32 = -200;
/// `map_lookup_elem`, `spin_lock`
const LOCK: u32 = 93;

impl Builder<'_> {
    /// Calls a function of the kernel.
    pub fn kernel_function(&mut self) {
        self.kernel_function_for(None);
    }

    /// Uses an object: with a function that takes one, or by its memory.
    pub fn object(&mut self, class: Class) {
        if class == Class::Node && self.rng.chance(50) {
            let Some(base) = self.find(|held| held == Held::Object(class)) else { return };
            let off = if self.careful() { world::NODE_NUMBER } else { self.rng.pick(&[0, 24, 56, 60, 72]) };
            return self.touch(base, Size::DW, off);
        }
        self.kernel_function_for(Some(class));
    }

    fn kernel_function_for(&mut self, class: Option<Class>) {
        for _ in 0..ATTEMPTS {
            let function = &KFUNCS[self.rng.below(KFUNCS.len())];
            let (major, minor) = function.since;
            if !self.since(major, minor)
                || class.is_some_and(|class| !function.wants.contains(&Want::Object(class)))
            {
                continue;
            }
            let is_for_kind = function.kinds.is_empty() || function.kinds.contains(&self.kind.number);
            if (is_for_kind || (!self.careful() && self.rng.chance(25))) && self.has_wanted(function) {
                return self.call_kernel(function);
            }
        }
        self.arithmetic();
    }

    /// Whether all that it wants is there; a careless step doesn't ask.
    fn has_wanted(&mut self, function: &Kfunc) -> bool {
        if !self.careful() && self.rng.chance(30) {
            return true;
        }
        function.wants.iter().all(|want| match want {
            Want::Context => self.has_context,
            Want::Task => self.kept(|held| held == Held::Task).is_some(),
            Want::Object(class) => self.kept(|held| held == Held::Object(*class)).is_some(),
            Want::Dynptr => self.has_dynptr,
            Want::Kernel => self.kept(|held| held == Held::Kernel).is_some(),
            _ => true,
        })
    }

    fn call_kernel(&mut self, function: &Kfunc) {
        if function.wants.contains(&Want::Memory) {
            self.fill_stack(VALUE, 16);
        }
        for (index, want) in function.wants.iter().enumerate() {
            self.wanted(index as u8 + 1, *want);
        }
        self.kernel_call(function.name);
        match function.gives {
            Given::Nothing => {}
            Given::Number => self.held[0] = Held::Scalar,
            Given::Owned(held, release) => self.check_null(held, Some(Release::Kernel(release))),
            Given::Borrowed(held) if held.is_nullable() => self.check_null(held, None),
            Given::Borrowed(held) => {
                self.held[0] = held;
                if self.rng.chance(70) {
                    self.kernel_field();
                }
            }
        }
    }

    fn wanted(&mut self, register: u8, want: Want) {
        if !self.careful() && self.rng.chance(25) {
            let wrong = self.any();
            return self.move_reg(register, wrong);
        }
        match want {
            Want::Any => {
                let value = self.rng.constant();
                self.move_imm(register, value);
            }
            Want::Processor => {
                let value = self.rng.below(4) as i32;
                self.move_imm(register, value);
            }
            Want::Null => self.move_imm(register, 0),
            Want::Context => self.move_reg(register, CONTEXT),
            Want::Task => self.move_kept(register, |held| held == Held::Task),
            Want::Object(class) => self.move_kept(register, |held| held == Held::Object(class)),
            Want::Dynptr => self.stack_address(register, DYNPTR),
            Want::NewDynptr => self.stack_address(register, SECOND_DYNPTR),
            Want::Memory => self.stack_address(register, VALUE),
            Want::Buffer => self.buffer(register),
            Want::Kernel => self.move_kept(register, |held| held == Held::Kernel),
            Want::Ignored => {
                let any = self.any();
                self.move_reg(register, any);
            }
            Want::Size => {
                let size = if self.careful() { 16 } else { self.rng.pick(&[0, 17, 100, -1]) };
                self.move_imm(register, size);
            }
            Want::NodeType => {
                self.with_types = true;
                let ty = if self.careful() { world::node_type() } else { self.rng.below(30) as u32 };
                self.move_imm(register, ty as i32);
            }
            Want::KernelType => {
                let ty = if self.careful() { 0 } else { self.rng.below(400) as i32 };
                self.move_imm(register, ty);
            }
            Want::Text => {
                let (map, starts) = world::TEXTS;
                let start = self.rng.pick(starts);
                self.load_global(register, map, 32, start);
            }
            Want::Map => {
                let maps = world::of(Maps::Keyed);
                let map = self.rng.pick(&maps);
                self.load_map(register, map.map);
            }
        }
    }

    /// Memory on the stack or in a map's value.
    fn buffer(&mut self, register: u8) {
        if self.rng.chance(40) {
            let (map, room) = world::GLOBALS[1];
            return self.load_global(register, map, room, 0);
        }
        self.stack_address(register, VALUE);
    }

    /// A loop over what an iterator gives.
    pub fn iterate(&mut self) {
        // One in another one has a place of its own.
        let place = match self.depth {
            0 => ITERATOR,
            1 => SECOND_ITERATOR,
            _ => return self.branch(),
        };
        if !self.has_v4() {
            return self.branch();
        }
        let choices: Vec<(u32, &Iterator)> = ITERATORS.iter().map(|one| (one.weight, one)).collect();
        let iterator = self.rng.weighted(&choices);
        if !self.since(iterator.since.0, iterator.since.1) {
            return self.branch();
        }
        self.depth += 1;
        if iterator.wants.contains(&Want::Memory) {
            self.fill_stack(VALUE, 16);
        }
        self.stack_address(1, place);
        for (index, want) in iterator.wants.iter().enumerate() {
            self.wanted(index as u8 + 2, *want);
        }
        self.kernel_call(iterator.new);
        let owed = Owed::AtPlace(place, iterator.destroy);
        self.owed.push(owed);
        let saved = self.reserved;
        for number in 6..10 {
            self.reserved[number] |= self.held[number] != Held::Nothing;
        }
        self.iterator_turns(iterator, place);
        self.owed.pop();
        self.reserved = saved;
        if self.careful() {
            self.give_back(owed);
        }
        self.depth -= 1;
    }

    fn iterator_turns(&mut self, iterator: &Iterator, place: i32) {
        let head = self.insns.len();
        let place = if self.careful() { place } else { self.rng.pick(&[ITERATOR, ITERATOR + 8, DYNPTR, -8]) };
        self.stack_address(1, place);
        self.kernel_call(iterator.next);
        let done = self.jump_if(Width::W64, JmpOp::Eq, 0, SourceOperand::Imm(0));
        let before = self.held;
        self.held[0] = iterator.item;
        match iterator.item {
            Held::Memory(_) => {
                let dst = self.destination();
                let pointer = if self.careful() { 0 } else { FP };
                self.load(Size::W, dst, pointer, 0, Held::Scalar);
            }
            _ => self.kernel_field(),
        }
        for _ in 0..1 + self.rng.below(2) {
            self.step();
        }
        let back = self.jump();
        self.land_at(back, head);
        self.land(done);
        self.held = before;
        self.forget_arguments();
    }

    /// A list of nodes: a node is allocated and put into it, or one is taken out.
    pub fn list(&mut self) {
        if !self.since(6, 4) || !self.has_locks() {
            return self.kernel_function();
        }
        let Some(value) = self.value_of(world::GRAPH) else { return };
        self.held[value as usize] = Held::Kernel;
        let saved = self.reserved;
        self.reserved[value as usize] = true;
        if self.rng.chance(20) {
            self.peek(value);
        } else if self.rng.chance(60) {
            self.push_node(value);
        } else {
            let from_tree = self.rng.chance(30);
            let pop = if from_tree { "bpf_rbtree_first" } else { "bpf_list_pop_front" };
            self.lock_of(value);
            self.head_of(value, from_tree);
            self.kernel_call(pop);
            if from_tree {
                self.unlock_of(value);
            } else {
                // The unlock loses R0.
                let kept = self.kept_destination();
                if let Some(kept) = kept {
                    self.move_reg(kept, 0);
                    self.unlock_of(value);
                    self.move_reg(0, kept);
                }
                let release = Some(Release::Kernel("bpf_obj_drop_impl"));
                self.check_null(Held::ObjectOrNull(Class::Node), release);
            }
        }
        self.reserved = saved;
    }

    /// Looks at a node under the lock: one of a list or a tree; that of a tree may be taken out.
    fn peek(&mut self, value: u8) {
        let is_tree = self.rng.chance(60);
        let looks: &[&'static str] = match (is_tree, self.since(6, 16)) {
            (true, true) => &["bpf_rbtree_first", "bpf_rbtree_root"],
            (true, false) => &["bpf_rbtree_first"],
            (false, true) => &["bpf_list_front", "bpf_list_back"],
            (false, false) => &["bpf_list_pop_back"],
        };
        let look = self.rng.pick(looks);
        self.lock_of(value);
        self.head_of(value, is_tree);
        self.kernel_call(look);
        let Some(node) = self.kept_destination() else { return self.unlock_of(value) };
        self.move_reg(node, 0);
        let none = self.careful().then(|| self.jump_if(Width::W64, JmpOp::Eq, node, SourceOperand::Imm(0)));
        match self.rng.below(4) {
            0 if is_tree && self.since(6, 16) => {
                let step = self.rng.pick(&["bpf_rbtree_left", "bpf_rbtree_right"]);
                self.head_of(value, true);
                self.move_reg(2, node);
                self.kernel_call(step);
            }
            1 | 2 if is_tree => {
                self.head_of(value, true);
                self.move_reg(2, node);
                self.kernel_call("bpf_rbtree_remove");
                self.move_reg(node, 0);
                self.unlock_of(value);
                self.move_reg(0, node);
                self.check_null(Held::KernelOrNull, None);
            }
            _ => {
                let dst = self.destination();
                let off = self.rng.pick(&[0, 40, 64, world::NODE_NUMBER - 24]);
                self.load_number(Size::DW, dst, node, off);
            }
        }
        if let Some(none) = none {
            self.land(none);
        }
        self.held[node as usize] = Held::Nothing;
        self.unlock_of(value);
    }

    fn push_node(&mut self, value: u8) {
        self.with_types = true;
        let Some(node) = self.kept_destination() else { return };
        let ty = world::node_type() as i32;
        self.move_imm(1, ty);
        self.move_imm(2, 0);
        self.kernel_call("bpf_obj_new_impl");
        self.move_reg(node, 0);
        if self.careful() {
            let found = self.jump_if(Width::W64, JmpOp::Ne, node, SourceOperand::Imm(0));
            self.leave();
            self.land(found);
        }
        self.lock_of(value);
        let is_tree = self.rng.chance(40) && self.has_room_for_function();
        self.head_of(value, is_tree);
        self.move_reg(2, node);
        if is_tree {
            self.alu_imm(AluOp::Add, 2, 24);
            self.callback(3, Callback::Less, 0);
            self.move_imm(4, 0);
            self.move_imm(5, 24);
            self.kernel_call("bpf_rbtree_add_impl");
        } else {
            self.move_imm(3, 0);
            self.move_imm(4, 0);
            let push = self.rng.pick(&["bpf_list_push_front_impl", "bpf_list_push_back_impl"]);
            self.kernel_call(push);
        }
        if !self.careful() {
            self.held[node as usize] = Held::Object(Class::Node);
            self.object(Class::Node);
        }
        self.unlock_of(value);
    }

    /// R1 points to the list's head or the tree's root in a value.
    fn head_of(&mut self, value: u8, is_tree: bool) {
        self.move_reg(1, value);
        let off = if is_tree { world::GRAPH_TREE } else { world::GRAPH_LIST };
        let off = if self.careful() { off } else { off + 4 };
        self.alu_imm(AluOp::Add, 1, off);
    }

    fn lock_of(&mut self, value: u8) {
        if self.careful() {
            self.move_reg(1, value);
            self.emit(Insn::call(LOCK));
            self.forget_arguments();
        }
    }

    fn unlock_of(&mut self, value: u8) {
        if self.careful() {
            self.give_back(Owed::Lock(value));
        }
    }

    /// A value under a lock whose taking may fail.
    pub fn resilient_lock(&mut self) {
        if !self.since(6, 15) {
            return self.locked();
        }
        let Some(value) = self.value_of(world::RESILIENT) else { return };
        let saved = self.reserved;
        self.reserved[value as usize] = true;
        self.move_reg(1, value);
        self.kernel_call("bpf_res_spin_lock");
        let failed = self.careful().then(|| self.jump_if(Width::W64, JmpOp::Ne, 0, SourceOperand::Imm(0)));
        let owed = Owed::KernelLock(value, "bpf_res_spin_unlock");
        self.owed.push(owed);
        match self.rng.below(4) {
            0 if !self.careful() => self.helper(),
            1 if !self.careful() => self.resilient_lock(),
            _ => self.store_imm(Size::DW, value, 8, 7),
        }
        self.owed.pop();
        if self.careful() {
            self.give_back(owed);
        }
        if let Some(failed) = failed {
            self.land(failed);
        }
        self.forget_arguments();
        self.reserved = saved;
    }

    /// A section without interrupts.
    pub fn interrupts(&mut self) {
        if !self.since(6, 14) {
            return self.rcu();
        }
        self.stack_address(1, INTERRUPTS);
        self.kernel_call("bpf_local_irq_save");
        let owed = Owed::AtPlace(INTERRUPTS, "bpf_local_irq_restore");
        self.owed.push(owed);
        for _ in 0..1 + self.rng.below(2) {
            self.step();
        }
        self.owed.pop();
        if self.careful() {
            self.give_back(owed);
        } else if self.rng.chance(50) {
            self.give_back(Owed::AtPlace(INTERRUPTS - 8, "bpf_local_irq_restore"));
        }
    }
}
