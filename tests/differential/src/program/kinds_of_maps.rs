//! Statements on the kinds of maps that `maps.rs` has nothing of: stacks, those of processors, those that evict, ring
//! buffers; and what walks over arrays.

use super::entry::Entry;
use super::r#gen::{Gen, MARK};
use super::types::{Int, Ty};

/// The type of records, and how many bytes its buffer has: more than all runs together fill.
const RECORD: &str = "struct {\n\ta uint64\n\tb [3]uint16\n}";
const BUFFER: u32 = 1 << 16;

impl Gen {
    /// A statement on a map of another kind.
    pub fn map_of_other_kind(&mut self) -> bool {
        if self.pure || self.in_closure {
            return false;
        }
        let word = Ty::Int(Int::named("uint64"));
        let (name, found) = (self.name("v"), self.name("q"));
        let key = self.var_expr(&Ty::Int(Int::named("uint32")), 1);
        let value = self.var_expr(&word, 1);
        match self.rng.below(11) {
            0 | 1 => {
                let map = self
                    .declare_once("var stack", |name| format!("{name} = bpf.Stack[uint64]{{MaxEntries: 3}}"));
                self.line(format!("var {name} uint64"));
                match self.rng.below(3) {
                    0 => self.line(format!("{found} := {map}.Push({value})")),
                    1 => self.line(format!("{found} := {map}.Pop(&{name})")),
                    _ => self.line(format!("{found} := {map}.Peek(&{name})")),
                }
                self.line(format!("{name} += uint64({found})"));
            }
            2 => {
                let map = self.hash_map();
                self.line(format!("{name} := uint64({map}.Insert(({key}) & 15, {value}))"));
            }
            3 => {
                let map = self.array_map();
                self.line(format!("{name} := uint64({map}.Update(({key}) & 7, {value}))"));
            }
            4 => {
                if self.loops > 0 {
                    return false;
                }
                let map = self.array_map();
                self.line(format!("{name} := uint64(1)"));
                self.line(format!("{found} := {map}.ForEach(func(i uint32, x *uint64) bool {{"));
                self.line(format!("\t{name} = {name}*31 + *x ^ uint64(i)"));
                self.line("\t*x += uint64(i)");
                self.line(format!("\treturn {name}&3 != 0"));
                self.line("})");
                self.line(format!("{name} -= uint64({found})"));
            }
            // What the processor of an earlier run has left there is not known.
            5 => self.map_of_processors(
                "perprocessor",
                "bpf.PerCPUArray[uint64]{MaxEntries: 4}",
                (&name, &found),
                (&key, &value),
            ),
            6 => self.map_of_processors(
                "perkey",
                "bpf.PerCPUHash[uint32, uint64]{MaxEntries: 64}",
                (&name, &found),
                (&key, &value),
            ),
            7 => self.map_of_processors(
                "recentperkey",
                "bpf.LRUCPUHash[uint32, uint64]{MaxEntries: 4096}",
                (&name, &found),
                (&key, &value),
            ),
            8 => return self.event(&name, &value),
            9 => {
                let map = self.declare_once("var recent", |name| {
                    format!("{name} = bpf.LRUHash[uint32, uint64]{{MaxEntries: 4096}}")
                });
                let key = format!("({key}) & 7");
                self.line(format!("{name} := uint64(0)"));
                match self.rng.below(4) {
                    0 => self.line(format!("{name} = uint64({map}.Update({key}, {value}))")),
                    1 => self.line(format!("{name} = uint64({map}.Insert({key}, {value}))")),
                    2 => self.line(format!("{name} = uint64({map}.Delete({key}))")),
                    _ => {
                        self.line(format!("if {found} := {map}.Lookup({key}); {found} != nil {{"));
                        self.line(format!("\t{name}, *{found} = *{found}, {value}"));
                        self.line("}");
                    }
                }
            }
            _ => return self.record(&name, &found, &value),
        }
        self.declare(&name, &word, true);
        true
    }

    fn array_map(&mut self) -> String {
        self.declare_once("var cells", |name| format!("{name} = bpf.Array[uint64]{{MaxEntries: 4}}"))
    }

    fn map_of_processors(&mut self, stem: &str, ty: &str, names: (&str, &str), entry: (&str, &str)) {
        let map = self.declare_once(&format!("var {stem}"), |name| format!("{name} = {ty}"));
        let ((name, found), (key, value)) = (names, entry);
        self.line(format!("{name}k := ({key}) & 3"));
        self.line(format!("{name} := uint64({map}.Update({name}k, {value}))"));
        self.line(format!("if {found} := {map}.Lookup({name}k); {found} != nil {{"));
        self.line(format!("\t*{found} *= 3"));
        self.line(format!("\t{name} ^= *{found}"));
        self.line("}");
    }

    /// A record for those who read the events of a processor, of whom the kernel has none: that is the only result that differs.
    fn event(&mut self, name: &str, value: &str) -> bool {
        if !self.packet {
            return false;
        }
        let record = self.declare_once("type record", |name| format!("{name} {RECORD}"));
        let context = self.entry.context();
        let events = self.declare_once("var events", |name| {
            format!("{name} = bpf.PerfEventArray[bpf.{context}, record{MARK}]{{MaxEntries: 64}}")
        });
        let small = self.var_expr(&Ty::Int(Int::named("uint16")), 1);
        self.line(format!(
            "{name} := {events}.Output(ctx, {record}{{a: {value}, b: [3]uint16{{2: {small}}}}}) > 0"
        ));
        self.declare(name, &Ty::Bool, true);
        true
    }

    /// A record of a ring buffer, which is given back or handed on; what fills it may panic.
    fn record(&mut self, name: &str, found: &str, value: &str) -> bool {
        if self.loops > 0 || self.labels > 0 {
            return false;
        }
        let record = self.declare_once("type record", |name| format!("{name} {RECORD}"));
        let buffer = self.declare_once("var records", |name| {
            format!("{name} = bpf.RingBuf[record{MARK}]{{Size: {BUFFER}}}")
        });
        let small = self.var_expr(&Ty::Int(Int::named("uint16")), 1);
        match self.rng.below(3) {
            0 => self.line(format!(
                "{name} := uint64({buffer}.Output({record}{{a: {value}, b: [3]uint16{{1: {small}}}}}))"
            )),
            _ => {
                let end = self.rng.pick(&["Submit", "Discard"]);
                let index = self.index_below(Some(3), "", 0);
                self.line(format!("{name} := uint64(1)"));
                self.line(format!("if {found} := {buffer}.Reserve(); {found} != nil {{"));
                self.line(format!("\t{found}.a, {found}.b = {value}, [3]uint16{{}}"));
                self.line(format!("\t{found}.b[{index}] += {small}"));
                self.line(format!("\t{name} = {found}.a + uint64({found}.b[1])"));
                self.line(format!("\t{buffer}.{end}({found})"));
                self.line("}");
            }
        }
        self.declare(name, &Ty::Int(Int::named("uint64")), true);
        true
    }

    /// Bytes of the packet that a helper copies.
    pub fn packet_helper(&mut self) -> bool {
        if !self.packet || self.in_closure || self.entry != Entry::Xdp {
            return false;
        }
        let (name, bytes) = (self.name("v"), self.name("b"));
        let length = 1 + self.rng.below(8);
        let ty = Ty::Array(length, Box::new(Ty::Int(Int::named("uint8"))));
        if !self.has_room(&ty) {
            return false;
        }
        // Near the end it fails.
        let at = match self.rng.below(4) {
            0 => self.rng.pick(&[16, 60, 72, 79, 80, 200]).to_string(),
            _ => format!("16 + ({})&63", self.var_expr(&Ty::Int(Int::named("uint32")), 1)),
        };
        match self.rng.below(5) {
            0 => self.line(format!("{name} := int64(bpf.XdpGetBuffLen(ctx))")),
            1 | 2 => {
                self.line(format!("var {bytes} [{length}]byte"));
                self.line(format!("{name} := bpf.XdpLoadBytes(ctx, {at}, {bytes}[:])"));
                self.declare(&bytes, &ty, true);
            }
            _ => {
                let array = self.expr(&ty, 1).text;
                self.line(format!("{bytes} := {array}"));
                self.line(format!("{name} := bpf.XdpStoreBytes(ctx, {at}, {bytes}[:])"));
                self.declare(&bytes, &ty, true);
            }
        }
        self.declare(&name, &Ty::Int(Int::named("int64")), true);
        true
    }
}
