//! What people are told of a budget or quota, and where it stands.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::alert::{AlertRecord, AlertState, Ended, Episode, EpisodeId, StepMemory};
use crate::decide::course::{Course, Figure, Found, Here, Outlook, Period, Runner};
use crate::decide::verdict::Unknown;
use crate::decide::{Standing, facts, steps};
use crate::notice::{Effect, Facts, Matter, News};
use crate::quantity::Quantity;
use crate::rule::{Severity, Step, StepOf};
use crate::window::Window;

/// What facts are made from.
struct About<'a> {
    runner: Runner<'a>,
    matter: Matter,
    severity: Severity,
    limit: Option<Quantity>,
    figure: Option<Figure>,
    outlook: Option<&'a Outlook>,
    window: Option<Window>,
}

impl Course<'_> {
    /// A step fires: it begins an episode, or makes one worse.
    pub(super) fn tell(
        &self,
        state: &mut AlertState,
        memory: &StepMemory,
        here: Here<'_>,
        step: &Step,
        late: bool,
    ) -> News {
        let organization = &self.case.snapshot.organization;
        let id = facts::step_id(self.rule, organization, here.runner.subject, memory, step);
        let mut facts = self.facts_here(here, self.matter(step, late), step.severity);
        facts.contributors = self.contributors(here);
        if let AlertState::Firing(episode) = state {
            (episode.severity, episode.told_at) =
                (episode.severity.max(step.severity), self.case.now);
            of_episode(&mut facts, episode);
        } else {
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

    /// The highest step that was told is told again, if it asks for that.
    pub(super) fn remind(
        &self,
        state: &mut AlertState,
        memory: &StepMemory,
        here: Here<'_>,
    ) -> Option<News> {
        let AlertState::Firing(episode) = state else { return None };
        let step = steps::highest_told(memory, self.steps)?;
        let every = step.remind_every?;
        if !self.case.is_apart(episode.told_at, every) {
            return None;
        }
        episode.told_at = self.case.now;
        let mut facts = self.facts_here(here, self.matter(step, false), episode.severity);
        facts.contributors = self.contributors(here);
        facts.actions = self.taken(memory);
        of_episode(&mut facts, episode);
        let id = facts::news_id(&episode.id, Effect::Reminded, Some(self.case.now));
        Some(News { id, effect: Effect::Reminded, facts, period_end: false, only: None })
    }

    /// Where steps were armed again, the episode is as severe as those that are left; with
    /// none left, it ends.
    pub(super) fn quieten(
        &self,
        state: &mut AlertState,
        memory: &StepMemory,
        here: Here<'_>,
    ) -> Option<News> {
        let AlertState::Firing(episode) = state else { return None };
        if memory.is_told() {
            let left = steps::severest_told(memory, self.steps);
            episode.severity = left.map_or(episode.severity, |left| left.min(episode.severity));
            return None;
        }
        let mut facts = self.facts_here(here, self.nothing_told(), episode.severity);
        let news = self.end(episode, &mut facts, self.case.now, None);
        *state = AlertState::Quiet;
        Some(news)
    }

    /// The period is over: of interest to those who hold state.
    pub(super) fn period_end(
        &self,
        alert: &AlertRecord,
        runner: Runner<'_>,
        limit: Quantity,
    ) -> Option<News> {
        let (episode, memory) = (alert.state.episode()?, &alert.memory);
        let window = self.ended_window(memory).or_else(|| {
            let until = memory.resets_at.unwrap_or(self.case.now);
            Window::new(memory.period_from?, until)
        });
        let limit = Quantity::new(memory.limit, limit.unit);
        let mut facts = self.facts_of_end(runner, memory, episode, limit, window);
        let ended_at = window.map_or(self.case.now, |window| window.until().min(self.case.now));
        Some(self.end(episode, &mut facts, ended_at, None))
    }

    /// A period that told of something after its end is settled: that is over, too.
    pub(super) fn settled(
        &self,
        ended: &Ended,
        runner: Runner<'_>,
        window: Option<Window>,
    ) -> Option<News> {
        let (episode, window) = (ended.state.episode()?, window?);
        if episode.told_at < window.until() {
            return None;
        }
        let limit = Quantity::new(ended.memory.limit, self.unit);
        let mut facts = self.facts_of_end(runner, &ended.memory, episode, limit, Some(window));
        // Its first end was told when the period ended; this is another one.
        Some(self.end(episode, &mut facts, window.until(), Some(window.until())))
    }

    fn facts_of_end(
        &self,
        runner: Runner<'_>,
        memory: &StepMemory,
        episode: &Episode,
        limit: Quantity,
        window: Option<Window>,
    ) -> Facts {
        let step = steps::highest_told(memory, self.steps);
        let matter = step.map_or_else(|| self.nothing_told(), |step| self.matter(step, false));
        // What the API counts belongs to the period that has begun already.
        let figure = match self.span {
            super::Span::Of(_) => runner.figures.figure(window),
            super::Span::Reset(_) => None,
        };
        let (severity, limit) = (episode.severity, Some(limit));
        let about = About { runner, matter, severity, limit, figure, outlook: None, window };
        self.facts(about)
    }

    fn end(
        &self,
        episode: &Episode,
        facts: &mut Facts,
        ended_at: Timestamp,
        again: Option<Timestamp>,
    ) -> News {
        of_episode(facts, episode);
        facts.ended_at = Some(ended_at);
        let id = facts::news_id(&episode.id, Effect::Resolved, again);
        let only = Some(episode.channels.clone());
        let facts = facts.clone();
        News { id, effect: Effect::Resolved, facts, period_end: true, only }
    }

    pub(super) fn standing(
        &self,
        alert: &AlertRecord,
        period: &Period,
        runner: Runner<'_>,
        found: &Found,
        unknown: Option<Unknown>,
    ) -> Standing {
        let told = steps::highest_told(&alert.memory, self.steps);
        let matter = told.map_or_else(|| self.nothing_told(), |step| self.matter(step, false));
        let episode = alert.state.episode();
        let mut facts = self.facts(About {
            runner,
            matter,
            severity: episode.map_or_else(Severity::default, |episode| episode.severity),
            limit: runner.limit.ok(),
            figure: found.figure,
            outlook: found.outlook.as_ref(),
            window: period.window,
        });
        if let Some(episode) = episode {
            of_episode(&mut facts, episode);
            // Whoever looks at an alert asks who, and what is done; of what is quiet nobody does.
            facts.actions = self.taken(&alert.memory);
            let window = period.window;
            facts.contributors =
                window.map(|window| runner.figures.contributors(window)).unwrap_or_default();
        }
        let unknown = unknown.or_else(|| facts.value.is_none().then_some(Unknown::NoData));
        Standing { state: alert.state.clone(), facts, unknown }
    }

    fn facts_here(&self, here: Here<'_>, matter: Matter, severity: Severity) -> Facts {
        self.facts(About {
            runner: here.runner,
            matter,
            severity,
            limit: Some(here.limit),
            figure: Some(here.figure),
            outlook: here.outlook,
            window: here.period.window,
        })
    }

    fn facts(&self, about: About<'_>) -> Facts {
        let About { runner, matter, severity, limit, figure, outlook, window } = about;
        Facts {
            episode: EpisodeId(String::new()),
            root: None,
            rule: self.rule.clone(),
            kind: self.kind,
            severity,
            subject: runner.subject.clone(),
            names: self.case.names(runner.subject),
            matter,
            value: figure.map(|figure| figure.value),
            limit,
            basis: figure.and_then(|figure| figure.basis),
            data_until: figure.and_then(|figure| figure.data_until),
            since: self.case.now,
            ended_at: None,
            period: window,
            zone_name: self.calendar.zone_name().to_owned(),
            forecast: outlook.map(|outlook| outlook.forecast.clone()),
            contributors: Vec::new(),
            actions: Vec::new(),
        }
    }

    fn contributors(&self, here: Here<'_>) -> Vec<crate::notice::Contributor> {
        let window = here.period.window;
        window.map(|window| here.runner.figures.contributors(window)).unwrap_or_default()
    }

    fn matter(&self, step: &Step, late: bool) -> Matter {
        let at = step.at.ratio();
        let forecast = step.of == StepOf::Forecast;
        let beneath = if forecast { Decimal::ZERO } else { at };
        let (next_step, api_limit) = (next_after(self.steps, beneath), self.api_limit);
        Matter::Step { step: at, forecast, next_step, late, api_limit }
    }

    fn nothing_told(&self) -> Matter {
        let (step, next_step) = (Decimal::ZERO, next_after(self.steps, Decimal::ZERO));
        let api_limit = self.api_limit;
        Matter::Step { step, forecast: false, next_step, late: false, api_limit }
    }
}

fn of_episode(facts: &mut Facts, episode: &Episode) {
    facts.episode = episode.id.clone();
    facts.since = episode.since;
    facts.root.clone_from(&episode.root);
}

/// The step of what is used that is told after this share.
fn next_after(steps: &[Step], told: Decimal) -> Option<Decimal> {
    let used = steps.iter().filter(|step| step.of == StepOf::Used);
    used.map(|step| step.at.ratio()).filter(|at| *at > told).min()
}
