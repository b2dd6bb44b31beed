//! Bytes that are written as hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Bytes, written as pairs of hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hex(pub Vec<u8>);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hex {
    type Err = String;

    /// Reads pairs of digits; spaces, `_` and `:` between them are skipped. `byte*N` repeats a byte, as `00*20` does.
    fn from_str(text: &str) -> Result<Hex, String> {
        let mut bytes = Vec::new();
        for word in text.split([' ', '_', ':']).filter(|word| !word.is_empty()) {
            let (digits, times) = match word.split_once('*') {
                Some((digits, times)) => {
                    (digits, times.parse().map_err(|_| format!("`{word}`: {times} times?"))?)
                }
                None => (word, 1usize),
            };
            let pairs: Result<Vec<u8>, String> = digits
                .as_bytes()
                .chunks(2)
                .map(|pair| {
                    let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
                    pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
                        .ok_or_else(|| format!("`{digits}` is not pairs of hexadecimal digits"))
                })
                .collect();
            bytes.extend(pairs?.repeat(times));
        }
        Ok(Hex(bytes))
    }
}

impl TryFrom<String> for Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Hex, String> {
        text.parse()
    }
}

impl From<Hex> for String {
    fn from(hex: Hex) -> String {
        hex.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Hex;

    #[test]
    fn bytes_are_read_and_written() {
        let hex: Hex = "ff00_12:00*3".parse().unwrap();
        assert_eq!(hex.to_string(), "ff0012000000");
        assert!(
            "f".parse::<Hex>().is_err() && "zz".parse::<Hex>().is_err() && "00*x".parse::<Hex>().is_err()
        );
    }
}
