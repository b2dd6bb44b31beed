//! The page of every diagnostic code: its example must give that code.

use std::process::ExitCode;

use gobpf_diagnostics::codes::{PAGES, Page};
use gobpf_tests::cli;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = PAGES.iter().map(|page| Trial::test(page.code.to_string(), move || check(page))).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(page: &Page) -> Result<(), Failed> {
    let (language, example) = example(page.text).ok_or("the page has no fenced block under `## Example`")?;
    let name = match language {
        "bpf" => "example.bpf",
        "go" => "example.go",
        "elf" => return object(page, &example),
        other => return Err(format!("an example is tagged `go`, `bpf` or `elf`, not `{other}`").into()),
    };
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(name), example)?;
    let reported = cli::reported(folder.path(), name)?;
    if reported.iter().any(|found| found.code == page.code.to_string()) {
        return Ok(());
    }
    Err(format!("the example gives {reported:#?}").into())
}

/// An object file in hexadecimal.
fn object(page: &Page, example: &str) -> Result<(), Failed> {
    let digits: String = example.chars().filter(char::is_ascii_hexdigit).collect();
    let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>()?;
    match gobpf_object::read(&bytes, gobpf_object::Options::default()) {
        Err(error) if error.code() == page.code => Ok(()),
        Err(error) => Err(format!("the example gives {}: {error}", error.code()).into()),
        Ok(read) if read.errors.iter().any(|error| error.code() == page.code) => Ok(()),
        Ok(read) => Err(format!("the example gives {:#?}", read.errors).into()),
    }
}

/// The language and the text of the first fenced block under `## Example`. A line that ends with `// repeat N` stands
/// for N lines.
fn example(page: &str) -> Option<(&str, String)> {
    let section = page.split("\n## Example\n").nth(1)?;
    let mut lines = section.lines().skip_while(|line| !line.starts_with("```"));
    let tag = lines.next()?.trim_start_matches('`');
    let language = tag.split_whitespace().next().unwrap_or_default();
    let text: String = lines
        .take_while(|line| !line.starts_with("```"))
        .map(|line| match line.rsplit_once(" // repeat ").map(|(line, count)| (line, count.parse())) {
            Some((line, Ok(count))) => format!("{line}\n").repeat(count),
            _ => format!("{line}\n"),
        })
        .collect();
    Some((language, text))
}
