//! What the verifier knows of a helper as one kind of program calls it (`struct bpf_func_proto`).

use super::arguments::{Argument, Flags, Returns};
use crate::version::KernelVersion;

/// A helper as programs of some kinds call it.
#[derive(Clone, Copy, Debug)]
pub struct Prototype {
    /// The helper's number.
    pub helper: u32,
    /// Arguments R1 to R5, as many as there are.
    pub arguments: &'static [Argument],
    /// The result in R0.
    pub returns: Returns,
    /// Only for programs under a GPL-compatible licence.
    pub gpl_only: bool,
    /// Its memory arguments may be packet data, for kinds of programs that may hand out their packets.
    pub takes_packet: bool,
    /// It may sleep: only sleepable programs may call it, and not where they may not sleep.
    pub may_sleep: bool,
    /// R1 to R5 may survive the call (`bpf_fastcall`, from 6.12 on).
    pub fastcall: bool,
    /// A condition that the program must meet beside its kind.
    pub allowed: Allowed,
    /// How it was before a version.
    older: Option<(KernelVersion, &'static Prototype)>,
}

/// A condition of some prototypes on programs (`bpf_func_proto.allowed`): else `helper call is not allowed in probe`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Allowed {
    /// None.
    Always,
    /// Iterators, raw tracepoints with BTF, and functions whose name does not start with `bpf_sk_storage`.
    SkStorage,
    /// LSM hooks that may sleep.
    SleepableLsm,
    /// Iterators, LSM hooks that may sleep, and the functions of `btf_allowlist_d_path`.
    DPath,
}

impl Prototype {
    /// How it is on `kernel`.
    pub fn on(&'static self, kernel: KernelVersion) -> &'static Prototype {
        match self.older {
            Some((until, older)) if kernel < until => older.on(kernel),
            _ => self,
        }
    }

    /// The argument (from 1 on) that the call releases.
    pub fn releases(&self) -> Option<u8> {
        let index = self.arguments.iter().position(|argument| argument.has(Flags::RELEASED))?;
        Some(index as u8 + 1)
    }

    pub(super) const fn gpl(mut self) -> Self {
        self.gpl_only = true;
        self
    }

    pub(super) const fn packet(mut self) -> Self {
        self.takes_packet = true;
        self
    }

    pub(super) const fn sleeps(mut self) -> Self {
        self.may_sleep = true;
        self
    }

    pub(super) const fn fastcall(mut self) -> Self {
        self.fastcall = true;
        self
    }

    pub(super) const fn only(mut self, allowed: Allowed) -> Self {
        self.allowed = allowed;
        self
    }

    pub(super) const fn before_6_12(mut self, older: &'static Prototype) -> Self {
        self.older = Some((KernelVersion::new(6, 12), older));
        self
    }

    pub(super) const fn before_6_18(mut self, older: &'static Prototype) -> Self {
        self.older = Some((KernelVersion::new(6, 18), older));
        self
    }
}

pub(super) const fn proto(helper: u32, returns: Returns, arguments: &'static [Argument]) -> Prototype {
    Prototype {
        helper,
        arguments,
        returns,
        gpl_only: false,
        takes_packet: false,
        may_sleep: false,
        fastcall: false,
        allowed: Allowed::Always,
        older: None,
    }
}
