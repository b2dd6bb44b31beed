//! Lists and trees: what their declarations say is in them.

use gobpf_btf::{Btf, Type, TypeId};

use super::{Broken, FieldKind};

/// What is in a list or tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Graph {
    /// The program's type of its nodes.
    pub value: TypeId,
    /// Where in them the links are.
    pub node: u32,
}

/// What begins the tag that tells it: `contains:TYPE:MEMBER`.
const CONTAINS: &str = "contains:";

/// `btf_find_graph_root`, `btf_parse_graph_root`: what is in the list or tree that was declared as member of a type.
pub(super) fn find(
    btf: &Btf,
    kind: FieldKind,
    (declared, member): (TypeId, i32),
) -> Result<Option<Graph>, Broken> {
    let links = match kind {
        FieldKind::ListHead => FieldKind::ListNode,
        FieldKind::RbRoot => FieldKind::RbNode,
        _ => return Ok(None),
    };
    let mut tags = btf.iter().filter_map(|(_, ty)| match ty {
        Type::DeclTag { name, target, component } if *target == declared && *component == member => {
            name.strip_prefix(CONTAINS)
        }
        _ => None,
    });
    let contains = tags.next().filter(|_| tags.next().is_none()).ok_or(Broken)?;
    let (value, name) = contains.split_once(':').ok_or(Broken)?;
    let is_value = |ty: &Type| matches!(ty, Type::Struct { name, .. } if name == value);
    let (value, ty) = btf.iter().find(|(_, ty)| is_value(ty)).ok_or(Broken)?;
    let mut members = ty.members().iter().filter(|member| member.name == name);
    let (Some(node), None) = (members.next(), members.next()) else { return Err(Broken) };
    let is_node = matches!(btf.get(node.ty), Some(Type::Struct { name, .. }) if name == links.name() && !name.is_empty());
    if !is_node || node.bits.is_some() || !node.offset.is_multiple_of(links.align()) {
        return Err(Broken);
    }
    Ok(Some(Graph { value, node: node.offset }))
}
