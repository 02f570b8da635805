//! The course of one budget over its periods: begin, climb, end, settle.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::decide::verdict::{Figure, Verdict, judge};
use crate::decide::{Rules, alert_of, facts, steps};
use crate::notice::{AlertRecord, AlertState, Effect, Ended, EpisodeId, Facts, Notice, StepMemory};
use crate::period::Calendar;
use crate::reading::Report;
use crate::rule::{Budget, Step};
use crate::snapshot::{PeriodSpend, Snapshot};
use crate::subject::Subject;
use crate::window::Window;

/// After this a period's last day is billed at the latest (36 h), and has been read.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// A month is five questions where hours are read, and thirty-five where only days are, at
/// one a minute; this is about twice as long.
const FILLED_AFTER: SignedDuration = SignedDuration::from_mins(75);

/// A clock that is further ahead than this when it is set back has been wrong, and so is
/// what was judged by it. Notices of a step told before keep their names, and go out once.
const SET_BACK_MOST: SignedDuration = SignedDuration::from_hours(24);

/// One budget of one organization at one instant.
pub(super) struct Course<'a> {
    budget: &'a Budget,
    snapshot: &'a Snapshot,
    calendar: Calendar,
    now: Timestamp,
}

impl<'a> Course<'a> {
    pub(super) fn new(
        rules: &Rules,
        budget: &'a Budget,
        snapshot: &'a Snapshot,
        now: Timestamp,
    ) -> Self {
        let calendar = match &budget.zone {
            Some((name, zone)) => rules.calendar.in_zone(zone.clone(), name.as_str()),
            None => rules.calendar.clone(),
        };
        Self { budget, snapshot, calendar, now }
    }

    /// The alert, where it moved, and what people must be told.
    pub(super) fn advance(&self) -> (Option<AlertRecord>, Vec<Notice>) {
        let before = alert_of(self.snapshot, self.budget, &Subject::ORGANIZATION);
        // A clock that was set back must not begin a period a second time.
        if before.memory.period_from.is_some_and(|from| self.is_set_back_from(from)) {
            return (None, Vec::new());
        }
        let period = self.calendar.period(self.budget.period, self.now);
        if self.is_filling(period) {
            return (None, Vec::new());
        }
        let mut alert = self.roll(before.clone(), period);
        let late = self.settle(&mut alert);
        let (state, memory) = (&mut alert.state, &mut alert.memory);
        let told = self.climb(state, memory, self.budget.amount, period, false);
        let moved = (alert != before).then_some(alert);
        (moved, late.into_iter().chain(told).collect())
    }

    /// Whether the first reading of the past has not come to the beginning of `period` yet.
    ///
    /// Half a period would tell a low step first and a higher one minutes later, and name
    /// the wrong spenders. But who cannot read usage at all must not wait for ever.
    fn is_filling(&self, period: Window) -> bool {
        let begun = self.snapshot.first_heard_at;
        let is_new = begun.is_some_and(|at| self.now.duration_since(at) < FILLED_AFTER);
        is_new
            && !self.snapshot.coverage.iter().any(|((report, _), known)| {
                *report == Report::Usage && known.read.from() <= period.from()
            })
    }

    fn is_set_back_from(&self, period_from: Timestamp) -> bool {
        let ahead = period_from.duration_since(self.now);
        ahead.is_positive() && ahead <= SET_BACK_MOST
    }

    /// Begins a new period where the old one has ended. Its end is told to nobody.
    fn roll(&self, alert: AlertRecord, period: Window) -> AlertRecord {
        if alert.memory.period_from == Some(period.from()) {
            return alert;
        }
        let previous = self.calendar.previous(self.budget.period, self.now);
        let AlertRecord { rule, subject, state, memory, .. } = alert;
        // What was never judged while it lasted is not judged afterwards: the
        // history that a first start reads is no news.
        let ended =
            (memory.period_from == Some(previous.from())).then_some(Ended { state, memory });
        let memory = StepMemory::begin(period.from(), self.budget.amount);
        AlertRecord { rule, subject, state: AlertState::Quiet, memory, ended }
    }

    /// Judges the period before by its own amount until its last data have come.
    fn settle(&self, alert: &mut AlertRecord) -> Option<Notice> {
        let Ended { state, memory } = alert.ended.as_mut()?;
        let previous = self.calendar.previous(self.budget.period, self.now);
        let settled_at = previous.until().saturating_add(SETTLED_AFTER).unwrap_or(Timestamp::MAX);
        if self.now >= settled_at {
            alert.ended = None;
            return None;
        }
        let amount = memory.amount;
        self.climb(state, memory, amount, previous, true)
    }

    fn climb(
        &self,
        state: &mut AlertState,
        memory: &mut StepMemory,
        limit: Amount,
        period: Window,
        late: bool,
    ) -> Option<Notice> {
        let spend = self.spend(period)?;
        let figure = match judge(Some(spend), limit, &self.budget.steps) {
            Verdict::Breach(figure, _) | Verdict::Clear(figure) => figure,
            Verdict::Unknown(_) => return None,
        };
        let (next, news) = steps::climb(memory, limit, &self.budget.steps, figure.ratio);
        *memory = next;
        let Some(step) = news else {
            // Only a raised amount leaves nothing told; what it ends needs no word.
            if memory.told.is_empty() {
                *state = AlertState::Quiet;
            }
            return None;
        };
        Some(self.fire(state, memory, Crossing { spend, figure, step, period, late }))
    }

    fn fire(&self, state: &mut AlertState, memory: &StepMemory, crossing: Crossing<'_>) -> Notice {
        let id = facts::notice_id(self.budget, &self.snapshot.organization, memory, &crossing.step);
        let (episode, since) = match state {
            AlertState::Quiet => (id.opens(), self.now),
            AlertState::Firing { episode, since, .. } => (episode.clone(), *since),
        };
        *state = AlertState::Firing {
            episode: episode.clone(),
            severity: crossing.step.severity,
            since,
            last_notice: self.now,
        };
        let facts = self.facts(episode, since, crossing);
        let organization = self.snapshot.organization.clone();
        Notice { id, organization, decided_at: self.now, effect: Effect::Fired, facts }
    }

    fn facts(&self, episode: EpisodeId, since: Timestamp, crossing: Crossing<'_>) -> Facts {
        let Crossing { spend, figure, step, period, late } = crossing;
        Facts {
            episode,
            rule: self.budget.name.clone(),
            kind: "budget".to_owned(),
            severity: step.severity,
            subject: Subject::ORGANIZATION,
            step: step.at.ratio(),
            next_step: self.next_step(step),
            value: figure.value,
            limit: figure.limit,
            basis: figure.basis,
            data_until: figure.data_until,
            since,
            period,
            late,
            zone_name: self.calendar.zone_name().to_owned(),
            contributors: facts::contributors(spend, &self.snapshot.roster),
        }
    }

    fn next_step(&self, told: Step) -> Option<Decimal> {
        self.budget
            .steps
            .iter()
            .map(|step| step.at.ratio())
            .filter(|at| *at > told.at.ratio())
            .min()
    }

    fn spend(&self, period: Window) -> Option<&'a PeriodSpend> {
        let key = self.calendar.key();
        self.snapshot.spends.iter().find(|spend| {
            spend.kind == self.budget.period && spend.calendar == key && spend.period == period
        })
    }
}

/// A step that people must be told of.
struct Crossing<'a> {
    spend: &'a PeriodSpend,
    figure: Figure,
    step: Step,
    period: Window,
    late: bool,
}
