//! Literals of generated programs: numbers and texts in all the ways in which they can be written.

use super::r#gen::Gen;
use super::standard::BOUNDARIES;
use super::types::Int;

/// Pieces of texts in quotes, each with few bytes.
const PIECES: &[&str] = &[
    "a",
    "b",
    "k8",
    "\\n",
    "\\t",
    "\\\\",
    "\\\"",
    "\\x00",
    "\\xff",
    "\\x41",
    "\\101",
    "\\377",
    "\\000",
    "\\u00e9",
    "\\u4e16",
    "\\U0001F600",
    "\\U000000e9",
    "é",
    "世",
];
/// Texts that programs compare with, so that they meet now and then.
const TEXTS: &[&str] =
    &["\"\"", "\"a\"", "\"abc\"", "\"kernel\"", "`raw`", "`a\\n\"`", "\"a\" + \"bc\"", "\"ab\" + `c`"];

impl Gen {
    /// A constant text of at most 16 bytes.
    pub fn text(&mut self) -> String {
        if self.rng.chance(50) {
            return self.rng.pick(TEXTS).to_owned();
        }
        if !self.texts.is_empty() && self.rng.chance(20) {
            return self.texts[self.rng.below(self.texts.len())].clone();
        }
        let pieces: String = (0..1 + self.rng.below(4)).map(|_| self.rng.pick(PIECES)).collect();
        format!("\"{pieces}\"")
    }

    /// A constant of the type, as it is written without the type.
    pub fn literal(&mut self, int: Int) -> String {
        let fitting: Vec<String> = self
            .constants
            .iter()
            .filter(|(_, ty, value)| {
                ty.is_none_or(|ty| ty.is(int)) && *value >= int.min() && *value <= int.max()
            })
            .map(|(name, ..)| name.clone())
            .collect();
        if !fitting.is_empty() && self.rng.chance(15) {
            return fitting[self.rng.below(fitting.len())].clone();
        }
        if self.rng.chance(6) && self.on("package math") {
            let fit = |(_, value): &&(&str, i128)| *value >= int.min() && *value <= int.max();
            let fitting: Vec<_> = BOUNDARIES.iter().filter(fit).collect();
            return fitting[self.rng.below(fitting.len())].0.to_owned();
        }
        let value = self.boundary(int);
        self.spell(value)
    }

    /// A value of the type, mostly at one of its boundaries or at one of narrower types.
    fn boundary(&mut self, int: Int) -> i128 {
        let width = |it: &mut Gen| it.rng.below(int.bits as usize - 1);
        let value = match self.rng.below(12) {
            0 => 0,
            1 => 1,
            2 => int.max(),
            3 => int.min(),
            4 => int.max() - 1,
            5 => 1 << width(self),
            6 => (1 << width(self)) - 1,
            7 if int.signed && self.rng.chance(50) => -1,
            7 if int.signed => -1 - self.rng.below(100) as i128,
            8 => (self.rng.bits() as i128) & int.max(),
            9 => self.rng.pick(&[0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff]),
            10 => self.rng.pick(&[0x8000_0000, 0xffff_ffff, 0x1_0000_0000, i128::from(i64::MAX), 1 << 63]),
            _ => self.rng.below(20) as i128,
        };
        let value = if int.signed && self.rng.chance(20) { -value } else { value };
        value.clamp(int.min(), int.max())
    }

    /// A number in one of the ways in which it can be written. Only of zero has it no digit but zeros.
    fn spell(&mut self, value: i128) -> String {
        if value < 0 {
            return match self.rng.chance(10) {
                true => format!("-{}", self.spell(-value)),
                false => value.to_string(),
            };
        }
        match self.rng.below(24) {
            0 => format!("{value:#x}"),
            1 => format!("0X{value:X}"),
            2 => format!("0o{value:o}"),
            3 => format!("0O_{value:o}"),
            4 if value < 1 << 16 => format!("{value:#b}"),
            5 if value < 1 << 16 => format!("0B_{value:b}"),
            6 if value > 999 => {
                let text = value.to_string();
                format!("{}_{}", &text[..text.len() - 3], &text[text.len() - 3..])
            }
            7 | 8 if value > 0 => self.rune(value),
            9 if value > 0 => format!("0{value:o}"),
            10 => format!("{value}.0"),
            11 if value > 0 => format!("{value}."),
            12 | 13 if value > 0 => self.decimal_float(value),
            14 | 15 if value > 0 => self.hex_float(value),
            _ => value.to_string(),
        }
    }

    /// A number as a character, where it is one.
    fn rune(&mut self, value: i128) -> String {
        let printable = (33..127).contains(&value) && !matches!(value, 39 | 92);
        match self.rng.below(5) {
            0 | 1 if printable => format!("'{}'", char::from(value as u8)),
            _ if value == 10 => "'\\n'".to_owned(),
            _ if value == 39 => "'\\''".to_owned(),
            2 if value < 256 => format!("'\\x{value:02x}'"),
            3 if value < 256 => format!("'\\{value:03o}'"),
            4 if value < 0xd800 => format!("'\\u{value:04x}'"),
            _ if value < 0xd800 => format!("'\\U{value:08x}'"),
            _ => value.to_string(),
        }
    }

    /// A number with a decimal exponent.
    fn decimal_float(&mut self, value: i128) -> String {
        let text = value.to_string();
        let (whole, part) = text.split_at(self.rng.below(text.len() + 1));
        let (letter, digits) = (self.rng.pick(&["e", "E"]), part.len());
        match self.rng.below(4) {
            0 => format!("{value}{letter}0"),
            1 => format!("{value}0{letter}-1"),
            2 if !part.is_empty() => format!("{whole}.{part}{letter}+{digits}"),
            _ if value % 1000 == 0 => format!("{}{letter}3", value / 1000),
            _ => format!("{value}.00{letter}00"),
        }
    }

    /// A number with a binary exponent.
    fn hex_float(&mut self, value: i128) -> String {
        let text = format!("{value:x}");
        let (whole, part) = text.split_at(self.rng.below(text.len() + 1));
        let (letter, bits) = (self.rng.pick(&["p", "P"]), part.len() * 4);
        match self.rng.below(4) {
            0 => format!("0x{text}{letter}0"),
            1 => format!("0X_{text}0{letter}-4"),
            2 if !part.is_empty() => format!("0x{whole}.{part}{letter}+{bits}"),
            _ => format!("0x{text}.{letter}0"),
        }
    }
}

/// Whether a number has no digit but zeros.
pub fn is_zero(literal: &str) -> bool {
    let digits = literal.trim_start_matches("0x").trim_start_matches("0X");
    let digits = digits.trim_start_matches("0b").trim_start_matches("0B");
    digits.trim_start_matches("0o").trim_start_matches("0O").chars().all(|c| matches!(c, '0' | '_' | '.'))
}
