//! What the server says of its own accord. It is queued here and sent by the transport, so that nobody else waits for
//! the client.

use crate::lsp::transport::protocol::{Diagnostic, Uri};

/// Something to send.
#[derive(Debug)]
pub enum Outgoing {
    /// The diagnostics of a document. Dropped when `generation` is no longer the newest.
    Diagnostics {
        /// The document.
        uri: Uri,
        /// Which state of it.
        generation: Option<u64>,
        /// The client's version of it.
        version: Option<i32>,
        /// All of them.
        items: Vec<Diagnostic>,
    },
    /// `$/logTrace`.
    Trace(String),
    /// A line for the client's log.
    Log(String),
    /// A problem that the user should see.
    Problem(String),
    /// Ask for the settings; the answer goes to the owner.
    AskSettings,
    /// Ask to be told when a go.mod or gobpf.toml changes.
    WatchFiles,
    /// What was asked for before may have another answer now.
    Refresh,
}
