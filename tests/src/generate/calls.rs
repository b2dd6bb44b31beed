//! Calls of helpers, with arguments that their prototypes want.

use gobpf_bpf::MapId;
use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Size, SourceOperand, Width};
use gobpf_bpf::tables::{Argument, ArgumentKind, Flags, HELPERS, Helper, Prototype, ReturnKind};

use super::builder::{Builder, CONTEXT, FP, Held, KEPT};
use super::world;

/// What a call gives depends on how many processors the machine has: `get_smp_processor_id`.
const MACHINE_DEPENDENT: [u32; 1] = [8];
/// `map_lookup_elem`, `map_update_elem`, `map_delete_elem`.
const MAP_CALLS: [(u32, u32); 3] = [(7, 1), (2, 2), (1, 3)];
/// Where keys and values are made on the stack.
const KEY: i32 = -16;
const VALUE: i32 = -64;

/// Helpers that are called with arguments of their kinds: those that the verifier model knows whole.
pub(crate) const CALLED: [u32; 30] = [
    1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 23, 35, 42, 44, 45, 54, 65, 80, 109, 112, 113, 114, 115, 117, 118,
    125, 188, 189, 190,
];

/// What the arguments of a call have in common.
struct Arguments {
    map: (MapId, u32, u32),
    /// Bytes of memory behind the pointer that a size follows.
    memory: i32,
}

impl Builder<'_> {
    /// Calls one of the helpers that the program may call; careless, any helper.
    pub fn helper(&mut self) {
        if !self.careful() && self.rng.chance(10) {
            let any = self.rng.below(HELPERS.len() + 3) as u32;
            if !MACHINE_DEPENDENT.contains(&any) {
                self.emit(Insn::call(any));
                self.forget_arguments();
            }
            return;
        }
        let (kind, kernel) = (self.kind, self.kernel);
        let allowed: Vec<(u32, &Prototype)> = HELPERS
            .iter()
            .filter(|helper| helper.since <= kernel && !MACHINE_DEPENDENT.contains(&helper.id))
            .filter_map(|helper| Some((helper.id, helper.prototype(kind, kernel)?)))
            .filter(|(id, _)| CALLED.contains(id))
            .collect();
        let (id, prototype) = self.rng.pick(&allowed);
        self.call(id, prototype);
    }

    /// Calls a helper of maps; a lookup is checked, and its value used.
    pub fn map_call(&mut self) {
        let id = self.rng.weighted(&MAP_CALLS);
        let prototype = Helper::by_id(id).and_then(|helper| helper.prototype(self.kind, self.kernel));
        if let Some(prototype) = prototype {
            self.call(id, prototype);
        }
    }

    fn call(&mut self, id: u32, prototype: &Prototype) {
        let map = self.rng.pick(&world::sizes());
        let mut arguments = Arguments { map, memory: 8 };
        self.prepare_stack(prototype, &arguments);
        for (index, argument) in prototype.arguments.iter().enumerate() {
            self.argument(index as u8 + 1, *argument, &mut arguments);
        }
        self.emit(Insn::call(id));
        self.forget_arguments();
        if Helper::by_id(id).is_some_and(Helper::changes_packet) {
            for held in &mut self.held {
                if matches!(held, Held::Packet | Held::PacketEnd | Held::Meta) {
                    *held = Held::Nothing;
                }
            }
        }
        self.held[0] = match prototype.returns.kind {
            ReturnKind::PtrToMapValue => Held::ValueOrNull(map.2),
            ReturnKind::Integer => Held::Scalar,
            _ => Held::Nothing,
        };
        if self.held[0] == Held::ValueOrNull(map.2) {
            self.check_null(map.2);
        }
    }

    /// Fills the stack where arguments will point.
    fn prepare_stack(&mut self, prototype: &Prototype, arguments: &Arguments) {
        let (_, key, value) = arguments.map;
        for argument in prototype.arguments {
            match argument.kind {
                ArgumentKind::PtrToMapKey => self.fill_stack(KEY, key as i32),
                ArgumentKind::PtrToMapValue => self.fill_stack(VALUE, value as i32),
                ArgumentKind::PtrToMem if !argument.has(Flags::UNINIT) => self.fill_stack(VALUE, 16),
                _ => {}
            }
        }
    }

    fn fill_stack(&mut self, from: i32, bytes: i32) {
        if !self.careful() && self.rng.chance(40) {
            return;
        }
        let number = self.find(|held| held == Held::Scalar).filter(|_| self.rng.chance(30));
        if let (Some(number), 4..) = (number, bytes) {
            let size = if self.rng.chance(50) { Size::W } else { Size::DW };
            self.store_reg(size, FP, from as i16, number);
        } else if bytes <= 4 {
            let value = self.rng.pick(&[0, 1, 2, 3, 4, 7]);
            self.store_imm(Size::W, FP, from as i16, value);
        }
        let first = if bytes <= 4 { 8 } else { 0 };
        for off in (first..bytes).step_by(8) {
            let value = self.rng.constant();
            self.store_imm(Size::DW, FP, (from + off) as i16, value);
        }
    }

    fn argument(&mut self, register: u8, argument: Argument, arguments: &mut Arguments) {
        if !self.careful() && self.rng.chance(25) {
            let wrong = self.any();
            return self.move_reg(register, wrong);
        }
        match argument.kind {
            ArgumentKind::ConstMapPtr => self.load_map(register, arguments.map.0),
            ArgumentKind::PtrToCtx => self.move_reg(register, CONTEXT),
            ArgumentKind::PtrToMapKey => self.memory(register, KEY, arguments.map.1),
            ArgumentKind::PtrToMapValue => self.memory(register, VALUE, arguments.map.2),
            ArgumentKind::PtrToMem => {
                arguments.memory = self.rng.pick(&[16, 16, 8, 40]);
                if !argument.has(Flags::UNINIT) {
                    arguments.memory = 16;
                }
                self.memory(register, VALUE, arguments.memory as u32);
            }
            ArgumentKind::ConstSize | ArgumentKind::ConstSizeOrZero => {
                self.length(register, arguments.memory)
            }
            _ => match self.kept_scalar() {
                Some(kept) if self.rng.chance(50) => self.move_reg(register, kept),
                _ => {
                    let value = self.rng.constant();
                    self.move_imm(register, value);
                }
            },
        }
    }

    fn kept_scalar(&mut self) -> Option<u8> {
        let found: Vec<u8> =
            KEPT.into_iter().filter(|number| self.held[*number as usize] == Held::Scalar).collect();
        (!found.is_empty()).then(|| self.rng.pick(&found))
    }

    /// A pointer to `bytes` bytes: on the stack at `off`, or in a map's value or packet where a kept register has one.
    fn memory(&mut self, register: u8, off: i32, bytes: u32) {
        let other = KEPT.into_iter().find(|number| match self.held[*number as usize] {
            Held::Value(room) => room >= bytes,
            Held::Packet => true,
            _ => false,
        });
        match other {
            Some(other) if self.rng.chance(40) => self.move_reg(register, other),
            _ if self.rng.chance(12) => {
                let (map, room) = self.rng.pick(&world::GLOBALS);
                self.load_global(register, map, room, 0);
            }
            _ => self.stack_address(register, off),
        }
    }

    /// A size of at most `room` bytes: a constant, or a number that is bounded.
    fn length(&mut self, register: u8, room: i32) {
        if let Some(kept) = self.kept_scalar().filter(|_| self.rng.chance(35)) {
            self.move_reg(register, kept);
            if self.careful() {
                let mask = if room >= 16 { 15 } else { 7 };
                self.alu_imm(AluOp::And, register, mask);
                if self.rng.chance(60) {
                    self.alu_imm(AluOp::Add, register, 1);
                }
            }
            return;
        }
        let value = if self.careful() {
            1 + self.rng.below(room as usize) as i32
        } else {
            self.rng.pick(&[0, -1, room + 1, 600, 4096])
        };
        self.move_imm(register, value);
    }

    /// Checks the pointer in R0, in one of the ways that compilers do it.
    fn check_null(&mut self, bytes: u32) {
        let kept = self.kept_destination().filter(|_| self.rng.chance(60));
        if let Some(kept) = kept {
            self.move_reg(kept, 0);
        }
        if !self.careful() && self.rng.chance(50) {
            return;
        }
        let checked = kept.filter(|_| self.rng.chance(30)).unwrap_or(0);
        let value = Held::Value(bytes);
        if self.rng.chance(50) {
            let width = if self.careful() { Width::W64 } else { Width::W32 };
            let found = self.jump_if(width, JmpOp::Ne, checked, SourceOperand::Imm(0));
            self.leave();
            self.land(found);
            self.held_value(kept, value);
            return;
        }
        let missing = self.jump_if(Width::W64, JmpOp::Eq, checked, SourceOperand::Imm(0));
        let null = self.held;
        self.held_value(kept, value);
        for _ in 0..1 + self.rng.below(3) {
            self.value();
        }
        self.land(missing);
        self.meet(null);
    }

    fn held_value(&mut self, kept: Option<u8>, value: Held) {
        self.held[0] = value;
        if let Some(kept) = kept {
            self.held[kept as usize] = value;
        }
    }
}
