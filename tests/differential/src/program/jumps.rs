//! Jumps out of what is around a statement: loops, switches and blocks, by their labels or without.

use super::r#gen::Gen;

/// What a jump can leave or go on with.
#[derive(Clone, Debug)]
pub enum Target {
    /// A loop, and its label.
    Loop(Option<String>),
    /// A switch, and its label.
    Switch(Option<String>),
    /// The end of a block, where the label is.
    End(String),
}

impl Gen {
    /// A jump under a condition, out of any number of blocks.
    pub fn jump_out(&mut self) -> bool {
        let jumps = self.jumps();
        if jumps.is_empty() {
            return false;
        }
        let jump = &jumps[self.rng.below(jumps.len())];
        if jump.contains(' ') && !self.on("jumps over several blocks") {
            return false;
        }
        let condition = self.condition(1);
        self.line(format!("if {condition} {{"));
        self.line(format!("\t{jump}"));
        self.line("}");
        true
    }

    /// All jumps that may stand here.
    fn jumps(&self) -> Vec<String> {
        let mut found = Vec::new();
        let (mut breaks, mut continues) = (true, true);
        for target in self.targets.iter().rev() {
            match target {
                Target::Loop(label) => {
                    found.extend(breaks.then(|| "break".to_owned()));
                    found.extend(continues.then(|| "continue".to_owned()));
                    (breaks, continues) = (false, false);
                    if let Some(label) = label {
                        found.extend([format!("break {label}"), format!("continue {label}")]);
                    }
                }
                Target::Switch(label) => {
                    found.extend(breaks.then(|| "break".to_owned()));
                    breaks = false;
                    found.extend(label.iter().map(|label| format!("break {label}")));
                }
                Target::End(label) => found.push(format!("goto {label}")),
            }
        }
        found
    }

    /// Writes what `body` writes, within `target`.
    pub fn within(&mut self, target: Target, body: impl FnOnce(&mut Gen)) {
        self.targets.push(target);
        body(self);
        self.targets.pop();
    }
}
