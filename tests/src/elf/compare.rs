//! The model's answers to the programs of ELF objects, beside those of the running kernel, which loads them with libbpf.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::time::Instant;

use gobpf_bpf::{KernelVersion, Object, flags};
use gobpf_btf::Type;
use gobpf_object::Options;
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::diff::{Disagreement, Speed, compare};
use crate::elf::elsewhere::{self, KERNEL, Waiting};
use crate::elf::{ElfObject, judge, settle};
use crate::job::Verdict;
use crate::kernel_btf;

/// In front of the flags that a test of the kernel wants for its program, in a tag of its function.
const FLAGS: &str = "comment:test_prog_flags=";
/// What the running kernel says of programs that it may not load.
const NOT_PERMITTED: &str = "EPERM";
/// Names of programs that are listed for a cause, at most.
const MOST_NAMED: usize = 6;
/// How the verifier speaks of a call that libbpf put where a CO-RE relocation has no answer, and libbpf's words for it.
const POISON: &str = "invalid func unknown#19589";
const POISON_OF_LIBBPF: &str = "<invalid CO-RE relocation>";

/// What came out for all programs.
#[derive(Default)]
pub struct Comparison {
    /// Whether each program with another answer is printed as soon as it is found.
    pub verbose: bool,
    /// Objects that were read.
    pub objects: usize,
    /// Programs that the kernel's verifier judged.
    pub programs: usize,
    same_verdict: usize,
    /// Rejected by both, and by how many with the same last words.
    rejected: usize,
    same_message: usize,
    /// Accepted by both, and by how many after as many instructions.
    accepted: usize,
    same_processed: usize,
    unknown: usize,
    /// Programs that the running kernel has no permission to load.
    waiting: Vec<Waiting>,
    /// How many of the programs were judged by another kernel.
    elsewhere: usize,
    /// Programs that never came to the verifier, by reason.
    skipped: BTreeMap<String, Vec<String>>,
    /// Programs with another answer, by cause.
    causes: BTreeMap<String, Vec<String>>,
    /// Times of both.
    speed: Speed,
}

impl Comparison {
    /// Judges the programs of an object.
    pub fn add(&mut self, elf: &ElfObject) {
        self.objects += 1;
        let kernel = kernel_btf::running();
        let options =
            Options { kernel: kernel.as_deref(), version: running_version(), config: kernel_btf::settings() };
        let read = gobpf_object::read(&elf.bytes, options);
        let mut object = read.as_ref().map(|read| read.object.clone()).unwrap_or_default();
        object.maps.iter_mut().for_each(settle::map);
        let wanted = wanted_flags(&object);
        let heard = match judge(&elf.bytes, &|name| wanted.get(name).copied().unwrap_or(0)) {
            Ok(heard) => heard,
            Err(why) => return self.skip(format!("libbpf can't read the object: {why}"), &elf.name),
        };
        for program in &mut object.programs {
            program.flags |= wanted.get(&program.name).copied().unwrap_or(0);
        }
        for heard in heard {
            let name = format!("{}: {}", elf.name, heard.name);
            if let Verdict::Refused(refused) = &heard.verdict {
                let target = heard.section.split('/').next().unwrap_or("");
                let flags = wanted.get(&heard.name).copied().unwrap_or(0);
                let waiting = Some(&refused.errno).filter(|errno| *errno == NOT_PERMITTED);
                if let Some(one) = waiting.and_then(|_| Waiting::of(elf, &heard.name, target, flags)) {
                    self.waiting.push(one);
                    continue;
                }
                self.skip(format!("`{target}` {} {}", refused.errno, refused.doing), &name);
                continue;
            }
            let start = Instant::now();
            let model = match &read {
                Ok(_) => of_model(&object, &heard.name),
                Err(why) => Answer::Unknown { why: format!("object: {why:?}") },
            };
            self.speed.add(start.elapsed(), heard.verdict.microseconds());
            self.count(&name, &model, &heard.verdict);
        }
    }

    /// Has a kernel in a virtual machine judge what the running one may not load; `guest` is the program `gobpf-guest`.
    pub fn judge_elsewhere(&mut self, guest: &Path) {
        let waiting = std::mem::take(&mut self.waiting);
        for (one, answer) in waiting.iter().zip(elsewhere::judge(&waiting, guest)) {
            match answer {
                Ok((_, Verdict::Refused(refused))) => {
                    let reason = format!("`{}` {} {} on {KERNEL}", one.target, refused.errno, refused.doing);
                    self.skip(reason, &one.name);
                }
                Ok((model, verdict)) => {
                    self.elsewhere += 1;
                    self.count(&format!("{} ({KERNEL})", one.name), &model, &verdict);
                }
                Err(why) => self.skip(format!("`{}` {NOT_PERMITTED}, and {why}", one.target), &one.name),
            }
        }
    }

    /// Counts an object that is not there.
    pub fn skip(&mut self, reason: String, name: &str) {
        self.skipped.entry(reason).or_default().push(name.to_string());
    }

    fn count(&mut self, name: &str, model: &Answer, verdict: &Verdict) {
        self.programs += 1;
        let kernel = with_poison(Answer::of_kernel(verdict), model);
        let found = compare(model, &kernel);
        self.unknown += usize::from(found == Some(Disagreement::Unknown));
        let is_wrong = found.is_some_and(|found| found <= Disagreement::Unknown);
        self.same_verdict += usize::from(!is_wrong);
        if !is_wrong {
            if matches!(kernel, Answer::Accepted { .. }) {
                self.accepted += 1;
                self.same_processed += usize::from(found.is_none());
            } else {
                self.rejected += 1;
                self.same_message += usize::from(found != Some(Disagreement::Message));
            }
        }
        if let Some(found) = found {
            if self.verbose {
                println!("{name}: {found}: model `{model}`, kernel `{kernel}`");
            }
            let cause = found.signature(model, &kernel);
            self.causes.entry(cause).or_default().push(name.to_string());
        }
    }

    /// Verdicts that are the kernel's, in tenths of a percent.
    pub fn verdicts(&self) -> usize {
        1000 * self.same_verdict / self.programs.max(1)
    }

    /// Last words that are the kernel's, of the programs that both reject, in tenths of a percent.
    pub fn messages(&self) -> usize {
        (1000 * self.same_message).checked_div(self.rejected).unwrap_or(1000)
    }

    /// The last line of a run.
    pub fn line(&self) -> String {
        let tenths = |tenths: usize| format!("{}.{}%", tenths / 10, tenths % 10);
        format!(
            "{} objects, {} programs ({} of them judged by {KERNEL}), {} same verdict, {} same last message, {} same processed, {} unknown, {} skipped",
            self.objects,
            self.programs,
            self.elsewhere,
            tenths(self.verdicts()),
            tenths(self.messages()),
            tenths(1000 * self.same_processed / self.accepted.max(1)),
            self.unknown,
            self.skipped.values().map(Vec::len).sum::<usize>(),
        )
    }

    /// What differs by cause, and what was skipped, as Markdown.
    pub fn markdown(&self, about: &str) -> String {
        let mut out =
            format!("# Parity with the kernel's own verifier tests\n\n{about}\n\n{}.\n", self.line());
        for (title, rows) in [("What differs", &self.causes), ("What the verifier never saw", &self.skipped)]
        {
            out += &format!("\n## {title}\n\n");
            let mut rows: Vec<(&String, &Vec<String>)> = rows.iter().collect();
            rows.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(b.0)));
            for (cause, names) in rows {
                out += &format!("- {} × {cause}: {}\n", names.len(), named(names));
            }
        }
        out
    }
}

fn named(names: &[String]) -> String {
    let mut text = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMED {
        text += ", ...";
    }
    text
}

/// The model's answer to the program `name`.
fn of_model(object: &Object, name: &str) -> Answer {
    match object.programs.iter().position(|program| program.name == name) {
        Some(program) => Answer::of_model(object, program, Dialect::V6_18),
        None => Answer::Unknown { why: "a program that our reader does not find".into() },
    }
}

/// A kernel's answer in the kernel's words: libbpf writes into the log what a poisoned call was.
fn with_poison(kernel: Answer, model: &Answer) -> Answer {
    match (kernel, model) {
        (Answer::Rejected { message, insn }, Answer::Rejected { message: ours, .. })
            if message.contains(POISON_OF_LIBBPF) && ours.starts_with(POISON) =>
        {
            Answer::Rejected { message: ours.clone(), insn }
        }
        (kernel, _) => kernel,
    }
}

/// Flags that the kernel's tests want for their programs, by the programs' names.
fn wanted_flags(object: &Object) -> HashMap<String, u32> {
    let mut wanted = HashMap::new();
    for (_, ty) in object.btf.iter() {
        let Type::DeclTag { name, target, .. } = ty else { continue };
        let Some(value) = name.strip_prefix(FLAGS) else { continue };
        let Some(function) = object.btf.get(*target) else { continue };
        let lower = value.trim_start_matches("BPF_F_").to_lowercase();
        let flag = flags::NAMES.iter().find(|(known, _)| *known == lower).map(|(_, flag)| *flag);
        let number = flag.or_else(|| value.parse().ok()).unwrap_or(0);
        *wanted.entry(function.name().to_string()).or_insert(0) |= number;
    }
    wanted
}

fn running_version() -> KernelVersion {
    let release = crate::kernel::release();
    let mut parts = release.split('.').map(|part| part.parse().unwrap_or(0));
    KernelVersion::new(parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, rows) in [("skipped", &self.skipped), ("different", &self.causes)] {
            let mut rows: Vec<(&String, &Vec<String>)> = rows.iter().collect();
            rows.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
            for (cause, names) in rows {
                writeln!(f, "{title} {:5} {cause}: {}", names.len(), named(names))?;
            }
        }
        write!(f, "{}", self.speed)
    }
}
