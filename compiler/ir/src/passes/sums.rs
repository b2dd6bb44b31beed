//! Ranges of what loops sum up: a parameter of the block that has a counter, to which each turn adds something of which
//! verifiers know the bounds. They follow the turns one by one, so that they know the bounds of the sum. Of parameters that
//! are one of several numbers with known bounds they know them on each way.

use gobpf_bpf::insn::AluOp;
use rustc_hash::FxHashMap;

use super::counters::{Counters, LIMIT, Range, seen_range};
use crate::ir::{Block, Function, InstKind, Target, Type, Value};

/// Definitions and joins that are looked through from what a turn ends with to what it began with.
const DEPTH_LIMIT: u32 = 12;

/// The ranges of all sums, where counters take `turns` steps at most.
pub(super) fn of(
    function: &Function,
    predecessors: &[Vec<Block>],
    counters: &Counters,
    turns: &FxHashMap<Value, i64>,
) -> FxHashMap<Value, Range> {
    let finder = Finder { function, predecessors, blocks: blocks_of_params(function) };
    let mut sums = FxHashMap::default();
    for &block in function.order.iter().skip(1) {
        let params = &function.block(block).params;
        let counter = params.iter().enumerate().find_map(|(index, param)| {
            let turns = turns.get(param).filter(|_| counters.counts(*param))?;
            Some((index, *turns))
        });
        for (index, &param) in params.iter().enumerate() {
            if function.ty(param) == Type::Pointer || counters.counts(param) {
                continue;
            }
            let summed = || finder.range(block, counter?, (index, param));
            if let Some(range) = finder.one_of(block, index).or_else(summed) {
                sums.insert(param, range);
            }
        }
    }
    sums
}

fn blocks_of_params(function: &Function) -> FxHashMap<Value, (Block, usize)> {
    let params = function.order.iter().flat_map(|block| {
        let params = function.block(*block).params.iter().enumerate();
        params.map(|(index, param)| (*param, (*block, index)))
    });
    params.collect()
}

struct Finder<'a> {
    function: &'a Function,
    predecessors: &'a [Vec<Block>],
    blocks: FxHashMap<Value, (Block, usize)>,
}

impl Finder<'_> {
    /// The range of parameter `index` of `block`: each jump that starts the counter starts the sum, each of the others adds to
    /// it.
    fn range(
        &self,
        block: Block,
        (counter, turns): (usize, i64),
        (index, sum): (usize, Value),
    ) -> Option<Range> {
        let (mut starts, mut added): (Option<Range>, Range) = (None, (0, 0));
        for target in self.jumps_to(block) {
            let argument = *target.args.get(index)?;
            if self.function.as_const(*target.args.get(counter)?).is_some() {
                let range = self.plain(argument)?;
                starts = Some(starts.map_or(range, |known| either(known, range)));
            } else {
                added = either(added, self.added(sum, argument, DEPTH_LIMIT)?);
            }
        }
        let (least, most) = starts?;
        let least = least.checked_add(added.0.checked_mul(turns)?)?;
        let most = most.checked_add(added.1.checked_mul(turns)?)?;
        let within = match self.function.ty(sum) {
            Type::I32 => least >= 0 && most <= i64::from(i32::MAX),
            _ => least >= -LIMIT && most <= LIMIT,
        };
        within.then_some((least, most))
    }

    /// The range of a parameter that is one of several numbers.
    fn one_of(&self, block: Block, index: usize) -> Option<Range> {
        let ways = self.jumps_to(block).map(|target| self.plain(*target.args.get(index)?));
        let range = ways.reduce(|a, b| Some(either(a?, b?))).flatten()?;
        let param = *self.function.block(block).params.get(index)?;
        let fits = self.function.ty(param) == Type::I64 || range.0 >= 0 && range.1 <= i64::from(i32::MAX);
        fits.then_some(range)
    }

    fn jumps_to(&self, block: Block) -> impl Iterator<Item = &Target> {
        let mut from = self.predecessors[block.0 as usize].clone();
        from.sort_unstable();
        from.dedup();
        from.into_iter().flat_map(move |from| {
            self.function.block(from).end.targets().into_iter().filter(move |target| target.block == block)
        })
    }

    /// The range of a number that is no sum.
    fn plain(&self, value: Value) -> Option<Range> {
        match self.function.as_const(value) {
            Some(number) => (-LIMIT..=LIMIT).contains(&number).then_some((number, number)),
            None => seen_range(self.function, value),
        }
    }

    /// What was added to `sum` on all ways to `value`.
    fn added(&self, sum: Value, value: Value, depth: u32) -> Option<Range> {
        if value == sum {
            return Some((0, 0));
        }
        let depth = depth.checked_sub(1)?;
        if let Some((block, index)) = self.blocks.get(&value) {
            let ways = self.jumps_to(*block).map(|target| self.added(sum, *target.args.get(*index)?, depth));
            return ways.reduce(|a, b| Some(either(a?, b?))).flatten();
        }
        let InstKind::Binary(op, a, b) = self.function.def(value)? else { return None };
        match op {
            AluOp::Add => {
                let (base, more) = match self.added(sum, *a, depth) {
                    Some(base) => (base, self.plain(*b)?),
                    None => (self.added(sum, *b, depth)?, self.plain(*a)?),
                };
                Some((base.0.checked_add(more.0)?, base.1.checked_add(more.1)?))
            }
            AluOp::Sub => {
                let (base, less) = (self.added(sum, *a, depth)?, self.plain(*b)?);
                Some((base.0.checked_sub(less.1)?, base.1.checked_sub(less.0)?))
            }
            _ => None,
        }
    }
}

fn either(a: Range, b: Range) -> Range {
    (a.0.min(b.0), a.1.max(b.1))
}
