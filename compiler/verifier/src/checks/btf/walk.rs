//! What is at an offset of a struct (`btf_struct_walk`).

use gobpf_btf::{KernelBtf, Kind as BtfKind, MemberRef, TypeId, Types};

use crate::checks::hooks::skip;
use crate::fault::BtfFault;
use crate::state::flag;

/// What was found.
pub(crate) enum Found {
    /// A number, or part of something that is one for the verifier.
    Scalar,
    /// A pointer to a struct, with the flags of its tag, and the member's name.
    Pointer { id: TypeId, field: String },
    /// A pointer to something else.
    OtherPointer,
}

/// A step of a walk.
enum Step {
    Found(Found),
    /// The offset is the start of this struct.
    Inside(TypeId),
}

/// An access: offset and bytes.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub off: i64,
    pub bytes: i64,
}

/// `btf_struct_access`, without the fields of objects of the program's own; `flexible` arrays may be at the end.
pub(crate) fn access(
    btf: &KernelBtf,
    id: TypeId,
    mut span: Span,
    flags: &mut u16,
    flexible: bool,
) -> Result<Found, BtfFault> {
    let mut ty = id;
    loop {
        match walk(btf, ty, span, flags, flexible)? {
            Step::Found(found) => return Ok(found),
            Step::Inside(inner) => {
                ty = inner;
                span.off = 0;
            }
        }
    }
}

/// `btf_struct_ids_match`: at `off` of `id` begins `wanted`; where not, what the kernel said while it looked.
pub(crate) fn begins(
    btf: &KernelBtf,
    id: TypeId,
    mut off: i64,
    wanted: TypeId,
    strict: bool,
) -> Result<(), Option<BtfFault>> {
    if off == 0 && id == wanted {
        return Ok(());
    }
    if strict {
        return Err(None);
    }
    let (mut ty, mut flags) = (id, 0);
    loop {
        match walk(btf, ty, Span { off, bytes: 1 }, &mut flags, true) {
            Ok(Step::Inside(inner)) if inner == wanted => return Ok(()),
            Ok(Step::Inside(inner)) => (ty, off) = (inner, 0),
            Ok(_) => return Err(None),
            Err(fault) => return Err(Some(fault)),
        }
    }
}

/// Size of a struct or union.
fn size(btf: &KernelBtf, id: TypeId) -> i64 {
    i64::from(btf.size_of(id).unwrap_or(0))
}

/// What a message calls something that may have no name.
fn shown(name: &str) -> String {
    if name.is_empty() { "(anon)".into() } else { name.into() }
}

fn is_struct(btf: &KernelBtf, id: TypeId) -> bool {
    matches!(btf.kind(id), Some(BtfKind::Struct | BtfKind::Union))
}

fn walk(
    btf: &KernelBtf,
    id: TypeId,
    mut span: Span,
    flags: &mut u16,
    flexible: bool,
) -> Result<Step, BtfFault> {
    let mut ty = skip(btf, id);
    loop {
        if !is_struct(btf, ty) {
            let name = shown(btf.name(ty));
            return Err(BtfFault::NotStruct { name });
        }
        if btf.kind(ty) == Some(BtfKind::Union) && btf.members(ty).take(2).count() != 1 {
            *flags |= flag::UNTRUSTED;
        }
        // What is before the start is far behind the end, in unsigned numbers.
        if i64::from((span.off + span.bytes) as u32) > size(btf, ty) {
            let off = i64::from(span.off as u32);
            let beyond = BtfFault::Beyond { name: shown(btf.name(ty)), off, bytes: span.bytes };
            let Some((element, moff)) = flexible_array(btf, ty, span).filter(|_| flexible) else {
                return Err(beyond);
            };
            if btf.kind(element) == Some(BtfKind::Int) {
                return Ok(Step::Found(Found::Scalar));
            }
            let whole = size(btf, element);
            if !is_struct(btf, element) || whole == 0 {
                return Err(beyond);
            }
            span.off = (span.off - moff) % whole;
            ty = element;
            continue;
        }
        match look(btf, ty, span, flags)? {
            Look::Step(step) => return Ok(step),
            Look::Into { ty: inner, off } => {
                span.off = off;
                ty = inner;
            }
        }
    }
}

/// The element of an array without length at the end of a struct, and where it starts.
fn flexible_array(btf: &KernelBtf, ty: TypeId, span: Span) -> Option<(TypeId, i64)> {
    let last = btf.members(ty).last()?;
    let (element, _) = btf.array(skip(btf, last.ty)).filter(|(_, length)| *length == 0)?;
    let moff = i64::from(last.offset);
    (span.off >= moff).then(|| (skip(btf, element), moff))
}

enum Look {
    Step(Step),
    Into { ty: TypeId, off: i64 },
}

/// Looks for the member of the struct `id` that the access meets.
fn look(btf: &KernelBtf, id: TypeId, span: Span, flags: &mut u16) -> Result<Look, BtfFault> {
    let Span { off, bytes } = span;
    for member in btf.members(id) {
        let mut moff = i64::from(member.offset);
        if off + bytes <= moff {
            break;
        }
        if let Some(bits) = member.bits {
            let end = (moff * 8 + i64::from(bits.start) + i64::from(bits.size) + 7) / 8;
            if off <= moff && end <= off + bytes {
                return Ok(Look::Step(Step::Found(Found::Scalar)));
            }
            continue;
        }
        if off < moff {
            break;
        }
        let whole = i64::from(btf.size_of(member.ty).unwrap_or(0));
        let end = moff + whole;
        if off >= end {
            continue;
        }
        let (ty, count) = element(btf, member.ty);
        if count > 0 {
            let one = whole / count;
            if one == 0 {
                continue;
            }
            moff += (off - moff) / one * one;
        }
        let one = if count > 0 { whole / count } else { whole };
        if is_struct(btf, ty) {
            if off == moff {
                return Ok(Look::Step(Step::Inside(ty)));
            }
            return Ok(Look::Into { ty, off: off - moff });
        }
        if btf.kind(ty) == Some(BtfKind::Pointer) {
            let step = follow(btf, (id, member), ty, (moff, one), span, flags)?;
            return Ok(Look::Step(step));
        }
        if off + bytes > end && *flags & flag::UNTRUSTED == 0 {
            let (member, name) = (shown(member.name()), shown(btf.name(id)));
            return Err(BtfFault::BeyondMember { member, end, name, off, bytes });
        }
        return Ok(Look::Step(Step::Found(Found::Scalar)));
    }
    Err(BtfFault::NoField { name: shown(btf.name(id)), off })
}

/// The type of the elements of a (maybe nested) array, and how many there are; none where it is no array.
fn element(btf: &KernelBtf, ty: TypeId) -> (TypeId, i64) {
    let (mut ty, mut count, mut is_array) = (skip(btf, ty), 1, false);
    while let Some((element, length)) = btf.array(ty) {
        ty = skip(btf, element);
        count *= i64::from(length);
        is_array = true;
    }
    (ty, if is_array { count } else { 0 })
}

/// A member that is a pointer.
fn follow(
    btf: &KernelBtf,
    (id, member): (TypeId, MemberRef<'_>),
    pointer: TypeId,
    (moff, size): (i64, i64),
    span: Span,
    flags: &mut u16,
) -> Result<Step, BtfFault> {
    if size != span.bytes || span.off != moff {
        let (member, name) = (shown(member.name()), shown(btf.name(id)));
        return Err(BtfFault::PointerMember { member, moff, name, off: span.off, bytes: span.bytes });
    }
    let target = btf.target(pointer).unwrap_or(gobpf_btf::VOID);
    let mut tag = 0;
    if btf.kind(target) == Some(BtfKind::TypeTag) {
        tag = match btf.name(target) {
            "user" => flag::USER,
            "percpu" => flag::PERCPU,
            "rcu" => flag::RCU,
            _ => 0,
        };
    }
    let inner = skip(btf, target);
    if !is_struct(btf, inner) {
        return Ok(Step::Found(Found::OtherPointer));
    }
    *flags |= tag;
    Ok(Step::Found(Found::Pointer { id: inner, field: member.name().to_owned() }))
}
