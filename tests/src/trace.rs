//! Attaching to tracepoints and reading the kernel's trace output, which is one for the whole machine and consuming:
//! tests that read it take turns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::sys;

/// Where the kernel describes its tracepoints.
pub const TRACEFS: &str = "/sys/kernel/tracing";
/// How long a line may take from the trace marker to the trace pipe.
const MARKER_LIMIT: Duration = Duration::from_secs(20);

/// The turn to read the trace output, until it is dropped.
pub struct Turn {
    _lock: File,
}

/// The trace pipe, held alone until it is dropped.
pub struct TracePipe {
    pipe: File,
    seen: String,
    _turn: Turn,
}

/// Mounts tracefs and the BPF file system where they are missing.
pub fn mount_file_systems() -> io::Result<()> {
    if !Path::new(TRACEFS).join("events").exists() {
        sys::mount("tracefs", TRACEFS)?;
    }
    // An empty folder is one without the file system, or an empty file system: a second mount does no harm.
    let bpffs = "/sys/fs/bpf";
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    if !mounts.lines().any(|line| line.split(' ').nth(1) == Some(bpffs)) {
        sys::mount("bpf", bpffs)?;
    }
    Ok(())
}

/// A program attached to a tracepoint; detached when dropped.
pub struct Attached {
    _link: OwnedFd,
    _event: OwnedFd,
}

/// Attaches to tracepoint `target`, such as `syscalls/sys_enter_openat`. It fires for all tasks of the machine.
pub fn attach_tracepoint(program: BorrowedFd<'_>, target: &str) -> Result<Attached, String> {
    mount_file_systems().map_err(|error| format!("mount tracefs: {error}"))?;
    let id = Path::new(TRACEFS).join("events").join(target).join("id");
    let text = fs::read_to_string(&id).map_err(|error| format!("{}: {error}", id.display()))?;
    let id: u64 = text.trim().parse().map_err(|_| format!("`{text}` is no tracepoint number"))?;
    let event = sys::open_tracepoint(id).map_err(|error| format!("perf_event_open: {error}"))?;
    let link = sys::link_perf_event(program, event.as_fd())
        .map_err(|error| format!("attach to {target}: {error}"))?;
    Ok(Attached { _link: link, _event: event })
}

impl Turn {
    /// Mounts what is needed, and waits until nobody else reads the trace output.
    pub fn wait() -> Result<Turn, String> {
        mount_file_systems().map_err(|error| format!("mount tracefs: {error}"))?;
        let path = std::env::temp_dir().join("gobpf-trace-pipe.lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = lock.and_then(|lock| lock.lock().map(|()| lock));
        Ok(Turn { _lock: lock.map_err(|error| format!("{}: {error}", path.display()))? })
    }
}

impl TracePipe {
    /// Waits for the turn, opens the pipe and throws away what others left in it.
    pub fn open() -> Result<TracePipe, String> {
        let turn = Turn::wait()?;
        let path = Path::new(TRACEFS).join("trace_pipe");
        let pipe = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut pipe = TracePipe { pipe, seen: String::new(), _turn: turn };
        while pipe.read_some(Duration::ZERO) {}
        pipe.seen.clear();
        Ok(pipe)
    }

    /// Does `work` and gives the lines that programs printed meanwhile.
    pub fn collect<T>(work: impl FnOnce() -> T) -> Result<(T, Vec<String>), String> {
        let mut pipe = TracePipe::open()?;
        let result = work();
        // Lines come out in the order of their times: when the marker is read, so is all that was printed before.
        let end = format!("gobpf end of {}", std::process::id());
        let marker = Path::new(TRACEFS).join("trace_marker");
        fs::write(&marker, &end).map_err(|error| format!("{}: {error}", marker.display()))?;
        pipe.wait_for(|line| line.ends_with(&end), MARKER_LIMIT)?;
        let printed = |line: &str| line.split_once("bpf_trace_printk: ").map(|(_, text)| text.to_string());
        Ok((result, pipe.seen.lines().filter_map(printed).collect()))
    }

    /// Reads until a line contains what `wanted` looks for; an error with all that was read when the time is over.
    pub fn wait_for(&mut self, wanted: impl Fn(&str) -> bool, limit: Duration) -> Result<(), String> {
        let start = Instant::now();
        loop {
            if self.seen.lines().any(&wanted) {
                return Ok(());
            }
            let Some(left) = limit.checked_sub(start.elapsed()) else {
                return Err(format!("trace output after {} seconds:\n{}", limit.as_secs(), self.seen));
            };
            self.read_some(left);
        }
    }

    /// Reads what comes within `limit`; false when nothing comes.
    fn read_some(&mut self, limit: Duration) -> bool {
        let ready = sys::wait_readable(self.pipe.as_fd(), limit.as_millis().min(1000) as i32);
        if !ready.unwrap_or(false) {
            return false;
        }
        let mut buffer = [0; 4096];
        match self.pipe.read(&mut buffer) {
            Ok(count) if count > 0 => {
                self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
                true
            }
            _ => false,
        }
    }
}
