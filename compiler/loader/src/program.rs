//! The program form as a whole: which parts there are, and in which order.

use gobpf_bpf::Object;
use gobpf_bpf::op::Op;
use gobpf_bpf::tables::{Helper, ProgramKind};

use crate::SourceLines;
use crate::constants;
use crate::error::LoaderError;
use crate::functions;
use crate::maps::{self, NamedMap};
use crate::names::Scope;
use crate::parts::{self, Part};
use crate::programs::{self, NamedProgram};
use crate::text;
use crate::types::Types;

/// Helpers whose messages appear in the kernel's trace output.
const PRINTING_HELPERS: &[&str] = &["trace_printk", "trace_vprintk"];

/// A Go program, one file as gofmt has it, that loads `object`, attaches its programs by their sections, prints what they
/// say and what they leave in maps, and ends at SIGINT or SIGTERM. It builds with `github.com/cilium/ebpf` v0.22.
pub fn program(object: &Object, source: &dyn SourceLines) -> Result<String, LoaderError> {
    if object.programs.is_empty() {
        return Err(LoaderError::NoPrograms);
    }
    let file = &text::comment(source.file_name());
    let maps = maps::named(&object.maps)?;
    let programs = programs::named(&object.programs);
    let hooks = programs.iter().map(hook).collect::<Result<Vec<_>, _>>()?;
    let chooses = constants::are_chosen(object);
    let shown = Shown {
        prints: object.programs.iter().any(prints),
        maps: maps.iter().any(maps::is_printed),
        rings: maps.iter().any(maps::is_followed),
    };
    let typed = object.programs.iter().any(|program| functions::are_wanted(object, program));
    let parts = parts_for(&maps, &hooks, shown, (chooses, typed));

    let mut body = String::new();
    body.push_str(&constants(object, file));
    body.push_str(&interface_flags(&programs, &hooks));
    if chooses {
        body.push_str(&constants::flags(object));
    }
    body.push_str(parts::MAIN.declarations());
    body.push('\n');
    body.push_str(&run(&programs, &hooks, !maps.is_empty(), shown));
    body.push_str(&watch(&programs, &hooks, shown.prints));
    let mut scope = Scope::default();
    let mut types = Types::new(&object.btf, &mut scope);
    if !maps.is_empty() {
        body.push_str(&maps::set(&maps, object, file));
    }
    if shown.rings {
        body.push_str(&maps::follower(&maps, &mut types));
    }
    if shown.maps {
        body.push_str(&maps::printer(&maps, &mut types));
    }
    let types = types.declarations();
    body.push_str(&types);
    body.push_str(&programs::set(&programs, !maps.is_empty(), file));
    for named in &programs {
        body.push_str(&programs::spec(named, object, &maps, file, source)?);
    }
    let shared: Vec<&str> =
        parts.iter().filter(|&&part| part != parts::MAIN).map(|part| part.declarations()).collect();
    body.push_str(&shared.join("\n"));

    let mut paths = vec!["context", "fmt", "os", "github.com/cilium/ebpf", "github.com/cilium/ebpf/asm"];
    if hooks.contains(&Hook::Xdp) {
        paths.extend(["errors", "flag"]);
    }
    if chooses {
        paths.push("flag");
    }
    if shown.rings {
        paths.push("errors");
    }
    if object.programs.iter().any(|program| functions::has_global(object, program)) {
        paths.push("github.com/cilium/ebpf/btf");
    }
    if types.contains("structs.HostLayout") {
        paths.push("structs");
    }
    Ok(format!("{}{}\n{body}", header(file), parts::imports(&parts, &paths)))
}

/// What a loader prints.
#[derive(Clone, Copy, Debug)]
struct Shown {
    /// What programs write to the trace output.
    prints: bool,
    /// Entries of maps, at the end.
    maps: bool,
    /// Records of ring buffers, as they come.
    rings: bool,
}

/// Where a program runs.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Hook {
    Tracepoint { group: String, name: String },
    Xdp,
}

fn hook(named: &NamedProgram<'_>) -> Result<Hook, LoaderError> {
    let program = named.program;
    let parts: Vec<&str> = program.section.split('/').collect();
    match (program.kind, parts.as_slice()) {
        (ProgramKind::TRACEPOINT, [_, group, name]) => {
            Ok(Hook::Tracepoint { group: (*group).to_owned(), name: (*name).to_owned() })
        }
        (ProgramKind::XDP, _) => Ok(Hook::Xdp),
        _ => Err(LoaderError::Section { program: program.name.clone(), section: program.section.clone() }),
    }
}

/// True where the program writes to the trace output.
fn prints(program: &gobpf_bpf::Program) -> bool {
    program.code.insns.iter().any(|&insn| {
        Op::decode(insn) == Some(Op::Call { src: 0 })
            && u32::try_from(insn.imm)
                .ok()
                .and_then(Helper::by_id)
                .is_some_and(|helper| PRINTING_HELPERS.contains(&helper.name))
    })
}

/// The parts that the loader needs, in the order in which they stand.
fn parts_for(
    maps: &[NamedMap<'_>],
    hooks: &[Hook],
    shown: Shown,
    (chooses, typed): (bool, bool),
) -> Vec<Part> {
    let tracepoint = hooks.iter().any(|hook| matches!(hook, Hook::Tracepoint { .. }));
    [
        (parts::MAIN, true),
        (parts::MAPS, !maps.is_empty()),
        (parts::CONSTANT, chooses),
        (parts::FUNCTION, typed),
        (parts::LOAD, true),
        (parts::TRACEPOINT, tracepoint),
        (parts::XDP, hooks.contains(&Hook::Xdp)),
        (parts::TRACE, shown.prints),
        (parts::TRACEFS, tracepoint || shown.prints),
        (parts::RING, shown.rings),
        (parts::PRINT, shown.maps),
        (parts::SHOW, shown.maps || shown.rings),
        (parts::ADVISE, true),
    ]
    .into_iter()
    .filter_map(|(part, needed)| needed.then_some(part))
    .collect()
}

fn header(file: &str) -> String {
    let stem = file.strip_suffix(".go").unwrap_or(file);
    format!(
        "// Code generated by gobpf-lsp from {file}; DO NOT EDIT.\n\n\
         //go:build ignore\n\n\
         // This program brings the eBPF programs of {file} into the kernel and attaches them, until SIGINT or SIGTERM.\n\
         // In a module that requires github.com/cilium/ebpf v0.22.0 or newer:\n\
         //\n\
         //\tgo build {stem}-ebpf.go && sudo ./{stem}-ebpf\n\
         package main\n\n"
    )
}

fn constants(object: &Object, file: &str) -> String {
    format!(
        "const (\n\
         \t// source is what the programs are compiled from.\n\
         \tsource = {}\n\
         \t// target is the oldest Linux that they are compiled for.\n\
         \ttarget = \"{}\"\n\
         )\n\n",
        text::string(file),
        object.target,
    )
}

/// The programs that need a network interface, with the variable and the name of the flag that tells it.
fn interfaces(programs: &[NamedProgram<'_>], hooks: &[Hook]) -> Vec<(String, String, String)> {
    let xdp: Vec<_> = programs
        .iter()
        .zip(hooks)
        .filter(|(_, hook)| **hook == Hook::Xdp)
        .map(|(program, _)| program)
        .collect();
    let alone = xdp.len() == 1;
    xdp.iter()
        .map(|program| {
            let flag = if alone { "iface".to_owned() } else { format!("iface-{}", program.field) };
            (format!("iface{}", program.title), flag, text::comment(&program.program.name))
        })
        .collect()
}

fn interface_flags(programs: &[NamedProgram<'_>], hooks: &[Hook]) -> String {
    interfaces(programs, hooks)
        .iter()
        .map(|(variable, flag, name)| {
            let usage = text::string(&format!("the network interface to attach {name} to"));
            format!("var {variable} = flag.String(\"{flag}\", \"\", {usage})\n\n")
        })
        .collect()
}

fn run(programs: &[NamedProgram<'_>], hooks: &[Hook], has_maps: bool, shown: Shown) -> String {
    let mut go = String::from(
        "// run loads the programs, lets them run until ctx is done, and tells what they left.\n\
         func run(ctx context.Context) error {\n",
    );
    let interfaces = interfaces(programs, hooks);
    if !interfaces.is_empty() {
        let none: Vec<String> =
            interfaces.iter().map(|(variable, _, _)| format!("*{variable} == \"\"")).collect();
        let flags: Vec<String> = interfaces.iter().map(|(_, flag, _)| format!("-{flag} NAME")).collect();
        go.push_str(&format!(
            "\tif {} {{\n\t\treturn errors.New(\"say which network interface to attach to: {} (ip link lists them)\")\n\t}}\n",
            none.join(" && "),
            flags.join(" or "),
        ));
    }
    if has_maps {
        go.push_str(
            "\tm := &mapSet{}\n\tdefer m.Close()\n\tif err := m.create(); err != nil {\n\t\treturn err\n\t}\n",
        );
    }
    go.push_str(&format!(
        "\tp := &programSet{{}}\n\tdefer p.Close()\n\tif err := p.load({}); err != nil {{\n\t\treturn err\n\t}}\n",
        if has_maps { "m" } else { "" }
    ));
    let watched = if shown.rings {
        go.push_str("\tend, err := m.follow()\n\tif err != nil {\n\t\treturn err\n\t}\n");
        "errors.Join(watch(ctx, p), end())"
    } else {
        "watch(ctx, p)"
    };
    go.push_str(&if shown.maps {
        format!("\tif err := {watched}; err != nil {{\n\t\treturn err\n\t}}\n\treturn m.print()\n}}\n\n")
    } else {
        format!("\treturn {watched}\n}}\n\n")
    });
    go
}

fn watch(programs: &[NamedProgram<'_>], hooks: &[Hook], prints: bool) -> String {
    let mut go = String::from(
        "// watch attaches the programs, and detaches them when ctx is done.\n\
         func watch(ctx context.Context, p *programSet) error {\n",
    );
    if prints {
        go.push_str(
            "\ttrace, err := openTrace()\n\tif err != nil {\n\t\treturn err\n\t}\n\tdefer trace.Close()\n",
        );
    }
    let optional = interfaces(programs, hooks).len() > 1;
    for (NamedProgram { field, title, .. }, hook) in programs.iter().zip(hooks) {
        let attach = match hook {
            Hook::Tracepoint { group, name } => {
                format!("attachTracepoint({}, {}, p.{field})", text::string(group), text::string(name))
            }
            Hook::Xdp => format!("attachXDP(*iface{title}, p.{field})"),
        };
        let tabs = if optional && *hook == Hook::Xdp { "\t\t" } else { "\t" };
        let lines = [
            format!("link{title}, err := {attach}"),
            "if err != nil {".to_owned(),
            "\treturn err".to_owned(),
            "}".to_owned(),
            format!("defer link{title}.Close()"),
        ];
        let lines: String = lines.iter().map(|line| format!("{tabs}{line}\n")).collect();
        go.push_str(&if tabs.len() > 1 {
            format!("\tif *iface{title} != \"\" {{\n{lines}\t}}\n")
        } else {
            lines
        });
    }
    go.push_str("\tfmt.Fprintf(os.Stderr, \"%s: running until SIGINT (Ctrl-C) or SIGTERM\\n\", source)\n");
    go.push_str(if prints {
        "\treturn followTrace(ctx, trace)\n}\n\n"
    } else {
        "\t<-ctx.Done()\n\treturn nil\n}\n\n"
    });
    go
}
