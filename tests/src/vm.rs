//! The oracle "vm": Debian's kernels in QEMU. One boot judges a whole batch of jobs.
//!
//! A kernel is found in the cache folder, where `cargo xtask vm` puts it. The guest is a program of this crate and
//! starts as the machine's first process, with the C library of the host beside it, so nothing is built for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::cpio::Archive;
use crate::job::{Job, Report};

/// Where the guest finds the jobs, one line of JSON each.
pub const GUEST_BATCH: &str = "/batch";
/// Where the guest writes the kernel's release and then the reports, one line of JSON each.
pub const GUEST_REPORTS: &str = "/dev/ttyS1";

/// The kernels that can be asked, as folders of the cache: Debian's 6.1 and 6.12 series.
pub const KERNELS: [&str; 2] = ["6.1", "6.12"];

/// The longest that a machine may work and say nothing, neither while it boots nor about a job: its processor's time, which
/// others may want as well.
const SILENCE: Duration = Duration::from_secs(240);
/// The longest that it may say nothing by the clock.
const LONG_SILENCE: Duration = Duration::from_secs(1200);
/// The longest that a machine may run, and what is added for each job.
const RUN: Duration = Duration::from_secs(600);
const RUN_OF_JOB: Duration = Duration::from_secs(2);
/// How many machines are started for a batch: another one for the rest after a job that got stuck.
const MOST_BOOTS: usize = 8;
/// Processors of the machine.
pub const PROCESSORS: u32 = 1;
/// Memory of the machine in MiB.
const MEMORY_MIB: u32 = 1024;

const QEMU: &str = "qemu-system-x86_64";
/// The processor. An emulated one copies and clears memory byte by byte where it has fast string operations (`erms`), and
/// the kernel clears what it allocates unless it is told not to: together they took eight times as long as verification
/// itself. The other features make walks of page tables longer, and changes between user and kernel space.
const PROCESSOR: &str = "max,-erms,-la57,-smap,-smep,-pcid";
const COMMAND_LINE: &str = "console=ttyS0 panic=-1 rdinit=/gobpf-guest lsm=landlock,lockdown,yama,bpf nokaslr \
    mitigations=off quiet tsc=unstable no_timer_check init_on_alloc=0 audit=0";

/// The folder of kernel images: `GOBPF_VM_DIR`, else `gobpf-vm` in the user's cache folder.
pub fn cache_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("GOBPF_VM_DIR") {
        return PathBuf::from(dir);
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
        home.join(".cache")
    });
    cache.join("gobpf-vm")
}

/// The image of `kernel` (one of [`KERNELS`]), or what is missing.
pub fn available(kernel: &str) -> Result<PathBuf, String> {
    let found = Command::new(QEMU).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        return Err(format!("{QEMU} is not installed"));
    }
    let image = cache_dir().join(kernel).join("vmlinuz");
    if image.is_file() {
        return Ok(image);
    }
    Err(format!("no image of kernel {kernel} in {}; `cargo xtask vm` fetches it", cache_dir().display()))
}

/// What a boot gave.
pub struct Judged {
    /// The release that the guest saw, such as `6.1.0-56-cloud-amd64`.
    pub release: String,
    /// One report for each job.
    pub reports: Vec<Report>,
}

/// Jobs for one boot of a kernel, which happens when the first report is asked for.
pub struct Batch {
    kernel: &'static str,
    guest: &'static Path,
    jobs: Vec<Job>,
    judged: OnceLock<Vec<Result<Report, String>>>,
}

impl Batch {
    /// A batch for `kernel`, one of [`KERNELS`].
    pub fn new(kernel: &'static str, guest: &'static Path, jobs: Vec<Job>) -> Arc<Batch> {
        Arc::new(Batch { kernel, guest, jobs, judged: OnceLock::new() })
    }

    /// The report of job number `index`.
    pub fn report(&self, index: usize) -> Result<&Report, String> {
        let judged = self.judged.get_or_init(|| judge(self.kernel, self.guest, &self.jobs));
        let report = judged.get(index).ok_or_else(|| format!("there is no job {index}"))?;
        report.as_ref().map_err(Clone::clone)
    }
}

/// Boots `kernel` and has it judge all `jobs`; `guest` is the program `gobpf-guest`. One answer for each job.
pub fn judge(kernel: &str, guest: &Path, jobs: &[Job]) -> Vec<Result<Report, String>> {
    let mut answers: Vec<Result<Report, String>> = Vec::new();
    if let Err(why) = available(kernel) {
        answers.resize(jobs.len(), Err(why));
        return answers;
    }
    let mut last = format!("kernel {kernel} got stuck {MOST_BOOTS} times in earlier jobs");
    for _ in 0..MOST_BOOTS {
        match judge_once(kernel, guest, &jobs[answers.len()..]) {
            Ok((reports, end)) => {
                answers.extend(reports.into_iter().map(Ok));
                if answers.len() >= jobs.len() {
                    return answers;
                }
                answers.push(Err(format!("kernel {kernel} got stuck in this job: {end}")));
            }
            // A machine that gets too little of the processor may not even start.
            Err(why) => last = why,
        }
    }
    answers.resize(jobs.len(), Err(last));
    answers
}

/// One boot: the reports that came, and how it ended.
fn judge_once(kernel: &str, guest: &Path, jobs: &[Job]) -> Result<(Vec<Report>, String), String> {
    let image = available(kernel)?;
    let work = tempfile::tempdir().map_err(|error| format!("temporary folder: {error}"))?;
    let initramfs = work.path().join("initramfs");
    let archive = pack(guest, jobs).map_err(|error| format!("packing the guest: {error}"))?;
    fs::write(&initramfs, archive).map_err(|error| format!("{}: {error}", initramfs.display()))?;
    let (console, reports) = (work.path().join("console"), work.path().join("reports"));
    let mut machine =
        boot(&image, &initramfs, &console, &reports).map_err(|error| format!("{QEMU}: {error}"))?;
    let end = wait(&mut machine, &reports, RUN + RUN_OF_JOB * jobs.len() as u32);
    let read = |path: &Path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = read(&reports).unwrap_or_default();
    let end = format!("it {end}; its console ends:\n{}", tail(&read(&console).unwrap_or_default(), 20));
    let mut lines = text.lines();
    let Some(release) = lines.next() else {
        return Err(format!("kernel {kernel} never started the guest: {end}"));
    };
    if !crate::kernel::is_of(release, kernel) {
        return Err(format!("the image of kernel {kernel} is a {release}"));
    }
    Ok((lines.map_while(|line| serde_json::from_str(line).ok()).collect(), end))
}

fn boot(image: &Path, initramfs: &Path, console: &Path, reports: &Path) -> io::Result<Child> {
    Command::new(QEMU)
        .args([
            "-accel",
            "tcg,thread=multi",
            "-cpu",
            PROCESSOR,
            "-smp",
            &PROCESSORS.to_string(),
            "-m",
            &MEMORY_MIB.to_string(),
        ])
        .args(["-display", "none", "-monitor", "none", "-nodefaults", "-no-user-config", "-no-reboot"])
        .args(["-append", COMMAND_LINE])
        .arg("-kernel")
        .arg(image)
        .arg("-initrd")
        .arg(initramfs)
        .arg("-serial")
        .arg(format!("file:{}", console.display()))
        .arg("-serial")
        .arg(format!("file:{}", reports.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
}

/// Waits for the machine to switch itself off, or ends it when nothing is added to `reports` any more; says which.
fn wait(machine: &mut Child, reports: &Path, most: Duration) -> String {
    let start = Instant::now();
    let (mut length, mut heard, mut worked) = (0, start, Duration::ZERO);
    loop {
        let now = fs::metadata(reports).map_or(0, |metadata| metadata.len());
        let work = processor_time(machine.id());
        if now != length {
            (length, heard, worked) = (now, Instant::now(), work);
        }
        let is_silent = work.saturating_sub(worked) > SILENCE || heard.elapsed() > LONG_SILENCE;
        match machine.try_wait() {
            Ok(Some(status)) => return format!("ended ({status})"),
            Ok(None) if !is_silent && start.elapsed() < most => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(None) | Err(_) => {
                let _ = machine.kill();
                let _ = machine.wait();
                return format!("was stopped after {} seconds", start.elapsed().as_secs());
            }
        }
    }
}

/// The processor's time that all threads of process `pid` have had, as far as that can be read.
fn processor_time(pid: u32) -> Duration {
    /// In a second (`USER_HZ`).
    const TICKS: u64 = 100;
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in parentheses, may have spaces; `utime` and `stime` are the 12th and 13th word behind it.
    let words = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = words.skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// The first file system: the guest, the shared libraries that it wants, mount points and the batch.
fn pack(guest: &Path, jobs: &[Job]) -> io::Result<Vec<u8>> {
    let mut archive = Archive::default();
    for directory in ["dev", "proc", "sys", "tmp"] {
        archive.directory(directory);
    }
    archive.file("gobpf-guest", &fs::read(guest)?);
    for library in shared_libraries(guest)? {
        archive.file(library.trim_start_matches('/'), &fs::read(&library)?);
    }
    let mut batch = Vec::new();
    for job in jobs {
        serde_json::to_writer(&mut batch, job)?;
        batch.push(b'\n');
    }
    archive.file(GUEST_BATCH.trim_start_matches('/'), &batch);
    Ok(archive.finish())
}

/// Absolute paths of the libraries that `program` is linked with, the loader included.
fn shared_libraries(program: &Path) -> io::Result<Vec<String>> {
    let listed = Command::new("ldd").arg(program).output()?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let words = text.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    Ok(words.map(str::to_string).collect())
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
