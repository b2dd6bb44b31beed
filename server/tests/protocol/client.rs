//! A client that sends what it is told and keeps what comes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::pattern;

/// How long something that must come may take. Nothing is measured by it: it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with the two ends of its connection.
pub struct Client {
    server: Child,
    stdin: Option<ChildStdin>,
    incoming: Receiver<Value>,
    /// Messages that nothing has asked for yet, in the order in which they came.
    waiting: Vec<Value>,
    log: Vec<String>,
}

impl Client {
    /// Starts the binary in `root`.
    pub fn start(root: &Path) -> Result<Client, String> {
        let mut server = Command::new(env!("CARGO_BIN_EXE_gobpf-lsp"))
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stdout = server.stdout.take().ok_or("no standard output")?;
        let stdin = server.stdin.take();
        let (sender, incoming) = channel();
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            while let Some(message) = read_message(&mut reader) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Ok(Client { server, stdin, incoming, waiting: Vec::new(), log: Vec::new() })
    }

    /// Sends `messages` in one piece.
    pub fn send(&mut self, messages: &[Value]) -> Result<(), String> {
        let mut bytes = Vec::new();
        for message in messages {
            let mut message = message.clone();
            message["jsonrpc"] = json!("2.0");
            let body = message.to_string();
            self.log.push(format!("--> {}", shortened(&body)));
            bytes.extend(format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes());
        }
        let stdin = self.stdin.as_mut().ok_or("the connection is closed")?;
        stdin.write_all(&bytes).and_then(|()| stdin.flush()).map_err(|error| error.to_string())
    }

    /// Waits for the next message that is addressed as `pattern` is (same id, or same method); it must match.
    pub fn expect(&mut self, pattern: &Value) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        pattern::matches(pattern, &self.next(pattern, deadline)?)
    }

    /// Waits for a message that matches `pattern`; others with its address are passed over.
    pub fn wait_for(&mut self, pattern: &Value) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        loop {
            let next = self.next(pattern, deadline).map_err(|problem| format!("{problem}\n{last}"))?;
            match pattern::matches(pattern, &next) {
                Ok(()) => return Ok(()),
                Err(difference) => last = difference,
            }
        }
    }

    /// Takes the next message with the address of `pattern`.
    fn next(&mut self, pattern: &Value, deadline: Instant) -> Result<Value, String> {
        loop {
            if let Some(index) = self.waiting.iter().position(|message| same_address(pattern, message)) {
                return Ok(self.waiting.remove(index));
            }
            match self.incoming.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(message) => {
                    self.log.push(format!("<-- {}", shortened(&message.to_string())));
                    self.waiting.push(message);
                }
                Err(RecvTimeoutError::Timeout) => return Err(format!("nothing came for {pattern}")),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("the server ended before it sent {pattern}"));
                }
            }
        }
    }

    /// A message that nothing asked for and that matches `pattern`.
    pub fn unmatched(&self, pattern: &Value) -> Option<&Value> {
        self.waiting.iter().find(|message| pattern::matches(pattern, message).is_ok())
    }

    /// Says goodbye, unless the transcript has, and gives the server's status.
    pub fn finish(&mut self) -> Result<i32, String> {
        let said = |what: &str, log: &[String]| log.iter().any(|line| line.contains(what));
        if !said("\"method\":\"exit\"", &self.log) {
            self.send(&[json!({ "id": "goodbye", "method": "shutdown" })])?;
            self.expect(&json!({ "id": "goodbye", "result": null }))?;
            self.send(&[json!({ "method": "exit" })])?;
        }
        self.stdin = None;
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.server.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None if Instant::now() > deadline => return Err("the server does not end".into()),
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        self.waiting.extend(self.incoming.iter());
        status.code().ok_or_else(|| "the server was killed".into())
    }

    /// What went to and fro.
    pub fn log(&self) -> String {
        self.log.join("\n")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Replies are addressed by id, all else by method.
fn same_address(pattern: &Value, message: &Value) -> bool {
    match pattern.get("method") {
        Some(method) => message.get("method") == Some(method),
        None => message.get("method").is_none() && message.get("id") == pattern.get("id"),
    }
}

fn read_message(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(digits) = line.strip_prefix("Content-Length: ") {
            length = digits.trim().parse().ok();
        }
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(2000) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}
