//! HIR as stable text, close to Go.

use std::fmt::Write as _;

use crate::hir::{
    Argument, BinaryOp, Block, CompareOp, Constant, Expr, ExprKind, Function, Inlining, LocalId, Package,
    Provenance, Stmt, StmtKind, Type, TypeId, UnaryOp,
};

/// The kernel side of a package as text, for people and for tests.
pub fn print(package: &Package) -> String {
    let mut out = format!("license {:?}\nkernel {}\n", package.license, package.target);
    let printer = Printer { package };
    for map in &package.maps {
        let kind = map.kind.row().map_or("?", |row| row.name);
        let (key, value) = (printer.ty(map.key), printer.ty(map.value));
        let _ = write!(out, "\nmap {} {kind}[{key}, {value}] entries {}", map.name, map.max_entries);
        if map.flags != 0 {
            let _ = write!(out, " flags {:#x}", map.flags);
        }
    }
    for global in &package.globals {
        let word = if global.constant { "const" } else { "var" };
        let _ = write!(out, "\n{word} {} {}", global.name, printer.ty(global.ty));
        if let Some(initial) = &global.initial {
            let bytes: Vec<String> = initial.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = write!(out, " = {}", bytes.join(" "));
        }
    }
    if !package.maps.is_empty() || !package.globals.is_empty() {
        out.push('\n');
    }
    for program in &package.programs {
        let name = printer.function_name(program.function.0);
        let _ = write!(out, "\nprogram {} {:?} = {name}\n", program.name, program.section);
    }
    for (index, function) in package.functions.iter().enumerate() {
        printer.function(index as u32, function, &mut out);
    }
    out
}

struct Printer<'p> {
    package: &'p Package,
}

impl Printer<'_> {
    fn ty(&self, id: TypeId) -> String {
        let types = &self.package.types;
        let provenance = |provenance: Provenance| match provenance {
            Provenance::Nil => "nil",
            Provenance::Stack => "stack",
            Provenance::Global => "global",
            Provenance::MapValue => "map",
            Provenance::Constant => "const",
            Provenance::RingBuf => "ringbuf",
            Provenance::Mixed => "mixed",
            Provenance::Packet => "packet",
            Provenance::Context => "ctx",
        };
        match types.get(id) {
            Type::Pointer { target, provenance: memory } => {
                format!("*{}@{}", self.ty(*target), provenance(*memory))
            }
            Type::Slice { element, provenance: memory } => {
                format!("[]{}@{}", self.ty(*element), provenance(*memory))
            }
            Type::String { provenance: memory } => format!("string@{}", provenance(*memory)),
            _ => types.name_of(id),
        }
    }

    /// The name, with a number where the function has several specialisations.
    fn function_name(&self, index: u32) -> String {
        let functions = &self.package.functions;
        let Some(function) = functions.get(index as usize) else { return "?".into() };
        let same = |other: &&Function| other.decl == function.decl && other.name == function.name;
        match functions.iter().filter(same).count() {
            0 | 1 => function.name.to_string(),
            _ => {
                let before = functions.iter().take(index as usize).filter(same).count();
                format!("{}'{}", function.name, before + 1)
            }
        }
    }

    fn function(&self, index: u32, function: &Function, out: &mut String) {
        let params: Vec<String> = function
            .params
            .iter()
            .map(|param| {
                let ty = function.locals.get(param.0 as usize).map(|local| self.ty(local.ty));
                format!("{} {}", local_name(function, *param), ty.unwrap_or_default())
            })
            .collect();
        let results: Vec<String> = function.results.iter().map(|ty| self.ty(*ty)).collect();
        let results = match results.as_slice() {
            [] => String::new(),
            [one] => format!(" {one}"),
            several => format!(" ({})", several.join(", ")),
        };
        let directive = match function.inlining {
            Inlining::Automatic => "",
            Inlining::Never => "//bpf:noinline\n",
            Inlining::Global => "//bpf:global\n",
        };
        let name = self.function_name(index);
        let _ = writeln!(out, "\n{directive}func {name}({}){results} {{", params.join(", "));
        let body = Body { printer: self, function };
        body.block(&function.body, 1, out);
        for deferred in &function.defers {
            let _ = writeln!(out, "defer if {} {{", local_name(function, deferred.flag));
            body.block(&deferred.body, 1, out);
            out.push_str("}\n");
        }
        out.push_str("}\n");
    }
}

fn local_name(function: &Function, local: LocalId) -> String {
    let name = function.locals.get(local.0 as usize).map_or("", |local| local.name.as_str());
    let taken = function.locals.get(local.0 as usize).is_some_and(|local| local.address_taken);
    format!("{name}%{}{}", local.0, if taken { "&" } else { "" })
}

struct Body<'p> {
    printer: &'p Printer<'p>,
    function: &'p Function,
}

impl Body<'_> {
    fn block(&self, block: &Block, depth: usize, out: &mut String) {
        for stmt in block {
            self.stmt(stmt, depth, out);
        }
    }

    fn stmt(&self, stmt: &Stmt, depth: usize, out: &mut String) {
        let indent = "\t".repeat(depth);
        let line = |out: &mut String, text: String| {
            out.push_str(&indent);
            out.push_str(&text);
            out.push('\n');
        };
        match &stmt.kind {
            StmtKind::Declare { local, init } => {
                let ty = self.function.locals.get(local.0 as usize).map(|local| self.printer.ty(local.ty));
                let init = init.as_ref().map_or(String::new(), |init| format!(" = {}", self.expr(init)));
                let name = local_name(self.function, *local);
                line(out, format!("var {name} {}{init}", ty.unwrap_or_default()));
            }
            StmtKind::Assign { targets, values } => {
                line(out, format!("{} = {}", self.targets(targets), self.list(values)));
            }
            StmtKind::AssignCall { targets, call } => {
                line(out, format!("{} = {}", self.targets(targets), self.expr(call)));
            }
            StmtKind::AssignOp { target, op, value } => {
                line(out, format!("{} {}= {}", self.expr(target), binary(*op), self.expr(value)));
            }
            StmtKind::Expr(expr) => line(out, self.expr(expr)),
            StmtKind::Block(block) => {
                line(out, "{".into());
                self.block(block, depth + 1, out);
                line(out, "}".into());
            }
            StmtKind::If { cond, then, otherwise } => {
                line(out, format!("if {} {{", self.expr(cond)));
                self.block(then, depth + 1, out);
                if !otherwise.is_empty() {
                    line(out, "} else {".into());
                    self.block(otherwise, depth + 1, out);
                }
                line(out, "}".into());
            }
            StmtKind::For { label, cond, post, body } => {
                let cond = cond.as_ref().map_or(String::new(), |cond| format!(" {}", self.expr(cond)));
                line(out, format!("L{}: for{cond} {{", label.0));
                self.block(body, depth + 1, out);
                if !post.is_empty() {
                    line(out, "} post {".into());
                    self.block(post, depth + 1, out);
                }
                line(out, "}".into());
            }
            StmtKind::Switch { label, clauses } => {
                line(out, format!("L{}: switch {{", label.0));
                for clause in clauses {
                    match &clause.conditions {
                        Some(conditions) => line(out, format!("case {}:", self.list(conditions))),
                        None => line(out, "default:".into()),
                    }
                    self.block(&clause.body, depth + 1, out);
                    if clause.fallthrough {
                        line(out, "\tfallthrough".into());
                    }
                }
                line(out, "}".into());
            }
            StmtKind::Break(label) => line(out, format!("break L{}", label.0)),
            StmtKind::Continue(label) => line(out, format!("continue L{}", label.0)),
            StmtKind::Return(values) => line(out, format!("return {}", self.list(values)).trim_end().into()),
            StmtKind::ReturnCall(call) => line(out, format!("return {}", self.expr(call))),
            StmtKind::Panic => line(out, "panic".into()),
            StmtKind::Goto(label) => line(out, format!("goto L{}", label.0)),
            StmtKind::Label(label) => line(out, format!("L{}:", label.0)),
            StmtKind::Clear(slice) => line(out, format!("clear({})", self.expr(slice))),
            StmtKind::MapDelete { map, key } => {
                line(out, format!("delete({}, {})", self.map(*map), self.expr(key)));
            }
        }
    }

    fn targets(&self, targets: &[Option<Expr>]) -> String {
        let targets: Vec<String> = targets
            .iter()
            .map(|target| target.as_ref().map_or("_".to_owned(), |target| self.expr(target)))
            .collect();
        targets.join(", ")
    }

    fn list(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    fn expr(&self, expr: &Expr) -> String {
        let ty = || self.printer.ty(expr.ty);
        match &expr.kind {
            ExprKind::Const(Constant::Bool(value)) => value.to_string(),
            ExprKind::Const(Constant::Int(value)) => format!("{value}:{}", ty()),
            ExprKind::Const(Constant::String(bytes)) => format!("{:?}", String::from_utf8_lossy(bytes)),
            ExprKind::Zero => format!("zero:{}", ty()),
            ExprKind::Local(local) => local_name(self.function, *local),
            ExprKind::Global(global) => {
                let global = self.printer.package.globals.get(global.0 as usize);
                global.map_or("?".into(), |global| format!("${}", global.name))
            }
            ExprKind::Field { base, index } => {
                let name = match self.printer.package.types.get(base.ty) {
                    Type::Struct(layout) => {
                        layout.fields.get(*index as usize).map(|field| field.name.clone())
                    }
                    _ => None,
                };
                format!("{}.{}", self.expr(base), name.unwrap_or_default())
            }
            ExprKind::Deref(pointer) => format!("(*{})", self.expr(pointer)),
            ExprKind::Index { base, index } => format!("{}[{}]", self.expr(base), self.expr(index)),
            ExprKind::Slice { base, low, high, max } => {
                let bound = |bound: &Option<Box<Expr>>| {
                    bound.as_ref().map_or(String::new(), |bound| self.expr(bound))
                };
                let max = max.as_ref().map_or(String::new(), |max| format!(":{}", self.expr(max)));
                format!("{}[{}:{}{max}]", self.expr(base), bound(low), bound(high))
            }
            ExprKind::AddressOf(place) => format!("&{}", self.expr(place)),
            ExprKind::Struct(values) => format!("{}{{{}}}", ty(), self.list(values)),
            ExprKind::Array(values) => {
                let values: Vec<String> =
                    values.iter().map(|(index, value)| format!("{index}: {}", self.expr(value))).collect();
                format!("{}{{{}}}", ty(), values.join(", "))
            }
            ExprKind::Unary { op, operand } => {
                let op = match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Complement => "^",
                    UnaryOp::Not => "!",
                };
                format!("{op}{}", self.expr(operand))
            }
            ExprKind::Binary { op, left, right } => {
                format!("({} {} {})", self.expr(left), binary(*op), self.expr(right))
            }
            ExprKind::Compare { op, left, right } => {
                format!("({} {} {})", self.expr(left), compare(*op), self.expr(right))
            }
            ExprKind::Logical { and, left, right } => {
                format!("({} {} {})", self.expr(left), if *and { "&&" } else { "||" }, self.expr(right))
            }
            ExprKind::Convert(inner) => format!("{}({})", ty(), self.expr(inner)),
            ExprKind::Len(slice) => format!("len({})", self.expr(slice)),
            ExprKind::Call { function, arguments } => {
                format!("{}({})", self.printer.function_name(function.0), self.list(arguments))
            }
            ExprKind::Helper { helper, arguments } => {
                let name = gobpf_bpf::tables::Helper::by_id(*helper).map_or("?", |helper| helper.name);
                let arguments: Vec<String> =
                    arguments.iter().map(|argument| self.argument(argument)).collect();
                format!("bpf_{name}({})", arguments.join(", "))
            }
            ExprKind::Packet { context, .. } => format!("packet({})", self.expr(context)),
            ExprKind::Cap(slice) => format!("cap({})", self.expr(slice)),
            ExprKind::Copy { to, from } => format!("copy({}, {})", self.expr(to), self.expr(from)),
            ExprKind::MinMax { max, operands } => {
                format!("{}({})", if *max { "max" } else { "min" }, self.list(operands))
            }
            ExprKind::CopyBytes { bytes, capacity } => {
                format!("copy[{capacity}]({})", self.expr(bytes))
            }
            ExprKind::Sequence { stmts, value } => {
                let mut inner = String::new();
                self.block(stmts, 0, &mut inner);
                format!("({{ {}; {} }})", inner.trim_end().replace('\n', "; "), self.expr(value))
            }
            ExprKind::MapIndex { map, key } => format!("{}[{}]", self.map(*map), self.expr(key)),
            ExprKind::Intrinsic { op, arguments } => format!("{op:?}({})", self.list(arguments)),
            ExprKind::Closure { function, captures } => {
                format!("closure {}({})", self.printer.function_name(function.0), self.list(captures))
            }
            ExprKind::CallValue { callee, arguments } => {
                format!("{}({})", self.expr(callee), self.list(arguments))
            }
        }
    }

    fn map(&self, map: crate::hir::MapId) -> String {
        self.printer.package.maps.get(map.0 as usize).map_or("?".into(), |map| map.name.to_string())
    }

    fn argument(&self, argument: &Argument) -> String {
        match argument {
            Argument::Value(value) => self.expr(value),
            Argument::Reference(value) => format!("ref {}", self.expr(value)),
            Argument::Memory(slice) => format!("mem {}", self.expr(slice)),
            Argument::Map(map) => format!("map {}", self.map(*map)),
            Argument::CallbackValue { function, .. } => format!("func {}", self.expr(function)),
            Argument::Callback(function) => {
                format!("func {}", self.printer.function_name(function.0))
            }
            Argument::Text(bytes) => format!("text {:?}", String::from_utf8_lossy(bytes)),
        }
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Quo => "/",
        BinaryOp::Rem => "%",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
        BinaryOp::AndNot => "&^",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
    }
}

fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "==",
        CompareOp::NotEqual => "!=",
        CompareOp::Less => "<",
        CompareOp::LessEqual => "<=",
        CompareOp::Greater => ">",
        CompareOp::GreaterEqual => ">=",
    }
}
