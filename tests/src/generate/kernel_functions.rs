//! Steps with functions of the kernel, and with what values of typed maps hold: locks, timers, pointers.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Size, SourceOperand, Width};

use super::builder::{Builder, CONTEXT, Class, Held, Owed};
use super::calls::{DYNPTR, KEY, Release, VALUE};
use super::helpers::Callback;
use super::world::{self, Sizes};

/// `map_lookup_elem`, `kptr_xchg`
const LOOKUP: u32 = 1;
const EXCHANGE: u32 = 194;
/// Kinds that the functions for tasks are for: sched_cls, sched_act, xdp, cgroup_skb, tracing, syscall.
const WITH_TASKS: [u32; 6] = [3, 4, 6, 8, 26, 31];
/// Kinds with `struct __sk_buff` whose packets can be dynptrs.
const WITH_SKB: [u32; 9] = [1, 3, 4, 8, 10, 11, 12, 14, 32];
/// Kinds that have no locks: socket filters and those that trace.
const WITHOUT_LOCKS: [u32; 7] = [1, 2, 5, 7, 17, 24, 26];
const XDP: u32 = 6;
/// `XDP_MD` or socket buffer as a dynptr.
const FROM_SKB: &str = "bpf_dynptr_from_skb";
const FROM_XDP: &str = "bpf_dynptr_from_xdp";

impl Builder<'_> {
    /// Looks up a value of `map`; what R0 holds then is checked, and ends the program where it is null.
    pub fn value_of(&mut self, map: Sizes) -> Option<u8> {
        let kept = self.kept_destination()?;
        self.fill_stack(KEY, map.key as i32);
        self.load_map(1, map.map);
        self.stack_address(2, KEY);
        self.emit(Insn::call(LOOKUP));
        self.forget_arguments();
        self.move_reg(kept, 0);
        if self.careful() {
            let found = self.jump_if(Width::W64, JmpOp::Ne, kept, SourceOperand::Imm(0));
            self.leave();
            self.land(found);
        }
        self.held[kept as usize] = Held::Nothing;
        Some(kept)
    }

    /// Whether maps with locks and timers may be used.
    pub fn has_locks(&mut self) -> bool {
        !WITHOUT_LOCKS.contains(&self.kind.number) || (!self.careful() && self.rng.chance(30))
    }

    /// A value that is changed under its lock.
    pub fn locked(&mut self) {
        const LOCK: u32 = 93;
        if !self.has_locks() {
            return self.value();
        }
        let Some(value) = self.value_of(world::LOCKED) else { return };
        let saved = self.reserved;
        self.reserved[value as usize] = true;
        self.move_reg(1, value);
        if !self.careful() {
            self.alu_imm(AluOp::Add, 1, 4);
        }
        self.emit(Insn::call(LOCK));
        self.forget_arguments();
        for _ in 0..1 + self.rng.below(3) {
            match self.rng.below(4) {
                0 if !self.careful() => self.helper(),
                0 => self.store_imm(Size::W, value, 4, 1),
                1 => {
                    let dst = self.destination();
                    let off = if self.careful() { 8 } else { 0 };
                    self.load_number(Size::DW, dst, value, off);
                }
                _ => self.store_imm(Size::DW, value, 8, 7),
            }
        }
        if self.careful() {
            self.give_back(Owed::Lock(value));
        }
        self.reserved = saved;
    }

    /// A timer that calls a function.
    pub fn timer(&mut self) {
        const INIT: u32 = 169;
        const SET_CALLBACK: u32 = 170;
        const START: u32 = 171;
        if !self.has_room_for_function() || !self.has_locks() {
            return self.arithmetic();
        }
        let Some(value) = self.value_of(world::TIMED) else { return };
        self.move_reg(1, value);
        let map = if self.careful() { world::TIMED } else { world::LOCKED };
        self.load_map(2, map.map);
        let clock = if self.careful() { 1 } else { self.rng.constant() };
        self.move_imm(3, clock);
        self.emit(Insn::call(INIT));
        self.forget_arguments();
        self.move_reg(1, value);
        self.callback(2, Callback::Timer, map.value);
        self.emit(Insn::call(SET_CALLBACK));
        self.forget_arguments();
        self.move_reg(1, value);
        self.move_imm(2, 1000);
        self.move_imm(3, 0);
        self.emit(Insn::call(START));
        self.forget_arguments();
        self.held[0] = Held::Scalar;
    }

    /// Uses a map that came out of a map.
    pub fn inner_lookup(&mut self) {
        let Some(map) = self.find(|held| held == Held::Map) else { return };
        self.fill_stack(KEY, 4);
        self.move_reg(1, map);
        self.stack_address(2, KEY);
        self.emit(Insn::call(LOOKUP));
        self.forget_arguments();
        self.check_null(Held::ValueOrNull(16), None);
    }

    /// A section in which pointers of the kernel stay valid, or in which nothing else runs.
    pub fn rcu(&mut self) {
        const PAIRS: [(&str, &str); 3] = [
            ("bpf_rcu_read_lock", "bpf_rcu_read_unlock"),
            ("bpf_rcu_read_lock", "bpf_rcu_read_unlock"),
            ("bpf_preempt_disable", "bpf_preempt_enable"),
        ];
        let (begin, end) = self.rng.pick(&PAIRS);
        if !self.has_v4() {
            return self.arithmetic(); // they came later
        }
        self.kernel_call(begin);
        let owed = Owed::End(end);
        self.owed.push(owed);
        for _ in 0..1 + self.rng.below(3) {
            if self.rng.chance(30) { self.kernel_field() } else { self.step() }
        }
        self.owed.pop();
        if self.careful() {
            self.give_back(owed);
        }
    }

    fn has_task_functions(&mut self) -> bool {
        self.has_v4() && (WITH_TASKS.contains(&self.kind.number) || !self.careful())
    }

    /// A task that is found by its number, and released.
    pub fn task_reference(&mut self) {
        if !self.has_task_functions() {
            return self.arithmetic();
        }
        let task = self.find(|held| held == Held::Task).filter(|found| *found > 5);
        match task {
            Some(task) if self.rng.chance(50) => {
                self.move_reg(1, task);
                self.kernel_call("bpf_task_acquire");
            }
            _ => {
                self.move_imm(1, 1);
                self.kernel_call("bpf_task_from_pid");
            }
        }
        self.check_null(Held::TaskOrNull, Some(Release::Kernel("bpf_task_release")));
    }

    /// A pointer in a map's value: exchanged for nothing or for one of the program's, and what came out is released.
    pub fn stored_pointer(&mut self) {
        if !self.has_task_functions() {
            return self.arithmetic();
        }
        let Some(value) = self.value_of(world::POINTERS) else { return };
        if self.rng.chance(30) {
            let dst = self.destination();
            let off = self.rng.pick(&[0, 0, 16, 24, 32]);
            self.load(Size::DW, dst, value, off, Held::Kernel);
            if !self.careful() {
                return self.kernel_field();
            }
        }
        let (off, held, release) = self.rng.pick(&world::OWNED);
        self.with_types |= matches!(held, Held::ObjectOrNull(Class::Node));
        self.move_reg(1, value);
        let off = if self.careful() { off } else { self.rng.pick(&[4, 8, 16, 24]) };
        if off != 0 {
            self.alu_imm(AluOp::Add, 1, off);
        }
        if self.careful() {
            self.move_imm(2, 0);
        } else {
            let any = self.any();
            self.move_reg(2, any);
        }
        self.emit(Insn::call(EXCHANGE));
        self.forget_arguments();
        self.check_null(held, Some(Release::Kernel(release)));
    }

    /// A packet as a dynptr, and a slice of it.
    pub fn packet_dynptr(&mut self) {
        let from = if self.kind.number == XDP { FROM_XDP } else { FROM_SKB };
        let fits = WITH_SKB[..8].contains(&self.kind.number) || self.kind.number == XDP;
        if !self.has_v4() || !self.has_context || (!fits && self.careful()) {
            return self.arithmetic();
        }
        self.move_reg(1, CONTEXT);
        self.move_imm(2, 0);
        self.stack_address(3, DYNPTR);
        self.kernel_call(from);
        let slice = if self.rng.chance(60) { "bpf_dynptr_slice" } else { "bpf_dynptr_slice_rdwr" };
        self.stack_address(1, DYNPTR);
        let off = self.rng.pick(&[0, 4, 14]);
        self.move_imm(2, off);
        self.stack_address(3, VALUE);
        let size = if self.careful() { 16 } else { self.rng.pick(&[0, 17, 100, -1]) };
        self.move_imm(4, size);
        self.fill_stack(VALUE, 16);
        self.kernel_call(slice);
        self.check_null(Held::MemoryOrNull(16), None);
    }

    /// A value that belongs to a task or a socket.
    pub fn storage(&mut self) {
        const TASK_STORAGE: u32 = 156;
        const SOCKET_STORAGE: u32 = 107;
        if self.find(|held| held == Held::Task).is_none_or(|found| found < 6) {
            self.task();
        }
        let socket = self.find(|held| matches!(held, Held::Socket(_))).is_some();
        self.call_by_id(if socket && self.may_call(SOCKET_STORAGE) { SOCKET_STORAGE } else { TASK_STORAGE });
    }
}
