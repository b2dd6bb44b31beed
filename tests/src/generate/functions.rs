//! Functions of programs: called by them, or by helpers; and dynptrs.

use gobpf_bpf::insn::{Insn, Size, pseudo};

use super::builder::{Builder, CONTEXT, FP, Held, Pending, reg};
use super::helpers::Callback;
use super::world::GLOBALS;

/// Functions of a program at most.
pub(super) const MOST_FUNCTIONS: usize = 4;
/// With more of them than this, they only return.
const FEW_FUNCTIONS: usize = 16;
/// How many functions are judged by themselves, in percent.
const GLOBAL: u32 = 25;
/// `dynptr_from_mem`, `dynptr_read`, `dynptr_write`, `dynptr_data`, `ringbuf_reserve_dynptr`.
const FROM_MEM: u32 = 197;
const DYNPTR_USES: [u32; 3] = [201, 202, 203];
const RESERVE_DYNPTR: u32 = 198;
/// `ringbuf_submit_dynptr`, `ringbuf_discard_dynptr`.
const DYNPTR_ENDS: [u32; 2] = [199, 200];

impl Builder<'_> {
    /// Whether the program may have one more function.
    pub fn has_room_for_function(&self) -> bool {
        self.pending.len() + self.functions.len() < MOST_FUNCTIONS
    }

    /// Calls a function of the program.
    pub fn function(&mut self) {
        let any = !self.careful() && self.rng.chance(30);
        let is_called = |function: &Pending| {
            !function.is_callback && (any || !function.signature.is_some_and(|one| one.catches))
        };
        let known = self.pending.iter().position(is_called);
        let room = self.has_room_for_function();
        let index = match known {
            Some(index) if !room || self.rng.chance(30) => index,
            _ if room => self.new_function(),
            _ => return self.branch(),
        };
        let (wanted, signature) = (self.pending[index].arguments, self.pending[index].signature);
        match signature {
            Some(signature) => {
                for (at, param) in signature.params().enumerate() {
                    self.provide_param(at as u8 + 1, param);
                }
            }
            None => {
                for (at, wanted) in wanted.into_iter().enumerate() {
                    self.provide(at as u8 + 1, wanted);
                }
            }
        }
        let call = Insn { src: pseudo::CALL, imm: -1, ..Insn::call(0) };
        self.emit(call);
        let site = self.insns.len() - 1;
        self.pending[index].sites.push(site);
        self.forget_arguments();
        self.held[0] = Held::Scalar;
    }

    fn new_function(&mut self) -> usize {
        if self.rng.chance(GLOBAL) {
            self.with_types = true;
            let signature = self.signature();
            self.pending.push(Pending {
                sites: Vec::new(),
                arguments: signature.arguments(),
                is_callback: false,
                signature: Some(signature),
                depth: 0,
            });
            return self.pending.len() - 1;
        }
        let mut arguments = [Held::Nothing; 5];
        if self.has_context && self.rng.chance(80) {
            arguments[0] = Held::Context;
        }
        for argument in arguments.iter_mut().skip(1).take(self.rng.below(3)) {
            *argument = self.rng.pick(&[Held::Scalar, Held::Scalar, Held::Stack, Held::Value(16)]);
        }
        self.pending.push(Pending {
            sites: Vec::new(),
            arguments,
            is_callback: false,
            signature: None,
            depth: 0,
        });
        self.pending.len() - 1
    }

    fn provide(&mut self, register: u8, wanted: Held) {
        if !self.careful() && self.rng.chance(30) {
            let wrong = self.any();
            return self.move_reg(register, wrong);
        }
        match wanted {
            Held::Context => self.move_reg(register, CONTEXT),
            Held::Scalar => {
                let value = self.rng.constant();
                match self.find(|held| held == Held::Scalar) {
                    Some(found) if found >= register && self.rng.chance(50) => self.move_reg(register, found),
                    _ => self.move_imm(register, value),
                }
            }
            Held::Stack => {
                let off = -8 * (1 + self.rng.below(6) as i32);
                self.store_imm(Size::DW, FP, off as i16, 0);
                self.stack_address(register, off);
            }
            Held::Value(_) => {
                let (map, room) = GLOBALS[1];
                self.load_global(register, map, room, 0);
            }
            _ => {}
        }
    }

    /// The address of a function that a helper will call.
    pub fn callback(&mut self, register: u8, callback: Callback, value: u32) {
        let scratch = if self.careful() { Held::Stack } else { Held::Nothing };
        let arguments = match callback {
            Callback::Loop => [Held::Scalar, scratch, Held::Nothing, Held::Nothing, Held::Nothing],
            Callback::EachElement => {
                [Held::Nothing, Held::Value(4), Held::Value(value), scratch, Held::Nothing]
            }
            Callback::Timer => {
                [Held::Nothing, Held::Value(4), Held::Value(value), Held::Nothing, Held::Nothing]
            }
            Callback::FindVma => [Held::Task, Held::Kernel, scratch, Held::Nothing, Held::Nothing],
            Callback::Less => [Held::Kernel, Held::Kernel, Held::Nothing, Held::Nothing, Held::Nothing],
            Callback::Drain => [Held::Nothing, scratch, Held::Nothing, Held::Nothing, Held::Nothing],
        };
        let site = self.insns.len();
        self.insns.extend(Insn::load_imm64(reg(register), pseudo::FUNC, 0));
        self.held[register as usize] = Held::Nothing;
        self.pending.push(Pending {
            sites: vec![site],
            arguments,
            is_callback: true,
            signature: None,
            depth: 0,
        });
    }

    /// Writes the functions that were called, and those that they call.
    pub fn write_functions(&mut self) {
        self.catch();
        while let Some(function) = self.pending.pop() {
            let start = self.insns.len();
            for site in &function.sites {
                self.point(*site, start);
            }
            self.functions.push((start as u32, function.signature));
            self.begin(&function);
            if function.depth > 0 {
                self.call_nested(function.depth - 1);
            }
            if self.functions.len() > FEW_FUNCTIONS {
                self.leave();
                continue;
            }
            for _ in 0..1 + self.rng.below(4) {
                self.step();
            }
            if self.rng.chance(15) && !self.in_loop() {
                self.repeat();
            }
            self.leave();
        }
        self.functions.sort_unstable_by_key(|(slot, _)| *slot);
    }

    fn in_loop(&self) -> bool {
        self.depth > 0
    }

    /// Has a call, or a load of an address, at `site` lead to `start`.
    fn point(&mut self, site: usize, start: usize) {
        if let Some(insn) = self.insns.get_mut(site) {
            insn.imm = (start as i64 - site as i64 - 1) as i32;
        }
    }

    fn begin(&mut self, function: &Pending) {
        self.held = [Held::Nothing; 11];
        self.reserved = [false; 11];
        self.owed.clear();
        self.depth = 0;
        self.in_function = true;
        self.has_dynptr = false;
        self.held[FP as usize] = Held::Stack;
        self.held[1..6].copy_from_slice(&function.arguments);
        self.has_context = function.arguments[0] == Held::Context;
        self.results = match function.signature {
            Some(signature) if signature.catches => Some(self.kind.results),
            _ if function.is_callback => Some((0, 1)),
            _ => None,
        };
        if self.has_context {
            self.reserved[CONTEXT as usize] = true;
            self.move_reg(CONTEXT, 1);
        }
        for (from, to) in [(2u8, 7u8), (3, 8), (4, 9)] {
            if self.held[from as usize] != Held::Nothing && self.rng.chance(80) {
                self.move_reg(to, from);
                if function.signature.is_some() {
                    self.check_parameter(to);
                }
            }
        }
    }

    /// Memory behind a dynptr.
    pub fn dynptr(&mut self) {
        if self.has_dynptr {
            return self.use_dynptr();
        }
        if !self.may_call(FROM_MEM) {
            return self.helper();
        }
        if self.rng.chance(50) {
            return self.ring_dynptr();
        }
        if self.find(|held| matches!(held, Held::Value(_))).is_none_or(|found| found < 7) {
            let Some(kept) = self.kept_destination() else { return };
            let (map, room) = GLOBALS[1];
            self.load_global(kept, map, room, 0);
        }
        self.call_by_id(FROM_MEM);
        self.use_dynptr();
    }

    fn use_dynptr(&mut self) {
        for _ in 0..1 + self.rng.below(2) {
            let id = self.rng.pick(&DYNPTR_USES);
            self.call_by_id(id);
        }
    }

    /// A record of a ring buffer as a dynptr: it ends on every path.
    fn ring_dynptr(&mut self) {
        self.call_by_id(RESERVE_DYNPTR);
        let depth = self.owed.len();
        for _ in 0..self.rng.below(2) {
            let id = self.rng.pick(&DYNPTR_USES[..2]);
            self.call_by_id(id);
        }
        if self.careful() {
            let end = self.rng.pick(&DYNPTR_ENDS);
            self.call_by_id(end);
        }
        self.owed.truncate(depth);
        self.has_dynptr = false;
    }
}
