//! `//bpf:intrinsic`: the primitive operations that declarations of the standard library stand for.

use crate::hir::Intrinsic;

/// What each name means.
const INTRINSICS: &[(&str, Intrinsic)] = &[
    ("atomic_fetch_add", Intrinsic::AtomicAdd),
    ("atomic_fetch_and", Intrinsic::AtomicAnd),
    ("atomic_fetch_or", Intrinsic::AtomicOr),
    ("atomic_fetch_xor", Intrinsic::AtomicXor),
    ("atomic_exchange", Intrinsic::AtomicExchange),
    ("atomic_compare_exchange", Intrinsic::AtomicCompareExchange),
    ("atomic_load", Intrinsic::AtomicLoad),
    ("atomic_store", Intrinsic::AtomicStore),
    ("load_le16", Intrinsic::LoadEndian { bits: 16, big: false }),
    ("load_le32", Intrinsic::LoadEndian { bits: 32, big: false }),
    ("load_le64", Intrinsic::LoadEndian { bits: 64, big: false }),
    ("load_be16", Intrinsic::LoadEndian { bits: 16, big: true }),
    ("load_be32", Intrinsic::LoadEndian { bits: 32, big: true }),
    ("load_be64", Intrinsic::LoadEndian { bits: 64, big: true }),
    ("store_le16", Intrinsic::StoreEndian { bits: 16, big: false }),
    ("store_le32", Intrinsic::StoreEndian { bits: 32, big: false }),
    ("store_le64", Intrinsic::StoreEndian { bits: 64, big: false }),
    ("store_be16", Intrinsic::StoreEndian { bits: 16, big: true }),
    ("store_be32", Intrinsic::StoreEndian { bits: 32, big: true }),
    ("store_be64", Intrinsic::StoreEndian { bits: 64, big: true }),
    ("byte_swap_16", Intrinsic::ByteSwap { bits: 16 }),
    ("byte_swap_32", Intrinsic::ByteSwap { bits: 32 }),
    ("byte_swap_64", Intrinsic::ByteSwap { bits: 64 }),
];

/// The operation called `name`.
pub(crate) fn parse(name: &str) -> Option<Intrinsic> {
    INTRINSICS.iter().find(|(known, _)| *known == name.trim()).map(|(_, op)| *op)
}
