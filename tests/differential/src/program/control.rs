//! Statements that decide what is done: branches, loops, switches, jumps.

use super::r#gen::{Gen, Sink};
use super::jumps::Target;
use super::types::{Int, Ty};

/// How often a statement in loops runs, at most: each turn doubles the paths of a branch.
const MOST_TURNS: u32 = 4;
/// The turns around a loop over what has a length known only at run time, at most.
const MOST_TURNS_OF_WALKS: u32 = 2;

impl Gen {
    pub fn if_statement(&mut self) -> bool {
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
    pub fn close_plain_as(&mut self, text: String) {
        self.scopes.pop();
        self.closures.pop();
        self.indent -= 1;
        self.open(text);
    }

    /// Whether one more loop of `turns` may stand here.
    pub fn enter_loop(&mut self, turns: u32) -> bool {
        if self.loops >= 2 || self.turns * turns > MOST_TURNS {
            return false;
        }
        self.loops += 1;
        self.turns *= turns;
        true
    }

    /// Whether a function that loops, by itself or as the kernel's verifier sees it, may be called here.
    pub fn may_walk(&self) -> bool {
        self.turns <= MOST_TURNS_OF_WALKS
    }

    pub fn leave_loop(&mut self, turns: u32) {
        self.loops -= 1;
        self.turns /= turns;
    }

    /// A label before a loop, now and then, which a jump in the loop uses.
    pub fn label(&mut self) -> Option<String> {
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
    pub fn jump(&mut self, label: Option<&String>) {
        let condition = self.condition(1);
        let word = self.rng.pick(&["break", "continue"]);
        let target = label.map(|label| format!(" {label}")).unwrap_or_default();
        self.line(format!("if {condition} {{"));
        self.line(format!("\t{word}{target}"));
        self.line("}");
    }

    pub fn loop_body(&mut self, label: Option<String>) {
        self.within(Target::Loop(label.clone()), Gen::body);
        if let Some(label) = &label {
            self.jump(Some(label));
        } else if self.rng.chance(40) {
            self.jump(None);
        }
        if self.rng.chance(30) {
            self.body();
        }
    }

    pub fn for_clause(&mut self) -> bool {
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

    pub fn for_condition(&mut self) -> bool {
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

    pub fn for_ever(&mut self) -> bool {
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
        self.within(Target::Loop(None), Gen::body);
        self.close("}");
        self.leave_loop(turns);
        self.declare(&name, &Ty::Int(Int::named("int")), false);
        true
    }

    pub fn range_integer(&mut self) -> bool {
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

    pub fn range_array(&mut self) -> bool {
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

    pub fn range_over(&mut self, of: &str, element: &Ty, label: Option<String>) {
        let (key, value) = (self.name("i"), self.name("x"));
        let int = Ty::Int(Int::named("int"));
        match self.rng.below(4) {
            0 if self.rng.chance(30) => self.open(format!("for range {of} {{")),
            0 => {
                let of = if self.rng.chance(30) { format!("len({of})") } else { of.to_owned() };
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

    pub fn range_slice(&mut self) -> bool {
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

    pub fn range_string(&mut self) -> bool {
        if !self.enter_loop(4) {
            return false;
        }
        let fixed = self.rng.pick(&["\"abc\"", "\"h\u{e9}y\"", "\"\u{4e16}!\"", "\"\\xff\\xfea\"", "\"\""]);
        let text = match self.place(&Ty::Str, false) {
            Some(place) if self.rng.chance(60) => format!("{place}[:min(len({place}), 4)]"),
            _ => fixed.to_owned(),
        };
        let (key, value) = (self.name("i"), self.name("r"));
        self.open(format!("for {key}, {value} := range {text} {{"));
        self.declare(&key, &Ty::Int(Int::named("int")), true);
        self.declare(&value, &Ty::Int(Int::named("rune")), true);
        self.within(Target::Loop(None), Gen::body);
        self.close("}");
        self.leave_loop(4);
        true
    }

    pub fn range_function(&mut self) -> bool {
        let turns = 1 + self.rng.below(3) as u32;
        // One of them always has three.
        if !self.enter_loop(3) {
            return false;
        }
        let (iterator, types) = self.iterator(turns);
        let label = self.label();
        let names: Vec<String> = types.iter().map(|_| self.name("x")).collect();
        // Fewer variables than values, now and then.
        let shown = if self.rng.chance(25) { names.len().min(1) } else { names.len() };
        match shown {
            0 => self.open(format!("for range {iterator} {{")),
            _ => self.open(format!("for {} := range {iterator} {{", names[..shown].join(", "))),
        }
        for (name, int) in names.iter().zip(&types).take(shown) {
            self.declare(name, &Ty::Int(*int), true);
        }
        self.loop_body(label);
        self.close("}");
        self.leave_loop(3);
        true
    }

    pub fn switch_tag(&mut self) -> bool {
        let int = self.small_int();
        let tag = self.var_expr(&Ty::Int(int), 2);
        let label = self.label();
        if self.rng.chance(35) {
            let name = self.name("v");
            self.line(format!("switch {name} := {}({tag}); {name} {{", int.name));
        } else {
            self.line(format!("switch {}({tag}) & 7 {{", int.name));
        }
        self.targets.push(Target::Switch(label));
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
        self.targets.pop();
        self.line("}");
        true
    }

    /// A clause; `falls` where another one follows.
    pub fn arm(&mut self, head: &str, falls: bool) {
        self.open(head);
        self.body();
        self.sink_scope();
        if falls && self.rng.chance(20) && self.on("fallthrough") {
            self.line("fallthrough");
        } else if let Some(Target::Switch(Some(label))) = self.targets.last().cloned() {
            let condition = self.condition(1);
            self.line(format!("if {condition} {{"));
            self.line(format!("\tbreak {label}"));
            self.line("}");
        }
        self.scopes.pop();
        self.closures.pop();
        self.indent -= 1;
    }

    pub fn switch_conditions(&mut self) -> bool {
        let label = self.label();
        let start = match self.int_target().filter(|_| self.rng.chance(25)) {
            Some((place, int)) => format!("{place} ^= {}; ", self.literal(int)),
            None => String::new(),
        };
        self.line(format!("switch {start}{{"));
        self.targets.push(Target::Switch(label));
        let arms = 1 + self.rng.below(3);
        for arm in 0..arms {
            let condition = self.condition(2);
            let more = if self.rng.chance(20) { format!(", {}", self.condition(1)) } else { String::new() };
            self.arm(&format!("case {condition}{more}:"), arm + 1 < arms);
        }
        if self.rng.chance(50) {
            self.arm("default:", false);
        }
        self.targets.pop();
        self.line("}");
        true
    }

    pub fn switch_text(&mut self) -> bool {
        let Some(place) = self.place(&Ty::Str, false) else { return false };
        self.line(format!("switch {place} {{"));
        self.targets.push(Target::Switch(None));
        self.arm("case \"a\", \"abc\":", true);
        self.arm("case \"kernel\":", false);
        self.targets.pop();
        self.line("}");
        true
    }

    /// A switch over a value of any type that can be compared, whose cases are values too.
    pub fn switch_values(&mut self) -> bool {
        let found = self.var(|it, var| !it.has_text(&var.ty) && !matches!(it.plain(&var.ty), Ty::Str));
        let Some(var) = found else { return false };
        self.line(format!("switch {} {{", var.name));
        self.targets.push(Target::Switch(None));
        for _ in 0..1 + self.rng.below(2) {
            // Constants would have to differ.
            let value = match self.under(&var.ty) {
                Ty::Int(_) | Ty::Bool => self.var_expr(&var.ty, 1),
                _ => self.expr(&var.ty, 1).text,
            };
            self.arm(&format!("case {value}:"), true);
        }
        self.arm("default:", false);
        self.targets.pop();
        self.line("}");
        true
    }

    pub fn goto_back(&mut self) -> bool {
        if self.in_closure || !self.enter_loop(3) {
            return false;
        }
        self.labels += 1;
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

    pub fn goto_forward(&mut self) -> bool {
        let label = self.name("over");
        let condition = self.condition(2);
        self.line(format!("if {condition} {{"));
        self.line(format!("\tgoto {label}"));
        self.line("}");
        self.open("{");
        self.within(Target::End(label.clone()), Gen::body);
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

    pub fn block(&mut self) -> bool {
        self.open("{");
        self.body();
        self.close("}");
        true
    }

    pub fn early_return(&mut self) -> bool {
        let of_entry = self.results.is_empty() && !self.in_closure && self.sink == Sink::Results;
        if of_entry && self.rng.chance(30) && self.on("early return of the entry") {
            let condition = self.condition(2);
            let value = self.var_expr(&Ty::Int(Int::named("uint32")), 1);
            self.line(format!("if {condition} {{"));
            self.line(format!("\treturn {}({value})", self.entry.result()));
            self.line("}");
            return true;
        }
        if self.results.is_empty() {
            return false;
        }
        let condition = self.condition(2);
        let results = self.results.clone();
        let values: Vec<String> = results.iter().map(|ty| self.returned(ty)).collect();
        self.line(format!("if {condition} {{"));
        self.line(format!("\treturn {}", values.join(", ")));
        self.line("}");
        true
    }

    pub fn panic(&mut self) -> bool {
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

    pub fn empty(&mut self) -> bool {
        self.line(";");
        true
    }

    pub fn shadow(&mut self) -> bool {
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
}
