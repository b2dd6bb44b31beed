//! Hand-written assembly: `asm.Instructions` literals, judged for every kind and map that they may meet.

use std::sync::Arc;

use gobpf_assembly::{Candidate, Literal, candidates, find};
use gobpf_bpf::KernelVersion;
use gobpf_diagnostics::{Diagnostic, Severity};
use gobpf_syntax::ast;
use gobpf_verifier::{Dialect, Verdict};

use crate::cancel::{Cancel, Cancelled};
use crate::judge;
use crate::options::KernelTypes;

/// Every dialect, oldest first.
const DIALECTS: [Dialect; 3] = [Dialect::V6_1, Dialect::V6_12, Dialect::V6_18];

/// A literal with its verdicts.
#[derive(Clone, Debug)]
pub(crate) struct JudgedLiteral {
    /// The literal.
    pub(crate) literal: Literal,
    /// One for each kind and map that it may meet.
    pub(crate) worlds: Vec<World>,
}

/// One combination of kind and maps.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// The program in it.
    pub(crate) candidate: Candidate,
    /// What the target's dialect says; where that rejects every world, what each of [`DIALECTS`] says.
    pub(crate) verdicts: Vec<(Dialect, Verdict)>,
}

/// Finds and judges the literals of a file.
pub(crate) fn judge(
    file: &Arc<ast::File>,
    target: KernelVersion,
    types: &KernelTypes,
    cancel: &Cancel,
) -> Result<(Vec<JudgedLiteral>, Vec<Diagnostic>), Cancelled> {
    let found = find(file);
    let mut diagnostics = found.diagnostics;
    let mut judged = Vec::new();
    let dialect = judge::dialect_of(target);
    for literal in found.literals {
        let mut worlds: Vec<_> = candidates(&literal).into_iter().map(World::new).collect();
        worlds.iter_mut().try_for_each(|world| world.judge(dialect, types, cancel))?;
        if worlds.len() > 1
            && worlds.iter().all(|world| world.verdicts.iter().all(|(_, it)| is_rejection(it)))
        {
            for other in DIALECTS.into_iter().filter(|other| *other != dialect) {
                worlds.iter_mut().try_for_each(|world| world.judge(other, types, cancel))?;
            }
        }
        let literal = JudgedLiteral { literal, worlds };
        diagnostics.extend(literal.diagnostic(file, dialect));
        judged.push(literal);
    }
    Ok((judged, diagnostics))
}

fn is_rejection(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Rejected(_) | Verdict::Refused { .. })
}

impl World {
    fn new(candidate: Candidate) -> World {
        World { candidate, verdicts: Vec::new() }
    }

    fn judge(&mut self, dialect: Dialect, types: &KernelTypes, cancel: &Cancel) -> Result<(), Cancelled> {
        cancel.check()?;
        self.verdicts.push((dialect, judge::verdict(&self.candidate.object, 0, dialect, types, cancel)));
        cancel.check()
    }
}

impl JudgedLiteral {
    /// What `dialect` says in each world.
    fn verdicts(&self, dialect: Dialect) -> impl Iterator<Item = (&World, &Verdict)> {
        self.worlds.iter().filter_map(move |world| {
            world.verdicts.iter().find(|(of, _)| *of == dialect).map(|(_, verdict)| (world, verdict))
        })
    }

    /// An error where every world is rejected; nothing where one may be accepted.
    fn diagnostic(&self, file: &ast::File, dialect: Dialect) -> Option<Diagnostic> {
        let whole = file.span(self.literal.place);
        let known = self.worlds.len() == 1;
        if !self.verdicts(dialect).all(|(_, verdict)| is_rejection(verdict)) {
            // A literal whose kind and maps are all known is judged like any program.
            let (world, verdict) = self.verdicts(dialect).next().filter(|_| known)?;
            let program = &world.candidate.object.programs[0];
            let places = judge::Places { of: &judge::spans(file, program), whole };
            let mut diagnostic = judge::diagnostic(places, program, dialect, verdict)?;
            diagnostic.severity = Severity::Information;
            return Some(diagnostic);
        }
        // The place that most worlds agree on speaks for all.
        let (world, verdict) = self.verdicts(dialect).max_by_key(|(_, verdict)| {
            self.verdicts(dialect).filter(|(_, other)| insn_of(other) == insn_of(verdict)).count()
        })?;
        let program = &world.candidate.object.programs[0];
        let places = judge::Places { of: &judge::spans(file, program), whole };
        let diagnostic = judge::diagnostic(places, program, dialect, verdict)?;
        if known { Some(diagnostic) } else { Some(diagnostic.help(self.holds())) }
    }

    /// The program to show in a hover: as in the first world.
    pub(crate) fn shown(&self) -> Option<&gobpf_bpf::Object> {
        self.worlds.first().map(|world| &world.candidate.object)
    }

    /// For which kinds, maps and kernels the rejection holds.
    fn holds(&self) -> String {
        let all = |dialect: &Dialect| self.verdicts(*dialect).all(|(_, verdict)| is_rejection(verdict));
        let (always, sometimes): (Vec<_>, Vec<_>) = DIALECTS.iter().partition(|dialect| all(dialect));
        let names = |dialects: &[&Dialect]| {
            dialects.iter().map(|dialect| dialect.to_string()).collect::<Vec<_>>().join(" and ")
        };
        let mut text = format!(
            "this holds for every program kind and map that it may be used with, on kernel {}",
            names(&always)
        );
        for dialect in sometimes {
            let mut accepted: Vec<_> = self
                .verdicts(*dialect)
                .filter(|(_, verdict)| matches!(verdict, Verdict::Accepted(_)))
                .map(|(world, _)| {
                    if world.candidate.maps.is_empty() {
                        &world.candidate.describes
                    } else {
                        &world.candidate.maps
                    }
                })
                .collect();
            accepted.sort();
            accepted.dedup();
            let accepted: Vec<_> = accepted.iter().map(|world| world.as_str()).collect();
            text += &format!("; kernel {dialect} accepts it for {}", accepted.join(" or for "));
        }
        text
    }
}

fn insn_of(verdict: &Verdict) -> Option<u32> {
    match verdict {
        Verdict::Rejected(rejection) => Some(rejection.insn),
        _ => None,
    }
}
