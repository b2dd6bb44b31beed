//! The wording of all messages of the room.

use gobpf_bpf::tables::Helper;

use crate::literals::{Maker, Typed};
use crate::text::MapState;

/// Why something can't be read, as the end of a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong(pub String);

fn wrong(text: impl Into<String>) -> Wrong {
    Wrong(text.into())
}

/// The start of `text`, for a message.
fn short(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

// Text programs: instructions.

pub const NO_INSTRUCTIONS: &str = "the text holds no instruction; one looks like `0: (b7) r0 = 0`";
pub const NO_KIND: &str = "the kind of program is missing; add a line such as `# kind: xdp`";
pub const SHOWN_FIRST: &str = "first shown here";

pub fn not_an_instruction(line: &str) -> String {
    format!(
        "`{}` is neither an instruction such as `0: (b7) r0 = 0`, nor a header, nor a comment",
        short(line)
    )
}

pub fn malformed(text: &str, why: &Wrong) -> String {
    format!("`{}` is not an instruction: {}", short(text), why.0)
}

pub fn slot_too_great(slot: u32, limit: u32) -> String {
    format!("slot {slot} is past the kernel's limit of {limit} instructions")
}

pub fn slot_twice(slot: u32, line: u32) -> String {
    format!("slot {slot} differs from what line {line} shows for it")
}

pub fn second_half(slot: u32) -> String {
    format!("slot {slot} is the second half of the load before it, so no instruction can stand there")
}

pub fn missing_slots(first: u32, last: u32) -> String {
    let slots =
        if first == last { format!("slot {first} is") } else { format!("slots {first} to {last} are") };
    format!("{slots} missing before this one; if a log never shows them, `# unseen: fill` fills them")
}

pub fn expected(what: &str, found: &str) -> Wrong {
    let found = short(found);
    wrong(match found.as_str() {
        "" => format!("expected {what} at the end"),
        _ => format!("expected {what} at `{found}`"),
    })
}

pub fn left_over(rest: &str) -> Wrong {
    wrong(format!("`{}` is left over at the end", short(rest)))
}

pub fn bad_opcode(digits: &str) -> Wrong {
    wrong(format!("`({})` is not an opcode; one is two hexadecimal digits such as `(bf)`", short(digits)))
}

pub fn opcode_differs(written: u8, meant: u8) -> Wrong {
    wrong(format!("the opcode says {written:02x}, but the text is that of {meant:02x}"))
}

pub fn out_of_range(value: i128, bits: &str) -> Wrong {
    wrong(format!("{value} doesn't fit into {bits}"))
}

pub fn mixed_widths(at: &str) -> Wrong {
    wrong(format!("at `{}` 32-bit and 64-bit operands are mixed", short(at)))
}

pub fn unknown_instruction(text: &str) -> Wrong {
    wrong(format!("nothing that the kernel prints starts with `{}`", short(text)))
}

pub fn unknown_function(name: &str) -> Wrong {
    wrong(format!(
        "no helper is called `{}`; a kernel function needs its BTF id, as in `name#123`",
        short(name)
    ))
}

pub fn helper_number(helper: &Helper, number: i32) -> Wrong {
    wrong(format!("bpf_{} is helper {}, not {number}", helper.name, helper.id))
}

// Text programs: headers.

pub fn header_without_colon(text: &str) -> Wrong {
    wrong(format!("`# {}` has no colon after its name; a comment starts with `;`", short(text)))
}

pub fn header_twice(key: &str) -> Wrong {
    wrong(format!("the header `{key}` stands here a second time"))
}

pub fn unknown_header(key: &str) -> Wrong {
    wrong(format!(
        "there is no header `{}`; known are kind, attach, hook, replaces, flags, license, name, section, target, type, btf, func SLOT, \
         extern NAME, map NAME, expect KERNEL and unseen (whose only value is fill)",
        short(key)
    ))
}

pub fn unknown_kind(name: &str) -> Wrong {
    wrong(format!(
        "no program kind is called `{}`; write the kernel's name, such as socket_filter",
        short(name)
    ))
}

pub fn unknown_attach(name: &str) -> Wrong {
    wrong(format!(
        "no attach type is called `{}`; write the kernel's name, such as cgroup_inet_egress, or its number",
        short(name)
    ))
}

pub fn unknown_flag(name: &str) -> Wrong {
    wrong(format!("no flag is called `{}`; write the kernel's name without BPF_F_, or a number", short(name)))
}

pub fn bad_type(text: &str, why: &str) -> Wrong {
    wrong(format!("the type `{}` can't be read: {why}", short(text)))
}

pub fn not_a_function(text: &str) -> Wrong {
    wrong(format!("`{}` declares no function; write one such as int f(struct xdp_md *ctx)", short(text)))
}

pub fn bad_btf(why: &str) -> Wrong {
    wrong(format!("the types can't be read: {why}"))
}

pub fn inner_first(name: &str) -> Wrong {
    wrong(format!("no map above is called `{}`; describe the inner map first", short(name)))
}

pub fn extern_form(text: &str) -> Wrong {
    wrong(format!("`{}` says nothing of an extern; write weak, or a type", short(text)))
}

pub fn bad_raw(text: &str) -> Wrong {
    wrong(format!(
        "`{}` is no raw instruction; write .raw and 16 hexadecimal digits, its bytes in order",
        short(text)
    ))
}

pub fn unknown_map_kind(name: &str) -> Wrong {
    wrong(format!("no map kind is called `{}`; write the kernel's name, such as lru_hash", short(name)))
}

pub fn unknown_map_word(word: &str) -> Wrong {
    wrong(format!(
        "a map has no `{}`; known are key=, value=, entries=, flags=, extra=, inner=, key_type=, value_type=, \
         data=\"...\" and frozen",
        short(word)
    ))
}

pub fn value_too_great(size: u32, limit: u32) -> Wrong {
    wrong(format!("a value of {size} bytes is more than the {limit} that are read from text"))
}

pub fn data_too_long(length: usize, size: u32) -> Wrong {
    wrong(format!("the data has {length} bytes, but the value only {size}"))
}

pub fn unknown_verdict(text: &str) -> Wrong {
    wrong(format!("`{}` is no verdict: {}", short(text), VERDICTS))
}

pub fn reject_form() -> Wrong {
    wrong(format!("this is no verdict: {VERDICTS}"))
}

const VERDICTS: &str = "write `accept`, `accept processed=12`, `reject 10 \"message\"` or `refuse EINVAL`";

pub fn bad_escape(text: &str) -> Wrong {
    wrong(format!("`\\{}` is no escape of a string; known are \\n \\t \\\\ \\\" and \\xNN", short(text)))
}

pub fn unfinished_string() -> Wrong {
    wrong("a string has no closing quote")
}

pub fn unknown_map(state: &MapState) -> String {
    match &state.name {
        Some(name) => {
            format!("no header describes the map `{name}`; add `# map {name}: hash key=4 value=8 entries=1`")
        }
        None => format!(
            "the log shows a map with keys of {} and values of {} bytes, and not exactly one header describes such a map",
            state.key_size.unwrap_or(0),
            state.value_size.unwrap_or(0)
        ),
    }
}

// Literals: why something has no static value, as the end of "not evaluated: ...".

pub const PART_OF_A_PROGRAM: &str =
    "it is only a part of a program: it has no exit, or other instructions are appended to it";

pub fn not_evaluated(why: &str) -> String {
    format!("not evaluated: {why}")
}

pub fn not_static() -> Wrong {
    wrong("it is known only when the program runs")
}

pub fn not_static_member(name: &str) -> Wrong {
    wrong(format!("`{name}` is no constant or constructor of cilium/ebpf v0.22 that is known here"))
}

pub fn nested_too_deeply() -> Wrong {
    wrong("the expression is nested too deeply, or its constants refer to each other in a circle")
}

pub fn not_constant(text: &str) -> Wrong {
    wrong(format!("`{}` is not an integer or a string", short(text)))
}

pub fn not_an_integer() -> Wrong {
    wrong("it is not an integer constant")
}

pub fn not_a_string() -> Wrong {
    wrong("it is not a string constant")
}

pub fn constant_too_great() -> Wrong {
    wrong("the constant is too great, or its divisor is 0")
}

pub fn overflows(value: i128, ty: &str) -> Wrong {
    wrong(format!("the constant {value} overflows {ty}"))
}

pub fn is_variable(name: &str) -> Wrong {
    wrong(format!("`{name}` is a variable"))
}

pub fn not_a_constant(name: &str) -> Wrong {
    wrong(format!("`{name}` is not a constant whose value is known"))
}

pub fn unknown_name(name: &str) -> Wrong {
    wrong(format!("`{name}` is declared in another file, or not at all"))
}

pub fn calls_unknown(name: &str) -> Wrong {
    match name {
        "" => wrong("a function value is called"),
        name => wrong(format!("`{name}` is a function that runs only in the program")),
    }
}

pub fn argument_count(wanted: usize, found: usize) -> Wrong {
    wrong(format!("{found} arguments are given, {wanted} are wanted"))
}

pub fn wrong_argument(wanted: Typed) -> Wrong {
    let what = match wanted {
        Typed::Register => "a register such as asm.R1",
        Typed::Size => "a size such as asm.DWord",
        Typed::Source => "asm.ImmSource or asm.RegSource",
        Typed::Endianness => "asm.LE or asm.BE",
        Typed::OpCode => "an opcode",
        Typed::Alu | Typed::Jump | Typed::Atomic | Typed::Function => "an operation",
    };
    wrong(format!("{what} is wanted"))
}

pub fn keyed_element() -> Wrong {
    wrong("an element with an index of its own leaves gaps")
}

pub fn not_an_instruction_value() -> Wrong {
    wrong("it is not an instruction")
}

// Literals: what cilium/ebpf or the encoding refuses.

pub const SYMBOL_FIRST: &str = "first defined here";
pub const LONG_JUMP: &str = "Jump to an `asm.LongJump` nearby (Linux 6.6), or shorten what lies between.";

pub fn symbol_twice(name: &str) -> String {
    format!("the symbol \"{name}\" is defined a second time; cilium/ebpf refuses to load the program")
}

pub fn unknown_symbol(name: &str) -> String {
    format!("no instruction has the symbol \"{name}\"; cilium/ebpf refuses to load the program")
}

pub fn linked_function(name: &str) -> String {
    format!("the function \"{name}\" isn't in this literal; only a collection that holds it can link it")
}

pub fn defined_symbols<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    names.sort();
    match names.len() {
        0 => "Mark the target with `.WithSymbol(...)`.".into(),
        _ => format!("The literal defines {}.", names.join(", ")),
    }
}

pub fn jump_too_far(name: &str, distance: i64) -> String {
    format!(
        "\"{name}\" is {distance} instructions away, but a jump reaches 32767; cilium/ebpf cuts the distance to {}",
        distance as i16
    )
}

pub fn invalid_opcode(maker: Maker) -> String {
    match (maker.name, maker.invalid) {
        ("", _) => "the instruction has an invalid opcode; cilium/ebpf refuses to load the program".into(),
        (name, "") => {
            format!("`{name}` gives an invalid opcode here; cilium/ebpf refuses to load the program")
        }
        (name, why) => format!("`{name}` gives an invalid opcode: {why}"),
    }
}

pub fn value_is_cut(value: i64, left: i32) -> String {
    format!("the instruction holds 32 bits: {value} is cut to {left} without a word")
}

pub fn atomic_is_lost(maker: Maker, imm: i32) -> String {
    let what = gobpf_bpf::disasm::atomic_word(imm).unwrap_or("another operation");
    match maker.name {
        "" => {
            format!("cilium/ebpf v0.22.0 loses the atomic operation of the opcode: the kernel gets `{what}`")
        }
        name => {
            format!("cilium/ebpf v0.22.0 loses the operation of `{name}`: the kernel gets an atomic `{what}`")
        }
    }
}

pub fn set_constant(imm: i64) -> String {
    format!(
        "Write the instruction as `asm.Instruction{{OpCode: ..., Constant: {imm:#x}, ...}}`: `Constant` is what is encoded."
    )
}
