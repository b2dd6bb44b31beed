//! A session with a generated program: what it is given and what it must print, in a file `expected` beside the source.
//!
//! ```text
//! # Comments start with a number sign.
//! args -interface lo
//! print "^attached"
//! call openat
//! print "Hello world!"
//! stop
//! print "^ *[0-9]+ +[0-9]+$"
//! ```

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use regex::Regex;

use crate::sys;

/// How long a line may keep a test waiting.
const LINE_LIMIT: Duration = Duration::from_secs(30);
/// How long a program may take to end after its signal.
const END_LIMIT: Duration = Duration::from_secs(20);
/// How often system calls are made while a line is awaited.
const CALL_PAUSE: Duration = Duration::from_millis(50);

/// The steps of a session.
#[derive(Debug, Default)]
pub struct Session {
    /// Arguments of the program.
    pub arguments: Vec<String>,
    /// `reports GB0401 "regexp"`: there is no program, for the compiler reports this.
    pub reports: Option<(String, Regex)>,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    /// Wait for a line of standard output or standard error.
    Print(Regex),
    /// From here on, make this system call while a line is awaited.
    Call(String),
    /// Send SIGINT.
    Stop,
}

impl Session {
    /// Reads the text of an `expected` file.
    pub fn read(text: &str) -> Result<Session, String> {
        let mut session = Session::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            session.read_line(line).map_err(|why| format!("line {}: {why}", index + 1))?;
        }
        Ok(session)
    }

    fn read_line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "args" => self.arguments.extend(rest.split_whitespace().map(str::to_string)),
            "print" => self.steps.push(Step::Print(quoted(rest)?)),
            "call" => self.steps.push(Step::Call(rest.to_string())),
            "stop" => self.steps.push(Step::Stop),
            "reports" => {
                let (code, pattern) = rest.split_once(' ').ok_or("reports wants a code and a \"regexp\"")?;
                self.reports = Some((code.to_string(), quoted(pattern)?));
            }
            _ => return Err(format!("`{word}` is none of args, print, call, stop, reports")),
        }
        Ok(())
    }

    /// Runs `command` through the steps; it must then end with exit code 0.
    pub fn run(&self, command: &mut Command) -> Result<(), String> {
        let mut child = command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("start: {error}"))?;
        let lines = listen(&mut child);
        let mut transcript = Vec::new();
        let result = self.steps(&child, &lines, &mut transcript).and_then(|()| wait(&mut child));
        let _ = child.kill(); // nothing to do where it has ended
        let _ = child.wait();
        transcript.extend(lines.try_iter());
        result.map_err(|why| format!("{why}; it printed:\n{}", transcript.join("\n")))
    }

    fn steps(
        &self,
        child: &Child,
        lines: &Receiver<String>,
        transcript: &mut Vec<String>,
    ) -> Result<(), String> {
        let mut call = None;
        for step in &self.steps {
            match step {
                Step::Call(name) => call = Some(name.as_str()),
                Step::Stop => {
                    sys::kill(child.id(), libc::SIGINT).map_err(|error| format!("SIGINT: {error}"))?
                }
                Step::Print(pattern) => await_line(pattern, call, lines, transcript)?,
            }
        }
        Ok(())
    }
}

fn quoted(text: &str) -> Result<Regex, String> {
    let pattern = text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    Regex::new(pattern.ok_or("a \"regexp\" is wanted")?).map_err(|error| error.to_string())
}

/// Lines of both outputs, in the order in which they come.
fn listen(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    let stdout = child.stdout.take().map(|stream| Box::new(stream) as Box<dyn std::io::Read + Send>);
    let stderr = child.stderr.take().map(|stream| Box::new(stream) as Box<dyn std::io::Read + Send>);
    for stream in [stdout, stderr].into_iter().flatten() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

fn await_line(
    pattern: &Regex,
    call: Option<&str>,
    lines: &Receiver<String>,
    transcript: &mut Vec<String>,
) -> Result<(), String> {
    let start = Instant::now();
    while start.elapsed() < LINE_LIMIT {
        if let Some(call) = call {
            sys::probe_call(call, 0).map_err(|error| format!("{call}: {error}"))?;
        }
        match lines.recv_timeout(CALL_PAUSE) {
            Ok(line) => {
                let found = pattern.is_match(&line);
                transcript.push(line);
                if found {
                    return Ok(());
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(format!("it ended before it printed \"{pattern}\""));
            }
        }
    }
    Err(format!("no line \"{pattern}\" within {} seconds", LINE_LIMIT.as_secs()))
}

fn wait(child: &mut Child) -> Result<(), String> {
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| format!("wait: {error}"))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("it ended with {status}")),
            None if start.elapsed() > END_LIMIT => {
                return Err(format!("it still runs {} seconds after SIGINT", END_LIMIT.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
