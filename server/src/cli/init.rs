//! `--init`: puts the SDK into the user's module, so that there is nothing to fetch and nothing to replace.

use std::fs;
use std::path::Path;

use crate::args::Args;
use crate::cli::output::{to_file, to_stdout};
use crate::cli::{Exit, usage_error};
use crate::imports::Module;
use crate::wording;

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// Where the SDK goes in the module.
const PLACE: &str = "internal/bpf";

pub fn run(args: &Args) -> Exit {
    match init(args.force) {
        Ok(said) => to_stdout(&said, Exit::Clean),
        Err(problem) => usage_error(&problem),
    }
}

fn init(force: bool) -> Result<String, String> {
    let here = std::env::current_dir().map_err(|error| wording::unreadable(".", &error))?;
    let module = Module::of(&here).ok_or(wording::INIT_NEEDS_A_MODULE)?;
    let dir = module.root.join(PLACE);
    let mut missing = Vec::new();
    for (name, text) in FILES {
        let path = dir.join(name);
        match fs::read_to_string(&path) {
            Ok(there) if there == *text => {}
            Ok(_) if !force => return Err(wording::init_differs(&path)),
            _ => missing.push((path, *text)),
        }
    }
    if !missing.is_empty() {
        fs::create_dir_all(&dir).map_err(|error| wording::unwritable(&dir, &error))?;
    }
    for (path, text) in &missing {
        to_file(path, text)?;
    }
    let shown = shown_from(&here, &dir);
    let import = format!("import \"{}/{PLACE}\"", module.path);
    Ok(match missing.len() {
        0 => format!("{shown}: the SDK is there already\n{import}\n"),
        written => format!("{shown}: {written} files written\n{import}\n"),
    })
}

/// `dir` as seen from `here`, where it is below it.
fn shown_from(here: &Path, dir: &Path) -> String {
    dir.strip_prefix(here).unwrap_or(dir).display().to_string()
}
