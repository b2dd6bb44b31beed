//! Stable text of the SSA form, for `--emit ir` and for tests.

use std::fmt::Write as _;

use crate::ir::{Function, Inst, InstKind, Module, Role, Target, Terminator, Type, Value};

/// The programs of a module as text, then the functions that they call.
pub fn print_module(module: &Module) -> String {
    let functions = module.programs.iter().chain(&module.subprograms);
    functions.map(|function| print_in(function, Some(module))).collect::<Vec<_>>().join("\n")
}

/// The function as text: blocks in order, values as `v3`, the reason of an instruction behind it.
pub fn print(function: &Function) -> String {
    print_in(function, None)
}

fn print_in(function: &Function, module: Option<&Module>) -> String {
    let mut out = String::new();
    let role = match function.role {
        Role::Program => "program",
        Role::Subprogram => "function",
        Role::Global { .. } => "global function",
    };
    let _ = writeln!(out, "{role} {}", function.name);
    for (index, slot) in function.slots.iter().enumerate() {
        let name = if slot.name.is_empty() { "temporary" } else { &slot.name };
        let _ = writeln!(out, "  slot{index}: {} bytes, {name}", slot.size);
    }
    for &block in &function.order {
        let data = function.block(block);
        let params: Vec<_> =
            data.params.iter().map(|value| format!("{}: {}", v(*value), ty(function.ty(*value)))).collect();
        let _ = writeln!(out, "block{}({}):", block.0, params.join(", "));
        for &inst in &data.insts {
            let _ = writeln!(out, "  {}", print_inst(function, inst, module));
        }
        let _ = writeln!(out, "  {}", print_end(&data.end));
    }
    out
}

fn print_inst(function: &Function, inst: Inst, module: Option<&Module>) -> String {
    let data = function.inst(inst);
    let mut line = match data.result {
        Some(value) => format!("{}: {} = ", v(value), ty(function.ty(value))),
        None => String::new(),
    };
    line += &match &data.kind {
        InstKind::Const(number) => format!("const {number}"),
        InstKind::Binary(op, a, b) => format!("{} {}, {}", format!("{op:?}").to_lowercase(), v(*a), v(*b)),
        InstKind::Neg(a) => format!("neg {}", v(*a)),
        InstKind::SignExtend(bits, a) => format!("sext{bits} {}", v(*a)),
        InstKind::Sext64(a) => format!("sext64 {}", v(*a)),
        InstKind::Zext64(a) => format!("zext64 {}", v(*a)),
        InstKind::Trunc(a) => format!("trunc {}", v(*a)),
        InstKind::Narrow(a) => format!("narrow {}", v(*a)),
        InstKind::Checked(a) => format!("checked {}", v(*a)),
        InstKind::Pin(pointer, offset) => format!("pin {} {offset:+}", v(*pointer)),
        InstKind::Opaque(a) => format!("opaque {}", v(*a)),
        InstKind::PtrAdd(a, b) => format!("ptradd {}, {}", v(*a), v(*b)),
        InstKind::PtrDiff(a, b) => format!("ptrdiff {}, {}", v(*a), v(*b)),
        InstKind::SlotAddr(slot, offset) => format!("slot{}{offset:+}", slot.0),
        InstKind::Spilled(size, a) => format!("spilled {} {}", size.bytes(), v(*a)),
        InstKind::MapRef(map) => format!("map {}", map.0),
        InstKind::GlobalAddr(global, offset) => format!("global {}{:+}", global.0, offset),
        InstKind::TextAddr(offset) => format!("text {offset}"),
        InstKind::ContextField(size, a, offset) => format!("context {} {}{offset:+}", size.bytes(), v(*a)),
        InstKind::Load(size, a, offset) => format!("load {} {}{offset:+}", size.bytes(), v(*a)),
        InstKind::Store(size, a, offset, b) => {
            format!("store {} {}{offset:+}, {}", size.bytes(), v(*a), v(*b))
        }
        InstKind::ByteSwap(bits, a) => format!("swap{bits} {}", v(*a)),
        InstKind::FunctionAddr(callee) => {
            let callee = module.and_then(|module| module.subprograms.get(callee.0 as usize));
            format!("function {}", callee.map_or("?", |callee| &callee.name))
        }
        InstKind::Born(slot) => format!("born slot{}", slot.0),
        InstKind::Atomic(op, size, a, offset, b) => {
            let op = format!("{op:?}").to_lowercase();
            format!("atomic {op} {} {}{offset:+}, {}", size.bytes(), v(*a), v(*b))
        }
        InstKind::CompareExchange(size, a, offset, b, c) => {
            format!("atomic cmpxchg {} {}{offset:+}, {}, {}", size.bytes(), v(*a), v(*b), v(*c))
        }
        InstKind::Call(helper, arguments) => format!("call {helper}({})", list(arguments)),
        InstKind::CallSubprogram(callee, arguments) => {
            let callee = module.and_then(|module| module.subprograms.get(callee.0 as usize));
            format!("call {}({})", callee.map_or("?", |callee| &callee.name), list(arguments))
        }
    };
    let why = data.origin.why.describe();
    if !why.is_empty() {
        let _ = write!(line, "  ; {why}");
    }
    line
}

fn print_end(end: &Terminator) -> String {
    match end {
        Terminator::Open => "open".into(),
        Terminator::Jump(to) => format!("jump {}", target(to)),
        Terminator::Branch { cond, then, otherwise } => format!(
            "if {} {} {} then {} else {}",
            v(cond.left),
            format!("{:?}", cond.op).to_lowercase(),
            v(cond.right),
            target(then),
            target(otherwise)
        ),
        Terminator::Return(value) => format!("return {}", v(*value)),
        Terminator::Abort => "abort".into(),
    }
}

fn target(target: &Target) -> String {
    format!("block{}({})", target.block.0, list(&target.args))
}

fn list(values: &[Value]) -> String {
    values.iter().map(|value| v(*value)).collect::<Vec<_>>().join(", ")
}

fn v(value: Value) -> String {
    format!("v{}", value.0)
}

fn ty(ty: Type) -> &'static str {
    match ty {
        Type::I32 => "i32",
        Type::I64 => "i64",
        Type::Pointer => "ptr",
    }
}
