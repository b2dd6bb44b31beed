//! The way from a type to a field: by names and indexes, so that it can be gone on another type.

use gobpf_btf::{Btf, Member, Type, TypeId, Types};

use super::{TypesOf, compatible};

/// A step of the way.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    /// To a named member, also through members without name; with its type in the program.
    Member(String, TypeId),
    /// To an element of an array.
    Element(u32),
}

/// The way to a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// As if the root were an array.
    first: u32,
    steps: Vec<Step>,
}

/// Where a field is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Bits from the start of the root.
    pub bits: u32,
    /// Its type.
    pub ty: TypeId,
    /// Bits of a bit field.
    pub bit_size: Option<u8>,
}

/// The name without its flavour: `task_struct___old` is `task_struct`.
pub fn essential(name: &str) -> &str {
    match name.rfind("___") {
        Some(at) if at > 0 && !name[at + 3..].is_empty() => &name[..at],
        _ => name,
    }
}

impl Path {
    /// Reads `access` (`0:1:2`) on type `root` of the program.
    pub fn of(local: &Btf, root: TypeId, access: &str) -> Result<Path, String> {
        let indexes: Result<Vec<u32>, _> = access.split(':').map(str::parse::<u32>).collect();
        let indexes = indexes.map_err(|_| format!("its way `{access}` is not one of numbers"))?;
        let (first, rest) = indexes.split_first().ok_or("its way is empty")?;
        let mut steps = Vec::new();
        let mut ty = root;
        for index in rest {
            let stripped = local.stripped(ty);
            match stripped.as_deref() {
                Some(Type::Struct { members, .. } | Type::Union { members, .. }) => {
                    let member = members.get(*index as usize).ok_or("its way leads out of the struct")?;
                    ty = member.ty;
                    if !member.name.is_empty() {
                        steps.push(Step::Member(member.name.clone(), ty));
                    }
                }
                Some(Type::Array { element, .. }) => {
                    steps.push(Step::Element(*index));
                    ty = *element;
                }
                _ => return Err("its way leads into something that has no fields".into()),
            }
        }
        Ok(Path { first: *first, steps })
    }

    /// Goes the way on type `root` of `target`; `None` where it doesn't lead anywhere.
    pub fn on(&self, local: &Btf, target: &dyn TypesOf, root: TypeId) -> Option<Place> {
        let start = self.first.checked_mul(target.size_of_type(root).unwrap_or(0))?;
        let mut place = Place { bits: start.checked_mul(8)?, ty: root, bit_size: None };
        let mut last = false;
        for step in &self.steps {
            match step {
                Step::Member(name, ty) => {
                    let (member, is_last) = find(target, place.ty, name, 32)?;
                    if !compatible::fields(local, *ty, target, member.ty, 32) {
                        return None;
                    }
                    last = is_last;
                    place.bits = place.bits.checked_add(member.bit_offset())?;
                    place.ty = member.ty;
                    place.bit_size = member.bits.map(|bits| bits.size).filter(|size| *size != 0);
                }
                Step::Element(index) => {
                    let Some(Type::Array { element, length }) = target.stripped_type(place.ty) else {
                        return None;
                    };
                    // The last member may be longer than it says.
                    let flexible = last && length <= 1;
                    if *index >= length && !flexible {
                        return None;
                    }
                    let bits = target.size_of_type(element)?.checked_mul(*index)?.checked_mul(8)?;
                    place.bits = place.bits.checked_add(bits)?;
                    place.ty = element;
                    place.bit_size = None;
                }
            }
        }
        Some(place)
    }
}

/// The member `name` of struct or union `ty`, also in members without name; and whether it is the last one.
fn find(target: &dyn TypesOf, ty: TypeId, name: &str, depth: u32) -> Option<(Member, bool)> {
    let depth = depth.checked_sub(1)?;
    let ty = target.stripped_type(ty)?;
    let members = ty.members();
    for (index, member) in members.iter().enumerate() {
        let is_last = index + 1 == members.len();
        if member.name == name {
            return Some((member.clone(), is_last));
        }
        if member.name.is_empty()
            && let Some((mut inner, last)) = find(target, member.ty, name, depth)
        {
            inner.offset = inner.offset.wrapping_add(member.offset);
            return Some((inner, is_last && last));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::essential;

    #[test]
    fn flavours_are_cut_off() {
        assert_eq!(essential("task_struct___old"), "task_struct");
        assert_eq!(essential("task_struct"), "task_struct");
        assert_eq!(essential("___x"), "___x");
        assert_eq!(essential("a___b___c"), "a___b");
    }
}
