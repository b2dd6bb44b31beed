//! Names: from those of the source to Go identifiers that clash with nothing, and to names that the kernel takes.

use std::collections::HashSet;

/// The longest name of a program or a map that the kernel takes, in bytes (`BPF_OBJ_NAME_LEN` less the NUL).
const KERNEL_NAME_BYTES: usize = 15;

/// `name` as the kernel takes it: letters, digits, `_` and `.` of ASCII, at most 15 bytes.
pub fn kernel_name(name: &str) -> String {
    symbol(name).chars().take(KERNEL_NAME_BYTES).collect()
}

/// `name` as a symbol within a program, of any length.
pub fn symbol(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let name = if name.is_empty() { "_" } else { name };
    name.chars().map(|c| if allowed(c) { c } else { '_' }).collect()
}

/// `name` with what no Go identifier has replaced by `_`, and the dot of `.rodata` dropped.
fn go_identifier(name: &str) -> String {
    let name = name.trim_start_matches('.');
    let mut identifier: String =
        name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if identifier.trim_matches('_').is_empty() || identifier.starts_with(|c: char| c.is_numeric()) {
        identifier.insert(0, 'x');
    }
    identifier
}

/// `name` as an exported Go identifier: one that starts with a capital letter.
pub fn exported(name: &str) -> String {
    let identifier = go_identifier(name);
    let mut chars = identifier.chars();
    let first = chars.next().unwrap_or('X');
    match first.to_uppercase().next() {
        Some(upper) if upper.is_uppercase() => std::iter::once(upper).chain(chars).collect(),
        // A letter without case, or `_`.
        _ => format!("X{identifier}"),
    }
}

/// Go identifiers of one scope: each is given out once.
#[derive(Default)]
pub struct Scope {
    taken: HashSet<String>,
}

impl Scope {
    /// A scope in which `taken` are in use.
    pub fn with(taken: &[&str]) -> Scope {
        Scope { taken: taken.iter().map(|&name| name.to_owned()).collect() }
    }

    /// An identifier made of `name`, with a number behind it if it is in use.
    pub fn unexported(&mut self, name: &str) -> String {
        self.unique(go_identifier(name))
    }

    /// An exported identifier made of `name`, with a number behind it if it is in use.
    pub fn exported(&mut self, name: &str) -> String {
        self.unique(exported(name))
    }

    /// `name`, with a number behind it if it is in use.
    pub fn unique(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        let mut number = 2u32;
        while !self.taken.insert(candidate.clone()) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }
}

/// A helper's name as cilium/ebpf spells it: `map_lookup_elem` is `MapLookupElem`.
pub fn helper_name(kernel: &str) -> String {
    kernel
        .split('_')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_every_name() {
        for (name, want) in [
            ("OnExec", "OnExec"),
            (".rodata", ".rodata"),
            ("größeÄnderung", "gr__e_nderung"),
            ("aVeryLongNameOfAProgram", "aVeryLongNameOf"),
            ("(*T).f", "__T_.f"),
        ] {
            assert_eq!(kernel_name(name), want);
        }
    }

    #[test]
    fn exported_names_start_with_a_capital() {
        for (name, want) in [
            ("uid", "Uid"),
            ("UID", "UID"),
            ("_x", "X_x"),
            ("世界", "X世界"),
            ("élan", "Élan"),
            ("", "X"),
            ("1a", "X1a"),
        ] {
            assert_eq!(exported(name), want);
        }
    }

    #[test]
    fn no_identifier_is_given_out_twice() {
        let mut scope = Scope::with(&["Close"]);
        let given = ["Close", "rodata", ".rodata", "rodata2"].map(|name| scope.unexported(name));
        assert_eq!(given, ["Close2", "rodata", "rodata2", "rodata22"]);
    }
}
