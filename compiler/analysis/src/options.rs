//! What a caller decides for an analysis.

use std::fmt;
use std::sync::Arc;

use gobpf_bpf::KernelVersion;
use gobpf_btf::KernelBtf;
use gobpf_syntax::ast;
use gobpf_types::{Import, Sdk};
use gobpf_verifier::Symbols;

use crate::binary::KernelConfig;

/// Settings of an analysis.
#[derive(Clone)]
pub struct Options {
    /// The target kernel, over any `//bpf:kernel`; `None` leaves it to the file.
    pub target: Option<KernelVersion>,
    /// The target kernel of files that don't say theirs, such as a project's; `None` leaves it to the default.
    pub fallback_target: Option<KernelVersion>,
    /// Whether Go's own type errors are reported. An editor that runs gopls as well turns them off.
    pub go_errors: bool,
    /// The SDK's declarations.
    pub sdk: Arc<Sdk>,
    /// What an import path is. The caller looks at the disk; this room does not.
    pub imports: Arc<dyn Fn(&str) -> Import + Send + Sync>,
    /// The other Go files of the directory, without tests. Asked only when the file uses what it doesn't declare, and
    /// perhaps often: on each version of the file.
    pub siblings: Arc<dyn Fn() -> Vec<OtherSource> + Send + Sync>,
    /// The Go files, without tests, of the package with an import path; none where the caller doesn't have it. Asked for
    /// each [`Import::Other`] whose names programs use, perhaps often.
    pub packages: Packages,
    /// The types of the kernel that programs are judged for.
    pub kernel_types: KernelTypes,
    /// The settings of that kernel, for objects that ask for them.
    pub kernel_config: KernelConfig,
}

/// The types of the kernel, read when a program first needs them.
#[derive(Clone)]
pub struct KernelTypes {
    /// Verdicts with types of the same number may be taken for each other.
    pub id: u64,
    /// Gives them; none where the caller has none.
    pub get: Arc<dyn Fn() -> Option<Arc<KernelBtf>> + Send + Sync>,
    /// Says which of the kernel's variables have an address that programs may load.
    pub symbols: Arc<dyn Fn() -> Symbols + Send + Sync>,
    /// How many processors the machine with this kernel may have at most, where it is known.
    pub processors: Option<u32>,
}

impl Default for KernelTypes {
    /// None.
    fn default() -> Self {
        KernelTypes { id: 0, get: Arc::new(|| None), symbols: Arc::new(Symbols::default), processors: None }
    }
}

/// Gives the source files of the package with an import path.
pub type Packages = Arc<dyn Fn(&str) -> Option<PackageSources> + Send + Sync>;

/// The source files of a package.
pub type PackageSources = Arc<[OtherSource]>;

/// A source file beside the document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OtherSource {
    /// What it is called in diagnostics, such as its path; no two files share one.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

impl Options {
    /// The target kernel of `file`: the caller's word, the file's own, the fallback, the default.
    pub(crate) fn target_of(&self, file: &ast::File) -> KernelVersion {
        self.target.or_else(|| declared(file)).or(self.fallback_target).unwrap_or_default()
    }
}

/// The kernel that `//bpf:kernel` above the package clause names. A malformed one is reported where types are checked.
fn declared(file: &ast::File) -> Option<KernelVersion> {
    let package = file.decls.first()?;
    let mut directives = package.decl.directives.iter();
    let kernel = directives.find(|one| one.namespace == "bpf" && one.name == "kernel")?;
    kernel.arguments.trim().parse().ok()
}

impl Default for Options {
    /// The SDK that is built in; only the canonical import path is the SDK, and what has no dot in its first element is the standard library.
    fn default() -> Self {
        let imports = |path: &str| match path {
            "github.com/miekg/bpf" => Import::Sdk,
            path if !path.split('/').next().unwrap_or_default().contains('.') => Import::Standard,
            _ => Import::Other,
        };
        Options {
            target: None,
            fallback_target: None,
            go_errors: true,
            sdk: Arc::new(Sdk::embedded()),
            imports: Arc::new(imports),
            siblings: Arc::new(Vec::new),
            packages: Arc::new(|_| None),
            kernel_types: KernelTypes::default(),
            kernel_config: Arc::new(Arc::default),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("target", &self.target)
            .field("fallback_target", &self.fallback_target)
            .field("go_errors", &self.go_errors)
            .finish_non_exhaustive()
    }
}
