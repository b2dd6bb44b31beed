//! What a register holds: `enum bpf_reg_type` with its flags.

/// The base of a [`Kind`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Base {
    NotInit,
    Scalar,
    Context,
    Map,
    MapValue,
    MapKey,
    Stack,
    PacketMeta,
    Packet,
    PacketEnd,
    FlowKeys,
    Socket,
    SockCommon,
    TcpSock,
    TpBuffer,
    XdpSock,
    BtfId,
    Mem,
    Arena,
    Buf,
    Func,
    Dynptr,
}

/// Flags of a [`Kind`].
pub(crate) mod flag {
    pub const OR_NULL: u16 = 1 << 0;
    pub const RDONLY: u16 = 1 << 1;
    /// A record of a ring buffer.
    pub const RINGBUF: u16 = 1 << 2;
    pub const USER: u16 = 1 << 3;
    pub const PERCPU: u16 = 1 << 4;
    pub const RCU: u16 = 1 << 5;
    pub const UNTRUSTED: u16 = 1 << 6;
    pub const TRUSTED: u16 = 1 << 7;
    /// Made by the program itself (`bpf_obj_new`).
    pub const ALLOC: u16 = 1 << 8;
    pub const NON_OWNING: u16 = 1 << 9;
    /// A slice of a packet that a dynptr gave.
    pub const SLICE_SKB: u16 = 1 << 10;
    pub const SLICE_XDP: u16 = 1 << 11;
}

/// What a register holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Kind {
    pub base: Base,
    pub flags: u16,
}

impl Kind {
    pub const NOT_INIT: Kind = Kind::of(Base::NotInit);
    pub const SCALAR: Kind = Kind::of(Base::Scalar);
    pub const CONTEXT: Kind = Kind::of(Base::Context);
    pub const MAP: Kind = Kind::of(Base::Map);
    pub const MAP_VALUE: Kind = Kind::of(Base::MapValue);
    pub const MAP_VALUE_OR_NULL: Kind = Kind::MAP_VALUE.with(flag::OR_NULL);
    pub const MAP_KEY: Kind = Kind::of(Base::MapKey);
    pub const STACK: Kind = Kind::of(Base::Stack);
    pub const PACKET: Kind = Kind::of(Base::Packet);
    pub const PACKET_META: Kind = Kind::of(Base::PacketMeta);
    pub const PACKET_END: Kind = Kind::of(Base::PacketEnd);
    pub const FLOW_KEYS: Kind = Kind::of(Base::FlowKeys);
    pub const SOCKET: Kind = Kind::of(Base::Socket);
    pub const SOCK_COMMON: Kind = Kind::of(Base::SockCommon);
    pub const TCP_SOCK: Kind = Kind::of(Base::TcpSock);
    pub const TP_BUFFER: Kind = Kind::of(Base::TpBuffer);
    pub const XDP_SOCK: Kind = Kind::of(Base::XdpSock);
    pub const BTF_ID: Kind = Kind::of(Base::BtfId);
    pub const MEM: Kind = Kind::of(Base::Mem);
    pub const ARENA: Kind = Kind::of(Base::Arena);
    pub const BUF: Kind = Kind::of(Base::Buf);
    pub const FUNC: Kind = Kind::of(Base::Func);
    pub const DYNPTR: Kind = Kind::of(Base::Dynptr);

    pub const fn of(base: Base) -> Kind {
        Kind { base, flags: 0 }
    }

    pub const fn with(self, flags: u16) -> Kind {
        Kind { base: self.base, flags: self.flags | flags }
    }

    pub const fn without(self, flags: u16) -> Kind {
        Kind { base: self.base, flags: self.flags & !flags }
    }

    pub const fn has(self, flags: u16) -> bool {
        self.flags & flags != 0
    }

    pub const fn may_be_null(self) -> bool {
        self.has(flag::OR_NULL)
    }

    /// The kernel's word for it (`reg_type_str` of 6.12 and later); names of BTF types follow apart.
    pub fn name(self) -> String {
        let prefixes: String = [
            (flag::RDONLY, "rdonly_"),
            (flag::RINGBUF, "ringbuf_"),
            (flag::USER, "user_"),
            (flag::PERCPU, "percpu_"),
            (flag::RCU, "rcu_"),
            (flag::UNTRUSTED, "untrusted_"),
            (flag::TRUSTED, "trusted_"),
        ]
        .into_iter()
        .filter(|(bit, _)| self.has(*bit))
        .map(|(_, word)| word)
        .collect();
        format!("{prefixes}{}{}", self.base.name(), self.postfix())
    }

    /// The same in 6.1, which shows the last prefix only.
    pub fn name_6_1(self) -> String {
        let prefix = [
            (flag::UNTRUSTED, "untrusted_"),
            (flag::PERCPU, "percpu_"),
            (flag::USER, "user_"),
            (flag::RINGBUF, "alloc_"),
            (flag::RDONLY, "rdonly_"),
        ]
        .into_iter()
        .find(|(bit, _)| self.has(*bit))
        .map_or("", |(_, word)| word);
        format!("{prefix}{}{}", self.base.name(), self.postfix())
    }

    fn postfix(self) -> &'static str {
        match (self.may_be_null(), self.base) {
            (false, _) => "",
            (true, Base::BtfId) => "or_null_",
            (true, _) => "_or_null",
        }
    }

    /// Whether the stack keeps it when it is stored (`is_spillable_regtype`).
    pub const fn is_spillable(self) -> bool {
        !matches!(self.base, Base::NotInit | Base::Scalar | Base::TpBuffer | Base::Dynptr)
    }

    /// Data or metadata of a packet, not its end.
    pub const fn is_packet(self) -> bool {
        matches!(self.base, Base::Packet | Base::PacketMeta)
    }

    /// Data, metadata or end of a packet.
    pub const fn is_packet_any(self) -> bool {
        matches!(self.base, Base::Packet | Base::PacketMeta | Base::PacketEnd)
    }

    /// A socket as the network helpers give it (`type_is_sk_pointer`).
    pub fn is_socket(self) -> bool {
        matches!(self, Kind::SOCKET | Kind::SOCK_COMMON | Kind::TCP_SOCK | Kind::XDP_SOCK)
    }
}

impl Base {
    pub const fn name(self) -> &'static str {
        match self {
            Base::NotInit => "?",
            Base::Scalar => "scalar",
            Base::Context => "ctx",
            Base::Map => "map_ptr",
            Base::MapValue => "map_value",
            Base::MapKey => "map_key",
            Base::Stack => "fp",
            Base::Packet => "pkt",
            Base::PacketMeta => "pkt_meta",
            Base::PacketEnd => "pkt_end",
            Base::FlowKeys => "flow_keys",
            Base::Socket => "sock",
            Base::SockCommon => "sock_common",
            Base::TcpSock => "tcp_sock",
            Base::TpBuffer => "tp_buffer",
            Base::XdpSock => "xdp_sock",
            Base::BtfId => "ptr_",
            Base::Mem => "mem",
            Base::Arena => "arena",
            Base::Buf => "buf",
            Base::Func => "func",
            Base::Dynptr => "dynptr_ptr",
        }
    }
}
