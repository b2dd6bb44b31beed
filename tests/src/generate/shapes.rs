//! Shapes that programs rarely have by chance: deep chains of calls, more branches or functions than kernels follow, memory
//! of which an instruction sees two kinds, arenas.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Size, SourceOperand, Width, class, pseudo};

use super::builder::{Builder, CONTEXT, FP, Held, Pending, reg};
use super::world;

/// `may_goto`
const MAY_GOTO: u8 = class::JMP | 0xe0;
/// Bytes of stack that a function of a chain uses.
const FRAMES: [i16; 6] = [8, 8, 32, 64, 120, 200];
/// Pending branches that kernels follow, nearly.
const MANY_BRANCHES: [usize; 3] = [8100, 8180, 8300];
/// Functions that programs may have, nearly.
const MANY_FUNCTIONS: [usize; 3] = [200, 254, 260];
/// Variables of the kernel that each processor has.
const VARIABLES: [&str; 2] = ["bpf_prog_active", "runqueues"];
/// `per_cpu_ptr`, `this_cpu_ptr`
const PER_PROCESSOR: [u32; 2] = [153, 154];

impl Builder<'_> {
    /// A call of a function that calls one, and so on.
    pub fn nest(&mut self) {
        if self.in_function {
            return self.arithmetic();
        }
        let depth = self.rng.pick(&[1, 2, 4, 6, 7, 8]);
        self.call_nested(depth);
    }

    /// Calls a new function in which `depth` more calls are nested.
    pub fn call_nested(&mut self, depth: u32) {
        let off = -self.rng.pick(&FRAMES);
        self.store_imm(Size::DW, FP, off, 0);
        self.emit(Insn { src: pseudo::CALL, imm: -1, ..Insn::call(0) });
        self.pending.push(Pending {
            sites: vec![self.insns.len() - 1],
            arguments: [Held::Nothing; 5],
            is_callback: false,
            signature: None,
            depth,
        });
        self.forget_arguments();
        self.held[0] = Held::Scalar;
    }

    /// So many branches on an unknown number that kernels may give up.
    pub fn many_branches(&mut self) {
        let number = self.unknown();
        let count = self.rng.pick(&MANY_BRANCHES);
        let jumps: Vec<usize> = (0..count)
            .map(|at| self.jump_if(Width::W64, JmpOp::Eq, number, SourceOperand::Imm(at as i32)))
            .collect();
        for jump in jumps {
            self.land(jump);
        }
    }

    /// So many functions that kernels may refuse them.
    pub fn many_functions(&mut self) {
        if self.in_function || self.depth > 0 {
            return self.arithmetic();
        }
        for _ in 0..self.rng.pick(&MANY_FUNCTIONS) {
            self.call_nested(0);
        }
    }

    /// A loop that the kernel ends when it takes too long.
    pub fn may_goto(&mut self) {
        if !self.since(6, 9) || self.depth >= 2 {
            return self.repeat();
        }
        self.depth += 1;
        let saved = self.reserved;
        for number in 6..10 {
            self.reserved[number] |= self.held[number] != Held::Nothing;
        }
        self.forget_arguments();
        let head = self.insns.len();
        self.emit(Insn { code: MAY_GOTO, ..Insn::default() });
        let at_head = self.held;
        for _ in 0..1 + self.rng.below(2) {
            self.step();
        }
        let broken = self.rng.chance(40).then(|| self.compare());
        let back = self.jump();
        self.land_at(back, head);
        self.land(head);
        if let Some(broken) = broken {
            self.land(broken);
        }
        self.held = at_head;
        self.reserved = saved;
        self.depth -= 1;
    }

    /// An instruction that sees one kind of pointer on one path and another one on another path.
    pub fn mixed(&mut self) {
        let Some(pointer) = self.kept_destination() else { return self.arithmetic() };
        let number = self.scalar();
        if number == pointer {
            return;
        }
        let other = self.jump_if(Width::W64, JmpOp::Gt, number, SourceOperand::Imm(7));
        let first = self.some_pointer(pointer);
        let over = self.jump();
        self.land(other);
        let second = if self.careful() { first } else { self.rng.below(4) };
        self.pointer_of_sort(pointer, second);
        self.land(over);
        let (size, off) = (self.rng.pick(&[Size::W, Size::DW]), self.rng.pick(&[0, 8]));
        self.held[pointer as usize] = Held::Value(16);
        self.touch(pointer, size, off);
        self.held[pointer as usize] = Held::Nothing;
    }

    fn some_pointer(&mut self, register: u8) -> usize {
        let sort = self.rng.below(4);
        self.pointer_of_sort(register, sort);
        sort
    }

    fn pointer_of_sort(&mut self, register: u8, sort: usize) {
        match sort {
            0 if self.has_context => self.move_reg(register, CONTEXT),
            1 => {
                let (map, room) = world::GLOBALS[1];
                self.load_global(register, map, room, 8);
            }
            _ => {
                self.store_imm(Size::DW, FP, -16, 0);
                self.store_imm(Size::DW, FP, -8, 0);
                self.stack_address(register, -16);
            }
        }
    }

    /// Memory that programs and user space share.
    pub fn arena(&mut self) {
        if !self.since(6, 9) {
            return self.value();
        }
        let dst = self.destination();
        let number = self.scalar();
        if self.careful() {
            self.load_map(1, world::ARENA);
        }
        let to_kernel = if self.careful() { 1 } else { self.rng.pick(&[1 << 16, 0, 2]) };
        let cast = Insn::mov(Width::W64, reg(dst), SourceOperand::Reg(reg(number)));
        self.emit(Insn { off: 1, imm: to_kernel, ..cast });
        self.held[dst as usize] = Held::Value(4096);
        for _ in 0..1 + self.rng.below(2) {
            let (size, off) = (self.size(), self.rng.pick(&[0, 8, 64, 4000]));
            self.touch(dst, size, off);
        }
        if self.held[dst as usize] == Held::Value(4096) && self.rng.chance(30) {
            self.alu_imm(AluOp::Add, dst, 16);
            self.touch(dst, Size::DW, 0);
        }
    }

    /// A variable that each processor has.
    pub fn processor_variable(&mut self) {
        // Kernels without all of their symbols find none, such as the one that 6.18 is known by.
        if self.since(6, 18) && !self.rng.chance(5) {
            return self.kernel_function();
        }
        let helper = self.rng.pick(&PER_PROCESSOR);
        let name = self.rng.pick(&VARIABLES);
        self.load_variable(1, name);
        if helper == PER_PROCESSOR[0] {
            let processor = self.rng.constant();
            self.move_imm(2, processor);
        }
        self.emit(Insn::call(helper));
        self.forget_arguments();
        if helper == PER_PROCESSOR[0] {
            return self.check_null(Held::KernelOrNull, None);
        }
        self.held[0] = Held::Kernel;
        self.kernel_field();
    }

    /// What values of typed maps hold, accessed at any place.
    pub fn special(&mut self) {
        const MAPS: [world::Sizes; 5] =
            [world::POINTERS, world::LOCKED, world::TIMED, world::GRAPH, world::WORK];
        let maps = if self.has_locks() { &MAPS[..] } else { &MAPS[..1] };
        let map = self.rng.pick(maps);
        let Some(value) = self.value_of(map) else { return };
        self.held[value as usize] = Held::Value(map.value);
        if self.careful() {
            let last = map.value as i16 - 8;
            return self.touch(value, Size::DW, last);
        }
        let size = self.size();
        let off = self.rng.below(map.value as usize) as i16 & -(size.bytes() as i16);
        match self.rng.below(5) {
            0..=2 => self.touch(value, size, off),
            3 => {
                // Memory for a helper.
                const CURRENT_NAME: u32 = 16;
                self.move_reg(1, value);
                self.move_imm(2, 8);
                self.emit(Insn::call(CURRENT_NAME));
                self.forget_arguments();
            }
            _ => {
                let index = self.free_scalar();
                self.bound(index, 7);
                self.alu_reg(AluOp::Add, value, index);
                self.touch(value, size, off);
            }
        }
    }
}
