//! The generated programs, built with the real cilium/ebpf and run on the kernel at hand.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use gobpf_bpf::insn::Width;
use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Insn, Object, Reg, SourceOperand};
use gobpf_btf::Btf;
use gobpf_loader::program;
use support::{Assembler, HELLO, Module, counter, hello, object, skip, tracepoint, xdp};

/// A module and the right to load programs into this kernel.
fn ready(test: &str) -> Option<Module> {
    let output = Command::new("id").arg("-u").output().ok()?;
    if output.stdout != b"0\n" {
        return skip(test, "kernel", "not root");
    }
    let module = Module::new(test)?;
    let quiet = Assembler::default()
        .put(6, Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(0)))
        .put(7, Insn::exit())
        .code();
    let quiet = object(vec![tracepoint("main", "syscalls/sys_enter_getpid", quiet)], vec![], Btf::default());
    let output = run(&build(&module, &quiet), &["-duration=1ms"]);
    match output.status.success() {
        true => Some(module),
        false => skip(test, "kernel", &stderr(&output)),
    }
}

fn build(module: &Module, object: &Object) -> std::path::PathBuf {
    module.write("loader.go", &program(object, &HELLO).unwrap());
    module.build("loader", &["loader.go"])
}

fn run(binary: &Path, arguments: &[&str]) -> Output {
    Command::new(binary).args(arguments).output().unwrap()
}

/// Runs `binary`, and makes this process ask for its number meanwhile, by the system call that the counter counts.
fn run_with_calls(binary: &Path) -> Output {
    let mut command = Command::new(binary);
    command.arg("-duration=2s").stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1000));
    let _ = std::process::id();
    child.wait_with_output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Waits for this process's turn at the trace pipe, which is one for the machine and consuming.
fn turn() -> File {
    let path = std::env::temp_dir().join("gobpf-trace-pipe.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path).unwrap();
    file.lock().unwrap();
    file
}

/// True where the process holds an array map that programs can only read and user space can't change any more.
fn has_frozen_map(process: u32) -> bool {
    let files = std::fs::read_dir(format!("/proc/{process}/fdinfo")).unwrap();
    files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok()).any(|info| {
        ["map_type:\t2\n", "map_flags:\t0x80\n", "frozen:\t1\n"].iter().all(|row| info.contains(row))
    })
}

#[test]
fn hello_prints_until_a_signal_and_exits_with_0() {
    let Some(module) = ready("hello_prints_until_a_signal_and_exits_with_0") else { return };
    for (signal, text) in [("INT", "Grüße from the kernel, 100%!\n"), ("TERM", "no newline at the end")] {
        let binary = build(&module, &hello(&text.replace('%', "%%")));
        let _turn = turn();
        let child = Command::new(binary).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        for _ in 0..3 {
            let _ = std::fs::read("/proc/version");
        }
        assert!(has_frozen_map(child.id()), "no frozen read-only map");
        std::thread::sleep(Duration::from_millis(300));
        let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let lines = stdout(&output);
        let found = lines.lines().filter(|line| *line == text.trim_end()).count();
        assert!(found >= 3, "{found} lines of {text:?} in:\n{lines}\n{}", stderr(&output));
    }
}

#[test]
fn maps_are_printed_typed_and_in_order() {
    let Some(module) = ready("maps_are_printed_typed_and_in_order") else { return };
    let binary = build(&module, &counter());
    let output = run_with_calls(&binary);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let keys: Vec<u32> = text
        .lines()
        .filter_map(|line| line.strip_prefix("calls[")?.split_once(']')?.0.parse().ok())
        .collect();
    assert!(keys.is_sorted(), "{text}");
    assert!(text.contains(&format!("calls[{}] = ", std::process::id())), "{text}");
    assert!(text.contains("stats[{UID:7 CommLen:4 Flag:true}] = 1\n"), "{text}");
}

#[test]
fn values_of_all_processors_are_printed() {
    let Some(module) = ready("values_of_all_processors_are_printed") else { return };
    let mut object = counter();
    for map in &mut object.maps {
        map.kind = MapKind::by_name("percpu_hash").unwrap();
    }
    let mut array = object.maps[1].clone();
    (array.name, array.kind) = ("slots".into(), MapKind::by_name("percpu_array").unwrap());
    (array.key, array.key_size) = (object.maps[0].key, 4);
    (array.value, array.value_size) = (object.maps[1].key, 8);
    object.maps.push(array);
    let output = run_with_calls(&build(&module, &object));
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains(&format!("calls[{}] = [", std::process::id())), "{text}");
    assert!(text.contains("slots: no entries\n"), "{text}");
}

#[test]
fn a_rejection_shows_the_log_beside_the_source() {
    let Some(module) = ready("a_rejection_shows_the_log_beside_the_source") else { return };
    let unset = Assembler::default()
        .put(6, Insn::mov(Width::W64, Reg::R1, SourceOperand::Imm(1)))
        .put(6, Insn::mov(Width::W64, Reg::R0, SourceOperand::Reg(Reg::R5)))
        .put(7, Insn::exit())
        .code();
    let object = object(vec![tracepoint("main", "syscalls/sys_enter_getpid", unset)], vec![], Btf::default());
    let output = run(&build(&module, &object), &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    for expected in [
        "helloworld.go:6: bpf.TracePrintk(\"Hello world!\\n\")\n    0: (b7) r1 = 1",
        "    R5 !read_ok\n",
        "rejected at helloworld.go:6: bpf.TracePrintk(\"Hello world!\\n\")\n",
        "the verifier rejected main (permission denied); its log is above\n",
    ] {
        assert!(text.contains(expected), "{expected:?} in:\n{text}");
    }
}

#[test]
fn errors_say_what_to_do() {
    let Some(module) = ready("errors_say_what_to_do") else { return };
    let binary = build(&module, &object(vec![xdp("Filter", 2)], vec![], Btf::default()));
    let mut in_own_network = Command::new("unshare");
    in_own_network.arg("-n").arg(&binary).args(["-iface=lo", "-duration=50ms"]);
    let output = in_own_network.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for (arguments, expected) in [
        (&[][..], "say which network interface to attach to: -iface NAME"),
        (&["-iface=nowhere"], "finding network interface \"nowhere\""),
        (&["surplus"], "unexpected argument \"surplus\""),
    ] {
        let output = run(&binary, arguments);
        assert!(!output.status.success());
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    let _turn = turn();
    let mut missing = hello("x");
    missing.programs[0].section = "tracepoint/syscalls/sys_enter_nothing".into();
    let output = run(&build(&module, &missing), &[]);
    let expected = "this kernel has no tracepoint syscalls/sys_enter_nothing: see /sys/kernel/";
    assert!(stderr(&output).contains(expected), "{}", stderr(&output));
}

#[test]
fn constants_are_chosen_by_flags_and_entries_are_there_from_the_start() {
    let Some(module) = ready("constants_are_chosen_by_flags_and_entries_are_there_from_the_start") else {
        return;
    };
    let binary = build(&module, &support::chosen());
    let output = run(&binary, &["-duration=1ms", "-only-pid=0x10", "-duration2=-5", "-verbose=true"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let entries = "one[167772160] = 67305985\nseveral[167772160] = 67305985\nseveral[167772161] = 67305985\n\
                   several[167772162] = 67305985\n";
    assert_eq!(stdout(&output), entries);
    for wrong in ["-only-pid=4294967296", "-duration2=x", "-only-pid=-1", "-verbose=maybe"] {
        let output = run(&binary, &[wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(stderr(&output).contains("invalid value"), "{wrong}: {}", stderr(&output));
    }
    let help = stderr(&run(&binary, &["-help"]));
    assert!(help.contains("the constant duration (default -2)"), "{help}");
}
