//! The kernels that random programs are given to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gobpf_bpf::Object;

use crate::answer::Answer;
use crate::danger::{crashes, endangers};
use crate::job::{Job, Report};
use crate::{kernel, vm};

/// Programs of a job of the running kernel: each of those accepted keeps a descriptor until the end of it.
const PROGRAMS_LIVE: usize = 100;
/// Programs of a job of a virtual machine: it may not be silent for long, and a program of a million steps takes half a
/// minute there.
const PROGRAMS_VM: usize = 1;

/// A kernel's answer, and how long its verifier took.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The answer.
    pub answer: Answer,
    /// Microseconds of verification, as the kernel measures; 0 where it says nothing.
    pub microseconds: u32,
}

/// A kernel that is asked.
pub enum Judge {
    /// The running one, asked in processes of their own: where its verifier crashes, it takes the process with it.
    Live {
        /// The program `gobpf-guest`.
        guest: PathBuf,
    },
    /// One of [`vm::KERNELS`].
    Vm {
        /// Which.
        kernel: &'static str,
        /// The program `gobpf-guest`.
        guest: PathBuf,
    },
}

impl Judge {
    /// Whether it may be asked about a program: some make the running kernel's verifier write where it must not.
    pub fn may_judge(&self, object: &Object) -> bool {
        match self {
            Judge::Live { .. } => !endangers(object),
            Judge::Vm { .. } => !crashes(object),
        }
    }

    /// The answers to `objects`, of one program each, which have their maps in common; none to one that the kernel got stuck
    /// at or crashed on, and to those that were asked together with it.
    ///
    /// # Errors
    /// The kernel could not be asked.
    pub fn judge(&self, objects: &[Object]) -> Result<Vec<Option<Judged>>, String> {
        if !objects.iter().all(|object| self.may_judge(object)) {
            return Err("a program that the running kernel must not be asked about".into());
        }
        // Programs with types of their own have maps of their own, whose values are of these types.
        let mut groups: BTreeMap<(&str, Option<usize>), Vec<usize>> = BTreeMap::new();
        for (index, object) in objects.iter().enumerate() {
            let has_types = object.programs.iter().any(|program| program.func.is_some());
            groups.entry((&object.license, has_types.then_some(index))).or_default().push(index);
        }
        let most = match self {
            Judge::Live { .. } => PROGRAMS_LIVE,
            Judge::Vm { .. } => PROGRAMS_VM,
        };
        let lots: Vec<&[usize]> = groups.values().flat_map(|indices| indices.chunks(most)).collect();
        let jobs: Vec<Job> = lots.iter().map(|lot| job(objects, lot)).collect();
        let mut answers = vec![None; objects.len()];
        let mut failure = None;
        for (lot, report) in lots.iter().zip(self.reports(&jobs)) {
            match report {
                Ok(report) => {
                    for (index, verdict) in lot.iter().zip(report.verdicts) {
                        let (answer, microseconds) = (Answer::of_kernel(&verdict), verdict.microseconds());
                        answers[*index] = Some(Judged { answer, microseconds });
                    }
                }
                Err(why) => failure = Some(why),
            }
        }
        match failure {
            Some(why) if answers.iter().all(Option::is_none) => Err(why),
            _ => Ok(answers),
        }
    }

    fn reports(&self, jobs: &[Job]) -> Vec<Result<Report, String>> {
        match self {
            Judge::Live { guest } => kernel::judge_all_apart(guest, jobs),
            Judge::Vm { kernel, guest } => vm::judge(kernel, guest, jobs),
        }
    }
}

fn job(objects: &[Object], lot: &[usize]) -> Job {
    let mut job = lot.first().map(|first| Job::of(&objects[*first])).unwrap_or_default();
    job.programs = lot.iter().flat_map(|index| Job::of(&objects[*index]).programs).collect();
    job.brief = true;
    job.with_own_maps_of_programs().without_unused_maps()
}
