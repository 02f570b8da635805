//! The algebra of steps: of which share people must be told, once.
//!
//! What is remembered works like a high-water mark. A restatement downwards leaves
//! the mark where it is, so it neither resolves nor arms anything again; only a
//! raised amount lowers it, to what the new amount has already seen.

use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::notice::StepMemory;
use crate::rule::Step;

/// Advances the memory of one period by one figure. Answers with the step to tell.
pub(super) fn climb(
    memory: &StepMemory,
    limit: Amount,
    steps: &[Step],
    ratio: Decimal,
) -> (StepMemory, Option<Step>) {
    let mut memory = rearm(memory, limit, ratio);
    let mut reached: Vec<Step> =
        steps.iter().filter(|step| step.at.ratio() <= ratio).copied().collect();
    reached.sort_by_key(|step| step.at);
    let mark = memory.told.last().copied();
    let news = reached.last().copied().filter(|step| mark.is_none_or(|m| m < step.at.ratio()));
    // The highest speaks for all below it.
    memory.told.extend(reached.iter().map(|step| step.at.ratio()));
    memory.told.sort_unstable();
    memory.told.dedup();
    (memory, news)
}

/// Takes note of an amount that was changed. A raised one arms the steps now above the ratio.
fn rearm(memory: &StepMemory, limit: Amount, ratio: Decimal) -> StepMemory {
    let mut memory = memory.clone();
    if limit > memory.amount {
        memory.told.retain(|told| *told <= ratio);
    }
    if limit != memory.amount {
        memory.revision = memory.revision.saturating_add(1);
        memory.amount = limit;
    }
    memory
}
