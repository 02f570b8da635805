//! Conditions that hold or do not: from quiet over pending to firing, and back.
//!
//! What a judge finds of one subject meets where its alert stands. `Unknown` moves
//! nothing: an API that has gone silent is not evidence that anything has stopped.
//! Nothing resolves that did not fire, and nothing resolves without a clear look.

use jiff::{SignedDuration, Timestamp};

use crate::alert::{AlertRecord, AlertState, Episode, EpisodeId};
use crate::decide::Standing;
use crate::decide::case::Case;
use crate::decide::facts;
use crate::decide::turn::Turn;
use crate::decide::verdict::{Unknown, Verdict};
use crate::ledger::Basis;
use crate::notice::{Contributor, Effect, Facts, Kind, Matter, Names, News};
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
    /// Since when a breach has lasted, where the judge knows of a time before now.
    pub(super) begun_at: Option<Timestamp>,
    /// Another alert fires that says this too: it waits, and keeps its place.
    pub(super) spoken_for: bool,
    /// What its ids are called, where the judge knows; else it is looked up.
    pub(super) names: Option<Names>,
}

/// The rule that found it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder<'a> {
    pub(super) rule: &'a RuleName,
    pub(super) kind: Kind,
    pub(super) hold: SignedDuration,
}

/// What a tick does to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Stay,
    Wait {
        since: Timestamp,
    },
    Calm,
    Fire {
        since: Timestamp,
    },
    /// It fires already, and more severely now.
    Worsen,
    Remind,
    Resolve,
}

/// What a state is moved by.
#[derive(Clone, Copy, Debug)]
struct Look {
    verdict: Verdict,
    severity: Severity,
    hold: SignedDuration,
    begun_at: Option<Timestamp>,
    spoken_for: bool,
    now: Timestamp,
}

impl Finding {
    /// A finding without figures.
    pub(super) fn new(
        subject: Subject,
        verdict: Verdict,
        severity: Severity,
        matter: Matter,
    ) -> Self {
        Self {
            subject,
            verdict,
            severity,
            matter,
            value: None,
            limit: None,
            basis: None,
            data_until: None,
            contributors: Vec::new(),
            begun_at: None,
            spoken_for: false,
            names: None,
        }
    }

    /// Why it says nothing, if so.
    const fn unknown(&self) -> Option<Unknown> {
        match self.verdict {
            Verdict::Unknown(unknown) => Some(unknown),
            Verdict::Breach | Verdict::Clear => None,
        }
    }

    /// What there is to say of it; who speaks when is added by [`advance`].
    pub(super) fn facts(self, case: &Case<'_>, finder: Finder<'_>) -> Facts {
        let (nameless, rule) = (EpisodeId(String::new()), finder.rule.clone());
        Facts {
            names: self.names.unwrap_or_else(|| case.names(&self.subject)),
            subject: self.subject,
            value: self.value,
            limit: self.limit,
            basis: self.basis,
            data_until: self.data_until,
            zone_name: case.rules.calendar.zone_name().to_owned(),
            contributors: self.contributors,
            ..Facts::bare(nameless, rule, finder.kind, self.severity, self.matter, case.now)
        }
    }
}

/// Advances the alert of one finding.
pub(super) fn advance(case: &Case<'_>, finder: Finder<'_>, finding: Finding) -> Turn {
    let alert = case.alert(finder.rule, &finding.subject);
    advance_known(case, finder, finding, alert)
}

/// As [`advance`], of an alert that was found already: one among thousands.
pub(super) fn advance_known(
    case: &Case<'_>,
    finder: Finder<'_>,
    finding: Finding,
    mut alert: AlertRecord,
) -> Turn {
    let (look, unknown) = (Look::of(case, finder, &finding), finding.unknown());
    let mut facts = finding.facts(case, finder);
    if let Some(episode) = alert.state.episode() {
        (facts.episode, facts.since, facts.root) =
            (episode.id.clone(), episode.since, episode.root.clone());
        facts.severity = facts.severity.max(episode.severity);
    }
    let next = look.next(&alert.state, |episode| {
        let every = case.remind_every(&facts);
        every.is_some_and(|every| case.is_apart(episode.told_at, every))
    });
    let news = make(case, next, &mut alert.state, &mut facts);
    let standing = Standing { state: alert.state.clone(), facts, unknown };
    let again_at = look.due(&alert.state);
    Turn {
        alert,
        news: news.into_iter().collect(),
        orders: Vec::new(),
        standing: Some(standing),
        again_at,
    }
}

/// Makes a move, and says what people must be told of it.
fn make(case: &Case<'_>, next: Move, state: &mut AlertState, facts: &mut Facts) -> Option<News> {
    match next {
        Move::Stay => None,
        Move::Wait { since } => {
            *state = AlertState::Pending { since };
            None
        }
        Move::Calm => {
            *state = AlertState::Quiet;
            None
        }
        Move::Fire { since } => {
            let organization = &case.snapshot.organization;
            let id = facts::episode_id(&facts.rule, organization, &facts.subject, since);
            (facts.episode, facts.since, facts.root) = (id.clone(), since, None);
            let (severity, told_at) = (facts.severity, case.now);
            let (root, channels) = (None, Vec::new());
            *state = AlertState::Firing(Episode { id, severity, since, told_at, root, channels });
            Some(piece(Effect::Fired, facts, case.now))
        }
        Move::Worsen | Move::Remind => {
            let effect = if next == Move::Remind { Effect::Reminded } else { Effect::Fired };
            if let AlertState::Firing(episode) = state {
                (episode.severity, episode.told_at) = (facts.severity, case.now);
            }
            Some(piece(effect, facts, case.now))
        }
        Move::Resolve => {
            let only = state.episode().map(|episode| episode.channels.clone());
            *state = AlertState::Quiet;
            facts.ended_at = Some(case.now);
            Some(News { only, ..piece(Effect::Resolved, facts, case.now) })
        }
    }
}

impl Look {
    fn of(case: &Case<'_>, finder: Finder<'_>, finding: &Finding) -> Self {
        let Finding { verdict, severity, begun_at, spoken_for, .. } = *finding;
        Self { verdict, severity, hold: finder.hold, begun_at, spoken_for, now: case.now }
    }

    /// `is_reminder_due` is asked only of what fires and goes on.
    fn next(self, state: &AlertState, is_reminder_due: impl FnOnce(&Episode) -> bool) -> Move {
        match (state, self.verdict) {
            (AlertState::Quiet, Verdict::Breach) => {
                self.armed(self.begun_at.map_or(self.now, |at| at.min(self.now)))
            }
            (AlertState::Pending { since }, Verdict::Breach) => {
                let waits_on = Move::Wait { since: *since };
                Some(self.armed(*since)).filter(|next| *next != waits_on).unwrap_or(Move::Stay)
            }
            (AlertState::Firing(_), Verdict::Breach) if self.spoken_for => Move::Stay,
            (AlertState::Firing(episode), Verdict::Breach) if self.severity > episode.severity => {
                Move::Worsen
            }
            (AlertState::Firing(episode), Verdict::Breach) => {
                if is_reminder_due(episode) {
                    Move::Remind
                } else {
                    Move::Stay
                }
            }
            (AlertState::Firing(_), Verdict::Clear) => Move::Resolve,
            (AlertState::Pending { .. }, Verdict::Clear) => Move::Calm,
            (AlertState::Quiet, Verdict::Clear)
            | (
                AlertState::Quiet | AlertState::Pending { .. } | AlertState::Firing(_),
                Verdict::Unknown(_),
            ) => Move::Stay,
        }
    }

    /// When a wait is over. An API that is silent rings no bell then.
    fn due(self, state: &AlertState) -> Option<Timestamp> {
        let AlertState::Pending { since } = state else { return None };
        let is_counting = self.verdict == Verdict::Breach && !self.spoken_for;
        let due = since.saturating_add(self.hold).ok().filter(|_| is_counting);
        due.filter(|due| *due > self.now)
    }

    /// A clock that was set back makes a wait longer, never endless: it begins again.
    fn armed(self, since: Timestamp) -> Move {
        let since = since.min(self.now);
        if !self.spoken_for && self.now.duration_since(since) >= self.hold {
            Move::Fire { since }
        } else {
            Move::Wait { since }
        }
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
