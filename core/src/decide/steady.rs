//! Conditions that hold or do not: from quiet over pending to firing, and back.
//!
//! What a judge finds of one subject meets where its alert stands. `Unknown` moves
//! nothing: an API that has gone silent is not evidence that anything has stopped.

use jiff::{SignedDuration, Timestamp};

use crate::alert::{AlertState, Episode, EpisodeId};
use crate::decide::Standing;
use crate::decide::case::Case;
use crate::decide::facts;
use crate::decide::turn::Turn;
use crate::decide::verdict::Verdict;
use crate::ledger::Basis;
use crate::notice::{Contributor, Effect, Facts, Matter, News};
use crate::quantity::Quantity;
use crate::rule::Severity;
use crate::subject::{RuleName, Subject};

/// What a judge found of one subject.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) subject: Subject,
    pub(super) verdict: Verdict,
    pub(super) severity: Severity,
    pub(super) matter: Matter,
    pub(super) value: Option<Quantity>,
    pub(super) limit: Option<Quantity>,
    pub(super) basis: Option<Basis>,
    pub(super) data_until: Option<Timestamp>,
    pub(super) contributors: Vec<Contributor>,
}

/// The rule that found it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder<'a> {
    pub(super) rule: &'a RuleName,
    pub(super) kind: crate::notice::Kind,
    pub(super) hold: SignedDuration,
}

/// What a tick does to a state.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Move {
    Stay,
    To(AlertState),
    Fire {
        since: Timestamp,
    },
    /// It fires already, and more severely now.
    Worsen,
    Remind,
    Resolve,
}

/// Advances the alert of one finding.
pub(super) fn advance(case: &Case<'_>, finder: Finder<'_>, finding: Finding) -> Turn {
    let mut alert = case.alert(finder.rule, &finding.subject);
    let mut facts = facts_of(case, finder, &finding);
    if let Some(episode) = alert.state.episode() {
        (facts.episode, facts.since, facts.root) =
            (episode.id.clone(), episode.since, episode.root.clone());
        facts.severity = facts.severity.max(episode.severity);
    }
    let remind_every = case.remind_every(&facts);
    let next =
        step(&alert.state, finding.verdict, finding.severity, finder.hold, remind_every, case.now);
    let mut news = Vec::new();
    match next {
        Move::Stay => {}
        Move::To(state) => alert.state = state,
        Move::Fire { since } => {
            let id = facts::episode_id(
                finder.rule,
                &case.snapshot.organization,
                &finding.subject,
                since,
            );
            (facts.episode, facts.since, facts.root) = (id.clone(), since, None);
            alert.state = AlertState::Firing(Episode {
                id,
                severity: finding.severity,
                since,
                told_at: case.now,
                root: None,
                channels: Vec::new(),
            });
            news.push(piece(Effect::Fired, &facts, case.now));
        }
        Move::Worsen | Move::Remind => {
            let effect = if next == Move::Remind { Effect::Reminded } else { Effect::Fired };
            if let AlertState::Firing(episode) = &mut alert.state {
                (episode.severity, episode.told_at) =
                    (episode.severity.max(finding.severity), case.now);
            }
            news.push(piece(effect, &facts, case.now));
        }
        Move::Resolve => {
            let only = alert.state.episode().map(|episode| episode.channels.clone());
            facts.ended_at = Some(case.now);
            news.push(News { only, ..piece(Effect::Resolved, &facts, case.now) });
            alert.state = AlertState::Quiet;
        }
    }
    let unknown = match finding.verdict {
        Verdict::Unknown(unknown) => Some(unknown),
        Verdict::Breach | Verdict::Clear => None,
    };
    let standing = Standing { state: alert.state.clone(), facts, unknown };
    Turn { alert, news, standing }
}

fn step(
    state: &AlertState,
    verdict: Verdict,
    severity: Severity,
    hold: SignedDuration,
    remind_every: Option<SignedDuration>,
    now: Timestamp,
) -> Move {
    let armed = |since: Timestamp| {
        if now.duration_since(since) >= hold {
            Move::Fire { since }
        } else {
            Move::To(AlertState::Pending { since })
        }
    };
    match (state, verdict) {
        (AlertState::Quiet, Verdict::Breach) => armed(now),
        (AlertState::Pending { since }, Verdict::Breach) => armed(*since),
        (AlertState::Firing(episode), Verdict::Breach) if severity > episode.severity => {
            Move::Worsen
        }
        (AlertState::Firing(episode), Verdict::Breach) => {
            let is_due = |every| now.duration_since(episode.told_at) >= every;
            if remind_every.is_some_and(is_due) { Move::Remind } else { Move::Stay }
        }
        (AlertState::Firing(_), Verdict::Clear) => Move::Resolve,
        (AlertState::Pending { .. }, Verdict::Clear) => Move::To(AlertState::Quiet),
        (AlertState::Quiet, Verdict::Clear)
        | (
            AlertState::Quiet | AlertState::Pending { .. } | AlertState::Firing(_),
            Verdict::Unknown(_),
        ) => Move::Stay,
    }
}

/// An episode resolves once; all else can happen to it again.
fn piece(effect: Effect, facts: &Facts, now: Timestamp) -> News {
    let at = match effect {
        Effect::Resolved => None,
        Effect::Fired | Effect::Reminded | Effect::Test => Some(now),
    };
    let id = facts::news_id(&facts.episode, effect, at);
    News { id, effect, facts: facts.clone(), period_end: false, only: None }
}

fn facts_of(case: &Case<'_>, finder: Finder<'_>, finding: &Finding) -> Facts {
    Facts {
        episode: EpisodeId(String::new()),
        root: None,
        rule: finder.rule.clone(),
        kind: finder.kind,
        severity: finding.severity,
        names: case.names(&finding.subject),
        subject: finding.subject.clone(),
        matter: finding.matter.clone(),
        value: finding.value,
        limit: finding.limit,
        basis: finding.basis,
        data_until: finding.data_until,
        since: case.now,
        ended_at: None,
        period: None,
        zone_name: case.rules.calendar.zone_name().to_owned(),
        forecast: None,
        contributors: finding.contributors.clone(),
    }
}
