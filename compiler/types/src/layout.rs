//! From Go types to types as they are laid out in memory.

use crate::checker::Checker;
use crate::hir::{self, Provenance, StructType, Type, TypeId};
use crate::ty::{Basic, Kind, Ty};

/// Structs nested deeper than this have an error that is reported elsewhere (types).
const MAX_DEPTH: u32 = 64;

/// `ty` as it is laid out, with Go's alignment on 64-bit machines. What can't be laid out is `Unknown`.
pub(crate) fn lower(ck: &mut Checker<'_>, ty: Ty) -> TypeId {
    lower_at(ck, ty, 0)
}

fn lower_at(ck: &mut Checker<'_>, ty: Ty, depth: u32) -> TypeId {
    if ck.types.is_unknown(ty) {
        return ck.hir.intern(Type::Unknown);
    }
    // An instance is laid out once, whatever its type arguments are called.
    let ty = if matches!(ck.types.kind(ty), Kind::Named(_)) { ck.types.canon(ty) } else { ty };
    if let Some(id) = ck.lowered.get(&ty) {
        return *id;
    }
    if depth > MAX_DEPTH {
        return ck.hir.intern(Type::Unknown);
    }
    let name = ck.types.named_of(ty).map(|named| named.name.clone());
    let lowered = match ck.types.under(ty).clone() {
        Kind::Basic(Basic::UntypedBool | Basic::Bool) => Type::Bool,
        Kind::Basic(Basic::String | Basic::UntypedString) => Type::String { provenance: Provenance::Nil },
        Kind::Basic(Basic::UnsafePointer) => {
            let byte = Type::Int { bits: 8, signed: false, name: Basic::Byte.name().into() };
            Type::Pointer { target: ck.hir.intern(byte), provenance: Provenance::Nil }
        }
        Kind::Basic(basic) => {
            let basic = match basic {
                Basic::UntypedInt => Basic::Int,
                Basic::UntypedRune => Basic::Rune,
                other => other,
            };
            match basic.integer() {
                Some((bits, signed)) => {
                    let name = name.unwrap_or_else(|| basic.name().into());
                    Type::Int { bits, signed, name }
                }
                None => Type::Unknown,
            }
        }
        Kind::Func(_) => Type::Function,
        Kind::Array(element, length) => Type::Array { element: lower_at(ck, element, depth + 1), length },
        Kind::Pointer(target) => {
            Type::Pointer { target: lower_at(ck, target, depth + 1), provenance: Provenance::Nil }
        }
        Kind::Slice(element) => {
            Type::Slice { element: lower_at(ck, element, depth + 1), provenance: Provenance::Nil }
        }
        Kind::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .filter(|field| !field.native)
                .map(|field| (field.name.clone(), lower_at(ck, field.ty, depth + 1)))
                .collect();
            Type::Struct(struct_type(&ck.hir, name.unwrap_or_default(), fields))
        }
        Kind::Tuple(types, _) => {
            let fields: Vec<_> =
                types.iter().map(|ty| (Default::default(), lower_at(ck, *ty, depth + 1))).collect();
            Type::Struct(struct_type(&ck.hir, Default::default(), fields))
        }
        _ => Type::Unknown,
    };
    let id = ck.hir.intern(lowered);
    // While a recursive type is being resolved its structure isn't known yet: ask again later.
    if !ck.types.is_unknown(ty) && depth == 0 {
        ck.lowered.insert(ty, id);
    }
    id
}

/// A struct with the layout of Go: fields in order, each aligned; a zero-sized last field takes a byte.
fn struct_type(
    types: &hir::Types,
    name: smol_str::SmolStr,
    fields: Vec<(smol_str::SmolStr, TypeId)>,
) -> StructType {
    let mut offset: u64 = 0;
    let mut align: u64 = 1;
    let mut laid_out = Vec::with_capacity(fields.len());
    let count = fields.len();
    for (index, (name, ty)) in fields.into_iter().enumerate() {
        let (size, field_align) = (types.size_of(ty), types.align_of(ty).max(1));
        offset = offset.next_multiple_of(field_align);
        align = align.max(field_align);
        laid_out.push(hir::Field { name, ty, offset: u32::try_from(offset).unwrap_or(u32::MAX) });
        offset = offset.saturating_add(size).min(u64::from(u32::MAX));
        if size == 0 && index + 1 == count && offset > 0 {
            offset += 1;
        }
    }
    let size = u32::try_from(offset.next_multiple_of(align)).unwrap_or(u32::MAX);
    StructType { name, fields: laid_out, size, align: align as u32 }
}
