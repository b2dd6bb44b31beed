//! Statements on names and constants: predeclared names that mean something else, constants that get their type from where
//! they stand, named results.

use super::r#gen::{Gen, MARK};
use super::types::{INTS, Int, Ty};

/// Predeclared names that variables can have where nothing is written but what `sink` writes.
const NAMES: &[&str] = &[
    "len",
    "cap",
    "copy",
    "min",
    "max",
    "new",
    "make",
    "append",
    "clear",
    "delete",
    "panic",
    "print",
    "true",
    "false",
    "nil",
    "iota",
    "string",
    "any",
    "error",
    "int8",
    "float64",
    "complex",
    "real",
    "recover",
    "comparable",
    "bpf",
];

/// Functions whose results have names: they end with and without values, and deferred calls change what they give.
const NAMED: &str = "func splitMARK(x uint32) (lo, hi uint16, odd bool) {\n\tlo = uint16(x)\n\tif x < 7 {\n\t\treturn\n\t}\n\
    \tdefer func() {\n\t\tif odd {\n\t\t\thi ^= lo\n\t\t}\n\t}()\n\thi = uint16(x >> 16)\n\tif odd = x&1 != 0; !odd {\n\
    \t\treturn hi, lo, hi > lo\n\t}\n\treturn\n}\n\n\
    func laterMARK(x, y int64) (n int64, _ uint8) {\n\tdefer func(was int64) { n = n*3 + was }(n)\n\
    \tdefer func() { n-- }()\n\tif x > y {\n\t\tn = x\n\t\treturn n - y, 1\n\t}\n\
    \tfor n = 0; n < 3; n++ {\n\t\tif n == y {\n\t\t\treturn\n\t\t}\n\t}\n\treturn x, 2\n}";

impl Gen {
    /// A block in which a predeclared name is that of something else.
    pub fn names_of_the_language(&mut self) -> bool {
        let (name, int) = (self.rng.pick(NAMES), self.int());
        let value = self.var_expr(&Ty::Int(int), 1);
        if value.contains(name) || int.name == name {
            return false;
        }
        let word = format!("uint64({name})");
        self.line("{");
        self.indent += 1;
        match self.rng.below(6) {
            0 => {
                let number = self.rng.below(100);
                self.line(format!("const {name} = {number}"));
                self.sink_word(name);
            }
            1 => {
                self.line(format!("type {name} uint16"));
                self.line(format!("{0} := {name}({value})", "x"));
                self.sink_word("uint64(x)");
            }
            2 => {
                self.line(format!("{name} := func(x uint64) uint64 {{ return x*3 }}"));
                self.sink_word(&format!("{name}(uint64({value}))"));
            }
            3 => {
                self.line(format!("var {name} {} = {value}", int.name));
                self.sink_word(&word);
            }
            _ => {
                self.line(format!("{name} := {value}"));
                self.line(format!("{name}++"));
                self.sink_word(&word);
            }
        }
        self.indent -= 1;
        self.line("}");
        true
    }

    /// An untyped constant that is shifted by what is no constant: its type comes from where it stands.
    pub fn untyped_shift(&mut self) -> bool {
        let (int, name) = (self.int(), self.name("v"));
        let ty = Ty::Int(int);
        let count = match self.rng.below(3) {
            0 => format!("(({}) & 31)", self.var_expr(&Ty::Int(Int::named("int")), 1)),
            1 => format!("({})", self.var_expr(&Ty::Int(Int::named("uint8")), 1)),
            _ => format!("(({}) % 70)", self.var_expr(&Ty::Int(Int::named("uint64")), 0)),
        };
        let one = self.rng.pick(&["1", "3", "'a'", "1.0", "0x7f", "(2 - 1)"]);
        let other = self.var_expr(&ty, 1);
        // Where a fraction can stand for an integer: not beside operators of integers.
        let whole = if one.contains('.') { "1" } else { one };
        let found = match self.rng.below(9) {
            0 => {
                self.line(format!("var {name} {} = {one} << {count}", int.name));
                ty
            }
            1 => {
                self.line(format!("{name} := {}({one} << {count})", int.name));
                ty
            }
            2 => {
                self.line(format!("{name} := ({other}) + {one}<<{count}"));
                ty
            }
            3 => {
                self.line(format!("{name} := ({other}) == {one}<<{count}"));
                Ty::Bool
            }
            4 => {
                self.line(format!("{name} := {one}<<{count} > ({other})"));
                Ty::Bool
            }
            5 => {
                self.line(format!("{name} := [4]uint8{{9, 8, 7, 6}}[{whole}<<{count}&3]"));
                Ty::Int(Int::named("uint8"))
            }
            6 => {
                self.line(format!("{name} := [2]{0}{{{one} << {count}, ^({whole} << {count})}}", int.name));
                Ty::Array(2, Box::new(ty))
            }
            7 => {
                self.line(format!("{name} := {whole} << {count} >> 1"));
                let rune = whole.starts_with('\'');
                Ty::Int(Int::named(if rune { "rune" } else { "int" }))
            }
            _ => {
                self.line(format!("{name} := ({other})"));
                self.line(format!("{name} |= {one} << {count}"));
                ty
            }
        };
        self.declare(&name, &found, true);
        true
    }

    /// An atomic operation on a part of a variable, or on one of the function.
    pub fn atomic_part(&mut self) -> bool {
        if self.pure {
            return false;
        }
        let fitting: Vec<Int> = INTS
            .iter()
            .copied()
            .filter(|int| int.bits >= 32 && !matches!(int.name, "int" | "uint" | "rune"))
            .collect();
        let int = self.rng.pick(&fitting);
        if self.rng.chance(30) {
            return self.atomic_of_struct();
        }
        let Some(place) = self.place(&Ty::Int(int), true) else { return false };
        let stem = format!("{}{}", int.name[..1].to_uppercase(), &int.name[1..]);
        let (name, value) = (self.name("v"), self.expr(&Ty::Int(int), 1).text);
        let place = place
            .strip_prefix("(*")
            .and_then(|rest| rest.strip_suffix(')'))
            .map_or(format!("&{place}"), str::to_owned);
        match self.rng.below(7) {
            0 => self.line(format!("{name} := atomic.Add{stem}({place}, {value})")),
            1 => self.line(format!("{name} := atomic.Load{stem}({place})")),
            2 => self.line(format!("{name} := atomic.Swap{stem}({place}, {value})")),
            3 => self.line(format!("{name} := atomic.And{stem}({place}, {value})")),
            4 => self.line(format!("{name} := atomic.Or{stem}({place}, {value})")),
            5 => {
                self.line(format!("atomic.Store{stem}({place}, {value})"));
                return true;
            }
            _ => {
                let old = self.expr(&Ty::Int(int), 0).text;
                self.line(format!("{name} := atomic.CompareAndSwap{stem}({place}, {old}, {value})"));
                self.declare(&name, &Ty::Bool, true);
                return true;
            }
        }
        self.declare(&name, &Ty::Int(int), true);
        true
    }

    /// A method of an atomic type that is a field or an element.
    fn atomic_of_struct(&mut self) -> bool {
        let global = self.declare_once("var atoms", |name| {
            format!(
                "{name} struct {{\n\tn [2]atomic.Uint32\n\tflag atomic.Bool\n\tp atomic.Uintptr\n\tatomic.Int64\n}}"
            )
        });
        debug_assert!(global.ends_with(MARK));
        let (name, condition) = (self.name("v"), self.condition(1));
        match self.rng.below(9) {
            0 => {
                let value = self.expr(&Ty::Int(Int::named("int64")), 1).text;
                self.line(format!("{name} := {global}.Add({value})"));
                self.declare(&name, &Ty::Int(Int::named("int64")), true);
            }
            1 => {
                let value = self.expr(&Ty::Int(Int::named("uintptr")), 1).text;
                let method = self.rng.pick(&["Add", "Swap", "And", "Or"]);
                self.line(format!("{name} := {global}.p.{method}({value})"));
                self.declare(&name, &Ty::Int(Int::named("uintptr")), true);
            }
            2 | 3 => {
                let value = self.expr(&Ty::Int(Int::named("uint32")), 1).text;
                let index = self.index_below(Some(2), "", 0);
                let method = self.rng.pick(&["Add", "Swap", "And", "Or"]);
                self.line(format!("{name} := {global}.n[{index}].{method}({value})"));
                self.declare(&name, &Ty::Int(Int::named("uint32")), true);
            }
            4 => {
                self.line(format!("{global}.flag.Store({condition})"));
            }
            5 => {
                self.line(format!("{name} := {global}.flag.CompareAndSwap(false, {condition})"));
                self.declare(&name, &Ty::Bool, true);
            }
            6 => {
                self.line(format!("{name} := {global}.flag.Swap({condition})"));
                self.declare(&name, &Ty::Bool, true);
            }
            7 => {
                let pointer = self.name("q");
                self.line(format!("{pointer} := &{global}.n[1]"));
                self.line(format!("{pointer}.Store({pointer}.Load()*3 + 1)"));
            }
            _ => {
                self.line(format!("{name} := {global}.flag.Load() && {global}.Load() > 3"));
                self.declare(&name, &Ty::Bool, true);
            }
        }
        true
    }

    /// Calls of functions whose results have names.
    pub fn bare_returns(&mut self) -> bool {
        self.declare_once("func split", |_| NAMED.replace("MARK", MARK));
        let names: Vec<String> = (0..3).map(|_| self.name("v")).collect();
        if self.rng.chance(50) {
            let value = self.var_expr(&Ty::Int(Int::named("uint32")), 1);
            self.line(format!("{} := split{MARK}({value})", names.join(", ")));
            self.declare(&names[0], &Ty::Int(Int::named("uint16")), true);
            self.declare(&names[1], &Ty::Int(Int::named("uint16")), true);
            self.declare(&names[2], &Ty::Bool, true);
        } else {
            let ty = Ty::Int(Int::named("int64"));
            let (x, y) = (self.var_expr(&ty, 1), self.expr(&ty, 1).text);
            self.line(format!("{}, {} := later{MARK}({x}, ({y}) & 3)", names[0], names[1]));
            self.declare(&names[0], &ty, true);
            self.declare(&names[1], &Ty::Int(Int::named("uint8")), true);
        }
        true
    }
}
