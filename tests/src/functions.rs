//! The types of a program's functions, as loaders send them along: kernels want them for callbacks.

use gobpf_bpf::insn::{CALL, Insn, pseudo};

/// BTF that describes functions, and which of them begins where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionInfo {
    /// BTF.
    pub btf: Vec<u8>,
    /// First slot and type of each, ascending.
    pub records: Vec<(u32, u32)>,
}

/// `BTF_KIND_INT`, `BTF_KIND_FUNC_PROTO`, `BTF_KIND_FUNC` in the place of a type's information.
const INT: u32 = 1 << 24;
const FUNC_PROTO: u32 = 13 << 24;
const FUNC: u32 = 12 << 24;

impl FunctionInfo {
    /// Static functions that return `int`, for a program that has more than one; `insns` are its slots.
    pub fn of(insns: &[Insn]) -> Option<FunctionInfo> {
        let starts = starts(insns);
        if starts.len() < 2 {
            return None;
        }
        let mut types = Types::default();
        let int = types.add("int", INT, 4, &[1 << 24 | 32]); // signed, 32 bits
        let proto = types.add("", FUNC_PROTO, int, &[]);
        let records =
            starts.into_iter().map(|slot| (slot, types.add(&format!("f{slot}"), FUNC, proto, &[]))).collect();
        Some(FunctionInfo { btf: types.finish(), records })
    }
}

/// First slots of all functions, as the kernel finds them: the targets of calls and of addresses, and of what looks like
/// such in the second slot of a load.
pub fn starts(insns: &[Insn]) -> Vec<u32> {
    let mut starts = vec![0];
    for (at, insn) in insns.iter().enumerate() {
        let is_call = insn.code == CALL && insn.src == pseudo::CALL;
        if is_call || insn.is_load_imm64() && insn.src == pseudo::FUNC {
            let start = at as i64 + 1 + i64::from(insn.imm);
            if (0..insns.len() as i64).contains(&start) {
                starts.push(start as u32);
            }
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}

#[derive(Default)]
struct Types {
    count: u32,
    types: Vec<u8>,
    strings: Vec<u8>,
}

impl Types {
    fn add(&mut self, name: &str, info: u32, size_or_type: u32, more: &[u32]) -> u32 {
        if self.strings.is_empty() {
            self.strings.push(0);
        }
        let offset = if name.is_empty() { 0 } else { self.strings.len() as u32 };
        if !name.is_empty() {
            self.strings.extend(name.bytes());
            self.strings.push(0);
        }
        for word in [offset, info, size_or_type].iter().chain(more) {
            self.types.extend(word.to_le_bytes());
        }
        self.count += 1;
        self.count
    }

    fn finish(self) -> Vec<u8> {
        let header: [u32; 6] = [
            0x0001_eb9f, // magic, version 1, no flags
            24,
            0,
            self.types.len() as u32,
            self.types.len() as u32,
            self.strings.len() as u32,
        ];
        let header = header.iter().flat_map(|word| word.to_le_bytes());
        header.chain(self.types).chain(self.strings).collect()
    }
}
