//! Constants that are chosen when a program is loaded: a flag for each number and truth value.

use gobpf_bpf::{Global, MapId, Object};
use gobpf_btf::{IntEncoding, Type};

use crate::names::{self, Scope};
use crate::text;

/// What a flag chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    Bool,
    Number { signed: bool },
}

/// The constants of `object` that have a flag.
fn chosen(object: &Object) -> impl Iterator<Item = (&Global, Value)> {
    object.globals.iter().filter(|global| global.constant).filter_map(|global| {
        let value = match object.btf.get(global.ty?)? {
            Type::Int { encoding: IntEncoding::Bool, .. } => Value::Bool,
            Type::Int { size: 1 | 2 | 4 | 8, encoding, .. } => {
                Value::Number { signed: *encoding == IntEncoding::Signed }
            }
            _ => return None,
        };
        Some((global, value))
    })
}

/// Whether the loader has flags for constants.
pub fn are_chosen(object: &Object) -> bool {
    chosen(object).next().is_some()
}

/// The variable that holds the first value of `map`, where flags change it.
pub fn variable(object: &Object, map: MapId) -> Option<String> {
    let is_in = chosen(object).any(|(global, _)| global.map == map);
    is_in.then(|| format!("data{}", names::exported(&object.map(map).name)))
}

/// The variables with the data that flags change, and the flags.
pub fn flags(object: &Object) -> String {
    let mut go = String::new();
    for (index, map) in object.maps.iter().enumerate() {
        let Some(variable) = variable(object, MapId(index as u32)) else { continue };
        let data = map.contents.as_ref().map(|contents| contents.data.as_slice()).unwrap_or_default();
        go.push_str(&format!(
            "// {variable} is what the map {} starts with.\nvar {variable} = {}\n\n",
            text::comment(&map.name),
            text::bytes(data, 1)
        ));
    }
    go.push_str("func init() {\n");
    let mut flags = Scope::with(&["duration", "help", "log-lines"]);
    for (global, value) in chosen(object) {
        let Some(variable) = variable(object, global.map) else { continue };
        let flag = flags.unique(kebab(&global.name));
        let slice = format!("{variable}[{}:{}]", global.offset, global.offset + global.size);
        let chooser = match value {
            Value::Bool => format!("chooseBool({slice})"),
            Value::Number { signed } => format!("choose({slice}, {signed})"),
        };
        let usage = format!("the constant {} (default {})", global.name, default(object, global, value));
        go.push_str(&format!("\tflag.Func(\"{flag}\", {}, {chooser})\n", text::string(&usage)));
    }
    go.push_str("}\n\n");
    go
}

/// The value that holds where nobody chooses.
fn default(object: &Object, global: &Global, value: Value) -> String {
    let data = object.map(global.map).contents.as_ref().map(|contents| contents.data.as_slice());
    let range = global.offset as usize..(global.offset + global.size) as usize;
    let bytes = data.and_then(|data| data.get(range)).unwrap_or_default();
    let mut all = [0; 8];
    all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let number = u64::from_le_bytes(all);
    let unused = 64 - 8 * global.size.clamp(1, 8);
    match value {
        Value::Bool => (number != 0).to_string(),
        Value::Number { signed: false } => number.to_string(),
        Value::Number { signed: true } => ((number << unused) as i64 >> unused).to_string(),
    }
}

/// `onlyPID` is `only-pid`.
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut kebab = String::new();
    for (index, &c) in chars.iter().enumerate() {
        let after_lower = index > 0 && !chars[index - 1].is_uppercase();
        let before_lower = chars.get(index + 1).is_some_and(|next| next.is_lowercase());
        if index > 0 && c.is_uppercase() && (after_lower || before_lower) {
            kebab.push('-');
        }
        kebab.extend(c.to_lowercase());
    }
    kebab.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_named_as_flags_are() {
        for (name, flag) in [
            ("onlyPID", "only-pid"),
            ("maxHTTPSize", "max-http-size"),
            ("Port", "port"),
            ("min_len", "min-len"),
            ("x", "x"),
        ] {
            assert_eq!(kebab(name), flag);
        }
    }
}
