//! The algebra of steps: of which share people must be told, once.
//!
//! What is remembered works like a high-water mark. A restatement downwards leaves
//! the mark where it is, so it neither resolves nor arms anything again; only a
//! raised limit lowers it, to what the new limit has already seen. A rolling period,
//! which never ends, lowers it too, once the figure is well below.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::alert::{Foreseen, StepMemory};
use crate::period::PeriodKind;
use crate::rule::{Severity, Step, StepOf};

/// So far below a step a figure must fall before the step is armed again.
const REARM_BELOW: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// So many judgements in a row must find a forecast over its step.
const IN_A_ROW: u8 = 3;

/// Takes note of the limit and the ratio as they are now, and arms what they arm again.
pub(super) fn rearm(
    memory: &mut StepMemory,
    limit: Decimal,
    ratio: Decimal,
    forecast: Option<Decimal>,
) {
    let (raised, known) = (limit > memory.limit, memory.told.len());
    if raised {
        memory.told.retain(|told| *told <= ratio);
    }
    if matches!(memory.kind, Some(PeriodKind::Rolling(_))) {
        memory.told.retain(|told| ratio > (*told - REARM_BELOW).max(Decimal::ZERO));
    }
    if limit != memory.limit || memory.told.len() < known {
        memory.revision = memory.revision.saturating_add(1);
        memory.limit = limit;
    }
    let Some(forecast) = forecast else { return };
    for step in memory.foreseen.iter_mut().filter(|step| step.told) {
        let below = if raised { Decimal::ZERO } else { REARM_BELOW };
        if forecast < step.at - below {
            let revision = step.revision.saturating_add(1);
            *step = Foreseen { revision, ..Foreseen::new(step.at) };
        }
    }
}

/// What one figure has crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Climbed<'a> {
    /// The step to tell: it speaks for all below it.
    pub(super) highest: &'a Step,
    /// Itself, and those below it that were not crossed before; rising.
    pub(super) crossed: Vec<&'a Step>,
}

/// Advances the memory of one period by one figure. `None`: there is nothing to tell.
pub(super) fn climb<'a>(
    memory: &mut StepMemory,
    steps: &'a [Step],
    ratio: Decimal,
) -> Option<Climbed<'a>> {
    let mark = memory.told.last().copied();
    let reached = of(steps, StepOf::Used).filter(|step| step.at.ratio() <= ratio);
    let highest = reached.max_by_key(|step| step.at)?;
    let mut crossed = Vec::new();
    for step in of(steps, StepOf::Used).filter(|step| step.at <= highest.at) {
        if let Err(place) = memory.told.binary_search(&step.at.ratio()) {
            memory.told.insert(place, step.at.ratio());
            crossed.push(step);
        }
    }
    let is_news = mark.is_none_or(|mark| mark < highest.at.ratio());
    is_news.then_some(Climbed { highest, crossed })
}

/// Counts one judgement of the forecast. Answers with the step to tell.
///
/// What has happened need not be foreseen: while the whole limit is used nothing counts.
pub(super) fn foresee<'a>(
    memory: &mut StepMemory,
    steps: &'a [Step],
    used: Decimal,
    forecast: Decimal,
    data_until: Timestamp,
) -> Option<&'a Step> {
    let is_used_up = used.max(memory.told.last().copied().unwrap_or_default()) >= Decimal::ONE;
    let mark = memory.foreseen.iter().filter(|step| step.told).map(|step| step.at).max();
    let mut news: Option<&Step> = None;
    for step in of(steps, StepOf::Forecast) {
        let known = foreseen(memory, step.at.ratio());
        if known.told {
            continue;
        }
        if is_used_up || forecast < known.at {
            (known.over, known.judged_until) = (0, None);
        } else if known.judged_until.is_none_or(|until| until < data_until) {
            known.over = known.over.saturating_add(1);
            known.judged_until = Some(data_until);
        }
        if known.over >= IN_A_ROW {
            (known.over, known.judged_until, known.told) = (0, None, true);
            news = news.filter(|higher| higher.at > step.at).or(Some(step));
        }
    }
    memory.foreseen.retain(|step| !step.is_blank());
    news.filter(|step| mark.is_none_or(|mark| mark < step.at.ratio()))
}

fn foreseen(memory: &mut StepMemory, at: Decimal) -> &mut Foreseen {
    let place = match memory.foreseen.binary_search_by_key(&at, |step| step.at) {
        Ok(place) => place,
        Err(place) => {
            memory.foreseen.insert(place, Foreseen::new(at));
            place
        }
    };
    &mut memory.foreseen[place]
}

/// The highest step that people know of: of what is used, else of the forecast.
pub(super) fn highest_told<'a>(memory: &StepMemory, steps: &'a [Step]) -> Option<&'a Step> {
    let told = steps.iter().filter(|step| is_told(memory, step));
    told.max_by_key(|step| (std::cmp::Reverse(step.of), step.at))
}

/// The most severe step that people know of.
pub(super) fn severest_told(memory: &StepMemory, steps: &[Step]) -> Option<Severity> {
    steps.iter().filter(|step| is_told(memory, step)).map(|step| step.severity).max()
}

fn is_told(memory: &StepMemory, step: &Step) -> bool {
    let at = step.at.ratio();
    match step.of {
        StepOf::Used => memory.told.contains(&at),
        StepOf::Forecast => memory.foreseen.iter().any(|known| known.told && known.at == at),
    }
}

fn of(steps: &[Step], of: StepOf) -> impl Iterator<Item = &Step> {
    steps.iter().filter(move |step| step.of == of)
}
