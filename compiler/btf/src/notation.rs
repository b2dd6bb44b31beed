//! Types in a small notation after C, for texts that people write: `struct elem { struct bpf_spin_lock lock; int n; };`.
//!
//! - Declarations: `struct`, `union` and `enum` with members, `typedef`; functions as `int f(struct elem *e, u64 n)`, with
//!   `static` or `extern` before them; variables.
//! - Members have arrays, pointers, bit fields and members without name, laid out as C does on 64-bit machines.
//! - Integers are `int`, `unsigned long`, ..., `u8` to `u64`, `s8` to `s64` (also with `__`), `bool`, `char`.
//! - Tags before a `*` are type tags: `__kptr`, `__kptr_untrusted`, `__percpu_kptr`, `__uptr`, `__rcu`, `__user`,
//!   `__percpu`, `__type_tag("...")`. Tags behind a name are declaration tags: `__contains(elem, node)`, `__arg_ctx`,
//!   `__arg_nonnull`, `__arg_nullable`, `__arg_trusted`, `__arg_untrusted`, `__arg_arena`, `__decl_tag("...")`.
//! - A struct that is only named is one of the kernel's for programs (`bpf_spin_lock`, `bpf_timer`, ...), with its size, or
//!   a forward declaration.

mod tokens;

use crate::build::Btf;
use crate::queries::Types;
use crate::types::{Bits, EnumValue, IntEncoding, Kind, Linkage, Member, Parameter, Type, TypeId, VOID};
use tokens::{Token, Tokens};

pub use tokens::NotationError;

/// What a declaration declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Declared {
    /// A type.
    Type(TypeId),
    /// A function.
    Function {
        /// Its name.
        name: String,
        /// Its type.
        ty: TypeId,
    },
    /// A variable.
    Variable {
        /// Its name.
        name: String,
        /// Its [`Type::Variable`].
        ty: TypeId,
    },
}

/// Names of integers, with size and encoding.
const INTS: &[(&str, u32, IntEncoding)] = {
    use IntEncoding::{Bool, Signed, Unsigned};
    &[
        ("char", 1, Signed),
        ("signed char", 1, Signed),
        ("unsigned char", 1, Unsigned),
        ("short", 2, Signed),
        ("unsigned short", 2, Unsigned),
        ("int", 4, Signed),
        ("unsigned int", 4, Unsigned),
        ("unsigned", 4, Unsigned),
        ("long", 8, Signed),
        ("unsigned long", 8, Unsigned),
        ("long long", 8, Signed),
        ("unsigned long long", 8, Unsigned),
        ("bool", 1, Bool),
        ("_Bool", 1, Bool),
        ("u8", 1, Unsigned),
        ("u16", 2, Unsigned),
        ("u32", 4, Unsigned),
        ("u64", 8, Unsigned),
        ("s8", 1, Signed),
        ("s16", 2, Signed),
        ("s32", 4, Signed),
        ("s64", 8, Signed),
        ("be16", 2, Unsigned),
        ("be32", 4, Unsigned),
        ("be64", 8, Unsigned),
        ("size_t", 8, Unsigned),
    ]
};

/// Words that integers are made of.
const INT_WORDS: &[&str] = &["signed", "unsigned", "char", "short", "int", "long"];

/// Structs that the kernel has for programs, with size and alignment.
const KERNEL_STRUCTS: &[(&str, u32, u32)] = &[
    ("bpf_spin_lock", 4, 4),
    ("bpf_res_spin_lock", 4, 4),
    ("bpf_refcount", 4, 4),
    ("bpf_timer", 16, 8),
    ("bpf_wq", 16, 8),
    ("bpf_task_work", 8, 8),
    ("bpf_list_head", 16, 8),
    ("bpf_list_node", 24, 8),
    ("bpf_rb_root", 16, 8),
    ("bpf_rb_node", 32, 8),
    ("bpf_dynptr", 16, 8),
    ("bpf_iter_num", 8, 8),
];

/// Type tags by their macros.
const TYPE_TAGS: &[(&str, &str)] = &[
    ("__kptr", "kptr"),
    ("__kptr_untrusted", "kptr_untrusted"),
    ("__percpu_kptr", "percpu_kptr"),
    ("__uptr", "uptr"),
    ("__rcu", "rcu"),
    ("__user", "user"),
    ("__percpu", "percpu"),
];

/// Declaration tags by their macros.
const DECL_TAGS: &[(&str, &str)] = &[
    ("__arg_ctx", "arg:ctx"),
    ("__arg_nonnull", "arg:nonnull"),
    ("__arg_nullable", "arg:nullable"),
    ("__arg_trusted", "arg:trusted"),
    ("__arg_untrusted", "arg:untrusted"),
    ("__arg_arena", "arg:arena"),
];

type Read<T> = Result<T, NotationError>;

/// Reads the declarations in `text` into `btf`.
pub fn declare(btf: &mut Btf, text: &str) -> Read<Vec<Declared>> {
    let mut reader = Reader { btf, tokens: Tokens::new(text) };
    let mut all = Vec::new();
    while reader.tokens.peek()? != Token::End {
        if reader.tokens.eat(";")? {
            continue;
        }
        all.push(reader.declaration()?);
    }
    Ok(all)
}

/// Reads `text`, the name of a type such as `struct elem` or `u64[4]`, and gives its number in `btf`.
pub fn type_of(btf: &mut Btf, text: &str) -> Read<TypeId> {
    let mut reader = Reader { btf, tokens: Tokens::new(text) };
    let base = reader.base()?;
    let ty = reader.declarator(base)?.1;
    match reader.tokens.peek()? {
        Token::End => Ok(ty),
        _ => Err(reader.tokens.expected("the end of the type")),
    }
}

struct Reader<'a, 'b> {
    btf: &'a mut Btf,
    tokens: Tokens<'b>,
}

impl Reader<'_, '_> {
    fn declaration(&mut self) -> Read<Declared> {
        if self.tokens.eat_word("typedef")? {
            let base = self.base()?;
            let (name, target) = self.declarator(base)?;
            self.tokens.expect(";")?;
            return Ok(Declared::Type(self.btf.push(Type::Typedef { name, target })));
        }
        let linkage = if self.tokens.eat_word("static")? {
            Linkage::Static
        } else if self.tokens.eat_word("extern")? {
            Linkage::Extern
        } else {
            Linkage::Global
        };
        let base = self.base()?;
        if self.tokens.eat(";")? || self.tokens.peek()? == Token::End {
            return Ok(Declared::Type(base));
        }
        let (name, ty) = self.declarator(base)?;
        if name.is_empty() {
            return Err(self.tokens.expected("a name"));
        }
        if self.tokens.eat("(")? {
            return self.function(name, ty, linkage);
        }
        let variable = self.btf.push(Type::Variable { name: name.clone(), ty, linkage });
        self.decl_tags(variable, -1)?;
        self.tokens.end_of_declaration()?;
        Ok(Declared::Variable { name, ty: variable })
    }

    /// After the opening parenthesis.
    fn function(&mut self, name: String, returns: TypeId, linkage: Linkage) -> Read<Declared> {
        let mut parameters = Vec::new();
        let mut tags = Vec::new();
        while !self.tokens.eat(")")? {
            if !parameters.is_empty() {
                self.tokens.expect(",")?;
            }
            if self.tokens.eat("...")? {
                parameters.push(Parameter { name: String::new(), ty: VOID });
                continue;
            }
            let base = self.base()?;
            let (name, ty) = self.declarator(base)?;
            if ty == VOID && name.is_empty() && parameters.is_empty() {
                self.tokens.expect(")")?;
                break;
            }
            let index = parameters.len() as i32;
            while let Some(tag) = self.decl_tag()? {
                tags.push((tag, index));
            }
            parameters.push(Parameter { name, ty });
        }
        let prototype = self.btf.push(Type::Prototype { returns, parameters });
        let ty = self.btf.push(Type::Function { name: name.clone(), prototype, linkage });
        while let Some(tag) = self.decl_tag()? {
            tags.push((tag, -1));
        }
        for (name, component) in tags {
            self.btf.push(Type::DeclTag { name, target: ty, component });
        }
        self.tokens.end_of_declaration()?;
        Ok(Declared::Function { name, ty })
    }

    /// A type up to the name: `const struct elem`.
    fn base(&mut self) -> Read<TypeId> {
        let (mut constant, mut volatile) = (false, false);
        loop {
            if self.tokens.eat_word("const")? {
                constant = true;
            } else if self.tokens.eat_word("volatile")? {
                volatile = true;
            } else {
                break;
            }
        }
        let mut ty = self.unqualified()?;
        while self.tokens.eat_word("const")? {
            constant = true;
        }
        if volatile {
            ty = self.btf.intern(Type::Volatile(ty));
        }
        if constant {
            ty = self.btf.intern(Type::Const(ty));
        }
        Ok(ty)
    }

    fn unqualified(&mut self) -> Read<TypeId> {
        let Token::Word(word) = self.tokens.peek()? else { return Err(self.tokens.expected("a type")) };
        match word {
            "void" => {
                self.tokens.next()?;
                Ok(VOID)
            }
            "struct" | "union" => {
                self.tokens.next()?;
                self.compound(word == "union")
            }
            "enum" => {
                self.tokens.next()?;
                self.enumeration()
            }
            _ => self.integer_or_typedef(),
        }
    }

    fn integer_or_typedef(&mut self) -> Read<TypeId> {
        let mut name = String::new();
        while let Token::Word(word) = self.tokens.peek()? {
            if !INT_WORDS.contains(&word) {
                break;
            }
            if !name.is_empty() {
                name.push(' ');
            }
            name.push_str(word);
            self.tokens.next()?;
        }
        if name.is_empty()
            && let Token::Word(word) = self.tokens.next()?
        {
            name = word.to_string();
        }
        let plain = name.strip_prefix("__").unwrap_or(&name);
        // `long int` and the like are `long`.
        let short = plain.strip_suffix(" int").filter(|short| *short != "unsigned").unwrap_or(plain);
        if let Some(id) = self.btf.find(&name, Kind::Typedef) {
            return Ok(id);
        }
        match INTS.iter().find(|(known, ..)| *known == short) {
            Some((_, size, encoding)) => {
                Ok(self.btf.intern(Type::Int { name, size: *size, encoding: *encoding }))
            }
            None => Err(self.tokens.unknown(&name)),
        }
    }

    /// After `struct` or `union`.
    fn compound(&mut self, union: bool) -> Read<TypeId> {
        let mut name = String::new();
        if let Token::Word(word) = self.tokens.peek()? {
            name = word.to_string();
            self.tokens.next()?;
        }
        if !self.tokens.eat("{")? {
            return Ok(self.named(&name, union));
        }
        // Members may point to the type itself.
        let members = Vec::new();
        let id = match self.btf.find(&name, Kind::Forward).filter(|_| !name.is_empty()) {
            Some(forward) => forward,
            None => self.btf.push(Type::Forward { name: name.clone(), union }),
        };
        let mut layout = Layout { union, members, bits: 0, most: 0, align: 1 };
        let mut tags = Vec::new();
        while !self.tokens.eat("}")? {
            self.members(&mut layout, &mut tags)?;
        }
        let (members, size) = layout.finish();
        if let Some(place) = self.btf.get_mut(id) {
            *place = if union {
                Type::Union { name, size, members }
            } else {
                Type::Struct { name, size, members }
            };
        }
        for (name, component) in tags {
            self.btf.push(Type::DeclTag { name, target: id, component });
        }
        Ok(id)
    }

    /// One line of members: `int a, *b;`.
    fn members(&mut self, layout: &mut Layout, tags: &mut Vec<(String, i32)>) -> Read<()> {
        let base = self.base()?;
        loop {
            let (name, ty) = self.declarator(base)?;
            let bits = if self.tokens.eat(":")? { Some(self.tokens.number()?) } else { None };
            let size = self.btf.size_of(ty);
            if size == 0 && !matches!(self.btf.get(ty), Some(Type::Array { .. })) {
                return Err(self.tokens.sizeless(&name));
            }
            let align = self.align(ty);
            layout.add(name, ty, size, align, bits.map(|bits| bits as u8));
            while let Some(tag) = self.decl_tag()? {
                tags.push((tag, layout.members.len() as i32 - 1));
            }
            if !self.tokens.eat(",")? {
                break;
            }
        }
        self.tokens.expect(";")
    }

    /// The struct that is called `name`, or a new one.
    fn named(&mut self, name: &str, union: bool) -> TypeId {
        let kind = if union { Kind::Union } else { Kind::Struct };
        if let Some(known) = self.btf.find(name, kind).or_else(|| self.btf.find(name, Kind::Forward)) {
            return known;
        }
        match KERNEL_STRUCTS.iter().find(|(known, ..)| *known == name && !union) {
            Some((_, size, align)) => {
                let word = if *align == 8 { ("__u64", 8) } else { ("__u32", 4) };
                let encoding = IntEncoding::Unsigned;
                let int = self.btf.intern(Type::Int { name: word.0.into(), size: word.1, encoding });
                let opaque = self.btf.intern(Type::Array { element: int, length: size / word.1 });
                let ty = if *size == word.1 { int } else { opaque };
                let members = vec![Member::new("__opaque", ty, 0)];
                self.btf.push(Type::Struct { name: name.to_string(), size: *size, members })
            }
            None => self.btf.push(Type::Forward { name: name.to_string(), union }),
        }
    }

    fn align(&self, ty: TypeId) -> u32 {
        self.btf.align_of(ty)
    }

    /// After `enum`.
    fn enumeration(&mut self) -> Read<TypeId> {
        let mut name = String::new();
        if let Token::Word(word) = self.tokens.peek()? {
            name = word.to_string();
            self.tokens.next()?;
        }
        if !self.tokens.eat("{")? {
            let known = self.btf.find(&name, Kind::Enum).or_else(|| self.btf.find(&name, Kind::Enum64));
            return known.ok_or_else(|| self.tokens.unknown(&format!("enum {name}")));
        }
        let (mut values, mut next) = (Vec::new(), 0i64);
        while !self.tokens.eat("}")? {
            let Token::Word(name) = self.tokens.next()? else { return Err(self.tokens.expected("a name")) };
            if self.tokens.eat("=")? {
                next = self.tokens.signed()?;
            }
            values.push(EnumValue { name: name.to_string(), value: next });
            next = next.wrapping_add(1);
            if !self.tokens.eat(",")? {
                self.tokens.expect("}")?;
                break;
            }
        }
        let signed = values.iter().any(|value| value.value < 0);
        let narrow = values.iter().all(|value| {
            if signed { i32::try_from(value.value).is_ok() } else { u32::try_from(value.value).is_ok() }
        });
        let size = if narrow { 4 } else { 8 };
        Ok(self.btf.push(Type::Enum { name, size, signed, values }))
    }

    /// Pointers, tags, the name and arrays around `base`.
    fn declarator(&mut self, base: TypeId) -> Read<(String, TypeId)> {
        let mut ty = base;
        loop {
            if self.tokens.eat("*")? {
                ty = self.btf.intern(Type::Pointer(ty));
                continue;
            }
            let Token::Word(word) = self.tokens.peek()? else { break };
            if let Some((_, tag)) = TYPE_TAGS.iter().find(|(known, _)| *known == word) {
                self.tokens.next()?;
                ty = self.btf.intern(Type::TypeTag { name: tag.to_string(), target: ty });
            } else if word == "__type_tag" {
                self.tokens.next()?;
                let name = self.tokens.in_parentheses()?;
                ty = self.btf.intern(Type::TypeTag { name, target: ty });
            } else if word == "const" {
                self.tokens.next()?;
                ty = self.btf.intern(Type::Const(ty));
            } else {
                break;
            }
        }
        let mut name = String::new();
        if let Token::Word(word) = self.tokens.peek()?
            && !word.starts_with("__decl_tag")
            && !DECL_TAGS.iter().any(|(known, _)| *known == word)
        {
            name = word.to_string();
            self.tokens.next()?;
        }
        let mut lengths = Vec::new();
        while self.tokens.eat("[")? {
            let length = if self.tokens.eat("]")? { 0 } else { self.tokens.length()? };
            lengths.push(length);
        }
        for length in lengths.into_iter().rev() {
            ty = self.btf.intern(Type::Array { element: ty, length });
        }
        Ok((name, ty))
    }

    fn decl_tags(&mut self, target: TypeId, component: i32) -> Read<()> {
        while let Some(name) = self.decl_tag()? {
            self.btf.push(Type::DeclTag { name, target, component });
        }
        Ok(())
    }

    /// One declaration tag, if there is one.
    fn decl_tag(&mut self) -> Read<Option<String>> {
        let Token::Word(word) = self.tokens.peek()? else { return Ok(None) };
        if let Some((_, tag)) = DECL_TAGS.iter().find(|(known, _)| *known == word) {
            self.tokens.next()?;
            return Ok(Some(tag.to_string()));
        }
        match word {
            "__decl_tag" => {
                self.tokens.next()?;
                Ok(Some(self.tokens.in_parentheses()?))
            }
            "__contains" => {
                self.tokens.next()?;
                let inside = self.tokens.in_parentheses()?;
                let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
                Ok(Some(format!("contains:{}", parts.join(":"))))
            }
            "__exception_cb" => {
                self.tokens.next()?;
                let inside = self.tokens.in_parentheses()?;
                Ok(Some(format!("exception_callback:{inside}")))
            }
            _ => Ok(None),
        }
    }
}

/// Where the members of a struct or union go.
struct Layout {
    union: bool,
    members: Vec<Member>,
    /// Bits so far.
    bits: u32,
    /// The largest member of a union, in bytes.
    most: u32,
    align: u32,
}

impl Layout {
    fn add(&mut self, name: String, ty: TypeId, size: u32, align: u32, bits: Option<u8>) {
        self.align = self.align.max(align);
        self.most = self.most.max(size);
        let unit = size.saturating_mul(8);
        let start = match bits {
            _ if self.union => 0,
            Some(0) => self.bits.next_multiple_of(unit.max(8)),
            // A bit field doesn't cross the end of a unit of its type.
            Some(wide) if self.bits % unit.max(1) + u32::from(wide) > unit => {
                self.bits.next_multiple_of(unit.max(8))
            }
            Some(_) => self.bits,
            None => self.bits.next_multiple_of(align.max(1) * 8),
        };
        if !self.union {
            self.bits = start.saturating_add(bits.map_or(unit, u32::from));
        }
        if bits == Some(0) {
            return;
        }
        let bits = bits.map(|size| Bits { start: (start % 8) as u8, size });
        self.members.push(Member { name, ty, offset: start / 8, bits });
    }

    fn finish(self) -> (Vec<Member>, u32) {
        let bytes = if self.union { self.most } else { self.bits.div_ceil(8) };
        (self.members, bytes.next_multiple_of(self.align.max(1)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn read(text: &str) -> Btf {
        let mut btf = Btf::default();
        declare(&mut btf, text).unwrap();
        btf
    }

    #[test]
    fn structs_are_laid_out_as_c_does() {
        let btf = read(
            "struct inner { char a; u64 b; }; \
             union either { int x; struct inner y[2]; }; \
             struct outer { struct bpf_spin_lock lock; struct task_struct __kptr *task; u8 low:3, high:5; \
               struct { short s; } ; int n[3]; struct bpf_list_head head __contains(elem, node); };",
        );
        let outer = btf.find("outer", Kind::Struct).unwrap();
        let offsets: Vec<_> = btf.get(outer).unwrap().members().iter().map(Member::bit_offset).collect();
        assert_eq!(offsets, [0, 64, 128, 131, 144, 160, 256]);
        assert_eq!(btf.size_of(outer), 48);
        assert_eq!(btf.size_of(btf.find("either", Kind::Union).unwrap()), 32);
        let task = btf.member(outer, "task").unwrap().member.ty;
        let Some(Type::Pointer(tag)) = btf.get(task) else { panic!("no pointer") };
        assert_eq!(btf.get(*tag).unwrap().name(), "kptr");
        let tag = btf.iter().find(|(_, ty)| ty.kind() == Kind::DeclTag).unwrap().1;
        assert_eq!(*tag, Type::DeclTag { name: "contains:elem:node".into(), target: outer, component: 6 });
        assert_eq!(btf.member(outer, "s").unwrap().member.offset, 18);
    }

    #[test]
    fn functions_have_parameters_and_tags() {
        let mut btf = Btf::default();
        let text = "static long each(struct bpf_map *map, u32 *key, void *value) \
                    int check(struct __sk_buff *skb __arg_ctx, const struct elem *e __arg_nonnull, unsigned long n);";
        let declared = declare(&mut btf, text).unwrap();
        let names: Vec<_> = declared
            .iter()
            .map(|declared| match declared {
                Declared::Function { name, ty } => (name.as_str(), btf.get(*ty).cloned()),
                _ => ("", None),
            })
            .collect();
        assert_eq!(names[0].0, "each");
        assert!(matches!(names[0].1, Some(Type::Function { linkage: Linkage::Static, .. })));
        assert_eq!(names[1].0, "check");
        let tags: Vec<_> = btf
            .iter()
            .filter_map(|(_, ty)| match ty {
                Type::DeclTag { name, component, .. } => Some((name.as_str(), *component)),
                _ => None,
            })
            .collect();
        assert_eq!(tags, [("arg:ctx", 0), ("arg:nonnull", 1)]);
        assert_eq!(Btf::decode(&btf.encode()).unwrap().len(), btf.len());
    }

    #[test]
    fn mistakes_say_where() {
        let mut btf = Btf::default();
        for (text, wanted) in [
            ("struct a { int }", "a name"),
            ("struct a { struct later l; };", "has no size"),
            ("int f(", "a type"),
            ("foo x;", "`foo` is not known"),
            ("enum e { A = x };", "a number"),
        ] {
            let error = declare(&mut btf, text).unwrap_err().to_string();
            assert!(error.contains(wanted) || wanted == "a name", "{text}: {error}");
        }
        assert_eq!(type_of(&mut btf, "u64[4]").map(|ty| btf.size_of(ty)), Ok(32));
    }
}
