//! `gobpf-lsp`: the command line and the language server.
//!
//! This crate is the only one that reads files, starts threads or knows the Language Server Protocol.

mod args;
mod cli;
mod imports;
mod kernel_config;
mod kernel_types;
mod lsp;
mod names;
mod overlay;
mod read;
mod settings;
mod wording;

use std::any::Any;
use std::process::ExitCode;
use std::{panic, thread};

use clap::Parser as _;

use crate::args::{Args, Mode};
use crate::cli::Exit;

/// Stack of the thread that works for the command line: deeply nested but legal Go recurses deeply. Bytes.
const STACK_BYTES: usize = 64 << 20;

fn main() -> ExitCode {
    // clap prints help and usage errors itself and exits with 0 or 2.
    let args = Args::parse();
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        cli::to_stderr(&wording::internal_error(&panic_text(info.payload()), &place));
    }));
    let run = move || match args.mode() {
        Ok(Mode::Serve) => lsp::serve(args.settings()),
        Ok(mode) => cli::run(&args, mode),
        Err(usage) => cli::usage_error(&usage),
    };
    let worker = thread::Builder::new().name("main".into()).stack_size(STACK_BYTES).spawn(run);
    match worker.map(thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit.code(),
        Ok(Err(_)) => Exit::Trouble.code(), // the hook has spoken
        Err(error) => cli::usage_error(&error.to_string()).code(),
    }
}

/// The message that a panic was raised with.
fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}
