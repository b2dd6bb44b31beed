//! What a user decides, wherever it was said: command line, editor, `gobpf.toml`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gobpf_analysis::{KernelVersion, Options, Sdk};

use crate::imports::Imports;
use crate::overlay::Overlay;
use crate::read;

/// The file of settings that stands in a directory above the source.
const FILE: &str = "gobpf.toml";

/// Settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The target kernel; none leaves it to the source, and where that doesn't say, to `gobpf.toml`.
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
    /// Options for the file `name` of directory `dir`, which is none for text that has no place on disk. The files beside
    /// it are those of `overlay` and of the disk.
    ///
    /// # Errors
    ///
    /// Words about a `gobpf.toml` that can't be used.
    pub fn options(&self, dir: Option<&Path>, name: &str, overlay: &Arc<Overlay>) -> Result<Options, String> {
        let fallback = dir.map_or(Ok(None), kernel_of_config)?;
        Ok(self.with_fallback(fallback, dir, name, overlay))
    }

    /// Options for the file without a look at the `gobpf.toml`, which says `fallback`.
    pub fn with_fallback(
        &self,
        fallback: Option<KernelVersion>,
        dir: Option<&Path>,
        name: &str,
        overlay: &Arc<Overlay>,
    ) -> Options {
        let imports = Arc::new(Imports::of(dir, overlay));
        let overlay = Arc::clone(overlay);
        let packages = Arc::clone(&imports);
        let own = Path::new(name).file_name().unwrap_or_default().to_os_string();
        let siblings = dir.map(|dir| (dir.to_path_buf(), own));
        Options {
            target: self.kernel,
            fallback_target: fallback,
            go_errors: self.go_errors,
            sdk: Arc::clone(&self.sdk),
            imports: Arc::new(move |path: &str| imports.resolve(path)),
            siblings: Arc::new(move || {
                siblings.as_ref().map_or_else(Vec::new, |(dir, own)| read::package(dir, Some(own), &overlay))
            }),
            packages: Arc::new(move |path: &str| packages.package(path)),
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
