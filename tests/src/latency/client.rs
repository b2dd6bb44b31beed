//! A client of the language server that takes the time.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A server, and the two ends of its connection.
pub struct Client {
    server: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    requests: u64,
}

impl Client {
    /// Starts `binary`, and says how long it took until the server had introduced itself.
    pub fn start(binary: &Path) -> Result<(Client, Duration), String> {
        let since = Instant::now();
        let mut server = Command::new(binary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let stdin = server.stdin.take().ok_or("no standard input")?;
        let stdout = BufReader::new(server.stdout.take().ok_or("no standard output")?);
        let mut client = Client { server, stdin, stdout, requests: 0 };
        client.request("initialize", json!({ "capabilities": {} }))?;
        let time = since.elapsed();
        client.notify("initialized", json!({}))?;
        Ok((client, time))
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) -> Result<(), String> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Sends a request and waits for its result.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        loop {
            let mut message = self.receive()?;
            if message.get("method").is_none() && message["id"] == id {
                return Ok(message["result"].take());
            }
        }
    }

    /// Waits for the diagnostics of version `version` of a document.
    pub fn diagnostics(&mut self, version: u64) -> Result<Value, String> {
        loop {
            let mut message = self.receive()?;
            if message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["version"] == version
            {
                return Ok(message["params"]["diagnostics"].take());
            }
        }
    }

    /// Memory of the server in bytes: now, and at most so far.
    pub fn memory(&self) -> Result<(u64, u64), String> {
        let path = format!("/proc/{}/status", self.server.id());
        let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| format!("{path}: no {name}"))
        };
        Ok((field("VmRSS:")?, field("VmHWM:")?))
    }

    fn send(&mut self, message: &Value) -> Result<(), String> {
        let body = message.to_string();
        let text = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.stdin
            .write_all(text.as_bytes())
            .and_then(|()| self.stdin.flush())
            .map_err(|error| error.to_string())
    }

    fn receive(&mut self) -> Result<Value, String> {
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
                return Err("the server ended".into());
            }
            if line == "\r\n" {
                break;
            }
            if let Some(digits) = line.strip_prefix("Content-Length: ") {
                length = digits.trim().parse::<usize>().ok();
            }
        }
        let mut body = vec![0; length.ok_or("a message without a length")?];
        self.stdout.read_exact(&mut body).map_err(|error| error.to_string())?;
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
