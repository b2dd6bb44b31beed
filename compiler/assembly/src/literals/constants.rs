//! Constant values: integers of any size with Go's types, strings, and the typed constants of package `asm`.

use gobpf_syntax::ast::{BinaryOp, LiteralKind, UnaryOp};

use super::api::Instruction;
use crate::wording::{self, Wrong};

/// A value known without running the program.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// An integer constant with its type, if it has one.
    Int(i128, Option<IntType>),
    /// A string constant.
    Str(String),
    /// A constant of package `asm`.
    Typed(Typed, u32),
    /// A whole instruction.
    Instruction(Box<Instruction>),
}

/// Types of `asm`'s constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    Register,
    Size,
    Source,
    Endianness,
    Alu,
    Jump,
    Atomic,
    Function,
    OpCode,
}

/// Go's integer types on 64-bit targets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntType {
    name: &'static str,
    bits: u32,
    signed: bool,
}

const fn int(name: &'static str, bits: u32, signed: bool) -> IntType {
    IntType { name, bits, signed }
}

const INT_TYPES: &[IntType] = &[
    int("int", 64, true),
    int("int8", 8, true),
    int("int16", 16, true),
    int("int32", 32, true),
    int("rune", 32, true),
    int("int64", 64, true),
    int("uint", 64, false),
    int("uint8", 8, false),
    int("byte", 8, false),
    int("uint16", 16, false),
    int("uint32", 32, false),
    int("uint64", 64, false),
    int("uintptr", 64, false),
];

/// Constants of package `math` that are integers.
const MATH: &[(&str, i128)] = &[
    ("MaxInt", i64::MAX as i128),
    ("MinInt", i64::MIN as i128),
    ("MaxInt8", i8::MAX as i128),
    ("MinInt8", i8::MIN as i128),
    ("MaxInt16", i16::MAX as i128),
    ("MinInt16", i16::MIN as i128),
    ("MaxInt32", i32::MAX as i128),
    ("MinInt32", i32::MIN as i128),
    ("MaxInt64", i64::MAX as i128),
    ("MinInt64", i64::MIN as i128),
    ("MaxUint", u64::MAX as i128),
    ("MaxUint8", u8::MAX as i128),
    ("MaxUint16", u16::MAX as i128),
    ("MaxUint32", u32::MAX as i128),
    ("MaxUint64", u64::MAX as i128),
];

impl IntType {
    /// The predeclared type `name`.
    pub fn named(name: &str) -> Option<IntType> {
        INT_TYPES.iter().copied().find(|ty| ty.name == name)
    }

    /// `value` as this type.
    ///
    /// # Errors
    /// A constant that the type can't hold is an error of the Go compiler.
    pub fn convert(self, value: i128) -> Result<Value, Wrong> {
        let (low, high) = match self.signed {
            true => (-(1i128 << (self.bits - 1)), (1i128 << (self.bits - 1)) - 1),
            false => (0, (1i128 << self.bits) - 1),
        };
        match (low..=high).contains(&value) {
            true => Ok(Value::Int(value, Some(self))),
            false => Err(wording::overflows(value, self.name)),
        }
    }
}

/// The integer constant `math.<name>`.
pub fn math(name: &str) -> Option<Value> {
    MATH.iter().find(|(known, _)| *known == name).map(|(_, value)| Value::Int(*value, None))
}

/// The value of a literal.
pub fn literal(kind: LiteralKind, text: &str) -> Result<Value, Wrong> {
    let value = match kind {
        LiteralKind::Int => integer(text).map(|value| Value::Int(value, None)),
        LiteralKind::Rune => {
            let inside = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            inside.and_then(unescape_rune).map(|value| Value::Int(i128::from(value), None))
        }
        LiteralKind::String => unquote(text).map(Value::Str),
        LiteralKind::Float | LiteralKind::Imaginary => None,
    };
    value.ok_or_else(|| wording::not_constant(text))
}

fn integer(text: &str) -> Option<i128> {
    let digits: String = text.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    let radix =
        |prefix: &str, radix| digits.strip_prefix(prefix).map(|rest| i128::from_str_radix(rest, radix).ok());
    let old_octal = || match digits.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => Some(i128::from_str_radix(rest, 8).ok()),
        _ => None,
    };
    radix("0x", 16)
        .or_else(|| radix("0b", 2))
        .or_else(|| radix("0o", 8))
        .or_else(old_octal)
        .unwrap_or_else(|| digits.parse().ok())
}

/// The text of a string literal as it is written, raw or interpreted. Bytes that are no UTF-8 become U+FFFD.
pub fn unquote(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return raw.strip_suffix('`').map(|raw| raw.replace('\r', ""));
    }
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::new();
    let mut rest = inside;
    while let Some(first) = rest.chars().next() {
        if first != '\\' {
            bytes.extend(first.encode_utf8(&mut [0; 4]).bytes());
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (value, length, is_byte) = escape(rest)?;
        match is_byte {
            true => bytes.push(value as u8),
            false => bytes.extend(char::from_u32(value)?.encode_utf8(&mut [0; 4]).bytes()),
        }
        rest = rest.get(length..)?;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn unescape_rune(inside: &str) -> Option<u32> {
    if inside.starts_with('\\') {
        return escape(inside).filter(|(_, length, _)| *length == inside.len()).map(|(value, ..)| value);
    }
    let mut chars = inside.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(u32::from(first))
}

/// The escape at the start of `text`: its value, its length in bytes, and whether it stands for a byte.
fn escape(text: &str) -> Option<(u32, usize, bool)> {
    let kind = text.as_bytes().get(1)?;
    let number = |start: usize, length: usize, radix: u32| {
        u32::from_str_radix(text.get(start..start + length)?, radix).ok().map(|value| (value, start + length))
    };
    Some(match kind {
        b'x' => number(2, 2, 16).map(|(value, length)| (value, length, true))?,
        b'u' => number(2, 4, 16).map(|(value, length)| (value, length, false))?,
        b'U' => number(2, 8, 16).map(|(value, length)| (value, length, false))?,
        b'0'..=b'7' => number(1, 3, 8).map(|(value, length)| (value, length, true))?,
        _ => {
            let plain = b"abfnrtv\\'\"".iter().position(|known| known == kind)?;
            (u32::from(b"\x07\x08\x0c\n\r\t\x0b\\'\""[plain]), 2, true)
        }
    })
}

/// `op operand`.
pub fn unary(op: UnaryOp, operand: Value) -> Result<Value, Wrong> {
    let Value::Int(value, ty) = operand else { return Err(wording::not_an_integer()) };
    let result = match (op, ty) {
        (UnaryOp::Plus, _) => value,
        (UnaryOp::Minus, _) => value.checked_neg().ok_or_else(wording::constant_too_great)?,
        // `^x` of an unsigned type flips the bits of that type only.
        (UnaryOp::Complement, Some(IntType { signed: false, bits, .. })) => value ^ ((1i128 << bits) - 1),
        (UnaryOp::Complement, _) => !value,
        _ => return Err(wording::not_an_integer()),
    };
    typed(result, ty)
}

/// `left op right`.
pub fn binary(op: BinaryOp, left: Value, right: Value) -> Result<Value, Wrong> {
    let ((left, left_type), (right, right_type)) = match (left, right) {
        (Value::Int(left, left_type), Value::Int(right, right_type)) => {
            ((left, left_type), (right, right_type))
        }
        (Value::Str(left), Value::Str(right)) if op == BinaryOp::Add => return Ok(Value::Str(left + &right)),
        _ => return Err(wording::not_an_integer()),
    };
    let shift = || u32::try_from(right).ok().filter(|count| *count < 127);
    let result = match op {
        BinaryOp::Add => left.checked_add(right),
        BinaryOp::Sub => left.checked_sub(right),
        BinaryOp::Mul => left.checked_mul(right),
        BinaryOp::Quo => left.checked_div(right),
        BinaryOp::Rem => left.checked_rem(right),
        BinaryOp::And => Some(left & right),
        BinaryOp::Or => Some(left | right),
        BinaryOp::Xor => Some(left ^ right),
        BinaryOp::AndNot => Some(left & !right),
        BinaryOp::Shl => shift().and_then(|count| left.checked_mul(1i128 << count)),
        BinaryOp::Shr => shift().map(|count| left >> count),
        _ => return Err(wording::not_an_integer()),
    };
    let ty = match op {
        BinaryOp::Shl | BinaryOp::Shr => left_type,
        _ => left_type.or(right_type),
    };
    typed(result.ok_or_else(wording::constant_too_great)?, ty)
}

fn typed(value: i128, ty: Option<IntType>) -> Result<Value, Wrong> {
    match ty {
        Some(ty) => ty.convert(value),
        None => Ok(Value::Int(value, None)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn literals_have_their_go_values() {
        let of = |kind, text| literal(kind, text).unwrap();
        for (text, value) in
            [("0", 0), ("0x_ff", 255), ("0b101", 5), ("0o17", 15), ("017", 15), ("1_000", 1000)]
        {
            assert_eq!(of(LiteralKind::Int, text), Value::Int(value, None), "{text}");
        }
        assert_eq!(of(LiteralKind::Rune, "'\\n'"), Value::Int(10, None));
        assert_eq!(of(LiteralKind::Rune, "'é'"), Value::Int(0xe9, None));
        assert_eq!(of(LiteralKind::String, "\"a\\x41\\u00e9\\n\\101\""), Value::Str("aAé\nA".into()));
        assert_eq!(of(LiteralKind::String, "`a\\n`"), Value::Str("a\\n".into()));
        assert!(literal(LiteralKind::Float, "1.5").is_err());
        assert!(literal(LiteralKind::String, "\"\\").is_err());
    }

    #[test]
    fn typed_constants_stay_in_their_type() {
        let byte = IntType::named("uint8").unwrap();
        let one = byte.convert(1).unwrap();
        assert_eq!(unary(UnaryOp::Complement, one.clone()).unwrap(), Value::Int(254, Some(byte)));
        assert!(unary(UnaryOp::Minus, one).is_err());
        assert!(byte.convert(256).is_err());
        let minus = unary(UnaryOp::Complement, Value::Int(0, None)).unwrap();
        assert_eq!(minus, Value::Int(-1, None));
        assert!(binary(BinaryOp::Quo, minus.clone(), Value::Int(0, None)).is_err());
        assert!(binary(BinaryOp::Shl, minus, Value::Int(500, None)).is_err());
    }
}
