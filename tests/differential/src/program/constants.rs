//! Constants of any size, fractions, and what a struct is like in memory.

use super::r#gen::Gen;
use super::types::{Int, Ty};

/// What constants are compared by.
const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];
/// The largest value of the constants made here, so that they fit where 16 bits do.
const MOST: i128 = 0xffff;

impl Gen {
    /// A constant whose value is computed with more bits than any type has.
    pub fn wide_constant(&mut self) {
        let name = self.global_name("c");
        let (value, ty) = (self.wide_expression(3), self.rng.pick(&["", "", " uint16", " int64", " uint"]));
        self.top.push(format!("const {name}{ty} = ({value}) & {MOST:#x}"));
        let ty = (!ty.is_empty()).then(|| Int::named(ty.trim()));
        self.constants.push((name, ty, MOST));
    }

    /// An untyped constant expression of integers. Its value has at most some 400 bits, and no divisor in it is zero.
    fn wide_expression(&mut self, depth: u32) -> String {
        if depth == 0 {
            return match self.rng.below(5) {
                0 => format!("{:#x}", self.rng.bits()),
                1 => format!("1<<{}", self.rng.below(40)),
                2 => format!("'{}'", self.rng.pick(&["a", "\\n", "\u{4e16}", "\\x7f"])),
                3 => format!("-{}", self.rng.below(1 << 20)),
                _ => self.rng.below(1000).to_string(),
            };
        }
        let left = self.wide_expression(depth - 1);
        match self.rng.below(12) {
            0 => format!("({left})<<{}", self.rng.below(20)),
            1 => format!("({left})>>{}", self.rng.below(70)),
            2 => format!("({left}) / {}", 1 + self.rng.below(1 << 30)),
            3 => format!("({left}) % {}", 1 + self.rng.below(1 << 30)),
            4 => format!("^({left})"),
            5 => format!("-({left})"),
            _ => {
                let operator = self.rng.pick(&["+", "-", "*", "&", "|", "^", "&^"]);
                format!("({left}) {operator} ({})", self.wide_expression(depth - 1))
            }
        }
    }

    /// A comparison of fractions, which the compiler makes.
    pub fn fraction(&mut self) -> bool {
        let (name, var) = (self.name("c"), self.name("v"));
        let sides = [self.fraction_expression(2), self.fraction_expression(2)];
        let operator = self.rng.pick(COMPARISONS);
        self.line(format!("const {name} = {} {operator} {}", sides[0], sides[1]));
        self.line(format!("{var} := {name}"));
        self.declare(&var, &Ty::Bool, true);
        true
    }

    fn fraction_expression(&mut self, depth: u32) -> String {
        if depth == 0 {
            return match self.rng.below(4) {
                0 => format!("{}.{}", self.rng.below(10), self.rng.below(100)),
                1 => format!("{}e{}", 1 + self.rng.below(9), self.rng.below(40) as i32 - 20),
                2 => format!("{}.0/{}", self.rng.below(100), 1 + self.rng.below(9)),
                _ => self.rng.below(8).to_string(),
            };
        }
        let operator = self.rng.pick(&["+", "-", "*"]);
        format!(
            "({} {operator} {})",
            self.fraction_expression(depth - 1),
            self.fraction_expression(depth - 1)
        )
    }

    /// The place, the size or the alignment of a part of a struct.
    pub fn layout(&mut self, int: Int) -> Option<String> {
        let found = self.var(|it, var| !it.has_text(&var.ty) && !it.fields(&var.ty).is_empty())?;
        let fields: Vec<_> =
            self.fields(&found.ty).into_iter().filter(|field| field.name != "_" && !field.embedded).collect();
        let of = &found.name;
        let field = (!fields.is_empty()).then(|| &fields[self.rng.below(fields.len())].name);
        let text = match (self.rng.below(3), field) {
            (0, Some(field)) => format!("unsafe.Offsetof({of}.{field})"),
            (1, Some(field)) => format!("unsafe.Sizeof({of}.{field})"),
            _ => format!("unsafe.Alignof({of})"),
        };
        Some(format!("{}({text})", int.name))
    }

    /// A value that is written down with nothing but constants, for a variable of the package.
    pub fn constant_value(&mut self, ty: &Ty) -> String {
        let shown = self.show(ty);
        match self.under(ty) {
            Ty::Int(int) => format!("{shown}({})", self.literal(int)),
            Ty::Bool => format!("{shown}({})", self.rng.pick(&["true", "false"])),
            Ty::Array(length, element) => {
                let count = 1 + self.rng.below(length);
                let values: Vec<String> = (0..count).map(|_| self.constant_value(&element)).collect();
                format!("{shown}{{{}}}", values.join(", "))
            }
            other => {
                let mut parts = Vec::new();
                for field in self.fields(&other).iter().filter(|field| field.name != "_") {
                    if self.rng.chance(75) {
                        parts.push(format!("{}: {}", field.name, self.constant_value(&field.ty)));
                    }
                }
                format!("{shown}{{{}}}", parts.join(", "))
            }
        }
    }
}
