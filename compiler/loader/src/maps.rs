//! The maps of an object in Go: the set that holds them, their specs, and how they are printed at the end.

use gobpf_bpf::tables::MapRow;
use gobpf_bpf::{Map, MapId, Object};

use crate::constants;
use crate::error::LoaderError;
use crate::names::{self, Scope};
use crate::text;
use crate::types::Types;

/// `BPF_F_RDONLY_PROG`: programs may only read the map. The verifier takes the bytes of a frozen map for constants only
/// with it.
const READ_ONLY: u32 = 1 << 7;

/// Flags of map creation by their names in `linux/bpf.h`.
const FLAGS: &[(u32, &str)] = &[
    (1 << 0, "BPF_F_NO_PREALLOC"),
    (1 << 1, "BPF_F_NO_COMMON_LRU"),
    (1 << 2, "BPF_F_NUMA_NODE"),
    (1 << 3, "BPF_F_RDONLY"),
    (1 << 4, "BPF_F_WRONLY"),
    (1 << 5, "BPF_F_STACK_BUILD_ID"),
    (1 << 6, "BPF_F_ZERO_SEED"),
    (READ_ONLY, "BPF_F_RDONLY_PROG"),
    (1 << 8, "BPF_F_WRONLY_PROG"),
    (1 << 9, "BPF_F_CLONE"),
    (1 << 10, "BPF_F_MMAPABLE"),
    (1 << 11, "BPF_F_PRESERVE_ELEMS"),
    (1 << 12, "BPF_F_INNER_MAP"),
];

/// Kinds whose entries are printed at the end, and whether each processor has its own value.
const PRINTED: &[(&str, bool)] = &[
    ("hash", false),
    ("array", false),
    ("lru_hash", false),
    ("lpm_trie", false),
    ("percpu_hash", true),
    ("percpu_array", true),
    ("lru_percpu_hash", true),
];

/// The kind of maps whose records are printed as they come.
const RING_BUFFER: &str = "ringbuf";

/// What follows a check of `err`.
const RETURN: &str = "\t\treturn err\n\t}\n";

/// A map with what the loader calls it.
pub struct NamedMap<'a> {
    map: &'a Map,
    row: &'static MapRow,
    /// The field of `mapSet` that holds it.
    pub field: String,
}

/// Gives every map its field.
pub fn named(maps: &[Map]) -> Result<Vec<NamedMap<'_>>, LoaderError> {
    let mut fields = Scope::with(&["Close", "create", "follow", "print"]);
    maps.iter()
        .map(|map| {
            let unknown = || LoaderError::MapKind { map: map.name.clone(), kind: map.kind.0 };
            let row = map.kind.row().ok_or_else(unknown)?;
            Ok(NamedMap { map, row, field: fields.unexported(&map.name) })
        })
        .collect()
}

/// True where the map is one of the source that can be printed, and not one of its global variables.
pub fn is_printed(map: &NamedMap<'_>) -> bool {
    map.map.contents.is_none() && per_cpu(map).is_some()
}

/// True where the map is a ring buffer whose records have a known type.
pub fn is_followed(map: &NamedMap<'_>) -> bool {
    map.row.name == RING_BUFFER && map.map.value.is_some()
}

/// The method `follow` of `mapSet`, which prints the records of all ring buffers.
pub fn follower(maps: &[NamedMap<'_>], types: &mut Types<'_>) -> String {
    let mut go = String::from(
        "// follow prints the records of ring buffers as they come. The function that it returns prints what is left, and ends.\n\
         func (m *mapSet) follow() (end func() error, err error) {\n\
         \tvar ends []func() error\n\
         \tend = func() error {\n\
         \t\tvar errs []error\n\
         \t\tfor _, end := range ends {\n\t\t\terrs = append(errs, end())\n\t\t}\n\
         \t\treturn errors.Join(errs...)\n\t}\n",
    );
    for NamedMap { map, field, .. } in maps.iter().filter(|map| is_followed(map)) {
        let size = map.value.map_or(0, |value| types.size_of(value));
        let record = types.go_type(map.value, size, &format!("{}Record", names::exported(field)));
        let end = format!("end{}", names::exported(field));
        go.push_str(&format!(
            "\t{end}, err := follow[{record}](\"{}\", m.{field})\n\tif err != nil {{\n\
             \t\treturn nil, errors.Join(err, end())\n\t}}\n\tends = append(ends, {end})\n",
            text::comment(&map.name).replace(['"', '\\'], "_")
        ));
    }
    go.push_str("\treturn end, nil\n}\n\n");
    go
}

fn per_cpu(map: &NamedMap<'_>) -> Option<bool> {
    PRINTED.iter().find(|(name, _)| *name == map.row.name).map(|(_, each)| *each)
}

/// The type `mapSet` with its methods.
pub fn set(maps: &[NamedMap<'_>], object: &Object, file: &str) -> String {
    let rows: Vec<_> = maps.iter().map(|map| (map.field.clone(), "*ebpf.Map".to_owned())).collect();
    let mut go = format!(
        "// mapSet holds the maps of {file}.\ntype mapSet struct {{\n{}}}\n\n",
        text::columns(1, &rows)
    );
    go.push_str("// create makes the maps in the kernel.\nfunc (m *mapSet) create() (err error) {\n");
    for (map, index) in maps.iter().zip(0..) {
        go.push_str(&create(map, constants::variable(object, MapId(index))));
    }
    go.push_str("\treturn nil\n}\n\n");
    go.push_str("// Close drops the maps that are there.\nfunc (m *mapSet) Close() {\n");
    for map in maps {
        go.push_str(&format!("\tm.{}.Close()\n", map.field));
    }
    go.push_str("}\n\n");
    go
}

/// `chosen` is the variable with the map's first value, where flags change it.
fn create(named: &NamedMap<'_>, chosen: Option<String>) -> String {
    let NamedMap { map, row, field } = named;
    let frozen = map.contents.as_ref().is_some_and(|contents| contents.frozen);
    let flags = if frozen { map.flags | READ_ONLY } else { map.flags };
    let mut rows = vec![
        ("Name:".to_owned(), format!("\"{}\",", names::kernel_name(&map.name))),
        ("Type:".to_owned(), format!("ebpf.{},", row.cilium)),
        ("KeySize:".to_owned(), format!("{},", map.key_size)),
        ("ValueSize:".to_owned(), format!("{},", map.value_size)),
        ("MaxEntries:".to_owned(), format!("{},", map.max_entries)),
    ];
    if flags != 0 {
        rows.push(("Flags:".to_owned(), format!("{flags:#x}, // {}", flag_names(flags))));
    }
    let entries = entries(map, chosen);
    if let [entry] = entries.as_slice()
        && !entry.contains('\n')
    {
        rows.push(("Contents:".to_owned(), format!("[]ebpf.MapKV{{{{{entry}}}}},")));
    }
    let mut spec = text::columns(2, &rows);
    if entries.len() > 1 || entries.iter().any(|entry| entry.contains('\n')) {
        // gofmt keeps what spans lines out of the columns.
        let lines: String = entries.iter().map(|entry| format!("\t\t\t{{{entry}}},\n")).collect();
        spec.push_str(&format!("\t\tContents: []ebpf.MapKV{{\n{lines}\t\t}},\n"));
    }
    let mut go =
        format!("\tif m.{field}, err = newMap(&ebpf.MapSpec{{\n{spec}\t}}); err != nil {{\n{RETURN}");
    if frozen && !map.name.starts_with(".rodata") {
        let error = format!("fmt.Errorf(\"freezing map {field}: %w\", advise(err))");
        go.push_str(&format!("\tif err = m.{field}.Freeze(); err != nil {{\n\t\treturn {error}\n\t}}\n"));
    }
    go
}

/// What the map starts with, each as the fields of an `ebpf.MapKV`.
fn entries(map: &Map, chosen: Option<String>) -> Vec<String> {
    let data = map.contents.as_ref().map(|contents| contents.data.as_slice()).unwrap_or_default();
    let data = match chosen {
        Some(variable) => Some(variable),
        None => data.iter().any(|&byte| byte != 0).then(|| text::bytes(data, 4)),
    };
    let global = data.map(|value| format!("Key: uint32(0), Value: {value}"));
    let given = map
        .entries
        .iter()
        .map(|(key, value)| format!("Key: {}, Value: {}", text::numbers(key), text::numbers(value)));
    global.into_iter().chain(given).collect()
}

fn flag_names(flags: u32) -> String {
    let known: Vec<&str> = FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    let rest = FLAGS.iter().fold(flags, |rest, (bit, _)| rest & !bit);
    match rest {
        0 => known.join(" | "),
        _ => format!("{} | {rest:#x}", known.join(" | ")).trim_start_matches(" | ").to_owned(),
    }
}

/// The method `print` of `mapSet`, which prints the entries of all maps that can be printed.
pub fn printer(maps: &[NamedMap<'_>], types: &mut Types<'_>) -> String {
    let mut go = String::from(
        "// print prints what the programs left in the maps.\nfunc (m *mapSet) print() error {\n",
    );
    for named in maps.iter().filter(|map| is_printed(map)) {
        let NamedMap { map, field, .. } = named;
        let title = names::exported(field);
        let key = types.go_type(map.key, map.key_size, &format!("{title}Key"));
        let value = types.go_type(map.value, map.value_size, &format!("{title}Value"));
        let value = if per_cpu(named) == Some(true) { format!("[]{value}") } else { value };
        go.push_str(&format!(
            "\tif err := printMap[{key}, {value}](\"{}\", m.{field}); err != nil {{\n{RETURN}",
            text::comment(&map.name).replace(['"', '\\'], "_")
        ));
    }
    go.push_str("\treturn nil\n}\n\n");
    go
}
