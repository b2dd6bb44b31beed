//! The types of functions: those that the kernel judges by themselves, by what their types say of their arguments.

use gobpf_btf::{Btf, IntEncoding, Linkage, Member, Parameter, Type, TypeId, VOID};

use super::builder::{Builder, CONTEXT, FP, Held};
use super::calls::{DYNPTR, VALUE};
use super::kinds::KindRow;
use super::world::GLOBALS;
use gobpf_bpf::insn::{JmpOp, Size, SourceOperand, Width};

/// Bytes of the struct that parameters point to.
const BYTES: u32 = 16;

/// A parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Param {
    /// `u64`
    Number,
    /// A pointer to the struct that the kind's context is called.
    Context,
    /// `void *` that is tagged as the context.
    TaggedContext,
    /// A pointer to a struct of [`BYTES`] bytes.
    Memory,
    /// The same that is tagged not to be null.
    NonNull,
    /// A pointer to a `task_struct` that is tagged as one that can be trusted.
    Task,
    /// The same that may be null.
    TaskOrNull,
    /// `struct bpf_dynptr *`
    Dynptr,
    /// A struct by value, which no function may take.
    Struct,
    /// `void *`
    Untyped,
    /// A pointer to a struct that is only named.
    Forward,
    /// A pointer to a `task_struct` that is tagged as one that can't be trusted.
    UntrustedTask,
    /// A pointer to numbers, tagged in the same way.
    UntrustedNumbers,
    /// A pointer that is tagged to be one into an arena.
    Arena,
    /// A tag that means nothing.
    MisTagged,
}

/// What a function gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Returns {
    Number,
    Nothing,
    Pointer,
}

/// What a function takes and gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    params: [Option<Param>; 5],
    returns: Returns,
    /// What the program throws is given to it.
    pub catches: bool,
}

/// How often a parameter is of each sort, where care is taken and where it is not.
const PARAMS: &[(u32, Param)] = &[
    (8, Param::Number),
    (6, Param::Context),
    (2, Param::TaggedContext),
    (6, Param::Memory),
    (4, Param::NonNull),
    (2, Param::Task),
    (1, Param::TaskOrNull),
    (2, Param::Dynptr),
    (1, Param::UntrustedTask),
    (1, Param::UntrustedNumbers),
    (1, Param::Arena),
];
const ODD_PARAMS: &[(u32, Param)] = &[
    (2, Param::Struct),
    (2, Param::Untyped),
    (1, Param::Forward),
    (1, Param::MisTagged),
    (2, Param::Context),
    (2, Param::Task),
];

impl Signature {
    /// What the function believes that R1 to R5 hold.
    pub fn arguments(&self) -> [Held; 5] {
        self.params.map(|param| match param {
            None | Some(Param::Struct | Param::Untyped | Param::Forward | Param::MisTagged) => Held::Nothing,
            Some(Param::Number) => Held::Scalar,
            Some(Param::Context | Param::TaggedContext) => Held::Context,
            Some(Param::Memory) => Held::MemoryOrNull(BYTES),
            Some(Param::NonNull) => Held::Memory(BYTES),
            Some(Param::Task) => Held::Task,
            Some(Param::TaskOrNull) => Held::TaskOrNull,
            Some(Param::UntrustedTask) => Held::Kernel,
            Some(Param::UntrustedNumbers) => Held::Constant(8),
            Some(Param::Arena) => Held::Value(64),
            Some(Param::Dynptr) => Held::Dynptr,
        })
    }

    pub fn params(&self) -> impl Iterator<Item = Param> + use<> {
        self.params.into_iter().flatten()
    }
}

impl Builder<'_> {
    /// What a new global function takes and gives.
    pub fn signature(&mut self) -> Signature {
        let mut params = [None; 5];
        let count = self.rng.below(4);
        for param in params.iter_mut().take(count) {
            let choices = if self.careful() { PARAMS } else { ODD_PARAMS };
            let wanted = self.rng.weighted(choices);
            let fits = match wanted {
                Param::Context | Param::TaggedContext => {
                    self.has_context && !self.kind.context_type.is_empty()
                }
                Param::Dynptr => self.has_dynptr,
                Param::Task => self.kept(|held| held == Held::Task).is_some(),
                _ => true,
            };
            *param = Some(if fits || !self.careful() { wanted } else { Param::Number });
        }
        let returns = match self.rng.below(20) {
            0 if !self.careful() => Returns::Pointer,
            1 if !self.careful() => Returns::Nothing,
            _ => Returns::Number,
        };
        Signature { params, returns, catches: false }
    }

    /// What a function that catches takes and gives.
    pub fn catching(&mut self) -> Signature {
        let careful = self.careful();
        let odd = [Param::Number, Param::Number, Param::Context, Param::Memory, Param::NonNull];
        let first = if careful { Param::Number } else { self.rng.pick(&odd) };
        let second = (!careful && self.rng.chance(30)).then_some(Param::Number);
        let returns = if careful || self.rng.chance(60) { Returns::Number } else { Returns::Nothing };
        Signature { params: [Some(first), second, None, None, None], returns, catches: true }
    }

    /// Has `register` be what the parameter wants.
    pub fn provide_param(&mut self, register: u8, param: Param) {
        if !self.careful() && self.rng.chance(40) {
            let wrong = self.any();
            return self.move_reg(register, wrong);
        }
        match param {
            Param::Number | Param::Struct | Param::MisTagged => {
                let value = self.rng.constant();
                self.move_imm(register, value);
            }
            Param::Context | Param::TaggedContext => self.move_reg(register, CONTEXT),
            Param::Memory | Param::TaskOrNull if self.rng.chance(25) => self.move_imm(register, 0),
            Param::Memory | Param::NonNull if self.rng.chance(30) => {
                let (map, room) = GLOBALS[1];
                self.load_global(register, map, room, 0);
            }
            Param::UntrustedTask | Param::UntrustedNumbers | Param::Arena => {
                let any = self.any();
                self.move_reg(register, any);
            }
            Param::Memory | Param::NonNull | Param::Untyped | Param::Forward => {
                self.store_imm(Size::DW, FP, VALUE as i16, 0);
                self.store_imm(Size::DW, FP, VALUE as i16 + 8, 0);
                self.stack_address(register, VALUE);
            }
            Param::Task | Param::TaskOrNull => match self.kept(|held| held == Held::Task) {
                Some(task) => self.move_reg(register, task),
                None => self.move_imm(register, 0),
            },
            Param::Dynptr => self.stack_address(register, DYNPTR),
        }
    }

    /// Checks a parameter that may be null, most of the time.
    pub fn check_parameter(&mut self, register: u8) {
        let held = self.held[register as usize];
        if !held.is_nullable() || !self.careful() {
            return;
        }
        let found = self.jump_if(Width::W64, JmpOp::Ne, register, SourceOperand::Imm(0));
        self.leave();
        self.land(found);
        self.held[register as usize] = held.checked();
    }
}

/// Declares the types of a program's functions, of which the program itself is the first: their numbers.
pub(super) fn declare(btf: &mut Btf, kind: &KindRow, functions: &[Option<Signature>]) -> Vec<TypeId> {
    let mut types = Types::new(btf, kind);
    let declared: Vec<TypeId> =
        functions.iter().enumerate().map(|(index, one)| types.function(btf, index, one.as_ref())).collect();
    let catching = functions.iter().position(|one| one.is_some_and(|signature| signature.catches));
    if let Some((target, index)) = declared.first().zip(catching) {
        let name = format!("exception_callback:{}", name_of(index));
        btf.push(Type::DeclTag { name, target: *target, component: -1 });
    }
    declared
}

/// The name of function number `index`, of which the program is the first.
pub(super) fn name_of(index: usize) -> String {
    if index == 0 { "random".into() } else { format!("f{index}") }
}

/// Types that functions speak of.
struct Types {
    int: TypeId,
    number: TypeId,
    memory: TypeId,
    untyped: TypeId,
    numbers: TypeId,
    context: TypeId,
    task: TypeId,
    dynptr: TypeId,
    forward: TypeId,
    by_value: TypeId,
}

impl Types {
    fn new(btf: &mut Btf, kind: &KindRow) -> Types {
        let int = btf.push(Type::Int { name: "int".into(), size: 4, encoding: IntEncoding::Signed });
        let encoding = IntEncoding::Unsigned;
        let number = btf.push(Type::Int { name: "unsigned long long".into(), size: 8, encoding });
        let members = vec![Member::new("a", number, 0), Member::new("b", number, 8)];
        let by_value = btf.push(Type::Struct { name: "pair".into(), size: BYTES, members });
        let named = |btf: &mut Btf, name: &str| {
            let members = vec![Member::new("a", number, 0)];
            let target = btf.push(Type::Struct { name: name.into(), size: 8, members });
            btf.push(Type::Pointer(target))
        };
        let unknown = btf.push(Type::Forward { name: "unknown".into(), union: false });
        let context = if kind.context_type.is_empty() { "nothing" } else { kind.context_type };
        Types {
            int,
            number,
            memory: btf.push(Type::Pointer(by_value)),
            untyped: btf.push(Type::Pointer(VOID)),
            numbers: btf.push(Type::Pointer(number)),
            context: named(btf, context),
            task: named(btf, "task_struct"),
            dynptr: named(btf, "bpf_dynptr"),
            forward: btf.push(Type::Pointer(unknown)),
            by_value,
        }
    }

    /// The function number `index`; a static one without parameters where nothing is said.
    fn function(&mut self, btf: &mut Btf, index: usize, signature: Option<&Signature>) -> TypeId {
        let params: Vec<Param> = signature.map(|one| one.params().collect()).unwrap_or_default();
        let parameter = |(at, param): (usize, &Param)| Parameter {
            name: format!("a{at}"),
            ty: match param {
                Param::Number => self.number,
                Param::Context => self.context,
                Param::Memory | Param::NonNull | Param::MisTagged => self.memory,
                Param::Task | Param::TaskOrNull | Param::UntrustedTask => self.task,
                Param::UntrustedNumbers => self.numbers,
                Param::Dynptr => self.dynptr,
                Param::Struct => self.by_value,
                Param::TaggedContext | Param::Untyped | Param::Arena => self.untyped,
                Param::Forward => self.forward,
            },
        };
        let returns = match signature.map_or(Returns::Number, |one| one.returns) {
            Returns::Number => self.int,
            Returns::Nothing => VOID,
            Returns::Pointer => self.memory,
        };
        let parameters = params.iter().enumerate().map(parameter).collect();
        let prototype = btf.push(Type::Prototype { returns, parameters });
        let linkage = if signature.is_some() || index == 0 { Linkage::Global } else { Linkage::Static };
        let function = btf.push(Type::Function { name: name_of(index), prototype, linkage });
        for (component, param) in params.iter().enumerate() {
            for tag in tags(*param) {
                btf.push(Type::DeclTag {
                    name: (*tag).into(),
                    target: function,
                    component: component as i32,
                });
            }
        }
        function
    }
}

/// The tags of a parameter.
fn tags(param: Param) -> &'static [&'static str] {
    match param {
        Param::TaggedContext => &["arg:ctx"],
        Param::NonNull => &["arg:nonnull"],
        Param::Task => &["arg:trusted"],
        Param::TaskOrNull => &["arg:trusted", "arg:nullable"],
        Param::UntrustedTask | Param::UntrustedNumbers => &["arg:untrusted"],
        Param::Arena => &["arg:arena"],
        Param::MisTagged => &["arg:whatever"],
        _ => &[],
    }
}
