//! Statements whose parts have an order that Go fixes: calls among each other, from left to right, and the two halves of
//! an assignment to several places.

use super::r#gen::{Gen, MARK};
use super::types::{Int, Ty};

/// A clock that each call advances, and what is made of it: a method whose result is its own receiver.
const CLOCK: &str = "type clockMARK struct {\n\tn uint32\n\tlast uint8\n}\n\n\
    var eraMARK clockMARK\n\n\
    func tickMARK(x uint32) uint32 {\n\teraMARK.n = eraMARK.n*7 + x\n\teraMARK.last++\n\treturn eraMARK.n\n}\n\n\
    func (c *clockMARK) tick(x uint32) *clockMARK {\n\tc.n = c.n*5 ^ x\n\treturn c\n}\n\n\
    func ticksMARK(a, b uint32, more ...uint32) (uint32, uint32) {\n\tfor i, x := range more {\n\
    \t\tif i == 3 {\n\t\t\tbreak\n\t\t}\n\t\tb = b*3 + x\n\t}\n\treturn a*11 ^ b, b\n}";

impl Gen {
    /// One more call of the clock, whose argument depends on nothing that a call changes.
    fn tick(&mut self) -> String {
        let word = Int::named("uint32");
        format!("tick{MARK}({})", self.literal(word))
    }

    /// Calls in one statement, each of which is seen in the results of those after it.
    pub fn calls_in_order(&mut self) -> bool {
        if self.pure || !self.may_walk() {
            return false;
        }
        self.declare_once("type clock", |_| CLOCK.replace("MARK", MARK));
        let (a, b, c) = (self.tick(), self.tick(), self.tick());
        let (name, second) = (self.name("v"), self.name("v"));
        let word = Ty::Int(Int::named("uint32"));
        match self.rng.below(18) {
            0 => self.line(format!("{name} := {a} - {b}*{c}")),
            1 => self.line(format!("{name} := tick{MARK}({a}+1) ^ {b} &^ {c}")),
            2 => self.line(format!("{name} := min({a}, {b}, {c}) + max({c}, {b})")),
            3 => {
                let literal = match self.rng.below(3) {
                    0 => format!("{a}, {b}, {c}"),
                    1 => format!("2: {a}, 0: {b}, 1: {c}"),
                    _ => format!("{b}, 2: {a}"),
                };
                let array = Ty::Array(3, Box::new(word));
                self.line(format!("{name} := [3]uint32{{{literal}}}"));
                self.declare(&name, &array, true);
                return true;
            }
            4 => {
                let literal = match self.rng.below(3) {
                    0 => format!("c: {a}, a: {b}, b: {c}"),
                    1 => format!("{b}, {c}, {a}"),
                    _ => format!("b: {a}, c: {c}"),
                };
                self.line(format!("{second} := struct{{ a, b, c uint32 }}{{{literal}}}"));
                self.line(format!("{name} := {second}.a*3 + {second}.b*5 ^ {second}.c"));
            }
            5 => {
                self.line(format!("{name} := {a}&1 == 0 && {b} > 5 || {c}&2 != 0"));
                self.declare(&name, &Ty::Bool, true);
                return true;
            }
            6 => {
                self.line(format!("{name}, {second} := {a}, {b}"));
                self.declare(&second, &word, true);
            }
            7 => {
                self.line(format!("{name}, {second} := ticks{MARK}({a}, {b}, {c})"));
                self.declare(&second, &word, true);
            }
            8 => {
                self.line(format!("{second} := [2]uint32{{{a}, {b}}}"));
                self.line(format!("{second}[{a}&1], {second}[{c}&1] = {b}, {c}"));
                self.line(format!("{name} := {second}[0]*3 ^ {second}[1]"));
            }
            9 => {
                self.line(format!("{second} := [2]uint32{{1, 2}}"));
                self.line(format!("{second}[{a}&1] += {b}"));
                self.line(format!("{second}[{c}%2]--"));
                self.line(format!("{name} := {second}[0]*3 ^ {second}[1]"));
            }
            10 => {
                self.line(format!("{name} := uint32(0)"));
                self.line(format!("switch {a} & 3 {{"));
                self.line(format!("case {b} & 3, {c} & 3:"));
                self.line(format!("\t{name} = 1"));
                self.line(format!("case {c} & 1:"));
                self.line(format!("\t{name} = tick{MARK}(2)"));
                self.line("}");
            }
            11 => {
                self.line(format!("{name} := uint32(0)"));
                self.line(format!("if {second} := {a}; {second} > {b} {{"));
                self.line(format!("\t{name}++"));
                self.line(format!("}} else if {second} = {c}; {second}&1 != 0 {{"));
                self.line(format!("\t{name} = {second}"));
                self.line("}");
            }
            // Nothing is called after the field is read: Go leaves open which is first.
            12 => self.line(format!("{name} := era{MARK}.tick(5).tick({a}).tick({b}).n")),
            13 => {
                self.line(format!("{second} := &clock{MARK}{{n: {a}}}"));
                self.line(format!("{second}.tick({b}).tick({c}).last = uint8({a})"));
                self.line(format!("{name} := {second}.n + uint32({second}.last)"));
            }
            14 => {
                self.line(format!("{second} := [5]uint32{{1, 2, 3, {a}, {b}}}"));
                self.line(format!("{name} := uint32(len({second}[{a}&1 : 3+{b}&1]))"));
            }
            15 => {
                self.line(format!("{name} := func(x, y uint32) uint32 {{ return x ^ y<<3 }}({a}, {b}) + {c}"))
            }
            16 => {
                self.line(format!("{second} := [2]uint32{{{a}, 7}} == [...]uint32{{{b}, {c} | 7}}"));
                self.line(format!("{name} := {a}"));
                self.declare(&second, &Ty::Bool, true);
            }
            _ if self.loops > 0 => self.line(format!("{name} := -{a} + ^{b}")),
            _ => {
                self.line(format!("{name} := uint32(1)"));
                self.line(format!("for range {a} & 3 {{"));
                self.line(format!("\t{name} += {b}"));
                self.line("}");
            }
        }
        self.declare(&name, &word, true);
        true
    }

    /// Assignments to several places at once that are also read, or that indices and pointers among them come from: those
    /// are evaluated before anything is assigned.
    pub fn assignment_at_once(&mut self) -> bool {
        let Some((of, length, element)) = self.local_array() else { return false };
        let (index, other) = (self.name("n"), self.name("n"));
        let first = self.index_below(Some(length), &of, 1);
        match self.rng.below(7) {
            0 => {
                let second = self.index_below(Some(length), &of, 0);
                self.line(format!("{of}[{first}], {of}[{second}] = {of}[{second}], {of}[{first}]"));
            }
            1 => {
                let value = self.expr(&element, 1).text;
                self.line(format!("{index} := int({first})"));
                let number = self.rng.below(9);
                self.line(format!("{index}, {of}[{index}] = {number}, {value}"));
                self.declare(&index, &Ty::Int(Int::named("int")), true);
            }
            2 => {
                let value = self.expr(&element, 1).text;
                let array = self.expr(&Ty::Array(length, Box::new(element)), 1).text;
                self.line(format!("{of}[{first}], {of} = {value}, {array}"));
            }
            3 => {
                let value = self.expr(&element, 1).text;
                let array = self.expr(&Ty::Array(length, Box::new(element)), 1).text;
                // No panic after half of it.
                let at = self.rng.below(length);
                self.line(format!("{of}, {of}[{at}] = {array}, {value}"));
            }
            4 => {
                let (value, at) = (self.expr(&element, 1).text, self.rng.below(length));
                let from = self.rng.below(length);
                self.line(format!("{index}, {other} := &{of}[{from}], &{of}[{at}]"));
                self.line(format!("{index}, *{index} = {other}, {value}"));
                self.line(format!("*{index} = *{other}"));
            }
            5 => {
                let value = self.expr(&element, 1).text;
                self.line(format!("{index} := {of}[:]"));
                let from = self.rng.below(length + 1);
                self.line(format!("{index}, {index}[0] = {index}[{from}:], {value}"));
                self.line(format!("{other} := len({index})"));
                self.declare(&other, &Ty::Int(Int::named("int")), true);
            }
            _ => {
                let (x, y, z) = (0, length / 2, length - 1);
                self.line(format!("{of}[{x}], {of}[{y}], {of}[{z}] = {of}[{y}], {of}[{z}], {of}[{x}]"));
            }
        }
        true
    }
}
