//! What kernel code uses in place of native functions and types that come to mind first.

/// By package, name (`*` for all others of the package), and what to use.
const INSTEAD: &[(&str, &str, &str)] = &[
    ("fmt", "Errorf", STATUS),
    ("fmt", "Sprintf", TEXT),
    ("fmt", "Sprint", TEXT),
    ("fmt", "Sprintln", TEXT),
    ("fmt", "*", PRINT),
    ("log", "*", PRINT),
    ("log/slog", "*", PRINT),
    ("errors", "*", STATUS),
    ("strings", "Builder", TEXT),
    ("bytes", "Buffer", TEXT),
    ("strconv", "*", TEXT),
    ("time", "Now", "bpf.KtimeGetNs gives the nanoseconds since the machine was started"),
    ("time", "Since", "take the difference of two results of bpf.KtimeGetNs"),
    ("time", "Sleep", "a program can't wait: keep in a map what a later one needs"),
    ("os", "Getpid", "bpf.GetCurrentPidTgid gives the process id in its upper half"),
    ("os", "Getuid", "bpf.GetCurrentUidGid gives the user id in its lower half"),
    ("os", "Getgid", "bpf.GetCurrentUidGid gives the group id in its upper half"),
    ("os", "Getenv", CHOSEN),
    ("os", "LookupEnv", CHOSEN),
    ("os", "Args", CHOSEN),
    ("os", "Exit", "return from the program's function"),
    ("flag", "*", CHOSEN),
    ("math/rand", "*", RANDOM),
    ("math/rand/v2", "*", RANDOM),
    ("sync", "*", "programs run on several processors at once: use sync/atomic, or a map for each processor"),
    ("sort", "*", "package slices has Sort for slices of ordered elements"),
    ("encoding/binary", "Read", FIELDS),
    ("encoding/binary", "Write", FIELDS),
    ("net", "*", ADDRESS),
    ("net/netip", "*", ADDRESS),
];

const PRINT: &str =
    "bpf.TracePrintk prints to the trace pipe; what a native program is to read goes through a ring buffer";
const STATUS: &str = "return a bool, or a number of a type of your own with a constant for each outcome";
const TEXT: &str = "texts are made in native code: send their parts through a ring buffer, or print them with bpf.TracePrintk";
const CHOSEN: &str = "a package variable of type bpf.Const is chosen when the program is loaded";
const RANDOM: &str = "bpf.GetPrandomU32 gives a random number";
const FIELDS: &str = "read field by field, with binary.BigEndian.Uint16 and the like";
const ADDRESS: &str =
    "compare addresses as [4]byte and [16]byte, or as numbers that binary.BigEndian.Uint32 gives";

/// What to use in place of `name` of the package `path`.
pub(super) fn of(path: &str, name: &str) -> Option<&'static str> {
    let named = |wanted: &str| {
        let row = INSTEAD.iter().find(|(package, known, _)| *package == path && *known == wanted);
        row.map(|(_, _, instead)| *instead)
    };
    named(name).or_else(|| named("*"))
}
