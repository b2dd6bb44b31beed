//! Calls: functions with several results, methods, generic functions, iterators, functions that take functions.

use super::r#gen::{Gen, MARK};
use super::types::{Func, Int, Ty};

impl Gen {
    pub fn function_call(&mut self) -> bool {
        let many: Vec<Func> = self
            .funcs
            .iter()
            .filter(|func| func.results.len() > 1 || (!func.pure && !self.pure))
            .cloned()
            .collect();
        if many.is_empty() {
            return false;
        }
        let func = many[self.rng.below(many.len())].clone();
        if func.results.iter().any(|ty| !self.has_room(ty)) || (self.pure && !func.pure) {
            return false;
        }
        let arguments: Vec<String> = func.params.iter().map(|ty| self.expr(ty, 1).text).collect();
        let names: Vec<String> = func
            .results
            .iter()
            .map(|_| if self.rng.chance(15) { "_".to_owned() } else { self.name("v") })
            .collect();
        if names.is_empty() || (names.len() == 1 && self.rng.chance(20)) {
            self.line(format!("{}({})", func.name, arguments.join(", ")));
            return true;
        }
        let sign = if names.iter().all(|name| name == "_") { "=" } else { ":=" };
        self.line(format!("{} {sign} {}({})", names.join(", "), func.name, arguments.join(", ")));
        for (name, ty) in names.iter().zip(&func.results) {
            if name != "_" {
                self.declare(name, ty, true);
            }
        }
        true
    }

    pub fn method_call(&mut self) -> bool {
        let found =
            self.var(|it, var| var.mutable && it.methods(&var.ty).iter().any(|method| method.on_pointer));
        let Some(var) = found else { return false };
        if self.pure && self.globals.iter().any(|global| global.name == var.name) {
            return false;
        }
        let Ty::Named(index) = self.plain(&var.ty) else { return false };
        let methods: Vec<Func> =
            self.methods(&var.ty).into_iter().filter(|method| method.on_pointer).collect();
        let method = methods[self.rng.below(methods.len())].clone();
        if !self.types[index].methods.iter().any(|own| own.name == method.name)
            && !self.on("promoted methods")
        {
            return false;
        }
        let arguments: Vec<String> = method.params.iter().map(|ty| self.expr(ty, 1).text).collect();
        let (of, arguments) = (&var.name, arguments.join(", "));
        if let Some(ty) = method.results.first().filter(|ty| self.has_room(ty)).cloned() {
            let name = self.name("v");
            self.line(format!("{name} := {of}.{}({arguments})", method.name));
            self.declare(&name, &ty, true);
            return true;
        }
        match self.rng.below(4) {
            0 if self.on("method values") && !self.in_closure => {
                let name = self.name("m");
                self.line(format!("{name} := {of}.{}", method.name));
                self.line(format!("{name}({arguments})"));
            }
            1 => self.line(format!("(&{of}).{}({arguments})", method.name)),
            2 if self.on("method expressions") => {
                let comma = if arguments.is_empty() { "" } else { ", " };
                let ty = &self.types[index].name;
                self.line(format!("(*{ty}).{}(&{of}{comma}{arguments})", method.name));
            }
            _ => self.line(format!("{of}.{}({arguments})", method.name)),
        }
        true
    }

    /// A function that takes a function.
    pub fn taker(&mut self) -> String {
        let name = format!("twice{MARK}");
        if !self.top.iter().any(|text| text.starts_with(&format!("func {name}("))) {
            self.top.push(format!(
                "func {name}(x uint32, f func(uint32) uint32) uint32 {{\n\tif x > 1000 {{\n\t\treturn f(x)\n\t}}\n\treturn f(f(x) + 1)\n}}"
            ));
        }
        name
    }

    /// A use of generic types and functions.
    pub fn generic_call(&mut self) -> bool {
        let number = self.numeric();
        self.declare_once("type box", |_| generic_declarations(&number));
        let (int, other) = (self.int(), self.int());
        let value = self.var_expr(&Ty::Int(int), 2);
        let name = self.name("v");
        match self.rng.below(11) {
            8 => return self.generic_container(),
            9 => {
                // Any type, and another one.
                let ty = self.ty();
                if !self.has_room(&ty) || matches!(ty, Ty::Str) {
                    return false;
                }
                let (second, third) = (self.name("v"), self.name("v"));
                let (condition, a) = (self.condition(1), self.var_expr(&ty, 1));
                let shown = self.show(&ty);
                self.line(format!(
                    "{name}, {second}, {third} := pick{MARK}[{shown}, {}]({condition}, {a}, {value})",
                    int.name
                ));
                self.declare(&name, &ty, true);
                self.declare(&second, &Ty::Int(int), true);
                self.declare(&third, &Ty::Bool, true);
            }
            10 if self.on("generic aliases") => {
                self.line(format!("{name} := both{MARK}(pair{MARK}[{0}, {0}]{{{value}, 3}})", int.name));
                self.declare(&name, &Ty::Int(int), true);
            }
            0 => {
                let second = self.expr(&Ty::Int(int), 1).text;
                self.line(format!("{name} := most{MARK}({value}, {second})"));
                self.declare(&name, &Ty::Int(int), true);
            }
            1 => {
                self.line(format!("{name} := conv{MARK}[{}]({value})", other.name));
                self.declare(&name, &Ty::Int(other), true);
            }
            2 => {
                self.line(format!("{name} := most{MARK}[{}]({value}, 5)", int.name));
                self.declare(&name, &Ty::Int(int), true);
            }
            3 => {
                let (second, third) = (self.name("v"), self.name("v"));
                let (condition, b) = (self.condition(1), self.var_expr(&Ty::Int(other), 1));
                self.line(format!("{name}, {second}, {third} := pick{MARK}({condition}, {value}, {b})"));
                self.declare(&name, &Ty::Int(int), true);
                self.declare(&second, &Ty::Int(other), true);
                self.declare(&third, &Ty::Bool, true);
            }
            4 => {
                let by = self.var_expr(&Ty::Int(Int::named("uint8")), 1);
                self.line(format!("{name} := stride{MARK}(walk{MARK}({value}), {by})"));
                self.declare(&name, &Ty::Int(Int::named("uint64")), true);
            }
            5 => {
                let (a, b) = (self.name("b"), self.var_expr(&Ty::Int(other), 1));
                self.line(format!("{a} := pair{MARK}[{}, {}]{{{value}, {b}}}", int.name, other.name));
                self.line(format!("{name} := {a}.swap().first"));
                self.declare(&name, &Ty::Int(other), true);
                self.sink(&format!("{a}.second"), &Ty::Int(other));
            }
            6 => {
                let wanted = Ty::Slice(Box::new(Ty::Int(int)));
                let of = self.expr(&wanted, 1).text;
                let hash = self.slice_hash();
                let of = if of == "nil" { format!("[]{}{{{value}, 1}}", int.name) } else { of };
                self.line(format!("{name} := {hash}({of})"));
                self.declare(&name, &Ty::Int(int), true);
            }
            _ => {
                let b = self.name("b");
                self.line(format!("{b} := box{MARK}[{}]{{v: {value}}}", int.name));
                let more = self.var_expr(&Ty::Int(int), 1);
                self.line(format!("{name} := {b}.add({more})"));
                self.declare(&name, &Ty::Int(int), true);
                self.sink(&format!("{b}.twice()"), &Ty::Int(int));
                self.sink(&format!("{b}.n"), &Ty::Int(Int::named("uint8")));
            }
        }
        true
    }
}

impl Gen {
    /// A use of a generic type that holds values of any type.
    fn generic_container(&mut self) -> bool {
        let ty = self.ty();
        if self.size(&ty) > 12 || matches!(ty, Ty::Str) || !self.has_room(&Ty::Array(4, Box::new(ty.clone())))
        {
            return false;
        }
        let (ring, found, ok, shown) = (self.name("r"), self.name("v"), self.name("v"), self.show(&ty));
        self.line(format!("var {ring} ring{MARK}[{shown}]"));
        for _ in 0..1 + self.rng.below(2) {
            let value = self.expr(&ty, 1).text;
            self.line(format!("{ring}.put({value})"));
        }
        let at = self.var_expr(&Ty::Int(Int::named("uint8")), 1);
        self.line(format!("{found}, {ok} := {ring}.get({at})"));
        self.declare(&found, &ty, true);
        self.declare(&ok, &Ty::Bool, true);
        true
    }
}

/// Generic types with methods, and generic functions, for numbers of the constraint `number`.
fn generic_declarations(number: &str) -> String {
    format!(
        "type box{MARK}[T {number}] struct {{\n\tv T\n\tn uint8\n}}\n\n\
         func (b *box{MARK}[T]) add(x T) T {{\n\tb.v += x\n\tb.n++\n\treturn b.v\n}}\n\n\
         func (b box{MARK}[T]) twice() T {{\n\treturn b.v * 2\n}}\n\n\
         func most{MARK}[T {number}](x, y T) T {{\n\tif x > y {{\n\t\treturn x\n\t}}\n\treturn y\n}}\n\n\
         func conv{MARK}[To, From {number}](x From) To {{\n\treturn To(x)\n}}\n\n\
         func pick{MARK}[A, B any](first bool, a A, b B) (A, B, bool) {{\n\
         \tif first {{\n\t\treturn a, b, true\n\t}}\n\tvar zero A\n\treturn zero, b, false\n}}\n\n\
         type pair{MARK}[A, B any] struct {{\n\tfirst A\n\tsecond B\n}}\n\n\
         func (p pair{MARK}[A, B]) swap() pair{MARK}[B, A] {{\n\treturn pair{MARK}[B, A]{{p.second, p.first}}\n}}\n\n\
         type twins{MARK}[T any] = pair{MARK}[T, T]\n\n\
         func both{MARK}[T {number}](p twins{MARK}[T]) T {{\n\treturn most{MARK}(p.first, p.second) + p.second\n}}\n\n\
         type ring{MARK}[T any] struct {{\n\titems [3]T\n\tn uint8\n}}\n\n\
         func (r *ring{MARK}[T]) put(x T) {{\n\tr.items[r.n%3] = x\n\tr.n++\n}}\n\n\
         func (r ring{MARK}[T]) get(at uint8) (x T, ok bool) {{\n\
         \tif at < r.n && at < 3 {{\n\t\treturn r.items[at], true\n\t}}\n\treturn\n}}\n\n\
         type stepper{MARK} interface {{\n\t~uint16 | ~int32\n\tstep(by uint8) uint64\n}}\n\n\
         type walk{MARK} uint16\n\n\
         func (w walk{MARK}) step(by uint8) uint64 {{\n\treturn uint64(w)*3 + uint64(by)\n}}\n\n\
         func stride{MARK}[T stepper{MARK}](x T, by uint8) uint64 {{\n\treturn x.step(by) ^ uint64(x)\n}}"
    )
}
