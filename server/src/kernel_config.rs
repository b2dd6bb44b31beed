//! The settings of the running kernel, which objects may ask for (`CONFIG_HZ`).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use gobpf_analysis::{Symbols, settings};

/// Settings of a kernel are a few hundred KB. Bytes.
const MAX_BYTES: u64 = 16 << 20;

/// Those of the running kernel, by name, read once; none where it doesn't show them.
pub fn running() -> Arc<HashMap<String, String>> {
    static RUNNING: OnceLock<Arc<HashMap<String, String>>> = OnceLock::new();
    Arc::clone(RUNNING.get_or_init(|| Arc::new(settings(&text().unwrap_or_default()))))
}

/// What the running kernel lists with its address; where it doesn't show its settings, what distributions' do.
pub fn symbols() -> Symbols {
    let known = running();
    match known.is_empty() || known.contains_key("CONFIG_KALLSYMS_ALL") {
        true => Symbols::All,
        false => Symbols::Functions,
    }
}

/// How many processors the running kernel may have at most.
pub fn processors() -> Option<u32> {
    last_processor(&fs::read_to_string("/sys/devices/system/cpu/possible").ok()?)?.checked_add(1)
}

/// The last number in a list such as `0-3,8`.
fn last_processor(list: &str) -> Option<u32> {
    list.trim().rsplit(['-', ',']).next()?.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_processor_ends_the_list() {
        assert_eq!(last_processor("0-3,8\n"), Some(8));
        assert_eq!(last_processor("0\n"), Some(0));
        assert_eq!(last_processor(""), None);
    }
}
