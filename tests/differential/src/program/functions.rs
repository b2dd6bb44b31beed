//! Functions as values: kept in variables, passed on, returned, of named types; functions with any number of arguments.

use super::r#gen::{Gen, MARK};
use super::types::{Func, Int, Ty};

/// What these statements use, for numbers of the constraint `NUM`.
const DECLARATIONS: &str = "type op[T NUM] func(T) T\n\n\
    func apply[T NUM](x T, f op[T]) T {\n\treturn f(f(x) + 1)\n}\n\n\
    func adder[T NUM](by T) op[T] {\n\treturn func(x T) T { return x*3 + by }\n}\n\n\
    func after[T NUM](f, g func(T) T) func(T) T {\n\treturn func(x T) T { return g(f(x)) }\n}\n\n\
    func count[T NUM](xs ...T) T {\n\tn := T(len(xs))\n\tfor i, x := range xs {\n\t\tif i > 3 {\n\t\t\tbreak\n\t\t}\n\
    \t\tn = n*7 + x\n\t}\n\treturn n\n}\n\n\
    func halves[T NUM](x T) (T, T) {\n\treturn x / 2, x - x/2\n}\n\n\
    func join[T NUM](x, y T) T {\n\treturn x*5 ^ y\n}";

impl Gen {
    /// A statement on functions as values.
    pub fn function_value(&mut self) -> bool {
        if self.in_closure || !self.may_walk() {
            return false;
        }
        let number = self.numeric();
        let mut declarations = DECLARATIONS.replace("NUM", &number);
        for name in ["op", "apply", "adder", "after", "count", "halves", "join"] {
            declarations = declarations.replace(&format!("{name}["), &format!("{name}{MARK}["));
        }
        self.declare_once("type op", |_| declarations.clone());
        let int = self.int();
        let ty = Ty::Int(int);
        let (name, value) = (self.name("v"), self.var_expr(&ty, 1));
        let (literal, pure) = self.function_of(int);
        match self.rng.below(7) {
            6 => self.line(format!("{name} := join{MARK}(halves{MARK}({value}))")),
            0 => self.line(format!("{name} := apply{MARK}({value}, {literal})")),
            1 => self.line(format!("{name} := apply{MARK}({value}, adder{MARK}({value}))")),
            2 => {
                let function = self.name("f");
                self.line(format!("{function} := after{MARK}(adder{MARK}({value}), {literal})"));
                self.line(format!("{name} := {function}({value})"));
                if pure {
                    self.call_later(function, int);
                }
            }
            3 => {
                let function = self.name("f");
                self.line(format!("var {function} op{MARK}[{}] = {literal}", int.name));
                self.line(format!("{name} := {function}({value})"));
            }
            4 => {
                let values: Vec<String> = (0..self.rng.below(4)).map(|_| self.var_expr(&ty, 1)).collect();
                let of = if values.is_empty() { format!("[{}]", int.name) } else { String::new() };
                self.line(format!("{name} := count{MARK}{of}({})", values.join(", ")));
            }
            _ => {
                let slice = self.expr(&Ty::Slice(Box::new(ty.clone())), 1).text;
                let slice = if slice == "nil" { format!("[]{}{{{value}}}", int.name) } else { slice };
                self.line(format!("{name} := count{MARK}({slice}...)"));
            }
        }
        self.declare(&name, &ty, true);
        true
    }

    /// A function from this type to itself, which may capture what it changes; whether it doesn't.
    fn function_of(&mut self, int: Int) -> (String, bool) {
        let of = int.name;
        match self.int_target().filter(|_| self.rng.chance(70)) {
            Some((place, other)) => {
                let text = format!("func(x {of}) {of} {{ {place} += {}(x); return x ^ 5 }}", other.name);
                (text, false)
            }
            None => {
                let value = self.var_expr(&Ty::Int(int), 1);
                (format!("func(x {of}) {of} {{ return x - ({value}) }}"), true)
            }
        }
    }

    /// The function, which changes nothing, may be called in what follows.
    fn call_later(&mut self, name: String, int: Int) {
        let ty = vec![Ty::Int(int)];
        let func = Func { name, params: ty.clone(), results: ty, pure: true, on_pointer: false };
        if let Some(scope) = self.closures.last_mut() {
            scope.push(func);
        }
    }

    /// A function literal that is called where it stands, with a deferred call of its own.
    pub fn called_at_once(&mut self) -> bool {
        if self.in_closure || self.loops > 0 {
            return false;
        }
        let Some((place, int)) = self.int_target() else { return false };
        let value = self.expr(&Ty::Int(int), 1).text;
        self.open("func() {");
        let outer = std::mem::replace(&mut self.in_closure, true);
        let targets = std::mem::take(&mut self.targets);
        let results = std::mem::take(&mut self.results);
        if self.rng.chance(60) && self.on("deferred calls of literals") {
            self.line(format!("defer func() {{ {place} ^= {value} }}()"));
        }
        self.body();
        if self.rng.chance(40) {
            let condition = self.condition(1);
            self.line(format!("if {condition} {{"));
            self.line("\treturn");
            self.line("}");
            self.body();
        }
        self.sink_scope();
        self.close_plain("}()");
        (self.in_closure, self.targets, self.results) = (outer, targets, results);
        true
    }

    /// A function or method whose call is put off to the end of the function.
    pub fn deferred_function(&mut self) -> bool {
        if self.in_closure || self.loops > 0 || self.labels > 0 || self.pure {
            return false;
        }
        let many: Vec<Func> = self.funcs.iter().filter(|func| !func.pure).cloned().collect();
        if many.is_empty() {
            return false;
        }
        let func = many[self.rng.below(many.len())].clone();
        let arguments: Vec<String> = func.params.iter().map(|ty| self.expr(ty, 1).text).collect();
        self.line(format!("defer {}({})", func.name, arguments.join(", ")));
        true
    }
}
