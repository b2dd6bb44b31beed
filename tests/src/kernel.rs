//! The oracle "kernel": the running kernel loads, judges and runs a [`Job`]. The guest of a virtual machine uses the same
//! code.
//!
//! The verdict comes from a load that logs nothing but statistics; a full log can be longer than any buffer, and would
//! turn an accepted program into ENOSPC. The text comes from a second load, with a buffer that grows.

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use gobpf_bpf::insn::{Insn, Reg, SourceOperand, Width};
use gobpf_bpf::tables::ProgramKind;

use crate::hex::Hex;
use crate::job::{Entry, Input, Job, MapSpec, ProgramSpec, Ran, Refused, Rejected, Report, Run, Verdict};
use crate::kernel_btf;
use crate::log;
use crate::sys;
use crate::trace::{self, TracePipe};

/// First size of the buffer for a full log.
const LOG_BYTES_FIRST: usize = 1 << 18;
/// Largest size of the buffer for a full log; what is longer is cut.
const LOG_BYTES_MOST: usize = 1 << 26;
/// Size of the buffer for a log of statistics.
const STATISTICS_BYTES: usize = 1 << 16;
/// Size of the buffer where only the end of a log is wanted.
const LOG_BYTES_END: usize = 1 << 16;
/// The first kernel that keeps the end of a log that is too long, not its start.
const KEEPS_END_SINCE: (u32, u32) = (6, 4);
/// The verifier's words when it gives up.
const TOO_LARGE: &str = "BPF program is too large";
/// Programs that are followed for more instructions than this have long logs, which take the kernel far more time than
/// the verdict: where reports are brief, one in so many of them is asked for the place.
const LONG: u32 = 512;
const ASKED_OF_LONG: u32 = 8;
/// How often a load is tried that the kernel interrupts with EAGAIN.
const LOAD_ATTEMPTS: usize = 5;

/// Programs that replace functions of others.
const EXTENSION: u32 = ProgramKind::EXT.0;
/// Map kinds with one value a processor.
const PER_PROCESSOR_KINDS: [u32; 4] = [5, 6, 10, 21];
/// Map kinds whose entries can be walked by key.
const WALKABLE_KINDS: [u32; 6] = [1, 2, 5, 6, 9, 10];

/// The release of the running kernel, such as `6.18.44`.
pub fn release() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_string()
}

/// Whether the running kernel is one of `series`, such as `6.18`.
pub fn is_running(series: &str) -> bool {
    is_of(&release(), series)
}

/// Whether a kernel's release is one of `series`.
pub fn is_of(release: &str, series: &str) -> bool {
    release.strip_prefix(series).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether this process may load programs: an error says why not.
pub fn available() -> Result<(), String> {
    let insns = [0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]; // r0 = 0; exit
    let program = ProgramSpec { kind: 5, insns: Hex(insns.to_vec()), ..ProgramSpec::default() };
    let job = Job { license: "GPL".into(), programs: vec![program], ..Job::default() };
    match judge(&job).verdicts.first() {
        Some(Verdict::Accepted(_)) => Ok(()),
        Some(other) => Err(format!("the running kernel loads no tracepoint program: {}", other.summary())),
        None => Err("the running kernel says nothing".into()),
    }
}

/// Loads, judges and runs `job` in the running kernel.
pub fn judge(job: &Job) -> Report {
    let (types, maps) = match LoadedMap::create_all(job) {
        Ok(loaded) => loaded,
        Err(refused) => {
            let verdicts = job.programs.iter().map(|_| Verdict::Refused(refused.clone())).collect();
            return Report { verdicts, pid: std::process::id(), ..Report::default() };
        }
    };
    let (verdicts, programs): (Vec<_>, Vec<_>) = job
        .programs
        .iter()
        .map(|program| load(job, program, relocate(program, &maps), types.as_ref()))
        .unzip();
    let mut trace = Vec::new();
    let ran = if job.trace {
        let traced = TracePipe::collect(|| run_all(job, &programs));
        traced.map_or_else(
            |why| job.runs.iter().map(|_| Ran::failed(why.clone())).collect(),
            |(ran, lines)| {
                trace = lines;
                ran
            },
        )
    } else {
        run_all(job, &programs)
    };
    let entries = if job.brief && job.runs.is_empty() { Vec::new() } else { entries(&maps) };
    Report { verdicts, ran, entries, trace, pid: std::process::id() }
}

/// The same in a process of its own, `guest` being the program `gobpf-guest`.
pub fn judge_apart(guest: &Path, job: &Job) -> Result<Report, String> {
    let mut reports = judge_all_apart(guest, std::slice::from_ref(job));
    reports.pop().unwrap_or_else(|| Err(format!("{} says nothing", guest.display())))
}

/// Several jobs in a process of their own; where it ends before it has answered, another one takes those that follow.
pub fn judge_all_apart(guest: &Path, jobs: &[Job]) -> Vec<Result<Report, String>> {
    let mut answers = Vec::new();
    while answers.len() < jobs.len() {
        match judge_in_process(guest, &jobs[answers.len()..]) {
            Ok((reports, end)) => {
                answers.extend(reports.into_iter().map(Ok));
                if answers.len() < jobs.len() {
                    answers.push(Err(format!("{}: {end}", guest.display())));
                }
            }
            Err(why) => answers.resize(jobs.len(), Err(format!("{}: {why}", guest.display()))),
        }
    }
    answers
}

/// The reports that a process gave, one for each job from the first one on, and how it ended.
fn judge_in_process(guest: &Path, jobs: &[Job]) -> io::Result<(Vec<Report>, String)> {
    let mut child = Command::new(guest).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // What is written is read while reports come: pipes hold little.
        scope.spawn(move || {
            let Some(mut stdin) = stdin else { return };
            for job in jobs {
                let Ok(mut line) = serde_json::to_vec(job) else { break };
                line.push(b'\n');
                if stdin.write_all(&line).is_err() {
                    break; // it ended before
                }
            }
        });
        child.wait_with_output()
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let reports: Vec<Report> =
        text.lines().take(jobs.len()).map_while(|line| serde_json::from_str(line).ok()).collect();
    let rest = text.lines().nth(reports.len()).unwrap_or_default();
    Ok((reports, format!("{} {rest}", output.status)))
}

fn run_all(job: &Job, programs: &[Option<OwnedFd>]) -> Vec<Ran> {
    // All processes' numbered calls run what is attached to them. A job that is traced has its turn already.
    let numbered =
        |run: &Run| matches!(&run.input, Input::SystemCall { name, .. } if name == sys::NUMBERED_CALL);
    let _turn = (!job.trace && job.runs.iter().any(numbered)).then(trace::Turn::wait);
    let run = |run: &Run| {
        let index = run.program as usize;
        match (programs.get(index), job.programs.get(index)) {
            (Some(Some(fd)), Some(spec)) => run_one(fd.as_fd(), spec, &run.input),
            _ => Ran::failed("it is not loaded".into()),
        }
    };
    job.runs.iter().map(run).collect()
}

fn run_one(program: BorrowedFd<'_>, spec: &ProgramSpec, input: &Input) -> Ran {
    match input {
        Input::Packet { data, repeat } => match sys::test_run(program, &data.0, *repeat) {
            Ok(ran) => Ran { result: Ok(ran.result), data: Hex(ran.data), nanoseconds: ran.nanoseconds },
            Err(error) => Ran::failed(format!("test_run: {}", errno_name(&error))),
        },
        Input::SystemCall { name, times } => {
            let Some(target) = spec.section.strip_prefix("tracepoint/") else {
                return Ran::failed(format!("`{}` is no tracepoint", spec.section));
            };
            let result = trace::attach_tracepoint(program, target).and_then(|_attached| {
                (0..*times)
                    .try_for_each(|turn| sys::probe_call(name, turn))
                    .map_err(|error| format!("{name}: {error}"))
            });
            Ran { result: result.map(|()| 0), data: Hex::default(), nanoseconds: 0 }
        }
    }
}

/// All entries of the maps that can be walked, sorted.
fn entries(maps: &[LoadedMap]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, map) in maps.iter().enumerate() {
        if !WALKABLE_KINDS.contains(&map.spec.kind) {
            continue;
        }
        let mut key: Option<Vec<u8>> = None;
        // Entries can come and go while they are walked: never more turns than the map has room for.
        for _ in 0..map.spec.max_entries {
            let Ok(Some(next)) = sys::map_next_key(map.fd.as_fd(), map.sizes, key.as_deref()) else { break };
            if let Ok(value) = sys::map_lookup(map.fd.as_fd(), map.sizes, &next) {
                entries.push(Entry { map: index as u32, key: Hex(next.clone()), value: Hex(value) });
            }
            key = Some(next);
        }
    }
    entries.sort();
    entries
}

/// A map in the kernel; it goes when it is dropped.
struct LoadedMap {
    fd: OwnedFd,
    spec: MapSpec,
    sizes: sys::Sizes,
}

impl LoadedMap {
    /// Creates the maps of `job`, fills them, and freezes those that want it; the job's types stand beside them.
    fn create_all(job: &Job) -> Result<(Option<OwnedFd>, Vec<LoadedMap>), Refused> {
        let btf = load_btf(&job.btf).map_err(refused(|| "load BTF".into()))?;
        let types = btf.as_ref().map(AsFd::as_fd);
        let create = |map: &MapSpec| LoadedMap::create(map, job, types);
        let maps = job.maps.iter().map(create).collect::<Result<Vec<_>, _>>()?;
        for entry in &job.entries {
            let Some(map) = maps.get(entry.map as usize) else { continue };
            map.put(entry).map_err(refused(|| format!("fill map {}", map.spec.name)))?;
        }
        for map in maps.iter().filter(|map| map.spec.frozen) {
            sys::map_freeze(map.fd.as_fd()).map_err(refused(|| format!("freeze map {}", map.spec.name)))?;
        }
        Ok((btf, maps))
    }

    /// Creates a map; what maps in it are like is created first, and goes again.
    fn create(spec: &MapSpec, job: &Job, types: Option<BorrowedFd<'_>>) -> Result<LoadedMap, Refused> {
        let inner = match spec.inner.and_then(|inner| job.maps.get(inner as usize)) {
            Some(inner) if inner.inner.is_none() => Some(LoadedMap::create(inner, job, types)?),
            _ => None,
        };
        let create = sys::MapCreate {
            kind: spec.kind,
            key_size: spec.key_size,
            value_size: spec.value_size,
            max_entries: spec.max_entries,
            flags: spec.flags,
            name: &spec.name,
            extra: spec.extra,
            inner: inner.as_ref().map(|inner| inner.fd.as_fd()),
            types: types.filter(|_| spec.key_type != 0 || spec.value_type != 0),
            key_type: spec.key_type,
            value_type: spec.value_type,
        };
        let fd = sys::map_create(&create).map_err(refused(|| format!("create map {}", spec.name)))?;
        let value = spec.value_size as usize;
        let per_processor = PER_PROCESSOR_KINDS.contains(&spec.kind);
        let value = if per_processor { value.next_multiple_of(8) * possible_processors() } else { value };
        let sizes = sys::Sizes { key: spec.key_size as usize, value };
        Ok(LoadedMap { fd, spec: spec.clone(), sizes })
    }

    fn put(&self, entry: &Entry) -> io::Result<()> {
        let mut value = entry.value.0.clone();
        if PER_PROCESSOR_KINDS.contains(&self.spec.kind) {
            value.resize(value.len().next_multiple_of(8), 0);
            value = value.repeat(possible_processors());
        }
        sys::map_update(self.fd.as_fd(), self.sizes, &entry.key.0, &value)
    }
}

/// The instructions with descriptors in place of the relocations.
fn relocate(program: &ProgramSpec, maps: &[LoadedMap]) -> Vec<u8> {
    let mut insns = program.insns.0.clone();
    for relocation in &program.relocations {
        let at = relocation.slot as usize * 8;
        let (Some(slots), Some(map)) = (insns.get_mut(at..at + 16), maps.get(relocation.map as usize)) else {
            continue;
        };
        let pseudo = if relocation.value_offset.is_some() { 2 } else { 1 }; // BPF_PSEUDO_MAP_VALUE, _MAP_FD
        slots[1] = (slots[1] & 0x0f) | (pseudo << 4);
        slots[4..8].copy_from_slice(&map.fd.as_raw_fd().to_le_bytes());
        slots[12..16].copy_from_slice(&relocation.value_offset.unwrap_or(0).to_le_bytes());
    }
    insns
}

/// Loads a program; `types` are the job's, in the kernel: to the verifier, types are the same only where they were given to
/// the kernel at once.
fn load(
    job: &Job,
    program: &ProgramSpec,
    mut insns: Vec<u8>,
    types: Option<&OwnedFd>,
) -> (Verdict, Option<OwnedFd>) {
    let refuse = |errno: String, doing: String| (Verdict::Refused(Refused { errno, doing }), None);
    let Some((attach, target)) = kernel_btf::hook(program) else {
        return refuse("ESRCH".into(), format!("find {}", program.hook.clone().unwrap_or_default()));
    };
    if let Err(name) = kernel_btf::fill(program, &mut insns) {
        return refuse("ESRCH".into(), format!("find {name}"));
    }
    let own = if program.btf == job.btf { Ok(None) } else { load_btf(&program.btf) };
    let btf = match &own {
        Ok(own) if program.btf == job.btf => own.as_ref().or(types),
        Ok(own) => own.as_ref(),
        Err(error) => return refuse(errno_name(error), "load BTF".into()),
    };
    let functions: Vec<[u32; 2]> = program.functions.iter().map(|(slot, ty)| [*slot, *ty]).collect();
    let replaced = match load_replaced(program, btf.map(AsFd::as_fd)) {
        Ok(replaced) => replaced,
        Err(error) => return refuse(errno_name(&error), "load what is replaced".into()),
    };
    let spec = sys::ProgramLoad {
        kind: program.kind,
        insns: &insns,
        license: &job.license,
        name: &program.name,
        log_level: 0,
        attach,
        flags: program.flags,
        target: replaced.as_ref().map_or(target, |(_, function)| *function),
        replaced: replaced.as_ref().map(|(fd, _)| fd.as_fd()),
        btf: btf.map(AsFd::as_fd),
        functions: &functions,
    };
    judge_load(job, &spec)
}

/// Loads the program that `program` replaces, where it is an extension: one with a main function of the same prototype that
/// does nothing. With it, the number of that function among the types.
fn load_replaced(program: &ProgramSpec, btf: Option<BorrowedFd<'_>>) -> io::Result<Option<(OwnedFd, u32)>> {
    if program.kind == EXTENSION && program.replaces.is_none() {
        // No loader can know what it is for.
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let (Some((kind, attach)), Some((_, function)), EXTENSION) =
        (program.replaces, program.functions.first(), program.kind)
    else {
        return Ok(None);
    };
    let insns = [Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(0)), Insn::exit()];
    let spec = sys::ProgramLoad {
        kind,
        insns: &insns.map(Insn::encode).concat(),
        license: "GPL",
        name: "replaced",
        log_level: 0,
        attach,
        flags: 0,
        target: 0,
        replaced: None,
        btf,
        functions: &[[0, *function]],
    };
    Ok(Some((sys::program_load(&spec, &mut [])?, *function)))
}

/// Types in the kernel; none where there are none.
fn load_btf(btf: &Hex) -> io::Result<Option<OwnedFd>> {
    if btf.0.is_empty() { Ok(None) } else { sys::btf_load(&btf.0).map(Some) }
}

fn judge_load(job: &Job, spec: &sys::ProgramLoad<'_>) -> (Verdict, Option<OwnedFd>) {
    let (mut loaded, mut statistics) = load_with_log(spec, 4, STATISTICS_BYTES);
    if loaded.is_err() && statistics.is_empty() {
        // Something else was in the way now and then, such as processors' counters that were busy.
        (loaded, statistics) = load_with_log(spec, 4, STATISTICS_BYTES);
    }
    match loaded {
        Ok(program) => {
            let mut accepted = log::statistics(&statistics);
            if job.log {
                accepted.log = load_with_log(spec, 2, LOG_BYTES_FIRST).1;
            }
            (Verdict::Accepted(accepted), Some(program))
        }
        Err(error) if statistics.is_empty() => {
            (Verdict::Refused(Refused { errno: errno_name(&error), doing: "load".into() }), None)
        }
        Err(error) => {
            let brief = log::rejection(&statistics, String::new());
            if error.raw_os_error() == Some(libc::ENOMEM) && brief.message.is_empty() {
                // States that fill the kernel's memory would all be printed.
                return (Verdict::Rejected(brief), None);
            }
            if job.brief && (statistics.contains(TOO_LARGE) || is_spared(spec.insns, &brief)) {
                // A log of a million instructions takes its time.
                return (Verdict::Rejected(brief), None);
            }
            // Level 1 keeps only the path that fails; level 2 would print every path and every state.
            let full = if job.brief && keeps_end() {
                let mut buffer = vec![0; LOG_BYTES_END];
                let _ = sys::program_load(&sys::ProgramLoad { log_level: 1, ..*spec }, &mut buffer);
                log::text(&buffer)
            } else {
                load_with_log(spec, 1, LOG_BYTES_FIRST).1
            };
            let mut rejected = log::rejection(&statistics, full);
            if job.brief {
                rejected.log = String::new();
            }
            (Verdict::Rejected(rejected), None)
        }
    }
}

/// Whether the place of a rejection is not asked for, since the program is long: its bytes decide. Words of several lines
/// can only be told from others in the whole log.
fn is_spared(insns: &[u8], rejected: &Rejected) -> bool {
    let sum = insns.iter().fold(0, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    rejected.processed > LONG && !rejected.message.contains('\n') && (sum >> 8) % ASKED_OF_LONG != 0
}

/// Loads with a log of `level`; the buffer starts with `bytes` and grows for as long as the kernel finds it too small.
fn load_with_log(spec: &sys::ProgramLoad<'_>, level: u32, bytes: usize) -> (io::Result<OwnedFd>, String) {
    let spec = sys::ProgramLoad { log_level: level, ..*spec };
    let mut buffer = vec![0; bytes];
    let mut attempts = 1;
    loop {
        buffer[0] = 0;
        let result = sys::program_load(&spec, &mut buffer);
        match result.as_ref().err().and_then(io::Error::raw_os_error) {
            Some(libc::ENOSPC) if buffer.len() < LOG_BYTES_MOST => buffer.resize(buffer.len() * 4, 0),
            Some(libc::EAGAIN) if attempts < LOAD_ATTEMPTS => attempts += 1,
            _ => return (result, log::text(&buffer)),
        }
    }
}

/// Whether a log that is longer than its buffer loses its start, so that its end can be had with a small one.
fn keeps_end() -> bool {
    static KEEPS: OnceLock<bool> = OnceLock::new();
    *KEEPS.get_or_init(|| {
        let release = release();
        let mut numbers = release.split('.').map(|number| number.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= KEEPS_END_SINCE
    })
}

fn possible_processors() -> usize {
    let text = fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    let last = text.trim().rsplit(['-', ',']).next().and_then(|last| last.parse::<usize>().ok());
    last.map_or(1, |last| last + 1)
}

fn refused(doing: impl Fn() -> String) -> impl Fn(io::Error) -> Refused {
    move |error| Refused { errno: errno_name(&error), doing: doing() }
}

impl Ran {
    fn failed(why: String) -> Ran {
        Ran { result: Err(why), data: Hex::default(), nanoseconds: 0 }
    }
}

/// The kernel's name of an error number, such as `EINVAL`.
pub fn errno_name(error: &io::Error) -> String {
    const NAMES: &[(i32, &str)] = &[
        (libc::EPERM, "EPERM"),
        (libc::ENOENT, "ENOENT"),
        (libc::E2BIG, "E2BIG"),
        (libc::EBADF, "EBADF"),
        (libc::EAGAIN, "EAGAIN"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::EACCES, "EACCES"),
        (libc::EFAULT, "EFAULT"),
        (libc::EBUSY, "EBUSY"),
        (libc::EEXIST, "EEXIST"),
        (libc::EINVAL, "EINVAL"),
        (libc::ENOSPC, "ENOSPC"),
        (libc::ENOSYS, "ENOSYS"),
        (libc::EOPNOTSUPP, "EOPNOTSUPP"),
        (524, "ENOTSUPP"), // inside the kernel only, and still seen from bpf(2)
    ];
    let number = error.raw_os_error().unwrap_or(0);
    match NAMES.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => (*name).to_string(),
        None => error.to_string(),
    }
}
