//! Expressions of generated programs.

use super::r#gen::Gen;
use super::literals::is_zero;
use super::types::{INTS, Int, Kind, Ty};

/// An expression.
pub struct Expr {
    /// As it is written.
    pub text: String,
    /// Go folds it, so that what may overflow must not be made of it.
    pub constant: bool,
}

fn expr(text: impl Into<String>) -> Expr {
    Expr { text: text.into(), constant: false }
}

fn constant(text: impl Into<String>) -> Expr {
    Expr { text: text.into(), constant: true }
}

/// Arithmetic on one type.
const OPERATORS: &[&str] = &["+", "-", "*", "&", "|", "^", "&^"];
const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];
impl Gen {
    /// A value of type `ty`.
    pub fn expr(&mut self, ty: &Ty, depth: u32) -> Expr {
        match ty {
            Ty::Int(int) => self.int_expr(*int, depth),
            Ty::Bool => self.bool_expr(depth),
            Ty::Str => self.str_expr(depth),
            Ty::Array(length, element) => {
                if let (true, Some(place)) = (self.rng.chance(50), self.place(ty, false)) {
                    return expr(place);
                }
                self.array_literal(&self.show(ty), *length, element, depth)
            }
            Ty::Slice(element) => self.slice_expr(element),
            Ty::Pointer(to) => match self.place(ty, false) {
                Some(place) => expr(place),
                None => match self.var(|it, var| var.mutable && it.same(&var.ty, to)) {
                    Some(var) => expr(format!("&{}", var.name)),
                    None => expr(format!("new({})", self.show(to))),
                },
            },
            Ty::Named(index) => self.named_expr(*index, depth),
        }
    }

    /// A value that Go does not fold.
    pub fn var_expr(&mut self, ty: &Ty, depth: u32) -> String {
        for _ in 0..4 {
            let found = self.expr(ty, depth);
            if !found.constant {
                return found.text;
            }
        }
        match self.place(ty, false) {
            Some(place) => place,
            // A conversion of a variable; the input is always there.
            None => match ty {
                Ty::Int(int) => format!("{}({})", int.name, self.any_int()),
                _ => self.expr(ty, 0).text,
            },
        }
    }

    /// Some integer variable.
    fn any_int(&mut self) -> String {
        match self.var(|it, var| matches!(it.plain(&var.ty), Ty::Int(_))) {
            Some(var) => var.name,
            None => "len(\"\"[:0])".to_owned(),
        }
    }

    fn array_literal(&mut self, ty: &str, length: usize, element: &Ty, depth: u32) -> Expr {
        let depth = depth.saturating_sub(1);
        if self.rng.chance(30) {
            let at = self.rng.below(length);
            let value = self.expr(element, depth).text;
            return expr(format!("{ty}{{{at}: {value}}}"));
        }
        let count = 1 + self.rng.below(length);
        let values: Vec<String> = (0..count).map(|_| self.expr(element, depth).text).collect();
        if count == length && ty.starts_with('[') && self.rng.chance(20) {
            let rest = ty.find(']').map_or(ty, |at| &ty[at..]);
            return expr(format!("[...{rest}{{{}}}", values.join(", ")));
        }
        expr(format!("{ty}{{{}}}", values.join(", ")))
    }

    fn named_expr(&mut self, index: usize, depth: u32) -> Expr {
        let ty = Ty::Named(index);
        if let (true, Some(place)) = (self.rng.chance(45), self.place(&ty, false)) {
            return expr(place);
        }
        if let (true, Some(call)) = (self.rng.chance(30), self.call_of(&ty, depth)) {
            return expr(call);
        }
        let named = self.types[index].clone();
        match named.kind {
            Kind::Struct(fields) => {
                let fields: Vec<_> = fields.into_iter().filter(|field| field.name != "_").collect();
                let blank = self.fields(&ty).len() != fields.len();
                if !blank && self.rng.chance(30) {
                    let values: Vec<String> = fields
                        .iter()
                        .map(|field| self.expr(&field.ty, depth.saturating_sub(1)).text)
                        .collect();
                    return expr(format!("{}{{{}}}", named.name, values.join(", ")));
                }
                let mut parts = Vec::new();
                for field in &fields {
                    if self.rng.chance(70) {
                        let value = self.expr(&field.ty, depth.saturating_sub(1)).text;
                        parts.push(format!("{}: {value}", field.name));
                    }
                }
                expr(format!("{}{{{}}}", named.name, parts.join(", ")))
            }
            Kind::Alias(ty) => self.expr(&ty, depth),
            Kind::Based(base) => match &base {
                Ty::Array(length, element) => self.array_literal(&named.name, *length, element, depth),
                Ty::Int(_) if !named.values.is_empty() && self.rng.chance(40) => {
                    constant(named.values[self.rng.below(named.values.len())].clone())
                }
                Ty::Int(int) if self.rng.chance(40) => {
                    let literal = self.literal(*int);
                    constant(format!("{}({literal})", named.name))
                }
                _ => {
                    let inner = self.expr(&base, depth);
                    Expr { text: format!("{}({})", named.name, inner.text), constant: inner.constant }
                }
            },
        }
    }

    fn int_expr(&mut self, int: Int, depth: u32) -> Expr {
        let ty = Ty::Int(int);
        if depth == 0 || self.rng.chance(20) {
            if let (true, Some(place)) = (self.rng.chance(75), self.place(&ty, false)) {
                return expr(place);
            }
            let literal = self.literal(int);
            return constant(format!("{}({literal})", int.name));
        }
        let depth = depth - 1;
        match self.rng.below(36) {
            0..=9 => self.arithmetic(int, depth),
            10 | 11 => self.division(int, depth),
            12..=14 => self.shift(int, depth),
            15 | 16 => {
                let operator = self.rng.pick(&["-", "^", "+"]);
                expr(format!("{operator}{}", self.operand(int, depth)))
            }
            17..=20 => {
                let from = self.int();
                expr(format!("{}({})", int.name, self.var_expr(&Ty::Int(from), depth)))
            }
            21 | 22 => match self.call_of(&ty, depth) {
                Some(call) => expr(call),
                None => self.arithmetic(int, depth),
            },
            23 if self.on("min max") => {
                let word = self.rng.pick(&["min", "max"]);
                let (left, right) = (self.var_expr(&ty, depth), self.expr(&ty, depth).text);
                expr(format!("{word}({left}, {right})"))
            }
            24 if self.on("length") => {
                match self.var(|it, var| matches!(it.plain(&var.ty), Ty::Str | Ty::Slice(_))) {
                    Some(var) => {
                        let word = match self.plain(&var.ty) {
                            Ty::Slice(_) if self.rng.chance(40) => "cap",
                            _ => "len",
                        };
                        expr(format!("{}({word}({}))", int.name, var.name))
                    }
                    None => self.arithmetic(int, depth),
                }
            }
            25 | 26 if self.on("index") => self.index(int, depth),
            27 if self.on("math bits") => self.bits(int, depth),
            28 if self.packet && self.on("byte order") => self.byte_order(int),
            29 if self.packet => expr(format!("{}(p[{}])", int.name, 16 + self.rng.below(40))),
            30 if self.on("based types") => self.based_value(int, depth),
            33 if !self.loaded.is_empty() && self.on("constants of the loader") => {
                let (name, of) = self.loaded[self.rng.below(self.loaded.len())].clone();
                let value = format!("{name}.Get()");
                expr(if of.is(int) { value } else { format!("{}({value})", int.name) })
            }
            31 if self.on("function literals") => {
                let value = self.var_expr(&ty, depth);
                let body = self.var_expr(&ty, depth);
                expr(format!("func(x {0}) {0} {{ return x ^ {body} }}({value})", int.name))
            }
            34 if self.on("layout") => match self.layout(int) {
                Some(layout) => constant(layout),
                None => self.arithmetic(int, depth),
            },
            32 if self.on("sizeof") => {
                let of = self
                    .visible()
                    .into_iter()
                    .find(|var| !matches!(self.plain(&var.ty), Ty::Str | Ty::Slice(_)));
                match of {
                    Some(var) => constant(format!("{}(unsafe.Sizeof({}))", int.name, var.name)),
                    None => self.arithmetic(int, depth),
                }
            }
            _ => self.arithmetic(int, depth),
        }
    }

    /// An operand that binds more tightly than any operator, and that Go does not fold.
    fn operand(&mut self, int: Int, depth: u32) -> String {
        let text = self.var_expr(&Ty::Int(int), depth);
        let simple = text.chars().all(|c| c.is_alphanumeric() || "_.[]".contains(c));
        if simple || text.ends_with(')') && is_call(&text) { text } else { format!("({text})") }
    }

    fn arithmetic(&mut self, int: Int, depth: u32) -> Expr {
        let operator = self.rng.pick(OPERATORS);
        let left = self.operand(int, depth);
        let right = match self.rng.chance(35) {
            true => self.literal(int),
            false => self.operand(int, depth),
        };
        match self.rng.below(5) {
            // Without parentheses, by precedence.
            0 => {
                let second = self.rng.pick(OPERATORS);
                let third = self.operand(int, 0);
                expr(format!("{left} {operator} {right} {second} {third}"))
            }
            1 if !right.starts_with('-') => expr(format!("{right} {operator} {left}")),
            _ => expr(format!("{left} {operator} {right}")),
        }
    }

    fn division(&mut self, int: Int, depth: u32) -> Expr {
        let operator = self.rng.pick(&["/", "%"]);
        let left = self.operand(int, depth);
        if int.signed && self.rng.chance(15) && self.on("smallest numbers by -1") {
            let least = int.min();
            let mask = self.rng.pick(&[" & 1", ""]);
            let left = format!("({left}{mask} | {least})");
            let right = match self.rng.chance(50) {
                true => "-1".to_owned(),
                false => format!("({} | -1)", self.operand(int, 0)),
            };
            return expr(format!("{left} {operator} {right}"));
        }
        let right = match self.rng.below(10) {
            // May be zero, which panics.
            0 => self.operand(int, 0),
            1..=4 => format!("({} | 1)", self.operand(int, depth)),
            _ => loop {
                let literal = self.literal(int);
                // A name may be that of zero.
                if literal.starts_with(char::is_alphabetic) {
                    break "7".to_owned();
                }
                if !is_zero(&literal) {
                    break literal;
                }
            },
        };
        expr(format!("{left} {operator} {right}"))
    }

    fn shift(&mut self, int: Int, depth: u32) -> Expr {
        let operator = self.rng.pick(&["<<", ">>"]);
        let folded = self.rng.chance(15);
        let left = if folded { format!("{}(1)", int.name) } else { self.operand(int, depth) };
        let count = self.int();
        // What is folded must not overflow.
        let count = match self.rng.below(6) {
            0 if !folded => self.rng.below(int.bits as usize + 3).to_string(),
            1 => format!("({} & {})", self.operand(Int::named("uint8"), depth), int.bits - 1),
            2 | 3 => self.operand(Int::named(if count.signed { "uint16" } else { count.name }), 0),
            // May be negative, which panics.
            4 => format!("({} & 63)", self.operand(Int::named("int32"), depth)),
            _ => self.operand(Int::named("uint64"), 0),
        };
        expr(format!("{left} {operator} {count}"))
    }

    fn index(&mut self, int: Int, depth: u32) -> Expr {
        let wanted = Ty::Int(int);
        let found = self.var(|it, var| match it.under(&var.ty) {
            Ty::Array(_, element) | Ty::Slice(element) => it.same(&element, &wanted),
            Ty::Pointer(to) => match it.plain(&to) {
                Ty::Array(_, element) => it.same(&element, &wanted),
                _ => false,
            },
            Ty::Str => int.is(Int::named("uint8")),
            _ => false,
        });
        if let (true, Some(nested)) = (self.rng.chance(40), self.index_twice(int)) {
            return expr(nested);
        }
        let Some(var) = found else { return self.arithmetic(int, depth) };
        let length = match self.under(&var.ty) {
            Ty::Array(length, _) => Some(length),
            Ty::Pointer(to) => match self.plain(&to) {
                Ty::Array(length, _) => Some(length),
                _ => None,
            },
            _ => None,
        };
        let index = self.index_below(length, &var.name, depth);
        expr(format!("{}[{index}]", var.name))
    }

    /// An element of an array in an array.
    fn index_twice(&mut self, int: Int) -> Option<String> {
        let wanted = Ty::Int(int);
        let found = self.var(|it, var| match it.under(&var.ty) {
            Ty::Array(_, inner) => matches!(it.under(&inner), Ty::Array(_, of) if it.same(&of, &wanted)),
            _ => false,
        })?;
        let Ty::Array(outer, inner) = self.under(&found.ty) else { return None };
        let Ty::Array(inner, _) = self.under(&inner) else { return None };
        let (first, second) =
            (self.index_below(Some(outer), &found.name, 0), self.index_below(Some(inner), &found.name, 0));
        self.on("elements of elements").then(|| format!("{}[{first}][{second}]", found.name))
    }

    /// An index that is mostly below `length`, or below what `of` has.
    pub fn index_below(&mut self, length: Option<usize>, of: &str, depth: u32) -> String {
        let ty = self.int();
        let value = self.operand(ty, depth.min(1));
        match (self.rng.below(12), length) {
            (0, _) => value, // may panic
            (1..=3, Some(length)) => self.rng.below(length).to_string(),
            (_, Some(length)) if length.is_power_of_two() => format!("{value} & {}", length - 1),
            (_, Some(length)) => {
                let unsigned = Int::named("uint32");
                format!("uint32({}) % {length}", self.operand(unsigned, 0))
            }
            (_, None) => format!("uint({value}) % uint(len({of})|1)"),
        }
    }

    fn bits(&mut self, int: Int, depth: u32) -> Expr {
        let width = self.rng.pick(&["8", "16", "32", "64", ""]);
        let argument = self.var_expr(&Ty::Int(Int::named(&format!("uint{width}"))), depth);
        let call = match self.rng.below(7) {
            0 => format!("OnesCount{width}({argument})"),
            1 => format!("LeadingZeros{width}({argument})"),
            2 => format!("TrailingZeros{width}({argument})"),
            3 => format!("Len{width}({argument})"),
            4 => format!("RotateLeft{width}({argument}, {})", self.rng.below(40) as i32 - 20),
            5 => format!("Reverse{width}({argument})"),
            _ if width != "8" => format!("ReverseBytes{width}({argument})"),
            _ => format!("OnesCount{width}({argument}) + bits.UintSize"),
        };
        expr(format!("{}(bits.{call})", int.name))
    }

    fn byte_order(&mut self, int: Int) -> Expr {
        let width = self.rng.pick(&[16, 32, 64]);
        let order = self.rng.pick(&["Big", "Little"]);
        let at = 16 + self.rng.below(40);
        let of = if self.rng.chance(70) { format!("p[{at}:]") } else { format!("p[{at}:{}]", at + 8) };
        expr(format!("{}(binary.{order}Endian.Uint{width}({of}))", int.name))
    }

    fn based_value(&mut self, int: Int, depth: u32) -> Expr {
        let found = self.var(|it, var| {
            matches!(it.plain(&var.ty), Ty::Named(_)) && matches!(it.under(&var.ty), Ty::Int(_))
        });
        match found {
            Some(var) => expr(format!("{}({})", int.name, var.name)),
            None => self.arithmetic(int, depth),
        }
    }

    /// A call of a pure function, method or closure with one result of this type.
    pub fn call_of(&mut self, ty: &Ty, depth: u32) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let mut calls = Vec::new();
        let good = |func: &super::types::Func, it: &Self| {
            func.pure && func.results.len() == 1 && it.same(&func.results[0], ty)
        };
        for func in self.funcs.iter().chain(self.closures.iter().flatten()) {
            if good(func, self) {
                calls.push((func.name.clone(), func.clone()));
            }
        }
        for var in self.visible() {
            let of = match self.plain(&var.ty) {
                Ty::Pointer(to) => self.plain(&to),
                other => other,
            };
            if let Ty::Named(index) = of {
                for method in &self.methods(&of) {
                    if good(method, self) && !method.on_pointer {
                        calls.push((format!("{}.{}", var.name, method.name), method.clone()));
                        let pointer = matches!(self.plain(&var.ty), Ty::Pointer(_));
                        if !pointer {
                            // A method expression.
                            calls.push((
                                format!("{}.{}\u{1}{}", self.types[index].name, method.name, var.name),
                                method.clone(),
                            ));
                        }
                    }
                }
            }
        }
        if calls.is_empty() || !self.on("calls") {
            return None;
        }
        let (name, func) = calls[self.rng.below(calls.len())].clone();
        let mut arguments: Vec<String> =
            func.params.iter().map(|param| self.expr(param, depth.min(1)).text).collect();
        let name = match name.split_once('\u{1}') {
            Some((name, receiver)) => {
                arguments.insert(0, receiver.to_owned());
                name.to_owned()
            }
            None => name,
        };
        Some(format!("{name}({})", arguments.join(", ")))
    }

    fn bool_expr(&mut self, depth: u32) -> Expr {
        if depth == 0 {
            return match self.place(&Ty::Bool, false) {
                Some(place) if self.rng.chance(80) => expr(place),
                _ => constant(self.rng.pick(&["true", "false"])),
            };
        }
        match self.rng.below(16) {
            0 => self.bool_expr(0),
            1 | 2 => {
                let operator = self.rng.pick(&["&&", "||"]);
                let (left, right) = (self.bool_expr(depth - 1).text, self.bool_expr(depth - 1).text);
                expr(format!("({left}) {operator} ({right})"))
            }
            3 => expr(format!("!({})", self.condition(depth - 1))),
            4 if self.on("string comparison") => {
                let operator = self.rng.pick(COMPARISONS);
                let (left, right) = (self.str_expr(1).text, self.str_expr(1));
                let constant = right.constant;
                let left = if constant { self.place(&Ty::Str, false).unwrap_or(left) } else { left };
                expr(format!("{left} {operator} {}", right.text))
            }
            5 | 6 if self.on("struct comparison") => self.aggregate_comparison(depth),
            7 => match self.call_of(&Ty::Bool, depth - 1) {
                Some(call) => expr(call),
                None => expr(self.condition(depth)),
            },
            8 => {
                let (left, right) = (self.bool_expr(0), self.bool_expr(0));
                let operator = self.rng.pick(&["==", "!="]);
                Expr {
                    text: format!("{} {operator} {}", left.text, right.text),
                    constant: left.constant && right.constant,
                }
            }
            _ => expr(self.condition(depth)),
        }
    }

    /// A comparison of integers.
    pub fn condition(&mut self, depth: u32) -> String {
        let int = self.int();
        let operator = self.rng.pick(COMPARISONS);
        let left = self.operand(int, depth.saturating_sub(1));
        let right = match self.rng.chance(50) {
            true => self.literal(int),
            false => self.operand(int, depth.saturating_sub(1)),
        };
        format!("{left} {operator} {right}")
    }

    fn aggregate_comparison(&mut self, depth: u32) -> Expr {
        let found = self.var(|it, var| {
            matches!(it.plain(&var.ty), Ty::Named(_) | Ty::Array(..)) && !it.has_slice(&var.ty)
        });
        let Some(var) = found else { return expr(self.condition(depth)) };
        let operator = self.rng.pick(&["==", "!="]);
        let other = self.expr(&var.ty, 1).text;
        // A composite literal in a header needs parentheses.
        expr(format!("{} {operator} ({other})", var.name))
    }

    /// Whether values of the type hold slices, so that they can't be compared.
    fn has_slice(&self, ty: &Ty) -> bool {
        match self.under(ty) {
            Ty::Slice(_) => true,
            Ty::Array(_, element) => self.has_slice(&element),
            other => self.fields(&other).iter().any(|field| self.has_slice(&field.ty)),
        }
    }

    /// Whether values of the type hold addresses.
    pub fn has_text(&self, ty: &Ty) -> bool {
        match self.under(ty) {
            Ty::Str | Ty::Slice(_) => true,
            Ty::Array(_, element) => self.has_text(&element),
            Ty::Pointer(_) => true,
            other => self.fields(&other).iter().any(|field| self.has_text(&field.ty)),
        }
    }

    fn str_expr(&mut self, depth: u32) -> Expr {
        if let (true, Some(place)) = (self.rng.chance(50), self.place(&Ty::Str, false)) {
            if depth > 0 && self.rng.chance(35) && self.on("string slicing") {
                return expr(match self.rng.below(4) {
                    0 => format!("{place}[:len({place})/2]"),
                    1 => format!("{place}[len({place})/2:]"),
                    2 => format!("{place}[min(1, len({place})):]"),
                    _ => format!("{place}[len({place})/3 : len({place})/2]"),
                });
            }
            return expr(place);
        }
        if let (true, Some(call)) = (self.rng.chance(20), self.call_of(&Ty::Str, depth)) {
            return expr(call);
        }
        constant(self.text())
    }

    fn slice_expr(&mut self, element: &Ty) -> Expr {
        let wanted = Ty::Slice(Box::new(element.clone()));
        if let (true, Some(place)) = (self.rng.chance(40), self.place(&wanted, false)) {
            return expr(self.sliced(&place, None));
        }
        let found = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Array(_, of) => var.mutable && it.same(&of, element),
            _ => false,
        });
        match found {
            Some(var) => {
                let length = match self.plain(&var.ty) {
                    Ty::Array(length, _) => length,
                    _ => 1,
                };
                expr(self.sliced(&var.name, Some(length)))
            }
            None if self.packet && matches!(element, Ty::Int(int) if int.is(Int::named("uint8"))) => {
                let from = 14 + self.rng.below(30);
                let to = from + 1 + self.rng.below(16);
                expr(format!("p[{from}:{to}]"))
            }
            None => expr("nil"),
        }
    }

    /// A part of an array of `length`, or of a slice.
    pub fn sliced(&mut self, of: &str, length: Option<usize>) -> String {
        let Some(length) = length else {
            return match self.rng.below(3) {
                0 => format!("{of}[:len({of})]"),
                1 => format!("{of}[len({of})/2:]"),
                _ => of.to_owned(),
            };
        };
        let from = self.rng.below(length);
        let to = from + 1 + self.rng.below(length - from);
        match self.rng.below(5) {
            0 => format!("{of}[:]"),
            1 => format!("{of}[{from}:]"),
            2 => format!("{of}[:{to}]"),
            3 => format!("{of}[{from}:{to}:{}]", to + self.rng.below(length - to + 1)),
            _ => format!("{of}[{from}:{to}]"),
        }
    }

    /// An integer type that no variable needs.
    pub fn small_int(&mut self) -> Int {
        self.rng.pick(&INTS[..8])
    }
}

/// Whether `text`, which ends with a parenthesis, is one call or conversion: `f(x)`, not `(a) + (b)`.
fn is_call(text: &str) -> bool {
    let name = text.chars().take_while(|c| c.is_alphanumeric() || "_.".contains(*c)).count();
    if name == 0 || !text[name..].starts_with('(') {
        return false;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 && at + 1 < text.len() {
                    return false;
                }
            }
            '\'' | '"' | '`' => return false,
            _ => {}
        }
    }
    true
}
