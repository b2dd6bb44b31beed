//! Valid kernel packages, each of one file.

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_syntax::ast;
use gobpf_tests::files;
use gobpf_tests::generate::rng::Rng;
use std::path::Path;
use std::sync::Arc;

use super::sites::{self, Sites};

/// A package.
pub struct Package {
    /// The path of its file.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Its syntax.
    pub file: Arc<ast::File>,
    /// Where it can be changed.
    pub sites: Sites,
}

/// Packages to be changed.
pub struct Corpus {
    /// All of them.
    pub packages: Vec<Package>,
}

impl Corpus {
    /// Reads the programs of the tests, the examples, and the corpus of this crate.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn read() -> Result<Corpus, String> {
        let root = files::root();
        let own = Path::new("tests/differential/corpus");
        let folders = [
            Path::new("tests/run"),
            Path::new("tests/codegen"),
            Path::new("tests/clang"),
            own,
            Path::new("examples"),
        ];
        let mut packages = Vec::new();
        for folder in folders {
            for (name, path) in files::walk(&root.join(folder), ".go") {
                let name = folder.join(name).to_string_lossy().into_owned();
                packages.push(Package::new(name, files::read(&path)?));
            }
        }
        Ok(Corpus { packages })
    }

    /// One of them: the larger, the more often.
    pub fn pick(&self, rng: &mut Rng) -> &Package {
        let total: usize = self.packages.iter().map(|package| package.text.len()).sum();
        let mut left = rng.below(total);
        for package in &self.packages {
            if left < package.text.len() {
                return package;
            }
            left -= package.text.len();
        }
        &self.packages[0]
    }
}

impl Package {
    /// The package of one file.
    pub fn new(name: String, text: String) -> Package {
        let source = SourceText::new(&text);
        let file = SyntaxTree::parse(FileId(0), &source).file().clone();
        let sites = sites::of(&file);
        Package { name, text, file, sites }
    }
}
