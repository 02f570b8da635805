//! The algebra of steps: of which share people must be told, once.
//!
//! What is remembered works like a high-water mark. A restatement downwards leaves
//! the mark where it is, so it neither resolves nor arms anything again; only a
//! raised limit lowers it, to what the new limit has already seen.

use rust_decimal::Decimal;

use crate::alert::StepMemory;
use crate::rule::{Step, StepOf};

/// Advances the memory of one period by one figure. Answers with the step to tell.
pub(super) fn climb(
    memory: &StepMemory,
    limit: Decimal,
    steps: &[Step],
    ratio: Decimal,
) -> (StepMemory, Option<Step>) {
    let mut memory = rearm(memory, limit, ratio);
    let used = steps.iter().filter(|step| step.of == StepOf::Used);
    let mut reached: Vec<Step> = used.filter(|step| step.at.ratio() <= ratio).copied().collect();
    reached.sort_by_key(|step| step.at);
    let mark = memory.told.last().copied();
    let news = reached.last().copied().filter(|step| mark.is_none_or(|m| m < step.at.ratio()));
    // The highest speaks for all below it.
    memory.told.extend(reached.iter().map(|step| step.at.ratio()));
    memory.told.sort_unstable();
    memory.told.dedup();
    (memory, news)
}

/// Takes note of a limit that was changed. A raised one arms the steps now above the ratio.
fn rearm(memory: &StepMemory, limit: Decimal, ratio: Decimal) -> StepMemory {
    let mut memory = memory.clone();
    if limit > memory.limit {
        memory.told.retain(|told| *told <= ratio);
    }
    if limit != memory.limit {
        memory.revision = memory.revision.saturating_add(1);
        memory.limit = limit;
    }
    memory
}
