//! A Go file of a given size, for measures: programs of several kinds that parse packets, count and trace.

use std::fmt::Write as _;

/// A file, and the places in it where a number can be replaced.
pub struct Source {
    /// The text.
    pub text: String,
    /// The line of each number that may be edited, from 0, with its first column and its length.
    pub numbers: Vec<(usize, usize, usize)>,
}

/// The number that edits replace.
const NUMBER: &str = "7777777";

/// A file of about `lines` lines with `programs` programs.
pub fn generate(lines: usize, programs: usize) -> Source {
    let mut text = String::from(
        "// Programs of several kinds.\npackage probe\n\nimport \"github.com/miekg/bpf\"\n\n\
         // Flow is what packets have in common.\ntype Flow struct {\n\tSource, Target uint32\n\tFrom, To uint16\n\
         \tProtocol uint8\n}\n\n\
         // Totals counts one flow.\ntype Totals struct {\n\tPackets, Bytes uint64\n}\n\n\
         var (\n\tflows = bpf.Hash[Flow, Totals]{MaxEntries: 4096}\n\
         \tcalls = bpf.Hash[uint32, uint64]{MaxEntries: 1024}\n)\n\n\
         func be16(p []byte, at int) uint16 {\n\treturn uint16(p[at])<<8 | uint16(p[at+1])\n}\n\n\
         func be32(p []byte, at int) uint32 {\n\treturn uint32(be16(p, at))<<16 | uint32(be16(p, at+2))\n}\n\n\
         func (t *Totals) add(bytes uint64) {\n\tt.Packets++\n\tt.Bytes += bytes\n}\n",
    );
    let head = text.lines().count();
    let each = (lines - head) / programs;
    for number in 0..programs {
        if number % 2 == 0 {
            packets(&mut text, number)
        } else {
            syscalls(&mut text, number)
        }
        // What is left is filled with steps of a computation.
        let mut steps = String::new();
        let end =
            head + each * (number + 1) + if number + 1 == programs { (lines - head) % programs } else { 0 };
        let room = end.saturating_sub(text.lines().count() + 5);
        for _ in 0..room % 3 {
            steps.push_str("\t// Some steps.\n");
        }
        for step in 0..room / 3 {
            let _ =
                writeln!(steps, "\tif x&{} != 0 {{\n\t\tx = x*{} + {step}\n\t}}", 1 << (step % 30), step + 3);
        }
        let ty = if number % 2 == 1 { "uint64" } else { "uint32" };
        let _ = write!(text, "\nfunc step{number}(x {ty}) {ty} {{\n\tx ^= {NUMBER}\n{steps}\treturn x\n}}\n");
    }
    let numbers = text.lines().enumerate().filter_map(|(line, text)| {
        let column = text.find(NUMBER)?;
        Some((line, column, NUMBER.len()))
    });
    Source { numbers: numbers.collect(), text }
}

fn packets(text: &mut String, number: usize) {
    let _ = write!(
        text,
        "\n// Packets{number} counts flows to one port.\n//\n//bpf:section xdp\n\
         func Packets{number}(ctx *bpf.XDP) bpf.XDPAction {{\n\tp := ctx.Data()\n\
         \tif len(p) < 38 || be16(p, 12) != 0x0800 {{\n\t\treturn bpf.XDPPass\n\t}}\n\
         \tflow := Flow{{Source: be32(p, 26), Target: be32(p, 30), From: be16(p, 34), To: be16(p, 36), Protocol: p[23]}}\n\
         \tif step{number}(uint32(flow.To)) == {number} {{\n\t\treturn bpf.XDPDrop\n\t}}\n\
         \tif totals := flows.Lookup(flow); totals != nil {{\n\t\ttotals.add(uint64(len(p)))\n\t}} else {{\n\
         \t\tflows.Update(flow, Totals{{Packets: 1, Bytes: uint64(len(p))}})\n\t}}\n\treturn bpf.XDPPass\n}}\n"
    );
}

fn syscalls(text: &mut String, number: usize) {
    let _ = write!(
        text,
        "\n// OnOpen{number} counts calls.\n//\n//bpf:section tracepoint/syscalls/sys_enter_openat\n\
         func OnOpen{number}(ctx *bpf.SysEnter) int32 {{\n\tpid := uint32(bpf.GetCurrentPidTgid() >> 32)\n\
         \tif n := calls.Lookup(pid); n != nil {{\n\t\t*n += step{number}(*n)\n\
         \t\tif *n > {number}000 {{\n\t\t\tbpf.TracePrintk(\"pid %d: %d\\n\", pid, *n)\n\t\t}}\n\t}} else {{\n\
         \t\tcalls.Update(pid, 1)\n\t}}\n\treturn 0\n}}\n"
    );
}
