//! Maps of an object: those that types describe (`.maps`), the older ones (`maps`), and those of struct_ops.

use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Map, MapId, Object};
use gobpf_btf::{Btf, Kind, Type, TypeId, Types};

use crate::elf::Elf;
use crate::error::{ObjectError, Problem};

/// Bytes of the older definition: kind, sizes, entries, flags.
const OLD_BYTES: usize = 20;
/// `BPF_F_NO_PREALLOC` and such come from the definition; ring buffers are rounded up to pages.
const PAGE: u32 = 4096;

/// A map and where its symbol is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub section: usize,
    pub offset: u64,
    pub map: MapId,
}

/// Reads all maps with a definition into `object`; their places by section and offset.
pub fn read(elf: &Elf<'_>, object: &mut Object, errors: &mut Vec<ObjectError>) -> Vec<Place> {
    let mut places = Vec::new();
    if let Some(index) = elf.index_of(".maps") {
        typed(elf, index, object, &mut places, errors);
    }
    if let Some(index) = elf.index_of("maps") {
        untyped(elf, index, object, &mut places, errors);
    }
    places
}

fn untyped(
    elf: &Elf<'_>,
    index: usize,
    object: &mut Object,
    places: &mut Vec<Place>,
    errors: &mut Vec<ObjectError>,
) {
    let mut symbols: Vec<_> = elf
        .symbols
        .iter()
        .filter(|symbol| symbol.section == Some(index) && !symbol.of_section && !symbol.function)
        .filter(|symbol| !symbol.name.is_empty())
        .collect();
    symbols.sort_by_key(|symbol| symbol.value);
    for symbol in symbols {
        let data = elf.sections[index].data;
        let start = symbol.value as usize;
        let Some(bytes) = data.get(start..).and_then(|rest| rest.get(..OLD_BYTES)) else {
            let why = format!("{OLD_BYTES} bytes are wanted");
            errors.push(ObjectError::new("maps", symbol.name, Problem::Map(why)));
            continue;
        };
        let word = |at: usize| {
            u32::from_le_bytes([bytes[4 * at], bytes[4 * at + 1], bytes[4 * at + 2], bytes[4 * at + 3]])
        };
        let map = MapId(object.maps.len() as u32);
        object.maps.push(Map {
            name: symbol.name.to_string(),
            kind: MapKind(word(0)),
            key_size: word(1),
            value_size: word(2),
            max_entries: word(3),
            flags: word(4),
            ..Map::default()
        });
        places.push(Place { section: index, offset: symbol.value, map });
    }
}

fn typed(
    elf: &Elf<'_>,
    index: usize,
    object: &mut Object,
    places: &mut Vec<Place>,
    errors: &mut Vec<ObjectError>,
) {
    let btf = object.btf.clone();
    let Some(Type::Section { variables, .. }) = btf.find(".maps", Kind::Section).and_then(|id| btf.get(id))
    else {
        errors.push(ObjectError::new(".maps", "", Problem::Map("the types don't describe its maps".into())));
        return;
    };
    for variable in variables {
        let Some(Type::Variable { name, ty, .. }) = btf.get(variable.ty) else { continue };
        let Some(symbol) = elf.symbol(name).filter(|symbol| symbol.section == Some(index)) else {
            let why = "there is no symbol of its name".to_string();
            errors.push(ObjectError::new(".maps", name, Problem::Map(why)));
            continue;
        };
        match definition(&btf, *ty, name, object, true) {
            Ok(map) => {
                let id = MapId(object.maps.len() as u32);
                object.maps.push(map);
                places.push(Place { section: index, offset: symbol.value, map: id });
            }
            Err(why) => errors.push(ObjectError::new(".maps", name, Problem::Map(why))),
        }
    }
}

/// A map as the members of a struct say it: `__uint(type, BPF_MAP_TYPE_HASH)` is a pointer to an array with as many
/// elements, `__type(key, u32)` a pointer to the type.
fn definition(btf: &Btf, ty: TypeId, name: &str, object: &mut Object, outer: bool) -> Result<Map, String> {
    let Some(Type::Struct { members, .. }) = btf.get(btf.strip(ty)) else {
        return Err("it is no struct".into());
    };
    let mut map = Map { name: name.to_string(), ..Map::default() };
    for member in members {
        let number = || {
            let Some(Type::Pointer(target)) = btf.get(btf.strip(member.ty)) else { return None };
            let Some(Type::Array { length, .. }) = btf.get(btf.strip(*target)) else { return None };
            Some(*length)
        };
        let wrong = || format!("its member `{}` is not a number as __uint makes it", member.name);
        let target = || match btf.get(btf.strip(member.ty)) {
            Some(Type::Pointer(target)) => Ok(*target),
            _ => Err(format!("its member `{}` is not a type as __type makes it", member.name)),
        };
        match member.name.as_str() {
            "type" => map.kind = MapKind(number().ok_or_else(wrong)?),
            "max_entries" => map.max_entries = number().ok_or_else(wrong)?,
            "map_flags" => map.flags = number().ok_or_else(wrong)?,
            "key_size" => map.key_size = number().ok_or_else(wrong)?,
            "value_size" => map.value_size = number().ok_or_else(wrong)?,
            "map_extra" => map.extra = extra(btf, member.ty).ok_or_else(wrong)?,
            "numa_node" | "pinning" => _ = number().ok_or_else(wrong)?,
            "key" => {
                let key = target()?;
                map.key = Some(key);
                map.key_size = btf.size_of(key);
            }
            "value" => {
                let value = target()?;
                map.value = Some(value);
                map.value_size = btf.size_of(value);
            }
            "values" if outer => values(btf, member.ty, &mut map, object)?,
            other => return Err(format!("there is no setting `{other}`")),
        }
    }
    if map.kind == MapKind(0) {
        return Err("it has no type".into());
    }
    round_up(&mut map);
    Ok(map)
}

/// `__ulong(map_extra, N)` is an enumeration with the number.
fn extra(btf: &Btf, ty: TypeId) -> Option<u64> {
    match btf.get(btf.strip(ty))? {
        Type::Enum { values, .. } => values.first().map(|value| value.value as u64),
        Type::Pointer(target) => match btf.get(btf.strip(*target))? {
            Type::Array { length, .. } => Some(u64::from(*length)),
            _ => None,
        },
        _ => None,
    }
}

/// `__array(values, struct inner)`: what the maps in this one are like, or the programs of a program array.
fn values(btf: &Btf, ty: TypeId, map: &mut Map, object: &mut Object) -> Result<(), String> {
    let Some(Type::Array { element, .. }) = btf.get(btf.strip(ty)) else {
        return Err("its values are no array".into());
    };
    let Some(Type::Pointer(target)) = btf.get(btf.strip(*element)) else {
        return Err("its values are no pointers".into());
    };
    map.value_size = 4;
    if map.kind == MapKind::PROG_ARRAY {
        return Ok(());
    }
    let name = format!("{}.inner", map.name);
    let inner = definition(btf, *target, &name, object, false)?;
    let id = MapId(object.maps.len() as u32);
    object.maps.push(inner);
    map.inner = Some(id);
    Ok(())
}

/// What libbpf changes: ring buffers have whole pages, and types of maps that hold other things go. Perf event arrays with
/// no number of entries get one for each processor where they are loaded.
fn round_up(map: &mut Map) {
    match map.kind {
        MapKind::RINGBUF | MapKind::USER_RINGBUF => {
            map.max_entries = map.max_entries.next_power_of_two().max(PAGE);
        }
        MapKind::PERF_EVENT_ARRAY
        | MapKind::CGROUP_ARRAY
        | MapKind::STACK_TRACE
        | MapKind::ARRAY_OF_MAPS
        | MapKind::HASH_OF_MAPS
        | MapKind::DEVMAP
        | MapKind::DEVMAP_HASH
        | MapKind::CPUMAP
        | MapKind::XSKMAP
        | MapKind::SOCKMAP
        | MapKind::SOCKHASH
        | MapKind::PROG_ARRAY => {
            // The kernel takes no types with these.
            (map.key, map.value) = (None, None);
            if map.kind == MapKind::PERF_EVENT_ARRAY {
                map.key_size = map.key_size.max(4);
                map.value_size = map.value_size.max(4);
            }
        }
        _ => {}
    }
}

/// The members of struct_ops maps that programs are for: the program's symbol, and type and member.
pub fn struct_ops(elf: &Elf<'_>, btf: &Btf) -> Vec<(usize, String)> {
    let mut hooks = Vec::new();
    for name in [".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"] {
        let Some(index) = elf.index_of(name) else { continue };
        let Some(Type::Section { variables, .. }) = btf.find(name, Kind::Section).and_then(|id| btf.get(id))
        else {
            continue;
        };
        for relocation in &elf.sections[index].relocations {
            let found = variables.iter().find_map(|variable| {
                let Some(Type::Variable { name, ty, .. }) = btf.get(variable.ty) else { return None };
                let start = elf.symbol(name)?.value;
                let inside = relocation.offset.checked_sub(start)?;
                let ty = btf.get(btf.strip(*ty))?;
                let member = ty.members().iter().find(|member| u64::from(member.offset) == inside)?;
                // A flavour behind `___` is of no account.
                let kernel = ty.name().split("___").next().unwrap_or_default();
                Some(format!("{kernel}/{}", member.name))
            });
            if let Some(hook) = found {
                hooks.push((relocation.symbol, hook));
            }
        }
    }
    hooks
}
