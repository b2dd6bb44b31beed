//! Contexts: which bytes of which context a program may read or write, and what it gets.

use crate::insn::Size;
use crate::tables::ProgramKind;

/// What a context field holds for the verifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FieldKind {
    /// A number.
    Scalar,
    /// The start of the packet.
    Packet,
    /// The end of the packet.
    PacketEnd,
    /// The start of the metadata before the packet.
    PacketMeta,
}

/// A field of a context struct as programs see it.
#[derive(Clone, Copy, Debug)]
pub struct ContextField {
    /// The program kind.
    pub kind: ProgramKind,
    /// Its name in the kernel's UAPI, such as `data_end`.
    pub name: &'static str,
    /// Offset in bytes.
    pub offset: u32,
    /// Size of the field.
    pub size: Size,
    /// What a read gives.
    pub holds: FieldKind,
    /// Whether it may be read by a program without a special attach type.
    pub readable: bool,
    /// Whether it may be written.
    pub writable: bool,
}

const fn xdp(name: &'static str, offset: u32, holds: FieldKind) -> ContextField {
    ContextField {
        kind: ProgramKind::XDP,
        name,
        offset,
        size: Size::W,
        holds,
        readable: true,
        writable: false,
    }
}

/// Fields of the contexts that have fixed fields (`struct xdp_md` so far).
pub const CONTEXT_FIELDS: &[ContextField] = &[
    xdp("data", 0, FieldKind::Packet),
    xdp("data_end", 4, FieldKind::PacketEnd),
    xdp("data_meta", 8, FieldKind::PacketMeta),
    xdp("ingress_ifindex", 12, FieldKind::Scalar),
    xdp("rx_queue_index", 16, FieldKind::Scalar),
    // Only for programs that are attached to a devmap.
    ContextField { readable: false, ..xdp("egress_ifindex", 20, FieldKind::Scalar) },
];
