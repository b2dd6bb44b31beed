//! BTF: the types that the kernel knows of itself and of programs. Read, built, and written.
//!
//! [`Btf`] is a set that is built or was read whole; [`KernelBtf`] is an index of a large one that stays as it is in its
//! bytes. Both answer to [`Types`].

mod build;
mod decode;
mod encode;
mod error;
mod kernel;
pub mod notation;
mod queries;
mod types;

pub use build::Btf;
pub use error::BtfError;
pub use kernel::{KernelBtf, MemberRef};
pub use queries::{Extent, Found, Types};
pub use types::{
    Bits, EnumValue, IntEncoding, Kind, Linkage, Member, Parameter, SectionVariable, Type, TypeId, VOID,
};
