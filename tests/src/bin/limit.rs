//! What the verifier model takes for programs at the verifier's limits; `cargo xtask bench limit` builds and starts it.

use std::process::ExitCode;

use gobpf_tests::limit;

fn main() -> ExitCode {
    match limit::measure() {
        Ok((table, fits)) => {
            print!("{table}");
            if fits { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            eprintln!("gobpf-limit: {why}");
            ExitCode::from(2)
        }
    }
}
