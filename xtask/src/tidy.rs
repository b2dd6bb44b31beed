//! `cargo xtask tidy`: what no compiler checks. All findings are printed, not only the first.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use walkdir::WalkDir;

/// Each room with the rooms that it may depend on. A room that isn't here is free (`tests`, `xtask`).
const ROOMS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostics", &["source"]),
    ("btf", &[]),
    ("bpf", &["source", "btf"]),
    ("syntax", &["source", "diagnostics"]),
    ("types", &["source", "diagnostics", "syntax", "bpf", "btf"]),
    ("ir", &["source", "diagnostics", "types", "bpf", "btf"]),
    ("codegen", &["source", "diagnostics", "types", "ir", "bpf", "btf"]),
    ("assembly", &["source", "diagnostics", "syntax", "bpf", "btf"]),
    ("verifier", &["bpf", "btf"]),
    ("object", &["source", "diagnostics", "bpf", "btf"]),
    ("loader", &["source", "bpf", "btf"]),
    (
        "analysis",
        &[
            "source",
            "diagnostics",
            "syntax",
            "types",
            "ir",
            "codegen",
            "assembly",
            "verifier",
            "object",
            "loader",
            "bpf",
            "btf",
        ],
    ),
    ("lsp", &["source", "diagnostics", "analysis", "bpf", "verifier"]),
];

/// Lines that a source file of the product may have; tables are exempt.
const MAX_LINES: usize = 700;

/// Folders that hold no text of ours.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", "dist"];

/// Endings of files whose text is looked at.
const TEXT: &[&str] =
    &["rs", "toml", "md", "go", "mod", "bpf", "json", "ts", "js", "mjs", "lua", "sh", "yml", "txt", "trycmd"];

/// Starts of paths of one machine, and of a place beside the repository. Split, so that this file passes.
const FOREIGN_PATHS: &[(&str, &str)] = &[("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("../sh", "ared")];

/// Checks everything.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("`{argument}`: no arguments are known"));
    }
    let root = super::root();
    let mut findings = rooms(&root)?;
    findings.extend(architecture(&root));
    for file in text_files(&root) {
        let Ok(text) = fs::read_to_string(root.join(&file)) else { continue };
        findings.extend(size(&file, &text));
        findings.extend(foreign_paths(&file, &text));
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!("{} findings\n{}", findings.len(), findings.join("\n")))
}

/// Dependencies between rooms that the order doesn't allow; those of tests are free.
fn rooms(root: &Path) -> Result<Vec<String>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut findings = Vec::new();
    for package in list(&metadata, "packages") {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(allowed) = name.strip_prefix("gobpf-").and_then(|room| allowed.get(room)) else { continue };
        for dependency in list(&package, "dependencies") {
            let on = dependency["name"].as_str().unwrap_or_default();
            let Some(room) = on.strip_prefix("gobpf-") else { continue };
            if dependency["kind"].is_null() && !allowed.contains(&room) {
                findings.push(format!("{name} must not depend on {on}"));
            }
        }
    }
    Ok(findings)
}

/// Paths that ARCHITECTURE.md names between backticks and that don't exist.
fn architecture(root: &Path) -> Vec<String> {
    let name = "ARCHITECTURE.md";
    let Ok(text) = fs::read_to_string(root.join(name)) else { return vec![format!("{name}: missing")] };
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        for path in quoted.filter(|word| is_path(root, word)) {
            if !root.join(path.trim_end_matches('/')).exists() {
                findings.push(format!("{name}:{}: there is no `{path}`", index + 1));
            }
        }
    }
    findings
}

/// Whether `word` means a path of the repository: not a pattern, not a method of a protocol.
fn is_path(root: &Path, word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let (first, last) =
        (word.split('/').next().unwrap_or_default(), word.rsplit('/').next().unwrap_or_default());
    let is_file =
        last.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && TEXT.contains(&ending));
    plain && (word.ends_with('/') || is_file || (word.contains('/') && root.join(first).is_dir()))
}

/// All files of text, as paths from the root.
fn text_files(root: &Path) -> Vec<String> {
    let entries = WalkDir::new(root).sort_by_file_name().into_iter();
    let kept = entries.filter_entry(|entry| !SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref()));
    let files = kept.flatten().filter(|entry| entry.file_type().is_file());
    let paths = files.map(|entry| entry.path().strip_prefix(root).unwrap_or(entry.path()).to_path_buf());
    paths
        .filter(|path| {
            path.extension().is_some_and(|ending| TEXT.contains(&ending.to_string_lossy().as_ref()))
        })
        .map(|path| path.to_string_lossy().into_owned())
        .collect()
}

fn size(file: &str, text: &str) -> Option<String> {
    let product = file.starts_with("compiler/") || file.starts_with("server/");
    let exempt = !file.ends_with(".rs") || file.contains("/tables/");
    let lines = text.lines().count();
    (product && !exempt && lines > MAX_LINES)
        .then(|| format!("{file}: {lines} lines, {MAX_LINES} are allowed: split it by subject"))
}

fn foreign_paths(file: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (start, end) in FOREIGN_PATHS {
        let path = format!("{start}{end}");
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&path));
        findings.extend(lines.map(|(index, _)| format!("{file}:{}: names `{path}`", index + 1)));
    }
    findings
}
