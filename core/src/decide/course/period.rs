//! Which period it is, and what becomes of the ones before.

use jiff::{SignedDuration, Timestamp};

use crate::alert::{AlertRecord, AlertState, Ended, StepMemory};
use crate::decide::course::{Course, Here, Runner, Span};
use crate::decide::steps;
use crate::notice::News;
use crate::period::PeriodKind;
use crate::quantity::Quantity;
use crate::window::Window;

/// After this a period's last day is billed at the latest (36 h), and has been read.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// A clock that is further ahead than this when it is set back has been wrong, and so is
/// what was judged by it. Notices of a step told before keep their names, and go out once.
const SET_BACK_MOST: SignedDuration = SignedDuration::from_hours(24);

/// The API's clock and ours may differ by so much when it resets its count. What moves on
/// long before is postponed, and no new period.
const RESET_EARLY_MOST: SignedDuration = SignedDuration::from_hours(1);

/// A period of one subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    /// With the kind, what the memory of its steps is kept under.
    pub(super) from: Timestamp,
    /// `None`: its end is not known.
    pub(super) window: Option<Window>,
    pub(super) resets_at: Option<Timestamp>,
}

impl Course<'_> {
    /// The period it is now, given what is remembered.
    pub(super) fn period(&self, memory: &StepMemory) -> Period {
        let known = memory.period_from.filter(|_| memory.kind == self.period_kind());
        match self.span {
            Span::Of(PeriodKind::Rolling(_)) => {
                // It never ends: its steps belong to where it was first judged.
                let from = known.unwrap_or(self.case.now);
                Period { from, window: self.window, resets_at: None }
            }
            Span::Of(PeriodKind::Day | PeriodKind::Week | PeriodKind::Month) => {
                let from = self.window.map_or(self.case.now, |window| window.from());
                Period { from, window: self.window, resets_at: None }
            }
            Span::Reset(heard) => {
                let before = known.and(memory.resets_at);
                let (from, resets_at) = match (known, before, heard) {
                    (Some(_), Some(before), Some(heard))
                        if heard > before && self.has_reset(before) =>
                    {
                        (before, Some(heard))
                    }
                    // A reset that is unknown, moves back or is postponed begins nothing. One
                    // that is over already, or nearly, is not believed.
                    (Some(from), Some(before), heard) => {
                        let next = heard.filter(|heard| !self.has_reset(*heard));
                        (from, Some(next.unwrap_or(before)))
                    }
                    (Some(from), None, heard) => (from, heard),
                    (None, _, heard) => (self.case.now, heard),
                };
                let window = resets_at.and_then(|until| Window::new(from, until));
                Period { from, window, resets_at }
            }
        }
    }

    fn has_reset(&self, at: Timestamp) -> bool {
        at.duration_since(self.case.now) <= RESET_EARLY_MOST
    }

    const fn period_kind(&self) -> Option<PeriodKind> {
        match self.span {
            Span::Of(kind) => Some(kind),
            Span::Reset(_) => None,
        }
    }

    /// Only where the clock says which period it is.
    pub(super) fn is_set_back(&self, memory: &StepMemory) -> bool {
        let by_clock = memory.period_from.filter(|_| memory.kind.is_some_and(super::ends));
        by_clock.is_some_and(|from| {
            let ahead = from.duration_since(self.case.now);
            ahead.is_positive() && ahead <= SET_BACK_MOST
        })
    }

    /// Begins a new period where the old one has ended. Its end is told only to who wants it.
    pub(super) fn roll(
        &self,
        mut alert: AlertRecord,
        period: &Period,
        runner: Runner<'_>,
        limit: Quantity,
    ) -> (AlertRecord, Vec<News>) {
        let (kind, same_from) = (self.period_kind(), alert.memory.period_from == Some(period.from));
        if same_from && alert.memory.kind == kind {
            alert.memory.resets_at = period.resets_at;
            return (alert, Vec::new());
        }
        let news = self.period_end(&alert, runner, limit);
        let mut memory = StepMemory::begin(kind, period.from, limit.number);
        memory.resets_at = period.resets_at;
        if same_from {
            // Another kind of period that begins at the same instant: other notices.
            memory.revision = alert.memory.revision.saturating_add(1);
        }
        let old = Ended {
            state: std::mem::take(&mut alert.state),
            memory: std::mem::replace(&mut alert.memory, memory),
        };
        let missed = self.missed(period, old, limit);
        alert.ended.splice(0..0, missed);
        (alert, news.into_iter().collect())
    }

    /// The periods that ended since `old` was judged last and may still move, newest first.
    ///
    /// What was never judged while it lasted is not judged afterwards: the history that a
    /// first start reads is no news. But what ended while nobody watched is.
    fn missed(&self, period: &Period, old: Ended, limit: Quantity) -> Vec<Ended> {
        let mut missed = Vec::new();
        let Some(kind) = self.period_kind().filter(|kind| old.memory.kind == Some(*kind)) else {
            return missed;
        };
        let Some(known) = old.memory.period_from.filter(|from| self.begins(kind, *from)) else {
            return missed;
        };
        let mut before = self.calendar.previous(kind, period.from);
        while before.from() > known && self.is_settling(&before) {
            let memory = StepMemory::begin(Some(kind), before.from(), limit.number);
            missed.push(Ended { state: AlertState::Quiet, memory });
            before = self.calendar.previous(kind, before.from());
        }
        if before.from() == known && self.is_settling(&before) {
            missed.push(old);
        }
        missed
    }

    /// Whether a period of the calendar begins there. Not so once the zone was changed.
    fn begins(&self, kind: PeriodKind, from: Timestamp) -> bool {
        super::ends(kind) && self.calendar.period(kind, from).from() == from
    }

    fn is_settling(&self, period: &Window) -> bool {
        self.case.now < period.until().saturating_add(SETTLED_AFTER).unwrap_or(Timestamp::MAX)
    }

    /// Judges the periods before by their own limits until their last data have come.
    pub(super) fn settle(&self, alert: &mut AlertRecord, runner: Runner<'_>) -> Vec<News> {
        let mut news = Vec::new();
        alert.ended.retain_mut(|ended| {
            let window = self.ended_window(&ended.memory);
            let Some(window) = window.filter(|window| self.is_settling(window)) else {
                news.extend(self.settled(ended, runner, window));
                return false;
            };
            news.extend(self.late(ended, runner, window));
            true
        });
        news
    }

    pub(super) fn ended_window(&self, memory: &StepMemory) -> Option<Window> {
        let kind = memory.kind.filter(|kind| self.period_kind() == Some(*kind))?;
        let from = memory.period_from.filter(|from| self.begins(kind, *from))?;
        Some(self.calendar.period(kind, from))
    }

    /// A step that the last data of an ended period have crossed.
    fn late(&self, ended: &mut Ended, runner: Runner<'_>, window: Window) -> Option<News> {
        let figure = runner.figures.figure(Some(window))?;
        let limit = Quantity::new(ended.memory.limit, self.unit);
        let ratio = figure.value.ratio_of(limit)?;
        // What has ended cannot be helped any more: no action is taken.
        let step = steps::climb(&mut ended.memory, self.steps, ratio)?.highest;
        let period = Period { from: window.from(), window: Some(window), resets_at: None };
        let here = Here { runner, limit, figure, outlook: None, period: &period };
        Some(self.tell(&mut ended.state, &ended.memory, here, step, true))
    }
}
