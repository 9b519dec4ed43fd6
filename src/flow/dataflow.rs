//! The generic forward dataflow over a control-flow graph.

use std::collections::BTreeSet;

use super::cfg::{Block, BlockId, Cfg, Exit, successors};

/// What a client computes along the flow of control.
pub trait Domain {
    /// What is known at a point.
    type State: Clone;

    /// Joins what two paths know; true where `into` changed.
    fn join(&mut self, into: &mut Self::State, from: &Self::State) -> bool;

    /// Runs the actions of a block.
    fn run(&mut self, state: &mut Self::State, block: &Block);

    /// The states in which a block leaves to its successors, in the order of the exit.
    /// `None` for a successor that cannot be reached.
    fn leave(&mut self, state: Self::State, exit: Exit) -> Vec<(BlockId, Self::State)>;

    /// Brings a state at the head of a loop to a fixed height after several rounds.
    fn widen(&mut self, previous: &Self::State, next: &mut Self::State);
}

/// Rounds after which the head of a loop is widened.
const ROUNDS_BEFORE_WIDENING: u32 = 3;
/// Rounds after which a block is not visited again, whatever its state; the height of every domain
/// here is reached far earlier.
const ROUNDS_AT_MOST: u32 = 12;

/// The states at the entries of the blocks, to a fixed point. A block without a state is unreachable.
pub fn solve<D: Domain>(cfg: &Cfg, entry: D::State, domain: &mut D) -> Vec<Option<D::State>> {
    let mut rank = vec![usize::MAX; cfg.len()];
    for (position, block) in cfg.order().iter().enumerate() {
        rank[block.0 as usize] = position;
    }
    let mut entries: Vec<Option<D::State>> = (0..cfg.len()).map(|_| None).collect();
    let mut rounds = vec![0_u32; cfg.len()];
    let mut waiting = BTreeSet::from([(rank[0], BlockId(0))]);
    entries[0] = Some(entry);
    while let Some((_, id)) = waiting.pop_first() {
        let index = id.0 as usize;
        rounds[index] += 1;
        if rounds[index] > ROUNDS_AT_MOST {
            continue;
        }
        let Some(state) = entries[index].clone() else { continue };
        for (successor, state) in step(cfg, id, state, domain) {
            let next = successor.0 as usize;
            let changed = match &mut entries[next] {
                Some(known) if rounds[next] >= ROUNDS_BEFORE_WIDENING => {
                    let before = known.clone();
                    let changed = domain.join(known, &state);
                    domain.widen(&before, known);
                    changed
                }
                Some(known) => domain.join(known, &state),
                empty @ None => {
                    *empty = Some(state);
                    true
                }
            };
            if changed {
                waiting.insert((rank[next], successor));
            }
        }
    }
    entries
}

/// Runs a block once and gives the states of its successors, handlers included.
pub fn step<D: Domain>(cfg: &Cfg, id: BlockId, mut state: D::State, domain: &mut D) -> Vec<(BlockId, D::State)> {
    let block = cfg.block(id);
    let before = (!block.handlers.is_empty()).then(|| state.clone());
    domain.run(&mut state, block);
    let mut left = Vec::with_capacity(successors(block).len());
    if let Some(before) = before {
        for handler in &block.handlers {
            left.push((*handler, before.clone()));
            left.push((*handler, state.clone()));
        }
    }
    left.extend(domain.leave(state, block.exit));
    left
}
