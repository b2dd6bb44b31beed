//! Statements of generated programs.

use super::expr::Expr;
use super::r#gen::Gen;
use super::types::{Int, Ty, Var};

/// A kind of statement: how often, its feature, and what writes it; false where it can't be written here.
type Form = (u32, &'static str, fn(&mut Gen) -> bool);

const FORMS: &[Form] = &[
    (16, "variables", Gen::variable),
    (12, "assignment", Gen::assignment),
    (9, "operator assignment", Gen::operator_assignment),
    (6, "increment", Gen::increment),
    (6, "tuple assignment", Gen::tuple_assignment),
    (4, "part assignment", Gen::part_assignment),
    (9, "if", Gen::if_statement),
    (4, "for clause", Gen::for_clause),
    (2, "for condition", Gen::for_condition),
    (2, "for ever", Gen::for_ever),
    (3, "range integer", Gen::range_integer),
    (4, "range array", Gen::range_array),
    (3, "range slice", Gen::range_slice),
    (2, "range string", Gen::range_string),
    (2, "range function", Gen::range_function),
    (4, "switch", Gen::switch_tag),
    (2, "switch without tag", Gen::switch_conditions),
    (3, "switch on text", Gen::switch_text),
    (1, "switch on values", Gen::switch_values),
    (2, "goto back", Gen::goto_back),
    (2, "goto forward", Gen::goto_forward),
    (4, "jumps", Gen::jump_out),
    (2, "block", Gen::block),
    (4, "closures", Gen::closure),
    (2, "closures as arguments", Gen::closure_argument),
    (4, "pointers", Gen::pointer),
    (5, "slices", Gen::slice),
    (4, "copy", Gen::copy),
    (3, "clear", Gen::clear),
    (6, "calls of functions", Gen::function_call),
    (5, "method calls", Gen::method_call),
    (3, "generics", Gen::generic_call),
    (3, "go maps", Gen::go_map),
    (3, "typed maps", Gen::typed_map),
    (2, "maps of structs and other kinds", Gen::other_map),
    (1, "structs without a name", Gen::anonymous_struct),
    (3, "atomics", Gen::atomic),
    (2, "local constants", Gen::local_constant),
    (1, "local types", Gen::local_type),
    (2, "variable groups", Gen::variable_group),
    (2, "early return", Gen::early_return),
    (1, "panic", Gen::panic),
    (1, "empty statement", Gen::empty),
    (2, "shadowing", Gen::shadow),
    (3, "texts from bytes", Gen::text_from_bytes),
    (1, "put byte order", Gen::put_byte_order),
    (2, "wide arithmetic", Gen::wide_arithmetic),
    (1, "comparison of package cmp", Gen::comparison),
    (2, "package utf8", Gen::runes),
    (1, "numbers of variable length", Gen::variable_length),
    (2, "atomic types", Gen::atomic_method),
    (1, "unsafe pointer", Gen::unsafe_pointer),
    (3, "pointers to parts", Gen::pointer_to_part),
    (2, "values of maps", Gen::value_of_map),
    (3, "slices between values", Gen::slice_between),
    (2, "slices of literals", Gen::slice_literal),
    (2, "pointers to arrays", Gen::pointer_to_array),
    (1, "embedded pointers", Gen::embedded_pointer),
    (2, "texts that copy bytes", Gen::text_of_bytes),
    (3, "functions as values", Gen::function_value),
    (2, "literals that are called", Gen::called_at_once),
    (2, "deferred functions", Gen::deferred_function),
    (1, "fractions", Gen::fraction),
    (2, "arrays of slices", Gen::array_of_slice),
    (1, "durations", Gen::duration),
    (2, "numbers of bytes", Gen::number_of_bytes),
    (4, "input writes", Gen::packet_write),
    (4, "slice writes", Gen::slice_write),
    (2, "loops of the kernel", Gen::kernel_loop),
    (1, "walks over maps", Gen::for_each),
    (3, "deferred calls", Gen::defer_statement),
    (3, "calls in order", Gen::calls_in_order),
    (3, "assignments at once", Gen::assignment_at_once),
    (3, "closures in closures", Gen::nested_closures),
    (3, "functions that are passed", Gen::function_passed),
    (2, "receivers that are bound", Gen::bound_receiver),
    (1, "loop variables in closures", Gen::loop_variable_in_closure),
    (3, "maps of other kinds", Gen::map_of_other_kind),
    (2, "helpers on packets", Gen::packet_helper),
    (2, "addresses of literals", Gen::address_of_literal),
    (2, "pointers to pointers", Gen::pointer_to_pointer),
    (2, "slices of any values", Gen::slice_of_values),
    (2, "values of named types", Gen::named_values),
    (2, "package unsafe", Gen::unsafe_memory),
    (2, "names of the language", Gen::names_of_the_language),
    (2, "untyped constants in shifts", Gen::untyped_shift),
    (2, "atomics of parts", Gen::atomic_part),
    (1, "named results", Gen::bare_returns),
];

/// Depth of expressions in statements.
const DEPTH: u32 = 3;

impl Gen {
    /// Statements until the budget is used up, at most `most`.
    pub fn statements(&mut self, most: i32) {
        let weighted: Vec<(u32, usize)> =
            FORMS.iter().enumerate().map(|(index, (weight, ..))| (*weight, index)).collect();
        let mut written = 0;
        let mut tries = 0;
        while self.budget > 0 && written < most && tries < most * 8 {
            tries += 1;
            let (_, feature, write) = FORMS[self.rng.weighted(&weighted)];
            if self.without.contains(feature) {
                continue;
            }
            let lines = self.lines.len();
            if write(self) {
                *self.used.entry(feature).or_default() += 1;
                written += 1;
                self.budget -= 1;
            } else {
                debug_assert_eq!(lines, self.lines.len(), "{feature} wrote half a statement");
            }
        }
    }

    /// The body of a nested block.
    pub fn body(&mut self) {
        let most = 1 + self.rng.below(4) as i32;
        self.statements(most);
    }

    pub fn depth(&mut self) -> u32 {
        1 + self.rng.below(DEPTH as usize) as u32
    }

    pub fn variable(&mut self) -> bool {
        let ty = self.ty();
        if !self.has_room(&ty) {
            return false;
        }
        let depth = self.depth();
        let shown = self.show(&ty);
        let name = self.name("v");
        let Expr { text, constant } = self.expr(&ty, depth);
        // What is declared by `:=` must have its type from the value.
        let typed = !constant || text.starts_with(&format!("{shown}("));
        match self.rng.below(5) {
            0 => self.line(format!("var {name} {shown}")),
            1 => self.line(format!("var {name} {shown} = {text}")),
            2 if typed => self.line(format!("var {name} = {text}")),
            _ if typed => self.line(format!("{name} := {text}")),
            _ => self.line(format!("var {name} {shown} = {text}")),
        }
        self.declare(&name, &ty, true);
        true
    }

    pub fn variable_group(&mut self) -> bool {
        let (first, second) = (Ty::Int(self.int()), Ty::Int(self.int()));
        if !self.has_room(&first) {
            return false;
        }
        let (a, b, c) = (self.name("v"), self.name("v"), self.name("v"));
        let (x, y) = (self.expr(&first, 2).text, self.expr(&second, 2).text);
        let (one, two) = (self.show(&first), self.show(&second));
        self.line("var (");
        self.line(format!("\t{a}, {b} {one} = {x}, 1"));
        self.line(format!("\t{c} {two} = {y}"));
        self.line(")");
        self.declare(&a, &first, true);
        self.declare(&b, &first, true);
        self.declare(&c, &second, true);
        true
    }

    /// A place that can be assigned to, of some type.
    pub fn target(&mut self) -> Option<(String, Ty)> {
        for _ in 0..4 {
            let ty = self.ty();
            if let Some(place) = self.place(&ty, true) {
                return Some((place, ty));
            }
        }
        None
    }

    pub fn int_target(&mut self) -> Option<(String, Int)> {
        for _ in 0..6 {
            let int = self.int();
            if let Some(place) = self.place(&Ty::Int(int), true) {
                return Some((place, int));
            }
        }
        None
    }

    pub fn assignment(&mut self) -> bool {
        let Some((place, ty)) = self.target() else { return false };
        let depth = self.depth();
        let value = self.expr(&ty, depth).text;
        if self.rng.chance(5) {
            self.line(format!("_ = {value}"));
        }
        self.line(format!("{place} = {value}"));
        true
    }

    pub fn operator_assignment(&mut self) -> bool {
        let Some((place, int)) = self.int_target() else { return false };
        let depth = self.depth();
        if self.rng.chance(25) {
            let operator = self.rng.pick(&["<<=", ">>="]);
            let count = match self.rng.chance(50) {
                true => self.rng.below(int.bits as usize + 2).to_string(),
                false => self.var_expr(&Ty::Int(Int::named("uint8")), 1),
            };
            self.line(format!("{place} {operator} {count}"));
            return true;
        }
        let operator = self.rng.pick(&["+=", "-=", "*=", "&=", "|=", "^=", "&^=", "/=", "%="]);
        let value = match operator {
            "/=" | "%=" => format!("{} | 1", self.var_expr(&Ty::Int(int), 1)),
            _ => self.expr(&Ty::Int(int), depth).text,
        };
        self.line(format!("{place} {operator} {value}"));
        true
    }

    pub fn increment(&mut self) -> bool {
        let Some((place, _)) = self.int_target() else { return false };
        let sign = self.rng.pick(&["++", "--"]);
        self.line(format!("{place}{sign}"));
        true
    }

    pub fn tuple_assignment(&mut self) -> bool {
        let Some((first, one)) = self.target() else { return false };
        let Some((second, two)) = self.target() else { return false };
        // What both sides name must be plain, since the order of some evaluations is left open.
        if first == second || second.contains(&first) || first.contains(&second) {
            return false;
        }
        if self.same(&one, &two) && self.rng.chance(50) {
            self.line(format!("{first}, {second} = {second}, {first}"));
            return true;
        }
        let x = self.expr(&one, 2).text;
        // Go's compiler may assign before it evaluates the next value (golang/go#71054): no panic of that is seen.
        let y = match self.outlives(&first) {
            true => self.place(&two, false),
            false => Some(self.expr(&two, 2).text),
        };
        let Some(y) = y else { return false };
        self.line(format!("{first}, {second} = {x}, {y}"));
        true
    }

    /// Whether what is assigned to the place is seen after a panic: it is no part of a local variable.
    fn outlives(&self, place: &str) -> bool {
        let end = place.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(place.len());
        let is_whole = |var: &Var| !matches!(self.plain(&var.ty), Ty::Pointer(_) | Ty::Slice(_));
        let root = self.visible().into_iter().find(|var| var.name == place[..end]);
        let is_local = |var: &Var| self.globals.iter().all(|global| global.name != var.name);
        !root.is_some_and(|var| is_local(&var) && is_whole(&var))
    }

    /// An element of an array, or a field, by a variable index.
    pub fn part_assignment(&mut self) -> bool {
        let found = self.var(|it, var| var.mutable && matches!(it.under(&var.ty), Ty::Array(..)));
        let Some(var) = found else { return false };
        if self.pure && self.globals.iter().any(|global| global.name == var.name) {
            return false;
        }
        let Ty::Array(length, element) = self.under(&var.ty) else { return false };
        let index = self.index_below(Some(length), &var.name, 1);
        let value = self.expr(&element, 2).text;
        match *element {
            Ty::Int(_) if self.rng.chance(40) => {
                let operator = self.rng.pick(&["+=", "^=", "-=", "|="]);
                self.line(format!("{}[{index}] {operator} {value}", var.name));
            }
            _ => self.line(format!("{}[{index}] = {value}", var.name)),
        }
        true
    }
}
