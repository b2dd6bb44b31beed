//! Calls of helpers, with arguments that they want.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Reg, Size, SourceOperand, Width};

use super::builder::{Builder, CONTEXT, Class, FP, Held, KEPT, Owed};
use super::functions::MOST_FUNCTIONS;
use super::helpers::{Arg, Gives, HELPERS, Helper, Maps, Sock};
use super::world::{self, Sizes};

/// What a call gives depends on how many processors the machine has: `get_smp_processor_id`.
const MACHINE_DEPENDENT: [u32; 1] = [8];
/// Helpers have numbers below this, and a few beyond are asked for.
const PAST_THE_LAST: usize = 215;
/// `map_lookup_elem`, `map_update_elem`, `map_delete_elem`.
const MAP_CALLS: [(u32, u32); 3] = [(7, 1), (2, 2), (1, 3)];
/// Where keys and values are made on the stack.
pub(super) const KEY: i32 = -16;
pub(super) const VALUE: i32 = -64;
/// Where a dynptr is made.
pub(super) const DYNPTR: i32 = -88;
/// How often another helper is looked for when what one wants is not there.
const ATTEMPTS: usize = 6;
/// `sk_release`, `ringbuf_submit`, `ringbuf_discard`, `ringbuf_submit_dynptr`.
const SK_RELEASE: u32 = 86;
const RECORD_ENDS: [u32; 2] = [132, 133];
/// Helpers that have calls of their own.
const SPECIAL: [u32; 6] = [86, 132, 133, 198, 199, 200];

/// What the arguments of a call have in common.
struct Arguments {
    map: Sizes,
    /// Bytes of memory behind the pointer that a size follows; 0 for null.
    memory: i32,
    /// What the result will have.
    reserved: i32,
}

/// What takes a reference.
#[derive(Clone, Copy, Debug)]
pub(super) enum Release {
    Helper(u32),
    /// A function of the kernel.
    Kernel(&'static str),
}

impl Builder<'_> {
    /// Calls one of the helpers that the program may call; careless, any helper.
    pub fn helper(&mut self) {
        if !self.careful() && self.rng.chance(12) {
            let any = self.rng.below(PAST_THE_LAST) as u32;
            if !MACHINE_DEPENDENT.contains(&any) {
                self.emit(Insn::call(any));
                self.forget_arguments();
            }
            return;
        }
        let mask = 1u32 << self.kind.like.unwrap_or(self.kind_index as u32);
        for _ in 0..ATTEMPTS {
            let helper = &HELPERS[self.rng.below(HELPERS.len())];
            let is_allowed = helper.kinds & mask != 0 || (!self.careful() && self.rng.chance(30));
            if is_allowed && !SPECIAL.contains(&helper.id) && self.can_call(helper) {
                return self.call(helper);
            }
        }
    }

    /// Calls a helper of maps; a lookup is checked, and its value used.
    pub fn map_call(&mut self) {
        let id = self.rng.weighted(&MAP_CALLS);
        self.call_by_id(id);
    }

    pub fn call_by_id(&mut self, id: u32) {
        if let Some(helper) = HELPERS.iter().find(|helper| helper.id == id) {
            self.call(helper);
        }
    }

    /// Whether the program may call it on the newest kernel.
    pub fn may_call(&self, id: u32) -> bool {
        let mask = 1u32 << self.kind.like.unwrap_or(self.kind_index as u32);
        HELPERS.iter().any(|helper| helper.id == id && helper.kinds & mask != 0)
    }

    /// Whether all that it wants is there; a careless step doesn't ask.
    fn can_call(&mut self, helper: &Helper) -> bool {
        if !self.careful() && self.rng.chance(30) {
            return true;
        }
        helper.args.iter().all(|arg| match arg {
            Arg::Ctx => self.has_context,
            Arg::Map(maps) => !world::of(*maps).is_empty(),
            Arg::Socket => self.kept(|held| matches!(held, Held::Socket(_))).is_some(),
            Arg::Task => self.kept(|held| held == Held::Task).is_some(),
            Arg::Record => self.kept(|held| matches!(held, Held::Memory(_))).is_some(),
            Arg::Dynptr => self.has_dynptr,
            Arg::Function(_) => self.pending.len() + self.functions.len() < MOST_FUNCTIONS + 2,
            Arg::Lasting => self.kept(|held| matches!(held, Held::Value(_))).is_some(),
            Arg::Group => self.kept(|held| held == Held::Object(Class::Group)).is_some(),
            Arg::Meta => self.kept(|held| held == Held::Kernel).is_some(),
            Arg::Timer | Arg::KernelPointerSlot => false,
            _ => true,
        })
    }

    pub fn kept(&self, wanted: impl Fn(Held) -> bool) -> Option<u8> {
        KEPT.into_iter().find(|number| wanted(self.held[*number as usize]))
    }

    fn call(&mut self, helper: &Helper) {
        let maps =
            helper.args.iter().find_map(|arg| if let Arg::Map(maps) = arg { Some(*maps) } else { None });
        let map = self.map_for(maps);
        let mut arguments = Arguments { map, memory: 8, reserved: 16 };
        self.prepare_stack(helper, &arguments);
        for (index, arg) in helper.args.iter().enumerate() {
            self.argument(index as u8 + 1, *arg, &mut arguments);
        }
        self.emit(Insn::call(helper.id));
        self.forget_arguments();
        if helper.gives == Gives::Moves {
            for held in &mut self.held {
                if held.is_packet() {
                    *held = Held::Nothing;
                }
            }
        }
        if helper.args.contains(&Arg::NewDynptr) {
            self.has_dynptr = true;
        }
        self.result(helper, &arguments);
    }

    /// A map that a helper is for; careless, any.
    fn map_for(&mut self, maps: Option<Maps>) -> Sizes {
        let fitting = maps.map(world::of).unwrap_or_default();
        if fitting.is_empty() || !self.careful() && self.rng.chance(30) {
            let all = world::all();
            return self.rng.pick(&all);
        }
        self.rng.pick(&fitting)
    }

    fn result(&mut self, helper: &Helper, arguments: &Arguments) {
        let bytes = arguments.map.value;
        match helper.gives {
            Gives::Nothing => {}
            Gives::Number | Gives::Moves => self.held[0] = Held::Scalar,
            Gives::SureValue => self.held[0] = Held::Value(bytes),
            Gives::Value if world::is_of_maps(arguments.map.map) => self.check_null(Held::MapOrNull, None),
            Gives::Value => self.check_null(Held::ValueOrNull(bytes), None),
            Gives::Slice => self.check_null(Held::MemoryOrNull(arguments.reserved as u32), None),
            Gives::Borrowed(Sock::Kernel) => self.check_null(Held::KernelOrNull, None),
            Gives::Borrowed(sock) => self.check_null(Held::SocketOrNull(sock), None),
            Gives::Found(sock) => {
                self.check_null(Held::SocketOrNull(sock), Some(Release::Helper(SK_RELEASE)));
            }
            Gives::Reserved => {
                let end = self.rng.pick(&RECORD_ENDS);
                let release = Some(Release::Helper(end));
                self.check_null(Held::MemoryOrNull(arguments.reserved as u32), release);
            }
            Gives::Task => {
                self.held[0] = Held::Task;
                if let Some(kept) = self.kept_destination() {
                    self.move_reg(kept, 0);
                }
            }
        }
    }

    /// Fills the stack where arguments will point.
    fn prepare_stack(&mut self, helper: &Helper, arguments: &Arguments) {
        for arg in helper.args {
            match arg {
                Arg::Key => self.fill_stack(KEY, arguments.map.key as i32),
                Arg::Value => self.fill_stack(VALUE, arguments.map.value.min(40) as i32),
                Arg::Mem | Arg::MemOrNull => self.fill_stack(VALUE, 16),
                Arg::Fixed(bytes) => self.fill_stack(VALUE, i32::from(*bytes)),
                _ => {}
            }
        }
    }

    pub fn fill_stack(&mut self, from: i32, bytes: i32) {
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

    fn argument(&mut self, register: u8, arg: Arg, arguments: &mut Arguments) {
        if !self.careful() && self.rng.chance(25) {
            let wrong = self.any();
            return self.move_reg(register, wrong);
        }
        match arg {
            Arg::Map(_) => self.load_map(register, arguments.map.map),
            Arg::Ctx => self.move_reg(register, CONTEXT),
            Arg::CtxOrNull if self.has_context && self.rng.chance(50) => self.move_reg(register, CONTEXT),
            Arg::CtxOrNull => self.move_imm(register, 0),
            Arg::Key => self.memory(register, KEY, arguments.map.key, false),
            Arg::Value | Arg::NewValue => {
                self.memory(register, VALUE, arguments.map.value, arg == Arg::NewValue);
            }
            Arg::Fixed(bytes) => self.memory(register, VALUE, u32::from(bytes), false),
            Arg::NewFixed(bytes) => self.memory(register, VALUE, u32::from(bytes), true),
            Arg::MemOrNull | Arg::ValueOrNull if self.rng.chance(40) => {
                arguments.memory = 0;
                self.move_imm(register, 0);
            }
            Arg::ValueOrNull => self.memory(register, VALUE, arguments.map.value, false),
            Arg::Mem | Arg::MemOrNull => {
                arguments.memory = 16;
                self.memory(register, VALUE, 16, false);
            }
            Arg::NewMem => {
                arguments.memory = self.rng.pick(&[16, 16, 8, 40]);
                self.memory(register, VALUE, arguments.memory as u32, true);
            }
            Arg::Size | Arg::SizeOrZero => self.length(register, arguments.memory),
            Arg::Any => self.number(register),
            Arg::Flags => {
                let value = if self.rng.chance(75) { 0 } else { self.rng.constant() };
                self.move_imm(register, value);
            }
            Arg::Text => {
                let (map, starts) = world::TEXTS;
                let start = self.rng.pick(starts);
                self.load_global(register, map, 32, start);
            }
            Arg::Reserved => {
                arguments.reserved = self.rng.pick(&[8, 16, 24, 40]);
                self.move_imm(register, arguments.reserved);
            }
            Arg::StackOrNull if self.rng.chance(40) => self.move_imm(register, 0),
            Arg::StackOrNull => self.stack_address(register, VALUE),
            Arg::Dynptr | Arg::NewDynptr => self.stack_address(register, DYNPTR),
            Arg::Function(callback) => self.callback(register, callback, arguments.map.value),
            Arg::Socket => self.move_kept(register, |held| matches!(held, Held::Socket(_))),
            Arg::Task => self.move_kept(register, |held| held == Held::Task),
            Arg::Record => self.move_kept(register, |held| matches!(held, Held::Memory(_))),
            Arg::Lasting => {
                self.move_kept(register, |held| matches!(held, Held::Value(_)));
                arguments.memory = 8;
            }
            Arg::Group => self.move_kept(register, |held| held == Held::Object(Class::Group)),
            Arg::Meta | Arg::Timer | Arg::KernelPointerSlot => {
                self.move_kept(register, |held| held == Held::Kernel);
            }
        }
    }

    pub fn move_kept(&mut self, register: u8, wanted: impl Fn(Held) -> bool) {
        let from = self.kept(wanted).unwrap_or(FP);
        self.move_reg(register, from);
    }

    fn number(&mut self, register: u8) {
        match self.kept_scalar() {
            Some(kept) if self.rng.chance(50) => self.move_reg(register, kept),
            _ => {
                let value = self.rng.constant();
                self.move_imm(register, value);
            }
        }
    }

    fn kept_scalar(&mut self) -> Option<u8> {
        let found: Vec<u8> =
            KEPT.into_iter().filter(|number| self.held[*number as usize] == Held::Scalar).collect();
        (!found.is_empty()).then(|| self.rng.pick(&found))
    }

    /// A pointer to `bytes` bytes: on the stack at `off`, or in a map's value or packet where a kept register has one.
    fn memory(&mut self, register: u8, off: i32, bytes: u32, writes: bool) {
        let writes = writes && self.careful();
        let takes_packet = self.rng.chance(30);
        let other = self.kept(|held| match held {
            Held::Value(room) | Held::Memory(room) => room >= bytes,
            Held::Constant(room) => room >= bytes && !writes,
            Held::Packet => takes_packet,
            _ => false,
        });
        match other {
            Some(other) if self.rng.chance(40) => self.move_reg(register, other),
            _ if self.rng.chance(12) => {
                let globals = &world::GLOBALS[usize::from(writes)..];
                let (map, room) = self.rng.pick(globals);
                self.load_global(register, map, room, 0);
            }
            _ => self.stack_address(register, off),
        }
    }

    /// A size of at most `room` bytes: a constant, or a number that is bounded.
    fn length(&mut self, register: u8, room: i32) {
        if room == 0 && self.careful() {
            return self.move_imm(register, 0);
        }
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

    /// Checks the pointer in R0, in one of the ways that compilers do it, and uses it; where `release` names a helper,
    /// that takes the pointer in the end.
    pub fn check_null(&mut self, nullable: Held, release: Option<Release>) {
        self.held[0] = nullable;
        let wants_kept = release.is_some() || self.rng.chance(60);
        let kept = self.kept_destination().filter(|_| wants_kept);
        if let Some(kept) = kept {
            self.move_reg(kept, 0);
        }
        if !self.careful() && self.rng.chance(50) {
            return;
        }
        let checked = kept.filter(|_| self.rng.chance(30)).unwrap_or(0);
        if release.is_none() && self.rng.chance(50) {
            let width = if self.careful() { Width::W64 } else { Width::W32 };
            let found = self.jump_if(width, JmpOp::Ne, checked, SourceOperand::Imm(0));
            self.leave();
            self.land(found);
            return self.hold(kept, nullable.checked());
        }
        let missing = self.jump_if(Width::W64, JmpOp::Eq, checked, SourceOperand::Imm(0));
        let null = self.held;
        self.hold(kept, nullable.checked());
        self.use_and_release(kept, nullable.checked(), release);
        self.land(missing);
        self.meet(null);
        if let Some(kept) = kept {
            self.held[kept as usize] = Held::Nothing;
        }
    }

    fn use_and_release(&mut self, kept: Option<u8>, held: Held, release: Option<Release>) {
        let Some(release) = release else {
            for _ in 0..1 + self.rng.below(3) {
                self.use_of(held);
            }
            return;
        };
        let register = kept.unwrap_or(0);
        let owed = match release {
            Release::Helper(helper) => Owed::ToHelper(register, helper),
            Release::Kernel(name) => Owed::ToKernel(register, name),
        };
        self.owed.push(owed);
        let saved = self.reserved;
        self.reserved[register as usize] = true;
        for _ in 0..if kept.is_some() { self.rng.below(3) } else { 0 } {
            if self.rng.chance(60) {
                self.use_of(held);
            } else {
                self.step();
            }
        }
        self.reserved = saved;
        self.owed.pop();
        if self.careful() {
            self.give_back(owed);
        }
        if !self.careful() && self.rng.chance(30) {
            self.use_of(held);
            self.give_back(owed);
        }
    }

    fn use_of(&mut self, held: Held) {
        match held {
            Held::Value(_) | Held::Memory(_) => self.value(),
            Held::Socket(_) => self.socket_field(),
            Held::Task | Held::Kernel => self.kernel_field(),
            Held::Map => self.inner_lookup(),
            Held::Object(class) => self.object(class),
            _ => self.step(),
        }
    }

    fn hold(&mut self, kept: Option<u8>, held: Held) {
        self.held[0] = held;
        if let Some(kept) = kept {
            self.held[kept as usize] = held;
        }
    }

    /// Reads a field of a socket.
    pub fn socket_field(&mut self) {
        let Some(base) = self.find(|held| matches!(held, Held::Socket(_))) else { return self.arithmetic() };
        let off = match self.held[base as usize] {
            Held::Socket(Sock::Tcp) => self.rng.pick(&[0i16, 4, 8, 12, 24, 72, 104]),
            Held::Socket(Sock::Full) => self.rng.pick(&[0, 4, 8, 12, 16, 20, 24, 44, 72, 76]),
            _ => self.rng.pick(&[4, 8, 12, 4, 24, 72]),
        };
        let dst = self.destination();
        let careful = self.careful();
        let size = if careful { Size::W } else { self.size() };
        let off = if careful { off } else { off + self.rng.pick(&[1, 2, 80, -4]) };
        if careful || self.rng.chance(60) {
            self.load_number(size, dst, base, off);
        } else {
            self.store_imm(size, base, off, 0);
        }
    }

    /// Reads something behind a pointer into the kernel.
    pub fn kernel_field(&mut self) {
        let Some(base) = self.find(|held| matches!(held, Held::Task | Held::Kernel)) else {
            return self.arithmetic();
        };
        let dst = self.destination();
        let off = self.rng.below(40) as i16 * 8;
        let size = self.rng.pick(&[Size::DW, Size::DW, Size::W]);
        if self.careful() || self.rng.chance(60) {
            self.load(size, dst, base, off, Held::Nothing);
        } else {
            self.store_imm(size, base, off, 0);
        }
    }

    /// Gets a pointer to the current task, if the program may.
    pub fn task(&mut self) {
        const CURRENT: u32 = 158;
        if self.may_call(CURRENT) {
            self.call_by_id(CURRENT);
            self.kernel_field();
        }
    }

    /// Calls a tail, which goes on where there is none.
    pub fn tail(&mut self) {
        const TAIL: u32 = 12;
        if self.has_context && (self.owed.is_empty() || !self.careful()) {
            self.call_by_id(TAIL);
            self.emit(Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(0)));
            self.held[0] = Held::Scalar;
        }
    }
}
