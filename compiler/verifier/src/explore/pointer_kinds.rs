//! What kinds of pointers each instruction goes through: the kernel writes some accesses anew, for one kind.

use gobpf_bpf::insn::{class, mode};

use super::Machine;
use crate::fault::{Checked, Fault};
use crate::state::{Base, Kind, flag};

/// Whether the kernel rewrites accesses through such a pointer, so that an instruction can't have several kinds.
fn is_rewritten(kind: Kind) -> bool {
    use Base::{Arena, BtfId, Context, SockCommon, Socket, TcpSock, XdpSock};
    matches!(kind.base, Context | Socket | SockCommon | TcpSock | XdpSock | BtfId | Arena)
}

impl Machine<'_> {
    /// An instruction keeps to one kind of pointer where the kernel rewrites the access.
    pub fn keep_pointer_kind(&mut self, kind: Kind, mixes_trust: bool) -> Checked {
        let Some(entry) = self.pointer_kinds.get_mut(self.insn as usize) else { return Ok(()) };
        match *entry {
            None => *entry = Some(kind),
            Some(before) if before != kind && (is_rewritten(before) || is_rewritten(kind)) => {
                // Memory that is read through probes too, where there is such.
                let is_probed = |kind: Kind| {
                    kind.base == Base::BtfId || kind.base == Base::Mem && self.rules.follows_any_pointer
                };
                if !mixes_trust || !is_probed(before) || !is_probed(kind) {
                    return Err(Fault::DifferentPointers.into());
                }
                let is_memory = before.base == Base::Mem || kind.base == Base::Mem;
                let merged = if is_memory { Kind::MEM } else { Kind::BTF_ID };
                *entry = Some(merged.with(flag::UNTRUSTED));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// What kind of pointer the instruction at `at` went through, if a path got there.
    pub fn pointer_kind(&self, at: usize) -> Option<Kind> {
        self.pointer_kinds.get(at).copied().flatten()
    }

    /// Whether some load from an arena extends the sign.
    pub fn loads_signed_from_arena(&self) -> bool {
        self.insns.iter().zip(&self.pointer_kinds).any(|(insn, kind)| {
            let is_signed = insn.class() == class::LDX && insn.code & 0xe0 == mode::MEMSX;
            is_signed && kind.is_some_and(|kind| kind.base == Base::Arena)
        })
    }
}
