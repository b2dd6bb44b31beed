//! Functions in functions: literals within literals, literals that are made by others, and functions, methods and method
//! expressions that are passed on.

use super::r#gen::{Gen, MARK};
use super::types::{Func, Ty, Var};

/// What calls the functions that it is given.
const CALLERS: &str = "func viaMARK[A, B any](f func(A) B, x A) B {\n\treturn f(x)\n}\n\n\
    func withMARK[R, A, B any](f func(R, A) B, r R, x A) B {\n\treturn f(r, x)\n}\n\n\
    func bindMARK[R, A, B any](f func(R, A) B, r R) func(A) B {\n\treturn func(x A) B { return f(r, x) }\n}\n\n\
    func bothMARKof[A, B any](f func(A) B, x, y A) (B, B) {\n\treturn f(x), f(y)\n}";

impl Gen {
    /// Literals within a literal, which share variables of all functions around them.
    pub fn nested_closures(&mut self) -> bool {
        if self.in_closure || !self.may_walk() {
            return false;
        }
        self.budget -= 1;
        let (int, other) = (self.int(), self.int());
        let (outer, inner, innermost) = (self.name("f"), self.name("f"), self.name("f"));
        let (own, argument, result) = (self.name("v"), self.name("a"), self.name("v"));
        let target = self.int_target();
        let start = self.var_expr(&Ty::Int(int), 1);
        self.open(format!("{outer} := func({argument} {0}) ({0}, {1}) {{", int.name, other.name));
        let closure = std::mem::replace(&mut self.in_closure, true);
        let (targets, results) = (std::mem::take(&mut self.targets), std::mem::take(&mut self.results));
        self.declare(&argument, &Ty::Int(int), true);
        self.line(format!("{own} := {}({argument}) + 1", other.name));
        self.declare(&own, &Ty::Int(other), true);
        // Function literals in expressions have a parameter `x`, which would hide another one.
        let passed = self.name("x");
        self.open(format!("{inner} := func({passed} {}) {} {{", other.name, int.name));
        self.declare(&passed, &Ty::Int(other), true);
        self.line(format!("{own} ^= {passed}"));
        if self.rng.chance(60) {
            self.open(format!("{innermost} := func() {{"));
            self.line(format!("{argument}++"));
            if let Some((place, int)) = &target {
                self.line(format!("{place} += {}({own})", int.name));
            }
            if self.rng.chance(50) {
                self.body();
            }
            self.close("}");
            self.line(format!("{innermost}()"));
            if self.rng.chance(30) {
                let condition = self.condition(1);
                self.line(format!("if {condition} {{"));
                self.line(format!("\t{innermost}()"));
                self.line("}");
            }
        }
        let value = self.expr(&Ty::Int(int), 2).text;
        self.sink_scope();
        self.line(format!("return {value}"));
        self.close_plain("}");
        let first = self.var_expr(&Ty::Int(other), 1);
        let got = self.name("v");
        self.line(format!("{got} := {inner}({first})"));
        if self.rng.chance(50) {
            let number = self.rng.below(100);
            self.line(format!("{got} -= {inner}({number})"));
        }
        self.sink(&got, &Ty::Int(int));
        self.sink_scope();
        self.line(format!("return {argument} ^ {got}, {own}"));
        self.close_plain("}");
        (self.in_closure, self.targets, self.results) = (closure, targets, results);
        let second = self.name("v");
        self.line(format!("{result}, {second} := {outer}({start})"));
        if self.rng.chance(30) {
            self.line(format!("{result}, _ = {outer}({result})"));
        }
        self.declare(&result, &Ty::Int(int), true);
        self.declare(&second, &Ty::Int(other), true);
        true
    }

    /// A function or a method that is passed to one that calls it.
    pub fn function_passed(&mut self) -> bool {
        if self.in_closure || !self.may_walk() {
            return false;
        }
        self.declare_once("func via", |_| CALLERS.replace("MARK", MARK));
        let one = |func: &Func| func.pure && func.params.len() == 1 && func.results.len() == 1;
        let mut found: Vec<(String, Option<Var>, Func)> = Vec::new();
        found.extend(
            self.funcs.iter().filter(|func| one(func)).map(|func| (func.name.clone(), None, func.clone())),
        );
        for var in self.visible() {
            let Ty::Named(index) = self.plain(&var.ty) else { continue };
            for method in self.types[index].methods.iter().filter(|method| one(method) && !method.on_pointer)
            {
                found.push((self.types[index].name.clone(), Some(var.clone()), method.clone()));
            }
        }
        if found.is_empty() {
            return false;
        }
        let (of, receiver, func) = found[self.rng.below(found.len())].clone();
        let name = self.name("v");
        let (param, result) = (func.params[0].clone(), func.results[0].clone());
        if !self.has_room(&result) {
            return false;
        }
        let argument = self.expr(&param, 1).text;
        // What has no type of its own gets it from the function.
        match (&receiver, self.rng.below(5)) {
            (None, 0) => {
                let second = self.name("v");
                let more = self.expr(&param, 1).text;
                self.line(format!("{name}, {second} := both{MARK}of({of}, {argument}, {more})"));
                self.declare(&second, &result, true);
            }
            (None, 1) => {
                let function = self.name("f");
                self.line(format!("{function} := {of}"));
                self.line(format!("{name} := {function}({argument})"));
            }
            (None, _) => self.line(format!("{name} := via{MARK}({of}, {argument})")),
            (Some(var), 0) => {
                self.line(format!("{name} := with{MARK}({of}.{}, {}, {argument})", func.name, var.name));
            }
            (Some(var), 1) => {
                let function = self.name("f");
                self.line(format!("{function} := {of}.{}", func.name));
                self.line(format!("{name} := {function}({}, {argument})", var.name));
            }
            (Some(var), 2) => {
                let function = self.name("f");
                self.line(format!("{function} := bind{MARK}({of}.{}, {})", func.name, var.name));
                self.line(format!("{name} := {function}({argument})"));
            }
            (Some(var), _) => {
                self.line(format!("{name} := via{MARK}({}.{}, {argument})", var.name, func.name));
            }
        }
        self.declare(&name, &result, true);
        true
    }

    /// A method value of a variable that changes after it: it has a copy of what was there.
    pub fn bound_receiver(&mut self) -> bool {
        if self.in_closure {
            return false;
        }
        let found = self.var(|it, var| {
            let local = it.scopes.iter().flatten().any(|local| local.name == var.name);
            let Ty::Named(index) = it.plain(&var.ty) else { return false };
            var.mutable && local && it.types[index].methods.iter().any(|method| !method.on_pointer)
        });
        let Some(Var { name: of, ty, .. }) = found else { return false };
        let Ty::Named(index) = self.plain(&ty) else { return false };
        let methods: Vec<Func> =
            self.types[index].methods.iter().filter(|method| !method.on_pointer).cloned().collect();
        let method = methods[self.rng.below(methods.len())].clone();
        if method.results.iter().any(|ty| !self.has_room(ty)) {
            return false;
        }
        let (function, value) = (self.name("f"), self.expr(&ty, 1).text);
        self.line(format!("{function} := {of}.{}", method.name));
        self.line(format!("{of} = {value}"));
        let arguments: Vec<String> = method.params.iter().map(|ty| self.expr(ty, 1).text).collect();
        let names: Vec<String> = method.results.iter().map(|_| self.name("v")).collect();
        self.line(format!("{} := {function}({})", names.join(", "), arguments.join(", ")));
        for (name, ty) in names.iter().zip(&method.results) {
            self.declare(name, ty, true);
        }
        true
    }

    /// A loop whose variable a literal of the turn changes.
    pub fn loop_variable_in_closure(&mut self) -> bool {
        if self.in_closure || !self.enter_loop(4) {
            return false;
        }
        self.budget -= 1;
        let (index, function, sum) = (self.name("i"), self.name("f"), self.name("v"));
        let int = self.int();
        let condition = self.condition(1);
        self.line(format!("{sum} := {}(0)", int.name));
        self.open(format!("for {index} := {}(0); {index} < 4; {index}++ {{", int.name));
        self.line(format!("{function} := func() {{ {index}++ }}"));
        self.line(format!("if {condition} {{"));
        self.line(format!("\t{function}()"));
        self.line("}");
        self.line(format!("{sum} = {sum}*3 + {index}"));
        self.close("}");
        self.leave_loop(4);
        self.declare(&sum, &Ty::Int(int), true);
        true
    }
}
