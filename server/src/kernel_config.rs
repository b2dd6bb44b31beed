//! The settings of the running kernel, which objects may ask for (`CONFIG_HZ`).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use gobpf_analysis::Symbols;

/// Settings of a kernel are a few hundred KB. Bytes.
const MAX_BYTES: u64 = 16 << 20;

/// Those of the running kernel, by name, read once; none where it doesn't show them.
pub fn running() -> Arc<HashMap<String, String>> {
    static RUNNING: OnceLock<Arc<HashMap<String, String>>> = OnceLock::new();
    Arc::clone(RUNNING.get_or_init(|| Arc::new(parse(&text().unwrap_or_default()))))
}

/// What the running kernel lists with its address; where it doesn't show its settings, what distributions' do.
pub fn symbols() -> Symbols {
    let settings = running();
    match settings.is_empty() || settings.contains_key("CONFIG_KALLSYMS_ALL") {
        true => Symbols::All,
        false => Symbols::Functions,
    }
}

/// `/proc/config.gz`, or what distributions put beside the kernel.
fn text() -> Option<String> {
    let packed = || {
        let mut text = String::new();
        let file = File::open("/proc/config.gz").ok()?;
        GzDecoder::new(file).take(MAX_BYTES).read_to_string(&mut text).ok()?;
        Some(text)
    };
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    fs::read_to_string(format!("/boot/config-{}", release.trim())).ok().or_else(packed)
}

fn parse(text: &str) -> HashMap<String, String> {
    let lines = text.lines().filter(|line| line.starts_with("CONFIG_"));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_lines_with_a_value() {
        let text = "# CONFIG_A is not set\nCONFIG_HZ=250\nCONFIG_B=y\nCONFIG_C=\"x=y\"\n";
        let settings = parse(text);
        assert_eq!(settings.len(), 3);
        assert_eq!(settings.get("CONFIG_C").map(String::as_str), Some("\"x=y\""));
    }
}
