//! From cilium/ebpf's instructions to the kernel's, as the package's marshaller does it.

use gobpf_bpf::insn::{class, mode};
use gobpf_bpf::{Code, Insn, MapId, Relocation, RelocationTarget};
use gobpf_diagnostics::{Diagnostic, Severity, codes};
use gobpf_source::{Origin, Place, Span, Why};
use rustc_hash::FxHashMap;

use super::api::{ATOMIC_MASK, DWORD_LOAD, INVALID, Instruction, MapUse};
use crate::wording;

/// Instructions as the kernel gets them, and the maps that they load.
pub struct Encoded {
    pub code: Code,
    pub maps: Vec<MapUse>,
}

/// Encodes `program`; `span` says where a place is.
///
/// # Errors
/// What cilium/ebpf or the encoding can't express: GB0702, GB0703, GB0704. Values that are cut or lost on the way are
/// warnings, which come along with the result.
pub fn encode(
    program: &[(Place, Instruction)],
    span: &dyn Fn(Place) -> Span,
) -> (Option<Encoded>, Vec<Diagnostic>) {
    let mut encoder = Encoder { span, diagnostics: Vec::new(), failed: false, maps: Vec::new() };
    let symbols = encoder.symbols(program);
    let mut code = Code::default();
    for (place, instruction) in program {
        let slot = code.insns.len() as u32;
        let mut instruction = instruction.clone();
        encoder.resolve(*place, &mut instruction, slot, &symbols);
        if let Some(target) = encoder.map_target(&instruction) {
            code.relocations.push(Relocation { slot, target });
        }
        if let Some(insns) = encoder.marshal(*place, &instruction) {
            code.insns.extend(insns);
        }
        code.origins.resize(code.insns.len(), Origin { place: *place, why: Why::Source });
    }
    let encoded = (!encoder.failed).then_some(Encoded { code, maps: encoder.maps });
    (encoded, encoder.diagnostics)
}

/// Slots that `instruction` takes.
fn width(instruction: &Instruction) -> u32 {
    if instruction.opcode == DWORD_LOAD { 2 } else { 1 }
}

fn class_of(instruction: &Instruction) -> u8 {
    (instruction.opcode & 7) as u8
}

struct Encoder<'s> {
    span: &'s dyn Fn(Place) -> Span,
    diagnostics: Vec<Diagnostic>,
    failed: bool,
    maps: Vec<MapUse>,
}

impl Encoder<'_> {
    fn fail(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.diagnostics.push(diagnostic);
    }

    /// The slot of each symbol. A symbol may stand only once.
    fn symbols<'p>(&mut self, program: &'p [(Place, Instruction)]) -> FxHashMap<&'p str, (u32, Place)> {
        let mut symbols: FxHashMap<&str, (u32, Place)> = FxHashMap::default();
        let mut slot = 0;
        for (place, instruction) in program {
            if !instruction.symbol.is_empty() {
                let earlier = symbols.insert(&instruction.symbol, (slot, *place));
                if let Some((_, first)) = earlier {
                    let message = wording::symbol_twice(&instruction.symbol);
                    let error = Diagnostic::error(codes::GB0703, (self.span)(*place), message);
                    self.fail(error.label((self.span)(first), wording::SYMBOL_FIRST));
                }
            }
            slot += width(instruction);
        }
        symbols
    }

    /// Puts the distance to the symbol that a jump or call refers to in its place. Other references name maps.
    fn resolve(
        &mut self,
        place: Place,
        instruction: &mut Instruction,
        slot: u32,
        symbols: &FxHashMap<&str, (u32, Place)>,
    ) {
        if instruction.reference.is_empty() || instruction.opcode == INVALID {
            return;
        }
        let in_constant = match (instruction.opcode, instruction.src) {
            (0x85, 1) | (DWORD_LOAD, 4) | (0x06, _) => instruction.constant == -1,
            _ => false,
        };
        let in_offset =
            matches!(class_of(instruction), class::JMP | class::JMP32) && instruction.offset == -1;
        if !in_constant && !in_offset {
            return;
        }
        let Some((target, _)) = symbols.get(instruction.reference.as_str()) else {
            if instruction.opcode != 0x06 && in_constant {
                // A collection links its programs, so the function may be one of them.
                let message = wording::not_evaluated(&wording::linked_function(&instruction.reference));
                self.fail(Diagnostic::new(Severity::Information, codes::GB0701, (self.span)(place), message));
                return;
            }
            let message = wording::unknown_symbol(&instruction.reference);
            self.fail(
                Diagnostic::error(codes::GB0703, (self.span)(place), message)
                    .help(wording::defined_symbols(symbols.keys().copied())),
            );
            return;
        };
        let distance = i64::from(*target) - i64::from(slot) - 1;
        if in_constant {
            instruction.constant = distance;
        } else {
            match i16::try_from(distance) {
                Ok(offset) => instruction.offset = offset,
                Err(_) => {
                    let message = wording::jump_too_far(&instruction.reference, distance);
                    self.fail(
                        Diagnostic::error(codes::GB0704, (self.span)(place), message)
                            .help(wording::LONG_JUMP),
                    );
                }
            }
        }
    }

    /// The map that a load gives, with the number that it has in this program.
    fn map_target(&mut self, instruction: &Instruction) -> Option<RelocationTarget> {
        let map = instruction.map.as_ref().filter(|_| instruction.opcode == DWORD_LOAD)?;
        let index = match self.maps.iter().position(|known| known.name == map.name) {
            Some(index) => index,
            None => {
                self.maps.push(map.clone());
                self.maps.len() - 1
            }
        };
        let map = MapId(index as u32);
        Some(match instruction.src {
            1 => RelocationTarget::Map(map),
            _ => RelocationTarget::MapValue { map, offset: (instruction.constant >> 32) as u32 },
        })
    }

    fn marshal(&mut self, place: Place, instruction: &Instruction) -> Option<Vec<Insn>> {
        let mut opcode = instruction.opcode;
        let imm = instruction.constant;
        let mut off = instruction.offset;
        if opcode != INVALID {
            match (opcode & 7) as u8 {
                class::ALU | class::ALU64 => {
                    // Bits 8 and up tell signed division and the width that a move extends.
                    let extended = match (opcode & 0xf0, opcode & 0x3f00) {
                        (_, 0) => Some(0),
                        (0x30 | 0x90, 0x100) => Some(1),
                        (0xb0, 0x100) => Some(8),
                        (0xb0, 0x200) => Some(16),
                        (0xb0, 0x300) => Some(32),
                        _ => None,
                    };
                    match extended {
                        Some(extended) if extended == 0 || off == 0 => {
                            off = extended;
                            opcode &= !0x3f00;
                        }
                        _ => opcode = INVALID,
                    }
                }
                class::STX if opcode & 0xe0 == u32::from(mode::ATOMIC) => {
                    // v0.22.0 takes the immediate before it moves the operation there, so the kernel gets `Constant`.
                    let meant = i64::from((opcode & ATOMIC_MASK) >> 8);
                    opcode &= !ATOMIC_MASK;
                    if meant != imm {
                        let message = wording::atomic_is_lost(instruction.maker, imm as i32);
                        self.diagnostics.push(
                            Diagnostic::warning(codes::GB0706, (self.span)(place), message)
                                .help(wording::set_constant(meant)),
                        );
                    }
                }
                _ => {}
            }
        }
        let Ok(code) = u8::try_from(opcode) else {
            let message = wording::invalid_opcode(instruction.maker);
            self.fail(Diagnostic::error(codes::GB0702, (self.span)(place), message));
            return None;
        };
        let (dst, src) = (instruction.dst & 0x0f, instruction.src);
        if instruction.opcode == DWORD_LOAD {
            let imm = if instruction.map.is_some() { 0 } else { imm };
            let low = Insn { code, dst, src, off, imm: imm as i32 };
            return Some(vec![low, Insn { imm: (imm >> 32) as i32, ..Insn::default() }]);
        }
        if i32::try_from(imm).is_err() && u32::try_from(imm).is_err() {
            let message = wording::value_is_cut(imm, imm as i32);
            self.diagnostics.push(Diagnostic::warning(codes::GB0705, (self.span)(place), message));
        }
        Some(vec![Insn { code, dst, src, off, imm: imm as i32 }])
    }
}
