//! What the model takes for programs at the verifier's limits: time and memory, beside the kernel's own time, and how soon it
//! stops when it is told to.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gobpf_assembly::text;
use gobpf_bpf::Object;
use gobpf_source::FileId;
use gobpf_verifier::{Dialect, Request, Unknown, Verdict, verify};

use crate::job::{Job, Verdict as Judged};
use crate::kernel;

/// The longest that it may take to stop.
pub const CANCEL_BUDGET: Duration = Duration::from_millis(5);
/// How often it is told to stop, each time at another moment.
const CANCELS: u32 = 20;

/// Programs that kernels follow up to their limits: what they are like, and their instructions.
const PROGRAMS: &[(&str, &str)] = &[
    ("a loop without end in sight", LOOP),
    ("a branch a turn whose result is needed", BRANCHES),
    ("a full frame that changes each turn", FRAME),
    ("nested loops that call a function", CALLS),
];

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
3: (85) call pc+7
4: (07) r7 += 1
5: (a5) if r7 < 0x400 goto pc-4
6: (07) r6 += 1
7: (a5) if r6 < 0x400 goto pc-7
8: (b7) r0 = 0
9: (95) exit
10: (95) exit
11: (7b) *(u64 *)(r10 -8) = r1
12: (79) r0 = *(u64 *)(r10 -8)
13: (95) exit
";

/// Written at each turn, one after the other: slots of the frame.
const FRAME: &str = "";

/// Measures all programs.
///
/// # Errors
/// A program could not be read, or the process could not be looked at.
pub fn measure() -> Result<(String, bool), String> {
    let mut table =
        String::from("program, verdict, our time, kernel's time, our memory, time to stop (worst of 20)\n");
    let mut fits = true;
    for (name, code) in PROGRAMS {
        let code = if code.is_empty() { frame() } else { (*code).to_string() };
        let program = text::parse(FileId(0), &code)
            .map_err(|errors| format!("{name}: {:?}", errors.first().map(|error| &error.message)))?;
        let row = Row::of(&program.object)?;
        fits &= row.stop <= CANCEL_BUDGET;
        table += &format!("{name}: {row}\n");
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
    kernel: Duration,
    kib: u64,
    stop: Duration,
}

impl Row {
    fn of(object: &Object) -> Result<Row, String> {
        let report = kernel::judge(&Job { brief: true, ..Job::of(object) });
        let kernel = report.verdicts.first().map_or(0, Judged::microseconds);
        forget_peak()?;
        let before = memory("VmRSS:")?;
        let start = Instant::now();
        let verdict = verify(request(object, &|| false));
        let time = start.elapsed();
        let kib = memory("VmHWM:")?.saturating_sub(before);
        let mut stop = Duration::ZERO;
        for turn in 0..CANCELS {
            stop = stop.max(time_to_stop(object, time * turn / CANCELS));
        }
        let verdict = match verdict {
            Verdict::Accepted(statistics) => format!("accept processed={}", statistics.processed),
            Verdict::Rejected(rejection) => format!("reject {:?}", rejection.message),
            other => format!("{other:?}"),
        };
        Ok(Row { verdict, time, kernel: Duration::from_micros(u64::from(kernel)), kib, stop })
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = self.kib as f64 / 1024.0;
        let Row { verdict, time, kernel, stop, .. } = self;
        write!(f, "{verdict}, {time:.1?}, {kernel:.1?}, {mib:.1} MiB, {stop:.2?}")
    }
}

fn request<'a>(object: &'a Object, cancelled: &'a dyn Fn() -> bool) -> Request<'a> {
    Request { object, program: 0, dialect: Dialect::V6_18, kernel: &|| None, cancelled, states: None }
}

/// How long it takes to stop when it is told to so long after it began; zero where it is done before.
fn time_to_stop(object: &Object, after: Duration) -> Duration {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let verdict = verify(request(object, &|| stop.load(Ordering::Relaxed)));
            (verdict, Instant::now())
        });
        std::thread::sleep(after);
        let told = Instant::now();
        stop.store(true, Ordering::Relaxed);
        match worker.join() {
            Ok((Verdict::Unknown(Unknown::Cancelled), stopped)) => stopped.saturating_duration_since(told),
            _ => Duration::ZERO,
        }
    })
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
