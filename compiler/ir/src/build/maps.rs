//! Go maps on BPF maps.

use gobpf_bpf::insn::JmpOp;
use gobpf_bpf::tables::Helper;
use gobpf_source::Why;
use gobpf_types::hir::{BinaryOp, Expr, MapId, TypeId};

use super::{Address, Builder, Operand, Result};
use crate::ir::{Cond, InstKind, Type, Value};

/// `BPF_ANY`: create the entry, or overwrite it.
const ANY: i64 = 0;

/// The number of a helper.
fn helper(name: &str) -> u32 {
    Helper::by_name(name).map_or(0, |helper| helper.id)
}

impl Builder<'_> {
    /// A pointer to a copy of a key.
    pub(super) fn key(&mut self, key: &Expr) -> Result<Value> {
        let operand = self.operand(key)?;
        self.at(key.node);
        Ok(self.spilled(key.ty, operand))
    }

    fn lookup(&mut self, map: MapId, key: Value) -> Value {
        let map = self.emit(Type::Pointer, InstKind::MapRef(map));
        self.emit(Type::Pointer, InstKind::Call(helper("map_lookup_elem"), vec![map, key]))
    }

    /// `map[key]`: the value or its zero value, and whether there is an entry.
    pub(super) fn map_index(&mut self, map: MapId, key: &Expr, ty: TypeId) -> Result<(Operand, Value)> {
        let node = self.origin.place.node;
        let key = self.key(key)?;
        self.at(node);
        let entry = self.lookup(map, key);
        Ok(self.entry_or_zero(entry, ty))
    }

    fn entry_or_zero(&mut self, entry: Value, ty: TypeId) -> (Operand, Value) {
        let (found, missing, join) = (self.new_block(), self.new_block(), self.new_block());
        let nil = self.const_of(Type::Pointer, 0);
        let result = self.new_storage(ty, false, "");
        let exists = self.ssa.new_var(Type::I32);
        self.branch(Cond { op: JmpOp::Eq, left: entry, right: nil }, missing, found);
        self.seal(found);
        self.block = found;
        let value = self.load_operand(Address::at(entry, 0), ty);
        self.write(result, ty, value);
        let yes = self.const_i32(1);
        self.write_var(exists, yes);
        self.jump(join, missing);
        self.seal(missing);
        let zero = self.because(Why::ZeroValue, |b| b.zero_operand(ty));
        self.write(result, ty, zero);
        let no = self.const_i32(0);
        self.write_var(exists, no);
        self.jump(join, join);
        self.seal(join);
        let exists = self.read_var(exists);
        (self.read(result, ty), exists)
    }

    /// `map[key] = value`. What a full map refuses is dropped.
    pub(super) fn update_entry(&mut self, map: MapId, key: Value, ty: TypeId, value: Operand) {
        let value = self.spilled(ty, value);
        let map = self.emit(Type::Pointer, InstKind::MapRef(map));
        let flags = self.const_i64(ANY);
        self.emit(Type::I64, InstKind::Call(helper("map_update_elem"), vec![map, key, value, flags]));
    }

    /// `map[key] op= value`: in place where there is an entry.
    pub(super) fn update_by(
        &mut self,
        (map, key): (MapId, Value),
        op: BinaryOp,
        ty: TypeId,
        (right_ty, right): (TypeId, Value),
    ) -> Result<()> {
        let (found, missing, join) = (self.new_block(), self.new_block(), self.new_block());
        let (int, right_int) = (self.int_type(ty), self.int_type(right_ty));
        let nil = self.const_of(Type::Pointer, 0);
        let entry = self.lookup(map, key);
        self.branch(Cond { op: JmpOp::Eq, left: entry, right: nil }, missing, found);
        self.seal(found);
        self.block = found;
        let at = Address::at(entry, 0);
        let left = self.load(at, ty);
        let result = self.binary(op, int, left, right_int, right)?;
        self.store_operand(at, ty, Operand::Scalar(result));
        self.jump(join, missing);
        self.seal(missing);
        let zero = self.const_of(int.ssa(), 0);
        let result = self.binary(op, int, zero, right_int, right)?;
        self.update_entry(map, key, ty, Operand::Scalar(result));
        self.jump(join, join);
        self.seal(join);
        Ok(())
    }

    /// `delete(map, key)`.
    pub(super) fn map_delete(&mut self, map: MapId, key: &Expr) -> Result<()> {
        let node = self.origin.place.node;
        let key = self.key(key)?;
        self.at(node);
        let map = self.emit(Type::Pointer, InstKind::MapRef(map));
        self.emit(Type::I64, InstKind::Call(helper("map_delete_elem"), vec![map, key]));
        Ok(())
    }
}
