//! How long the model takes, beside the kernel's verifier on the same programs.

use std::fmt;
use std::time::Duration;

/// Times of both, of the programs that the kernel gives a time for.
#[derive(Default, Debug)]
pub struct Speed {
    model: Vec<Duration>,
    kernel: Vec<Duration>,
}

impl Speed {
    /// Counts a program; `microseconds` is 0 where the kernel says nothing.
    pub fn add(&mut self, model: Duration, microseconds: u32) {
        if microseconds > 0 {
            self.model.push(model);
            self.kernel.push(Duration::from_micros(u64::from(microseconds)));
        }
    }
}

/// Median, 99th percentile and the longest of all.
fn summary(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied();
    let text = |time: Option<Duration>| format!("{:?}", time.unwrap_or_default());
    format!(
        "median {}, 99th percentile {}, longest {}",
        text(at(50)),
        text(at(99)),
        text(sorted.last().copied())
    )
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "time of the model:           {}", summary(&self.model))?;
        writeln!(f, "time of the kernel's verifier: {}", summary(&self.kernel))
    }
}
