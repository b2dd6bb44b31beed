//! One instruction from its text, the reverse of `gobpf_bpf::disasm`.

use gobpf_bpf::Insn;
use gobpf_bpf::disasm::{alu_symbol, atomic_word, jump_symbol, select, size_word};
use gobpf_bpf::insn::{AluOp, CALL, JmpOp, LD_IMM64, SOURCE_REG, Size, class, mode, pseudo};
use gobpf_bpf::tables::HELPERS;

use super::log::{MapState, bracketed_map};
use crate::wording::{self, Wrong};

/// An instruction as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parsed {
    /// The slot; of a two-slot load the first, without its value.
    pub insn: Insn,
    /// The value of a two-slot load.
    pub value: Option<Value>,
    /// The kernel function that is called, where it is named.
    pub kfunc: Option<String>,
}

/// The value of a two-slot load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A number.
    Constant(u64),
    /// A map, or a place in its value.
    Map(MapState),
    /// The address of a subprogram, as a distance in slots from the next slot.
    Subprogram(i32),
    /// The address of a variable of the kernel.
    Variable(String),
}

/// Reads `text`: an instruction with or without its opcode in front.
pub fn parse(text: &str) -> Result<Parsed, Wrong> {
    if let Some(digits) = text.strip_prefix(".raw") {
        return raw(digits.trim()).map(plain);
    }
    let mut cursor = Cursor { rest: text };
    let opcode = cursor.opcode()?;
    let parsed = cursor.instruction()?;
    cursor.skip();
    if !cursor.rest.is_empty() {
        return Err(wording::left_over(cursor.rest));
    }
    match opcode {
        Some(opcode) if opcode != parsed.insn.code => Err(wording::opcode_differs(opcode, parsed.insn.code)),
        _ => Ok(parsed),
    }
}

/// A register and whether it is written as 32 bits (`w1`).
#[derive(Clone, Copy)]
struct Register {
    number: u8,
    narrow: bool,
}

struct Cursor<'a> {
    rest: &'a str,
}

type Read<T> = Result<T, Wrong>;

impl<'a> Cursor<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes `text` after white space, if it is there.
    fn eat(&mut self, text: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &'static str) -> Read<()> {
        if self.eat(text) { Ok(()) } else { Err(wording::expected(text, self.rest)) }
    }

    /// Takes all characters that `wanted` accepts.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn opcode(&mut self) -> Read<Option<u8>> {
        let Some((digits, rest)) = self.rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
            return Ok(None);
        };
        // `(u32 *)` and the like start no instruction, so what stands in parentheses is meant as an opcode.
        let code = u8::from_str_radix(digits, 16).map_err(|_| wording::bad_opcode(digits))?;
        self.rest = rest;
        Ok(Some(code))
    }

    /// A number, decimal or with `0x`, with an optional sign.
    fn number(&mut self) -> Read<i128> {
        self.skip();
        let start = self.rest;
        let negative = self.eat("-");
        if !negative {
            self.eat("+");
            self.skip();
        }
        let value = if self.eat("0x") {
            let digits = self.take(|c| c.is_ascii_hexdigit());
            i128::from_str_radix(digits, 16)
        } else {
            self.take(|c| c.is_ascii_digit()).parse()
        };
        match value {
            Ok(value) => Ok(if negative { -value } else { value }),
            Err(_) => Err(wording::expected("a number", start)),
        }
    }

    fn i16(&mut self) -> Read<i16> {
        let value = self.number()?;
        i16::try_from(value).map_err(|_| wording::out_of_range(value, "16 bits"))
    }

    /// A 32-bit number, signed, or unsigned where it is written so.
    fn i32(&mut self) -> Read<i32> {
        let value = self.number()?;
        i32::try_from(value)
            .or_else(|_| u32::try_from(value).map(|value| value as i32))
            .map_err(|_| wording::out_of_range(value, "32 bits"))
    }

    fn register(&mut self) -> Option<Register> {
        self.skip();
        let narrow = self.rest.starts_with('w');
        let rest = self.rest.strip_prefix(['r', 'w'])?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = rest[..end].parse::<u8>().ok().filter(|number| *number <= 10)?;
        if rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        self.rest = &rest[end..];
        Some(Register { number, narrow })
    }

    fn wide_register(&mut self) -> Read<u8> {
        let before = self.rest;
        match self.register() {
            Some(Register { number, narrow: false }) => Ok(number),
            _ => Err(wording::expected("a register r0 to r10", before)),
        }
    }

    /// A second operand of the same width as the first: register or number.
    fn operand(&mut self, narrow: bool) -> Read<(u8, u8, i32)> {
        let before = self.rest;
        match self.register() {
            Some(register) if register.narrow == narrow => Ok((SOURCE_REG, register.number, 0)),
            Some(_) => Err(wording::mixed_widths(before)),
            None => Ok((0, 0, self.i32()?)),
        }
    }

    fn instruction(&mut self) -> Read<Parsed> {
        if let Some(dst) = self.register() {
            return self.assignment(dst);
        }
        let insn = if self.eat("exit") {
            Insn::exit()
        } else if self.eat("gotol") {
            Insn { code: class::JMP32, imm: self.distance()?, ..Insn::default() }
        } else if self.eat("may_goto") {
            Insn { code: class::JMP | select::JCOND, off: self.short_distance()?, ..Insn::default() }
        } else if self.eat("goto") {
            Insn::jump(self.short_distance()?)
        } else if self.eat("call") {
            return self.call();
        } else if self.eat("if ") {
            self.condition()?
        } else if self.eat("lock ") {
            self.locked()?
        } else if self.eat("store_release(") {
            let (size, dst, off) = self.memory_in_call()?;
            self.expect(",")?;
            let src = self.wide_register()?;
            self.expect(")")?;
            atomic(size, dst, src, off, select::STORE_RELEASE)
        } else if self.rest.trim_start().starts_with("*(") {
            self.store()?
        } else {
            return Err(wording::unknown_instruction(self.rest));
        };
        Ok(plain(insn))
    }

    /// `pc+5`, in slots from the next.
    fn distance(&mut self) -> Read<i32> {
        self.eat("pc");
        let value = self.number()?;
        i32::try_from(value).map_err(|_| wording::out_of_range(value, "32 bits"))
    }

    fn short_distance(&mut self) -> Read<i16> {
        self.eat("pc");
        self.i16()
    }

    fn call(&mut self) -> Read<Parsed> {
        if self.eat("pc") {
            let imm = self.distance()?;
            if self.eat("#") {
                self.take(|c| !c.is_whitespace()); // the subprogram's name
            }
            return Ok(plain(Insn { code: CALL, src: pseudo::CALL, imm, ..Insn::default() }));
        }
        self.skip();
        let name = self.take(|c| !c.is_whitespace() && c != '#');
        let helper = HELPERS.iter().find(|helper| Some(helper.name) == name.strip_prefix("bpf_"));
        let number = if self.eat("#") { Some(self.i32()?) } else { None };
        let (src, imm) = match (helper, number) {
            (Some(helper), None) => (0, helper.id as i32),
            (Some(helper), Some(number)) if number == helper.id as i32 => (0, number),
            (Some(helper), Some(number)) => return Err(wording::helper_number(helper, number)),
            (None, Some(number)) if name == "unknown" || name == "bpf_unspec" => (0, number),
            (None, Some(number)) if name == "kernel-function" => (pseudo::KFUNC_CALL, number),
            (None, None) if name.parse::<i32>().is_ok() => (0, name.parse().unwrap_or(0)),
            // The number is that of the kernel whose log it is.
            (None, _) if is_c_name(name) => {
                let insn = Insn { code: CALL, src: pseudo::KFUNC_CALL, ..Insn::default() };
                return Ok(Parsed { kfunc: Some(name.to_string()), ..plain(insn) });
            }
            (None, _) => return Err(wording::unknown_function(name)),
        };
        Ok(plain(Insn { code: CALL, src, imm, ..Insn::default() }))
    }

    fn condition(&mut self) -> Read<Insn> {
        let before = self.rest;
        let dst = self.register().ok_or_else(|| wording::expected("a register", before))?;
        self.skip();
        let symbol = self.take(|c| !c.is_whitespace());
        let op = JmpOp::ALL.into_iter().find(|op| jump_symbol(*op) == symbol);
        let op = op.ok_or_else(|| wording::expected("a comparison such as == or s<", before))?;
        let (source, src, imm) = self.operand(dst.narrow)?;
        self.expect("goto")?;
        let off = self.short_distance()?;
        let class = if dst.narrow { class::JMP32 } else { class::JMP };
        Ok(Insn { code: class | op as u8 | source, dst: dst.number, src, off, imm })
    }

    /// `u32 *)`, after the parenthesis that opens it.
    fn size(&mut self) -> Read<(Size, bool)> {
        self.skip();
        let before = self.rest;
        let word = self.take(|c| c.is_ascii_alphanumeric());
        let found = [Size::B, Size::H, Size::W, Size::DW]
            .into_iter()
            .find(|size| size_word(*size)[1..] == *word.get(1..).unwrap_or_default());
        let signed = word.starts_with('s');
        match found.filter(|_| signed || word.starts_with('u')) {
            Some(size) => {
                self.expect("*")?;
                self.expect(")")?;
                Ok((size, signed))
            }
            None => Err(wording::expected("a size such as u32", before)),
        }
    }

    /// `(r1 +4)`.
    fn address(&mut self) -> Read<(u8, i16)> {
        self.expect("(")?;
        let register = self.wide_register()?;
        let off = if self.rest.trim_start().starts_with(')') { 0 } else { self.i16()? };
        self.expect(")")?;
        Ok((register, off))
    }

    /// `(u32 *)(r1 +4)` as an argument, after the parenthesis of the call.
    fn memory_in_call(&mut self) -> Read<(Size, u8, i16)> {
        self.expect("(")?;
        let (size, _) = self.size()?;
        let (register, off) = self.address()?;
        Ok((size, register, off))
    }

    fn locked(&mut self) -> Read<Insn> {
        self.expect("*(")?;
        let (size, _) = self.size()?;
        let (dst, off) = self.address()?;
        self.skip();
        let symbol = self.take(|c| !c.is_whitespace());
        let op =
            [AluOp::Add, AluOp::Or, AluOp::And, AluOp::Xor].into_iter().find(|op| alu_symbol(*op) == symbol);
        let op = op.ok_or_else(|| wording::expected("+=, |=, &= or ^=", symbol))?;
        let src = self.wide_register()?;
        Ok(atomic(size, dst, src, off, op as i32))
    }

    fn store(&mut self) -> Read<Insn> {
        self.expect("*(")?;
        let (size, _) = self.size()?;
        let (dst, off) = self.address()?;
        self.expect("=")?;
        let (source, src, imm) = self.operand(false)?;
        let class = if source == SOURCE_REG { class::STX } else { class::ST };
        Ok(Insn { code: class | mode::MEM | size.code(), dst, src, off, imm })
    }

    /// What follows the register that is written.
    fn assignment(&mut self, dst: Register) -> Read<Parsed> {
        self.skip();
        let before = self.rest;
        let symbol = self.take(|c| !c.is_whitespace());
        if symbol == "=" {
            return self.value_of(dst);
        }
        let (op, off) = match symbol {
            "s/=" => (AluOp::Div, select::SIGNED),
            "s%=" => (AluOp::Mod, select::SIGNED),
            _ => {
                let op = AluOp::ALL.into_iter().find(|op| alu_symbol(*op) == symbol);
                (op.ok_or_else(|| wording::expected("an operator such as = or +=", before))?, 0)
            }
        };
        let (source, src, imm) = self.operand(dst.narrow)?;
        Ok(plain(Insn { code: alu_class(dst) | op as u8 | source, dst: dst.number, src, off, imm }))
    }

    fn value_of(&mut self, dst: Register) -> Read<Parsed> {
        self.skip();
        let number = dst.number;
        let rest = self.rest;
        if let Some(insn) = self.byte_order(number)? {
            return Ok(plain(insn));
        }
        if rest.starts_with("-r") || rest.starts_with("-w") {
            self.eat("-");
            let (_, again, _) = self.operand(dst.narrow)?;
            if again != number {
                return Err(wording::expected("the same register", rest));
            }
            return Ok(plain(Insn {
                code: alu_class(dst) | AluOp::Neg as u8,
                dst: number,
                ..Insn::default()
            }));
        }
        for (word, off) in [("(s8)", 8), ("(s16)", 16), ("(s32)", 32)] {
            if self.eat(word) {
                let (source, src, _) = self.operand(dst.narrow)?;
                let code = alu_class(dst) | AluOp::Mov as u8 | SOURCE_REG;
                let insn = Insn { code, dst: number, src, off, imm: 0 };
                return if source == SOURCE_REG {
                    Ok(plain(insn))
                } else {
                    Err(wording::expected("a register", rest))
                };
            }
        }
        if dst.narrow {
            let (source, src, imm) = self.operand(true)?;
            return Ok(plain(Insn {
                code: class::ALU | AluOp::Mov as u8 | source,
                dst: number,
                src,
                off: 0,
                imm,
            }));
        }
        if rest.starts_with("*(") {
            return self.load(number).map(plain);
        }
        if rest.starts_with("atomic") || rest.starts_with("load_acquire(") {
            return self.fetching(number).map(plain);
        }
        if self.eat("addr_space_cast(") {
            return self.address_space_cast(number).map(plain);
        }
        self.constant(number)
    }

    /// `be16 r1`, `bswap64 r1`.
    fn byte_order(&mut self, dst: u8) -> Read<Option<Insn>> {
        for (word, code) in [("bswap", 0xd7u8), ("be", 0xdc), ("le", 0xd4)] {
            if self.eat(word) {
                let bits = self.i32()?;
                let again = self.wide_register()?;
                if again != dst {
                    return Err(wording::expected("the same register", self.rest));
                }
                return Ok(Some(Insn { code, dst, imm: bits, ..Insn::default() }));
            }
        }
        Ok(None)
    }

    fn load(&mut self, dst: u8) -> Read<Insn> {
        self.expect("*(")?;
        let (size, signed) = self.size()?;
        if self.eat("skb[") {
            let src = self.register();
            if src.is_some() {
                self.expect("+")?;
            }
            let imm = self.i32()?;
            self.expect("]")?;
            let mode = if src.is_some() { mode::IND } else { mode::ABS };
            let src = src.map_or(0, |register| register.number);
            if dst != 0 {
                return Err(wording::expected("r0: packet loads write no other", "r0"));
            }
            return Ok(Insn { code: class::LD | mode | size.code(), dst: 0, src, off: 0, imm });
        }
        let (src, off) = self.address()?;
        let mode = if signed { mode::MEMSX } else { mode::MEM };
        Ok(Insn { code: class::LDX | mode | size.code(), dst, src, off, imm: 0 })
    }

    /// `atomic64_fetch_add((u64 *)(r1 +0), r2)` and its like.
    fn fetching(&mut self, dst: u8) -> Read<Insn> {
        let before = self.rest;
        if self.eat("load_acquire(") {
            let (size, src, off) = self.memory_in_call()?;
            self.expect(")")?;
            return Ok(atomic(size, dst, src, off, select::LOAD_ACQUIRE));
        }
        self.expect("atomic")?;
        let wide = self.eat("64");
        self.expect("_")?;
        let word = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
        let imm = match word {
            "xchg" => select::XCHG,
            "cmpxchg" => select::CMPXCHG,
            _ => {
                let name = word.strip_prefix("fetch_");
                let found = [0x00, 0x40, 0x50, 0xa0].into_iter().find(|imm| atomic_word(*imm) == name);
                found.ok_or_else(|| wording::expected("an atomic operation", before))? | select::FETCH
            }
        };
        self.expect("(")?;
        let (size, base, off) = self.memory_in_call()?;
        self.expect(",")?;
        if imm == select::CMPXCHG {
            self.expect("r0")?;
            self.expect(",")?;
        }
        let src = self.wide_register()?;
        self.expect(")")?;
        let written = if imm == select::CMPXCHG { 0 } else { src };
        if written != dst {
            return Err(wording::expected("the register that the operation writes", before));
        }
        if wide != (size == Size::DW) {
            return Err(wording::mixed_widths(before));
        }
        Ok(atomic(size, base, src, off, imm))
    }

    fn address_space_cast(&mut self, dst: u8) -> Read<Insn> {
        let src = self.wide_register()?;
        self.expect(",")?;
        let to = self.number()?;
        self.expect(",")?;
        let from = self.number()?;
        self.expect(")")?;
        let half = |value: i128| u16::try_from(value).map_err(|_| wording::out_of_range(value, "16 bits"));
        let imm = (u32::from(half(to)?) << 16 | u32::from(half(from)?)) as i32;
        Ok(Insn { code: 0xbf, dst, src, off: select::ADDRESS_SPACE, imm })
    }

    /// A register, a number, a map or a subprogram. A number in hexadecimal is a two-slot load, as the kernel prints it.
    fn constant(&mut self, dst: u8) -> Read<Parsed> {
        let wide =
            |value| Parsed { value: Some(value), ..plain(Insn { code: LD_IMM64, dst, ..Insn::default() }) };
        if self.eat("&") {
            let name = self.take(|c| c.is_alphanumeric() || c == '_' || c == '.');
            return if is_c_name(name) {
                Ok(wide(Value::Variable(name.to_string())))
            } else {
                Err(wording::expected("the name of a variable of the kernel", self.rest))
            };
        }
        if self.eat("map[") {
            let mut map = bracketed_map(self.take(|c| c != ']'));
            self.expect("]")?;
            let indexed = self.eat("[0]");
            if indexed || self.rest.starts_with('+') {
                let offset = if self.rest.starts_with('+') { self.number()? } else { 0 };
                let offset = u32::try_from(offset).map_err(|_| wording::out_of_range(offset, "32 bits"))?;
                map.offset = Some(offset);
            }
            return Ok(wide(Value::Map(map)));
        }
        if self.eat("subprog[") {
            let distance = self.distance()?;
            self.expect("]")?;
            return Ok(wide(Value::Subprogram(distance)));
        }
        if self.rest.starts_with("0x") {
            let value = self.number()?;
            let value = u64::try_from(value).map_err(|_| wording::out_of_range(value, "64 bits"))?;
            return Ok(wide(Value::Constant(value)));
        }
        if let Some(src) = self.register() {
            if src.narrow {
                return Err(wording::mixed_widths(self.rest));
            }
            return Ok(plain(Insn { code: 0xbf, dst, src: src.number, ..Insn::default() }));
        }
        let value = self.number()?;
        if self.eat("ll") {
            let value = i64::try_from(value)
                .map(|value| value as u64)
                .or_else(|_| u64::try_from(value))
                .map_err(|_| wording::out_of_range(value, "64 bits"))?;
            return Ok(wide(Value::Constant(value)));
        }
        let imm = i32::try_from(value).map_err(|_| wording::out_of_range(value, "32 bits, signed"))?;
        Ok(plain(Insn { code: 0xb7, dst, imm, ..Insn::default() }))
    }
}

fn plain(insn: Insn) -> Parsed {
    Parsed { insn, value: None, kfunc: None }
}

fn is_c_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A slot as its 8 bytes.
fn raw(digits: &str) -> Read<Insn> {
    let mut bytes = [0u8; 8];
    if digits.len() != 16 || !digits.is_ascii() {
        return Err(wording::bad_raw(digits));
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16)
            .map_err(|_| wording::bad_raw(digits))?;
    }
    Ok(Insn::decode(bytes))
}

fn alu_class(dst: Register) -> u8 {
    if dst.narrow { class::ALU } else { class::ALU64 }
}

fn atomic(size: Size, dst: u8, src: u8, off: i16, imm: i32) -> Insn {
    Insn { code: class::STX | mode::ATOMIC | size.code(), dst, src, off, imm }
}
