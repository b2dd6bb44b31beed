//! CO-RE relocations: what an instruction says of a type of the program becomes what the kernel's type of the same name
//! says.

pub mod compatible;
mod path;

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{SOURCE_REG, Size, class};
use gobpf_btf::{Btf, IntEncoding, KernelBtf, Kind, Type, TypeId, Types};

use crate::ext::CoreRelocation;
use path::{Path, essential};

/// What libbpf calls where nothing fits: no helper has this number.
const POISON: i32 = 0xbad_2310;

/// What became of a relocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Patch {
    /// Done.
    Done,
    /// The kernel has nothing that fits: an instruction that must not be reached.
    Poisoned,
    /// The kernel's types are not there.
    NeedsKernel,
    /// It can't be done.
    Wrong(String),
}

/// `enum bpf_core_relo_kind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    FieldOffset,
    FieldSize,
    FieldExists,
    FieldSigned,
    LeftShift,
    RightShift,
    LocalId,
    TargetId,
    TypeExists,
    TypeSize,
    EnumExists,
    EnumValue,
    TypeMatches,
}

const KINDS: [Wanted; 13] = [
    Wanted::FieldOffset,
    Wanted::FieldSize,
    Wanted::FieldExists,
    Wanted::FieldSigned,
    Wanted::LeftShift,
    Wanted::RightShift,
    Wanted::LocalId,
    Wanted::TargetId,
    Wanted::TypeExists,
    Wanted::TypeSize,
    Wanted::EnumExists,
    Wanted::EnumValue,
    Wanted::TypeMatches,
];

/// What a relocation gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Outcome {
    value: u64,
    /// The size of the field, where loads and stores follow it.
    size: Option<u32>,
    /// Whether the field is an unsigned number or a pointer, whose loads may change their size.
    resizes: bool,
}

/// Does `relocation` of the instruction at `slot`.
pub fn relocate(
    local: &Btf,
    kernel: Option<&KernelBtf>,
    relocation: &CoreRelocation,
    insns: &mut [Insn],
    slot: usize,
) -> Patch {
    let Some(wanted) = KINDS.get(relocation.kind as usize).copied() else {
        return Patch::Wrong(format!("its kind {} is not known", relocation.kind));
    };
    if wanted == Wanted::LocalId {
        let outcome = Outcome { value: u64::from(relocation.ty.0), ..Outcome::default() };
        return patch(insns, slot, outcome, None);
    }
    let Some(kernel) = kernel else { return Patch::NeedsKernel };
    let name = local.get(local.strip_to_named(relocation.ty)).map_or("", Type::name).to_string();
    if name.is_empty() {
        return Patch::Wrong("its type has no name".into());
    }
    let before = match outcome(local, local, relocation, relocation.ty, wanted) {
        Ok(before) => before,
        Err(why) => return Patch::Wrong(why),
    };
    let mut found: Option<Outcome> = None;
    for candidate in candidates(local, kernel, relocation.ty, &name) {
        match outcome(local, kernel, relocation, candidate, wanted) {
            Ok(Some(outcome)) => {
                if found.is_some_and(|other| other.value != outcome.value) {
                    return Patch::Wrong(format!("the kernel has several types `{name}` that differ"));
                }
                found = Some(outcome);
            }
            Ok(None) => {}
            Err(why) => return Patch::Wrong(why),
        }
    }
    let exists =
        matches!(wanted, Wanted::FieldExists | Wanted::TypeExists | Wanted::EnumExists | Wanted::TypeMatches);
    match found {
        Some(outcome) => patch(insns, slot, outcome, before),
        None if exists || matches!(wanted, Wanted::TypeSize | Wanted::TargetId) => {
            patch(insns, slot, Outcome::default(), None)
        }
        None => poison(insns, slot),
    }
}

/// The kernel's types of the same kind and essential name.
fn candidates(local: &Btf, kernel: &KernelBtf, ty: TypeId, name: &str) -> Vec<TypeId> {
    let kind = local.get(local.strip_to_named(ty)).map(Type::kind);
    let name = essential(name);
    let mut all: Vec<TypeId> = kernel
        .named(name)
        .filter(|id| match (kernel.kind(*id), kind) {
            (Some(Kind::Enum | Kind::Enum64), Some(Kind::Enum | Kind::Enum64)) => true,
            (one, other) => one == other,
        })
        .collect();
    all.sort();
    all
}

/// What the relocation gives on type `root` of `target`; `None` where the type doesn't fit.
fn outcome(
    local: &Btf,
    target: &dyn TypesOf,
    relocation: &CoreRelocation,
    root: TypeId,
    wanted: Wanted,
) -> Result<Option<Outcome>, String> {
    let plain = |value| Ok(Some(Outcome { value, ..Outcome::default() }));
    match wanted {
        Wanted::LocalId => plain(u64::from(relocation.ty.0)),
        Wanted::TargetId | Wanted::TypeExists | Wanted::TypeSize | Wanted::TypeMatches => {
            let fits = match wanted {
                Wanted::TypeMatches => compatible::matches(local, relocation.ty, target, root, 16),
                _ => compatible::types(local, relocation.ty, target, root, 32),
            };
            match wanted {
                _ if !fits => Ok(None),
                Wanted::TargetId => plain(u64::from(root.0)),
                Wanted::TypeSize => plain(u64::from(target.size_of_type(root).unwrap_or(0))),
                _ => plain(1),
            }
        }
        Wanted::EnumExists | Wanted::EnumValue => {
            let index: usize = relocation.access.parse().map_err(|_| "its place is no number".to_string())?;
            let ty = local.stripped(relocation.ty);
            let Some(Type::Enum { values, .. }) = ty.as_deref() else {
                return Err("its type is no enumeration".into());
            };
            let value = values.get(index).ok_or("its enumeration has no such value")?;
            let Some(Type::Enum { values, .. }) = target.stripped_type(root) else { return Ok(None) };
            let same = values.iter().find(|one| essential(&one.name) == essential(&value.name));
            match (same, wanted) {
                (None, _) => Ok(None),
                (Some(_), Wanted::EnumExists) => plain(1),
                (Some(one), _) => plain(one.value as u64),
            }
        }
        _ => {
            let path = Path::of(local, relocation.ty, &relocation.access)?;
            match path.on(local, target, root) {
                Some(place) => field(target, &place, wanted).map(Some),
                None => Ok(None),
            }
        }
    }
}

/// What a relocation gives of a field.
fn field(target: &dyn TypesOf, place: &path::Place, wanted: Wanted) -> Result<Outcome, String> {
    if wanted == Wanted::FieldExists {
        return Ok(Outcome { value: 1, ..Outcome::default() });
    }
    let ty = target.stripped_type(place.ty);
    let whole = target.size_of_type(place.ty).unwrap_or(0);
    let (mut bytes, mut offset) = (whole, place.bits / 8);
    let mut bits = bytes.saturating_mul(8);
    if let Some(size) = place.bit_size {
        bits = u32::from(size);
        offset = offset / bytes.max(1) * bytes.max(1);
        while place.bits + bits - offset * 8 > bytes * 8 {
            if bytes >= 8 {
                return Err("its bit field can't be read with one load".into());
            }
            bytes *= 2;
            offset = place.bits / 8 / bytes * bytes;
        }
    }
    let value = match wanted {
        Wanted::FieldOffset => u64::from(offset),
        Wanted::FieldSize => u64::from(bytes),
        Wanted::FieldSigned => u64::from(matches!(
            ty,
            Some(Type::Int { encoding: IntEncoding::Signed, .. } | Type::Enum { signed: true, .. })
        )),
        Wanted::LeftShift => u64::from(64u32.wrapping_sub(place.bits + bits - offset * 8)),
        Wanted::RightShift => u64::from(64u32.wrapping_sub(bits)),
        _ => 0,
    };
    let (mut element, mut size) = (ty, bytes);
    while let Some(Type::Array { element: of, length }) = element {
        size = size.checked_div(length).unwrap_or(size);
        element = target.stripped_type(of);
    }
    let resizes = matches!(
        element,
        Some(
            Type::Pointer(_)
                | Type::Int { encoding: IntEncoding::Unsigned | IntEncoding::Bool | IntEncoding::Char, .. }
        )
    );
    let sized = wanted == Wanted::FieldOffset && place.bit_size.is_none();
    Ok(Outcome { value, size: sized.then_some(size), resizes })
}

/// Writes `outcome` into the instruction; `before` is the same of the program's own types.
fn patch(insns: &mut [Insn], slot: usize, outcome: Outcome, before: Option<Outcome>) -> Patch {
    let value = outcome.value;
    let Some(insn) = insns.get_mut(slot) else { return Patch::Wrong("there is no such instruction".into()) };
    match insn.class() {
        class::ALU | class::ALU64 if insn.code & SOURCE_REG == 0 => {
            insn.imm = value as i32;
            Patch::Done
        }
        class::LDX | class::ST | class::STX => {
            let Ok(offset) = i16::try_from(value) else {
                return Patch::Wrong(format!("its offset {value} doesn't fit the instruction"));
            };
            insn.off = offset;
            let sizes = before.and_then(|before| before.size).zip(outcome.size);
            match sizes {
                Some((old, new)) if old != new => {
                    let resizes = outcome.resizes && before.is_some_and(|before| before.resizes);
                    let size =
                        [Size::B, Size::H, Size::W, Size::DW].into_iter().find(|size| size.bytes() == new);
                    match size.filter(|_| resizes) {
                        Some(size) => insn.code = insn.code & !0x18 | size.code(),
                        None => {
                            return Patch::Wrong(format!(
                                "its field has {new} bytes in the kernel, not {old}"
                            ));
                        }
                    }
                }
                _ => {}
            }
            Patch::Done
        }
        class::LD if insn.is_load_imm64() => {
            insn.imm = value as u32 as i32;
            if let Some(high) = insns.get_mut(slot + 1) {
                high.imm = (value >> 32) as u32 as i32;
            }
            Patch::Done
        }
        _ => Patch::Wrong("its instruction holds no such value".into()),
    }
}

fn poison(insns: &mut [Insn], slot: usize) -> Patch {
    let wide = insns.get(slot).is_some_and(|insn| insn.is_load_imm64());
    for insn in insns.iter_mut().skip(slot).take(if wide { 2 } else { 1 }) {
        *insn = Insn::call(POISON as u32);
    }
    Patch::Poisoned
}

/// What is asked of a set of types here, whoever holds it.
pub trait TypesOf {
    fn stripped_type(&self, id: TypeId) -> Option<Type>;
    fn stripped_id(&self, id: TypeId) -> TypeId;
    fn size_of_type(&self, id: TypeId) -> Option<u32>;
}

impl<T: Types> TypesOf for T {
    fn stripped_type(&self, id: TypeId) -> Option<Type> {
        self.stripped(id).map(std::borrow::Cow::into_owned)
    }

    fn stripped_id(&self, id: TypeId) -> TypeId {
        self.strip(id)
    }

    fn size_of_type(&self, id: TypeId) -> Option<u32> {
        self.size_of(id)
    }
}

/// The type whose name counts: qualifiers have none, a typedef has its own.
trait Named {
    fn strip_to_named(&self, id: TypeId) -> TypeId;
}

impl Named for Btf {
    fn strip_to_named(&self, id: TypeId) -> TypeId {
        let mut id = id;
        for _ in 0..32 {
            match self.get(id) {
                Some(Type::Const(target) | Type::Volatile(target) | Type::Restrict(target)) => id = *target,
                _ => break,
            }
        }
        id
    }
}
