//! Many programs in one Go binary, run by Go.

use std::process::Command;

use gobpf_tests::go::Module;
use gobpf_tests::hex::Hex;

use super::archive;
use super::decl::RUNS;
use super::entry::Entry;
use super::r#gen::MARK;

/// A program of a batch.
pub struct Member {
    /// Its text, with marks.
    pub text: String,
    /// A packet for each run.
    pub packets: Vec<Vec<u8>>,
}

/// What Go computed in one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NativeRun {
    /// What the program returned; that of a panic where it did.
    pub result: u32,
    /// The input afterwards.
    pub data: Vec<u8>,
    /// It panicked; the words.
    pub panic: Option<String>,
    /// Its result, in words.
    pub words: Vec<u64>,
}

/// Programs to be run together.
pub struct Batch {
    module: Module,
    /// The programs.
    pub programs: Vec<Member>,
}

const HEAD: &str = r#"package p

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"github.com/miekg/bpf"
)

// aborted is what a program gives that panics: the value is that of all kinds here.
const aborted = uint32(bpf.XDPAborted)

// endless has the programs that did not end: candidates of a reduction may have lost what ends their loop. They go on, so
// that they must not be run again beside that.
var endless = map[int]bool{}

func call(out *bufio.Writer, id int, program func() uint32, data []byte, words func() []uint64) {
	if endless[id] {
		return
	}
	type ended struct {
		result   uint32
		panicked string
	}
	end := make(chan ended, 1)
	go func() {
		result, panicked := run(program)
		end <- ended{result, panicked}
	}()
	select {
	case e := <-end:
		fmt.Fprintf(out, "%d %d %x %q", id, e.result, data, e.panicked)
		for _, word := range words() {
			fmt.Fprintf(out, " %d", word)
		}
		fmt.Fprintln(out)
	case <-time.After(10 * time.Second):
		if endless[id] = true; len(endless) > 3 {
			out.Flush()
			os.Exit(0)
		}
	}
}

func run(program func() uint32) (result uint32, panicked string) {
	defer func() {
		if r := recover(); r != nil {
			result, panicked = aborted, fmt.Sprint(r)
		}
	}()
	return program(), ""
}

// Run runs all programs.
func Run() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
"#;

/// What stands before the number of a program in Go's words about it: names of its files and of what is to be in them.
const BLAMED: &[&str] = &[
    "p/x",
    "imported/y",
    "undefined: Prog_",
    "undefined: Out_",
    "undefined: In_",
    "not enough arguments in call to Prog_",
    "value in argument to Prog_",
];

/// All errors of the compiler; nothing optimised, which takes longer than it saves; no information for debuggers, over which the
/// linker of Go 1.26 crashes where a package that is imported has a type in a method.
const FLAGS: &[&str] = &["-gcflags=example.com/test/...=-e -N -l -c=1", "-ldflags=-w -s", "."];

const MAIN: &str = "package main\n\nimport \"example.com/test/p\"\n\nfunc main() {\n\tp.Run()\n}\n";

impl Batch {
    /// An empty batch.
    ///
    /// # Errors
    /// No folder can be made for it.
    pub fn new() -> Result<Batch, String> {
        Ok(Batch { module: Module::new()?, programs: Vec::new() })
    }

    /// One more program.
    pub fn add(&mut self, text: String, packets: Vec<Vec<u8>>) {
        self.programs.push(Member { text, packets });
    }

    /// Builds and runs all of them: for each, what its runs gave, or why it is not valid Go.
    ///
    /// # Errors
    /// Go fails otherwise.
    pub fn run(&self) -> Result<Vec<Result<Vec<NativeRun>, String>>, String> {
        let mut answers: Vec<Result<Vec<NativeRun>, String>> =
            self.programs.iter().map(|_| Ok(Vec::new())).collect();
        self.module.write("main.go", MAIN)?;
        let program = loop {
            self.write(&answers)?;
            match self.module.build("batch.bin", FLAGS) {
                Ok(program) => break program,
                Err(why) if self.blame(&why, &mut answers) => {}
                Err(why) => return Err(why),
            }
        };
        let output =
            Command::new(&program).output().map_err(|error| format!("{}: {error}", program.display()))?;
        if !output.status.success() {
            return Err(format!(
                "the programs end with {}:\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (id, run) = read(line).ok_or_else(|| format!("`{line}` is no result"))?;
            if let Some(Ok(runs)) = answers.get_mut(id) {
                runs.push(run);
            }
        }
        for (answer, program) in answers.iter_mut().zip(&self.programs) {
            if answer.as_ref().is_ok_and(|runs| runs.len() < program.packets.len()) {
                *answer = Err("it does not end".to_owned());
            }
        }
        Ok(answers)
    }

    /// Writes the package: each program that is not known to be wrong, and what runs them.
    fn write(&self, answers: &[Result<Vec<NativeRun>, String>]) -> Result<(), String> {
        let mut all = HEAD.to_owned();
        for (id, (program, answer)) in self.programs.iter().zip(answers).enumerate() {
            // All import one package, which takes less than one for each.
            let text = program.text.replace(&archive::imported(), "imported");
            for (name, text) in archive::files(&text.replace(MARK, &format!("_{id}"))) {
                let path = match name {
                    "" => format!("p/x{id}.go"),
                    archive::IMPORTED => format!("imported/y{id}.go"),
                    beside => format!("p/x{id}_{beside}"),
                };
                match answer {
                    Ok(_) => self.module.write(&path, &text).map(drop)?,
                    Err(_) => drop(std::fs::remove_file(self.module.path().join(&path))),
                }
            }
            if answer.is_err() {
                continue;
            }
            let entry = Entry::of(&program.text);
            for (run, packet) in program.packets.iter().enumerate() {
                all.push_str(&entry.call(id, run, &quote(packet)));
            }
        }
        all.push_str("}\n");
        self.module.write("p/run.go", &all).map(drop)
    }

    /// Notes the programs that Go's words speak of; false where there are no more.
    fn blame(&self, why: &str, answers: &mut [Result<Vec<NativeRun>, String>]) -> bool {
        let mut any = false;
        for line in why.lines() {
            // What runs the programs misses one that lost its entry.
            let rest = BLAMED.iter().find_map(|blamed| line.split_once(blamed));
            let Some((_, rest)) = rest else { continue };
            // The name of a package, before the words about it.
            if line.starts_with('#') {
                continue;
            }
            let id = rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|id| id.parse::<usize>().ok());
            let Some(answer) = id.and_then(|id| answers.get_mut(id)) else { continue };
            if answer.is_ok() {
                any = true;
                *answer = Err(rest.to_owned());
            }
        }
        any
    }
}

fn quote(bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("\"{escaped}\"")
}

fn read(line: &str) -> Option<(usize, NativeRun)> {
    let (id, rest) = line.split_once(' ')?;
    let (result, rest) = rest.split_once(' ')?;
    let (data, rest) = rest.split_once(' ')?;
    let end = rest.rfind('"')?;
    let panic = rest.get(1..end)?;
    let words =
        rest[end + 1..].split_whitespace().map(|word| word.parse().ok()).collect::<Option<Vec<u64>>>()?;
    let panic = (!panic.is_empty()).then(|| panic.to_owned());
    Some((
        id.parse().ok()?,
        NativeRun { result: result.parse().ok()?, data: data.parse::<Hex>().ok()?.0, panic, words },
    ))
}

const _: () = assert!(RUNS < 256, "the number of the run is a byte of the packet");
