//! Collects `codes/GBxxxx.md` into one table, so that adding a diagnostic is adding one file.

#![allow(clippy::panic)] // a build script stops by panicking

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=codes");
    let root = env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
    let mut pages: Vec<_> = fs::read_dir(Path::new(&root).join("codes"))
        .expect("the folder of pages")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    let mut constants = String::new();
    let mut rows = String::new();
    for page in &pages {
        let code = page.file_stem().and_then(|stem| stem.to_str()).expect("an ASCII file name");
        let number = code.strip_prefix("GB").and_then(|digits| digits.parse::<u16>().ok());
        let number = number.unwrap_or_else(|| panic!("{code}.md: a page is called GBxxxx.md"));
        let text = fs::read_to_string(page).expect("a readable page");
        let first = text.lines().next().unwrap_or_default();
        let title = first
            .strip_prefix(&format!("# {code}: "))
            .unwrap_or_else(|| panic!("{code}.md: the first line is `# {code}: title`, not `{first}`"));
        writeln!(constants, "/// {title}\npub const {code}: Code = Code({number});").expect("a string");
        writeln!(rows, "Page {{ code: Code({number}), title: {title:?}, text: include_str!({page:?}) }},")
            .expect("a string");
    }
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("codes.rs");
    fs::write(
        out,
        format!(
            "{constants}\n/// Every code with its page, in order.\npub const PAGES: &[Page] = &[\n{rows}];\n"
        ),
    )
    .expect("a writable OUT_DIR");
}
