//! Go types with the layout of BTF types, padding written out.

use std::collections::HashMap;

use gobpf_btf::{Btf, IntEncoding, Member, Type, TypeId};

use crate::names::{self, Scope};
use crate::text;

/// How deep types may nest before the rest is taken as bytes.
const DEEPEST: u32 = 32;

/// Writes Go types, each struct once.
pub struct Types<'a> {
    btf: &'a Btf,
    scope: &'a mut Scope,
    structs: HashMap<TypeId, String>,
    declarations: String,
}

impl<'a> Types<'a> {
    /// A writer of types of `btf` that takes names from `scope`.
    pub fn new(btf: &'a Btf, scope: &'a mut Scope) -> Types<'a> {
        Types { btf, scope, structs: HashMap::new(), declarations: String::new() }
    }

    /// The Go type of `size` bytes for `ty`; a struct without a name is called `fallback`.
    pub fn go_type(&mut self, ty: Option<TypeId>, size: u32, fallback: &str) -> String {
        match ty {
            Some(ty) if self.btf.size_of(ty) == size => self.of(ty, fallback, 0),
            _ => bytes(size),
        }
    }

    /// The size of `ty` in bytes.
    pub fn size_of(&self, ty: TypeId) -> u32 {
        self.btf.size_of(ty)
    }

    /// The declarations of all structs asked for so far.
    pub fn declarations(self) -> String {
        self.declarations
    }

    fn of(&mut self, ty: TypeId, fallback: &str, depth: u32) -> String {
        let btf = self.btf;
        let size = btf.size_of(ty);
        match btf.get(ty) {
            _ if depth > DEEPEST => bytes(size),
            Some(Type::Int { size, encoding, .. }) => integer(*size, *encoding),
            Some(Type::Pointer(_)) => "uint64".to_owned(),
            Some(Type::Array { element, length }) => {
                format!("[{length}]{}", self.of(*element, fallback, depth + 1))
            }
            Some(Type::Typedef { name, target }) => self.of(*target, name, depth + 1),
            Some(Type::Struct { name, size, members }) => {
                if let Some(known) = self.structs.get(&ty) {
                    return known.clone();
                }
                // The name may carry its package, as in `probe.Event`.
                let name = name.rsplit('.').next().unwrap_or_default();
                let given = if name.is_empty() { fallback } else { name };
                self.structure(ty, given, *size, members, depth)
            }
            Some(other) => match other.qualified() {
                Some(target) => self.of(target, fallback, depth + 1),
                None => bytes(size),
            },
            None => bytes(size),
        }
    }

    fn structure(&mut self, ty: TypeId, given: &str, size: u32, members: &[Member], depth: u32) -> String {
        let mut rows = vec![("_".to_owned(), "structs.HostLayout".to_owned())];
        let mut fields = Scope::default();
        let mut end = 0u32;
        for member in members {
            let Some(gap) = member.offset.checked_sub(end) else {
                // Members that overlap have no Go struct.
                return bytes(size);
            };
            pad(&mut rows, gap);
            let named = !member.name.trim_matches('_').is_empty();
            let field = if named { fields.exported(&member.name) } else { "_".to_owned() };
            let fallback = format!("{}{}", names::exported(given), names::exported(&member.name));
            rows.push((field, self.of(member.ty, &fallback, depth + 1)));
            end = member.offset.saturating_add(self.btf.size_of(member.ty));
        }
        let Some(gap) = size.checked_sub(end) else { return bytes(size) };
        pad(&mut rows, gap);
        let name = self.scope.exported(given);
        self.structs.insert(ty, name.clone());
        self.declarations.push_str(&format!(
            "// {name} is laid out as in the kernel: {size} bytes, padding written out.\n\
             type {name} struct {{\n{}}}\n\n",
            text::columns(1, &rows)
        ));
        name
    }
}

fn pad(rows: &mut Vec<(String, String)>, gap: u32) {
    if gap > 0 {
        rows.push(("_".to_owned(), bytes(gap)));
    }
}

fn bytes(size: u32) -> String {
    format!("[{size}]byte")
}

fn integer(size: u32, encoding: IntEncoding) -> String {
    match (size, encoding) {
        (1, IntEncoding::Bool) => "bool".to_owned(),
        (1 | 2 | 4 | 8, IntEncoding::Signed) => format!("int{}", size * 8),
        (1 | 2 | 4 | 8, _) => format!("uint{}", size * 8),
        _ => bytes(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_written_out() {
        let mut btf = Btf::default();
        let int = |name: &str, size, encoding| Type::Int { name: name.into(), size, encoding };
        let word = btf.intern(int("uint32", 4, IntEncoding::Unsigned));
        let flag = btf.intern(int("bool", 1, IntEncoding::Bool));
        let byte = btf.intern(int("uint8", 1, IntEncoding::Unsigned));
        let comm = btf.intern(Type::Array { element: byte, length: 3 });
        let member = |name: &str, ty, offset| Member::new(name, ty, offset);
        let inner = btf.intern(Type::Struct {
            name: String::new(),
            size: 8,
            members: vec![member("flag", flag, 0), member("UID", word, 4)],
        });
        let outer = btf.intern(Type::Struct {
            name: "Key".into(),
            size: 12,
            members: vec![member("who", inner, 0), member("Comm", comm, 8)],
        });
        let mut scope = Scope::with(&["Key"]);
        let mut types = Types::new(&btf, &mut scope);
        assert_eq!(types.go_type(Some(outer), 12, "CallsKey"), "Key2");
        assert_eq!(types.go_type(Some(outer), 12, "OtherKey"), "Key2");
        assert_eq!(types.go_type(Some(outer), 16, "CallsKey"), "[16]byte");
        assert_eq!(types.go_type(None, 5, "CallsKey"), "[5]byte");
        let text = types.declarations();
        let inner = "\t_    structs.HostLayout\n\tFlag bool\n\t_    [3]byte\n\tUID  uint32\n}\n";
        assert!(text.contains(&format!("type KeyWho struct {{\n{inner}")), "{text}");
        let outer = "\t_    structs.HostLayout\n\tWho  KeyWho\n\tComm [3]uint8\n\t_    [1]byte\n}\n";
        assert!(text.contains(&format!("type Key2 struct {{\n{outer}")), "{text}");
    }
}
