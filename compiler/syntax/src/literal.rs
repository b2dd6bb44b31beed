//! Basic literals: their lexical grammar, and the value of a string literal.

use smol_str::SmolStr;

use crate::lexer::Lexer;
use crate::token::TokenKind;

/// A character as Go's messages show it: `U+0023 '#'`.
pub(crate) fn unicode(found: char) -> String {
    match found.is_control() {
        true => format!("U+{:04X}", u32::from(found)),
        false => format!("U+{:04X} '{found}'", u32::from(found)),
    }
}

/// The base that a number's prefix announces.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Base {
    radix: u8,
    /// Letter of the prefix, in lower case; `0` for a leading zero, none for a decimal number.
    prefix: Option<u8>,
    name: &'static str,
}

const DECIMAL: Base = Base { radix: 10, prefix: None, name: "decimal literal" };
const LEADING_ZERO: Base = Base { radix: 8, prefix: Some(b'0'), name: "octal literal" };
const PREFIXED: [Base; 3] = [
    Base { radix: 16, prefix: Some(b'x'), name: "hexadecimal literal" },
    Base { radix: 8, prefix: Some(b'o'), name: "octal literal" },
    Base { radix: 2, prefix: Some(b'b'), name: "binary literal" },
];

/// Scans a number; the cursor is at its first digit or point.
pub(crate) fn number(lexer: &mut Lexer<'_>) -> TokenKind {
    let start = lexer.cursor.pos;
    let mut kind = TokenKind::Int;
    let mut base = DECIMAL;
    let mut digits = Digits::default();
    if !lexer.cursor.at(b'.') {
        if lexer.cursor.eat(b'0') {
            let letter = lexer.cursor.peek(0).map(|byte| byte.to_ascii_lowercase());
            match PREFIXED.iter().find(|base| base.prefix == letter) {
                Some(found) => {
                    lexer.cursor.pos += 1;
                    base = *found;
                }
                None => {
                    base = LEADING_ZERO;
                    digits.any = true;
                }
            }
        }
        digits.scan(lexer, base.radix);
    }
    if lexer.cursor.at(b'.') {
        kind = TokenKind::Float;
        if matches!(base.prefix, Some(b'o' | b'b')) {
            lexer.error(lexer.cursor.pos, format!("invalid radix point in {}", base.name));
        }
        lexer.cursor.pos += 1;
        digits.scan(lexer, base.radix);
    }
    if !digits.any {
        lexer.error(lexer.cursor.pos, format!("{} has no digits", base.name));
    }
    exponent(lexer, base, &mut kind, &mut digits);
    if lexer.cursor.eat(b'i') {
        kind = TokenKind::Imaginary;
    }
    if let (TokenKind::Int, Some((at, digit))) = (kind, digits.invalid) {
        lexer.error(at, format!("invalid digit '{}' in {}", char::from(digit), base.name));
    }
    if digits.separator {
        let text = lexer.cursor.slice(start, lexer.cursor.pos);
        if let Some(index) = misplaced_separator(text.as_bytes()) {
            lexer.error(start + index, "'_' must separate successive digits");
        }
    }
    kind
}

fn exponent(lexer: &mut Lexer<'_>, base: Base, kind: &mut TokenKind, digits: &mut Digits) {
    let letter = lexer.cursor.peek(0).unwrap_or(0);
    let at = lexer.cursor.pos;
    match letter.to_ascii_lowercase() {
        b'e' if matches!(base.prefix, Some(b'x' | b'o' | b'b')) => {
            lexer.error(at, format!("'{}' exponent requires decimal mantissa", char::from(letter)));
        }
        b'p' if base.prefix != Some(b'x') => {
            lexer.error(at, format!("'{}' exponent requires hexadecimal mantissa", char::from(letter)));
        }
        b'e' | b'p' => {}
        _ => {
            if base.prefix == Some(b'x') && *kind == TokenKind::Float {
                lexer.error(at, "hexadecimal mantissa requires a 'p' exponent");
            }
            return;
        }
    }
    lexer.cursor.pos += 1;
    *kind = TokenKind::Float;
    if lexer.cursor.at(b'+') || lexer.cursor.at(b'-') {
        lexer.cursor.pos += 1;
    }
    let mut power = Digits::default();
    power.scan(lexer, 10);
    digits.separator |= power.separator;
    if !power.any {
        lexer.error(lexer.cursor.pos, "exponent has no digits");
    }
}

/// What is known of the digits of a number.
#[derive(Default)]
struct Digits {
    any: bool,
    separator: bool,
    /// The first digit that the base does not have.
    invalid: Option<(u32, u8)>,
}

impl Digits {
    fn scan(&mut self, lexer: &mut Lexer<'_>, radix: u8) {
        while let Some(byte) = lexer.cursor.peek(0) {
            match byte {
                b'_' => self.separator = true,
                b'0'..=b'9' => {
                    self.any = true;
                    if byte - b'0' >= radix && self.invalid.is_none() {
                        self.invalid = Some((lexer.cursor.pos, byte));
                    }
                }
                b'a'..=b'f' | b'A'..=b'F' if radix == 16 => self.any = true,
                _ => break,
            }
            lexer.cursor.pos += 1;
        }
    }
}

/// The index of the first `_` of a number that does not stand between two digits, where a prefix counts as one.
fn misplaced_separator(text: &[u8]) -> Option<u32> {
    let lower = |index: usize| text.get(index).map(u8::to_ascii_lowercase);
    let hexadecimal = lower(0) == Some(b'0') && lower(1) == Some(b'x');
    let prefixed = lower(0) == Some(b'0') && matches!(lower(1), Some(b'x' | b'o' | b'b'));
    let is_digit = |index: usize| match text.get(index) {
        Some(byte) => {
            byte.is_ascii_digit() || (hexadecimal && byte.is_ascii_hexdigit()) || (prefixed && index == 1)
        }
        None => false,
    };
    (0..text.len())
        .filter(|index| text[*index] == b'_')
        .find(|index| !(index.checked_sub(1).is_some_and(is_digit) && is_digit(*index + 1)))
        .map(|index| index as u32)
}

/// Scans a string in double quotes.
pub(crate) fn string(lexer: &mut Lexer<'_>) -> TokenKind {
    let start = lexer.cursor.pos;
    lexer.cursor.pos += 1;
    loop {
        match lexer.cursor.peek(0) {
            None | Some(b'\n') => {
                lexer.error(start, "string literal not terminated");
                break;
            }
            Some(b'"') => {
                lexer.cursor.pos += 1;
                break;
            }
            Some(b'\\') => escape(lexer, b'"'),
            Some(byte) => lexer.step(byte),
        };
    }
    TokenKind::String
}

/// Scans a string in back quotes.
pub(crate) fn raw_string(lexer: &mut Lexer<'_>) -> TokenKind {
    let start = lexer.cursor.pos;
    lexer.cursor.pos += 1;
    loop {
        match lexer.cursor.peek(0) {
            None => {
                lexer.error(start, "raw string literal not terminated");
                break;
            }
            Some(b'`') => {
                lexer.cursor.pos += 1;
                break;
            }
            Some(byte) => lexer.step(byte),
        }
    }
    TokenKind::String
}

/// Scans a rune.
pub(crate) fn rune(lexer: &mut Lexer<'_>) -> TokenKind {
    let start = lexer.cursor.pos;
    lexer.cursor.pos += 1;
    let mut count = 0;
    let before = lexer.errors.len();
    loop {
        match lexer.cursor.peek(0) {
            None | Some(b'\n') => {
                if lexer.errors.len() == before {
                    lexer.error(start, "rune literal not terminated");
                }
                return TokenKind::Rune;
            }
            Some(b'\'') => {
                lexer.cursor.pos += 1;
                break;
            }
            Some(b'\\') => escape(lexer, b'\''),
            Some(byte) => lexer.step(byte),
        }
        count += 1;
    }
    if count != 1 && lexer.errors.len() == before {
        lexer.error(start, "illegal rune literal");
    }
    TokenKind::Rune
}

/// Scans an escape sequence in a literal that ends with `quote`; the cursor is at the backslash.
fn escape(lexer: &mut Lexer<'_>, quote: u8) {
    let start = lexer.cursor.pos;
    lexer.cursor.pos += 1;
    let Some(letter) = lexer.cursor.peek(0) else {
        lexer.error(start, "escape sequence not terminated");
        return;
    };
    let (count, radix, max) = match letter {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' => (0, 8, 0),
        _ if letter == quote => (0, 8, 0),
        b'0'..=b'7' => (3, 8, 255),
        b'x' => (2, 16, 255),
        b'u' => (4, 16, 0x10_ffff),
        b'U' => (8, 16, 0x10_ffff),
        _ => {
            lexer.error(start, "unknown escape sequence");
            return;
        }
    };
    if !letter.is_ascii_digit() {
        lexer.cursor.pos += 1;
    }
    let mut value: u32 = 0;
    for _ in 0..count {
        let Some((found, _)) = lexer.cursor.character() else {
            lexer.error(lexer.cursor.pos, "escape sequence not terminated");
            return;
        };
        let Some(digit) = found.to_digit(radix) else {
            let message = format!("illegal character {} in escape sequence", unicode(found));
            lexer.error(lexer.cursor.pos, message);
            return;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        lexer.cursor.pos += 1;
    }
    if count > 0 && (value > max || (0xd800..0xe000).contains(&value)) {
        lexer.error(start, "escape sequence is invalid Unicode code point");
    }
}

/// The value of a string literal, quotes included in `literal`, where it is UTF-8; escapes that make it something else
/// become U+FFFD.
pub(crate) fn unquote(literal: &str) -> SmolStr {
    if let Some(raw) = literal.strip_prefix('`') {
        return raw.strip_suffix('`').unwrap_or(raw).replace('\r', "").into();
    }
    let inner = literal.strip_prefix('"').unwrap_or(literal);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return inner.into();
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(found) = rest.next() {
        match found {
            '\\' => unescape(&mut rest, &mut bytes),
            _ => push(&mut bytes, found),
        }
    }
    String::from_utf8_lossy(&bytes).as_ref().into()
}

/// Appends what the escape sequence after a backslash stands for; `rest` begins with its letter.
fn unescape(rest: &mut std::str::Chars<'_>, bytes: &mut Vec<u8>) {
    let (skip, count, radix) = match rest.clone().next() {
        None => return,
        Some('x') => (1, 2, 16),
        Some('u') => (1, 4, 16),
        Some('U') => (1, 8, 16),
        Some('0'..='7') => (0, 3, 8),
        Some(letter) => {
            let simple = [('a', 7), ('b', 8), ('f', 12), ('n', 10), ('r', 13), ('t', 9), ('v', 11)];
            let value =
                simple.iter().find(|(name, _)| *name == letter).map_or(letter, |(_, value)| (*value).into());
            push(bytes, value);
            rest.next();
            return;
        }
    };
    let value = rest.by_ref().skip(skip).take(count).fold(0_u32, |value, digit| {
        value.wrapping_mul(radix).wrapping_add(digit.to_digit(radix).unwrap_or(0))
    });
    match (skip, count) {
        (0, _) | (_, 2) => bytes.push(value as u8),
        _ => push(bytes, char::from_u32(value).unwrap_or('\u{fffd}')),
    }
}

fn push(bytes: &mut Vec<u8>, found: char) {
    bytes.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
}
