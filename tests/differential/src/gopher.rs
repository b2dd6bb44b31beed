//! A Go program of ours that answers over a pipe: built once, asked in lots.

use std::io::{BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gobpf_tests::go::{Module, go};

/// A running program. It ends when it is dropped.
pub struct Gopher {
    child: Child,
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
    _module: Module,
}

impl Gopher {
    /// Builds `source`, a whole `main` package, and starts it with `arguments`. `changed` is a file of Go's own library,
    /// by its path from there, and its text for this program.
    ///
    /// # Errors
    /// It can't be built or started.
    pub fn start(
        source: &str,
        arguments: &[&str],
        changed: Option<(&str, String)>,
    ) -> Result<Gopher, String> {
        let module = Module::new()?;
        module.write("oracle/main.go", source)?;
        let mut what = vec!["./oracle"];
        if let Some((path, text)) = changed {
            let instead = module.write("changed/file.go.txt", &text)?;
            let replace =
                serde_json::json!({ "Replace": { library()?.join(path).to_string_lossy(): instead } });
            module.write("changed/overlay.json", &replace.to_string())?;
            what.insert(0, "-overlay=changed/overlay.json");
        }
        let program = module.build("oracle.bin", &what)?;
        let mut command = Command::new(&program);
        let started = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("{}: {error}", program.display()))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or("a child without pipes")?;
        Ok(Gopher {
            child,
            questions: Some(BufWriter::with_capacity(1 << 20, stdin)),
            answers: BufReader::with_capacity(1 << 20, stdout),
            _module: module,
        })
    }

    /// Sends the number of texts, and each with its length.
    ///
    /// # Errors
    /// The program has ended.
    pub fn ask<T: AsRef<[u8]>>(&mut self, texts: &[T]) -> Result<(), String> {
        let questions = self.questions.as_mut().ok_or("the oracle has ended")?;
        let send = |to: &mut BufWriter<ChildStdin>| {
            to.write_all(&(texts.len() as u32).to_le_bytes())?;
            for text in texts {
                let bytes = text.as_ref();
                to.write_all(&(bytes.len() as u32).to_le_bytes())?;
                to.write_all(bytes)?;
            }
            to.flush()
        };
        send(questions).map_err(|error| format!("asking the oracle: {error}"))
    }

    /// The next number of an answer.
    ///
    /// # Errors
    /// The program has ended.
    pub fn number(&mut self) -> Result<u32, String> {
        let mut bytes = [0; 4];
        self.answers.read_exact(&mut bytes).map_err(|error| format!("the oracle's answer: {error}"))?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The next text of an answer: its length and its bytes.
    ///
    /// # Errors
    /// The program has ended.
    pub fn text(&mut self) -> Result<String, String> {
        let mut bytes = vec![0; self.number()? as usize];
        self.answers.read_exact(&mut bytes).map_err(|error| format!("the oracle's answer: {error}"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The folder of Go's own library.
///
/// # Errors
/// Go can't be asked.
pub fn library() -> Result<PathBuf, String> {
    let root = go(&std::env::temp_dir(), &["env", "GOROOT"])?;
    Ok(PathBuf::from(root.trim()).join("src"))
}

impl Drop for Gopher {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.wait();
    }
}
