//! Where we answer otherwise than go/types on purpose.

/// A deliberate difference: words of go/types that we don't have, or of ours that go/types doesn't, and why.
pub struct Deliberate {
    /// Whose words.
    pub side: Side,
    /// What they start with or contain.
    pub words: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// Whose answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// That of go/types.
    Go,
    /// Ours.
    Ours,
}

/// All of them. Besides, what stands in native code is not judged, see `native.rs`.
pub const DELIBERATE: &[Deliberate] = &[
    Deliberate {
        side: Side::Go,
        words: "could not import",
        reason: "why an import can't be found is said by the tool that looks for it",
    },
    Deliberate {
        side: Side::Ours,
        words: "could not import",
        reason: "why an import can't be found is said by the tool that looks for it",
    },
    Deliberate {
        side: Side::Ours,
        words: "bpf.TracePrintk format ",
        reason: "go vet has the same words, go/types has none",
    },
    Deliberate {
        side: Side::Ours,
        words: "bpf.TracePrintk call ",
        reason: "go vet has the same words, go/types has none",
    },
    Deliberate {
        side: Side::Ours,
        words: " needs MaxEntries greater than 0",
        reason: "a map's size is no matter of Go's types",
    },
];

impl Deliberate {
    /// One line for a table.
    pub fn line(&self) -> String {
        let whose = if self.side == Side::Go { "go/types" } else { "ours" };
        format!("{whose}: \"{}\": {}", self.words, self.reason)
    }
}

/// Whether `words` of `side` are not compared.
pub fn is_deliberate(side: Side, words: &str) -> bool {
    DELIBERATE.iter().any(|one| one.side == side && words.contains(one.words))
}
