//! What a caller decides for an analysis.

use std::fmt;
use std::sync::Arc;

use gobpf_bpf::KernelVersion;
use gobpf_types::{Import, Sdk};

/// Settings of an analysis.
#[derive(Clone)]
pub struct Options {
    /// The target kernel, over any `//bpf:kernel`; `None` leaves it to the file.
    pub target: Option<KernelVersion>,
    /// Whether Go's own type errors are reported. An editor that runs gopls as well turns them off.
    pub go_errors: bool,
    /// The SDK's declarations.
    pub sdk: Arc<Sdk>,
    /// What an import path is. The caller looks at the disk; this room does not.
    pub imports: Arc<dyn Fn(&str) -> Import + Send + Sync>,
}

impl Default for Options {
    /// The SDK that is built in; only the canonical import path is the SDK, and what has no dot in its first element is the standard library.
    fn default() -> Self {
        let imports = |path: &str| match path {
            "github.com/miekg/bpf" => Import::Sdk,
            path if !path.split('/').next().unwrap_or_default().contains('.') => Import::Standard,
            _ => Import::Other,
        };
        Options { target: None, go_errors: true, sdk: Arc::new(Sdk::embedded()), imports: Arc::new(imports) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("target", &self.target).field("go_errors", &self.go_errors).finish()
    }
}
