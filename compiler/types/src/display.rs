//! Go's types as messages show them.

use smol_str::SmolStr;

use crate::ty::{Field, Kind, Signature, Ty, Types};

impl Types {
    /// The type as the Go compiler's messages show it.
    pub fn display(&self, ty: Ty) -> String {
        self.shown(ty, true)
    }

    /// The same with the names of parameters and results, or without.
    pub fn shown(&self, ty: Ty, names: bool) -> String {
        let of = |ty: &Ty| self.shown(*ty, names);
        match self.spelling(ty) {
            Kind::Unknown => "invalid type".into(),
            Kind::Alias(name, ..) => name.to_string(),
            Kind::Basic(basic) => basic.name().into(),
            Kind::Named(id) => self.named(*id).map(|named| named.display.to_string()).unwrap_or_default(),
            Kind::Pointer(target) => format!("*{}", of(target)),
            Kind::Slice(element) => format!("[]{}", of(element)),
            Kind::Array(element, length) => format!("[{length}]{}", of(element)),
            Kind::Map(key, value) => format!("map[{}]{}", of(key), of(value)),
            Kind::Chan(element) => format!("chan {}", of(element)),
            Kind::Interface(interface) if names => interface.text.to_string(),
            Kind::Interface(interface) => interface.plain.to_string(),
            Kind::TypeParam(_) => self.param_of(ty).map(|param| param.name.to_string()).unwrap_or_default(),
            Kind::Tuple(types, own) => format!("({})", self.named_parts(types, own, names).join(", ")),
            Kind::Struct(fields) => {
                let fields: Vec<_> = fields.iter().map(|field| self.field_text(field, names)).collect();
                format!("struct{{{}}}", fields.join("; "))
            }
            Kind::Func(signature) => {
                format!("func{}{}", signature.type_params, self.parts_text(signature, names))
            }
        }
    }

    fn field_text(&self, field: &Field, names: bool) -> String {
        let ty = field.unseen.as_ref().map_or_else(|| self.shown(field.ty, names), ToString::to_string);
        let tag = field.tag.as_ref().map_or_else(String::new, |tag| format!(" {}", quoted(tag)));
        match field.embedded {
            true => format!("{ty}{tag}"),
            false => format!("{} {ty}{tag}", field.name),
        }
    }

    /// `(int) string`.
    pub fn plain_signature_text(&self, signature: &Signature) -> String {
        self.parts_text(signature, false)
    }

    fn parts_text(&self, signature: &Signature, names: bool) -> String {
        let own = if names { signature.names.as_slice() } else { &[] };
        let (of_params, of_results) = own.split_at(own.len().min(signature.params.len()));
        let mut params = self.named_parts(&signature.params, of_params, names);
        if let (true, Some(shown), Some(last)) =
            (signature.variadic, params.last_mut(), signature.params.last())
            && let Kind::Slice(element) = self.kind(*last)
        {
            let name = of_params.last().filter(|name| !name.is_empty());
            let element = self.shown(*element, names);
            *shown = format!("{}...{element}", name.map(|n| format!("{n} ")).unwrap_or_default());
        }
        let params = params.join(", ");
        let results = self.named_parts(&signature.results, of_results, names).join(", ");
        let named = of_results.iter().any(|name| !name.is_empty());
        match signature.results.len() {
            0 => format!("({params})"),
            1 if !named => format!("({params}) {results}"),
            _ => format!("({params}) ({results})"),
        }
    }

    fn named_parts(&self, types: &[Ty], own: &[SmolStr], names: bool) -> Vec<String> {
        let parts = types.iter().enumerate().map(|(index, ty)| match own.get(index) {
            Some(name) if !name.is_empty() => format!("{name} {}", self.shown(*ty, names)),
            _ => self.shown(*ty, names),
        });
        parts.collect()
    }

    /// Types with commas between them.
    pub fn list(&self, types: &[Ty]) -> String {
        types.iter().map(|ty| self.display(*ty)).collect::<Vec<_>>().join(", ")
    }

    /// The word that messages put before the name of a named type: `struct`, `uint8`, ...
    pub fn kind_word(&self, ty: Ty) -> Option<&'static str> {
        if !matches!(self.spelling(ty), Kind::Alias(..) | Kind::Named(_)) {
            return None;
        }
        self.structure_word(ty)
    }

    /// The word for the structure of `ty`.
    pub fn structure_word(&self, ty: Ty) -> Option<&'static str> {
        Some(match self.under(ty) {
            Kind::Basic(basic) => basic.name(),
            Kind::Pointer(_) => "pointer",
            Kind::Slice(_) => "slice",
            Kind::Array(..) => "array",
            Kind::Struct(_) => "struct",
            Kind::Map(..) => "map",
            Kind::Chan(_) => "chan",
            Kind::Func(_) => "func",
            Kind::Interface(_) => "interface",
            _ => return None,
        })
    }
}

/// A tag in quotes, as Go's `strconv.Quote` writes it.
fn quoted(tag: &str) -> String {
    let mut text = String::from('"');
    for c in tag.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            c if c.is_control() => text.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
