//! Statements of generated programs.

use super::expr::Expr;
use super::r#gen::Gen;
use super::types::{Func, Int, Ty, Var};

/// A kind of statement: how often, its feature, and what writes it; false where it can't be written here.
type Form = (u32, &'static str, fn(&mut Gen) -> bool);

const FORMS: &[Form] = &[
    (16, "variables", Gen::variable),
    (12, "assignment", Gen::assignment),
    (9, "operator assignment", Gen::operator_assignment),
    (6, "increment", Gen::increment),
    (6, "tuple assignment", Gen::tuple_assignment),
    (4, "part assignment", Gen::part_assignment),
    (12, "if", Gen::if_statement),
    (4, "for clause", Gen::for_clause),
    (2, "for condition", Gen::for_condition),
    (2, "for ever", Gen::for_ever),
    (3, "range integer", Gen::range_integer),
    (4, "range array", Gen::range_array),
    (3, "range slice", Gen::range_slice),
    (2, "range string", Gen::range_string),
    (2, "range function", Gen::range_function),
    (5, "switch", Gen::switch_tag),
    (3, "switch without tag", Gen::switch_conditions),
    (2, "switch on text", Gen::switch_text),
    (2, "goto back", Gen::goto_back),
    (2, "goto forward", Gen::goto_forward),
    (2, "block", Gen::block),
    (4, "closures", Gen::closure),
    (2, "closures as arguments", Gen::closure_argument),
    (4, "pointers", Gen::pointer),
    (4, "slices", Gen::slice),
    (2, "copy", Gen::copy),
    (1, "clear", Gen::clear),
    (4, "multiple results", Gen::multiple_results),
    (5, "method calls", Gen::method_call),
    (3, "generics", Gen::generic_call),
    (3, "go maps", Gen::go_map),
    (3, "typed maps", Gen::typed_map),
    (3, "atomics", Gen::atomic),
    (2, "local constants", Gen::local_constant),
    (1, "local types", Gen::local_type),
    (2, "variable groups", Gen::variable_group),
    (1, "early return", Gen::early_return),
    (1, "panic", Gen::panic),
    (1, "empty statement", Gen::empty),
    (2, "shadowing", Gen::shadow),
    (2, "texts from bytes", Gen::text_from_bytes),
    (1, "put byte order", Gen::put_byte_order),
    (1, "unsafe pointer", Gen::unsafe_pointer),
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
    fn body(&mut self) {
        let most = 1 + self.rng.below(4) as i32;
        self.statements(most);
    }

    fn depth(&mut self) -> u32 {
        1 + self.rng.below(DEPTH as usize) as u32
    }

    fn variable(&mut self) -> bool {
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

    fn variable_group(&mut self) -> bool {
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
    fn target(&mut self) -> Option<(String, Ty)> {
        for _ in 0..4 {
            let ty = self.ty();
            if let Some(place) = self.place(&ty, true) {
                return Some((place, ty));
            }
        }
        None
    }

    fn int_target(&mut self) -> Option<(String, Int)> {
        for _ in 0..6 {
            let int = self.int();
            if let Some(place) = self.place(&Ty::Int(int), true) {
                return Some((place, int));
            }
        }
        None
    }

    fn assignment(&mut self) -> bool {
        let Some((place, ty)) = self.target() else { return false };
        let depth = self.depth();
        let value = self.expr(&ty, depth).text;
        if self.rng.chance(5) {
            self.line(format!("_ = {value}"));
        }
        self.line(format!("{place} = {value}"));
        true
    }

    fn operator_assignment(&mut self) -> bool {
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

    fn increment(&mut self) -> bool {
        let Some((place, _)) = self.int_target() else { return false };
        let sign = self.rng.pick(&["++", "--"]);
        self.line(format!("{place}{sign}"));
        true
    }

    fn tuple_assignment(&mut self) -> bool {
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
        let (x, y) = (self.expr(&one, 2).text, self.expr(&two, 2).text);
        self.line(format!("{first}, {second} = {x}, {y}"));
        true
    }

    /// An element of an array, or a field, by a variable index.
    fn part_assignment(&mut self) -> bool {
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

    fn if_statement(&mut self) -> bool {
        let depth = self.depth();
        let condition = match self.rng.chance(60) {
            true => self.condition(depth),
            false => self.expr(&Ty::Bool, depth).text,
        };
        if self.rng.chance(20) {
            let (name, int) = (self.name("v"), self.int());
            let value = self.var_expr(&Ty::Int(int), 1);
            let literal = self.literal(int);
            self.open(format!("if {name} := {}({value}); {name} > {literal} {{", int.name));
            self.declare(&name, &Ty::Int(int), true);
        } else {
            self.open(format!("if {condition} {{"));
        }
        self.body();
        let mut arms = 0;
        while arms < 2 && self.rng.chance(25) {
            arms += 1;
            self.sink_scope();
            self.scopes.pop();
            let condition = self.condition(1);
            self.scopes.push(Vec::new());
            self.close_plain_as(format!("}} else if {condition} {{"));
            self.body();
        }
        if self.rng.chance(40) {
            self.sink_scope();
            self.close_plain_as("} else {".to_owned());
            self.body();
        }
        self.close("}");
        true
    }

    /// Closes a block and opens the next on the same line.
    fn close_plain_as(&mut self, text: String) {
        self.scopes.pop();
        self.closures.pop();
        self.indent -= 1;
        self.open(text);
    }

    /// Whether one more loop of `turns` may stand here.
    fn enter_loop(&mut self, turns: u32) -> bool {
        if self.loops >= 2 || self.turns * turns > 12 {
            return false;
        }
        self.loops += 1;
        self.turns *= turns;
        true
    }

    fn leave_loop(&mut self, turns: u32) {
        self.loops -= 1;
        self.turns /= turns;
    }

    /// A label before a loop, now and then, which a jump in the loop uses.
    fn label(&mut self) -> Option<String> {
        if !self.rng.chance(30) || !self.on("labels") {
            return None;
        }
        let label = self.name("loop");
        let outer = std::mem::replace(&mut self.indent, 0);
        self.line(format!("{label}:"));
        self.indent = outer;
        Some(label)
    }

    /// A jump under a condition.
    fn jump(&mut self, label: Option<&String>) {
        let condition = self.condition(1);
        let word = self.rng.pick(&["break", "continue"]);
        let target = label.map(|label| format!(" {label}")).unwrap_or_default();
        self.line(format!("if {condition} {{"));
        self.line(format!("\t{word}{target}"));
        self.line("}");
    }

    fn loop_body(&mut self, label: Option<String>) {
        self.body();
        if let Some(label) = &label {
            self.jump(Some(label));
        } else if self.rng.chance(40) {
            self.jump(None);
        }
        if self.rng.chance(30) {
            self.body();
        }
    }

    fn for_clause(&mut self) -> bool {
        let turns = 1 + self.rng.below(4) as u32;
        if !self.enter_loop(turns) {
            return false;
        }
        let label = self.label();
        let (name, int) = (self.name("i"), self.int());
        let head = match self.rng.below(4) {
            0 => format!("for {name} := {}({turns}); {name} > 0; {name}-- {{", int.name),
            1 => format!("for {name} := {}(0); {name} < {}; {name} += 2 {{", int.name, turns * 2),
            2 => format!(
                "for {name}, {name}b := {}(0), 1; {name} < {turns}; {name}, {name}b = {name}+1, {name}b*2 {{",
                int.name
            ),
            _ => format!("for {name} := {}(0); {name} < {turns}; {name}++ {{", int.name),
        };
        let two = head.contains(&format!("{name}b"));
        self.open(head);
        self.declare(&name, &Ty::Int(int), false);
        if two {
            self.declare(&format!("{name}b"), &Ty::Int(Int::named("int")), false);
        }
        self.loop_body(label);
        self.close("}");
        self.leave_loop(turns);
        true
    }

    fn for_condition(&mut self) -> bool {
        let turns = 1 + self.rng.below(3) as u32;
        if !self.enter_loop(turns) {
            return false;
        }
        let name = self.name("n");
        self.line(format!("{name} := {turns}"));
        let label = self.label();
        self.open(format!("for {name} > 0 {{"));
        self.line(format!("{name}--"));
        self.loop_body(label);
        self.close("}");
        self.leave_loop(turns);
        self.declare(&name, &Ty::Int(Int::named("int")), false);
        true
    }

    fn for_ever(&mut self) -> bool {
        let turns = 1 + self.rng.below(3) as u32;
        if !self.enter_loop(turns) {
            return false;
        }
        let name = self.name("n");
        self.line(format!("{name} := 0"));
        self.open("for {");
        self.line(format!("{name}++"));
        self.line(format!("if {name} > {turns} {{"));
        self.line("\tbreak");
        self.line("}");
        self.body();
        self.close("}");
        self.leave_loop(turns);
        self.declare(&name, &Ty::Int(Int::named("int")), false);
        true
    }

    fn range_integer(&mut self) -> bool {
        let turns = 1 + self.rng.below(4) as u32;
        if !self.enter_loop(turns) {
            return false;
        }
        let label = self.label();
        let name = self.name("i");
        match self.rng.below(4) {
            0 => self.open(format!("for range {turns} {{")),
            1 => {
                let int = self.int();
                self.open(format!("for {name} := range {}({turns}) {{", int.name));
                self.declare(&name, &Ty::Int(int), true);
            }
            _ => {
                self.open(format!("for {name} := range {turns} {{"));
                self.declare(&name, &Ty::Int(Int::named("int")), true);
            }
        }
        self.loop_body(label);
        self.close("}");
        self.leave_loop(turns);
        true
    }

    fn range_array(&mut self) -> bool {
        let found = self.var(|it, var| matches!(it.under(&var.ty), Ty::Array(..)));
        let Some(var) = found else { return false };
        let Ty::Array(length, element) = self.under(&var.ty) else { return false };
        if !self.enter_loop(length as u32) {
            return false;
        }
        let label = self.label();
        self.range_over(&var.name, &element, label);
        self.leave_loop(length as u32);
        true
    }

    fn range_over(&mut self, of: &str, element: &Ty, label: Option<String>) {
        let (key, value) = (self.name("i"), self.name("x"));
        let int = Ty::Int(Int::named("int"));
        match self.rng.below(4) {
            0 => {
                self.open(format!("for {key} := range {of} {{"));
                self.declare(&key, &int, true);
            }
            1 => {
                self.open(format!("for _, {value} := range {of} {{"));
                self.declare(&value, element, true);
            }
            2 if self
                .scopes
                .last()
                .is_some_and(|scope| scope.iter().any(|var| self.same(&var.ty, &int) && var.mutable)) =>
            {
                let place = self.place(&int, true).unwrap_or_else(|| "_".to_owned());
                self.open(format!("for {place} = range {of} {{"));
            }
            _ => {
                self.open(format!("for {key}, {value} := range {of} {{"));
                self.declare(&key, &int, true);
                self.declare(&value, element, true);
            }
        }
        self.loop_body(label);
        self.close("}");
    }

    fn range_slice(&mut self) -> bool {
        // The number of turns must be known here.
        let found = self.var(|it, var| var.mutable && matches!(it.plain(&var.ty), Ty::Array(..)));
        let (of, length, element) = match found {
            Some(var) if self.rng.chance(60) => match self.plain(&var.ty) {
                Ty::Array(length, element) => (format!("{}[:]", var.name), length, *element),
                _ => return false,
            },
            _ if !self.packet => return false,
            _ => {
                let from = 14 + self.rng.below(40);
                (format!("p[{from}:{}]", from + 4), 4, Ty::Int(Int::named("uint8")))
            }
        };
        if !self.enter_loop(length as u32) {
            return false;
        }
        let label = self.label();
        self.range_over(&of, &element, label);
        self.leave_loop(length as u32);
        true
    }

    fn range_string(&mut self) -> bool {
        if !self.enter_loop(4) {
            return false;
        }
        let text = self.rng.pick(&["\"abc\"", "\"h\u{e9}y\"", "\"\u{4e16}!\"", "\"\\xff\\xfea\"", "\"\""]);
        let (key, value) = (self.name("i"), self.name("r"));
        self.open(format!("for {key}, {value} := range {text} {{"));
        self.declare(&key, &Ty::Int(Int::named("int")), true);
        self.declare(&value, &Ty::Int(Int::named("rune")), true);
        self.body();
        self.close("}");
        self.leave_loop(4);
        true
    }

    fn range_function(&mut self) -> bool {
        let turns = 1 + self.rng.below(3) as u32;
        if !self.enter_loop(turns) {
            return false;
        }
        let name = self.iterator();
        let label = self.label();
        let (first, second) = (self.name("i"), self.name("x"));
        let start = self.var_expr(&Ty::Int(Int::named("uint32")), 1);
        self.open(format!("for {first}, {second} := range {name}({turns}, {start}) {{"));
        self.declare(&first, &Ty::Int(Int::named("int")), true);
        self.declare(&second, &Ty::Int(Int::named("uint32")), true);
        self.loop_body(label);
        self.close("}");
        self.leave_loop(turns);
        true
    }

    fn switch_tag(&mut self) -> bool {
        let int = self.small_int();
        let tag = self.var_expr(&Ty::Int(int), 2);
        if self.rng.chance(35) {
            let name = self.name("v");
            self.line(format!("switch {name} := {}({tag}); {name} {{", int.name));
        } else {
            self.line(format!("switch {}({tag}) & 7 {{", int.name));
        }
        let arms = 1 + self.rng.below(4);
        let default = self.rng.below(arms + 2);
        let mut next = 0;
        for arm in 0..arms {
            if arm == default {
                self.arm("default:", arm + 1 < arms);
            }
            let mut values = Vec::new();
            for _ in 0..1 + self.rng.below(2) {
                values.push(next.to_string());
                next += 1 + self.rng.below(2);
            }
            self.arm(&format!("case {}:", values.join(", ")), arm + 1 < arms);
        }
        self.line("}");
        true
    }

    /// A clause; `falls` where another one follows.
    fn arm(&mut self, head: &str, falls: bool) {
        self.open(head);
        self.body();
        self.sink_scope();
        if falls && self.rng.chance(20) && self.on("fallthrough") {
            self.line("fallthrough");
        } else if self.rng.chance(8) {
            let condition = self.condition(1);
            self.line(format!("if {condition} {{"));
            self.line("\tbreak");
            self.line("}");
        }
        self.scopes.pop();
        self.closures.pop();
        self.indent -= 1;
    }

    fn switch_conditions(&mut self) -> bool {
        self.line("switch {");
        let arms = 1 + self.rng.below(3);
        for arm in 0..arms {
            let condition = self.condition(2);
            let more = if self.rng.chance(20) { format!(", {}", self.condition(1)) } else { String::new() };
            self.arm(&format!("case {condition}{more}:"), arm + 1 < arms);
        }
        if self.rng.chance(50) {
            self.arm("default:", false);
        }
        self.line("}");
        true
    }

    fn switch_text(&mut self) -> bool {
        let Some(place) = self.place(&Ty::Str, false) else { return false };
        self.line(format!("switch {place} {{"));
        self.arm("case \"a\", \"abc\":", true);
        self.arm("case \"kernel\":", false);
        self.line("}");
        true
    }

    fn goto_back(&mut self) -> bool {
        if self.in_closure || !self.enter_loop(3) {
            return false;
        }
        let (name, label) = (self.name("n"), self.name("again"));
        self.line(format!("{name} := 0"));
        let outer = std::mem::replace(&mut self.indent, 0);
        self.line(format!("{label}:"));
        self.indent = outer;
        self.line(format!("{name}++"));
        self.open("{");
        self.body();
        self.close("}");
        self.line(format!("if {name} < 3 {{"));
        self.line(format!("\tgoto {label}"));
        self.line("}");
        self.leave_loop(3);
        self.declare(&name, &Ty::Int(Int::named("int")), false);
        true
    }

    fn goto_forward(&mut self) -> bool {
        let label = self.name("over");
        let condition = self.condition(2);
        self.line(format!("if {condition} {{"));
        self.line(format!("\tgoto {label}"));
        self.line("}");
        self.open("{");
        self.body();
        self.close("}");
        let outer = std::mem::replace(&mut self.indent, 0);
        self.line(format!("{label}:"));
        self.indent = outer;
        let Some((place, int)) = self.int_target() else {
            self.line(";");
            return true;
        };
        let value = self.literal(int);
        self.line(format!("{place} ^= {value}"));
        true
    }

    fn block(&mut self) -> bool {
        self.open("{");
        self.body();
        self.close("}");
        true
    }

    fn closure(&mut self) -> bool {
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
        self.declare(&argument, &Ty::Int(param), true);
        let mut pure = true;
        if let Some((place, int)) = &captured {
            let value = self.expr(&Ty::Int(*int), 1).text;
            self.line(format!("{place} += {value}"));
            pure = false;
        }
        let depth = self.depth();
        let value = self.expr(&Ty::Int(result), depth).text;
        self.line(format!("return {value} ^ {}({argument})", result.name));
        self.close_plain("}");
        (self.in_closure, self.loops, self.sink) = outer;
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

    fn closure_argument(&mut self) -> bool {
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

    fn pointer(&mut self) -> bool {
        let found = self.var(|it, var| {
            var.mutable
                && !matches!(it.plain(&var.ty), Ty::Pointer(_) | Ty::Slice(_) | Ty::Str)
                && it.scopes.iter().flatten().any(|local| local.name == var.name)
        });
        let Some(Var { name: of, ty, .. }) = found else { return false };
        let name = self.name("q");
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

    fn slice(&mut self) -> bool {
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
    fn local_array(&mut self) -> Option<(String, usize, Ty)> {
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

    fn copy(&mut self) -> bool {
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

    fn clear(&mut self) -> bool {
        let Some((name, length, _)) = self.local_array() else { return false };
        let part = self.sliced(&name, Some(length));
        self.line(format!("clear({})", if part == name { format!("{name}[:]") } else { part }));
        true
    }

    fn multiple_results(&mut self) -> bool {
        let many: Vec<Func> = self.funcs.iter().filter(|func| func.results.len() > 1).cloned().collect();
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
        let sign = if names.iter().all(|name| name == "_") { "=" } else { ":=" };
        self.line(format!("{} {sign} {}({})", names.join(", "), func.name, arguments.join(", ")));
        for (name, ty) in names.iter().zip(&func.results) {
            if name != "_" {
                self.declare(name, ty, true);
            }
        }
        true
    }

    fn method_call(&mut self) -> bool {
        let found = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Named(index) => var.mutable && it.types[index].methods.iter().any(|method| method.on_pointer),
            _ => false,
        });
        let Some(var) = found else { return false };
        if self.pure && self.globals.iter().any(|global| global.name == var.name) {
            return false;
        }
        let Ty::Named(index) = self.plain(&var.ty) else { return false };
        let methods: Vec<Func> =
            self.types[index].methods.iter().filter(|method| method.on_pointer).cloned().collect();
        let method = methods[self.rng.below(methods.len())].clone();
        let arguments: Vec<String> = method.params.iter().map(|ty| self.expr(ty, 1).text).collect();
        let (of, arguments) = (&var.name, arguments.join(", "));
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

    fn atomic(&mut self) -> bool {
        if self.pure {
            return false;
        }
        let found = self.globals.iter().find(|var| {
            matches!(&var.ty, Ty::Int(int) if int.bits >= 32 && !matches!(int.name, "int" | "uint" | "rune"))
        });
        let Some(Var { name: of, ty: Ty::Int(int), .. }) = found.cloned() else { return false };
        let stem = format!("{}{}", int.name[..1].to_uppercase(), &int.name[1..]);
        let value = self.expr(&Ty::Int(int), 1).text;
        let name = self.name("v");
        match self.rng.below(6) {
            0 => {
                self.line(format!("atomic.Add{stem}(&{of}, {value})"));
                return true;
            }
            1 => self.line(format!("{name} := atomic.Add{stem}(&{of}, {value})")),
            2 => self.line(format!("{name} := atomic.Load{stem}(&{of})")),
            3 => self.line(format!("{name} := atomic.Swap{stem}(&{of}, {value})")),
            4 => {
                let old = self.expr(&Ty::Int(int), 0).text;
                self.line(format!("{name} := atomic.CompareAndSwap{stem}(&{of}, {old}, {value})"));
                self.declare(&name, &Ty::Bool, true);
                return true;
            }
            _ => {
                self.line(format!("atomic.Store{stem}(&{of}, {value})"));
                return true;
            }
        }
        self.declare(&name, &Ty::Int(int), true);
        true
    }

    fn local_constant(&mut self) -> bool {
        let (name, int) = (self.name("c"), self.int());
        let value = self.rng.below(100) as i128;
        match self.rng.below(3) {
            0 => self.line(format!("const {name} = {value}")),
            1 => self.line(format!("const {name} int16 = {value} << 3 / 4 * 2.5 - 0.5 + 0.5")),
            _ => self.line(format!("const {name} {} = {value}", int.name)),
        }
        if let Some((place, int)) = self.int_target() {
            self.line(format!("{place} += {}({name} % 100)", int.name));
        }
        true
    }

    fn local_type(&mut self) -> bool {
        let (name, int) = (self.name("t"), self.int());
        let (first, second) = (self.expr(&Ty::Int(int), 1).text, self.name("v"));
        self.line(format!("type {name} struct {{"));
        self.line(format!("\ta, b {}", int.name));
        self.line("}");
        self.line(format!("{second} := {name}{{b: {first}}}"));
        self.sink(&format!("{second}.b"), &Ty::Int(int));
        true
    }

    fn early_return(&mut self) -> bool {
        if self.in_closure || self.results.is_empty() {
            return false;
        }
        let condition = self.condition(2);
        let results = self.results.clone();
        let values: Vec<String> = results.iter().map(|ty| self.expr(ty, 1).text).collect();
        self.line(format!("if {condition} {{"));
        self.line(format!("\treturn {}", values.join(", ")));
        self.line("}");
        true
    }

    fn panic(&mut self) -> bool {
        if !self.rng.chance(25) {
            return false;
        }
        let condition = self.condition(1);
        let other = self.condition(1);
        self.line(format!("if {condition} && {other} {{"));
        self.line("\tpanic(\"unlikely\")");
        self.line("}");
        true
    }

    fn empty(&mut self) -> bool {
        self.line(";");
        true
    }

    fn shadow(&mut self) -> bool {
        let found = self.var(|it, var| {
            matches!(it.plain(&var.ty), Ty::Int(_))
                && it.scopes.iter().flatten().any(|local| local.name == var.name)
        });
        let Some(var) = found else { return false };
        let other = self.int();
        self.open("{");
        self.line(format!("{0} := {1}({0}) + 1", var.name, other.name));
        self.declare(&var.name, &Ty::Int(other), true);
        self.body();
        self.close("}");
        true
    }

    fn text_from_bytes(&mut self) -> bool {
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

    fn put_byte_order(&mut self) -> bool {
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

    fn unsafe_pointer(&mut self) -> bool {
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
}
