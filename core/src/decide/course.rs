//! The course of one budget or quota over its periods: begin, climb, end, settle.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::alert::{AlertRecord, AlertState, Ended, Episode, EpisodeId, StepMemory};
use crate::decide::case::Case;
use crate::decide::turn::Turn;
use crate::decide::verdict::Unknown;
use crate::decide::{Standing, facts, steps};
use crate::ledger::Basis;
use crate::notice::{Contributor, Effect, Facts, Kind, Matter, News};
use crate::period::{Calendar, PeriodKind};
use crate::quantity::Quantity;
use crate::rule::Step;
use crate::subject::{RuleName, Subject};
use crate::window::Window;

/// After this a period's last day is billed at the latest (36 h), and has been read.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// A month is five questions where hours are read, and thirty-five where only days are, at
/// one a minute; this is about twice as long.
const FILLED_AFTER: SignedDuration = SignedDuration::from_mins(75);

/// A clock that is further ahead than this when it is set back has been wrong, and so is
/// what was judged by it. Notices of a step told before keep their names, and go out once.
const SET_BACK_MOST: SignedDuration = SignedDuration::from_hours(24);

/// How much was used in a period, and by whom.
pub(super) trait Figures {
    /// `None` while nothing is known of the period.
    fn figure(&self, period: Window) -> Option<Figure>;

    /// Who used most in it, largest first.
    fn contributors(&self, period: Window) -> Vec<Contributor>;

    /// Since when usage has been read.
    fn read_from(&self) -> Option<Timestamp>;
}

/// How much, where that comes from, and how old it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) value: Quantity,
    pub(super) basis: Option<Basis>,
    pub(super) data_until: Option<Timestamp>,
}

/// One budget or quota of one subject at one instant.
pub(super) struct Course<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) rule: &'a RuleName,
    pub(super) kind: Kind,
    pub(super) subject: Subject,
    pub(super) calendar: &'a Calendar,
    pub(super) period: PeriodKind,
    pub(super) steps: &'a [Step],
    /// `None`: the API reports none.
    pub(super) limit: Option<Quantity>,
    pub(super) figures: &'a dyn Figures,
}

impl Course<'_> {
    /// The alert as it stands now, and what people must be told.
    pub(super) fn advance(&self) -> Turn {
        let before = self.case.alert(self.rule, &self.subject);
        let period = self.calendar.period(self.period, self.case.now);
        match self.judged(&before, period) {
            Ok((alert, news)) => {
                let standing = self.standing(&alert, period, None);
                Turn { alert, news, standing }
            }
            Err(unknown) => {
                let standing = self.standing(&before, period, Some(unknown));
                Turn { alert: before, news: Vec::new(), standing }
            }
        }
    }

    fn judged(
        &self,
        before: &AlertRecord,
        period: Window,
    ) -> Result<(AlertRecord, Vec<News>), Unknown> {
        // A clock that was set back must not begin a period a second time.
        if before.memory.period_from.is_some_and(|from| self.is_set_back_from(from)) {
            return Err(Unknown::ClockSetBack);
        }
        let limit = self.limit.ok_or(Unknown::NoLimit)?;
        if self.is_filling(period) {
            return Err(Unknown::Filling);
        }
        let (mut alert, ended) = self.roll(before.clone(), period, limit);
        let late = self.settle(&mut alert);
        let (state, memory) = (&mut alert.state, &mut alert.memory);
        let told = self.climb(state, memory, limit, period, false);
        Ok((alert, ended.into_iter().chain(late).chain(told).collect()))
    }

    /// Whether the first reading of the past has not come to the beginning of `period` yet.
    ///
    /// Half a period would tell a low step first and a higher one minutes later, and name
    /// the wrong spenders. But who cannot read usage at all must not wait for ever.
    fn is_filling(&self, period: Window) -> bool {
        let begun = self.case.snapshot.first_heard_at;
        let is_new = begun.is_some_and(|at| self.case.now.duration_since(at) < FILLED_AFTER);
        is_new && self.figures.read_from().is_none_or(|from| from > period.from())
    }

    fn is_set_back_from(&self, period_from: Timestamp) -> bool {
        let ahead = period_from.duration_since(self.case.now);
        ahead.is_positive() && ahead <= SET_BACK_MOST
    }

    /// Begins a new period where the old one has ended. Its end is told only to who wants it.
    fn roll(
        &self,
        alert: AlertRecord,
        period: Window,
        limit: Quantity,
    ) -> (AlertRecord, Option<News>) {
        if alert.memory.period_from == Some(period.from()) {
            return (alert, None);
        }
        let previous = self.calendar.previous(self.period, self.case.now);
        let news = self.period_end(&alert, previous);
        let AlertRecord { rule, subject, state, memory, seen, .. } = alert;
        // What was never judged while it lasted is not judged afterwards: the
        // history that a first start reads is no news.
        let ended =
            (memory.period_from == Some(previous.from())).then_some(Ended { state, memory });
        let memory = StepMemory::begin(period.from(), limit.number);
        let alert = AlertRecord { rule, subject, state: AlertState::Quiet, memory, ended, seen };
        (alert, news)
    }

    fn period_end(&self, alert: &AlertRecord, period: Window) -> Option<News> {
        let episode = alert.state.episode()?;
        let step = alert.memory.told.last().copied().unwrap_or_default();
        let matter = Matter::Step { step, forecast: false, next_step: None, late: false };
        let limit = Quantity::new(alert.memory.limit, self.limit?.unit);
        let mut facts = self.facts(matter, episode.severity, limit, period);
        self.of_episode(&mut facts, episode);
        facts.ended_at = Some(period.until());
        let id = facts::news_id(&facts.episode, Effect::Resolved, None);
        let only = Some(episode.channels.clone());
        Some(News { id, effect: Effect::Resolved, facts, period_end: true, only })
    }

    /// Judges the period before by its own limit until its last data have come.
    fn settle(&self, alert: &mut AlertRecord) -> Option<News> {
        let unit = self.limit?.unit;
        let Ended { state, memory } = alert.ended.as_mut()?;
        let previous = self.calendar.previous(self.period, self.case.now);
        let settled_at = previous.until().saturating_add(SETTLED_AFTER).unwrap_or(Timestamp::MAX);
        if self.case.now >= settled_at {
            alert.ended = None;
            return None;
        }
        let limit = Quantity::new(memory.limit, unit);
        self.climb(state, memory, limit, previous, true)
    }

    fn climb(
        &self,
        state: &mut AlertState,
        memory: &mut StepMemory,
        limit: Quantity,
        period: Window,
        late: bool,
    ) -> Option<News> {
        let figure = self.figures.figure(period)?;
        let ratio = figure.value.ratio_of(limit)?;
        let (next, news) = steps::climb(memory, limit.number, self.steps, ratio);
        *memory = next;
        let Some(step) = news else {
            // Only a raised limit leaves nothing told; what it ends needs no word.
            if memory.told.is_empty() {
                *state = AlertState::Quiet;
            }
            return None;
        };
        Some(self.fire(state, memory, limit, step, period, late))
    }

    fn fire(
        &self,
        state: &mut AlertState,
        memory: &StepMemory,
        limit: Quantity,
        step: Step,
        period: Window,
        late: bool,
    ) -> News {
        let organization = &self.case.snapshot.organization;
        let id = facts::step_id(self.rule, organization, &self.subject, memory, &step);
        let (at, next_step) = (step.at.ratio(), self.next_step(step));
        let matter = Matter::Step { step: at, forecast: false, next_step, late };
        let mut facts = self.facts(matter, step.severity, limit, period);
        facts.contributors = self.figures.contributors(period);
        if let AlertState::Firing(episode) = state {
            (episode.severity, episode.told_at) = (step.severity, self.case.now);
            self.of_episode(&mut facts, episode);
        } else {
            // An episode bears the name of the step it began with.
            facts.episode = EpisodeId(id.0.clone());
            *state = AlertState::Firing(Episode {
                id: facts.episode.clone(),
                severity: step.severity,
                since: self.case.now,
                told_at: self.case.now,
                root: None,
                channels: Vec::new(),
            });
        }
        News { id, effect: Effect::Fired, facts, period_end: false, only: None }
    }

    fn of_episode(&self, facts: &mut Facts, episode: &Episode) {
        facts.episode = episode.id.clone();
        facts.since = episode.since;
        facts.root.clone_from(&episode.root);
    }

    fn standing(&self, alert: &AlertRecord, period: Window, unknown: Option<Unknown>) -> Standing {
        let step = alert.memory.told.last().copied().unwrap_or_default();
        let next_step = self.next_after(step);
        let matter = Matter::Step { step, forecast: false, next_step, late: false };
        let episode = alert.state.episode();
        let severity = episode.map_or_else(Default::default, |episode| episode.severity);
        let limit = self.limit.unwrap_or_else(|| Quantity::new(Decimal::ZERO, self.unit()));
        let mut facts = self.facts(matter, severity, limit, period);
        facts.limit = self.limit;
        if let Some(episode) = episode {
            self.of_episode(&mut facts, episode);
        }
        let unknown = unknown.or_else(|| facts.value.is_none().then_some(Unknown::NoData));
        Standing { state: alert.state.clone(), facts, unknown }
    }

    const fn unit(&self) -> crate::quantity::Unit {
        match self.kind {
            Kind::Quota => crate::quantity::Unit::Tokens,
            Kind::Budget
            | Kind::Threshold
            | Kind::RateLimit
            | Kind::Freshness
            | Kind::Change
            | Kind::Identity
            | Kind::Delivery
            | Kind::Test => crate::quantity::Unit::Usd,
        }
    }

    fn facts(
        &self,
        matter: Matter,
        severity: crate::rule::Severity,
        limit: Quantity,
        period: Window,
    ) -> Facts {
        let figure = self.figures.figure(period);
        Facts {
            episode: EpisodeId(String::new()),
            root: None,
            rule: self.rule.clone(),
            kind: self.kind,
            severity,
            subject: self.subject.clone(),
            names: self.case.names(&self.subject),
            matter,
            value: figure.map(|figure| figure.value),
            limit: Some(limit),
            basis: figure.and_then(|figure| figure.basis),
            data_until: figure.and_then(|figure| figure.data_until),
            since: self.case.now,
            ended_at: None,
            period: Some(period),
            zone_name: self.calendar.zone_name().to_owned(),
            forecast: None,
            contributors: Vec::new(),
        }
    }

    fn next_step(&self, told: Step) -> Option<Decimal> {
        self.next_after(told.at.ratio())
    }

    fn next_after(&self, told: Decimal) -> Option<Decimal> {
        self.steps.iter().map(|step| step.at.ratio()).filter(|at| *at > told).min()
    }
}
