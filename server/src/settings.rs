//! What a user decides, wherever it was said: command line, editor, `gobpf.toml`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gobpf_analysis::{KernelVersion, Options, Sdk};

use crate::imports::Imports;

/// The file of settings that stands in a directory above the source.
const FILE: &str = "gobpf.toml";

/// Settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The target kernel; none leaves it to `gobpf.toml` and the source.
    pub kernel: Option<KernelVersion>,
    /// Whether Go's own type errors are reported.
    pub go_errors: bool,
    /// The SDK's declarations, parsed once.
    pub sdk: Arc<Sdk>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { kernel: None, go_errors: true, sdk: Arc::new(Sdk::embedded()) }
    }
}

impl Settings {
    /// Options for the files of directory `dir`; none for text that has no place on disk.
    ///
    /// # Errors
    ///
    /// Words about a `gobpf.toml` that can't be used.
    pub fn options(&self, dir: Option<&Path>) -> Result<Options, String> {
        let target = match (self.kernel, dir) {
            (None, Some(dir)) => kernel_of_config(dir)?,
            (kernel, _) => kernel,
        };
        Ok(self.with_target(target, dir))
    }

    /// Options for the files of `dir` without a look at its `gobpf.toml`.
    pub fn with_target(&self, target: Option<KernelVersion>, dir: Option<&Path>) -> Options {
        let imports = Imports::of(dir);
        Options {
            target,
            go_errors: self.go_errors,
            sdk: Arc::clone(&self.sdk),
            imports: Arc::new(move |path: &str| imports.resolve(path)),
        }
    }
}

/// The kernel that the nearest `gobpf.toml` at or above `dir` names.
fn kernel_of_config(dir: &Path) -> Result<Option<KernelVersion>, String> {
    for above in dir.ancestors() {
        let path = above.join(FILE);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        return parse(&text).map_err(|problem| format!("{}: {problem}", path.display()));
    }
    Ok(None)
}

/// Reads the one key that there is, `kernel = "6.1"`, strictly: a key that is not known is an error.
fn parse(text: &str) -> Result<Option<KernelVersion>, String> {
    let mut kernel = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let value = line.strip_prefix("kernel").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
        let quoted = value.and_then(|value| value.trim().strip_prefix('"')?.strip_suffix('"'));
        let version = quoted.ok_or_else(|| {
            format!("line {}: `{line}` is not a setting; there is only `kernel = \"6.1\"`", number + 1)
        })?;
        kernel = Some(version.parse().map_err(|problem| format!("line {}: {problem}", number + 1))?);
    }
    Ok(kernel)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_config_file_is_read_strictly() {
        assert_eq!(parse("# nothing\n\n"), Ok(None));
        assert_eq!(parse("kernel = \"5.15\" # old\n"), Ok(Some(KernelVersion::new(5, 15))));
        for wrong in ["kernel = 5.15", "kernel = \"new\"", "kernels = \"6.1\"", "[target]"] {
            assert!(parse(wrong).unwrap_err().starts_with("line 1: "), "{wrong}");
        }
    }
}
