//! Statements on maps.

use super::r#gen::{Gen, MARK};
use super::types::{Int, Ty};

impl Gen {
    /// A statement on a Go map.
    pub fn go_map(&mut self) -> bool {
        if self.pure || self.in_closure {
            return false;
        }
        let map = format!("gomap{MARK}");
        if !self.top.iter().any(|text| text.contains(&format!("var {map} "))) {
            self.top.push(format!(
                "//bpf:map hash max_entries=256\nvar {map} = map[uint16]uint64{{1: 10, 2: 20}}"
            ));
        }
        let key = format!("({}) & 15", self.var_expr(&Ty::Int(Int::named("uint16")), 1));
        let word = Ty::Int(Int::named("uint64"));
        let (name, ok) = (self.name("v"), self.name("v"));
        match self.rng.below(7) {
            0 => {
                self.line(format!("{name} := {map}[{key}]"));
                self.declare(&name, &word, true);
            }
            1 => {
                self.line(format!("{name}, {ok} := {map}[{key}]"));
                self.declare(&name, &word, true);
                self.declare(&ok, &Ty::Bool, true);
            }
            2 => {
                let value = self.expr(&word, 1).text;
                self.line(format!("{map}[{key}] = {value}"));
            }
            3 => self.line(format!("{map}[{key}]++")),
            4 => self.line(format!("delete({map}, {key})")),
            5 => {
                let value = self.expr(&word, 1).text;
                self.line(format!("{map}[{key}] += {value}"));
            }
            _ => {
                if !self.on("range map") {
                    return false;
                }
                let (k, v) = (self.name("k"), self.name("v"));
                self.line(format!("var {name} uint64"));
                self.line(format!("for {k}, {v} := range {map} {{"));
                self.line(format!("\t{name} += {v}*3 + uint64({k})"));
                self.line("}");
                self.declare(&name, &word, true);
            }
        }
        true
    }

    /// A hash map of the SDK, declared where it is first used.
    pub fn hash_map(&mut self) -> String {
        self.declare_once("var hash", |name| format!("{name} = bpf.Hash[uint32, uint64]{{MaxEntries: 256}}"))
    }

    /// A statement on a map of the SDK.
    pub fn typed_map(&mut self) -> bool {
        if self.pure || self.in_closure {
            return false;
        }
        let map = self.hash_map();
        let key = format!("({}) & 15", self.var_expr(&Ty::Int(Int::named("uint32")), 1));
        let word = Ty::Int(Int::named("uint64"));
        let name = self.name("v");
        match self.rng.below(4) {
            0 => {
                let value = self.expr(&word, 1).text;
                self.line(format!("{name} := {map}.Update({key}, {value})"));
                self.declare(&name, &Ty::Int(Int::named("int32")), true);
            }
            1 => {
                self.line(format!("{name} := {map}.Delete({key})"));
                self.declare(&name, &Ty::Int(Int::named("int32")), true);
            }
            2 => {
                let value = self.expr(&word, 1).text;
                self.line(format!("if {name} := {map}.Lookup({key}); {name} != nil {{"));
                self.line(format!("\t*{name} += {value}"));
                self.line("} else {");
                self.line(format!("\t{map}.Update({key}, 7)"));
                self.line("}");
            }
            _ => {
                let pointer = self.name("q");
                self.line(format!("var {name} uint64"));
                self.line(format!("if {pointer} := {map}.Lookup({key}); {pointer} != nil {{"));
                self.line(format!("\t{name} = *{pointer}"));
                self.line("}");
                self.declare(&name, &word, true);
            }
        }
        true
    }

    /// Writes what is in the maps to where it is seen.
    pub fn sink_maps(&mut self) {
        let (go_map, hash) = (format!("gomap{MARK}"), format!("hash{MARK}"));
        let there = |it: &Gen, name: &str| it.top.iter().any(|text| text.contains(&format!("var {name} ")));
        if there(self, &go_map) {
            for key in [0, 1, 2, 7, 15] {
                self.sink_word(&format!("{go_map}[{key}]"));
            }
        }
        if there(self, &hash) {
            for key in [0, 3, 15] {
                self.line(format!("if q := {hash}.Lookup({key}); q != nil {{"));
                self.indent += 1;
                self.sink_word("*q + 1");
                self.indent -= 1;
                self.line("}");
            }
        }
    }

    /// A statement on a map whose keys and values are structs, or of another kind.
    pub fn other_map(&mut self) -> bool {
        if self.pure || self.in_closure {
            return false;
        }
        let (word, small) = (Ty::Int(Int::named("uint64")), Ty::Int(Int::named("uint32")));
        let (name, found) = (self.name("v"), self.name("q"));
        let (key, value) = (self.var_expr(&small, 1), self.var_expr(&word, 1));
        match self.rng.below(6) {
            0 | 1 => {
                let entry = self.entry_types();
                let map = self.declare_once("var recs", |name| {
                    format!("{name} = bpf.Hash[{entry}key, {entry}]{{MaxEntries: 128}}")
                });
                let key = format!("{entry}key{{a: uint8({key}) & 3, b: 7}}");
                self.line(format!("{name} := uint64(0)"));
                self.line(format!("if {found} := {map}.Lookup({key}); {found} != nil {{"));
                self.line(format!("\t{found}.n += {value}"));
                self.line(format!("\t{found}.t[1] ^= uint16({found}.n)"));
                self.line(format!("\t{name} = {found}.n + uint64({found}.t[1])"));
                self.line("} else {");
                self.line(format!("\t{map}.Update({key}, {entry}{{n: {value}}})"));
                self.line("}");
            }
            2 => {
                let entry = self.entry_types();
                let map = self.declare_once("//bpf:map hash max_entries=64\nvar groups", |name| {
                    format!("{name} = map[{entry}key]{entry}{{}}")
                });
                let key = format!("{entry}key{{a: uint8({key}) & 3}}");
                self.line(format!("{found} := {map}[{key}]"));
                self.line(format!("{found}.n += {value}"));
                self.line(format!("{map}[{key}] = {found}"));
                self.line(format!("{name} := {found}.n + uint64({map}[{key}].t[1])"));
            }
            5 => {
                let map = self.declare_once("//bpf:map hash max_entries=64\nvar seen", |name| {
                    format!("{name} = map[[2]uint8]bool{{{{1, 2}}: true}}")
                });
                let (array, condition) = (self.name("k"), self.condition(1));
                self.line(format!("{array} := [2]uint8{{uint8({key}) & 1, 2}}"));
                self.line(format!("{name} := uint64(1)"));
                self.line(format!("if {map}[{array}] {{"));
                self.line(format!("\t{name}++"));
                self.line("}");
                self.line(format!("{map}[{array}] = {condition}"));
            }
            3 => {
                let map = self
                    .declare_once("var line", |name| format!("{name} = bpf.Queue[uint64]{{MaxEntries: 3}}"));
                let call = match self.rng.below(3) {
                    0 => format!("Push({value})"),
                    1 => format!("Pop(&{name})"),
                    _ => format!("Peek(&{name})"),
                };
                self.line(format!("var {name} uint64"));
                self.line(format!("{found} := {map}.{call}"));
                self.line(format!("{name} += uint64({found})"));
            }
            _ => {
                let map = self.declare_once("var slots", |name| {
                    format!("{name} = bpf.Array[[3]uint16]{{MaxEntries: 4}}")
                });
                self.line(format!("{name} := uint64(9)"));
                self.line(format!("if {found} := {map}.Lookup(({key}) & 7); {found} != nil {{"));
                self.line(format!("\t{found}[1] += uint16({value})"));
                self.line(format!("\t{name} = uint64({found}[1])"));
                self.line("}");
            }
        }
        self.declare(&name, &word, true);
        true
    }

    /// The types of keys and values of maps; the name of the latter.
    fn entry_types(&mut self) -> String {
        self.declare_once("type rec", |name| {
            let value = name.trim_start_matches("type ");
            format!("{name} struct {{\n\tn uint64\n\tt [2]uint16\n}}\n\ntype {value}key struct {{\n\ta uint8\n\tb uint32\n}}")
        })
    }
}
