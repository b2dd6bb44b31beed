//! The language server.
//!
//! The way of a message: [`transport`] (the only module that knows the framework) calls a handler in [`handlers`], whose
//! first act is a message to the [`owner`]. The owner alone edits documents; it publishes the newest version of each,
//! and its analysis runs on a blocking thread of its own until a newer version comes. Handlers wait for that analysis,
//! never for the client, and give up when their version is no longer the newest.

mod convert;
mod handlers;
mod outgoing;
mod owner;
mod profile;
mod session;
mod transport;

pub use transport::serve;
