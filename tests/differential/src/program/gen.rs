//! The state of a program that is being written: lines, scopes, what is declared, and how much may still be written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gobpf_tests::generate::rng::Rng;

use super::entry::Entry;
use super::jumps::Target;
use super::package::Loaded;
use super::types::{Func, INTS, Int, Kind, Named, Ty, Var};

/// Stands for the number of the program in the names of its package, so that many can be one package.
pub const MARK: &str = "ZQ";
/// Bytes of variables that a function may have.
const FRAME_BYTES: usize = 220;

/// What is written where variables end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sink {
    /// Into the results, each into a slot of its own.
    Results,
    /// Into the variable `acc`, which the function returns.
    Accumulator,
}

/// A program that is being written.
pub struct Gen {
    /// What decides it.
    pub rng: Rng,
    /// Features that are left out.
    pub without: Arc<BTreeSet<String>>,
    /// Text of the finished top-level declarations.
    pub top: Vec<String>,
    /// Lines of the function that is being written.
    pub lines: Vec<String>,
    /// Depth of blocks.
    pub indent: usize,
    /// Variables by scope.
    pub scopes: Vec<Vec<Var>>,
    /// Global variables.
    pub globals: Vec<Var>,
    /// Named constants: name, type or none for untyped, value.
    pub constants: Vec<(String, Option<Int>, i128)>,
    /// Named constants that are texts.
    pub texts: Vec<String>,
    /// Named types.
    pub types: Vec<Named>,
    /// Functions that are to be compiled on their own: their place in `top`, their name, and the directive.
    pub apart: Vec<(usize, String, &'static str)>,
    /// Functions that may be called.
    pub funcs: Vec<Func>,
    /// Closures in scope are called like functions; by scope.
    pub closures: Vec<Vec<Func>>,
    /// Where variables end.
    pub sink: Sink,
    /// Slots of the results.
    pub slots: usize,
    /// Statements left for the function.
    pub budget: i32,
    /// Loops around.
    pub loops: u32,
    /// How often the statement at hand runs, at most.
    pub turns: u32,
    /// Whether `return` with the function's results may be written here, and their types.
    pub results: Vec<Ty>,
    /// What is around the statement at hand, from the outermost.
    pub targets: Vec<Target>,
    /// Labels of the function that a jump leads back to.
    pub labels: u32,
    /// Names so far.
    pub counter: usize,
    /// Bytes of variables in the function.
    pub frame: usize,
    /// Statements that assign to what outlives the function are left out.
    pub pure: bool,
    /// Within a function literal.
    pub in_closure: bool,
    /// The packet `p` is in scope, checked for its length.
    pub packet: bool,
    /// The kind of the program.
    pub entry: Entry,
    /// The name of the package.
    pub package: String,
    /// Names of the package are to be seen by others.
    pub exported: bool,
    /// The package has a second file.
    pub beside: bool,
    /// Constants that the loader chooses.
    pub loaded: Vec<Loaded>,
    /// How often each feature was written.
    pub used: BTreeMap<&'static str, u64>,
}

impl Gen {
    /// An empty program.
    pub fn new(rng: Rng, without: Arc<BTreeSet<String>>) -> Gen {
        Gen {
            rng,
            without,
            top: Vec::new(),
            lines: Vec::new(),
            indent: 0,
            scopes: Vec::new(),
            globals: Vec::new(),
            constants: Vec::new(),
            texts: Vec::new(),
            types: Vec::new(),
            apart: Vec::new(),
            funcs: Vec::new(),
            closures: Vec::new(),
            sink: Sink::Accumulator,
            slots: 0,
            budget: 0,
            loops: 0,
            turns: 1,
            results: Vec::new(),
            targets: Vec::new(),
            counter: 0,
            labels: 0,
            frame: 0,
            pure: false,
            in_closure: false,
            packet: false,
            entry: Entry::Xdp,
            package: "p".to_owned(),
            exported: false,
            beside: false,
            loaded: Vec::new(),
            used: BTreeMap::new(),
        }
    }

    /// Whether the feature is on; counts it as used.
    pub fn on(&mut self, feature: &'static str) -> bool {
        let on = !self.without.contains(feature);
        if on {
            *self.used.entry(feature).or_default() += 1;
        }
        on
    }

    /// A new name.
    pub fn name(&mut self, stem: &str) -> String {
        self.counter += 1;
        format!("{stem}{}", self.counter)
    }

    /// A new name of the package.
    pub fn global_name(&mut self, stem: &str) -> String {
        self.counter += 1;
        match self.exported {
            true => format!("{}{}{}{MARK}", stem[..1].to_uppercase(), &stem[1..], self.counter),
            false => format!("{stem}{}{MARK}", self.counter),
        }
    }

    /// Writes a line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("{}{}", "\t".repeat(self.indent), text.as_ref()));
    }

    /// Writes a line that opens a block.
    pub fn open(&mut self, text: impl AsRef<str>) {
        self.line(text);
        self.indent += 1;
        self.scopes.push(Vec::new());
        self.closures.push(Vec::new());
    }

    /// Ends the variables of a block and closes it.
    pub fn close(&mut self, text: &str) {
        self.sink_scope();
        self.close_plain(text);
    }

    /// Closes a block whose variables have been used.
    pub fn close_plain(&mut self, text: &str) {
        self.scopes.pop();
        self.closures.pop();
        self.indent = self.indent.saturating_sub(1);
        self.line(text);
    }

    /// Writes the variables of the innermost scope to where they are seen.
    pub fn sink_scope(&mut self) {
        let vars = self.scopes.last().cloned().unwrap_or_default();
        for var in vars {
            self.sink(&var.name, &var.ty);
        }
    }

    /// Writes `expr` of type `ty` to where it is seen.
    pub fn sink(&mut self, expr: &str, ty: &Ty) {
        match ty {
            Ty::Int(int) if int.name == "uint64" => self.sink_word(expr),
            Ty::Int(_) => self.sink_word(&format!("uint64({expr})")),
            Ty::Bool => {
                self.line(format!("if {expr} {{"));
                self.indent += 1;
                self.sink_word("1");
                self.indent -= 1;
                self.line("}");
            }
            Ty::Str if self.may_walk() && self.rng.chance(60) && self.on("contents of texts") => {
                let hash = self.text_hash();
                self.sink_word(&format!("{hash}({expr})"));
            }
            Ty::Slice(element)
                if self.may_walk() && matches!(**element, Ty::Int(_)) && self.rng.chance(60) =>
            {
                let hash = self.slice_hash();
                self.sink_word(&format!("uint64({hash}({expr}))"));
            }
            Ty::Str | Ty::Slice(_) => self.sink_word(&format!("uint64(len({expr}))")),
            Ty::Array(length, element) => {
                for index in 0..*length {
                    self.sink(&format!("{expr}[{index}]"), element);
                }
            }
            Ty::Pointer(to) => self.sink(&format!("(*{expr})"), to),
            Ty::Named(index) => match self.types[*index].kind.clone() {
                Kind::Struct(fields) => {
                    for field in fields.iter().filter(|field| field.name != "_") {
                        self.sink(&format!("{expr}.{}", field.name), &field.ty);
                    }
                }
                Kind::Based(ty) => match ty {
                    Ty::Int(_) => self.sink_word(&format!("uint64({expr})")),
                    Ty::Bool => self.sink(&format!("bool({expr})"), &Ty::Bool),
                    _ => self.sink(expr, &ty),
                },
                Kind::Alias(ty) => self.sink(expr, &ty),
            },
        }
    }

    pub fn sink_word(&mut self, word: &str) {
        match self.sink {
            Sink::Results => {
                let slot = self.slots;
                self.slots += 1;
                // In a loop each turn counts.
                let sign = if self.loops > 0 { "+=" } else { "=" };
                self.line(format!("o[{slot}] {sign} {word}"));
            }
            Sink::Accumulator => self.line(format!("acc = acc*31 + {word}")),
        }
    }

    /// Declares a variable in the innermost scope.
    pub fn declare(&mut self, name: &str, ty: &Ty, mutable: bool) {
        self.frame += self.size(ty);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(Var { name: name.to_owned(), ty: ty.clone(), mutable });
        }
    }

    /// Whether the frame has room for one more variable of this type.
    pub fn has_room(&self, ty: &Ty) -> bool {
        self.frame + self.size(ty) <= FRAME_BYTES
    }

    /// Bytes of a value.
    pub fn size(&self, ty: &Ty) -> usize {
        match ty {
            Ty::Int(int) => int.bits as usize / 8,
            Ty::Bool => 1,
            Ty::Str => 16,
            Ty::Slice(_) => 24,
            Ty::Pointer(_) => 8,
            Ty::Array(length, element) => length * self.size(element),
            Ty::Named(index) => match &self.types[*index].kind {
                Kind::Struct(fields) => {
                    fields.iter().map(|field| self.size(&field.ty).next_multiple_of(4)).sum()
                }
                Kind::Based(ty) | Kind::Alias(ty) => self.size(ty),
            },
        }
    }

    /// The type as it is written.
    pub fn show(&self, ty: &Ty) -> String {
        match ty {
            Ty::Int(int) => int.name.to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Str => "string".to_owned(),
            Ty::Array(length, element) => format!("[{length}]{}", self.show(element)),
            Ty::Slice(element) => format!("[]{}", self.show(element)),
            Ty::Pointer(to) => format!("*{}", self.show(to)),
            Ty::Named(index) => self.types[*index].name.clone(),
        }
    }

    /// The type without aliases.
    pub fn plain(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Named(index) => match &self.types[*index].kind {
                Kind::Alias(to) => self.plain(to),
                _ => ty.clone(),
            },
            _ => ty.clone(),
        }
    }

    /// What a type is made of: a named one's base.
    pub fn under(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Named(index) => match &self.types[*index].kind {
                Kind::Alias(to) | Kind::Based(to) => self.under(to),
                Kind::Struct(_) => ty.clone(),
            },
            _ => ty.clone(),
        }
    }

    /// The fields, of a struct.
    pub fn fields(&self, ty: &Ty) -> Vec<super::types::Field> {
        match self.plain(ty) {
            Ty::Named(index) => match &self.types[index].kind {
                Kind::Struct(fields) => fields.clone(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Whether both are one type.
    pub fn same(&self, left: &Ty, right: &Ty) -> bool {
        match (self.plain(left), self.plain(right)) {
            (Ty::Int(left), Ty::Int(right)) => left.is(right),
            (Ty::Array(n, left), Ty::Array(m, right)) => n == m && self.same(&left, &right),
            (Ty::Slice(left), Ty::Slice(right)) | (Ty::Pointer(left), Ty::Pointer(right)) => {
                self.same(&left, &right)
            }
            (left, right) => left == right,
        }
    }

    /// An integer type.
    pub fn int(&mut self) -> Int {
        self.rng.pick(INTS)
    }

    /// A type of a variable.
    pub fn ty(&mut self) -> Ty {
        let named = (0..self.types.len()).collect::<Vec<_>>();
        match self.rng.below(20) {
            0..=9 => Ty::Int(self.int()),
            10 => Ty::Bool,
            11 | 12 if self.on("strings") => Ty::Str,
            13 | 14 => {
                let element = match self.rng.below(10) {
                    0 => Ty::Bool,
                    1 if !named.is_empty() => Ty::Named(self.rng.pick(&named)),
                    2..=4 => Ty::Array(1 + self.rng.below(3), Box::new(Ty::Int(self.small_int()))),
                    _ => Ty::Int(self.int()),
                };
                Ty::Array(1 + self.rng.below(4), Box::new(element))
            }
            15..=18 if !named.is_empty() => Ty::Named(self.rng.pick(&named)),
            _ => Ty::Int(self.int()),
        }
    }

    /// Variables in scope that are not hidden, with the globals.
    pub fn visible(&self) -> Vec<Var> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for var in self.scopes.iter().rev().flat_map(|scope| scope.iter().rev()) {
            if seen.insert(var.name.clone()) {
                found.push(var.clone());
            }
        }
        found.extend(self.globals.iter().cloned());
        found
    }

    /// A variable that `wanted` takes.
    pub fn var(&mut self, wanted: impl Fn(&Self, &Var) -> bool) -> Option<Var> {
        let found: Vec<Var> = self.visible().into_iter().filter(|var| wanted(self, var)).collect();
        (!found.is_empty()).then(|| found[self.rng.below(found.len())].clone())
    }

    /// A place of type `ty` to read from or, with `assign`, to write to: a variable, a field, an element, what a pointer
    /// points to.
    pub fn place(&mut self, ty: &Ty, assign: bool) -> Option<String> {
        let mut places = Vec::new();
        for var in self.visible() {
            let global = self.globals.iter().any(|other| other.name == var.name);
            if assign && (!var.mutable || (global && self.pure)) {
                // What a pointer points to can be assigned all the same.
                if let Ty::Pointer(to) = self.plain(&var.ty) {
                    self.places(&format!("(*{})", var.name), &to, ty, 1, &mut places);
                }
                continue;
            }
            self.places(&var.name, &var.ty, ty, 0, &mut places);
        }
        (!places.is_empty()).then(|| places[self.rng.below(places.len())].clone())
    }

    fn places(&self, expr: &str, ty: &Ty, wanted: &Ty, depth: u32, found: &mut Vec<String>) {
        if self.same(ty, wanted) {
            found.push(expr.to_owned());
        }
        if depth > 2 {
            return;
        }
        match self.plain(ty) {
            Ty::Array(length, element) => {
                for index in 0..length.min(2) {
                    self.places(
                        &format!("{expr}[{}]", (index * 7 + depth as usize) % length),
                        &element,
                        wanted,
                        depth + 1,
                        found,
                    );
                }
            }
            Ty::Pointer(to) => {
                self.places(&format!("(*{expr})"), &to, wanted, depth + 1, found);
                for field in self.fields(&to) {
                    if field.name != "_" {
                        self.places(&format!("{expr}.{}", field.name), &field.ty, wanted, depth + 1, found);
                    }
                }
            }
            plain => {
                for field in self.fields(&plain) {
                    if field.name == "_" {
                        continue;
                    }
                    self.places(&format!("{expr}.{}", field.name), &field.ty, wanted, depth + 1, found);
                    if field.embedded {
                        // Promoted.
                        for inner in self.fields(&field.ty) {
                            if inner.name != "_" {
                                self.places(
                                    &format!("{expr}.{}", inner.name),
                                    &inner.ty,
                                    wanted,
                                    depth + 1,
                                    found,
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}
