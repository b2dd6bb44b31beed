//! The directives there are, by name. What each means and where it may stand is known to the rooms that use it.

use gobpf_diagnostics::codes;
use gobpf_source::TextRange;

use crate::ast::Directive;
use crate::parser::SyntaxError;
use crate::wording;

/// Who writes a directive, and what it speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Users, above a declaration.
    Declaration,
    /// Users, above the package clause.
    File,
    /// The SDK, to bind its declarations to the kernel's.
    Sdk,
}

/// A name that may follow `//bpf:`.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The name.
    pub name: &'static str,
    /// Who writes it.
    pub audience: Audience,
}

const fn row(name: &'static str, audience: Audience) -> Known {
    Known { name, audience }
}

/// All directives.
pub const KNOWN: &[Known] = &[
    row("section", Audience::Declaration),
    row("map", Audience::Declaration),
    row("noinline", Audience::Declaration),
    row("global", Audience::Declaration),
    row("license", Audience::File),
    row("kernel", Audience::File),
    row("const", Audience::Sdk),
    row("ctx", Audience::Sdk),
    row("field", Audience::Sdk),
    row("helper", Audience::Sdk),
    row("intrinsic", Audience::Sdk),
    row("kfunc", Audience::Sdk),
    row("maptype", Audience::Sdk),
    row("method", Audience::Sdk),
    row("packet", Audience::Sdk),
    row("printf", Audience::Sdk),
    row("sdk", Audience::Sdk),
    row("type", Audience::Sdk),
];

/// The directive called `name`.
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// The name that `name` was probably meant as.
pub(crate) fn similar(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let with_distance = KNOWN.iter().map(|known| (distance(&lower, known.name), known.name));
    let (distance, best) = with_distance.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance < best.len()).then_some(best)
}

/// The error of a directive whose name nobody knows.
pub(crate) fn unknown(directive: &Directive, range: TextRange) -> Option<SyntaxError> {
    if known(&directive.name).is_some() {
        return None;
    }
    let mut error =
        SyntaxError::syntax(range, wording::unknown_directive(&directive.namespace, &directive.name), None);
    error.code = codes::GB0102;
    error.help = Some(match similar(&directive.name) {
        Some(name) => {
            let arguments = if directive.arguments.is_empty() { "" } else { " " };
            let right = format!("//{}:{name}{arguments}{}", directive.namespace, directive.arguments);
            error.fix = Some((wording::misspelt_fix(&right), right));
            wording::did_you_mean(&directive.namespace, name).into()
        }
        None => {
            let users = KNOWN.iter().filter(|known| known.audience != Audience::Sdk);
            wording::known_directives(&users.map(|known| known.name).collect::<Vec<_>>().join(", ")).into()
        }
    });
    Some(error)
}

/// The error of a directive that stands above nothing.
pub(crate) fn stray(directive: &Directive, range: TextRange) -> SyntaxError {
    let of_file = known(&directive.name).is_some_and(|known| known.audience == Audience::File);
    let help = if of_file { wording::STRAY_FILE_DIRECTIVE_HELP } else { wording::STRAY_DIRECTIVE_HELP };
    let message = wording::stray_directive(&directive.namespace, &directive.name);
    SyntaxError { code: codes::GB0104, ..SyntaxError::syntax(range, message, Some(help)) }
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour to make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(32).collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_keyboard_are_recognised() {
        assert_eq!(similar("secton"), Some("section"));
        assert_eq!(similar("sectoin"), Some("section"));
        assert_eq!(similar("License"), Some("license"));
        assert_eq!(similar("mpa"), Some("map"));
        assert_eq!(similar("whatever"), None);
    }
}
