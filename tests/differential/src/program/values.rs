//! Statements on values: closures, pointers, slices, copies, constants and types of functions, atomics.

use super::r#gen::Gen;
use super::types::{Func, Int, Ty, Var};

impl Gen {
    pub fn closure(&mut self) -> bool {
        if self.in_closure {
            return false;
        }
        let (param, result) = (self.int(), self.int());
        let name = self.name("f");
        let captured = self.int_target();
        let argument = self.name("a");
        self.open(format!("{name} := func({argument} {}) {} {{", param.name, result.name));
        let outer =
            (std::mem::replace(&mut self.in_closure, true), std::mem::take(&mut self.loops), self.sink);
        let targets = std::mem::take(&mut self.targets);
        self.declare(&argument, &Ty::Int(param), true);
        let results = std::mem::replace(&mut self.results, vec![Ty::Int(result)]);
        let mut pure = true;
        if let Some((place, int)) = &captured {
            let value = self.expr(&Ty::Int(*int), 1).text;
            self.line(format!("{place} += {value}"));
            pure = false;
            if self.rng.chance(50) && self.on("closures with statements") {
                self.body();
            }
        }
        let depth = self.depth();
        let value = self.expr(&Ty::Int(result), depth).text;
        if !pure {
            self.sink_scope();
        }
        self.results = results;
        self.line(format!("return {value} ^ {}({argument})", result.name));
        self.close_plain("}");
        (self.in_closure, self.loops, self.sink) = outer;
        self.targets = targets;
        let func = Func {
            name: name.clone(),
            params: vec![Ty::Int(param)],
            results: vec![Ty::Int(result)],
            pure,
            on_pointer: false,
        };
        // It is used at once, and later perhaps.
        let argument = self.expr(&Ty::Int(param), 1).text;
        match self.place(&Ty::Int(result), true) {
            Some(place) if pure => self.line(format!("{place} = {name}({argument})")),
            _ => {
                let value = self.name("v");
                self.line(format!("{value} := {name}({argument})"));
                self.declare(&value, &Ty::Int(result), true);
            }
        }
        if let Some(scope) = self.closures.last_mut() {
            scope.push(func);
        }
        true
    }

    pub fn closure_argument(&mut self) -> bool {
        if self.in_closure {
            return false;
        }
        let function = self.taker();
        let (name, captured) = (self.name("v"), self.int_target());
        let start = self.var_expr(&Ty::Int(Int::named("uint32")), 1);
        match captured {
            Some((place, int)) => {
                self.line(format!("{name} := {function}({start}, func(x uint32) uint32 {{"));
                self.line(format!("\t{place} ^= {}(x)", int.name));
                self.line("\treturn x*3 + 1");
                self.line("})");
            }
            None => {
                let body = self.place(&Ty::Int(Int::named("uint32")), false).unwrap_or_else(|| "7".into());
                self.line(format!(
                    "{name} := {function}({start}, func(x uint32) uint32 {{ return x - {body} }})"
                ));
            }
        }
        self.declare(&name, &Ty::Int(Int::named("uint32")), true);
        true
    }

    pub fn pointer(&mut self) -> bool {
        let found = self.var(|it, var| {
            var.mutable
                && !matches!(it.plain(&var.ty), Ty::Pointer(_) | Ty::Slice(_) | Ty::Str)
                && it.scopes.iter().flatten().any(|local| local.name == var.name)
        });
        let Some(Var { name: of, ty, .. }) = found else { return false };
        let name = self.name("q");
        if self.rng.chance(20) && self.on("pointers that may be nil") {
            let condition = self.condition(1);
            self.line(format!("var {name} *{}", self.show(&ty)));
            self.line(format!("if {condition} {{"));
            self.line(format!("\t{name} = &{of}"));
            self.line("}");
            let value = self.expr(&ty, 1).text;
            self.line(format!("if {name} != nil {{"));
            self.line(format!("\t*{name} = {value}"));
            self.line("}");
            return true;
        }
        self.line(format!("{name} := &{of}"));
        self.declare(&name, &Ty::Pointer(Box::new(ty.clone())), false);
        match self.plain(&ty) {
            Ty::Int(int) => {
                let value = self.expr(&Ty::Int(int), 2).text;
                self.line(format!("*{name} += {value}"));
            }
            plain => {
                let value = self.expr(&plain, 1).text;
                self.line(format!("*{name} = {value}"));
            }
        }
        true
    }

    pub fn slice(&mut self) -> bool {
        let element = match self.rng.chance(50) {
            true => Ty::Int(Int::named("uint8")),
            false => Ty::Int(self.int()),
        };
        let ty = Ty::Slice(Box::new(element.clone()));
        let value = self.expr(&ty, 1).text;
        if value == "nil" {
            return false;
        }
        let name = self.name("s");
        self.line(format!("{name} := {value}"));
        self.declare(&name, &ty, false);
        if self.rng.chance(60) {
            let place = self.place(&element, true);
            if let Some(place) = place {
                self.line(format!("if len({name}) > 1 {{"));
                self.line(format!("\t{place} = {name}[len({name})-1]"));
                self.line("}");
            }
        }
        true
    }

    /// An array variable that belongs to the function.
    pub fn local_array(&mut self) -> Option<(String, usize, Ty)> {
        let found = self.var(|it, var| {
            var.mutable
                && matches!(it.plain(&var.ty), Ty::Array(..))
                && it.scopes.iter().flatten().any(|local| local.name == var.name)
        })?;
        match self.plain(&found.ty) {
            Ty::Array(length, element) => Some((found.name, length, *element)),
            _ => None,
        }
    }

    pub fn copy(&mut self) -> bool {
        let Some((name, length, element)) = self.local_array() else { return false };
        let count = self.name("v");
        let to = self.sliced(&name, Some(length));
        let from = self.expr(&Ty::Slice(Box::new(element.clone())), 1).text;
        let from = match (&element, from.as_str()) {
            (Ty::Int(int), "nil") if int.is(Int::named("uint8")) => "\"text\"".to_owned(),
            (_, "nil") => self.sliced(&name, Some(length)),
            _ => from,
        };
        self.line(format!("{count} := copy({to}, {from})"));
        self.declare(&count, &Ty::Int(Int::named("int")), true);
        true
    }

    pub fn clear(&mut self) -> bool {
        let Some((name, length, _)) = self.local_array() else { return false };
        let part = self.sliced(&name, Some(length));
        self.line(format!("clear({})", if part == name { format!("{name}[:]") } else { part }));
        true
    }

    pub fn text_from_bytes(&mut self) -> bool {
        let found = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Array(_, element) => var.mutable && it.same(&element, &Ty::Int(Int::named("uint8"))),
            _ => false,
        });
        let (of, length) = match found {
            Some(var) => match self.plain(&var.ty) {
                Ty::Array(length, _) => (var.name, Some(length)),
                _ => return false,
            },
            None if !self.packet => return false,
            None => ("p[20:24]".to_owned(), None),
        };
        let part = self.sliced(&of, length);
        let part = if part == of && length.is_some() { format!("{of}[:]") } else { part };
        let text = self.rng.pick(&["\"a\"", "\"abc\"", "\"\\x01\\x02\\x03\\x04\"", "\"\""]);
        let operator = self.rng.pick(&["==", "!=", "<", ">="]);
        let name = self.name("v");
        self.line(format!("{name} := string({part}) {operator} {text}"));
        self.declare(&name, &Ty::Bool, true);
        true
    }

    pub fn put_byte_order(&mut self) -> bool {
        let width = self.rng.pick(&[16, 32, 64]);
        let (name, order) = (self.name("b"), self.rng.pick(&["Big", "Little"]));
        let ty = Ty::Array(8, Box::new(Ty::Int(Int::named("uint8"))));
        if !self.has_room(&ty) {
            return false;
        }
        let value = self.var_expr(&Ty::Int(Int::named(&format!("uint{width}"))), 1);
        self.line(format!("var {name} [8]byte"));
        self.line(format!("binary.{order}Endian.PutUint{width}({name}[:], {value})"));
        self.declare(&name, &ty, true);
        true
    }

    pub fn unsafe_pointer(&mut self) -> bool {
        let found = self.var(|it, var| {
            var.mutable
                && matches!(it.plain(&var.ty), Ty::Int(int) if int.bits == 32)
                && it.scopes.iter().flatten().any(|local| local.name == var.name)
        });
        let Some(var) = found else { return false };
        let name = self.name("v");
        self.line(format!("{name} := *(*[4]byte)(unsafe.Pointer(&{}))", var.name));
        self.declare(&name, &Ty::Array(4, Box::new(Ty::Int(Int::named("byte")))), true);
        true
    }

    pub fn local_constant(&mut self) -> bool {
        let (name, int) = (self.name("c"), self.int());
        let value = self.rng.below(100) as i128;
        match self.rng.below(4) {
            3 => {
                self.line("const (");
                self.line(format!("\t{name}a = iota*{value} + 1"));
                self.line(format!("\t{name}b"));
                self.line(format!("\t{name} = {name}a<<iota - len(\"four\")"));
                self.line(")");
            }
            0 => self.line(format!("const {name} = {value}")),
            1 => self.line(format!("const {name} int16 = {value} << 3 / 4 * 2.5 - 0.5 + 0.5")),
            _ => self.line(format!("const {name} {} = {value}", int.name)),
        }
        if let Some((place, int)) = self.int_target() {
            self.line(format!("{place} += {}({name} % 100)", int.name));
        }
        true
    }

    pub fn local_type(&mut self) -> bool {
        let (name, int) = (self.name("t"), self.int());
        let (first, second) = (self.expr(&Ty::Int(int), 1).text, self.name("v"));
        self.line(format!("type {name} struct {{"));
        self.line(format!("\ta, b {}", int.name));
        self.line("}");
        self.line(format!("{second} := {name}{{b: {first}}}"));
        self.sink(&format!("{second}.b"), &Ty::Int(int));
        true
    }

    pub fn atomic(&mut self) -> bool {
        if self.pure {
            return false;
        }
        let fits = |ty: &Ty| matches!(ty, Ty::Int(int) if int.bits >= 32 && !matches!(int.name, "int" | "uint" | "rune"));
        let pointer = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Pointer(to) => fits(&to),
            _ => false,
        });
        let global = self.globals.iter().find(|var| fits(&var.ty)).cloned();
        let (of, int) = match (pointer, global) {
            (Some(Var { name, ty: Ty::Pointer(to), .. }), _) if self.rng.chance(50) => match *to {
                Ty::Int(int) => (name, int),
                _ => return false,
            },
            (_, Some(Var { name, ty: Ty::Int(int), .. })) => (format!("&{name}"), int),
            _ => return false,
        };
        let stem = format!("{}{}", int.name[..1].to_uppercase(), &int.name[1..]);
        let value = self.expr(&Ty::Int(int), 1).text;
        let name = self.name("v");
        match self.rng.below(8) {
            6 => self.line(format!("{name} := atomic.And{stem}({of}, {value})")),
            7 => self.line(format!("{name} := atomic.Or{stem}({of}, {value})")),
            0 => {
                self.line(format!("atomic.Add{stem}({of}, {value})"));
                return true;
            }
            1 => self.line(format!("{name} := atomic.Add{stem}({of}, {value})")),
            2 => self.line(format!("{name} := atomic.Load{stem}({of})")),
            3 => self.line(format!("{name} := atomic.Swap{stem}({of}, {value})")),
            4 => {
                let old = self.expr(&Ty::Int(int), 0).text;
                self.line(format!("{name} := atomic.CompareAndSwap{stem}({of}, {old}, {value})"));
                self.declare(&name, &Ty::Bool, true);
                return true;
            }
            _ => {
                self.line(format!("atomic.Store{stem}({of}, {value})"));
                return true;
            }
        }
        self.declare(&name, &Ty::Int(int), true);
        true
    }

    /// A variable of a type without a name, its copy, and a comparison of both.
    pub fn anonymous_struct(&mut self) -> bool {
        let (first, second) = (self.int(), self.int());
        let (name, copy, same) = (self.name("v"), self.name("v"), self.name("v"));
        let (x, y) = (self.expr(&Ty::Int(first), 2).text, self.expr(&Ty::Int(second), 1).text);
        let z = self.expr(&Ty::Int(second), 1).text;
        let ty = format!("struct {{ a {}; b [2]{} }}", first.name, second.name);
        self.line(format!("{name} := {ty}{{a: {x}, b: [2]{}{{1: {y}}}}}", second.name));
        self.line(format!("{copy} := {name}"));
        self.line(format!("{copy}.b[0] = {z}"));
        self.line(format!("{same} := {name} == {copy}"));
        self.declare(&same, &Ty::Bool, true);
        self.sink(&format!("{copy}.a"), &Ty::Int(first));
        self.sink(&format!("{copy}.b[1]"), &Ty::Int(second));
        true
    }
}
