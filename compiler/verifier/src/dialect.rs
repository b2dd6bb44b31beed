//! What differs between the verifiers that are followed, as data.

use gobpf_bpf::KernelVersion;

/// The verifier of one kernel build, whose rules and words are followed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dialect {
    /// Debian's 6.1.
    V6_1,
    /// Debian's 6.12.
    V6_12,
    /// 6.18.
    V6_18,
}

/// How the bounds of numbers are derived from each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deduction {
    /// Signed and unsigned bounds inform each other within 32 and within 64 bits; a comparison refines one side.
    Simple,
    /// Also across widths, to a third round; a comparison refines both sides. Where `pins`, a range that meets the
    /// known bits in one value is that value (6.18).
    Mixed { pins: bool },
}

/// How the verifier knows that a register or stack slot is still needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Liveness {
    /// Reads mark the states that led to them.
    Marks,
    /// From the control-flow graph: registers before exploration, stack slots from what was explored.
    Graph,
}

/// How a number that decides something is traced back to what it was made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backtracking {
    /// Follows stack slots only through the frame pointer itself; no links between registers.
    FramePointer,
    /// Follows recorded stack accesses and links between registers.
    Recorded,
}

/// How the verifier knows that a state is part of a loop that is still being followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LoopRule {
    /// Callbacks are followed once, and nothing else loops without counting.
    None,
    /// A state remembers the topmost one that a path from it came back to.
    Entries,
    /// From the components of the control-flow graph.
    Components,
}

/// The rules of one dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub dialect: Dialect,
    pub deduction: Deduction,
    pub liveness: Liveness,
    pub backtracking: Backtracking,
    /// `BPF_MOVSX`, `SDIV`, `SMOD`, `MEMSX`, `bswap` and `BPF_ST` to a context (6.6).
    pub v4: bool,
    /// Additions and subtractions that wrap on both ends keep their bounds; products keep signed bounds (6.14, 6.17).
    pub wrapping_bounds: bool,
    /// `-x` and byte swaps keep what is known (6.18).
    pub tracks_unary: bool,
    /// Products join both outcomes of each unknown bit (6.18).
    pub joined_mul: bool,
    /// `& K` and `| K` on a number that is 0 or -1 explore both apart.
    pub forks_masks: bool,
    /// A register moved with a constant added stays linked to its source.
    pub links_with_offset: bool,
    /// Also with a negative constant added, or one subtracted (6.18).
    pub links_all_offsets: bool,
    /// Aligned numbers of any value and size stay known on the stack; partial reads of them too.
    pub precise_spills: bool,
    /// Helpers that only read leave the stack as it was; their texts say "read" and "write" (6.14).
    pub helper_access_kinds: bool,
    /// A lookup in an array by a constant key in range can't fail (6.14).
    pub infallible_array_lookup: bool,
    /// A length that may be zero is an error of its own (6.8).
    pub zero_size_is_own_error: bool,
    /// A long stretch without a checkpoint makes one: jumps recorded at most.
    pub history_limit: Option<u32>,
    pub loops: LoopRule,
    /// References are the state's; before, they were compared in each function that holds them (6.14).
    pub references_by_state: bool,
    /// What a callback acquires it gives back itself (until 6.12).
    pub references_of_callbacks: bool,
    /// A number whose id no other shares loses it when a state is recorded.
    pub forgets_single_ids: bool,
    /// Functions that may be called from anywhere are verified before the program, and whether it calls them or not.
    pub globals_first: bool,
    /// A jump back by falling through, or a call of a caller, is an error of the control-flow graph.
    pub refuses_back_edges: bool,
    /// Pointers to kernel objects are trusted, or protected by RCU, or not (6.2).
    pub knows_trust: bool,
    /// The program at the end of a tail call may have moved the packet.
    pub tail_calls_move_packets: bool,
    /// A tail call in a function returns to the function's caller, or fails.
    pub tail_calls_return: bool,
    /// `may_goto +0` does nothing, and is removed (6.14).
    pub empty_may_goto: bool,
    /// A global function is told apart by whether it may sleep (6.15).
    pub summarizes_sleep: bool,
    /// RCU sections may be nested (6.18).
    pub nests_rcu: bool,
    /// What a timer calls may not sleep, even in a program that may (6.18).
    pub callbacks_stay_awake: bool,
    /// Kernel functions that want an RCU section ask for it when they are called (6.18).
    pub enforces_rcu: bool,
    /// Kernel objects are only for programs under a GPL-compatible licence (6.2).
    pub objects_need_gpl: bool,
    /// A pointer to anything that is read from a kernel object may be read through (6.17).
    pub follows_any_pointer: bool,
    /// Loads from arenas may extend the sign (6.18).
    pub signed_arena_loads: bool,
    /// Atomic loads and stores that keep others in order (6.15).
    pub orders_accesses: bool,
    /// What an atomic operation fetches is traced back to the memory (in kernels since the end of 2025).
    pub traces_fetches: bool,
    /// What a callback's end needs of R1 to R5 of its caller isn't traced back into the callback: the helper that calls it sets
    /// them (6.18).
    pub callbacks_set_arguments: bool,
    /// A hook's pointer to nothing in particular is a number also where that is qualified (6.18).
    pub strips_void: bool,
    /// Arguments of hooks that are pointers are read whole (6.12).
    pub whole_arguments: bool,
    /// Stack frames are rounded up to so many bytes.
    pub frame_unit: u32,
    /// Big frames of some kinds of programs don't count: they are kept elsewhere (6.13).
    pub private_stacks: bool,
    /// Highest helper number known, plus one.
    pub helper_limit: u32,
}

const V6_1: Rules = Rules {
    dialect: Dialect::V6_1,
    deduction: Deduction::Simple,
    liveness: Liveness::Marks,
    backtracking: Backtracking::FramePointer,
    v4: false,
    wrapping_bounds: false,
    tracks_unary: false,
    joined_mul: false,
    forks_masks: false,
    links_with_offset: false,
    links_all_offsets: false,
    precise_spills: false,
    helper_access_kinds: false,
    infallible_array_lookup: false,
    zero_size_is_own_error: false,
    history_limit: None,
    loops: LoopRule::None,
    references_by_state: false,
    references_of_callbacks: true,
    forgets_single_ids: false,
    globals_first: true,
    refuses_back_edges: true,
    knows_trust: false,
    tail_calls_move_packets: false,
    tail_calls_return: false,
    empty_may_goto: false,
    summarizes_sleep: false,
    nests_rcu: false,
    callbacks_stay_awake: false,
    enforces_rcu: false,
    objects_need_gpl: false,
    follows_any_pointer: false,
    signed_arena_loads: false,
    strips_void: false,
    traces_fetches: true,
    callbacks_set_arguments: false,
    orders_accesses: false,
    whole_arguments: false,
    frame_unit: 32,
    private_stacks: false,
    helper_limit: 210,
};

const V6_12: Rules = Rules {
    dialect: Dialect::V6_12,
    deduction: Deduction::Mixed { pins: false },
    backtracking: Backtracking::Recorded,
    v4: true,
    forks_masks: true,
    links_with_offset: true,
    precise_spills: true,
    zero_size_is_own_error: true,
    history_limit: Some(40),
    loops: LoopRule::Entries,
    globals_first: false,
    refuses_back_edges: false,
    knows_trust: true,
    tail_calls_move_packets: true,
    objects_need_gpl: true,
    whole_arguments: true,
    frame_unit: 16,
    helper_limit: 212,
    ..V6_1
};

const V6_18: Rules = Rules {
    dialect: Dialect::V6_18,
    deduction: Deduction::Mixed { pins: true },
    liveness: Liveness::Graph,
    loops: LoopRule::Components,
    signed_arena_loads: true,
    strips_void: true,
    traces_fetches: false,
    callbacks_set_arguments: true,
    orders_accesses: true,
    references_by_state: true,
    references_of_callbacks: false,
    private_stacks: true,
    empty_may_goto: true,
    callbacks_stay_awake: true,
    enforces_rcu: true,
    summarizes_sleep: true,
    follows_any_pointer: true,
    tail_calls_return: true,
    wrapping_bounds: true,
    tracks_unary: true,
    joined_mul: true,
    links_all_offsets: true,
    helper_access_kinds: true,
    infallible_array_lookup: true,
    ..V6_12
};

impl Rules {
    /// The version that tables of kernels are asked for.
    pub(crate) const fn kernel(&self) -> KernelVersion {
        match self.dialect {
            Dialect::V6_1 => KernelVersion::new(6, 1),
            Dialect::V6_12 => KernelVersion::new(6, 12),
            Dialect::V6_18 => KernelVersion::new(6, 18),
        }
    }
}

impl Dialect {
    pub(crate) const fn rules(self) -> &'static Rules {
        match self {
            Dialect::V6_1 => &V6_1,
            Dialect::V6_12 => &V6_12,
            Dialect::V6_18 => &V6_18,
        }
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Dialect::V6_1 => "6.1",
            Dialect::V6_12 => "6.12",
            Dialect::V6_18 => "6.18",
        })
    }
}
