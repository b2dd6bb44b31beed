//! Calls that directives of the SDK bind: helpers, intrinsics, and the packets of contexts.

use std::rc::Rc;

use gobpf_bpf::tables::Helper;
use gobpf_syntax::ast;

use crate::context::{Cx, Mode, Operand};
use crate::error::Why;
use crate::hir::{self, ExprKind};
use crate::symbols::Symbol;
use crate::ty::{Kind, Signature, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// A call that a `//bpf:helper N WORD...` directive binds.
    #[allow(clippy::too_many_arguments)]
    pub fn call_helper(
        &mut self,
        symbol: &Symbol<'a>,
        words: &str,
        receiver: Option<Operand>,
        signature: &Rc<Signature>,
        text: &str,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let mut words = words.split_whitespace();
        let Some(helper) = words.next().and_then(|number| number.parse::<u32>().ok()) else {
            return self.invalid(expr);
        };
        self.check_helper_version(helper, &symbol.name, expr);
        let words: Vec<&str> = words.collect();
        if words == ["fmt"] {
            return match self.printk(text, arguments, expr) {
                Some(arguments) => self.result(expr, signature, ExprKind::Helper { helper, arguments }),
                None => self.result_only(expr, signature),
            };
        }
        let Some((before, values)) = self.arguments(signature, text, (arguments, spread), expr) else {
            return self.result_only(expr, signature);
        };
        let mut values = values.into_iter();
        let mut lowered = Vec::with_capacity(words.len());
        for word in words {
            if let Some(words) = word.strip_prefix("func:") {
                let Some(function) = values.next() else { return self.invalid(expr) };
                let position = signature.params.len() - values.len() - 1;
                let ty = signature.params.get(position).copied().unwrap_or(Types::UNKNOWN);
                lowered.push(self.callback_argument(function, ty, words));
                continue;
            }
            if word == "refmem" {
                let Some(value) = values.next() else { return self.invalid(expr) };
                let size = self.ck.hir.size_of(value.ty);
                lowered.push(hir::Argument::Reference(value));
                lowered.push(self.number(i128::from(size), expr));
                continue;
            }
            let argument = match word {
                "map" => receiver.as_ref().and_then(|receiver| self.map_argument(receiver)),
                "ref" => values.next().map(hir::Argument::Reference),
                "val" => values.next().map(hir::Argument::Value),
                "mem" => values.next().map(hir::Argument::Memory),
                other => match (other.strip_prefix("const:"), other.strip_prefix("size:")) {
                    (Some(number), _) => parse_number(number).map(|number| self.number(number, expr)),
                    (_, Some(parameter)) => {
                        let receiver = receiver.as_ref().map(|receiver| receiver.ty);
                        let ty = receiver.and_then(|receiver| self.type_argument(receiver, parameter));
                        ty.map(|ty| {
                            let lowered = self.lower(ty);
                            self.number(i128::from(self.ck.hir.size_of(lowered)), expr)
                        })
                    }
                    _ => None,
                },
            };
            match argument {
                Some(argument) => lowered.push(argument),
                None if word == "map" => return self.result_only(expr, signature), // reported
                None => {
                    // A word of a newer SDK than this compiler knows.
                    self.error(expr.id, Why::NativeOnly { name: text.to_owned() });
                    return self.invalid(expr);
                }
            }
        }
        let call = self.result(expr, signature, ExprKind::Helper { helper, arguments: lowered });
        self.after(before, call)
    }

    /// A function that the helper calls with what `words` say.
    fn callback_argument(&mut self, function: hir::Expr, ty: Ty, words: &str) -> hir::Argument {
        let parameters: Vec<hir::CallbackParameter> = words
            .split(',')
            .map(|word| match word {
                "_" => hir::CallbackParameter::Dropped,
                word if word.starts_with('*') => hir::CallbackParameter::Pointed,
                _ => hir::CallbackParameter::Value,
            })
            .collect();
        let types = match self.ck.types.under(ty).clone() {
            Kind::Func(signature) => signature.params.iter().map(|ty| self.lower(*ty)).collect(),
            _ => Vec::new(),
        };
        hir::Argument::CallbackValue { function: Box::new(function), parameters, types }
    }

    fn number(&mut self, number: i128, expr: &ast::Expr) -> hir::Argument {
        let ty = self.basic(crate::ty::Basic::Uint64);
        hir::Argument::Value(self.int_expr(number, ty, expr.id))
    }

    fn check_helper_version(&mut self, helper: u32, name: &str, expr: &ast::Expr) {
        self.check_helper_since(helper, name, expr.id);
    }

    /// Reports a helper that the target kernel doesn't have.
    pub fn check_helper_since(&mut self, helper: u32, name: &str, node: gobpf_source::NodeId) {
        let target = self.ck.target;
        if let Some(row) = Helper::by_id(helper)
            && row.since > target
        {
            self.error(node, Why::TooNew { name: name.to_owned(), since: row.since, target });
        }
    }

    fn map_argument(&mut self, receiver: &Operand) -> Option<hir::Argument> {
        match receiver.mode {
            Mode::MapVariable(symbol) => crate::variables::map(self.ck, symbol).map(hir::Argument::Map),
            _ => {
                let name = receiver.text.as_str().into();
                self.error(receiver.node, Why::MapMisuse { name });
                None
            }
        }
    }

    /// A call that a `//bpf:intrinsic NAME` directive binds.
    pub fn intrinsic(
        &mut self,
        words: &str,
        signature: &Rc<Signature>,
        text: &str,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let Some((before, values)) = self.arguments(signature, text, (arguments, spread), expr) else {
            return self.result_only(expr, signature);
        };
        match crate::intrinsic::parse(words) {
            Some(op) => {
                let kind = ExprKind::Intrinsic { op, arguments: values };
                let call = self.result(expr, signature, kind);
                self.after(before, call)
            }
            None => self.invalid(expr),
        }
    }

    /// A method that gives the packet of its context.
    pub fn packet(
        &mut self,
        fields: &str,
        receiver: &Operand,
        expr: &'a ast::Expr,
        signature: &Signature,
    ) -> Operand {
        let target = match self.ck.types.under(receiver.ty) {
            Kind::Pointer(target) => *target,
            _ => return self.invalid(expr),
        };
        let lowered = self.lower(target);
        let hir::Type::Struct(context) = self.ck.hir.get(lowered) else { return self.invalid(expr) };
        let position = |name: Option<&str>| {
            let name = name?;
            context.fields.iter().position(|field| field.name == name).map(|index| index as u32)
        };
        let mut names = fields.split_whitespace();
        match (position(names.next()), position(names.next())) {
            (Some(start), Some(end)) => {
                let context = Box::new(receiver.hir.clone());
                self.result(expr, signature, ExprKind::Packet { context, start, end })
            }
            _ => self.invalid(expr),
        }
    }
}

fn parse_number(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
