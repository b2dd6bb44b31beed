//! Programs that the running kernel loads for nobody here, since they trace functions or are security hooks: a kernel in a
//! virtual machine judges them, and the model by that kernel's rules.

use std::path::Path;

use gobpf_bpf::{KernelVersion, Object};
use gobpf_object::Options;
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::elf::{ElfObject, settle};
use crate::image;
use crate::job::{Job, Verdict};
use crate::vm;

/// The kernel that judges them.
pub const KERNEL: &str = "6.12";

/// A program that waits for it.
#[derive(Debug)]
pub struct Waiting {
    /// Object and program.
    pub name: String,
    /// The kind of its section.
    pub target: String,
    object: Object,
}

impl Waiting {
    /// The program `program` of `elf`, linked for that kernel, with more `flags`.
    pub fn of(elf: &ElfObject, program: &str, target: &str, flags: u32) -> Option<Waiting> {
        let types = image::types(KERNEL);
        let options = Options { kernel: types.as_deref(), version: KernelVersion::new(6, 12), config: None };
        let mut object = gobpf_object::read(&elf.bytes, options).ok()?.object;
        object.maps.iter_mut().for_each(settle::map);
        object.programs.retain(|one| one.name == program);
        object.programs.first_mut()?.flags |= flags;
        Some(Waiting { name: format!("{}: {program}", elf.name), target: target.into(), object })
    }
}

/// What model and kernel say to each; why not, where the kernel can't be asked.
pub fn judge(waiting: &[Waiting], guest: &Path) -> Vec<Result<(Answer, Verdict), String>> {
    let job = |one: &Waiting| Job { brief: true, ..Job::of(&one.object) }.without_unused_maps();
    let jobs: Vec<Job> = waiting.iter().map(job).collect();
    let reports = vm::judge(KERNEL, guest, &jobs);
    let answer = |(one, report): (&Waiting, Result<crate::job::Report, String>)| {
        let verdict = report?.verdicts.into_iter().next().ok_or("no answer")?;
        Ok((Answer::of_model(&one.object, 0, Dialect::V6_12), verdict))
    };
    waiting.iter().zip(reports).map(answer).collect()
}
