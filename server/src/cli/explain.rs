//! `--explain CODE`: the page of a diagnostic.

use gobpf_diagnostics::Code;

use crate::cli::output::to_stdout;
use crate::cli::{Exit, usage_error};
use crate::wording;

pub fn run(code: &str) -> Exit {
    match Code::parse(code.trim()).and_then(Code::page) {
        Some(page) => to_stdout(page.text, Exit::Clean),
        None => usage_error(&wording::unknown_code(code)),
    }
}
