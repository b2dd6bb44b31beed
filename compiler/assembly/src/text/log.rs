//! Lines of a verifier's log: which hold an instruction, which are passed over, and what they say of maps.

/// What a line is.
#[derive(PartialEq, Eq, Debug)]
pub enum LineKind<'a> {
    /// An instruction.
    Instruction {
        /// Its slot.
        slot: u32,
        /// Its text, from the opcode on.
        text: &'a str,
        /// What the log says of the state after it.
        state: &'a str,
    },
    /// Nothing that this room reads: a header, a comment, a state.
    Passed,
    /// Neither.
    Other,
}

/// What a text or a log says of a map.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MapState {
    /// The map's name.
    pub name: Option<String>,
    /// Size of a key in bytes.
    pub key_size: Option<u32>,
    /// Size of a value in bytes.
    pub value_size: Option<u32>,
    /// Offset into the value of key 0; none for the map itself.
    pub offset: Option<u32>,
}

/// Starts of lines that a log has between instructions.
const NOISE: &[&str] = &[
    "#",
    ";",
    "func#",
    "from ",
    "frame",
    "caller:",
    "callee:",
    "caller",
    "callee",
    "returning from callee:",
    "to caller at ",
    "last_idx ",
    "first_idx ",
    "regs=",
    "parent ",
    "parent already",
    "mark_precise:",
    "propagating ",
    "Live regs before insn",
    "processed ",
    "verification time ",
    "stack depth ",
    "insns processed ",
    "libbpf: ",
    "-- BEGIN PROG LOAD LOG --",
    "-- END PROG LOAD LOG --",
    "Validating ",
    "Func#",
    "reg type unsupported for arg#",
    "arg#",
    "btf_vmlinux is malformed",
    "fp-",
];

/// Says what `line` is.
pub fn classify(line: &str) -> LineKind<'_> {
    let line = line.trim();
    if line.is_empty()
        || is_live_stack(line)
        || NOISE.iter().any(|start| line.starts_with(start))
        || is_register_state(line)
    {
        return LineKind::Passed;
    }
    let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
    let Some(rest) = line[digits..].strip_prefix(':').filter(|_| digits > 0) else {
        return LineKind::Other;
    };
    let Ok(slot) = line[..digits].parse::<u32>() else { return LineKind::Other };
    let rest = without_live_registers(rest.trim_start());
    if rest.is_empty() || rest == "safe" || rest.starts_with("frame") || is_register_state(rest) {
        return LineKind::Passed;
    }
    let (text, state) = rest.split_once(';').unwrap_or((rest, ""));
    LineKind::Instruction { slot, text: text.trim(), state }
}

/// `R1=ctx()`, `R0_w=inv(id=0)`, `R6_rw=...`: capital letter, number, marks, equals sign.
fn is_register_state(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('R') else { return false };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    after.len() < rest.len()
        && after
            .split_once('=')
            .is_some_and(|(marks, _)| marks.is_empty() || (marks.starts_with('_') && !marks.contains(' ')))
}

/// `(0) frame 0 insn 6 +live -16`, `(0) live stack update done in 2 iterations`.
fn is_live_stack(line: &str) -> bool {
    let rest = line.strip_prefix('(').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest.and_then(|rest| rest.strip_prefix(") "))
        .is_some_and(|rest| rest.starts_with("frame ") || rest.starts_with("live stack "))
}

/// Newer kernels list all instructions first with the live registers of each: `.1...6....`.
fn without_live_registers(rest: &str) -> &str {
    match rest.split_once(' ') {
        Some((word, after)) if word.len() == 10 && word.bytes().all(|b| b == b'.' || b.is_ascii_digit()) => {
            after.trim_start()
        }
        _ => rest,
    }
}

/// Whether `line`, which has no slot number, is most likely an instruction without one, and not the kernel's words.
pub fn looks_like_code(line: &str) -> bool {
    let line = line.trim();
    let opcode = line.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    let register = line
        .strip_prefix(['r', 'w'])
        .and_then(|rest| rest.split_once(' '))
        .is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    opcode.is_some_and(|(code, _)| code.len() == 2) || register || line == "exit" || line.starts_with("*(")
}

/// What `state` says of the map in register `register`, such as `R1_w=map_ptr(map=counts,ks=4,vs=8)`.
pub fn map_state(state: &str, register: u8) -> Option<MapState> {
    let name = format!("R{register}");
    for word in state.split_whitespace() {
        let Some((place, value)) = word.split_once('=') else { continue };
        if place.split('_').next() != Some(name.as_str()) {
            continue;
        }
        let (kind, arguments) = value.split_once('(')?;
        let mut found = MapState::default();
        match kind {
            "map_ptr" => {}
            "map_value" => found.offset = Some(0),
            _ => return None,
        }
        read_sizes(arguments.trim_end_matches(')'), &mut found);
        return Some(found);
    }
    None
}

/// Reads `map=counts,off=0,ks=4,vs=8`.
fn read_sizes(arguments: &str, found: &mut MapState) {
    for argument in arguments.split(',') {
        match argument.split_once('=') {
            Some(("map", name)) => found.name = Some(name.to_string()),
            Some(("ks", size)) => found.key_size = size.parse().ok(),
            Some(("vs", size)) => found.value_size = size.parse().ok(),
            // 6.1 splits the constant offset between `off` and `imm`.
            Some(("off" | "imm", offset)) if found.offset.is_some() => {
                found.offset = found.offset.map(|sum| sum.saturating_add(offset.parse().unwrap_or(0)));
            }
            _ => {}
        }
    }
}

/// Reads what stands between the brackets of `map[counts]` or `map[id:3,ks=4,vs=8]`.
pub fn bracketed_map(inside: &str) -> MapState {
    let (name, sizes) = inside.split_once(',').unwrap_or((inside, ""));
    let mut found = MapState { name: Some(name.to_string()), ..MapState::default() };
    read_sizes(sizes, &mut found);
    found
}
