//! Small programs, each with what the kernels say to it.

#![allow(clippy::panic, clippy::unwrap_used)]

mod accepted;
mod rejected;

use gobpf_bpf::insn::{AluOp, Size, SourceOperand, Width};
use gobpf_bpf::tables::{MapKind, ProgramKind};
use gobpf_bpf::{
    Code, Insn, KernelVersion, Map, MapContents, MapId, Object, Program, Reg, Relocation, RelocationTarget,
};

use crate::{Dialect, Rejection, Request, Statistics, Verdict, verify};

/// A program in the making.
pub(super) struct Builder {
    insns: Vec<Insn>,
    relocations: Vec<Relocation>,
    kind: ProgramKind,
    license: &'static str,
}

pub(super) const HASH: MapId = MapId(0);
pub(super) const ARRAY: MapId = MapId(1);
pub(super) const RODATA: MapId = MapId(2);
pub(super) const RING: MapId = MapId(3);

pub(super) const TRACE_PRINTK: u32 = 6;
pub(super) const MAP_LOOKUP: u32 = 1;
pub(super) const KTIME: u32 = 5;
pub(super) const RINGBUF_RESERVE: u32 = 131;
pub(super) const RANDOM: u32 = 7;

impl Builder {
    pub fn new(kind: ProgramKind) -> Builder {
        Builder { insns: Vec::new(), relocations: Vec::new(), kind, license: "GPL" }
    }

    pub fn tracepoint() -> Builder {
        Builder::new(ProgramKind::TRACEPOINT)
    }

    pub fn xdp() -> Builder {
        Builder::new(ProgramKind::XDP)
    }

    pub fn license(mut self, license: &'static str) -> Builder {
        self.license = license;
        self
    }

    pub fn insn(mut self, insn: Insn) -> Builder {
        self.insns.push(insn);
        self
    }

    pub fn mov(self, dst: Reg, value: i32) -> Builder {
        self.insn(Insn::mov(Width::W64, dst, SourceOperand::Imm(value)))
    }

    pub fn copy(self, dst: Reg, src: Reg) -> Builder {
        self.insn(Insn::mov(Width::W64, dst, SourceOperand::Reg(src)))
    }

    pub fn alu(self, op: AluOp, dst: Reg, value: i32) -> Builder {
        self.insn(Insn::alu(Width::W64, op, dst, SourceOperand::Imm(value)))
    }

    pub fn alu_reg(self, op: AluOp, dst: Reg, src: Reg) -> Builder {
        self.insn(Insn::alu(Width::W64, op, dst, SourceOperand::Reg(src)))
    }

    pub fn load(self, size: Size, dst: Reg, src: Reg, off: i16) -> Builder {
        self.insn(Insn::load(size, dst, src, off))
    }

    pub fn store(self, size: Size, dst: Reg, off: i16, value: i32) -> Builder {
        self.insn(Insn::store(size, dst, off, SourceOperand::Imm(value)))
    }

    pub fn relocated(mut self, dst: Reg, target: RelocationTarget) -> Builder {
        self.relocations.push(Relocation { slot: self.insns.len() as u32, target });
        self.insns.extend(Insn::load_imm64(dst, 0, 0));
        self
    }

    pub fn call(self, helper: u32) -> Builder {
        self.insn(Insn::call(helper))
    }

    pub fn exit(self) -> Builder {
        self.insn(Insn::exit())
    }

    /// Looks up the 4-byte key at R10-8 in `map`.
    pub fn lookup(self, map: MapId, key: i32) -> Builder {
        self.store(Size::W, Reg::FP, -8, key)
            .copy(Reg::R2, Reg::FP)
            .alu(AluOp::Add, Reg::R2, -8)
            .relocated(Reg::R1, RelocationTarget::Map(map))
            .call(MAP_LOOKUP)
    }

    fn object(self) -> Object {
        let map = |name: &str, kind, value_size, max_entries, flags, contents| Map {
            name: name.into(),
            kind,
            key_size: 4,
            value_size,
            max_entries,
            flags,
            key: None,
            value: None,
            contents,
            ..Map::default()
        };
        let data = vec![7, 0, 0, 0, 1, 2, 3, 0x84];
        let contents = Some(MapContents { data, frozen: true, ..MapContents::default() });
        let code = Code { insns: self.insns, relocations: self.relocations, ..Code::default() };
        Object {
            programs: vec![Program {
                name: "p".into(),
                section: String::new(),
                kind: self.kind,
                code,
                ..Program::default()
            }],
            maps: vec![
                map("hash", MapKind::HASH, 16, 8, 0, None),
                map("array", MapKind::ARRAY, 16, 4, 0, None),
                map(".rodata", MapKind::ARRAY, 8, 1, 0x80, contents),
                Map { key_size: 0, ..map("ring", MapKind::RINGBUF, 0, 4096, 0, None) },
            ],
            btf: Default::default(),
            license: self.license.into(),
            target: KernelVersion::DEFAULT,
            ..Object::default()
        }
    }

    pub fn verdict(self, dialect: Dialect) -> Verdict {
        let object = self.object();
        verify(Request {
            object: &object,
            program: 0,
            dialect,
            kernel: &|| None,
            symbols: &crate::Symbols::default,
            processors: None,
            cancelled: &|| false,
            states: None,
        })
    }

    pub fn rejection(self, dialect: Dialect) -> Rejection {
        match self.verdict(dialect) {
            Verdict::Rejected(rejection) => *rejection,
            other => panic!("{dialect:?}: {other:?}"),
        }
    }

    pub fn statistics(self, dialect: Dialect) -> Statistics {
        match self.verdict(dialect) {
            Verdict::Accepted(statistics) => statistics,
            other => panic!("{dialect:?}: {other:?}"),
        }
    }

    /// The states before each instruction, as printed.
    pub fn states(self, dialect: Dialect) -> Vec<String> {
        let object = self.object();
        let mut lines = Vec::new();
        let mut print = |insn: u32, state: &str| lines.push(format!("{insn}: {state}"));
        verify(Request {
            object: &object,
            program: 0,
            dialect,
            kernel: &|| None,
            symbols: &crate::Symbols::default,
            processors: None,
            cancelled: &|| false,
            states: Some(&mut print),
        });
        lines
    }
}

/// Expects the same message from every kernel.
#[track_caller]
pub(super) fn says(build: impl Fn() -> Builder, insn: u32, message: &str) {
    for dialect in [Dialect::V6_1, Dialect::V6_12, Dialect::V6_18] {
        let rejection = build().rejection(dialect);
        assert_eq!((rejection.insn, rejection.message.as_str()), (insn, message), "{dialect:?}");
        assert!(
            !rejection.path.is_empty() || insn == 0 || rejection.category == crate::Category::ControlFlow
        );
    }
}
