//! The types of a file: those of the object, and what describes its maps, its data and its functions.

use gobpf_bpf::{ExternKind, Map, MapId, Object};
use gobpf_btf::{Btf, IntEncoding, Kind, Linkage, Member, SectionVariable, Type, TypeId, Types as _, VOID};

use super::data_name;
use super::functions::Functions;

/// The types, and those of functions in their order.
pub struct Types {
    pub btf: Btf,
    pub functions: Vec<TypeId>,
}

/// `name` as C would have it: what is no letter, digit or underscore becomes an underscore.
pub fn identifier(name: &str) -> String {
    let mut text: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        text.insert(0, '_');
    }
    text
}

/// The variables of a map of global data: name, offset and size. One for all of it where none is known.
pub fn variables(object: &Object, map: MapId) -> Vec<(String, u32, u32)> {
    let known = object.globals.iter().filter(|global| global.map == map);
    let mut all: Vec<(String, u32, u32)> =
        known.map(|global| (identifier(&global.name), global.offset, global.size)).collect();
    if all.is_empty() {
        let map = object.map(map);
        all.push((format!("{}_data", identifier(map.name.trim_start_matches('.'))), 0, map.value_size));
    }
    all.sort_by_key(|(_, offset, _)| *offset);
    all
}

fn members_of(map: &Map) -> u32 {
    let mut count = 2; // type, max_entries
    count += u32::from(map.flags != 0) + u32::from(map.extra != 0) + u32::from(map.inner.is_some());
    count
        + u32::from(map.key_size != 0 || map.key.is_some())
        + u32::from(map.value_size != 0 || map.value.is_some())
}

/// Bytes of the struct that describes a map.
pub fn map_bytes(map: &Map) -> u32 {
    // The maps in it take none: they are an array without elements.
    8 * (members_of(map) - u32::from(map.inner.is_some()))
}

/// All types of the file.
pub fn build(object: &Object, functions: &Functions) -> Types {
    let mut btf = object.btf.clone();
    // Sections come anew, with the places that things have in this file.
    for id in (1..=btf.len() as u32).map(TypeId) {
        if let Some(place) = btf.get_mut(id).filter(|ty| ty.kind() == Kind::Section) {
            *place = Type::Const(VOID);
        }
    }
    let int = btf.intern(Type::Int { name: "int".into(), size: 4, encoding: IntEncoding::Signed });
    let functions = functions
        .all
        .iter()
        .map(|function| {
            let program = &object.programs[function.program];
            let known = match function.start {
                0 => program.func,
                slot => program.code.subprogram_at(slot).and_then(|one| one.func),
            };
            match known {
                Some(known) if btf.get(known).is_some_and(|ty| ty.name() == function.name) => known,
                known => {
                    let plain = Type::Prototype { returns: int, parameters: Vec::new() };
                    let prototype = match known.and_then(|known| btf.get(known)) {
                        Some(Type::Function { prototype, .. }) => *prototype,
                        _ => btf.push(plain),
                    };
                    let linkage = if function.global { Linkage::Global } else { Linkage::Static };
                    btf.push(Type::Function { name: function.name.clone(), prototype, linkage })
                }
            }
        })
        .collect();
    maps(object, &mut btf, int);
    data(object, &mut btf);
    externs(object, &mut btf, int);
    Types { btf, functions }
}

/// `int (*)[n]`, which says `n`.
fn number(btf: &mut Btf, int: TypeId, n: u32) -> TypeId {
    let array = btf.intern(Type::Array { element: int, length: n });
    btf.intern(Type::Pointer(array))
}

fn describe(object: &Object, btf: &mut Btf, int: TypeId, map: &Map) -> TypeId {
    let mut rows = vec![("type", number(btf, int, map.kind.0))];
    rows.push(("max_entries", number(btf, int, map.max_entries)));
    if map.flags != 0 {
        rows.push(("map_flags", number(btf, int, map.flags)));
    }
    if map.extra != 0 {
        rows.push(("map_extra", number(btf, int, map.extra as u32)));
    }
    let sized = |btf: &Btf, ty: Option<TypeId>, size: u32| ty.filter(|ty| btf.size_of(*ty) == size);
    for (typed, plain, ty, size) in
        [("key", "key_size", map.key, map.key_size), ("value", "value_size", map.value, map.value_size)]
    {
        match sized(btf, ty, size) {
            Some(ty) => rows.push((typed, btf.intern(Type::Pointer(ty)))),
            None if size != 0 => rows.push((plain, number(btf, int, size))),
            None => {}
        }
    }
    let size = 8 * rows.len() as u32;
    let mut members: Vec<Member> = rows
        .into_iter()
        .enumerate()
        .map(|(index, (name, ty))| Member::new(name, ty, 8 * index as u32))
        .collect();
    if let Some(inner) = map.inner {
        let pattern = describe(object, btf, int, &object.map(inner).clone());
        let pointer = btf.intern(Type::Pointer(pattern));
        let values = btf.intern(Type::Array { element: pointer, length: 0 });
        members.push(Member::new("values", values, size));
    }
    btf.push(Type::Struct { name: String::new(), size, members })
}

fn maps(object: &Object, btf: &mut Btf, int: TypeId) {
    let inner: Vec<MapId> = object.maps.iter().filter_map(|map| map.inner).collect();
    let mut variables = Vec::new();
    let mut offset = 0;
    for (index, map) in object.maps.iter().enumerate() {
        let pattern = inner.contains(&MapId(index as u32)) && map.name.ends_with(".inner");
        if map.contents.is_some() || pattern {
            continue;
        }
        let ty = describe(object, btf, int, map);
        let name = identifier(&map.name);
        let ty = btf.push(Type::Variable { name, ty, linkage: Linkage::Global });
        let size = map_bytes(map);
        variables.push(SectionVariable { ty, offset, size });
        offset += size;
    }
    if !variables.is_empty() {
        btf.push(Type::Section { name: ".maps".into(), size: offset, variables });
    }
}

fn data(object: &Object, btf: &mut Btf) {
    for (index, map) in object.maps.iter().enumerate() {
        if map.contents.is_none() {
            continue;
        }
        let id = MapId(index as u32);
        let mut section = Vec::new();
        for (name, offset, size) in variables(object, id) {
            let global = object.globals.iter().find(|one| one.map == id && one.offset == offset);
            let known = global.and_then(|global| global.ty).filter(|ty| btf.size_of(*ty) == size);
            let ty = known.unwrap_or_else(|| {
                let encoding = IntEncoding::Unsigned;
                let byte = btf.intern(Type::Int { name: "unsigned char".into(), size: 1, encoding });
                btf.intern(Type::Array { element: byte, length: size })
            });
            let ty = btf.push(Type::Variable { name, ty, linkage: Linkage::Global });
            section.push(SectionVariable { ty, offset, size });
        }
        let (name, size) = (data_name(&map.name), map.value_size);
        btf.push(Type::Section { name, size, variables: section });
    }
}

fn externs(object: &Object, btf: &mut Btf, int: TypeId) {
    let mut variables = Vec::new();
    for one in &object.externs {
        let ty = match one.kind {
            ExternKind::Kfunc => {
                let prototype = match one.ty.and_then(|ty| btf.get(ty)) {
                    Some(Type::Function { prototype, .. }) => *prototype,
                    _ => btf.push(Type::Prototype { returns: int, parameters: Vec::new() }),
                };
                btf.push(Type::Function { name: one.name.clone(), prototype, linkage: Linkage::Extern })
            }
            ExternKind::Variable | ExternKind::Symbol => {
                let unknown =
                    if one.kind == ExternKind::Symbol { btf.intern(Type::Const(VOID)) } else { int };
                let ty = one.ty.unwrap_or(unknown);
                btf.push(Type::Variable { name: one.name.clone(), ty, linkage: Linkage::Extern })
            }
        };
        let size = btf.lookup(ty).map_or(0, |_| btf.size_of(ty));
        variables.push(SectionVariable { ty, offset: 0, size });
    }
    if !variables.is_empty() {
        btf.push(Type::Section { name: ".ksyms".into(), size: 0, variables });
    }
}
