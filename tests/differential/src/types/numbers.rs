//! The constants of Linux that our declarations of package syscall give, and those of the real package.

use gobpf_tests::files;

use super::compare::Found;
use super::{ORACLE, answer};
use crate::gopher::Gopher;

/// What differs.
///
/// # Errors
/// Go can't be asked, or a file can't be read.
pub fn check() -> Result<Vec<String>, String> {
    let root = files::root();
    let table = files::read(&root.join("compiler/types/std/syscall/syscall.go"))?;
    let lines = table.lines().filter_map(|line| line.trim().split_once(" = "));
    let mut text = "package f\n\nimport \"syscall\"\n".to_owned();
    for (name, value) in lines {
        let value = value.trim_start_matches("Errno").trim_start_matches("Signal");
        if value == "true" {
            continue;
        }
        // Go takes both where neither is negative.
        text +=
            &format!("const _, _ = uint(syscall.{0} - {value}), uint({value} - syscall.{0})\n", name.trim());
    }
    let mut oracle = Gopher::start(ORACLE, &[&root.join("sdk").to_string_lossy()], None)?;
    oracle.ask(&[&text])?;
    let found: Vec<Found> = answer(&mut oracle)?;
    Ok(found.into_iter().map(|found| found.words).collect())
}
