//! Statements on parts of values: pointers to fields and elements, to arrays and to values of maps, slices with variable
//! bounds, fields and methods that come from an embedded pointer.

use super::r#gen::{Gen, MARK};
use super::types::{Int, Kind, Ty, Var};

impl Gen {
    /// A pointer to a field, an element, or what another pointer points to.
    pub fn pointer_to_part(&mut self) -> bool {
        let Some((place, int)) = self.int_target() else { return false };
        let (name, value) = (self.name("q"), self.expr(&Ty::Int(int), 2).text);
        self.line(format!("{name} := &{place}"));
        self.declare(&name, &Ty::Pointer(Box::new(Ty::Int(int))), false);
        let operator = self.rng.pick(&["=", "+=", "^="]);
        self.line(format!("*{name} {operator} {value}"));
        true
    }

    /// A statement on the value of a map, which a pointer points to for as long as it is known not to be nil.
    pub fn value_of_map(&mut self) -> bool {
        if self.pure || self.in_closure {
            return false;
        }
        let Some(ty) = self.stored_type() else { return false };
        let (shown, number) = (self.show(&ty), self.top.len());
        let stem = format!("var vals{}", shown.replace(|c: char| !c.is_alphanumeric(), "").replace(MARK, ""));
        let map = self.declare_once(&stem, |name| format!("{name} = bpf.Array[{shown}]{{MaxEntries: 4}}"));
        debug_assert!(self.top.len() >= number);
        let (name, key) = (self.name("q"), self.var_expr(&Ty::Int(Int::named("uint32")), 1));
        self.open(format!("if {name} := {map}.Lookup(({key}) & 3); {name} != nil {{"));
        self.declare(&name, &Ty::Pointer(Box::new(ty.clone())), false);
        if self.rng.chance(50) {
            let value = self.expr(&ty, 1).text;
            self.line(format!("*{name} = {value}"));
        }
        self.body();
        self.close("}");
        true
    }

    /// A type of which values can be kept in a map.
    fn stored_type(&mut self) -> Option<Ty> {
        let ty = self.ty();
        (!self.has_text(&ty)).then_some(ty)
    }

    /// A slice of an array, or of a slice, whose bounds are values.
    pub fn slice_between(&mut self) -> bool {
        let found = self.var(|it, var| {
            let array = matches!(it.plain(&var.ty), Ty::Array(..)) && var.mutable;
            array || matches!(it.plain(&var.ty), Ty::Slice(_))
        });
        let Some(Var { name: of, ty, .. }) = found else { return false };
        let word = Ty::Int(Int::named("uint32"));
        let (name, start) = (self.name("s"), self.var_expr(&word, 1));
        let (start, element) = match self.plain(&ty) {
            Ty::Array(length, element) => (format!("({start}) % {}", length + 1), element),
            Ty::Slice(element) => (format!("({start}) % (uint32(len({of})) + 1)"), element),
            _ => return false,
        };
        match self.rng.below(4) {
            0 => self.line(format!("{name} := {of}[{start}:]")),
            1 => self.line(format!("{name} := {of}[:{start}]")),
            2 => {
                let end = self.name("n");
                self.line(format!("{end} := {start}"));
                self.line(format!("{name} := {of}[{end}/2 : {end}]"));
            }
            // May panic.
            _ => {
                let (from, to) = (self.var_expr(&word, 0), self.rng.below(3));
                self.line(format!("{name} := {of}[({from})&1:][{to}:]"));
            }
        }
        self.declare(&name, &Ty::Slice(element), false);
        true
    }

    /// A slice of values that are written down.
    pub fn slice_literal(&mut self) -> bool {
        let int = self.int();
        if !self.has_room(&Ty::Array(7, Box::new(Ty::Int(int)))) {
            return false;
        }
        let values: Vec<String> =
            (0..1 + self.rng.below(4)).map(|_| self.expr(&Ty::Int(int), 1).text).collect();
        let name = self.name("s");
        self.line(format!("{name} := []{}{{{}}}", int.name, values.join(", ")));
        self.declare(&name, &Ty::Slice(Box::new(Ty::Int(int))), false);
        true
    }

    /// A pointer to an array, which is indexed, sliced and walked over as the array is.
    pub fn pointer_to_array(&mut self) -> bool {
        let Some((of, length, element)) = self.local_array() else { return false };
        let (name, value) = (self.name("q"), self.expr(&element, 1).text);
        let index = self.index_below(Some(length), &of, 1);
        self.line(format!("{name} := &{of}"));
        self.line(format!("{name}[{index}] = {value}"));
        match self.rng.below(3) {
            0 if self.enter_loop(length as u32) => {
                let key = self.name("i");
                let index = self.name("n");
                self.line(format!("var {index} int"));
                self.line(format!("for {key} := range {name} {{"));
                self.line(format!("\t{index} += {key}"));
                self.line("}");
                self.leave_loop(length as u32);
                self.declare(&index, &Ty::Int(Int::named("int")), true);
            }
            1 => {
                let slice = self.name("s");
                let part = self.sliced(&name, Some(length));
                self.line(format!("{slice} := {}", if part == name { format!("{name}[:]") } else { part }));
                self.declare(&slice, &Ty::Slice(Box::new(element.clone())), false);
            }
            _ => {
                let count = self.name("n");
                self.line(format!("{count} := len({name})*2 + cap({name})"));
                self.declare(&count, &Ty::Int(Int::named("int")), true);
            }
        }
        self.declare(&name, &Ty::Pointer(Box::new(Ty::Array(length, Box::new(element)))), false);
        true
    }

    /// A struct of its own that embeds a pointer to a variable.
    pub fn embedded_pointer(&mut self) -> bool {
        let found = self.var(|it, var| {
            let local = it.scopes.iter().flatten().any(|local| local.name == var.name);
            var.mutable && local && !it.fields(&var.ty).is_empty()
        });
        let Some(Var { name: of, ty, .. }) = found else { return false };
        let Ty::Named(index) = self.plain(&ty) else { return false };
        // A type of another package has its own name as a field.
        let (name, var, shown) = (self.name("t"), self.name("w"), self.types[index].name.clone());
        self.line(format!("type {name} struct {{"));
        self.line(format!("\t*{shown}"));
        self.line("\tmore uint16");
        self.line("}");
        let more = self.expr(&Ty::Int(Int::named("uint16")), 1).text;
        self.line(format!("{var} := {name}{{&{of}, {more}}}"));
        let fields = self.fields(&ty);
        let field = fields.iter().find_map(|field| match (&field.ty, field.name.as_str()) {
            (Ty::Int(int), name) if name != "_" => Some((name.to_owned(), *int)),
            _ => None,
        });
        if let Some((field, int)) = field {
            let value = self.expr(&Ty::Int(int), 1).text;
            self.line(format!("{var}.{field} += {value}"));
        }
        let method = self.methods(&ty).into_iter().find(|method| method.on_pointer);
        if let Some(method) = method {
            let arguments: Vec<String> = method.params.iter().map(|ty| self.expr(ty, 1).text).collect();
            self.line(format!("{var}.{}({})", method.name, arguments.join(", ")));
        }
        self.sink(&format!("{var}.more"), &Ty::Int(Int::named("uint16")));
        true
    }

    /// The methods of a type, those that come from embedded fields included.
    pub fn methods(&self, ty: &Ty) -> Vec<super::types::Func> {
        let Ty::Named(index) = self.plain(ty) else { return Vec::new() };
        let mut found = self.types[index].methods.clone();
        if matches!(self.types[index].kind, Kind::Struct(_)) {
            for field in self.fields(ty).iter().filter(|field| field.embedded) {
                found.extend(self.methods(&field.ty));
            }
        }
        found
    }

    /// An array that a slice becomes, as a copy or in its place, which panics where the slice is shorter.
    pub fn array_of_slice(&mut self) -> bool {
        let found = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Slice(element) => matches!(*element, Ty::Int(_)),
            _ => false,
        });
        let Some(Var { name: of, ty: Ty::Slice(element), .. }) = found else { return false };
        let length = 1 + self.rng.below(3);
        let ty = Ty::Array(length, element);
        if !self.has_room(&ty) {
            return false;
        }
        let (name, shown) = (self.name("v"), self.show(&ty));
        match self.rng.below(4) {
            0 => self.line(format!("{name} := {shown}({of})")),
            1 => {
                self.line(format!("var {name} {shown}"));
                self.line(format!("if len({of}) >= {length} {{"));
                self.line(format!("\t{name} = *(*{shown})({of})"));
                self.line("}");
            }
            _ => {
                self.line(format!("var {name} {shown}"));
                self.line(format!("if len({of}) > {length} {{"));
                self.line(format!("\t{name} = {shown}({of}[1:])"));
                self.line("}");
            }
        }
        self.declare(&name, &ty, true);
        true
    }

    /// A text that is a copy of the bytes of an array.
    pub fn text_of_bytes(&mut self) -> bool {
        let byte = Ty::Int(Int::named("uint8"));
        let found = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Array(_, element) => var.mutable && it.same(&element, &byte),
            _ => false,
        });
        let Some(Var { name: of, ty: Ty::Array(length, _), .. }) = found else { return false };
        if !self.has_room(&Ty::Str) {
            return false;
        }
        let part = self.sliced(&of, Some(length));
        let name = self.name("v");
        self.line(format!("{name} := string({})", if part == of { format!("{of}[:]") } else { part }));
        self.declare(&name, &Ty::Str, true);
        true
    }
}
