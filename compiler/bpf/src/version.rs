//! Kernel versions.

use std::fmt;
use std::str::FromStr;

/// A Linux version such as 6.1, ordered as versions are (5.9 before 5.15).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KernelVersion {
    /// The part before the dot.
    pub major: u16,
    /// The part after the dot.
    pub minor: u16,
}

impl KernelVersion {
    /// The target when nothing names one: the oldest that verdicts are proven against.
    pub const DEFAULT: KernelVersion = KernelVersion::new(6, 1);

    /// `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        KernelVersion { major, minor }
    }
}

impl Default for KernelVersion {
    fn default() -> Self {
        KernelVersion::DEFAULT
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for KernelVersion {
    type Err = String;

    /// Reads `6.1`, `v6.1` or `6.1.27` (the third number is dropped).
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a kernel version; write one such as 6.1");
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let mut number = || parts.next().and_then(|part| part.parse::<u16>().ok()).ok_or_else(wrong);
        let (major, minor) = (number()?, number()?);
        match (parts.next().map(|part| part.parse::<u32>().is_ok()), parts.next()) {
            (None | Some(true), None) => Ok(KernelVersion { major, minor }),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::KernelVersion;

    #[test]
    fn versions_are_read_and_ordered_as_versions() {
        let parse = |text: &str| text.parse::<KernelVersion>();
        assert!(parse("5.9").unwrap() < parse("v5.15.3").unwrap());
        for wrong in ["", "6", "6.x", "6.1.2.3", "six.one", "6.1-rc1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
