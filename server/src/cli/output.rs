//! Writing: standard output and error without noise when nobody reads, files whole or not at all.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use crate::args::Color;
use crate::cli::{Exit, usage_error};
use crate::wording;

/// Writes `bytes` to standard output; `exit` unless that fails. A reader that has gone away is no failure.
pub fn to_stdout(bytes: impl AsRef<[u8]>, exit: Exit) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(bytes.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            usage_error(&format!("standard output: {error}"))
        }
        _ => exit,
    }
}

/// Writes `text` to standard error, if anybody reads it.
pub fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Whether `stream` gets colours.
pub fn colored(color: Color, stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => !refused && stream.is_terminal(),
    }
}

/// Writes `bytes` to the file at `path`, whole or not at all: to a new file beside it, which then takes its place.
///
/// # Errors
///
/// Words for the user.
pub fn to_file(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), String> {
    let failed = |error: io::Error| wording::unwritable(path, &error);
    // A device or a pipe has no place to be taken.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, bytes).map_err(failed);
    }
    let mut beside = path.file_name().unwrap_or_default().to_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
