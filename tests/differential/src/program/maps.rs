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
}
