//! The codes: one constant and one page for each file `codes/GBxxxx.md`.

use std::fmt;

/// A diagnostic code, shown as `GB` and four digits: 01xx syntax and directives, 02xx types, 03xx not possible in the
/// kernel, 04xx predicted rejection, 05xx target kernel, 06xx limits, 07xx asm literals, 08xx objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

/// The page of a code.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The code.
    pub code: Code,
    /// The title, without the code.
    pub title: &'static str,
    /// The whole page, in Markdown.
    pub text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

impl Code {
    /// The code written as `text`, in either case, if there is one.
    pub fn parse(text: &str) -> Option<Code> {
        PAGES.iter().map(|page| page.code).find(|code| code.to_string().eq_ignore_ascii_case(text))
    }

    /// Whether Go's own tools report the same: a syntax or type error of Go (what a map must be like is none).
    pub fn is_go_error(self) -> bool {
        self.0 == 101 || ((200..300).contains(&self.0) && self.0 != 219)
    }

    /// Whether it speaks of what Go has and the kernel hasn't.
    pub fn is_of_kernel(self) -> bool {
        (300..400).contains(&self.0)
    }

    /// The page of this code.
    pub fn page(self) -> Option<&'static Page> {
        PAGES.iter().find(|page| page.code == self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GB{:04}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
