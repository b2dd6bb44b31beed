//! Functions that others call: by the kernel, by iterators, and at the end of a function.

use super::r#gen::{Gen, MARK, Sink};
use super::types::{Int, Ty};

impl Gen {
    /// A loop whose body the kernel calls.
    pub fn kernel_loop(&mut self) -> bool {
        if self.in_closure || self.loops > 0 {
            return false;
        }
        let turns = 1 + self.rng.below(6) as u32;
        let (name, index) = (self.name("v"), self.name("i"));
        if !self.enter_loop(turns) {
            return false;
        }
        let condition = self.condition(1);
        self.open(format!("{name} := bpf.Loop({turns}, func({index} uint32) bool {{"));
        self.declare(&index, &Ty::Int(Int::named("uint32")), false);
        let outer = std::mem::replace(&mut self.in_closure, true);
        let results = std::mem::replace(&mut self.results, vec![Ty::Bool]);
        let targets = std::mem::take(&mut self.targets);
        self.body();
        self.targets = targets;
        if self.rng.chance(50) {
            self.line(format!("if {condition} {{"));
            self.line("\treturn false");
            self.line("}");
        }
        self.sink_scope();
        let last = if self.rng.chance(50) { "true".to_owned() } else { format!("{index} < 3") };
        self.line(format!("return {last}"));
        self.close_plain("})");
        self.in_closure = outer;
        self.results = results;
        self.leave_loop(turns);
        self.declare(&name, &Ty::Int(Int::named("int64")), true);
        true
    }

    /// A walk over a map, whose order is open: what is done in it must not depend on it.
    pub fn for_each(&mut self) -> bool {
        if self.pure || self.in_closure || self.loops > 0 {
            return false;
        }
        let map = self.hash_map();
        let (sum, calls) = (self.name("v"), self.name("v"));
        let changes = self.rng.chance(50);
        self.line(format!("{sum} := uint64(1)"));
        self.line(format!("{calls} := {map}.ForEach(func(key uint32, value *uint64) bool {{"));
        self.line(format!("\t{sum} += uint64(key)*7 + *value"));
        if changes {
            self.line("\t*value = *value*3 + uint64(key)");
        }
        self.line("\treturn true");
        self.line("})");
        self.declare(&sum, &Ty::Int(Int::named("uint64")), true);
        self.declare(&calls, &Ty::Int(Int::named("int64")), true);
        true
    }

    /// A call for the end of the function: it is seen in what outlives the function, after a panic, too.
    pub fn defer_statement(&mut self) -> bool {
        if self.in_closure || self.loops > 0 || self.labels > 0 {
            return false;
        }
        let word = Ty::Int(Int::named("uint64"));
        let value = self.var_expr(&word, 1);
        if self.sink == Sink::Results {
            let slot = self.slots;
            self.slots += 1;
            match self.rng.below(3) {
                0 => self.line(format!("defer func(x uint64) {{ o[{slot}] = o[{slot}]*3 + x }}({value})")),
                1 => self.line(format!("defer func() {{ o[{slot}] += {value} }}()")),
                _ => {
                    let condition = self.condition(1);
                    self.line(format!("if {condition} {{"));
                    self.line(format!("\tdefer func() {{ o[{slot}] += 5 }}()"));
                    self.line("}");
                }
            }
            return true;
        }
        if self.pure {
            return false;
        }
        let globals = self.globals.clone();
        let found = globals.iter().find_map(|var| match var.ty {
            Ty::Int(int) => Some((var.name.clone(), int)),
            _ => None,
        });
        let Some((global, int)) = found else { return false };
        match self.rng.below(2) {
            0 => self.line(format!("defer func(x uint64) {{ {global} ^= {}(x) }}({value})", int.name)),
            _ => self.line(format!("defer func() {{ {global}++ }}()")),
        }
        true
    }

    /// An iterator function, declared where it is first used: how it is called, and the types that it yields.
    pub fn iterator(&mut self, turns: u32) -> (String, Vec<Int>) {
        let (int, number) = (Int::named("int"), Int::named("uint32"));
        let start = self.var_expr(&Ty::Int(number), 1);
        match self.rng.below(6) {
            4 => {
                // One that others are made of.
                let name = self.declare_once("func evens", |name| {
                    format!(
                        "{name}(of iter.Seq[uint16]) iter.Seq2[uint8, uint16] {{\n\
                         \treturn func(yield func(uint8, uint16) bool) {{\n\t\tn := uint8(0)\n\
                         \t\tfor x := range of {{\n\t\t\tif x&1 != 0 {{\n\t\t\t\tcontinue\n\t\t\t}}\n\
                         \t\t\tif n++; !yield(n, x) {{\n\t\t\t\treturn\n\t\t\t}}\n\t\t}}\n\t}}\n}}"
                    )
                });
                let of = self.declare_once("func down", |name| {
                    format!(
                        "{name}(from uint16) iter.Seq[uint16] {{\n\
                         \treturn func(yield func(uint16) bool) {{\n\
                         \t\tfor range 3 {{\n\t\t\tif !yield(from) {{\n\t\t\t\treturn\n\t\t\t}}\n\
                         \t\t\tfrom -= 3\n\t\t}}\n\t}}\n}}"
                    )
                });
                let from = self.var_expr(&Ty::Int(Int::named("uint16")), 1);
                (format!("{name}({of}({from}))"), vec![Int::named("uint8"), Int::named("uint16")])
            }
            5 => {
                let name = self.declare_once("func each", |name| {
                    format!(
                        "{name}[T any](s []T) func(func(int, T) bool) {{\n\
                         \treturn func(yield func(int, T) bool) {{\n\
                         \t\tfor i, x := range s {{\n\
                         \t\t\tif i == 3 || !yield(i, x) {{\n\t\t\t\tbreak\n\t\t\t}}\n\t\t}}\n\t}}\n}}"
                    )
                });
                let of = self.int();
                let slice = self.expr(&Ty::Slice(Box::new(Ty::Int(of))), 1).text;
                let slice = if slice == "nil" { format!("[]{}{{1, 2}}", of.name) } else { slice };
                (format!("{name}({slice})"), vec![int, of])
            }
            0 => {
                let name = self.declare_once("func upto", |name| {
                    format!(
                        "{name}(n uint8) iter.Seq[uint8] {{\n\
                         \treturn func(yield func(uint8) bool) {{\n\
                         \t\tfor i := uint8(0); i < n && yield(i*i); i++ {{\n\t\t}}\n\
                         \t}}\n}}"
                    )
                });
                (format!("{name}({turns})"), vec![Int::named("uint8")])
            }
            1 => {
                let name = self.declare_once("func often", |name| {
                    format!(
                        "{name}(n int) func(func() bool) {{\n\
                         \treturn func(yield func() bool) {{\n\
                         \t\tfor range n {{\n\t\t\tif !yield() {{\n\t\t\t\tbreak\n\t\t\t}}\n\t\t}}\n\
                         \t}}\n}}"
                    )
                });
                (format!("{name}({turns})"), Vec::new())
            }
            2 => {
                let name = self.declare_once("type span", |name| {
                    let name_of = name.trim_start_matches("type ");
                    format!(
                        "{name} struct{{ from, step uint32 }}\n\n\
                         func (s *{name_of}) all(yield func(int, uint32) bool) {{\n\
                         \tfor i := range 3 {{\n\
                         \t\tif !yield(i, s.from) {{\n\t\t\treturn\n\t\t}}\n\
                         \t\ts.from += s.step\n\
                         \t}}\n}}"
                    )
                });
                (format!("(&{name}{{{start}, 3}}).all"), vec![int, number])
            }
            _ => {
                let name = self.declare_once("func seq", |name| {
                    format!(
                        "{name}(n int, start uint32) func(yield func(int, uint32) bool) {{\n\
                         \treturn func(yield func(int, uint32) bool) {{\n\
                         \t\tfor i := 0; i < n; i++ {{\n\
                         \t\t\tif !yield(i, start) {{\n\
                         \t\t\t\treturn\n\
                         \t\t\t}}\n\
                         \t\t\tstart = start*5 + 1\n\
                         \t\t}}\n\
                         \t}}\n}}"
                    )
                });
                (format!("{name}({turns}, {start})"), vec![int, number])
            }
        }
    }

    /// Declares what `text` gives for `start` with the mark, if it isn't there; its name.
    pub fn declare_once(&mut self, start: &str, text: impl Fn(&str) -> String) -> String {
        let start = format!("{start}{MARK}");
        let there = |top: &String| {
            top.strip_prefix(start.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        if !self.top.iter().any(there) {
            let text = text(&start);
            self.top.push(text);
        }
        start.rsplit(' ').next().unwrap_or_default().to_owned()
    }

    /// The name of a function that makes a number of a text.
    pub fn text_hash(&mut self) -> String {
        self.declare_once("func text", |name| {
            format!(
                "{name}(s string) uint64 {{\n\tn := uint64(len(s))\n\
                 \tfor i := 0; i < 6 && i < len(s); i++ {{\n\t\tn = n*31 + uint64(s[i])\n\t}}\n\treturn n\n}}"
            )
        })
    }

    /// The name of a generic function that makes a number of a slice.
    pub fn slice_hash(&mut self) -> String {
        let number = self.numeric();
        self.declare_once("func sum", |name| {
            format!(
                "{name}[T {number}](s []T) (sum T) {{\n\tfor i, x := range s {{\n\
                 \t\tif i == 4 {{\n\t\t\tbreak\n\t\t}}\n\t\tsum = sum*31 + x + T(len(s))\n\t}}\n\treturn\n}}"
            )
        })
    }

    /// The name of the constraint for numbers.
    pub fn numeric(&mut self) -> String {
        self.declare_once("type num", |name| {
            format!(
                "{name} interface {{\n\
                 \t~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint | ~uintptr\n}}"
            )
        })
    }
}
