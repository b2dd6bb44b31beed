//! System calls that the standard library doesn't have: bpf(2), perf_event_open(2), mount(2), reboot(2).
//!
//! The only module with `unsafe`: every function here takes slices and descriptors that live through the call, checks
//! their lengths against what the kernel will read or write, and returns plain values.
//! Attribute layouts are those of `union bpf_attr` and `struct perf_event_attr` in the kernel's user headers.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// `union bpf_attr`, filled by byte offset; larger than any kernel's, with zeros where the kernel wants zeros.
struct Attr([u8; 160]);

impl Attr {
    fn new() -> Attr {
        Attr([0; 160])
    }

    fn u32(mut self, offset: usize, value: u32) -> Attr {
        self.0[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        self
    }

    fn u64(mut self, offset: usize, value: u64) -> Attr {
        self.0[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        self
    }

    fn fd(self, offset: usize, fd: BorrowedFd<'_>) -> Attr {
        self.u32(offset, fd.as_raw_fd() as u32)
    }

    fn bytes(self, offset: usize, bytes: &[u8]) -> Attr {
        self.u64(offset, bytes.as_ptr() as u64)
    }

    fn bytes_mut(self, offset: usize, bytes: &mut [u8]) -> Attr {
        self.u64(offset, bytes.as_mut_ptr() as u64)
    }

    /// An object name: what the kernel's rules allow of `name`, cut to 15 bytes.
    fn name(mut self, offset: usize, name: &str) -> Attr {
        let allowed = name.bytes().filter(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte));
        for (index, byte) in allowed.take(15).enumerate() {
            self.0[offset + index] = byte;
        }
        self
    }

    fn read_u32(&self, offset: usize) -> u32 {
        let bytes = &self.0[offset..offset + 4];
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    /// `bpf(command, self)`.
    ///
    /// # Safety
    /// The pointers in the attribute must be valid for what `command` reads and writes.
    unsafe fn call(&mut self, command: libc::c_int) -> io::Result<libc::c_long> {
        // SAFETY: the attribute is a live buffer of the length given; its pointers are the caller's promise.
        let result = unsafe { libc::syscall(libc::SYS_bpf, command, self.0.as_mut_ptr(), self.0.len()) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
    }

    /// The same for a command that returns a new descriptor.
    ///
    /// # Safety
    /// As for [`Attr::call`].
    unsafe fn open(&mut self, command: libc::c_int) -> io::Result<OwnedFd> {
        // SAFETY: a non-negative result of these commands is a descriptor that nobody else owns.
        unsafe { self.call(command).map(|fd| OwnedFd::from_raw_fd(fd as i32)) }
    }
}

/// What `BPF_MAP_CREATE` wants.
pub struct MapCreate<'a> {
    /// `enum bpf_map_type`.
    pub kind: u32,
    /// Bytes.
    pub key_size: u32,
    /// Bytes.
    pub value_size: u32,
    /// Number of entries.
    pub max_entries: u32,
    /// `BPF_F_*`.
    pub flags: u32,
    /// Its name.
    pub name: &'a str,
    /// `map_extra`.
    pub extra: u64,
    /// What maps in it are like.
    pub inner: Option<BorrowedFd<'a>>,
    /// Where the types of key and value are.
    pub types: Option<BorrowedFd<'a>>,
    /// Type of a key; 0 for none.
    pub key_type: u32,
    /// Type of a value; 0 for none.
    pub value_type: u32,
}

/// Creates a map.
pub fn map_create(spec: &MapCreate<'_>) -> io::Result<OwnedFd> {
    let attr = Attr::new().u32(0, spec.kind).u32(4, spec.key_size).u32(8, spec.value_size);
    let mut attr = attr.u32(12, spec.max_entries).u32(16, spec.flags).name(28, spec.name).u64(64, spec.extra);
    if let Some(inner) = spec.inner {
        attr = attr.fd(20, inner);
    }
    if let Some(types) = spec.types {
        attr = attr.fd(48, types).u32(52, spec.key_type).u32(56, spec.value_type);
    }
    // SAFETY: this command follows no pointers of ours.
    unsafe { attr.open(0) }
}

/// Sizes of a map's key and of its value as user space sees it, in bytes: the length of the buffers of each call.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Of a key.
    pub key: usize,
    /// Of a value; for per-processor kinds the padded copies of all possible processors.
    pub value: usize,
}

fn check(bytes: &[u8], wanted: usize) -> io::Result<()> {
    if bytes.len() == wanted {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} bytes given, {wanted} wanted", bytes.len())))
}

/// The value of `key`, or `ENOENT`.
pub fn map_lookup(map: BorrowedFd<'_>, sizes: Sizes, key: &[u8]) -> io::Result<Vec<u8>> {
    check(key, sizes.key)?;
    let mut value = vec![0; sizes.value];
    let mut attr = Attr::new().fd(0, map).bytes(8, key).bytes_mut(16, &mut value);
    // SAFETY: both buffers have the sizes that the map was created with.
    unsafe { attr.call(1)? };
    Ok(value)
}

/// Sets the value of `key`.
pub fn map_update(map: BorrowedFd<'_>, sizes: Sizes, key: &[u8], value: &[u8]) -> io::Result<()> {
    check(key, sizes.key)?;
    check(value, sizes.value)?;
    let mut attr = Attr::new().fd(0, map).bytes(8, key).bytes(16, value);
    // SAFETY: both buffers have the sizes that the map was created with.
    unsafe { attr.call(2).map(drop) }
}

/// The key after `key`, the first without; `None` at the end.
pub fn map_next_key(map: BorrowedFd<'_>, sizes: Sizes, key: Option<&[u8]>) -> io::Result<Option<Vec<u8>>> {
    let mut attr = Attr::new().fd(0, map);
    if let Some(key) = key {
        check(key, sizes.key)?;
        attr = attr.bytes(8, key);
    }
    let mut next = vec![0; sizes.key];
    let mut attr = attr.bytes_mut(16, &mut next);
    // SAFETY: both buffers have the key size that the map was created with.
    match unsafe { attr.call(4) } {
        Ok(_) => Ok(Some(next)),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Forbids user space to write to the map from now on.
pub fn map_freeze(map: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: no pointers.
    unsafe { Attr::new().fd(0, map).call(22).map(drop) }
}

/// What `BPF_PROG_LOAD` wants.
#[derive(Clone, Copy)]
pub struct ProgramLoad<'a> {
    /// `enum bpf_prog_type`.
    pub kind: u32,
    /// Slots of 8 bytes.
    pub insns: &'a [u8],
    /// Such as `GPL`.
    pub license: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Bits 1 and 2: the log with instructions and states; bit 4: statistics; 0: no log.
    pub log_level: u32,
    /// `enum bpf_attach_type`.
    pub attach: u32,
    /// `BPF_F_*`.
    pub flags: u32,
    /// The number of what it is for in the kernel's BTF, or in that of `replaced`; 0 for none.
    pub target: u32,
    /// The program that it replaces a function of.
    pub replaced: Option<BorrowedFd<'a>>,
    /// Types of its functions.
    pub btf: Option<BorrowedFd<'a>>,
    /// First slot and type of each function.
    pub functions: &'a [[u32; 2]],
}

/// Loads a program; `log` is filled with NUL-terminated text.
pub fn program_load(spec: &ProgramLoad<'_>, log: &mut [u8]) -> io::Result<OwnedFd> {
    let license = CString::new(spec.license)?;
    let count = (spec.insns.len() / 8) as u32;
    let attr = Attr::new().u32(0, spec.kind).u32(4, count).bytes(8, spec.insns);
    let attr = attr.bytes(16, license.as_bytes_with_nul()).u32(44, spec.flags).name(48, spec.name);
    let mut attr = attr.u32(68, spec.attach).u32(108, spec.target);
    if let Some(replaced) = spec.replaced {
        attr = attr.fd(112, replaced);
    }
    if let Some(btf) = spec.btf {
        attr = attr.fd(72, btf).u32(76, 8).u64(80, spec.functions.as_ptr() as u64);
        attr = attr.u32(88, spec.functions.len() as u32);
    }
    if spec.log_level != 0 {
        attr = attr.u32(24, spec.log_level).u32(28, log.len() as u32).bytes_mut(32, log);
    }
    // SAFETY: instructions, licence, functions and log are live buffers of the lengths given.
    unsafe { attr.open(5) }
}

/// Gives BTF to the kernel.
pub fn btf_load(btf: &[u8]) -> io::Result<OwnedFd> {
    let mut attr = Attr::new().bytes(0, btf).u32(16, btf.len() as u32);
    // SAFETY: the types are a live buffer of the length given.
    unsafe { attr.open(18) }
}

/// What `BPF_PROG_TEST_RUN` gives.
pub struct TestRun {
    /// The program's result.
    pub result: u32,
    /// The packet afterwards.
    pub data: Vec<u8>,
    /// Nanoseconds of a run, the mean of all.
    pub nanoseconds: u32,
}

/// Runs a program on a packet.
pub fn test_run(program: BorrowedFd<'_>, data: &[u8], repeat: u32) -> io::Result<TestRun> {
    let mut output = vec![0; data.len() + 512]; // programs may put headers in front
    let attr = Attr::new().fd(0, program).u32(8, data.len() as u32).u32(12, output.len() as u32);
    let mut attr = attr.bytes(16, data).bytes_mut(24, &mut output).u32(32, repeat);
    // SAFETY: input and output are live buffers of the lengths given.
    unsafe { attr.call(10)? };
    output.truncate(attr.read_u32(12) as usize);
    Ok(TestRun { result: attr.read_u32(4), data: output, nanoseconds: attr.read_u32(36) })
}

/// Opens the tracepoint with identifier `id` (from tracefs) for all tasks on processor 0.
pub fn open_tracepoint(id: u64) -> io::Result<OwnedFd> {
    let mut attr = [0u8; 128]; // struct perf_event_attr
    attr[0..4].copy_from_slice(&2u32.to_le_bytes()); // type: PERF_TYPE_TRACEPOINT
    attr[4..8].copy_from_slice(&128u32.to_le_bytes()); // size
    attr[8..16].copy_from_slice(&id.to_le_bytes()); // config
    attr[16..24].copy_from_slice(&1u64.to_le_bytes()); // sample_period
    // SAFETY: the attribute is a live buffer that carries its own size; a result that is no error is a new descriptor.
    unsafe {
        let fd =
            libc::syscall(libc::SYS_perf_event_open, attr.as_ptr(), -1, 0, -1, 8 /* close on exec */);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd as i32)) }
    }
}

/// Attaches a program to a perf event until the link is closed.
pub fn link_perf_event(program: BorrowedFd<'_>, event: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut attr = Attr::new().fd(0, program).fd(4, event).u32(8, 41); // BPF_PERF_EVENT
    // SAFETY: no pointers; both descriptors are open.
    unsafe { attr.open(28) }
}

/// Mounts file system `kind` on `target`.
pub fn mount(kind: &str, target: &str) -> io::Result<()> {
    let (kind, target) = (CString::new(kind)?, CString::new(target)?);
    // SAFETY: the strings live through the call; no data is passed.
    let result = unsafe { libc::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), 0, std::ptr::null()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Switches the machine off. Only the guest calls it, as the first process of a virtual machine.
pub fn power_off() -> io::Error {
    // SAFETY: no pointers.
    unsafe {
        libc::sync();
        libc::reboot(libc::RB_POWER_OFF);
    }
    io::Error::last_os_error()
}

/// System calls that tests make to have a tracepoint fire; none changes anything.
const PROBE_CALLS: &[(&str, libc::c_long)] = &[
    ("openat", libc::SYS_openat),
    ("getppid", libc::SYS_getppid),
    ("getuid", libc::SYS_getuid),
    ("sched_yield", libc::SYS_sched_yield),
    (NUMBERED_CALL, libc::SYS_ioprio_get),
];

/// A call that nobody makes, and that fails: its arguments are [`PROBE_MARK`] and the number of the call.
pub const NUMBERED_CALL: &str = "ioprio_get";
/// The first argument of a [`NUMBERED_CALL`].
pub const PROBE_MARK: u32 = 0x0060_bf0f;

/// Makes the system call `name`, one of a few harmless ones, for the `turn`th time.
pub fn probe_call(name: &str, turn: u32) -> io::Result<()> {
    let Some((_, number)) = PROBE_CALLS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = PROBE_CALLS.iter().map(|(known, _)| *known).collect();
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("not one of {}", names.join(", "))));
    };
    if name == NUMBERED_CALL {
        // SAFETY: no pointers.
        unsafe { libc::syscall(*number, PROBE_MARK, turn) };
        return Ok(());
    }
    // SAFETY: the path is a live string that only openat looks at, which gets read-only flags and opens a folder.
    unsafe {
        let result =
            libc::syscall(*number, libc::AT_FDCWD, c"/".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC, 0);
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        if *number == libc::SYS_openat {
            drop(OwnedFd::from_raw_fd(result as i32));
        }
    }
    Ok(())
}

/// The processor's time that this thread has had.
pub fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a live structure to write to; the clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Sends `signal` to process `pid`.
pub fn kill(pid: u32, signal: i32) -> io::Result<()> {
    // SAFETY: no pointers.
    let result = unsafe { libc::kill(pid as libc::pid_t, signal) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Waits until `fd` can be read, at most `milliseconds`; false when the time is over.
pub fn wait_readable(fd: BorrowedFd<'_>, milliseconds: i32) -> io::Result<bool> {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one live entry.
    let count = unsafe { libc::poll(&mut poll, 1, milliseconds) };
    if count < 0 { Err(io::Error::last_os_error()) } else { Ok(count > 0) }
}
