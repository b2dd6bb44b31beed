//! What the model takes for programs at the verifier's limits: time and memory, beside the kernel's own time, and how soon it
//! stops when it is told to.

use std::cell::Cell;
use std::fs;
use std::time::{Duration, Instant};

use gobpf_assembly::text;
use gobpf_bpf::Object;
use gobpf_source::FileId;
use gobpf_verifier::{Dialect, Request, Unknown, Verdict, verify};

use crate::job::{Job, Verdict as Judged};
use crate::{kernel, sys};

/// The longest that it may take to stop.
pub const CANCEL_BUDGET: Duration = Duration::from_millis(5);
/// How often it is told to stop, each time at another moment.
const CANCELS: u32 = 20;

/// A program that kernels follow up to their limits.
struct Made {
    /// What it is like.
    name: &'static str,
    dialect: Dialect,
    code: fn() -> String,
}

const PROGRAMS: &[Made] = &[
    made("a loop without end in sight", || LOOP.into()),
    made("a branch a turn whose result is needed", || BRANCHES.into()),
    made("a full frame that changes each turn", frame),
    made("nested loops that call a function", || CALLS.into()),
    // Side paths record states, so that the loop's own history is never cut: 6.1 walks all of it back in each turn.
    Made { name: "a number needed each turn", dialect: Dialect::V6_1, code: || NEEDED.into() },
];

const fn made(name: &'static str, code: fn() -> String) -> Made {
    Made { name, dialect: Dialect::V6_18, code }
}

const LOOP: &str = "\
# kind: xdp
0: (b7) r6 = 0
1: (07) r6 += 1
2: (a5) if r6 < 0x7fffffff goto pc-2
3: (b7) r0 = 0
4: (95) exit
";

const BRANCHES: &str = "\
# kind: xdp
# map counts: array key=4 value=64 entries=1 data=\"\"
0: (b7) r6 = 0
1: (b7) r7 = 0
2: (85) call bpf_get_prandom_u32#7
3: (45) if r0 & 0x1 goto pc+1
4: (0f) r7 += r6
5: (07) r6 += 1
6: (a5) if r6 < 0xffff goto pc-5
7: (57) r7 &= 63
8: (18) r1 = map[counts][0]+0
10: (0f) r1 += r7
11: (71) r0 = *(u8 *)(r1 +0)
12: (b7) r0 = 0
13: (95) exit
";

const CALLS: &str = "\
# kind: xdp
0: (b7) r6 = 0
1: (b7) r7 = 0
2: (bf) r1 = r7
3: (85) call pc+6
4: (07) r7 += 1
5: (a5) if r7 < 0x400 goto pc-4
6: (07) r6 += 1
7: (a5) if r6 < 0x400 goto pc-7
8: (b7) r0 = 0
9: (95) exit
10: (7b) *(u64 *)(r10 -8) = r1
11: (79) r0 = *(u64 *)(r10 -8)
12: (95) exit
";

const NEEDED: &str = "\
# kind: xdp
0: (b7) r6 = 16777215
1: (85) call bpf_get_prandom_u32#7
2: (15) if r0 == 0x0 goto pc+5
3: (bf) r7 = r6
4: (35) if r7 >= 0x8 goto pc+1
5: (05) goto pc+0
6: (b7) r0 = 1
7: (95) exit
8: (07) r6 += 1
9: (55) if r6 != 0x3 goto pc-9
10: (b7) r0 = 0
11: (95) exit
";

/// Measures all programs.
///
/// # Errors
/// A program could not be read, or the process could not be looked at.
pub fn measure() -> Result<(String, bool), String> {
    let mut table = String::from(
        "program (kernel), verdict, our time, kernel's time, our memory, time to stop (worst of 20)\n",
    );
    let mut fits = true;
    for Made { name, dialect, code } in PROGRAMS {
        let program = text::parse(FileId(0), &code())
            .map_err(|errors| format!("{name}: {:?}", errors.first().map(|error| &error.message)))?;
        let row = Row::of(&program.object, *dialect)?;
        fits &= row.stop <= CANCEL_BUDGET;
        table += &format!("{name} ({dialect}): {row}\n");
    }
    table += &format!("budget: stopped within {CANCEL_BUDGET:?}: {}\n", if fits { "met" } else { "missed" });
    Ok((table, fits))
}

/// A loop that stores its counter into all slots of a frame.
fn frame() -> String {
    let mut code = String::from("# kind: xdp\n0: (b7) r6 = 0\n");
    let slots = 64;
    for slot in 1..=slots {
        code += &format!("{slot}: (7b) *(u64 *)(r10 -{}) = r6\n", slot * 8);
    }
    code += &format!("{}: (07) r6 += 1\n", slots + 1);
    code += &format!("{}: (a5) if r6 < 0xfffff goto pc-{}\n", slots + 2, slots + 2);
    code + &format!("{}: (b7) r0 = 0\n{}: (95) exit\n", slots + 3, slots + 4)
}

struct Row {
    verdict: String,
    time: Duration,
    /// Where the running kernel is of the dialect.
    kernel: Option<Duration>,
    kib: u64,
    stop: Duration,
    /// Of that, the longest time between two questions.
    gap: Duration,
    /// The worst by the clock, other processes included, from the question that was answered with yes.
    clock: Duration,
}

impl Row {
    fn of(object: &Object, dialect: Dialect) -> Result<Row, String> {
        let kernel = kernel::is_running(&dialect.to_string()).then(|| {
            let report = kernel::judge(&Job { brief: true, ..Job::of(object) });
            let time = report.verdicts.first().map_or(0, Judged::microseconds);
            Duration::from_micros(u64::from(time))
        });
        forget_peak()?;
        let before = memory("VmRSS:")?;
        let start = Instant::now();
        let verdict = verify(request(object, dialect, &|| false));
        let time = start.elapsed();
        let kib = memory("VmHWM:")?.saturating_sub(before);
        let turns = (0..CANCELS).map(|turn| time_to_stop(object, dialect, time * turn / CANCELS));
        let turns: Vec<Stopped> = turns.collect();
        let clock = turns.iter().map(|stopped| stopped.clock).max().unwrap_or_default();
        let Stopped { gap, stop, .. } = turns.into_iter().max_by_key(|one| one.stop).unwrap_or_default();
        let verdict = match verdict {
            Verdict::Accepted(statistics) => format!("accept processed={}", statistics.processed),
            Verdict::Rejected(rejection) => format!("reject {:?}", rejection.message),
            other => format!("{other:?}"),
        };
        Ok(Row { verdict, time, kernel, kib, stop, gap, clock })
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = self.kib as f64 / 1024.0;
        let Row { verdict, time, kernel, stop, gap, clock, .. } = self;
        let kernel = kernel.map_or_else(|| "-".to_owned(), |time| format!("{time:.1?}"));
        write!(f, "{verdict}, {time:.1?}, {kernel}, {mib:.1} MiB, ")?;
        write!(f, "{stop:.2?} (it asks after {gap:.2?}; by the clock, once asked, {clock:.2?})")
    }
}

fn request<'a>(object: &'a Object, dialect: Dialect, cancelled: &'a dyn Fn() -> bool) -> Request<'a> {
    Request {
        object,
        program: 0,
        dialect,
        kernel: &|| None,
        symbols: &gobpf_verifier::Symbols::default,
        processors: None,
        cancelled,
        states: None,
    }
}

/// How a judgement was stopped; zeros where it was done before.
#[derive(Default)]
struct Stopped {
    /// The longest time between two questions whether to stop.
    gap: Duration,
    /// The processor's time of the caller from a moment at which it may be told to stop, at worst just after it has asked,
    /// until it has its answer. What is freed by another thread after that doesn't count, and other processes don't.
    stop: Duration,
    /// From the answer to the question until the caller has its own, by the clock.
    clock: Duration,
}

/// Has a judgement stopped so long after it began.
fn time_to_stop(object: &Object, dialect: Dialect, after: Duration) -> Stopped {
    let start = sys::thread_time();
    let (asked, gap) = (Cell::new(start), Cell::new(Duration::ZERO));
    let clock = Cell::new(Instant::now());
    let told = || {
        let now = sys::thread_time();
        gap.set(gap.get().max(now - asked.replace(now)));
        clock.set(Instant::now());
        now - start > after
    };
    match verify(request(object, dialect, &told)) {
        Verdict::Unknown(Unknown::Cancelled) => {
            let clock = clock.get().elapsed();
            let stop = gap.get() + (sys::thread_time() - asked.get());
            Stopped { gap: gap.get(), stop, clock }
        }
        _ => Stopped::default(),
    }
}

/// Has the process's peak of memory begin anew.
fn forget_peak() -> Result<(), String> {
    fs::write("/proc/self/clear_refs", "5").map_err(|error| format!("/proc/self/clear_refs: {error}"))
}

/// A line of the process's status, in KiB.
fn memory(line: &str) -> Result<u64, String> {
    let status =
        fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc/self/status: {error}"))?;
    let found =
        status.lines().find_map(|one| one.strip_prefix(line)?.split_whitespace().next()?.parse().ok());
    found.ok_or_else(|| format!("no {line} in /proc/self/status"))
}
