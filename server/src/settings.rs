//! What a user decides, wherever it was said: command line, editor, `gobpf.toml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gobpf_analysis::{Document, KernelVersion, Options, Sdk, Snapshot};
use gobpf_source::FileId;
use serde::Deserialize;

use crate::imports::Imports;
use crate::kernel_config;
use crate::kernel_types::KernelTypes;
use crate::overlay::Overlay;
use crate::read::{self, Content};

/// The file of settings that stands in a directory above the source.
const FILE: &str = "gobpf.toml";

/// Settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The target kernel; none leaves it to the source, and where that doesn't say, to `gobpf.toml`.
    pub kernel: Option<KernelVersion>,
    /// The file of the kernel's types; none leaves it to `gobpf.toml`, and where that doesn't say, to the system.
    pub btf: Option<PathBuf>,
    /// Whether Go's own type errors are reported.
    pub go_errors: bool,
    /// The SDK's declarations, parsed once.
    pub sdk: Arc<Sdk>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { kernel: None, btf: None, go_errors: true, sdk: Arc::new(Sdk::embedded()) }
    }
}

impl Settings {
    /// Options for the file `name` of directory `dir`, which is none for text that has no place on disk. The files beside
    /// it are those of `overlay` and of the disk.
    ///
    /// # Errors
    ///
    /// Words about a `gobpf.toml` that can't be used, or about the file of types that it or the user names.
    pub fn options(&self, dir: Option<&Path>, name: &str, overlay: &Arc<Overlay>) -> Result<Options, String> {
        let project = dir.map_or(Ok(Project::default()), project_of)?;
        let types = KernelTypes::of(self.btf.clone().or_else(|| project.btf.clone()));
        if self.btf.is_some() || project.btf.is_some() {
            types.get()?;
        }
        Ok(self.with_project(&project, dir, name, overlay))
    }

    /// What is known of the file or object `name`, read and parsed but not yet analysed.
    ///
    /// # Errors
    ///
    /// As [`Settings::options`], and what is wrong with the file.
    pub fn open(&self, file: FileId, path: &Path) -> Result<Snapshot, String> {
        let options = |dir: Option<PathBuf>, name: &str| {
            self.options(dir.as_deref(), name, &Arc::default()).map(Arc::new)
        };
        Ok(match read::content(path)? {
            Content::Source(source) => {
                let options = options(source.dir, &source.name)?;
                Document::open(file, &source.name, &source.text, None, options).snapshot()
            }
            Content::Object(name, dir, bytes) => {
                let options = options(dir, &name)?;
                Snapshot::of_object(file, &name, &bytes, options)
            }
        })
    }

    /// Options for the file without a look at the `gobpf.toml`, which says `project`.
    pub fn with_project(
        &self,
        project: &Project,
        dir: Option<&Path>,
        name: &str,
        overlay: &Arc<Overlay>,
    ) -> Options {
        let imports = Arc::new(Imports::of(dir, overlay));
        let overlay = Arc::clone(overlay);
        let packages = Arc::clone(&imports);
        let own = Path::new(name).file_name().unwrap_or_default().to_os_string();
        let siblings = dir.map(|dir| (dir.to_path_buf(), own));
        let types = KernelTypes::of(self.btf.clone().or_else(|| project.btf.clone()));
        Options {
            target: self.kernel,
            fallback_target: project.kernel,
            go_errors: self.go_errors,
            sdk: Arc::clone(&self.sdk),
            imports: Arc::new(move |path: &str| imports.resolve(path)),
            siblings: Arc::new(move || {
                siblings.as_ref().map_or_else(Vec::new, |(dir, own)| read::package(dir, Some(own), &overlay))
            }),
            packages: Arc::new(move |path: &str| packages.package(path)),
            kernel_types: gobpf_analysis::KernelTypes {
                id: types.id(),
                processors: if types.are_running() { kernel_config::processors() } else { None },
                get: Arc::new(move || types.get().ok().flatten()),
                symbols: Arc::new(kernel_config::symbols),
            },
            kernel_config: Arc::new(kernel_config::running),
        }
    }
}

/// What a `gobpf.toml` says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Project {
    /// The target kernel of files that don't say theirs.
    pub kernel: Option<KernelVersion>,
    /// The file of the kernel's types.
    pub btf: Option<PathBuf>,
}

/// The text of a `gobpf.toml`: a key that is not known is an error.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    kernel: Option<String>,
    btf: Option<PathBuf>,
}

/// What the nearest `gobpf.toml` at or above `dir` says; nothing where there is none.
fn project_of(dir: &Path) -> Result<Project, String> {
    for above in dir.ancestors() {
        let path = above.join(FILE);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        return parse(&text, above).map_err(|problem| format!("{}: {problem}", path.display()));
    }
    Ok(Project::default())
}

/// Reads `text`; paths in it are seen from `dir`.
fn parse(text: &str, dir: &Path) -> Result<Project, String> {
    let file: ProjectFile = toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line}: {}", error.message())
    })?;
    let kernel = file.kernel.map(|version| version.parse::<KernelVersion>()).transpose();
    Ok(Project {
        kernel: kernel.map_err(|problem| format!("kernel: {problem}"))?,
        btf: file.btf.map(|path| dir.join(path)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_config_file_is_read_strictly() {
        let parse = |text| parse(text, Path::new("/project"));
        assert_eq!(parse("# nothing\n\n"), Ok(Project::default()));
        let all = Project {
            kernel: Some(KernelVersion::new(5, 15)),
            btf: Some(PathBuf::from("/project/btf/vmlinux")),
        };
        assert_eq!(parse("kernel = \"5.15\" # old\nbtf = \"btf/vmlinux\"\n"), Ok(all));
        for (wrong, said) in [
            ("kernel = 5.15", "line 1: "),
            ("\nkernel = \"new\"", "kernel: "),
            ("\nkernels = \"6.1\"", "line 2: unknown field `kernels`"),
            ("[target]", "line 1: "),
            ("kernel =", "line 1: "),
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.starts_with(said), "{wrong}: {error}");
        }
    }
}
