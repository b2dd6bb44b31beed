//! The kernel verifier's model: an abstract interpreter of instructions that answers what the kernel would.
//!
//! It judges a [`gobpf_bpf::Object`] and knows nothing of Go, HIR or IR. Loading is taken to be privileged.
//!
//! The way of a question: [`checks`](self) of the instructions as such, then of the control-flow graph, then
//! exploration of every path, where each instruction's transfer function changes the state or finds a fault; faults
//! are data, and the wording room turns them into the kernel's text and ours.

mod bounds;
mod checks;
mod dialect;
mod explore;
mod fault;
mod path;
mod print;
// The kernel's enumerations are whole; some members belong to what is still unknown (arenas, interrupt flags).
#[allow(dead_code)]
mod state;
mod tnum;
mod transfer;
mod verdict;
mod wording;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use gobpf_bpf::tables::ProgramKind;
use gobpf_bpf::{Object, Program};
use gobpf_btf::KernelBtf;

pub use dialect::Dialect;
pub use verdict::{Category, Reach, Rejection, Statistics, Step, Unknown, Verdict};

use checks::encoding::{self, Load};
use checks::flow::{self, Callees, Point};
use checks::functions::{self, Found, Function};
use checks::records::Records;
use checks::variables::Kernel;
use checks::{dead_code, extension, global, helpers, hooks, kfuncs, load, variables};
use dialect::Rules;
use explore::{Machine, Sources};
use fault::{Checked, ExceptionFault, Fault, LoadFault, ObjectFault, Stop};
use state::{Kind, Reg, State};

/// Takes an instruction's slot and the state before it, as printed.
pub type StateSink<'a> = &'a mut dyn FnMut(u32, &str);

/// Gives the types of the kernel, if there are any.
pub type KernelSource<'a> = &'a dyn Fn() -> Option<Arc<KernelBtf>>;

/// Says what the kernel lists.
pub type SymbolSource<'a> = &'a dyn Fn() -> Symbols;

/// What a kernel lists with its address.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Symbols {
    /// Functions and variables (`CONFIG_KALLSYMS_ALL`), as distributions' kernels do.
    #[default]
    All,
    /// Functions alone: addresses of variables can't be loaded.
    Functions,
}

/// Processors that a kernel for x86-64 may have at most.
const MAX_PROCESSORS: u32 = 8192;

/// One question: what would this kernel say to this program?
pub struct Request<'a> {
    /// The object; maps and their contents are taken as declared.
    pub object: &'a Object,
    /// Index into `object.programs`.
    pub program: usize,
    /// Whose rules.
    pub dialect: Dialect,
    /// The types of the kernel, asked for when a rule needs them; without, such programs are [`Unknown::KernelTypes`].
    pub kernel: KernelSource<'a>,
    /// What the kernel finds by its name, asked for when a program loads an address of it.
    pub symbols: SymbolSource<'a>,
    /// How many processors the kernel may have at most (`nr_cpu_ids`), which bounds the number of the present one; the most
    /// that any kernel has where it isn't known.
    pub processors: Option<u32>,
    /// Asked now and then; `true` ends the work with [`Unknown::Cancelled`].
    pub cancelled: &'a dyn Fn() -> bool,
    /// Gets the state before each instruction as the dialect prints it, in the order of exploration.
    pub states: Option<StateSink<'a>>,
}

/// Who looks on while paths are followed.
pub(crate) struct Watch<'a> {
    pub states: Option<StateSink<'a>>,
}

/// What is known of a program before any path is followed.
pub(crate) struct Prepared {
    pub loads: Vec<Option<Load>>,
    pub points: Vec<Point>,
    pub functions: Vec<Function>,
    /// Names of the kernel's functions that it calls, by slot.
    pub kfuncs: kfuncs::Names,
    pub records: Arc<Records>,
}

/// Judges one program.
pub fn verify(request: Request<'_>) -> Verdict {
    let rules = request.dialect.rules();
    let Some(program) = request.object.programs.get(request.program) else {
        return Verdict::Unknown(Unknown::Feature("a program that the object does not have".into()));
    };
    let insns = &program.code.insns;
    if insns.is_empty() || insns.len() > explore::MAX_PROCESSED as usize {
        let why = format!("a program has 1 to {} instructions", explore::MAX_PROCESSED);
        return Verdict::Refused { errno: "E2BIG", why };
    }
    if let Some(lacks) = &program.lacks {
        return Verdict::Unknown(Unknown::Feature(lacks.clone()));
    }
    if let Some(why) = extension::refusal(program) {
        return Verdict::Refused { errno: "EINVAL", why: why.into() };
    }
    if let Some(why) = load::refused_map(request.object, program, rules) {
        return Verdict::Refused { errno: "EINVAL", why };
    }
    if let Some(name) = kfuncs::missing(request.object, program, request.kernel) {
        let why = format!("the kernel has no function {name}");
        return Verdict::Refused { errno: "ESRCH", why };
    }
    if let Some(name) = variables::missing(request.object, program, request.kernel) {
        let why = format!("the kernel has no variable or function {name}");
        return Verdict::Refused { errno: "ESRCH", why };
    }
    if let Some(name) = hooks::missing(program, request.kernel) {
        let why = format!("the kernel has no hook {name}");
        return Verdict::Refused { errno: "ESRCH", why };
    }
    if let Some(why) = load::refusal(program, rules) {
        return Verdict::Refused { errno: "EINVAL", why };
    }
    let kernel = Kernel { types: request.kernel, symbols: request.symbols, rules };
    let prepared = match prepare(request.object, program, kernel) {
        Ok(prepared) => prepared,
        Err((insn, stop)) => return stopped(insn, stop, Vec::new(), rules),
    };
    let sources = Sources {
        kernel: request.kernel,
        cancelled: request.cancelled,
        processors: request.processors.unwrap_or(MAX_PROCESSORS),
    };
    let followed = extension::followed(program);
    let mut machine = Machine::new(request.object, &followed, rules, prepared, sources);
    let mut watch = Watch { states: request.states };
    match extension::check(&machine, program).and_then(|()| judge(&mut machine, program.kind, &mut watch)) {
        Ok(()) => Verdict::Accepted(machine.statistics()),
        Err(stop) => {
            let path = match &stop {
                Stop::Fault(fault) => path::of(&machine, fault),
                Stop::Unknown(_) => Vec::new(),
            };
            let insn = machine.insn;
            if stop == Stop::Unknown(Unknown::Cancelled) {
                machine.abandon();
            }
            stopped(insn, stop, path, rules)
        }
    }
}

/// Follows the program and the global functions that it calls.
fn judge(m: &mut Machine<'_>, kind: ProgramKind, watch: &mut Watch<'_>) -> Checked {
    if m.rules.globals_first {
        for index in 1..m.functions.len() {
            judge_function(m, index, watch)?;
        }
    }
    let start = if kind == ProgramKind::EXT {
        global::start(m, 0)?
    } else {
        let mut start = State::start(0, 0);
        *start.top.reg_mut(1) = Reg::pointer(Kind::CONTEXT);
        start
    };
    m.run(start, 0, watch)?;
    let mut more = !m.rules.globals_first;
    while std::mem::take(&mut more) {
        for index in 1..m.functions.len() {
            if m.functions[index].called {
                more |= judge_function(m, index, watch)?;
            }
        }
    }
    // No instruction is looked at any more.
    m.insn = 0;
    functions::check_stack_depth(m)?;
    dead_code::check(m)
}

/// Follows a global function for any arguments of its types, once.
fn judge_function(m: &mut Machine<'_>, index: usize, watch: &mut Watch<'_>) -> Checked<bool> {
    if !m.functions[index].global || std::mem::replace(&mut m.functions[index].verified, true) {
        return Ok(false);
    }
    // What is wrong with its types is found at no instruction.
    m.insn = 0;
    let start = global::start(m, index)?;
    let insn = m.functions[index].start;
    m.run(start, insn, watch)?;
    Ok(true)
}

fn prepare(object: &Object, program: &Program, source: Kernel<'_>) -> encoding::Located<Prepared> {
    let Kernel { types: kernel, rules, .. } = source;
    let insns = &program.code.insns;
    let Found { mut functions, kfuncs } = functions::find(object, program, kernel, rules)?;
    let at_start = |stop: Stop| (0, stop);
    load::check_functions(object, program, &functions).map_err(at_start)?;
    if rules.dialect == Dialect::V6_1 {
        load::check_attach(object, program, kernel, rules).map_err(at_start)?;
    }
    let records = Records::new(object, kernel, rules);
    let loads = encoding::resolve(object, program, &records, source)?;
    let sleeps =
        |slot: u32| kfuncs::sleeps(program, &kfuncs, slot, rules) || helpers::sleeps(program, slot, rules);
    let callees = Callees { kfuncs: &kfuncs, sleeps: &sleeps };
    let points = flow::check(insns, &mut functions, callees, rules)?;
    if rules.dialect != Dialect::V6_1 {
        load::check_attach(object, program, kernel, rules).map_err(at_start)?;
    }
    Ok(Prepared { loads, points, functions, kfuncs, records: Arc::new(records) })
}

fn stopped(insn: u32, stop: Stop, path: Vec<Step>, rules: &Rules) -> Verdict {
    match stop {
        Stop::Unknown(unknown) => Verdict::Unknown(unknown),
        Stop::Fault(fault) => {
            let insn = match fault {
                Fault::EndlessLoop { insn } | Fault::Object(ObjectFault::ThrowInCallback { insn, .. }) => {
                    insn
                }
                Fault::Load(LoadFault::Exception(ExceptionFault::Called { insn })) => insn,
                Fault::NoFunction { insn } if rules.dialect == Dialect::V6_18 => insn,
                _ => insn,
            };
            let wording::Explanation { category, reason, suggestion } = wording::explain(&fault);
            Verdict::Rejected(Box::new(Rejection {
                insn,
                message: wording::message(&fault, rules.dialect),
                category,
                reason,
                path,
                suggestion: suggestion.into(),
            }))
        }
    }
}
