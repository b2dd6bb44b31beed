//! Statements that write to the input, which is compared afterwards, and to what slices see.

use super::decl::PACKET;
use super::r#gen::Gen;
use super::types::{Int, Ty};

/// Where the part begins that is written: before are the number of the run, and addresses of a frame.
const WRITTEN: usize = 16;

impl Gen {
    /// A write to the packet, or to the value of a map that stands for it.
    pub fn packet_write(&mut self) -> bool {
        if !self.packet {
            return false;
        }
        let byte = Ty::Int(Int::named("uint8"));
        let at = WRITTEN + self.rng.below(PACKET - WRITTEN - 16);
        match self.rng.below(7) {
            0 | 1 => {
                let value = self.expr(&byte, 2).text;
                let operator = self.rng.pick(&["=", "=", "+=", "^=", "-=", "&^="]);
                self.line(format!("p[{at}] {operator} {value}"));
            }
            2 => {
                let sign = self.rng.pick(&["++", "--"]);
                self.line(format!("p[{at}]{sign}"));
            }
            3 => {
                let index = self.index_below(Some(32), "p", 1);
                let value = self.expr(&byte, 1).text;
                self.line(format!("p[{WRITTEN}+({index})] = {value}"));
            }
            4 => {
                let (width, order) = (self.rng.pick(&[16, 32, 64]), self.rng.pick(&["Big", "Little"]));
                let value = self.var_expr(&Ty::Int(Int::named(&format!("uint{width}"))), 2);
                let part = match self.rng.chance(50) {
                    true => format!("p[{at}:]"),
                    false => format!("p[{at}:{}]", at + 8),
                };
                self.line(format!("binary.{order}Endian.PutUint{width}({part}, {value})"));
            }
            5 => {
                let end = at + 1 + self.rng.below(12);
                self.line(format!("clear(p[{at}:{end}])"));
            }
            _ => {
                let from = WRITTEN + self.rng.below(PACKET - WRITTEN - 16);
                let length = 1 + self.rng.below(8);
                let from = match self.rng.below(3) {
                    0 => self.text(),
                    1 => format!("p[{from}:{}]", from + length),
                    _ => match self.local_bytes() {
                        Some(name) => format!("{name}[:]"),
                        None => "\"bytes\"".to_owned(),
                    },
                };
                self.line(format!("copy(p[{at}:{}], {from})", at + length));
            }
        }
        true
    }

    /// An array of bytes that belongs to the function.
    fn local_bytes(&mut self) -> Option<String> {
        let byte = Ty::Int(Int::named("uint8"));
        let found = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Array(_, element) => var.mutable && it.same(&element, &byte),
            _ => false,
        });
        found.map(|var| var.name)
    }

    /// A write to an element of a slice.
    pub fn slice_write(&mut self) -> bool {
        if self.pure {
            return false;
        }
        let found = self.var(|it, var| match it.plain(&var.ty) {
            Ty::Slice(element) => matches!(*element, Ty::Int(_)),
            _ => false,
        });
        let Some(var) = found else { return false };
        let Ty::Slice(element) = self.plain(&var.ty) else { return false };
        let (of, index) = (&var.name, self.rng.below(3));
        let value = self.expr(&element, 2).text;
        match self.rng.below(3) {
            0 => {
                self.line(format!("if len({of}) > {index} {{"));
                self.line(format!("\t{of}[{index}] = {value}"));
                self.line("}");
            }
            1 => {
                self.line(format!("for i := range {of}[:min(len({of}), 3)] {{"));
                self.line(format!("\t{of}[i] ^= {value}"));
                self.line("}");
            }
            _ => {
                self.line(format!("if n := len({of}); n > 0 {{"));
                self.line(format!("\t{of}[n-1] += {value}"));
                self.line("}");
            }
        }
        true
    }
}
