//! The types of a program's functions: the kernel wants them where a function is given to a helper, and where one is
//! verified by itself.

use gobpf_bpf::insn::pseudo;
use gobpf_bpf::{Code, Object, Program};
use gobpf_btf::{Btf, IntEncoding, Linkage, Type, TypeId};

use crate::labels::starts;
use crate::text;

/// How deep types may nest before the rest is taken as bytes.
const DEEPEST: u32 = 16;

/// What is known of the functions of one program.
#[derive(Clone, Copy)]
pub struct Functions<'a> {
    btf: &'a Btf,
    program: &'a Program,
    wanted: bool,
}

impl<'a> Functions<'a> {
    /// The functions of `program`.
    pub fn of(object: &'a Object, program: &'a Program) -> Functions<'a> {
        Functions { btf: &object.btf, program, wanted: are_wanted(object, program) }
    }

    /// The Go expression of the first instruction of the function that begins at `slot`: `expression`, under the name
    /// `label`.
    pub fn begin(&self, slot: usize, label: &str, expression: &str) -> String {
        if !self.wanted {
            return format!("{expression}.WithSymbol(\"{label}\")");
        }
        match self.global(slot) {
            Some(prototype) => format!("typed(\"{label}\", btf.GlobalFunc, {prototype}, {expression})"),
            None => format!("static(\"{label}\", {expression})"),
        }
    }

    /// The prototype of the function at `slot`, if the kernel verifies it by itself.
    fn global(&self, slot: usize) -> Option<String> {
        let function = self.program.code.subprogram_at(u32::try_from(slot).ok()?)?;
        let prototype = global_prototype(self.btf, function.func?)?;
        let Type::Prototype { returns, parameters } = self.btf.get(prototype)? else { return None };
        let parameters: String = parameters
            .iter()
            .map(|one| {
                format!("\t\t\t\t\t{{Name: {}, Type: {}}},\n", text::string(&one.name), self.go(one.ty, 0))
            })
            .collect();
        let parameters = match parameters.is_empty() {
            true => String::new(),
            false => format!("\t\t\t\tParams: []btf.FuncParam{{\n{parameters}\t\t\t\t}},\n"),
        };
        let returns = self.go(*returns, 0);
        Some(format!("&btf.FuncProto{{\n\t\t\t\tReturn: {returns},\n{parameters}\t\t\t}}"))
    }

    /// A type as a Go expression of cilium/ebpf's package `btf`. Of a struct, the kernel reads name and size.
    fn go(&self, ty: TypeId, depth: u32) -> String {
        match self.btf.get(ty) {
            Some(Type::Int { name, size, encoding }) => integer(name, *size, *encoding),
            Some(Type::Pointer(target)) if depth < DEEPEST => {
                format!("&btf.Pointer{{Target: {}}}", self.go(*target, depth + 1))
            }
            Some(Type::Array { element, length }) if depth < DEEPEST => {
                let index = integer("uint32", 4, IntEncoding::Unsigned);
                let element = self.go(*element, depth + 1);
                format!("&btf.Array{{Index: {index}, Type: {element}, Nelems: {length}}}")
            }
            Some(Type::Struct { name, size, .. }) => {
                format!("&btf.Struct{{Name: {}, Size: {size}}}", text::string(name))
            }
            Some(Type::Typedef { target, .. }) => self.go(*target, depth),
            Some(other) => match other.qualified() {
                Some(target) if depth < DEEPEST => self.go(target, depth + 1),
                _ => "(*btf.Void)(nil)".to_owned(),
            },
            None => "(*btf.Void)(nil)".to_owned(),
        }
    }
}

fn integer(name: &str, size: u32, encoding: IntEncoding) -> String {
    let encoding = match encoding {
        IntEncoding::Unsigned => "btf.Unsigned",
        IntEncoding::Signed => "btf.Signed",
        IntEncoding::Char => "btf.Char",
        IntEncoding::Bool => "btf.Bool",
    };
    format!("&btf.Int{{Name: {}, Size: {size}, Encoding: {encoding}}}", text::string(name))
}

/// Whether the kernel must know the types of the functions of `program`.
pub fn are_wanted(object: &Object, program: &Program) -> bool {
    let code: &Code = &program.code;
    let given = starts(&code.insns).any(|(_, insn)| insn.is_load_imm64() && insn.src == pseudo::FUNC);
    given || has_global(object, program)
}

/// Whether a function of `program` is verified by itself.
pub fn has_global(object: &Object, program: &Program) -> bool {
    let mut functions = program.code.subprograms.iter().filter(|one| one.slot > 0);
    functions.any(|one| one.func.is_some_and(|func| global_prototype(&object.btf, func).is_some()))
}

/// The prototype of the function `func`, if it is verified by itself.
fn global_prototype(btf: &Btf, func: TypeId) -> Option<TypeId> {
    match btf.get(func)? {
        Type::Function { prototype, linkage: Linkage::Global, .. } => Some(*prototype),
        _ => None,
    }
}
