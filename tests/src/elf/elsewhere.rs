//! Programs that the running kernel loads for nobody here, since they trace functions or are security hooks: a kernel in a
//! virtual machine judges them, and the model by that kernel's rules.

use std::path::Path;

use gobpf_bpf::{KernelVersion, Object};
use gobpf_btf::Btf;
use gobpf_object::Options;
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::elf::{ElfObject, settle};
use crate::image;
use crate::job::{Job, Report, Verdict};
use crate::vm;

/// The kernel that judges them.
pub const KERNEL: &str = "6.12";

/// What was being done when the kernel refused types.
const LOADING_TYPES: &str = "load BTF";

/// What model and kernel say to a program, or why the kernel can't be asked.
pub type Heard = Result<(Answer, Verdict), String>;

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

/// What model and kernel say to each; why not, where the kernel can't be asked. Where the kernel doesn't take the types, it
/// gets the program without, as from libbpf.
pub fn judge(waiting: &[Waiting], guest: &Path) -> Vec<Heard> {
    let mut objects: Vec<Object> = waiting.iter().map(|one| one.object.clone()).collect();
    let mut heard = ask(&objects, guest);
    let refused = |heard: &Heard| match heard {
        Ok((_, Verdict::Refused(refused))) => refused.doing == LOADING_TYPES,
        _ => false,
    };
    let again: Vec<usize> = (0..heard.len()).filter(|at| refused(&heard[*at])).collect();
    if !again.is_empty() {
        let objects: Vec<Object> =
            again.iter().map(|at| without_types(std::mem::take(&mut objects[*at]))).collect();
        for (at, answer) in again.into_iter().zip(ask(&objects, guest)) {
            heard[at] = answer;
        }
    }
    heard
}

fn ask(objects: &[Object], guest: &Path) -> Vec<Heard> {
    let job = |object: &Object| Job { brief: true, ..Job::of(object) }.without_unused_maps();
    let jobs: Vec<Job> = objects.iter().map(job).collect();
    let reports = vm::judge(KERNEL, guest, &jobs);
    let answer = |(object, report): (&Object, Result<Report, String>)| {
        let verdict = report?.verdicts.into_iter().next().ok_or("no answer")?;
        Ok((Answer::of_model(object, 0, Dialect::V6_12), verdict))
    };
    objects.iter().zip(reports).map(answer).collect()
}

fn without_types(mut object: Object) -> Object {
    object.btf = Btf::default();
    for map in &mut object.maps {
        (map.key, map.value) = (None, None);
    }
    for program in &mut object.programs {
        program.func = None;
        program.code.subprograms.iter_mut().for_each(|one| one.func = None);
    }
    object
}
