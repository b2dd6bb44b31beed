//! Expressions as messages show them: back to Go text, in one line.

use gobpf_syntax::ast::{Expr, ExprKind, Field, Signature, UnaryOp};

/// `expr` as Go text, with `…` for what is long.
pub(crate) fn expression(expr: &Expr) -> String {
    // Most are short: one piece of memory each.
    let text = match &expr.kind {
        ExprKind::Ident(name) => return name.to_string(),
        ExprKind::Literal { text, .. } => return text.to_string(),
        _ => String::with_capacity(32),
    };
    let mut out = text;
    write(expr, &mut out);
    out
}

fn write(expr: &Expr, out: &mut String) {
    match &expr.kind {
        ExprKind::Bad => out.push_str("BadExpr"),
        ExprKind::Ident(name) => out.push_str(name),
        ExprKind::Literal { text, .. } => out.push_str(text),
        ExprKind::Composite { ty, elements } if elements.is_empty() => {
            if let Some(ty) = ty {
                write(ty, out);
            }
            out.push_str("{}");
        }
        ExprKind::Composite { ty, .. } => {
            if let Some(ty) = ty {
                write(ty, out);
            }
            out.push_str("{…}");
        }
        ExprKind::Func { signature, body } => {
            out.push_str("func");
            write_signature(signature, out);
            out.push_str(if body.stmts.is_empty() { " {}" } else { " {…}" });
        }
        ExprKind::Paren(inner) => surround("(", inner, ")", out),
        ExprKind::Selector { operand, name } => {
            write(operand, out);
            out.push('.');
            out.push_str(&name.name);
        }
        ExprKind::Index { operand, indices } => {
            write(operand, out);
            list("[", indices, "]", out);
        }
        ExprKind::Slice { operand, low, high, max } => {
            write(operand, out);
            out.push('[');
            for (index, bound) in [low, high, max].into_iter().enumerate() {
                if index == 1 || (index == 2 && bound.is_some()) {
                    out.push(':');
                }
                if let Some(bound) = bound {
                    write(bound, out);
                }
            }
            out.push(']');
        }
        ExprKind::TypeAssert { operand, ty } => {
            write(operand, out);
            surround(".(", ty, ")", out);
        }
        ExprKind::Call { function, arguments, spread } => {
            write(function, out);
            list("(", arguments, if *spread { "...)" } else { ")" }, out);
        }
        ExprKind::Star(inner) => surround("*", inner, "", out),
        ExprKind::Unary { op, operand } => surround(unary_symbol(*op), operand, "", out),
        ExprKind::Binary { op, left, right } => {
            write(left, out);
            out.push(' ');
            out.push_str(op.symbol());
            out.push(' ');
            write(right, out);
        }
        ExprKind::ArrayType { length, element } => {
            surround("[", length, "]", out);
            write(element, out);
        }
        ExprKind::SliceType(element) => surround("[]", element, "", out),
        ExprKind::StructType(fields) => {
            out.push_str("struct{");
            for (index, field) in fields.iter().enumerate() {
                out.push_str(if index > 0 { "; " } else { "" });
                write_field(field, out);
            }
            out.push('}');
        }
        ExprKind::InterfaceType(fields) => {
            out.push_str("interface{");
            for (index, field) in fields.iter().enumerate() {
                out.push_str(if index > 0 { "; " } else { "" });
                match (&field.ty.kind, field.names.first()) {
                    (ExprKind::FuncType(signature), Some(name)) => {
                        out.push_str(&name.name);
                        write_signature(signature, out);
                    }
                    _ => write_field(field, out),
                }
            }
            out.push('}');
        }
        ExprKind::MapType { key, value } => {
            surround("map[", key, "]", out);
            write(value, out);
        }
        ExprKind::ChanType { element, .. } => surround("chan ", element, "", out),
        ExprKind::FuncType(signature) => {
            out.push_str("func");
            write_signature(signature, out);
        }
        ExprKind::Ellipsis(inner) => {
            out.push_str("...");
            if let Some(inner) = inner {
                write(inner, out);
            }
        }
    }
}

fn surround(before: &str, inner: &Expr, after: &str, out: &mut String) {
    out.push_str(before);
    write(inner, out);
    out.push_str(after);
}

fn list(before: &str, items: &[Expr], after: &str, out: &mut String) {
    out.push_str(before);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push_str(after);
}

fn write_signature(signature: &Signature, out: &mut String) {
    let fields = |fields: &[Field], out: &mut String| {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            write_field(field, out);
        }
    };
    out.push('(');
    fields(&signature.params, out);
    out.push(')');
    match signature.results.as_slice() {
        [] => {}
        [one] if one.names.is_empty() => {
            out.push(' ');
            write(&one.ty, out);
        }
        results => {
            out.push_str(" (");
            fields(results, out);
            out.push(')');
        }
    }
}

/// `a, b int`.
fn write_field(field: &Field, out: &mut String) {
    for (index, name) in field.names.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        out.push_str(&name.name);
    }
    if !field.names.is_empty() {
        out.push(' ');
    }
    write(&field.ty, out);
}

/// The operator as it is written.
pub(crate) fn unary_symbol(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Plus => "+",
        UnaryOp::Minus => "-",
        UnaryOp::Not => "!",
        UnaryOp::Complement => "^",
        UnaryOp::Address => "&",
        UnaryOp::Receive => "<-",
        UnaryOp::Tilde => "~",
    }
}
