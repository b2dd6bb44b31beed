//! The object around the code: maps, global data, types.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Code, Global, KernelVersion, Map, MapContents, MapId, Object, Program, RelocationTarget};
use gobpf_btf::{Btf, IntEncoding, Member};
use gobpf_ir::BuildError;
use gobpf_ir::build::Texts;
use gobpf_ir::ir::SubprogramId;
use gobpf_types::hir::{self, GlobalId, TypeId};

use crate::functions::{self, Subprograms};

/// Where everything that code refers to ends up.
pub(crate) struct Layout {
    maps: Vec<Map>,
    btf: Btf,
    text: MapId,
    globals: Vec<(MapId, u32)>,
    target: KernelVersion,
}

impl Layout {
    /// Lays out the maps of `package`: those that are declared, then those of global data that are needed.
    pub(crate) fn of(package: &hir::Package, texts: &Texts) -> Layout {
        let mut layout = Layout {
            maps: Vec::new(),
            btf: Btf::default(),
            text: MapId(0),
            globals: vec![(MapId(0), 0); package.globals.len()],
            target: package.target,
        };
        for map in &package.maps {
            let (key, value) = (
                intern(&mut layout.btf, &package.types, map.key),
                intern(&mut layout.btf, &package.types, map.value),
            );
            // A ring buffer has records, of which the kernel knows nothing.
            let has_entries = map.kind != MapKind::RINGBUF;
            let size = |ty| if has_entries { package.types.size_of(ty) as u32 } else { 0 };
            layout.maps.push(Map {
                name: map.name.to_string(),
                kind: map.kind,
                key_size: size(map.key),
                value_size: size(map.value),
                max_entries: map.max_entries,
                flags: map.flags,
                key: has_entries.then_some(key),
                value: Some(value),
                entries: map.initial.clone(),
                ..Map::default()
            });
        }
        layout.text = MapId(layout.maps.len() as u32);
        layout.add_globals(package, RODATA, texts.bytes().to_vec(), |global| global.constant);
        layout
            .add_globals(package, ".data", Vec::new(), |global| !global.constant && global.initial.is_some());
        layout
            .add_globals(package, ".bss", Vec::new(), |global| !global.constant && global.initial.is_none());
        layout
    }

    fn add_data(&mut self, name: &str, data: Vec<u8>) {
        let frozen = name == RODATA;
        self.maps.push(Map {
            name: name.to_string(),
            kind: MapKind::ARRAY,
            key_size: 4,
            value_size: data.len() as u32,
            max_entries: 1,
            flags: if frozen { BPF_F_RDONLY_PROG } else { 0 },
            key: None,
            value: None,
            contents: Some(MapContents { data, frozen, ..MapContents::default() }),
            ..Map::default()
        });
    }

    /// Lays out the variables that belong to a map of global data, behind what is there already.
    fn add_globals(
        &mut self,
        package: &hir::Package,
        name: &str,
        mut data: Vec<u8>,
        belongs: impl Fn(&hir::Global) -> bool,
    ) {
        let map = MapId(self.maps.len() as u32);
        for (index, global) in package.globals.iter().enumerate().filter(|(_, global)| belongs(global)) {
            let size = package.types.size_of(global.ty) as usize;
            // Eight bytes suit every type, and keep neighbours apart for atomic access.
            data.resize(data.len().next_multiple_of(8), 0);
            self.globals[index] = (map, data.len() as u32);
            data.extend(global.initial.iter().flatten().copied().take(size));
            let end = self.globals[index].1 as usize + size;
            data.resize(end, 0);
        }
        if !data.is_empty() {
            self.add_data(name, data);
        }
    }

    /// Layouts with the same key put everything at the same places.
    pub(crate) fn key(&self) -> u64 {
        FixedState::default().hash_one((self.text, &self.globals))
    }

    /// The oldest kernel that the object is for.
    pub(crate) fn target(&self) -> KernelVersion {
        self.target
    }

    pub(crate) fn map(&self, map: hir::MapId) -> RelocationTarget {
        RelocationTarget::Map(MapId(map.0))
    }

    pub(crate) fn text(&self, offset: u32) -> RelocationTarget {
        RelocationTarget::MapValue { map: self.text, offset }
    }

    pub(crate) fn global(&self, global: GlobalId, offset: u32) -> RelocationTarget {
        let (map, start) = self.globals[global.0 as usize];
        RelocationTarget::MapValue { map, offset: start.wrapping_add(offset) }
    }
}

/// The map of what never changes.
const RODATA: &str = ".rodata";
/// `BPF_F_RDONLY_PROG`: programs may not write.
const BPF_F_RDONLY_PROG: u32 = 1 << 7;

/// Puts code and layout together; `codes` are those of the package's programs, in order, whole.
///
/// # Errors
///
/// A global function takes what it can't.
pub(crate) fn link(
    subprograms: Subprograms<'_>,
    layout: Layout,
    codes: Vec<(Code, Vec<SubprogramId>)>,
) -> Result<Object, BuildError> {
    let package = subprograms.package;
    let mut btf = layout.btf;
    let mut programs = Vec::with_capacity(codes.len());
    for (program, (mut code, order)) in package.programs.iter().zip(codes) {
        let func = functions::add_types(&mut btf, subprograms, program, (&mut code, &order))?;
        programs.push(Program {
            name: program.name.to_string(),
            section: program.section.to_string(),
            kind: program.kind,
            func,
            code,
            ..Program::default()
        });
    }
    let globals = package.globals.iter().zip(&layout.globals).map(|(global, (map, offset))| Global {
        name: global.name.to_string(),
        map: *map,
        offset: *offset,
        size: u32::try_from(package.types.size_of(global.ty)).unwrap_or(u32::MAX),
        ty: Some(intern(&mut btf, &package.types, global.ty)),
        constant: global.constant,
    });
    Ok(Object {
        programs,
        maps: layout.maps,
        globals: globals.collect(),
        btf,
        license: package.license.to_string(),
        target: package.target,
        ..Object::default()
    })
}

/// The BTF type of a Go type.
pub(crate) fn intern(btf: &mut Btf, types: &hir::Types, ty: TypeId) -> gobpf_btf::TypeId {
    let int = |name: &str, size, encoding| gobpf_btf::Type::Int { name: name.to_string(), size, encoding };
    let made = match types.get(ty) {
        hir::Type::Bool => int("bool", 1, IntEncoding::Bool),
        hir::Type::Int { bits, signed, .. } => {
            let (prefix, encoding) =
                if *signed { ("int", IntEncoding::Signed) } else { ("uint", IntEncoding::Unsigned) };
            int(&format!("{prefix}{bits}"), u32::from(*bits) / 8, encoding)
        }
        hir::Type::Array { element, length } => {
            let element = intern(btf, types, *element);
            gobpf_btf::Type::Array { element, length: u32::try_from(*length).unwrap_or(u32::MAX) }
        }
        hir::Type::Struct(of) => {
            let members = of
                .fields
                .iter()
                .map(|field| Member {
                    name: field.name.to_string(),
                    ty: intern(btf, types, field.ty),
                    offset: field.offset,
                    bits: None,
                })
                .collect();
            gobpf_btf::Type::Struct { name: of.name.to_string(), size: of.size, members }
        }
        hir::Type::Pointer { target, .. } => {
            let target = intern(btf, types, *target);
            gobpf_btf::Type::Pointer(target)
        }
        hir::Type::Unknown | hir::Type::String { .. } | hir::Type::Function | hir::Type::Slice { .. } => {
            return gobpf_btf::VOID;
        }
    };
    btf.intern(made)
}
