//! What helpers hold and give back: what the abort of a program has to release, and the helpers behind Go maps.

/// `map_lookup_elem`.
pub const MAP_LOOKUP_ELEM: u32 = 1;
/// `map_update_elem`.
pub const MAP_UPDATE_ELEM: u32 = 2;
/// `map_delete_elem`.
pub const MAP_DELETE_ELEM: u32 = 3;

/// What a program holds once a helper was called, until another one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resource {
    /// The helper that acquires it.
    pub acquire: u32,
    /// What is held.
    pub held: Held,
    /// Helpers that release it; it is their first argument.
    pub release: &'static [u32],
    /// The one of these that undoes the work, with zeros for further arguments.
    pub undo: u32,
    /// The number of arguments of `undo`.
    pub arguments: usize,
}

/// Where a held pointer comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// The result of the helper; nothing is held where it is nil.
    Result,
    /// The helper's first argument.
    Argument,
}

/// All resources that a pointer stands for.
pub const RESOURCES: &[Resource] = &[
    // ringbuf_reserve; ringbuf_submit, ringbuf_discard
    Resource { acquire: 131, held: Held::Result, release: &[132, 133], undo: 133, arguments: 2 },
    // spin_lock; spin_unlock
    Resource { acquire: 93, held: Held::Argument, release: &[94], undo: 94, arguments: 1 },
    // sk_lookup_tcp, sk_lookup_udp, skc_lookup_tcp; sk_release
    Resource { acquire: 84, held: Held::Result, release: &[86], undo: 86, arguments: 1 },
    Resource { acquire: 85, held: Held::Result, release: &[86], undo: 86, arguments: 1 },
    Resource { acquire: 99, held: Held::Result, release: &[86], undo: 86, arguments: 1 },
];

impl Resource {
    /// What `helper` acquires.
    pub fn acquired_by(helper: u32) -> Option<&'static Resource> {
        RESOURCES.iter().find(|resource| resource.acquire == helper)
    }

    /// Whether `helper` releases something.
    pub fn is_release(helper: u32) -> bool {
        RESOURCES.iter().any(|resource| resource.release.contains(&helper))
    }
}
