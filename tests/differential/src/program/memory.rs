//! Statements on memory: what is made, addresses of literals, pointers to pointers, slices of any values, package `unsafe`.

use super::r#gen::{Gen, MARK};
use super::types::{Int, Ty};

/// A named type of slices with methods, and one of texts.
const NAMED: &str = "type listMARK []uint32\n\n\
    func (l listMARK) set(at int, x uint32) listMARK {\n\tif at < len(l) {\n\t\tl[at] ^= x\n\t}\n\treturn l\n}\n\n\
    func (l listMARK) last() (x uint32) {\n\tif n := len(l); n != 0 {\n\t\tx = l[n-1]\n\t}\n\treturn\n}\n\n\
    type wordMARK string\n\n\
    func (w wordMARK) first() byte {\n\tif len(w) == 0 {\n\t\treturn 0\n\t}\n\treturn w[0]\n}\n\n\
    func (w wordMARK) is(other wordMARK) bool { return w == other }\n\n\
    type flagMARK bool\n\n\
    func (f flagMARK) and(other flagMARK) flagMARK { return f && other }";

impl Gen {
    /// A pointer to a value that has no variable.
    pub fn address_of_literal(&mut self) -> bool {
        let ty = self.ty();
        if self.has_text(&ty) || !self.has_room(&ty) {
            return false;
        }
        let (name, shown) = (self.name("q"), self.show(&ty));
        let literal = self.expr(&ty, 1).text;
        let composite = literal.starts_with(&format!("{shown}{{"));
        match composite && self.rng.chance(70) {
            true => self.line(format!("{name} := &{literal}")),
            false => {
                self.line(format!("{name} := new({shown})"));
                if self.rng.chance(60) {
                    self.line(format!("*{name} = {literal}"));
                }
            }
        }
        self.sink(&format!("(*{name})"), &ty);
        self.declare(&name, &Ty::Pointer(Box::new(ty)), false);
        true
    }

    /// A pointer to a pointer, and pointers that are compared.
    pub fn pointer_to_pointer(&mut self) -> bool {
        if self.in_closure {
            return false;
        }
        let found = self.var(|it, var| {
            let local = it.scopes.iter().flatten().any(|local| local.name == var.name);
            var.mutable && local && matches!(it.plain(&var.ty), Ty::Int(_))
        });
        let Some(var) = found else { return false };
        let Ty::Int(int) = self.plain(&var.ty) else { return false };
        let (first, second, other, same) = (self.name("q"), self.name("q"), self.name("n"), self.name("v"));
        let value = self.expr(&Ty::Int(int), 1).text;
        self.line(format!("{other} := {value}"));
        let of = &var.name;
        match self.rng.below(4) {
            0 => {
                self.line(format!("{first} := &{of}"));
                self.line(format!("{second} := &{first}"));
                self.line(format!("**{second} += {other}"));
                self.line(format!("{same} := *{second} == &{of}"));
            }
            1 => {
                self.line(format!("{first} := [2]*{}{{&{of}, &{other}}}", int.name));
                self.line(format!("*{first}[1], *{first}[0] = *{first}[0], *{first}[1]"));
                self.line(format!("{same} := {first}[0] == {first}[1]"));
            }
            2 => {
                self.line(format!("{first} := struct{{ p, q *{} }}{{p: &{of}}}", int.name));
                self.line(format!("*{first}.p ^= {other}"));
                self.line(format!("{same} := {first}.q == nil"));
            }
            _ => {
                self.line(format!("{first}, {second} := &{of}, &{other}"));
                self.line(format!("{first}, {second} = {second}, {first}"));
                self.line(format!("*{first} -= *{second}"));
                self.line(format!("{same} := {first} != {second} && {first} != nil"));
            }
        }
        // A constant has the type that it is declared with only where that is said.
        self.declare(&same, &Ty::Bool, true);
        true
    }

    /// A slice of values of any type, of a literal whose elements leave out their type, or made.
    pub fn slice_of_values(&mut self) -> bool {
        let ty = self.ty();
        if self.size(&ty) > 16 || self.has_text(&ty) || !self.has_room(&Ty::Array(4, Box::new(ty.clone()))) {
            return false;
        }
        let (name, shown) = (self.name("s"), self.show(&ty));
        match self.rng.below(4) {
            0 => {
                let (length, more) = (1 + self.rng.below(3), self.rng.below(3));
                let capacity = if more > 0 { format!(", {}", length + more) } else { String::new() };
                self.line(format!("{name} := make([]{shown}, {length}{capacity})"));
                let value = self.expr(&ty, 1).text;
                let at = self.rng.below(length);
                self.line(format!("{name}[{at}] = {value}"));
            }
            1 => {
                let value = self.expr(&ty, 1).text;
                let at = self.rng.below(3);
                self.line(format!("{name} := []{shown}{{{at}: {value}}}"));
            }
            _ => {
                let values: Vec<String> = (0..1 + self.rng.below(3))
                    .map(|_| {
                        let value = self.expr(&ty, 1).text;
                        let elided = value.strip_prefix(shown.as_str()).filter(|rest| rest.starts_with('{'));
                        elided.map(str::to_owned).unwrap_or(value)
                    })
                    .collect();
                self.line(format!("{name} := []{shown}{{{}}}", values.join(", ")));
            }
        }
        if self.may_walk() && self.rng.chance(40) {
            self.budget -= 1;
            let (index, value) = (self.name("i"), self.name("x"));
            if self.enter_loop(4) {
                self.open(format!("for {index}, {value} := range {name} {{"));
                self.declare(&index, &Ty::Int(Int::named("int")), true);
                self.declare(&value, &ty, true);
                self.body();
                self.close("}");
                self.leave_loop(4);
            }
        }
        self.declare(&name, &Ty::Slice(Box::new(ty)), false);
        true
    }

    /// Values of named types that are made of slices, texts and booleans.
    pub fn named_values(&mut self) -> bool {
        if !self.may_walk() {
            return false;
        }
        self.declare_once("type list", |_| NAMED.replace("MARK", MARK));
        let (name, second) = (self.name("v"), self.name("w"));
        let word = Ty::Int(Int::named("uint32"));
        match self.rng.below(4) {
            0 => {
                let (x, y) = (self.var_expr(&word, 1), self.expr(&word, 1).text);
                self.line(format!("{second} := list{MARK}{{{x}, 7, {y}}}"));
                let at = self.rng.below(4);
                self.line(format!("{name} := {second}.set(1, {x}).set({at}, 3).last()"));
                self.line(format!("{name} += {second}[1:].last() + uint32(cap({second}))"));
                self.declare(&name, &word, true);
            }
            1 => {
                let slice = self.expr(&Ty::Slice(Box::new(word.clone())), 1).text;
                self.line(format!("{name} := list{MARK}({slice}).last()"));
                self.declare(&name, &word, true);
            }
            2 => {
                let text = self.expr(&Ty::Str, 1).text;
                let other = self.text();
                self.line(format!("{second} := word{MARK}({text})"));
                self.line(format!("{name} := {second}.first()"));
                self.line(format!("if {second}.is({other}) || {second} > \"b\" {{"));
                self.line(format!("\t{name}++"));
                self.line("}");
                self.line(format!("switch {second} {{"));
                self.line("case \"a\", \"\":");
                self.line(format!("\t{name} += 2"));
                self.line("}");
                self.declare(&name, &Ty::Int(Int::named("byte")), true);
            }
            _ => {
                let (x, y) = (self.expr(&Ty::Bool, 1).text, self.condition(1));
                self.line(format!("{second} := flag{MARK}({x})"));
                self.line(format!("{name} := bool({second}.and({y})) != bool(!{second})"));
                self.declare(&name, &Ty::Bool, true);
            }
        }
        true
    }

    /// Package `unsafe`: pointers that are moved, slices and texts that are made of them, and numbers seen as other types.
    pub fn unsafe_memory(&mut self) -> bool {
        if self.in_closure {
            return false;
        }
        let Some((of, length, element)) = self.local_array() else { return false };
        let Ty::Int(int) = element else { return false };
        let (name, at) = (self.name("v"), self.rng.below(length));
        let bytes = int.bits as usize / 8;
        let ty = Ty::Int(int);
        match self.rng.below(4) {
            0 => {
                self.line(format!(
                    "{name} := *(*{})(unsafe.Add(unsafe.Pointer(&{of}), {}))",
                    int.name,
                    at * bytes
                ));
            }
            1 => {
                let slice = self.name("s");
                self.line(format!("{slice} := unsafe.Slice(&{of}[0], {})", at + 1));
                self.line(format!("{name} := {slice}[{at}] + {}(len({slice}))", int.name));
            }
            2 if bytes == 1 && !int.signed => {
                self.line(format!("{name} := unsafe.String(&{of}[0], {})", at + 1));
                self.line(format!("if {name} == \"a\" {{"));
                self.line(format!("\t{of}[0]++"));
                self.line("}");
                self.sink_word(&format!("uint64(len({name}))"));
                return true;
            }
            _ => {
                let other = Int { signed: !int.signed, ..int };
                let Some(other) = super::types::INTS
                    .iter()
                    .find(|known| known.bits == other.bits && known.signed == other.signed)
                else {
                    return false;
                };
                self.line(format!("{name} := {}(*(*{})(unsafe.Pointer(&{of}[{at}])))", int.name, other.name));
            }
        }
        self.declare(&name, &ty, true);
        true
    }
}
