//! `--explain CODE`: the page of a diagnostic; without a code, the title of each.

use gobpf_diagnostics::Code;
use gobpf_diagnostics::codes::PAGES;

use crate::cli::output::to_stdout;
use crate::cli::{Exit, usage_error};
use crate::wording;

pub fn run(code: &str) -> Exit {
    if code.trim().is_empty() {
        let titles = PAGES.iter().map(|page| format!("{}  {}\n", page.code, page.title));
        return to_stdout(titles.collect::<String>(), Exit::Clean);
    }
    match Code::parse(code.trim()).and_then(Code::page) {
        Some(page) => to_stdout(page.text, Exit::Clean),
        None => usage_error(&wording::unknown_code(code)),
    }
}
