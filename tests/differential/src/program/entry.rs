//! The kinds of programs: how each begins, gets its input, and is run by Go and by a kernel.

use gobpf_tests::hex::Hex;
use gobpf_tests::job::{Entry as MapEntry, Input, Job, Report, Run};
use gobpf_tests::sys::{NUMBERED_CALL, PROBE_MARK};

use super::decl::{PACKET, RUNS};
use super::r#gen::MARK;

/// A kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// On packets, which are the input and may be changed.
    Xdp,
    /// On the entry of a system call; the input is a value of a map, which may be changed.
    SysEnter,
    /// On its exit, in the same way.
    SysExit,
}

/// `NR` of the call.
const NUMBER: u32 = 252;
/// What it results in: its arguments are not valid.
const RESULT: i64 = -22;

impl Entry {
    /// That of a program's text.
    pub fn of(text: &str) -> Entry {
        match text {
            _ if text.contains("//bpf:section xdp") => Entry::Xdp,
            _ if text.contains("/sys_exit_") => Entry::SysExit,
            _ => Entry::SysEnter,
        }
    }

    /// The type of its context, in the SDK.
    pub fn context(self) -> &'static str {
        match self {
            Entry::Xdp => "XDP",
            Entry::SysEnter => "SysEnter",
            Entry::SysExit => "SysExit",
        }
    }

    /// Lines from the directive to where `p` is the input and `o` the words to write.
    pub fn head(self) -> Vec<String> {
        let text = match self {
            Entry::Xdp => format!(
                "//bpf:section xdp\n\
                 func Prog{MARK}(ctx *bpf.XDP) bpf.XDPAction {{\n\
                 \tp := ctx.Data()\n\
                 \tif len(p) < {PACKET} {{\n\
                 \t\treturn bpf.XDPPass\n\
                 \t}}\n\
                 \to := Out{MARK}.Lookup(uint32(p[0]))\n\
                 \tif o == nil {{\n\
                 \t\treturn bpf.XDPDrop\n\
                 \t}}"
            ),
            Entry::SysEnter => format!(
                "//bpf:section tracepoint/syscalls/sys_enter_{NUMBERED_CALL}\n\
                 func Prog{MARK}(ctx *bpf.SysEnter) int32 {{\n\
                 \tif uint32(ctx.Args[0]) != {PROBE_MARK} {{\n\
                 \t\treturn 0\n\
                 \t}}\n\
                 \tin := In{MARK}.Lookup(uint32(ctx.Args[1]))\n\
                 \tif in == nil {{\n\
                 \t\treturn 0\n\
                 \t}}\n\
                 \tp := in[:]\n\
                 \to := Out{MARK}.Lookup(uint32(p[0]))\n\
                 \tif o == nil {{\n\
                 \t\treturn 0\n\
                 \t}}"
            ),
            Entry::SysExit => format!(
                "//bpf:section tracepoint/syscalls/sys_exit_{NUMBERED_CALL}\n\
                 func Prog{MARK}(ctx *bpf.SysExit) int32 {{\n\
                 \tif ctx.Ret != {RESULT} {{\n\
                 \t\treturn 0\n\
                 \t}}\n\
                 \tin := In{MARK}.Lookup(turn{MARK})\n\
                 \tif in == nil {{\n\
                 \t\treturn 0\n\
                 \t}}\n\
                 \tturn{MARK}++\n\
                 \tp := in[:]\n\
                 \to := Out{MARK}.Lookup(uint32(p[0]))\n\
                 \tif o == nil {{\n\
                 \t\treturn 0\n\
                 \t}}"
            ),
        };
        text.lines().map(str::to_owned).collect()
    }

    /// The type of what it returns.
    pub fn result(self) -> &'static str {
        match self {
            Entry::Xdp => "bpf.XDPAction",
            Entry::SysEnter | Entry::SysExit => "int32",
        }
    }

    /// Declarations that it needs.
    pub fn declarations(self) -> String {
        match self {
            Entry::Xdp => String::new(),
            Entry::SysEnter => {
                format!("var In{MARK} = bpf.Array[[{PACKET}]byte]{{MaxEntries: {RUNS}}}\n\n")
            }
            // The exit of a call doesn't know its arguments.
            Entry::SysExit => {
                format!("{}var turn{MARK} uint32\n\n", Entry::SysEnter.declarations())
            }
        }
    }

    /// A Go statement that runs program `id` with `input`, a Go string, as run number `run`.
    pub fn call(self, id: usize, run: usize, input: &str) -> String {
        let words = format!("func() []uint64 {{ return Out_{id}.Lookup({run})[:] }}");
        match self {
            Entry::Xdp => format!(
                "\t{{\n\t\tpacket := []byte({input})\n\
                 \t\tcall(out, {id}, func() uint32 {{ return uint32(Prog_{id}(bpf.NewXDP(packet))) }}, packet, {words})\n\t}}\n"
            ),
            Entry::SysEnter | Entry::SysExit => format!(
                "\t{{\n\t\tinput := In_{id}.Lookup({run})[:]\n\t\tcopy(input, {input})\n\
                 \t\tctx := &bpf.{}\n\
                 \t\tcall(out, {id}, func() uint32 {{ Prog_{id}(ctx); return 0 }}, input, {words})\n\t}}\n",
                match self {
                    Entry::SysExit => format!("SysExit{{NR: {NUMBER}, Ret: {RESULT}}}"),
                    _ => format!("SysEnter{{NR: {NUMBER}, Args: [6]uint64{{{PROBE_MARK}, {run}}}}}"),
                }
            ),
        }
    }

    /// Puts the runs with these inputs into `job`.
    pub fn prepare(self, job: &mut Job, inputs: &[Vec<u8>]) {
        match self {
            Entry::Xdp => {
                job.runs.extend(inputs.iter().map(|data| {
                    let input = Input::Packet { data: Hex(data.clone()), repeat: 1 };
                    Run { program: 0, input }
                }));
            }
            Entry::SysEnter | Entry::SysExit => {
                let map = job.map("In").unwrap_or_default();
                job.entries.extend(inputs.iter().zip(0u32..).map(|(data, run)| {
                    let key = Hex(run.to_le_bytes().to_vec());
                    MapEntry { map, key, value: Hex(data.clone()) }
                }));
                let times = inputs.len() as u32;
                job.runs.push(Run {
                    program: 0,
                    input: Input::SystemCall { name: NUMBERED_CALL.to_owned(), times },
                });
            }
        }
    }

    /// What run number `run` gave in a kernel: its result, and the input afterwards.
    pub fn ran(self, job: &Job, report: &Report, run: usize) -> Result<(u32, Vec<u8>), String> {
        match self {
            Entry::Xdp => {
                let ran = report.ran.get(run).ok_or("it did not run")?;
                Ok((ran.result.clone()?, ran.data.0.clone()))
            }
            Entry::SysEnter | Entry::SysExit => {
                report.ran.first().ok_or("it did not run")?.result.clone()?;
                Ok((0, value(job, report, "In", run).unwrap_or_default()))
            }
        }
    }
}

/// The value of array `map` at `index` after the runs.
pub fn value(job: &Job, report: &Report, map: &str, index: usize) -> Option<Vec<u8>> {
    let map = job.map(map)?;
    let key = Hex((index as u32).to_le_bytes().to_vec());
    let entry = report.entries.iter().find(|entry| entry.map == map && entry.key == key)?;
    Some(entry.value.0.clone())
}
