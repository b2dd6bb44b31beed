//! Constants that are chosen when a program is loaded (`bpf.Const`): an accepted program is judged once more as if they
//! could be anything, since a loader's flag can make them so.

use gobpf_bpf::{Object, Program, RelocationTarget};
use gobpf_diagnostics::{Diagnostic, Severity, codes};
use gobpf_source::Span;
use gobpf_verifier::{Unknown, Verdict};

use crate::cache::Caches;
use crate::cancel::{Cancel, Cancelled};
use crate::judge::{self, Judge, Places};
use crate::options::KernelTypes;

/// Judges programs of one object with other values of their constants. Indices are those of [`Object::globals`].
pub(crate) struct Choices<'a> {
    object: &'a Object,
    caches: &'a Caches,
    types: &'a KernelTypes,
    /// Where each global is declared.
    declared: &'a dyn Fn(usize) -> Span,
}

impl<'a> Choices<'a> {
    pub(crate) fn of(
        object: &'a Object,
        (caches, types): (&'a Caches, &'a KernelTypes),
        declared: &'a dyn Fn(usize) -> Span,
    ) -> Self {
        Choices { object, caches, types, declared }
    }

    /// A warning where program number `index`, which is accepted with the defaults of its constants, is not with every
    /// value of them.
    pub(crate) fn warning(
        &self,
        index: usize,
        places: Places<'_>,
        cancel: &Cancel,
    ) -> Result<Option<Diagnostic>, Cancelled> {
        let program = &self.object.programs[index];
        let constants = self.used_by(program);
        if constants.is_empty() {
            return Ok(None);
        }
        let (dialect, verdict) = self.judged(index, &constants, cancel)?;
        let Some(mut warning) = judge::diagnostic(places, program, dialect, &verdict) else {
            return Ok(None);
        };
        if matches!(verdict, Verdict::Unknown(_)) {
            return Ok(None);
        }
        let mut deciding = Vec::new();
        for one in constants.iter().filter(|_| constants.len() > 1) {
            if !matches!(self.judged(index, &[*one], cancel)?.1, Verdict::Accepted(_)) {
                deciding.push(*one);
            }
        }
        // Where none decides alone, they do together.
        let deciding = if deciding.is_empty() { constants } else { deciding };
        let names: Vec<_> =
            deciding.iter().map(|one| format!("`{}`", self.object.globals[*one].name)).collect();
        warning.severity = Severity::Warning;
        warning.code = codes::GB0414;
        warning.message = format!(
            "with another value of {} the kernel may reject `{}`: {}",
            names.join(", "),
            program.name,
            warning.message
        );
        for one in deciding {
            warning = warning.label((self.declared)(one), "its default is accepted, but not every value");
        }
        Ok(Some(warning.help("bound the value where it is used, such as `min(limit.Get(), 64)`")))
    }

    /// The constants that `program` reads.
    fn used_by(&self, program: &Program) -> Vec<usize> {
        let globals = self.object.globals.iter().enumerate().filter(|(_, global)| global.constant);
        let is_read = |map, start: u32, size: u32| {
            program.code.relocations.iter().any(|relocation| match relocation.target {
                RelocationTarget::MapValue { map: of, offset } => {
                    of == map && offset.wrapping_sub(start) < size
                }
                _ => false,
            })
        };
        let read = globals.filter(|(_, global)| is_read(global.map, global.offset, global.size));
        read.map(|(index, _)| index).collect()
    }

    /// The verdict on program number `index` if nothing is known of `constants`.
    fn judged(
        &self,
        index: usize,
        constants: &[usize],
        cancel: &Cancel,
    ) -> Result<(gobpf_verifier::Dialect, Verdict), Cancelled> {
        cancel.check()?;
        let mut object = self.object.clone();
        for global in constants.iter().map(|one| &self.object.globals[*one]) {
            let contents = object.maps.get_mut(global.map.0 as usize).and_then(|map| map.contents.as_mut());
            if let Some(contents) = contents {
                contents.unknown.push(global.offset..global.offset.saturating_add(global.size));
            }
        }
        let judge = Judge::of(&object, self.caches, self.types);
        match judge.verdict(index, cancel) {
            Verdict::Unknown(Unknown::Cancelled) => Err(Cancelled),
            verdict => Ok((judge.dialect, verdict)),
        }
    }
}
