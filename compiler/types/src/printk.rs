//! Formats: Go's verbs, checked against the arguments, become the kernel's.
//!
//! What the kernel takes is the rule of `bpf_bprintf_prepare` (kernel/bpf/helpers.c, 6.1): `%`, then any of ` +-0`,
//! then a width that doesn't start with 0, then `c`, `s`, a pointer verb, or one of `d i u x X` after an optional `l`
//! or `ll`; printable ASCII or white space around it.

use gobpf_syntax::ast;

use crate::constant::Value;
use crate::context::{Cx, Operand};
use crate::error::{FormatProblem, NotInKernel, Why};
use crate::hir;
use crate::ty::{Basic, Kind, Ty};

/// Arguments that fit beside format and length in R1 to R5.
const MAX_ARGUMENTS: usize = 3;

/// A verb with its flags and width, such as `%-5d`.
struct Verb {
    /// As it is written.
    text: String,
    /// Flags and width.
    flags: String,
    verb: char,
}

impl<'a> Cx<'_, 'a> {
    /// Format and arguments of a call of a printing helper; `None` after an error.
    pub fn printk(
        &mut self,
        function: &str,
        arguments: &'a [ast::Expr],
        expr: &'a ast::Expr,
    ) -> Option<Vec<hir::Argument>> {
        let Some((format, rest)) = arguments.split_first() else {
            let want = "(string, ...any)".into();
            let why = Why::ArgumentCount {
                function: function.to_owned(),
                have: "()".into(),
                want,
                too_many: false,
            };
            self.error(expr.id, why);
            return None;
        };
        let format_operand = self.expr(format);
        let operands: Vec<Operand> = rest.iter().map(|argument| self.expr(argument)).collect();
        if format_operand.is_invalid() || operands.iter().any(Operand::is_invalid) {
            return None;
        }
        let Some(Value::Str(bytes)) = format_operand.constant().cloned() else {
            let string = self.basic(Basic::String);
            match self.ck.types.identical(format_operand.ty, string) {
                true => {
                    let operand = self.describe(&format_operand);
                    self.error(format.id, Why::Format(FormatProblem::NotConstant { operand }));
                }
                false => {
                    self.assign(format_operand, string, &format!("argument to {function}"));
                }
            }
            return None;
        };
        let (text, values) = self.convert_format(&bytes, function, format, operands, expr)?;
        if values.len() > MAX_ARGUMENTS {
            let target = self.ck.target;
            self.error(expr.id, Why::TooManyArguments { count: values.len(), target });
            return None;
        }
        Some(std::iter::once(hir::Argument::Text(text)).chain(values).collect())
    }

    fn convert_format(
        &mut self,
        bytes: &[u8],
        function: &str,
        format: &'a ast::Expr,
        operands: Vec<Operand>,
        expr: &'a ast::Expr,
    ) -> Option<(Vec<u8>, Vec<hir::Argument>)> {
        let count = operands.len();
        let mut operands = operands.into_iter();
        let mut text = Vec::with_capacity(bytes.len() + 8);
        let mut values = Vec::new();
        let mut verbs = 0;
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte != b'%' {
                self.push_literal(byte, &mut text, format)?;
                continue;
            }
            let (verb, after) = read_verb(rest);
            rest = after;
            if verb.verb == '%' {
                text.extend(b"%%");
                continue;
            }
            verbs += 1;
            let Some(operand) = operands.next() else {
                let why = Why::Format(FormatProblem::Missing {
                    function: function.to_owned(),
                    verb: verb.text,
                    argument: verbs,
                    count,
                });
                self.error(format.id, why);
                return None;
            };
            if let Some(value) = self.verb(&verb, operand, function, format, &mut text)? {
                values.push(hir::Argument::Value(value));
            }
        }
        if operands.next().is_some() {
            self.error(
                expr.id,
                Why::Format(FormatProblem::Extra { function: function.to_owned(), verbs, count }),
            );
            return None;
        }
        Some((text, values))
    }

    fn push_literal(&mut self, byte: u8, text: &mut Vec<u8>, format: &ast::Expr) -> Option<()> {
        let printable = (0x20..0x7f).contains(&byte) || (0x09..=0x0d).contains(&byte);
        if !printable {
            self.error(format.id, Why::Format(FormatProblem::Byte { byte }));
            return None;
        }
        text.push(byte);
        Some(())
    }

    /// One verb and its argument. `None` after an error, `Some(None)` where the argument became a part of the text.
    fn verb(
        &mut self,
        verb: &Verb,
        operand: Operand,
        function: &str,
        format: &ast::Expr,
        text: &mut Vec<u8>,
    ) -> Option<Option<hir::Expr>> {
        let types = &self.ck.types;
        let ty = operand.ty;
        let (integer, boolean, string) = (types.is_integer(ty), types.is_boolean(ty), types.is_string(ty));
        let fits = match verb.verb {
            'v' => true,
            'd' | 'o' | 'b' | 'U' => integer,
            'c' => integer,
            'x' | 'X' => integer || string || types.is_float(ty),
            'q' => integer || string,
            's' => string || self.is_bytes(ty),
            't' => boolean,
            'p' => types.has_nil(ty),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => types.is_float(ty),
            'T' => true,
            _ => {
                let verb = verb.text.clone();
                self.error(
                    format.id,
                    Why::Format(FormatProblem::UnknownVerb { function: function.to_owned(), verb }),
                );
                return None;
            }
        };
        if !fits {
            let ty = self.ck.types.default_type(ty);
            let why = Why::Format(FormatProblem::WrongType {
                function: function.to_owned(),
                verb: verb.text.clone(),
                operand: operand.text.clone(),
                ty: self.display(ty),
            });
            self.error(operand.node, why);
            return None;
        }
        if string && matches!(verb.verb, 's' | 'v') && verb.flags.is_empty() {
            return self.inline_string(&operand, text, format).map(|()| None);
        }
        let flags = verb.flags.trim_start_matches([' ', '+', '-', '0']);
        if !flags.bytes().all(|byte| byte.is_ascii_digit()) {
            self.error(format.id, Why::Format(FormatProblem::UnsupportedVerb { verb: verb.text.clone() }));
            return None;
        }
        if verb.verb == 's' && self.is_bytes(ty) {
            return self.bytes_argument(verb, operand, format, text).map(Some);
        }
        let kernel = match verb.verb {
            'c' if integer => "c",
            't' | 'v' if boolean => "d",
            'd' | 'v' if integer => self.decimal(ty),
            'x' if integer => {
                if self.is_wide(ty) {
                    "llx"
                } else {
                    "x"
                }
            }
            'X' if integer => {
                if self.is_wide(ty) {
                    "llX"
                } else {
                    "X"
                }
            }
            _ => {
                self.error(
                    format.id,
                    Why::Format(FormatProblem::UnsupportedVerb { verb: verb.text.clone() }),
                );
                return None;
            }
        };
        text.push(b'%');
        text.extend(verb.flags.bytes());
        text.extend(kernel.bytes());
        let (value, _) = self.value(operand, &format!("argument to {function}"));
        Some(Some(value))
    }

    fn inline_string(&mut self, operand: &Operand, text: &mut Vec<u8>, format: &ast::Expr) -> Option<()> {
        let Some(Value::Str(bytes)) = operand.constant().cloned() else {
            self.unsupported(operand.node, NotInKernel::PrintedString);
            return None;
        };
        for byte in bytes {
            if byte == b'%' {
                text.push(byte);
            }
            self.push_literal(byte, text, format)?;
        }
        Some(())
    }

    /// An array or slice of bytes, which `%s` prints.
    fn is_bytes(&self, ty: Ty) -> bool {
        let (Kind::Array(element, _) | Kind::Slice(element)) = self.ck.types.under(ty) else { return false };
        self.ck.types.integer(*element) == Some((8, false))
    }

    /// `%s` of bytes in memory: their address. The kernel prints up to the first zero byte.
    fn bytes_argument(
        &mut self,
        verb: &Verb,
        operand: Operand,
        format: &ast::Expr,
        text: &mut Vec<u8>,
    ) -> Option<hir::Expr> {
        let node = operand.node;
        let int = self.basic(Basic::Int);
        let zero = self.int_expr(0, int, node);
        let (array, first) = match operand.hir.kind {
            hir::ExprKind::Slice { base, low, .. } => (*base, low.map_or(zero, |low| *low)),
            _ => (operand.hir, zero),
        };
        let element = match self.ck.hir.get(array.ty) {
            hir::Type::Array { element, .. } if is_place(&array) => *element,
            _ => {
                self.error(
                    format.id,
                    Why::Format(FormatProblem::UnsupportedVerb { verb: verb.text.clone() }),
                );
                return None;
            }
        };
        self.take_address(&array);
        let pointer =
            self.ck.hir.intern(hir::Type::Pointer { target: element, provenance: hir::Provenance::Nil });
        let kind = hir::ExprKind::Index { base: Box::new(array), index: Box::new(first) };
        let place = hir::Expr { node, ty: element, kind };
        text.push(b'%');
        text.extend(verb.flags.bytes());
        text.push(b's');
        Some(hir::Expr { node, ty: pointer, kind: hir::ExprKind::AddressOf(Box::new(place)) })
    }

    fn is_wide(&self, ty: Ty) -> bool {
        self.ck.types.integer(ty).is_none_or(|(bits, _)| bits == 64)
            && !matches!(self.ck.types.under_basic(ty), Some(Basic::UntypedRune))
    }

    fn decimal(&self, ty: Ty) -> &'static str {
        let signed = self.ck.types.integer(ty).is_none_or(|(_, signed)| signed);
        match (self.is_wide(ty), signed) {
            (true, true) => "lld",
            (true, false) => "llu",
            (false, true) => "d",
            (false, false) => "u",
        }
    }
}

/// The expression has an address.
fn is_place(expr: &hir::Expr) -> bool {
    match &expr.kind {
        hir::ExprKind::Local(_) | hir::ExprKind::Global(_) | hir::ExprKind::Deref(_) => true,
        hir::ExprKind::Field { base, .. } | hir::ExprKind::Index { base, .. } => is_place(base),
        _ => false,
    }
}

/// The verb after a `%`, and what follows it. Without a verb, its character is `!` as Go prints it.
fn read_verb(rest: &[u8]) -> (Verb, &[u8]) {
    let is_flag = |byte: &u8| b" +-0#.*[]".contains(byte) || byte.is_ascii_digit();
    let end = rest.iter().position(|byte| !is_flag(byte)).unwrap_or(rest.len());
    let (flags, after) = rest.split_at(end);
    let flags = String::from_utf8_lossy(flags).into_owned();
    let decoded = String::from_utf8_lossy(after);
    let verb = decoded.chars().next().unwrap_or('!');
    let length = if after.is_empty() { 0 } else { verb.len_utf8().min(after.len()) };
    let text = match after.is_empty() {
        true => format!("%{flags}"),
        false => format!("%{flags}{verb}"),
    };
    (Verb { text, flags, verb }, after.get(length..).unwrap_or_default())
}
