//! Replays `protocol-fixtures/*.txt` against the real binary; each file is a test. The format is described there.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "protocol/client.rs"]
mod client;
#[path = "protocol/pattern.rs"]
mod pattern;
#[path = "protocol/script.rs"]
mod script;

use std::path::Path;
use std::{fs, process};

use libtest_mimic::{Arguments, Trial};

use crate::client::Client;
use crate::script::{Script, Step};

fn main() -> process::ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol-fixtures");
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let trials = paths.into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Trial::test(name, move || replay(&path).map_err(Into::into))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn replay(path: &Path) -> Result<(), String> {
    let root = tempfile::tempdir().map_err(|error| error.to_string())?;
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let script = Script::parse(&text, root.path())?;
    let mut client = Client::start(root.path())?;
    let mut refused = Vec::new();
    for (line, step) in &script.steps {
        let done = match step {
            Step::Send(messages) => client.send(messages),
            Step::Expect(pattern) => client.expect(pattern),
            Step::Await(pattern) => client.wait_for(pattern),
            Step::Refuse(pattern) => {
                refused.push((*line, pattern));
                Ok(())
            }
        };
        done.map_err(|problem| format!("{}:{line}: {problem}\n{}", path.display(), client.log()))?;
    }
    let exit = client.finish().map_err(|problem| format!("{problem}\n{}", client.log()))?;
    if exit != script.exit {
        return Err(format!("the server ended with {exit}, not {}\n{}", script.exit, client.log()));
    }
    match refused.iter().find_map(|(line, pattern)| Some((line, client.unmatched(pattern)?))) {
        Some((line, message)) => Err(format!("{}:{line}: not wanted, but came: {message}", path.display())),
        None => Ok(()),
    }
}
