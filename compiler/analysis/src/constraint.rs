//! Build constraints: which files belong to a package when it is built for the kernel's machine.
//!
//! <https://pkg.go.dev/cmd/go#hdr-Build_constraints>: the expression of `//go:build`, and the endings of file names.

/// What holds for kernel code: it runs on Linux, on a 64-bit little-endian machine.
const TAGS: &[&str] = &["linux", "amd64", "gc", "unix"];

/// The newest Go release whose tag `go1.N` holds: a file that wants a newer one isn't built by anybody yet.
const NEWEST_GO: u32 = 99;

/// Operating systems that Go knows; the ending `_NAME.go` binds a file to one.
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

/// Machines that Go knows; the ending `_NAME.go` binds a file to one.
const MACHINES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// Whether a file of this name, with this `//go:build` expression, is part of its package.
pub(crate) fn admits(name: &str, expression: Option<&str>) -> bool {
    name_admits(name) && expression.is_none_or(|text| Parser { rest: text }.whole().unwrap_or(false))
}

/// The endings `_GOOS`, `_GOARCH` and `_GOOS_GOARCH`; what stands before the first `_` is never one.
fn name_admits(name: &str) -> bool {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let stem = stem.strip_suffix(".go").unwrap_or(stem);
    let mut parts = stem.split('_').skip(1).collect::<Vec<_>>().into_iter().rev();
    let holds = |part: &str| TAGS.contains(&part);
    let Some(last) = parts.next() else { return true };
    if MACHINES.contains(&last) {
        let system = parts.next().filter(|part| SYSTEMS.contains(part));
        return holds(last) && system.is_none_or(holds);
    }
    !SYSTEMS.contains(&last) || holds(last)
}

fn tag_holds(tag: &str) -> bool {
    let release = tag.strip_prefix("go1.").and_then(|minor| minor.parse::<u32>().ok());
    TAGS.contains(&tag) || release.is_some_and(|minor| minor <= NEWEST_GO)
}

/// A parser that evaluates as it reads; `None` is a malformed expression.
struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn whole(mut self) -> Option<bool> {
        let value = self.any()?;
        self.rest.trim().is_empty().then_some(value)
    }

    /// Takes `token` if it comes next.
    fn takes(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn any(&mut self) -> Option<bool> {
        let mut value = self.all()?;
        while self.takes("||") {
            value |= self.all()?;
        }
        Some(value)
    }

    fn all(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.takes("&&") {
            value &= self.one()?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<bool> {
        // A loop, so that no number of signs is too deep.
        let mut positive = true;
        while self.takes("!") {
            positive = !positive;
        }
        if self.takes("(") {
            let value = self.any()?;
            return self.takes(")").then_some(value == positive);
        }
        let rest = self.rest.trim_start();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (tag, rest) = rest.split_at(end);
        self.rest = rest;
        (!tag.is_empty()).then(|| tag_holds(tag) == positive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_endings_are_those_of_go_build() {
        for (name, expression, admitted) in [
            ("a.go", None, true),
            ("a.go", Some("linux"), true),
            ("a.go", Some("ignore"), false),
            ("a.go", Some("!ignore && (linux || darwin)"), true),
            ("a.go", Some("!(linux && !cgo)"), false),
            ("a.go", Some("!!linux"), true),
            ("a.go", Some("go1.23"), true),
            ("a.go", Some("linux &&"), false),
            ("a.go", Some("linux darwin"), false),
            ("dir_windows/a_linux.go", None, true),
            ("a_windows.go", None, false),
            ("a_arm64.go", None, false),
            ("a_linux_amd64.go", None, true),
            ("a_windows_amd64.go", None, false),
            ("linux.go", None, true),
            ("windows.go", None, true),
            ("a_table.go", None, true),
            ("a_linux.go", Some("!linux"), false),
        ] {
            assert_eq!(admits(name, expression), admitted, "{name} {expression:?}");
        }
    }
}
