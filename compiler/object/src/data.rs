//! Global data: `.rodata`, `.data`, `.bss` and their kin are maps with one value; and the types of their variables get the
//! places that the linker gave them.

use gobpf_bpf::tables::{MapKind, map_flags};
use gobpf_bpf::{Global, Map, MapContents, MapId, Object};
use gobpf_btf::{Btf, Kind, Linkage, Type, TypeId, Types};

use crate::elf::Elf;

/// Sections of global data, and the map of each.
pub type DataMaps = Vec<(usize, MapId)>;

fn is_data(name: &str) -> bool {
    [".rodata", ".data", ".bss"]
        .iter()
        .any(|kind| name.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Adds the maps of global data.
pub fn read(elf: &Elf<'_>, object: &mut Object) -> DataMaps {
    let mut maps = Vec::new();
    for (index, section) in elf.sections.iter().enumerate() {
        // Debugging sections and the like have other names; empty ones are no maps.
        if !is_data(section.name) || section.size == 0 {
            continue;
        }
        let frozen = section.name.starts_with(".rodata");
        let mut data = section.data.to_vec();
        data.resize(section.size as usize, 0);
        let id = MapId(object.maps.len() as u32);
        let types = object.btf.find(section.name, Kind::Section);
        let mut flags = if frozen { map_flags::RDONLY_PROG } else { 0 };
        if has_globals(&object.btf, types) {
            flags |= map_flags::MMAPABLE;
        }
        object.maps.push(Map {
            name: section.name.to_string(),
            kind: MapKind::ARRAY,
            key_size: 4,
            value_size: section.size as u32,
            max_entries: 1,
            flags,
            value: types,
            contents: Some(MapContents { data, frozen, ..MapContents::default() }),
            ..Map::default()
        });
        let variables = variables(&object.btf, types);
        object.globals.extend(variables.into_iter().map(|(name, ty, offset, size)| Global {
            name,
            map: id,
            offset,
            size,
            ty: Some(ty),
            constant: frozen,
        }));
        maps.push((index, id));
    }
    maps
}

/// Whether a variable of the section is seen outside: then user space maps its memory.
fn has_globals(btf: &Btf, section: Option<TypeId>) -> bool {
    let Some(Type::Section { variables, .. }) = section.and_then(|id| btf.get(id)) else { return false };
    variables.iter().any(|variable| {
        matches!(
            btf.get(variable.ty),
            Some(Type::Variable { linkage: Linkage::Global | Linkage::Extern, .. })
        )
    })
}

fn variables(btf: &Btf, section: Option<TypeId>) -> Vec<(String, TypeId, u32, u32)> {
    let Some(Type::Section { variables, .. }) = section.and_then(|id| btf.get(id)) else { return Vec::new() };
    variables
        .iter()
        .filter_map(|variable| match btf.get(variable.ty) {
            Some(Type::Variable { name, ty, .. }) => {
                Some((name.clone(), *ty, variable.offset, variable.size))
            }
            _ => None,
        })
        .collect()
}

/// Fills in what compilers leave to the loader: sizes of sections and offsets of variables. What the kernel doesn't take
/// (sections of externs, functions that are declared only) becomes harmless, with all numbers kept.
pub fn settle_types(elf: &Elf<'_>, btf: &mut Btf) {
    name_parameters(btf);
    for id in (1..=btf.len() as u32).map(TypeId) {
        let mut settled = match btf.get(id) {
            Some(Type::Section { name, .. }) if name == ".ksyms" || name == ".kconfig" => {
                Some(Type::Const(TypeId(0)))
            }
            Some(Type::Section { name, .. }) => match elf.section(name) {
                Some(_) => btf.get(id).cloned(),
                None => Some(Type::Const(TypeId(0))),
            },
            Some(Type::Function { name, prototype, linkage }) => {
                // A function that is hidden is its object's alone.
                let hidden = elf.symbol(name).is_some_and(|symbol| symbol.hidden);
                let linkage = match linkage {
                    Linkage::Extern => Linkage::Global,
                    Linkage::Global if hidden => Linkage::Static,
                    other => *other,
                };
                Some(Type::Function { name: name.clone(), prototype: *prototype, linkage })
            }
            Some(Type::Variable { name, ty, linkage: Linkage::Extern }) => {
                Some(Type::Variable { name: name.clone(), ty: *ty, linkage: Linkage::Global })
            }
            _ => None,
        };
        if let Some(Type::Section { name, size, variables }) = &mut settled {
            if let Some(section) = elf.section(name) {
                *size = section.size as u32;
            }
            for variable in variables.iter_mut() {
                if let Some(Type::Variable { name, .. }) = btf.get(variable.ty)
                    && let Some(symbol) = elf.symbol(name)
                {
                    variable.offset = symbol.value as u32;
                }
            }
            variables.sort_by_key(|variable| variable.offset);
        }
        if let (Some(settled), Some(place)) = (settled, btf.get_mut(id)) {
            *place = settled;
        }
    }
}

/// Gives the parameters of functions that are only declared a name, which the kernel wants, as libbpf does.
fn name_parameters(btf: &mut Btf) {
    let declared = btf.iter().filter_map(|(_, ty)| match ty {
        Type::Function { prototype, linkage: Linkage::Extern, .. } => Some(*prototype),
        _ => None,
    });
    for prototype in declared.collect::<Vec<_>>() {
        if let Some(Type::Prototype { parameters, .. }) = btf.get_mut(prototype) {
            let nameless = parameters.iter_mut().filter(|one| one.name.is_empty() && one.ty.0 != 0);
            nameless.for_each(|one| one.name = "dummy_ksym".into());
        }
    }
}
