//! Words: the kernel's to the letter, and ours.

mod btf;
mod calls;
mod functions;
mod helpers;
mod kernel;
mod load;
mod objects;
mod people;

pub(crate) use kernel::message;
pub(crate) use people::{Explanation, explain};
