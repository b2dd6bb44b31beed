//! Constant values of any size, and the arithmetic on them.

use gobpf_syntax::ast::{BinaryOp, LiteralKind, UnaryOp};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::ty::Basic;

/// Shift counts and exponents above this are refused, as Go's compilers do (bits).
const MAX_BITS: u64 = 10_000;

/// The real or the imaginary part of a constant.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Part {
    value: BigRational,
    /// It was made of integers only: messages show all its digits.
    whole: bool,
}

impl Part {
    fn int(value: BigInt) -> Part {
        Part { value: BigRational::from_integer(value), whole: true }
    }

    fn float(value: BigRational) -> Part {
        Part { value, whole: false }
    }

    /// `self op other`, not a division.
    fn with(&self, other: &Part, op: impl Fn(&BigRational, &BigRational) -> BigRational) -> Part {
        Part { value: op(&self.value, &other.value), whole: self.whole && other.whole }
    }

    fn plus(&self, other: &Part) -> Part {
        self.with(other, |a, b| a + b)
    }

    fn minus(&self, other: &Part) -> Part {
        self.with(other, |a, b| a - b)
    }

    fn times(&self, other: &Part) -> Part {
        self.with(other, |a, b| a * b)
    }

    fn over(&self, other: &Part) -> Part {
        Part::float(&self.value / &other.value)
    }

    fn display(&self) -> String {
        if self.whole { self.value.to_integer().to_string() } else { general_fraction(&self.value) }
    }
}

/// A constant. Integers are `Int` whatever their type; floats are exact fractions.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Bool(bool),
    Str(Vec<u8>),
    Int(BigInt),
    Float(BigRational),
    /// Real and imaginary part.
    Complex(Part, Part),
    /// That of a declaration with an error.
    Unknown,
}

/// Why a constant isn't a value of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// An integer out of range.
    Overflows,
    /// A fraction where an integer is wanted.
    Truncated,
    /// Another sort of value altogether.
    Kind,
}

impl Value {
    pub fn int(value: impl Into<BigInt>) -> Value {
        Value::Int(value.into())
    }

    /// The value as an integer, where it is a whole number.
    pub fn as_int(&self) -> Option<BigInt> {
        match self {
            Value::Int(value) => Some(value.clone()),
            Value::Float(value) if value.is_integer() => Some(value.to_integer()),
            Value::Complex(real, imaginary) if imaginary.value.is_zero() && real.value.is_integer() => {
                Some(real.value.to_integer())
            }
            _ => None,
        }
    }

    fn as_complex(&self) -> Option<(Part, Part)> {
        let real = match self {
            Value::Complex(real, imaginary) => return Some((real.clone(), imaginary.clone())),
            Value::Int(value) => Part::int(value.clone()),
            other => Part::float(other.as_float()?),
        };
        Some((real, Part::int(BigInt::zero())))
    }

    fn as_float(&self) -> Option<BigRational> {
        match self {
            Value::Int(value) => Some(BigRational::from_integer(value.clone())),
            Value::Float(value) => Some(value.clone()),
            Value::Complex(real, imaginary) if imaginary.value.is_zero() => Some(real.value.clone()),
            _ => None,
        }
    }

    /// As messages show it.
    pub fn display(&self) -> String {
        match self {
            Value::Bool(value) => value.to_string(),
            Value::Str(bytes) => quoted(bytes),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => general_fraction(value),
            Value::Complex(real, imaginary) => format!("({} + {}i)", real.display(), imaginary.display()),
            Value::Unknown => "unknown".to_owned(),
        }
    }

    /// The value as one of type `basic`.
    pub fn represent(&self, basic: Basic) -> Result<Value, Misfit> {
        match (self, basic) {
            (Value::Unknown, _) => Ok(Value::Unknown),
            (Value::Bool(_), Basic::Bool | Basic::UntypedBool)
            | (Value::Str(_), Basic::String | Basic::UntypedString) => Ok(self.clone()),
            (Value::Bool(_) | Value::Str(_), _) => Err(Misfit::Kind),
            (_, Basic::UntypedInt | Basic::UntypedRune) => {
                self.as_int().map(Value::Int).ok_or(Misfit::Truncated)
            }
            (_, Basic::Float32 | Basic::Float64 | Basic::UntypedFloat) => {
                self.as_float().map(Value::Float).ok_or(Misfit::Overflows)
            }
            (_, Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex) => {
                let (real, imaginary) = self.as_complex().ok_or(Misfit::Kind)?;
                let typed = |part: Part| Part { whole: part.whole && basic == Basic::UntypedComplex, ..part };
                Ok(Value::Complex(typed(real), typed(imaginary)))
            }
            (Value::Int(value), _) => {
                let (bits, signed) = basic.integer().ok_or(Misfit::Kind)?;
                if fits(value, bits, signed) { Ok(self.clone()) } else { Err(Misfit::Overflows) }
            }
            _ => {
                let (bits, signed) = basic.integer().ok_or(Misfit::Kind)?;
                let value = self.as_int().filter(|value| fits(value, bits, signed));
                value.map(Value::Int).ok_or(Misfit::Truncated)
            }
        }
    }

    /// Why the value isn't one of type `basic`; `None` where it is.
    pub fn misfit(&self, basic: Basic) -> Option<Misfit> {
        match (self, basic.integer()) {
            (Value::Int(value), Some((bits, signed))) if fits(value, bits, signed) => None,
            _ => self.represent(basic).err(),
        }
    }

    /// `op self`; `basic` is the type, which `^` needs. `None` where the operator isn't defined.
    pub fn unary(&self, op: UnaryOp, basic: Basic) -> Option<Value> {
        Some(match (op, self) {
            (_, Value::Unknown) => Value::Unknown,
            (UnaryOp::Plus, Value::Int(_) | Value::Float(_) | Value::Complex(..)) => self.clone(),
            (UnaryOp::Minus, Value::Int(value)) => Value::Int(-value),
            (UnaryOp::Minus, Value::Float(value)) => Value::Float(-value.clone()),
            (UnaryOp::Minus, Value::Complex(real, imaginary)) => {
                let minus = |part: &Part| Part { value: -part.value.clone(), ..*part };
                Value::Complex(minus(real), minus(imaginary))
            }
            (UnaryOp::Not, Value::Bool(value)) => Value::Bool(!value),
            (UnaryOp::Complement, _) => {
                let value = self.as_int()?;
                match basic.integer() {
                    Some((bits, false)) => Value::Int(range(bits, false).1 - value),
                    _ => Value::Int(-value - 1),
                }
            }
            _ => return None,
        })
    }

    /// `self op other`, not a shift or comparison. `None` where it isn't defined, division by zero included.
    pub fn binary(&self, op: BinaryOp, other: &Value, integer: bool) -> Option<Value> {
        Some(match (self, other) {
            (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
            (Value::Bool(a), Value::Bool(b)) => match op {
                BinaryOp::LogicalAnd => Value::Bool(*a && *b),
                BinaryOp::LogicalOr => Value::Bool(*a || *b),
                _ => return None,
            },
            (Value::Str(a), Value::Str(b)) if op == BinaryOp::Add => {
                Value::Str(a.iter().chain(b).copied().collect())
            }
            (Value::Int(a), Value::Int(b)) if integer => Value::Int(match op {
                BinaryOp::Add => a + b,
                BinaryOp::Sub => a - b,
                BinaryOp::Mul => a * b,
                BinaryOp::Quo if !b.is_zero() => a / b,
                BinaryOp::Rem if !b.is_zero() => a % b,
                BinaryOp::And => a & b,
                BinaryOp::Or => a | b,
                BinaryOp::Xor => a ^ b,
                BinaryOp::AndNot => a & (-b - 1),
                _ => return None,
            }),
            (Value::Complex(..), _) | (_, Value::Complex(..)) => {
                let ((a, b), (c, d)) = (self.as_complex()?, other.as_complex()?);
                match op {
                    BinaryOp::Add => Value::Complex(a.plus(&c), b.plus(&d)),
                    BinaryOp::Sub => Value::Complex(a.minus(&c), b.minus(&d)),
                    BinaryOp::Mul => {
                        let real = a.times(&c).minus(&b.times(&d));
                        Value::Complex(real, b.times(&c).plus(&a.times(&d)))
                    }
                    BinaryOp::Quo if !other.is_zero() => {
                        let norm = c.times(&c).plus(&d.times(&d));
                        let real = a.times(&c).plus(&b.times(&d)).over(&norm);
                        Value::Complex(real, b.times(&c).minus(&a.times(&d)).over(&norm))
                    }
                    _ => return None,
                }
            }
            _ => {
                let (a, b) = (self.as_float()?, other.as_float()?);
                Value::Float(match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Sub => a - b,
                    BinaryOp::Mul => a * b,
                    BinaryOp::Quo if !b.is_zero() => a / b,
                    _ => return None,
                })
            }
        })
    }

    /// `self << count` or `self >> count`; `None` for counts that make no sense.
    pub fn shift(&self, left: bool, count: &BigInt) -> Option<Value> {
        let value = self.as_int()?;
        let count = count.to_u64()?;
        match left {
            true if count <= MAX_BITS => Some(Value::Int(value << count)),
            true => None,
            false => Some(Value::Int(value >> count.min(2 * MAX_BITS))),
        }
    }

    /// A comparison; `None` where it isn't defined.
    pub fn compare(&self, op: BinaryOp, other: &Value) -> Option<bool> {
        use std::cmp::Ordering;
        let ordering = match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => match op {
                BinaryOp::Equal | BinaryOp::NotEqual => a.cmp(b),
                _ => return None,
            },
            (Value::Str(a), Value::Str(b)) => a.cmp(b),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Complex(..), _) | (_, Value::Complex(..)) => {
                let ((a, b), (c, d)) = (self.as_complex()?, other.as_complex()?);
                let same = a.value == c.value && b.value == d.value;
                return match op {
                    BinaryOp::Equal => Some(same),
                    BinaryOp::NotEqual => Some(!same),
                    _ => None,
                };
            }
            _ => self.as_float()?.cmp(&other.as_float()?),
        };
        Some(match op {
            BinaryOp::Equal => ordering == Ordering::Equal,
            BinaryOp::NotEqual => ordering != Ordering::Equal,
            BinaryOp::Less => ordering == Ordering::Less,
            BinaryOp::LessEqual => ordering != Ordering::Greater,
            BinaryOp::Greater => ordering == Ordering::Greater,
            BinaryOp::GreaterEqual => ordering != Ordering::Less,
            _ => return None,
        })
    }

    pub fn is_zero(&self) -> bool {
        match self {
            Value::Int(value) => value.is_zero(),
            Value::Float(value) => value.is_zero(),
            Value::Complex(real, imaginary) => real.value.is_zero() && imaginary.value.is_zero(),
            _ => false,
        }
    }

    pub fn is_negative(&self) -> bool {
        match self {
            Value::Int(value) => value.is_negative(),
            Value::Float(value) => value.is_negative(),
            _ => false,
        }
    }

    /// The integer has more bits than Go's compilers keep of an untyped constant.
    pub fn too_large(&self) -> bool {
        matches!(self, Value::Int(value) if value.bits() > 512)
    }
}

/// `value` is one of an integer type.
fn fits(value: &BigInt, bits: u8, signed: bool) -> bool {
    let bits = u64::from(bits);
    match (value.is_negative(), signed) {
        (false, _) => value.bits() <= bits - u64::from(signed),
        (true, false) => false,
        // The least value is a power of two.
        (true, true) => {
            value.bits() < bits || value.bits() == bits && value.trailing_zeros() == Some(bits - 1)
        }
    }
}

/// Least and greatest value of an integer type.
pub(crate) fn range(bits: u8, signed: bool) -> (BigInt, BigInt) {
    let span: BigInt = BigInt::one() << u32::from(bits);
    let half: BigInt = BigInt::one() << (u32::from(bits) - 1);
    match signed {
        false => (BigInt::zero(), span - 1),
        true => (-half.clone(), half - 1),
    }
}

/// The text as a literal of Go, shortened where it is long.
fn quoted(bytes: &[u8]) -> String {
    const MOST: usize = 72;
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\u{7}' => out.push_str("\\a"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{b}' => out.push_str("\\v"),
                c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
    match out.char_indices().nth(MOST - 3) {
        Some((end, _)) if out.chars().count() > MOST => format!("{}...", &out[..end]),
        _ => out,
    }
}

/// A fraction as messages show it: with six significant digits, or more where it would look like an integer.
fn general_fraction(value: &BigRational) -> String {
    match value.to_f64().filter(|float| float.is_finite() && (*float != 0.0 || value.is_zero())) {
        Some(float) => {
            let short = general(float);
            match short.contains('.') || value.is_integer() {
                true => short,
                false => shortest(float),
            }
        }
        None => beyond_floats(value),
    }
}

/// `%.6g`: six significant digits, and an exponent where the number is very large or small.
fn general(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let Some((digits, exponent)) = scientific(&format!("{float:.5e}")) else { return float.to_string() };
    if !(-4..6).contains(&exponent) {
        return with_exponent(&digits, exponent);
    }
    let places = usize::try_from(5 - exponent).unwrap_or_default();
    trimmed(&format!("{float:.places$}"))
}

/// `%g`: as many digits as tell the number from others.
fn shortest(float: f64) -> String {
    let Some((digits, exponent)) = scientific(&format!("{float:e}")) else { return float.to_string() };
    match (-4..21).contains(&exponent) {
        true => float.to_string(),
        false => with_exponent(&digits, exponent),
    }
}

/// The same as `%.6g` for numbers that are too large or too small for floating point.
fn beyond_floats(value: &BigRational) -> String {
    let ten = BigInt::from(10);
    let magnitude = value.abs();
    // The digits are those of a whole number; the number of bits says how many there are, or one less.
    let bits = |number: &BigInt| i64::try_from(number.bits()).unwrap_or(i64::MAX);
    let estimate = (bits(magnitude.numer()) - bits(magnitude.denom())) * 30_103 / 100_000;
    let scale = u32::try_from(estimate.unsigned_abs()).unwrap_or(u32::MAX);
    let power = BigRational::from_integer(ten.pow(scale));
    let mantissa = if estimate < 0 { magnitude * power } else { magnitude / power };
    let Some(mantissa) = mantissa.to_f64() else { return value.to_string() };
    let Some((digits, more)) = scientific(&format!("{mantissa:.5e}")) else { return value.to_string() };
    let sign = if value.is_negative() { "-" } else { "" };
    let exponent = estimate + i64::from(more);
    let mark = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{digits}e{mark}{}", exponent.unsigned_abs())
}

/// Digits and exponent of `1.50000e7`.
fn scientific(text: &str) -> Option<(String, i32)> {
    let (digits, exponent) = text.split_once('e')?;
    Some((trimmed(digits), exponent.parse().ok()?))
}

/// Digits without zeros at their end.
fn trimmed(digits: &str) -> String {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    }
}

/// With an exponent of at least two digits.
fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The value of a literal as it is written; `None` where it isn't well formed.
pub(crate) fn literal(kind: LiteralKind, text: &str) -> Option<Value> {
    match kind {
        LiteralKind::Int => integer(text).map(Value::Int),
        LiteralKind::Float => float(text).map(Value::Float),
        LiteralKind::Imaginary => {
            let digits = text.strip_suffix('i')?;
            // For compatibility, `0123i` is decimal.
            let decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
            let imaginary = match decimal {
                true => BigRational::from_integer(digits.replace('_', "").parse().ok()?),
                false => match integer(digits) {
                    Some(value) => BigRational::from_integer(value),
                    None => float(digits)?,
                },
            };
            Some(Value::Complex(Part::int(BigInt::zero()), Part::float(imaginary)))
        }
        LiteralKind::Rune => {
            let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
            rune(inner).map(Value::int)
        }
        LiteralKind::String => string(text).map(Value::Str),
    }
}

fn integer(text: &str) -> Option<BigInt> {
    if let (false, Ok(value)) = (text.len() > 1 && text.starts_with('0'), text.parse::<u64>()) {
        return Some(value.into());
    }
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    BigInt::parse_bytes(digits.as_bytes(), radix)
}

fn float(text: &str) -> Option<BigRational> {
    let lower: String = text.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    let (hexadecimal, body) = match lower.strip_prefix("0x") {
        Some(body) => (true, body),
        None => (false, lower.as_str()),
    };
    let (mantissa, exponent) = match body.split_once(if hexadecimal { 'p' } else { 'e' }) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let radix = if hexadecimal { 16 } else { 10 };
    let digits = format!("0{whole}{fraction}");
    let mut value = BigRational::from_integer(BigInt::parse_bytes(digits.as_bytes(), radix)?);
    let places = u32::try_from(fraction.len()).ok()?;
    value /= BigRational::from_integer(BigInt::from(radix).pow(places));
    let base = BigInt::from(if hexadecimal { 2 } else { 10 });
    if exponent.unsigned_abs() > MAX_BITS {
        return None;
    }
    let scale = BigRational::from_integer(base.pow(exponent.unsigned_abs() as u32));
    Some(if exponent < 0 { value / scale } else { value * scale })
}

fn string(text: &str) -> Option<Vec<u8>> {
    if let Some(raw) = text.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::new();
    while !rest.is_empty() {
        let (unit, length) = escape(rest)?;
        match unit {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Char(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
        rest = rest.get(length..)?;
    }
    Some(bytes)
}

fn rune(inner: &str) -> Option<u32> {
    let (unit, length) = escape(inner)?;
    if length != inner.len() {
        return None;
    }
    Some(match unit {
        Unit::Byte(byte) => u32::from(byte),
        Unit::Char(c) => c as u32,
    })
}

enum Unit {
    Byte(u8),
    Char(char),
}

/// The first character of `text`, escaped or not, and its length in bytes of source.
fn escape(text: &str) -> Option<(Unit, usize)> {
    let first = text.chars().next()?;
    if first != '\\' {
        return Some((Unit::Char(first), first.len_utf8()));
    }
    let number = |from: usize, length: usize, radix: u32| {
        u32::from_str_radix(text.get(from..from + length)?, radix).ok()
    };
    let simple = match text[1..].chars().next()? {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '\'' => b'\'',
        '"' => b'"',
        'x' => return Some((Unit::Byte(u8::try_from(number(2, 2, 16)?).ok()?), 4)),
        'u' => return Some((Unit::Char(char::from_u32(number(2, 4, 16)?)?), 6)),
        'U' => return Some((Unit::Char(char::from_u32(number(2, 8, 16)?)?), 10)),
        '0'..='7' => return Some((Unit::Byte(u8::try_from(number(1, 3, 8)?).ok()?), 4)),
        _ => return None,
    };
    Some((Unit::Byte(simple), 2))
}
