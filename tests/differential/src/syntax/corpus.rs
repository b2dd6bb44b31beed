//! The files that are changed: those of the Go distribution (its library and its tests of the compiler) and our own.

use std::path::{Path, PathBuf};

use gobpf_tests::generate::rng::Rng;
use gobpf_tests::{files, go};

/// Longer files are left out: more of them are judged in the same time.
const MOST_BYTES: u64 = 24_000;
/// How often a file of the project is taken, in percent: it is what our users' files look like.
const OWN_PERCENT: u32 = 10;

/// Go files by their texts.
pub struct Corpus {
    own: Vec<String>,
    go: Vec<String>,
}

impl Corpus {
    /// Reads the files of the project and of the Go distribution.
    ///
    /// # Errors
    /// Go is missing.
    pub fn read() -> Result<Corpus, String> {
        let root = files::root();
        let goroot = PathBuf::from(go::go(&root, &["env", "GOROOT"])?.trim());
        let own = ["sdk", "examples", "tests"].iter().flat_map(|folder| texts(&root.join(folder)));
        let go = ["src", "test"].iter().flat_map(|folder| texts(&goroot.join(folder)));
        let corpus = Corpus { own: own.collect(), go: go.collect() };
        if corpus.own.is_empty() {
            return Err(format!("no Go files under {}", root.display()));
        }
        Ok(corpus)
    }

    /// One of them.
    pub fn pick(&self, rng: &mut Rng) -> &str {
        let own = self.go.is_empty() || rng.chance(OWN_PERCENT);
        let from = if own { &self.own } else { &self.go };
        &from[rng.below(from.len())]
    }
}

/// The texts of the Go files under `folder`; none of those that are no UTF-8, which our tools don't read.
fn texts(folder: &Path) -> Vec<String> {
    let paths = files::walk(folder, ".go").into_iter().map(|(_, path)| path);
    let short = paths.filter(|path| std::fs::metadata(path).is_ok_and(|found| found.len() <= MOST_BYTES));
    short.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}
