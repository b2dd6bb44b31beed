//! Judges jobs in a process of its own. As the first and only process of a test's virtual machine it takes a batch from
//! a file, prints the reports on the second serial port, one line of JSON each, and switches the machine off. On the
//! host it takes jobs from standard input, a line each, and prints the reports, so that system calls of other tests, which run
//! in other processes, are not counted as its own, and a crash of the kernel's verifier takes nobody else with it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

use gobpf_tests::job::Job;
use gobpf_tests::{kernel, sys, vm};

fn main() -> ExitCode {
    if std::process::id() != 1 {
        return match judge_lines() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("gobpf-guest: {error}");
                ExitCode::FAILURE
            }
        };
    }
    for (kind, target) in [("devtmpfs", "/dev"), ("proc", "/proc"), ("sysfs", "/sys"), ("bpf", "/sys/fs/bpf")]
    {
        if let Err(error) = sys::mount(kind, target) {
            eprintln!("mount {target}: {error}");
        }
    }
    if let Err(error) = judge_batch() {
        eprintln!("gobpf-guest: {error}");
    }
    eprintln!("gobpf-guest: power off: {}", sys::power_off());
    ExitCode::FAILURE
}

fn judge_lines() -> io::Result<()> {
    let mut reports = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let job: Job = serde_json::from_str(&line?)?;
        writeln!(reports, "{}", serde_json::to_string(&kernel::judge(&job))?)?;
        reports.flush()?;
    }
    Ok(())
}

fn judge_batch() -> io::Result<()> {
    let jobs = BufReader::new(File::open(vm::GUEST_BATCH)?);
    let mut reports = OpenOptions::new().write(true).open(vm::GUEST_REPORTS)?;
    writeln!(reports, "{}", kernel::release())?;
    for line in jobs.lines() {
        let job: Job = serde_json::from_str(&line?)?;
        writeln!(reports, "{}", serde_json::to_string(&kernel::judge(&job))?)?;
    }
    reports.flush()?;
    Ok(())
}
