//! Declarations of generated programs: constants, types with methods, globals, functions, generics, iterators, maps, and
//! the entry.

use super::r#gen::{Gen, Sink};
use super::types::{Field, Func, Int, Kind, Named, Ty, Var};

/// How many results of the program are kept: one for each run.
pub const RUNS: usize = 4;
/// Bytes of a packet; it starts with the number of the run.
pub const PACKET: usize = 80;

/// Tags of fields.
const TAGS: &[&str] = &[" `kernel:\"a\"`", " \"json:\\\"b\\\"\"", " ``"];

impl Gen {
    /// Puts `//bpf:noinline` above the functions that are to have it, if the program reaches them: it is an error where it
    /// has no effect.
    pub fn put_apart(&mut self, entry: &str) {
        let mut reached = entry.to_owned();
        // Functions call only those before them.
        for text in self.top.iter().rev() {
            let name = text.strip_prefix("func ").and_then(|rest| rest.split('(').next()).unwrap_or_default();
            let method = text.starts_with("func (");
            if method || (!name.is_empty() && reached.contains(&format!("{name}("))) {
                reached.push_str(text);
            }
        }
        for (index, name, directive) in std::mem::take(&mut self.apart) {
            let calls = reached.matches(&format!("{name}(")).count();
            // One is its own declaration.
            if calls > 1 {
                self.top[index].insert_str(0, &format!("{directive}\n"));
            }
        }
    }

    pub fn constants_block(&mut self) {
        if !self.on("constants") {
            return;
        }
        let (a, b, c, d, e) = (
            self.global_name("c"),
            self.global_name("c"),
            self.global_name("c"),
            self.global_name("c"),
            self.global_name("c"),
        );
        let start = self.rng.below(9) as i128;
        let mut text = format!(
            "const (\n\t{a} = iota + {start}\n\t{b}\n\t_\n\t{c} = 1 << iota\n\t{d} uint16 = {a} * 10.5 * 2\n)"
        );
        self.constants.push((a, None, start));
        self.constants.push((b, None, start + 1));
        self.constants.push((c, None, 8));
        self.constants.push((d, Some(Int::named("uint16")), start * 21));
        let big = 1 << self.rng.below(31);
        text.push_str(&format!("\n\nconst {e} = 1 << 100 >> 100 * {big}"));
        self.constants.push((e, None, big));
        let (f, g) = (self.global_name("c"), self.global_name("c"));
        let piece = self.text();
        let length = self.rng.pick(&[
            "len(\"\\u4e16\" + `ab`)",
            "1<<3 - len([3]int8{})",
            "'f' - 97.0",
            "15 / 2.0 * 0.8 - 1",
            "min(5, 7.5, '\\n')",
        ]);
        text.push_str(&format!("\n\nconst {f}, {g} = \"k\" + {piece}, {length}"));
        // `len` has a type.
        let ty = length.contains("len").then(|| Int::named("int"));
        self.constants.push((g, ty, 5));
        self.texts.push(f);
        self.top.push(text);
    }

    pub fn named_type(&mut self) {
        let index = self.types.len();
        let name = self.global_name("T");
        match self.rng.below(10) {
            0 | 1 => {
                let int = self.int();
                self.top.push(format!("type {name} {}", int.name));
                let values = if self.rng.chance(60) { self.enumeration(&name, int) } else { Vec::new() };
                self.types.push(Named { name, kind: Kind::Based(Ty::Int(int)), methods: Vec::new(), values });
            }
            2 => {
                let int = self.int();
                let length = 2 + self.rng.below(3);
                self.top.push(format!("type {name} [{length}]{}", int.name));
                let base = Ty::Array(length, Box::new(Ty::Int(int)));
                self.types.push(Named {
                    name,
                    kind: Kind::Based(base),
                    methods: Vec::new(),
                    values: Vec::new(),
                });
            }
            3 if self.on("aliases") => {
                let int = self.int();
                self.top.push(format!("type {name} = {}", int.name));
                self.types.push(Named {
                    name,
                    kind: Kind::Alias(Ty::Int(int)),
                    methods: Vec::new(),
                    values: Vec::new(),
                });
                return;
            }
            _ => self.struct_type(name),
        }
        for _ in 0..1 + self.rng.below(2) {
            self.method(index);
        }
    }

    /// Constants of the integer type `name`, made with `iota`; their names.
    fn enumeration(&mut self, name: &str, int: Int) -> Vec<String> {
        if !self.on("enumerations") {
            return Vec::new();
        }
        let names: Vec<String> = (0..4).map(|_| self.global_name("e")).collect();
        let [a, b, c, d] = names.as_slice() else { return Vec::new() };
        let (start, least) = (self.rng.below(4), int.min());
        let lines = match self.rng.below(5) {
            0 => format!("{a} {name} = iota + {start}\n\t{b}\n\t{c}\n\t{d} = {b} << 2 | {c}"),
            1 => format!("{a}, {b} {name} = iota, 10 - iota\n\t_, _\n\t{c}, {d}"),
            2 => format!("{a} {name} = 1 << (iota * {start})\n\t{b}\n\t{c}\n\t{d} {name} = {least}"),
            3 => format!("{a} = {name}(iota*iota + {start})\n\t{b}\n\t_\n\t{c}\n\t{d} = ^{a} & 0x7f"),
            _ => format!(
                "_ {name} = iota\n\t{a} = 'a' - iota\n\t{b}\n\t{c} {name} = 4 * 7.5\n\t{d} {name} = max({start}, 2.0, '!')"
            ),
        };
        self.top.push(format!("const (\n\t{lines}\n)"));
        match lines.contains("= 'a'") {
            // These have no type.
            true => vec![c.clone(), d.clone()],
            false => names,
        }
    }

    pub fn struct_type(&mut self, name: String) {
        let mut fields: Vec<Field> = Vec::new();
        let mut bytes = 0;
        for number in 0..1 + self.rng.below(4) {
            let embeddable: Vec<usize> = (0..self.types.len())
                .filter(|index| matches!(self.types[*index].kind, Kind::Struct(_)))
                .filter(|index| !fields.iter().any(|field| field.ty == Ty::Named(*index)))
                .collect();
            let field = match self.rng.below(12) {
                // Only one, so that no promoted name is ambiguous.
                0..=2
                    if !embeddable.is_empty()
                        && !fields.iter().any(|field| field.embedded)
                        && self.on("embedding") =>
                {
                    let index = embeddable[self.rng.below(embeddable.len())];
                    let name = self.types[index].name.rsplit('.').next().unwrap_or_default().to_owned();
                    Field { name, ty: Ty::Named(index), embedded: true }
                }
                3 if self.on("blank fields") && !fields.iter().any(|field| field.name == "_") => {
                    Field { name: "_".into(), ty: Ty::Int(self.small_int()), embedded: false }
                }
                4 | 5 => {
                    let element = Ty::Int(self.small_int());
                    Field {
                        name: format!("F{number}x{}", self.counter),
                        ty: Ty::Array(1 + self.rng.below(4), Box::new(element)),
                        embedded: false,
                    }
                }
                6 => Field { name: format!("F{number}x{}", self.counter), ty: Ty::Bool, embedded: false },
                7 if !embeddable.is_empty() => {
                    let index = embeddable[self.rng.below(embeddable.len())];
                    let name = format!("F{number}x{}", self.counter);
                    Field { name, ty: Ty::Named(index), embedded: false }
                }
                8 if self.rng.chance(30) && self.on("texts in structs") => {
                    Field { name: format!("F{number}x{}", self.counter), ty: Ty::Str, embedded: false }
                }
                _ => Field {
                    name: format!("F{number}x{}", self.counter),
                    ty: Ty::Int(self.int()),
                    embedded: false,
                },
            };
            bytes += self.size(&field.ty);
            if bytes > 32 {
                break;
            }
            fields.push(field);
        }
        if fields.is_empty() || fields.iter().all(|field| field.name == "_") {
            fields.push(Field {
                name: format!("A{}", self.counter),
                ty: Ty::Int(self.int()),
                embedded: false,
            });
        }
        let mut text = format!("type {name} struct {{\n");
        for field in &fields {
            match field.embedded {
                true => text.push_str(&format!("\t{}", self.show(&field.ty))),
                false => text.push_str(&format!("\t{} {}", field.name, self.show(&field.ty))),
            }
            if self.rng.chance(15) && self.on("tags") {
                text.push_str(self.rng.pick(TAGS));
            }
            text.push('\n');
        }
        text.push('}');
        self.top.push(text);
        self.types.push(Named { name, kind: Kind::Struct(fields), methods: Vec::new(), values: Vec::new() });
    }

    /// A method, which reads or changes its receiver.
    pub fn method(&mut self, index: usize) {
        let on_pointer = self.rng.chance(50);
        let ty = Ty::Named(index);
        let receiver = if on_pointer { Ty::Pointer(Box::new(ty.clone())) } else { ty.clone() };
        let mut params = vec![Ty::Int(self.int())];
        if self.rng.chance(30) {
            let ty = self.ty();
            params.push(if self.size(&ty) > 16 { Ty::Bool } else { ty });
        }
        let results = match (on_pointer, self.rng.below(6)) {
            (true, 0..=3) => Vec::new(),
            (false, 0) => {
                let ty = self.ty();
                vec![if self.size(&ty) > 16 || self.has_text(&ty) { Ty::Bool } else { ty }]
            }
            (false, 1) => vec![Ty::Int(self.int()), Ty::Bool],
            _ => vec![Ty::Int(self.int())],
        };
        let name = format!("M{}", self.counter);
        self.counter += 1;
        let mut vars: Vec<Var> = params
            .iter()
            .zip(["a", "b"])
            .map(|(ty, name)| Var { name: name.into(), ty: ty.clone(), mutable: true })
            .collect();
        let written: Vec<String> =
            vars.iter().map(|var| format!("{} {}", var.name, self.show(&var.ty))).collect();
        let own = match self.rng.chance(8) && self.on("receivers without a name") {
            true => self.rng.pick(&["", "_ "]),
            false => {
                vars.insert(0, Var { name: "r".into(), ty: receiver.clone(), mutable: !on_pointer });
                "r "
            }
        };
        let shown: Vec<String> = results.iter().map(|ty| self.show(ty)).collect();
        let shown = match shown.as_slice() {
            [] => String::new(),
            [one] => format!("{one} "),
            _ => format!("({}) ", shown.join(", ")),
        };
        let head = format!("func ({own}{}) {name}({}) {shown}{{", self.show(&receiver), written.join(", "));
        let budget = 1 + self.rng.below(2) as i32;
        let text = self.function_text(&head, &vars, &results, budget, true);
        self.top.push(text);
        self.types[index].methods.push(Func { name, params, results, pure: !on_pointer, on_pointer });
    }

    /// Writes a function of its own with these variables in scope.
    pub fn function_text(
        &mut self,
        head: &str,
        vars: &[Var],
        results: &[Ty],
        budget: i32,
        pure: bool,
    ) -> String {
        let lines = std::mem::take(&mut self.lines);
        let scopes = std::mem::take(&mut self.scopes);
        let closures = std::mem::take(&mut self.closures);
        self.targets.clear();
        self.frame = 0;
        self.labels = 0;
        self.budget = budget;
        self.pure = pure;
        self.sink = Sink::Accumulator;
        self.results = results.to_vec();
        self.open(head);
        self.line("acc := uint64(1)");
        self.scopes.push(Vec::new());
        self.closures.push(Vec::new());
        for var in vars {
            self.declare(&var.name, &var.ty, var.mutable);
        }
        self.statements(budget + 2);
        self.sink_scope();
        self.scopes.pop();
        self.closures.pop();
        let values: Vec<String> = results.iter().map(|ty| self.result(ty)).collect();
        match values.is_empty() {
            true => self.line("_ = acc"),
            false => self.line(format!("return {}", values.join(", "))),
        }
        self.close_plain("}");
        let text = std::mem::replace(&mut self.lines, lines).join("\n");
        self.scopes = scopes;
        self.closures = closures;
        self.results = Vec::new();
        text
    }

    /// A result that depends on all that was computed.
    pub fn result(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Int(int) => format!("{}(acc)", int.name),
            Ty::Bool => "acc&1 == 0".to_owned(),
            other => self.returned(other),
        }
    }

    /// A value that may be returned: of slices, a part of one that the function was given.
    pub fn returned(&mut self, ty: &Ty) -> String {
        if !matches!(ty, Ty::Slice(_)) {
            return self.expr(ty, 1).text;
        }
        let given = |it: &Gen, var: &Var| {
            let digits = var.name.strip_prefix('a').unwrap_or_default();
            it.same(&var.ty, ty) && !digits.is_empty() && digits.len() < 2
        };
        match self.var(given) {
            Some(var) => self.sliced(&var.name, None),
            None => "nil".to_owned(),
        }
    }

    pub fn global(&mut self) {
        let name = self.global_name("g");
        let ty = match self.rng.below(8) {
            0 => Ty::Array(1 + self.rng.below(4), Box::new(Ty::Int(self.int()))),
            1 if !self.types.is_empty() => self.global_type(),
            2 => Ty::Bool,
            _ => Ty::Int(self.int()),
        };
        let shown = self.show(&ty);
        if self.rng.chance(40) && self.on("variables of the package with any values") {
            let value = self.constant_value(&ty);
            self.top.push(format!("var {name} = {value}"));
            self.globals.push(Var { name, ty, mutable: true });
            return;
        }
        let text = match (&ty, self.rng.below(3)) {
            (Ty::Int(int), 0 | 1) => {
                let literal = self.literal(*int);
                format!("var {name} {shown} = {literal}")
            }
            (Ty::Array(length, element), 0 | 1) => match **element {
                Ty::Int(int) => {
                    let values: Vec<String> = (0..*length).map(|_| self.literal(int)).collect();
                    format!("var {name} = {shown}{{{}}}", values.join(", "))
                }
                _ => format!("var {name} {shown}"),
            },
            _ => format!("var {name} {shown}"),
        };
        self.top.push(text);
        self.globals.push(Var { name, ty, mutable: true });
    }

    /// A named type of which a global can be: it holds no addresses.
    fn global_type(&mut self) -> Ty {
        let ty = Ty::Named(self.rng.below(self.types.len()));
        if self.has_text(&ty) { Ty::Bool } else { ty }
    }

    pub fn function(&mut self) {
        let name = self.global_name("fn");
        let pure = self.rng.chance(60);
        let params: Vec<Ty> = (0..1 + self.rng.below(4))
            .map(|_| {
                if self.rng.chance(10) && self.on("slices as parameters") {
                    return Ty::Slice(Box::new(Ty::Int(Int::named("uint8"))));
                }
                let ty = self.ty();
                if !pure && self.rng.chance(25) && !matches!(ty, Ty::Str) && self.on("pointers as parameters")
                {
                    return Ty::Pointer(Box::new(ty));
                }
                if self.size(&ty) > 16 { Ty::Int(self.int()) } else { ty }
            })
            .collect();
        let count = self.rng.weighted(&[(if pure { 0 } else { 15 }, 0), (60, 1), (30, 2), (10, 3)]);
        let results: Vec<Ty> = (0..count)
            .map(|_| match self.rng.below(6) {
                0 => Ty::Bool,
                1 => {
                    let ty = self.ty();
                    let text = matches!(ty, Ty::Str) && !self.on("texts as results");
                    if text || self.size(&ty) > 16 { Ty::Int(self.int()) } else { ty }
                }
                2 => match params.iter().find(|ty| matches!(ty, Ty::Slice(_))) {
                    Some(slice) if self.on("slices as results") => slice.clone(),
                    _ => Ty::Int(self.int()),
                },
                _ => Ty::Int(self.int()),
            })
            .collect();
        let vars: Vec<Var> = params
            .iter()
            .enumerate()
            .map(|(index, ty)| {
                let mutable = !matches!(ty, Ty::Pointer(_));
                Var { name: format!("a{index}"), ty: ty.clone(), mutable }
            })
            .collect();
        let mut written: Vec<String> =
            vars.iter().map(|var| format!("{} {}", var.name, self.show(&var.ty))).collect();
        let blank = self.rng.chance(6) && self.on("blank parameters");
        let params = match blank {
            true => {
                written.push("_ uint16".to_owned());
                [params, vec![Ty::Int(Int::named("uint16"))]].concat()
            }
            false => params,
        };
        let shown: Vec<String> = results.iter().map(|ty| self.show(ty)).collect();
        let results_text = match shown.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            _ => format!("({})", shown.join(", ")),
        };
        let apart = match self.rng.below(100) {
            0..=24 if self.on("noinline") => Some("//bpf:noinline"),
            25..=34 if self.can_be_global(&params, &results) && self.on("global functions") => {
                Some("//bpf:global")
            }
            _ => None,
        };
        let written = grouped(&written);
        let head = format!("func {name}({}) {results_text} {{", written.join(", "));
        // A big one is compiled on its own where it is called from several places.
        let big = self.rng.chance(6) && self.on("big functions");
        let budget = if big { 14 } else { 2 } + self.rng.below(4) as i32;
        let text = self.function_text(&head, &vars, &results, budget, pure);
        let text =
            if self.rng.chance(20) && self.on("defer") { self.deferring(&text, &results) } else { text };
        if let Some(directive) = apart {
            self.apart.push((self.top.len(), name.clone(), directive));
        }
        self.top.push(text);
        self.funcs.push(Func { name, params, results, pure, on_pointer: false });
    }

    /// Whether the kernel can verify a function with these types by itself.
    fn can_be_global(&self, params: &[Ty], results: &[Ty]) -> bool {
        let plain = |ty: &Ty| match ty {
            Ty::Pointer(to) => !self.has_text(to),
            other => !self.has_text(other),
        };
        let one = matches!(results, [] | [Ty::Int(_) | Ty::Bool]);
        params.len() < 5 && params.iter().all(plain) && one
    }

    /// The function with named results, of which a deferred call changes the first.
    pub fn deferring(&mut self, text: &str, results: &[Ty]) -> String {
        let Some(Ty::Int(int)) = results.first() else { return text.to_owned() };
        let named: Vec<String> =
            results.iter().enumerate().map(|(index, ty)| format!("res{index} {}", self.show(ty))).collect();
        let Some((head, body)) = text.split_once('\n') else { return text.to_owned() };
        let Some(end) = matching_parenthesis(head) else { return text.to_owned() };
        let head = format!("{} ({}) {{", &head[..=end], named.join(", "));
        let number = self.rng.below(200);
        let change = match self.rng.below(3) {
            0 => format!("\tdefer func() {{ res0 ^= {} }}()", number.min(100)),
            1 => format!("\tdefer func(n {0}) {{ res0 += n }}({0}({1}))", int.name, number.min(100)),
            _ => "\tdefer func() {\n\t\tif res0 > 3 {\n\t\t\tres0 -= 3\n\t\t}\n\t}()\n\tdefer func() { res0++ }()".to_owned(),
        };
        format!("{head}\n{change}\n{body}")
    }

    pub fn entry(&mut self) -> String {
        self.lines.clear();
        self.scopes.clear();
        self.closures.clear();
        self.frame = 60;
        self.labels = 0;
        self.packet = true;
        self.pure = false;
        self.sink = Sink::Results;
        self.results = Vec::new();
        self.budget = 6 + self.rng.below(11) as i32;
        for line in self.entry.head() {
            self.lines.push(line);
        }
        self.indent = 1;
        self.scopes.push(Vec::new());
        self.closures.push(Vec::new());
        self.inputs();
        let most = self.budget;
        self.statements(most);
        for global in self.globals.clone() {
            self.sink(&global.name, &global.ty);
        }
        self.sink_maps();
        self.sink_scope();
        let value = self.var_expr(&Ty::Int(Int::named("uint32")), 2);
        self.line(format!("return {}({value})", self.entry.result()));
        self.close_plain("}");
        std::mem::take(&mut self.lines).join("\n")
    }

    /// Variables from the packet, one for each width at least.
    pub fn inputs(&mut self) {
        for (at, name) in [(8, "uint8"), (9, "int8"), (10, "uint16"), (12, "int16")] {
            let int = Int::named(name);
            let var = self.name("v");
            match int.bits {
                8 => self.line(format!("{var} := {name}(p[{at}])")),
                _ => self.line(format!("{var} := {name}(p[{at}]) | {name}(p[{}])<<8", at + 1)),
            }
            self.declare(&var, &Ty::Int(int), true);
        }
        for (at, name) in [(16, "uint32"), (20, "int32"), (24, "uint64"), (32, "int64"), (40, "int")] {
            let int = Int::named(name);
            let var = self.name("v");
            if self.rng.chance(50) && self.on("byte order") {
                let order = self.rng.pick(&["Big", "Little"]);
                self.line(format!("{var} := {name}(binary.{order}Endian.Uint{}(p[{at}:]))", int.bits));
            } else {
                let parts: Vec<String> = (0..int.bits / 8)
                    .map(|byte| match byte {
                        0 => format!("{name}(p[{at}])"),
                        _ => format!("{name}(p[{}])<<{}", at + byte, byte * 8),
                    })
                    .collect();
                self.line(format!("{var} := {}", parts.join(" | ")));
            }
            self.declare(&var, &Ty::Int(int), true);
        }
    }
}

/// Parameters, of which those that have the type of the next one leave it out.
fn grouped(written: &[String]) -> Vec<String> {
    let split = |text: &str| text.split_once(' ').map(|(name, ty)| (name.to_owned(), ty.to_owned()));
    let mut found = Vec::new();
    for (index, one) in written.iter().enumerate() {
        let next = written.get(index + 1).and_then(|next| split(next));
        match (split(one), next) {
            (Some((name, ty)), Some((_, next))) if ty == next && index % 2 == 0 => found.push(name),
            _ => found.push(one.clone()),
        }
    }
    found
}

/// Where the parenthesis ends that the parameters of `head` are in: the last one before the results.
fn matching_parenthesis(head: &str) -> Option<usize> {
    let start = head.find('(')?;
    let mut depth = 0;
    for (at, c) in head.char_indices().skip(start) {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
