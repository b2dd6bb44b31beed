//! Statements with functions of the standard library that have several results, or work on texts and slices; single
//! results are made in `expr.rs`.

use super::r#gen::{Gen, MARK};
use super::types::{Int, Ty};

/// Boundaries that package `math` has names for.
pub const BOUNDARIES: &[(&str, i128)] = &[
    ("math.MaxInt8", i8::MAX as i128),
    ("math.MinInt8", i8::MIN as i128),
    ("math.MaxUint8", u8::MAX as i128),
    ("math.MaxInt16", i16::MAX as i128),
    ("math.MinInt16", i16::MIN as i128),
    ("math.MaxUint16", u16::MAX as i128),
    ("math.MaxInt32", i32::MAX as i128),
    ("math.MinInt32", i32::MIN as i128),
    ("math.MaxUint32", u32::MAX as i128),
    ("math.MaxInt64", i64::MAX as i128),
    ("math.MinInt64", i64::MIN as i128),
    ("math.MaxUint64", u64::MAX as i128),
    ("math.MaxInt", i64::MAX as i128),
    ("math.MinInt", i64::MIN as i128),
];

impl Gen {
    /// Arithmetic on two words.
    pub fn wide_arithmetic(&mut self) -> bool {
        let width = self.rng.pick(&["", "32", "64"]);
        let ty = Ty::Int(Int::named(&format!("uint{width}")));
        let (x, y, z) = (self.var_expr(&ty, 1), self.var_expr(&ty, 1), self.var_expr(&ty, 1));
        let (first, second) = (self.name("v"), self.name("v"));
        match self.rng.below(5) {
            0 => self.line(format!("{first}, {second} := bits.Add{width}({x}, {y}, ({z})&1)")),
            1 => self.line(format!("{first}, {second} := bits.Sub{width}({x}, {y}, ({z})&1)")),
            2 => self.line(format!("{first}, {second} := bits.Mul{width}({x}, {y})")),
            // The others take a turn for each bit.
            _ if self.loops > 0 => self.line(format!("{first}, {second} := bits.Mul{width}({x}, {z})")),
            // The first word must be below the divisor: else it panics, as it does for zero.
            3 if self.rng.chance(90) => {
                self.line(format!("{first} := ({z}) | 1"));
                self.line(format!("{second} := bits.Rem{width}({x}, {y}, {first})"));
            }
            _ => {
                let divisor = self.name("v");
                self.line(format!("{divisor} := ({z}) | 1"));
                self.line(format!("{first}, {second} := bits.Div{width}(({x})%{divisor}, {y}, {divisor})"));
            }
        }
        self.declare(&first, &ty, true);
        self.declare(&second, &ty, true);
        true
    }

    /// Package `cmp`.
    pub fn comparison(&mut self) -> bool {
        let ty = Ty::Int(self.int());
        let (x, y) = (self.var_expr(&ty, 2), self.var_expr(&ty, 1));
        let name = self.name("v");
        let ty = match self.rng.below(3) {
            0 => {
                self.line(format!("{name} := cmp.Compare({x}, {y})"));
                Ty::Int(Int::named("int"))
            }
            1 => {
                self.line(format!("{name} := cmp.Less({x}, {y})"));
                Ty::Bool
            }
            _ => {
                self.line(format!("{name} := cmp.Or({x}, {y})"));
                ty
            }
        };
        self.declare(&name, &ty, true);
        true
    }

    /// Durations of package `time`.
    pub fn duration(&mut self) -> bool {
        let (span, name) = (self.name("d"), self.name("v"));
        let value = self.var_expr(&Ty::Int(Int::named("int64")), 1);
        let unit = self.rng.pick(&["Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"]);
        let limit = self.rng.below(100);
        self.line(format!("{span} := time.Duration({value}) * time.{unit} / 3"));
        self.line(format!("if {span} > {limit}*time.Second + time.Duration({limit}) {{"));
        self.line(format!("\t{span} -= time.{unit}"));
        self.line("}");
        match self.rng.below(5) {
            0 => self.line(format!("{span} = {span}.Abs()")),
            1 | 2 => {
                let method = self.rng.pick(&["Round", "Truncate"]);
                let other = match self.rng.chance(50) {
                    true => format!("{limit} * time.{unit}"),
                    false => format!("time.Duration({})", self.var_expr(&Ty::Int(Int::named("int64")), 1)),
                };
                self.line(format!("{span} = {span}.{method}({other})"));
            }
            _ => {}
        }
        let method = self.rng.pick(&["Nanoseconds", "Microseconds", "Milliseconds"]);
        self.line(format!("{name} := {span}.{method}()"));
        self.declare(&name, &Ty::Int(Int::named("int64")), true);
        true
    }

    /// A number in the bytes of an array of the function.
    pub fn number_of_bytes(&mut self) -> bool {
        let byte = Ty::Int(Int::named("byte"));
        let Some((of, length, element)) = self.local_array() else { return false };
        let bits = if length >= 4 { 32 } else { 16 };
        if length < 2 || !self.same(&element, &byte) {
            return false;
        }
        let (name, order) = (self.name("v"), self.rng.pick(&["Big", "Little"]));
        let ty = Ty::Int(Int::named(&format!("uint{bits}")));
        let value = self.var_expr(&ty, 1);
        self.line(format!("{name} := binary.{order}Endian.Uint{bits}({of}[:])"));
        self.line(format!("binary.{order}Endian.PutUint{bits}({of}[:], {name} ^ ({value}))"));
        self.declare(&name, &ty, true);
        true
    }

    /// Package `unicode/utf8`.
    pub fn runes(&mut self) -> bool {
        // Each rune is decoded on several paths.
        if self.loops > 0 {
            return false;
        }
        let (name, second) = (self.name("v"), self.name("v"));
        let text = match self.place(&Ty::Str, false) {
            Some(place) => format!("{place}[:min(len({place}), 4)]"),
            None => self.text(),
        };
        let rune = self.var_expr(&Ty::Int(Int::named("rune")), 1);
        let int = Ty::Int(Int::named("int"));
        let ty = match self.rng.below(6) {
            0 => {
                self.line(format!("{name} := utf8.RuneLen({rune})"));
                int
            }
            1 => {
                self.line(format!("{name} := utf8.ValidRune({rune})"));
                Ty::Bool
            }
            2 => {
                let byte = self.var_expr(&Ty::Int(Int::named("byte")), 1);
                self.line(format!("{name} := utf8.RuneStart({byte})"));
                Ty::Bool
            }
            3 => {
                self.line(format!("{name} := utf8.RuneCountInString({text})"));
                int
            }
            4 => {
                self.line(format!("{name} := utf8.ValidString({text})"));
                Ty::Bool
            }
            _ => {
                self.line(format!("{name}, {second} := utf8.DecodeRuneInString({text})"));
                self.declare(&second, &int, true);
                Ty::Int(Int::named("rune"))
            }
        };
        self.declare(&name, &ty, true);
        true
    }

    /// Numbers of variable length.
    pub fn variable_length(&mut self) -> bool {
        // They loop, over what is unknown.
        if self.in_closure
            || self.loops > 0
            || !self.has_room(&Ty::Array(10, Box::new(Ty::Int(Int::named("byte")))))
        {
            return false;
        }
        let (signed, int) = self.rng.pick(&[("Uvarint", "uint64"), ("Varint", "int64")]);
        let (value, count) = (self.name("v"), self.name("v"));
        let word = Ty::Int(Int::named(int));
        if self.packet && self.rng.chance(50) {
            let at = 16 + self.rng.below(40);
            let length = 1 + self.rng.below(5);
            self.line(format!("{value}, {count} := binary.{signed}(p[{at}:{}])", at + length));
            self.declare(&value, &word, true);
        } else {
            let number = self.expr(&word, 1).text;
            self.line(format!("var {value} [10]byte"));
            self.line(format!("{count} := binary.Put{signed}({value}[:], {number})"));
            self.declare(&value, &Ty::Array(10, Box::new(Ty::Int(Int::named("byte")))), true);
        }
        self.declare(&count, &Ty::Int(Int::named("int")), true);
        true
    }

    /// A method of an atomic type.
    pub fn atomic_method(&mut self) -> bool {
        if self.pure {
            return false;
        }
        let of = self.rng.pick(&["Int32", "Uint32", "Int64", "Uint64"]);
        let int = Int::named(&of.to_lowercase());
        let global = self.declare_once(&format!("var at{of}"), |name| format!("{name} atomic.{of}"));
        debug_assert!(global.ends_with(MARK));
        let value = self.expr(&Ty::Int(int), 1).text;
        let name = self.name("v");
        let method = self.rng.pick(&["Add", "Swap", "And", "Or", "Load", "Store", "CompareAndSwap"]);
        match method {
            "Store" => {
                self.line(format!("{global}.Store({value})"));
                return true;
            }
            "Load" => self.line(format!("{name} := {global}.Load()")),
            "CompareAndSwap" => {
                let old = self.expr(&Ty::Int(int), 0).text;
                self.line(format!("{name} := {global}.CompareAndSwap({old}, {value})"));
                self.declare(&name, &Ty::Bool, true);
                return true;
            }
            _ => self.line(format!("{name} := {global}.{method}({value})")),
        }
        self.declare(&name, &Ty::Int(int), true);
        true
    }
}
