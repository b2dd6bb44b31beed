//! Objects that clang makes: what the reader says of maps, data, functions, relocations and externs. Where clang is
//! missing, the tests say so and pass.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use gobpf_bpf::insn::pseudo;
use gobpf_bpf::tables::{MapKind, map_flags};
use gobpf_bpf::{ExternKind, KernelVersion, RelocationTarget};
use gobpf_btf::{Btf, IntEncoding, KernelBtf, Member, Parameter, Type};
use gobpf_object::{ElfObject, Options, read, write};

const SOURCE: &str = r#"
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
typedef unsigned int u32; typedef unsigned long long u64;
static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*loop)(u32 n, void *f, void *ctx, u64 flags) = (void *)181;
struct inner { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } slots SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 64); __uint(map_flags, 1); __type(key, u32);
         __type(value, struct { u32 a; u64 b; }); } counts SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 2); __uint(key_size, 4); __array(values, struct inner); }
    outer SEC(".maps") = { .values = { &slots } };
const volatile u32 wanted = 7;
u64 total;
u64 started = 5;
extern int CONFIG_HZ __attribute__((section(".kconfig")));
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern int missing __attribute__((weak, section(".kconfig")));
extern void *bpf_rdonly_cast(void *obj, u32 id) __attribute__((section(".ksyms")));
extern void absent(void) __attribute__((weak, section(".ksyms")));
struct task { int pid; int flag:3; } __attribute__((preserve_access_index));
struct task___gone { int other; } __attribute__((preserve_access_index));
static long each(u32 index, void *ctx) { total += index; return 0; }
__attribute__((noinline)) int twice(int n) { return n + started; }
SEC("xdp") int first(void *ctx) {
    u32 key = wanted; u64 *value = lookup(&counts, &key);
    if (value) *value += 1;
    loop(4, each, 0, 0);
    return twice(CONFIG_HZ) + LINUX_KERNEL_VERSION + missing;
}
SEC("?tp_btf/sched_switch") int second(u64 *ctx) {
    struct task *task = bpf_rdonly_cast((void *)ctx[1], 1);
    struct task___gone *gone = (void *)task;
    if (absent) absent();
    if (__builtin_preserve_field_info(gone->other, 2)) return gone->other;
    return task->pid + twice(task->flag);
}
char _license[] SEC("license") = "Dual MIT/GPL";
"#;

/// Compiles `SOURCE` and reads it for a kernel with a `struct task` of its own.
fn compiled() -> Option<ElfObject> {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("gobpf-object-{}-{run}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, object) = (folder.join("a.c"), folder.join("a.o"));
    std::fs::write(&source, SOURCE).unwrap();
    let clang = Command::new("clang-19")
        .args(["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-c", "-Wno-everything"])
        .arg(&source)
        .arg("-o")
        .arg(&object)
        .output();
    let Ok(output) = clang else {
        eprintln!("skipped: there is no clang-19");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bytes = std::fs::read(&object).unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    let kernel = KernelBtf::new(kernel().encode()).unwrap();
    let config = std::collections::HashMap::from([("CONFIG_HZ".to_string(), "250".to_string())]);
    let options =
        Options { kernel: Some(&kernel), version: KernelVersion::new(6, 12), config: Some(&config) };
    Some(read(&bytes, options).unwrap())
}

fn kernel() -> Btf {
    let mut btf = Btf::default();
    let int = btf.push(Type::Int { name: "int".into(), size: 4, encoding: IntEncoding::Signed });
    let word = btf.push(Type::Int { name: "u16".into(), size: 2, encoding: IntEncoding::Unsigned });
    let mut flag = Member::new("flag", int, 24);
    flag.bits = Some(gobpf_btf::Bits { start: 5, size: 3 });
    let members = vec![Member::new("comm", word, 0), Member::new("pid", int, 12), flag];
    btf.push(Type::Struct { name: "task".into(), size: 28, members });
    let pointer = btf.push(Type::Pointer(gobpf_btf::VOID));
    let parameters = [("obj", pointer), ("id", int)].map(|(name, ty)| Parameter { name: name.into(), ty });
    let prototype = btf.push(Type::Prototype { returns: pointer, parameters: parameters.to_vec() });
    let linkage = gobpf_btf::Linkage::Static;
    btf.push(Type::Function { name: "bpf_rdonly_cast".into(), prototype, linkage });
    btf
}

#[test]
fn what_clang_writes_is_linked_as_libbpf_links_it() {
    let Some(read) = compiled() else { return };
    assert_eq!(read.errors, []);
    let object = &read.object;
    assert_eq!(object.license, "Dual MIT/GPL");
    let map = |name: &str| object.maps.iter().find(|map| map.name == name).unwrap();
    assert_eq!(
        (map("counts").kind, map("counts").key_size, map("counts").value_size),
        (MapKind::HASH, 4, 16)
    );
    assert_eq!((map("counts").flags, map("counts").max_entries), (map_flags::NO_PREALLOC, 64));
    assert!(map("counts").value.is_some());
    let inner = object.map(map("outer").inner.unwrap());
    assert_eq!((inner.kind, inner.value_size, inner.max_entries), (MapKind::ARRAY, 8, 4));
    let contents = |name: &str| map(name).contents.clone().unwrap();
    assert!(contents(".rodata").frozen && !contents(".data").frozen);
    assert_eq!(contents(".rodata").data, 7u32.to_le_bytes());
    assert_eq!(contents(".data").data, 5u64.to_le_bytes());
    assert_eq!((map(".bss").value_size, map(".bss").flags), (8, map_flags::MMAPABLE));
    assert_eq!(map(".rodata").flags, map_flags::MMAPABLE | map_flags::RDONLY_PROG);
    let settings: Vec<u32> = contents(".kconfig")
        .data
        .chunks(4)
        .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
        .collect();
    assert!(
        settings.contains(&250) && settings.contains(&0x06_0c00) && settings.contains(&0),
        "{settings:x?}"
    );
    let globals: Vec<&str> = object.globals.iter().map(|global| global.name.as_str()).collect();
    assert!(["wanted", "total", "started"].iter().all(|name| globals.contains(name)), "{globals:?}");

    let first = &object.programs[0];
    assert_eq!(
        (first.name.as_str(), first.section.as_str(), first.kind.0, first.attach.0),
        ("first", "xdp", 6, 37)
    );
    let names: Vec<&str> = first.code.subprograms.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["each", "twice"]);
    assert!(first.func.is_some() && first.code.subprograms.iter().all(|one| one.func.is_some()));
    let callback = first.code.insns.iter().position(|insn| insn.is_load_imm64() && insn.src == pseudo::FUNC);
    let callback = callback.unwrap();
    let target = callback as i32 + 1 + first.code.insns[callback].imm;
    assert_eq!(target as u32, first.code.subprograms[0].slot);
    let call =
        first.code.insns.iter().position(|insn| insn.code == 0x85 && insn.src == pseudo::CALL).unwrap();
    assert_eq!((call as i32 + 1 + first.code.insns[call].imm) as u32, first.code.subprograms[1].slot);
    assert!(read.line_at(0, 0).unwrap().text.contains("u32 key = wanted;"));
    assert!(read.lines[0].iter().any(|line| line.text.contains("return twice(CONFIG_HZ)")));

    let second = &object.programs[1];
    assert_eq!(second.hook.as_deref(), Some("btf_trace_sched_switch"));
    assert_eq!((read.loaded[0], read.loaded[1]), (true, false));
    let cast = second.code.relocations.iter().find_map(|one| match one.target {
        RelocationTarget::Kfunc(id) => object.external(id),
        _ => None,
    });
    assert_eq!(cast.map(|one| (one.name.as_str(), one.kind)), Some(("bpf_rdonly_cast", ExternKind::Kfunc)));
    let loads: Vec<_> =
        second.code.insns.iter().filter(|insn| insn.code == 0x61).map(|insn| insn.off).collect();
    assert!(loads.contains(&12), "pid is read at its place in the kernel: {loads:?}");
    // A load of the field that is gone, and a call of the function that is: neither is reached.
    let poison: Vec<i32> = second
        .code
        .insns
        .iter()
        .filter(|insn| insn.code == 0x85 && insn.src == 0)
        .map(|insn| insn.imm)
        .collect();
    assert!(poison.contains(&0xbad_2310), "{poison:x?}");
    assert!(Btf::decode(&object.btf.encode()).is_ok());
}

/// A map without what depends on numbers of types and of other maps.
fn shape(map: &gobpf_bpf::Map) -> (String, u32, u32, u32, u32, u32, u64, Option<gobpf_bpf::MapContents>) {
    let name = map.name.clone();
    let contents = map.contents.clone();
    (name, map.kind.0, map.key_size, map.value_size, map.max_entries, map.flags, map.extra, contents)
}

/// The settings of one kernel are constants of the new file.
fn without_settings(object: &gobpf_bpf::Object) -> gobpf_bpf::Object {
    let mut object = object.clone();
    let settings = object.maps.iter_mut().filter(|map| map.name == ".kconfig");
    settings.for_each(|map| map.name = ".rodata.kconfig".into());
    object
}

#[test]
fn what_is_written_is_read_as_the_same_object() {
    let Some(first) = compiled() else { return };
    let object = without_settings(&first.object);
    let line = |program: usize, slot: u32| {
        first.lines[program]
            .iter()
            .find(|line| line.slot == slot)
            .cloned()
            .or_else(|| first.line_at(program, slot).cloned())
    };
    let bytes = write(&object, &line);
    assert_eq!(bytes, write(&object, &line), "the same object gives the same bytes");
    let kernel = KernelBtf::new(kernel().encode()).unwrap();
    let options = Options { kernel: Some(&kernel), version: KernelVersion::new(6, 12), config: None };
    let second = read(&bytes, options).unwrap();
    assert_eq!(second.errors, []);
    let again = &second.object;
    assert_eq!(again.license, object.license);
    let shapes = |object: &gobpf_bpf::Object| {
        let mut all: Vec<_> = object.maps.iter().map(shape).collect();
        // Which variables are static is not known behind the first reading: all memory is mapped.
        all.iter_mut().filter(|map| map.7.is_some()).for_each(|map| map.5 |= map_flags::MMAPABLE);
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    };
    assert_eq!(shapes(again), shapes(&object));
    assert_eq!(again.programs.len(), object.programs.len());
    for (number, (one, other)) in again.programs.iter().zip(&object.programs).enumerate() {
        assert_eq!(
            (&one.name, &one.section, one.kind, &one.hook),
            (&other.name, &other.section, other.kind, &other.hook)
        );
        assert_eq!(one.code.insns, other.code.insns);
        let names = |program: &gobpf_bpf::Program, object: &gobpf_bpf::Object| -> Vec<_> {
            let relocations = program.code.relocations.iter();
            relocations
                .map(|one| (one.slot, gobpf_bpf::disasm::relocation_text(object, one.target)))
                .collect()
        };
        assert_eq!(names(one, again), names(other, &object));
        let functions = |program: &gobpf_bpf::Program| -> Vec<_> {
            program.code.subprograms.iter().map(|one| (one.slot, one.name.clone())).collect()
        };
        assert_eq!(functions(one), functions(other));
        assert_eq!(
            second.line_at(number, 3),
            line(number, 3).as_ref().map(|_| second.line_at(number, 3).unwrap())
        );
    }
    assert!(second.lines[0].iter().any(|line| line.text.contains("return twice(CONFIG_HZ)")));
}

#[test]
fn bpftool_loads_what_is_written() {
    let Some(first) = compiled() else { return };
    let mut object = without_settings(&first.object);
    // The other program calls what this machine's kernel may not have.
    object.programs.truncate(1);
    object.externs.clear();
    let bytes = write(&object, &|program, slot| first.line_at(program, slot).cloned());
    let folder = std::env::temp_dir();
    let name = format!("gobpf-written-{}", std::process::id());
    let (file, pin) = (folder.join(format!("{name}.o")), format!("/sys/fs/bpf/{name}"));
    std::fs::write(&file, &bytes).unwrap();
    let load = Command::new("bpftool").args(["prog", "load"]).arg(&file).arg(&pin).output();
    let Ok(output) = load else { return eprintln!("skipped: there is no bpftool") };
    let _ = std::fs::remove_file(&file);
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success()
        && ["Operation not permitted", "bpffs", "not mounted"].iter().any(|why| said.contains(why))
    {
        return eprintln!("skipped: bpf(2) is not for us here: {said}");
    }
    assert!(output.status.success(), "{said}");
    let dump =
        Command::new("bpftool").args(["prog", "dump", "xlated", "pinned", &pin, "linum"]).output().unwrap();
    let _ = std::fs::remove_file(&pin);
    let dump = String::from_utf8_lossy(&dump.stdout);
    assert!(dump.contains("return twice(CONFIG_HZ)") && dump.contains("line_num:"), "{dump}");
}
