//! The course of an order: what to do next, what a try means, and how it is taken back.
//!
//! For every target somebody looks how it is, and [`forward`] or [`backward`] says what
//! follows from it. What was there before goes into the record, and the record is committed,
//! before the change is asked for; so after a crash a target that was begun is looked at
//! again, and is done if it is as ordered. All changes can be made twice and change nothing
//! more.
//!
//! It promises that nothing is changed but the very thing that was ordered: a key of another
//! id or workspace is refused. An undo brings back only what was changed here, and only as
//! long as it still is as it was made. Nothing here asks an API, and nothing fails.

mod forward;
mod named;
mod undo;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::action::{ActionRecord, ActionState, Before, Doing, Stage};
use crate::amount::Amount;
use crate::backoff::Backoff;
use crate::roster::{ApiKey, RateLimit, SpendLimit, SpendLimitScope};
use crate::subject::{ApiKeyId, ChannelName, WorkspaceId};

pub use forward::forward;
pub use undo::{NoUndo, backward};

/// A runaway is stopped soon or not at all: tries come close together at first.
const BACKOFF: Backoff = Backoff::between(Duration::from_secs(1), Duration::from_secs(300));

/// What could not be done for so long is left to people.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// No try is put off as far: what is, was by a clock that was ahead.
pub const WAIT_MOST: SignedDuration = SignedDuration::from_hours(1);

/// Sentences of one record; more are counted.
const SAID_MAX: usize = 5;

/// What there is to carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    Do,
    Undo,
}

/// How a target is, as far as somebody can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The key of this id; `None`: there is none.
    Key(Option<ApiKey>),
    /// All there are.
    SpendLimits(Vec<SpendLimit>),
    /// All there are, the organization's too.
    RateLimits(Vec<RateLimit>),
    /// A spend limit that the API does not show: what was set from here last.
    SetHere(Amount),
    /// Nobody can tell: a webhook, or an API that does not show what it was given.
    Blind,
}

/// A change to ask for. Asked for twice, it changes nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    DisableKey { id: ApiKeyId },
    EnableKey { id: ApiKeyId },
    SetSpendLimit { workspace: Option<WorkspaceId>, amount: Amount },
    RemoveSpendLimit { id: String },
    SetRateLimit { workspace: WorkspaceId, limit_id: String, limiter: String, value: Option<u64> },
    Call { channel: ChannelName },
}

/// What follows from looking at a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write down what was there, then ask for the change.
    Make { before: Before, change: Change },
    /// Nothing is to be asked for: this is how it ends.
    Settle { stage: Stage, said: Option<String> },
}

/// What stood in the way of a pass over the targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setback {
    /// How long the API asks us to wait.
    pub hint: Option<Duration>,
}

impl ActionRecord {
    /// What there is to carry out; `None`: nothing.
    pub fn errand(&self) -> Option<Errand> {
        if self.undo_asked_at.is_some() && !self.is_undone() {
            return Some(Errand::Undo);
        }
        match self.state {
            ActionState::Queued | ActionState::Retrying => Some(Errand::Do),
            ActionState::Undoing
            | ActionState::Done
            | ActionState::Refused
            | ActionState::GivenUp
            | ActionState::DryRun
            | ActionState::Undone => None,
        }
    }

    /// Whether its time has come. An undo that it does not know of yet does not wait for it.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let turns_back = self.undo_asked_at.is_some() && self.state != ActionState::Undoing;
        let wait = self.next_attempt_at.duration_since(now);
        turns_back || !wait.is_positive() || wait > WAIT_MOST
    }

    /// The targets that `errand` has not settled yet, by place.
    pub fn open(&self, errand: Errand) -> Vec<usize> {
        let is_open = |doing: &Doing| doing.is_open(errand);
        let all = self.doings.iter().take(self.order.targets.len()).enumerate();
        all.filter(|(_, doing)| is_open(doing)).map(|(place, _)| place).collect()
    }

    /// Turns to undoing, with fresh patience. What was not done yet never will be.
    pub fn turn_back(&mut self, now: Timestamp) {
        if self.state != ActionState::Undoing {
            self.come_to(ActionState::Undoing, now);
            self.attempts = 0;
            let done_with = self.doings.iter_mut().filter(|one| one.stage != Stage::Refused);
            done_with.for_each(|doing| doing.said = None);
        }
    }

    /// A change is about to be asked for; to be committed first.
    pub fn begin(&mut self, place: usize, errand: Errand, before: Before) {
        if let Some(doing) = self.doings.get_mut(place) {
            doing.stage = match errand {
                Errand::Do => Stage::Begun,
                Errand::Undo => Stage::Returning,
            };
            doing.before = Some(before);
        }
    }

    /// The change was made.
    pub fn made(&mut self, place: usize, errand: Errand) {
        let stage = match errand {
            Errand::Do => Stage::Done,
            Errand::Undo => Stage::Undone,
        };
        self.settle(place, stage, None);
    }

    pub fn settle(&mut self, place: usize, stage: Stage, said: Option<String>) {
        if let Some(doing) = self.doings.get_mut(place) {
            (doing.stage, doing.said) = (stage, said);
        }
    }

    /// No, for good. `begun`: a try before this one may have changed it.
    pub fn refuse(&mut self, place: usize, errand: Errand, why: String, begun: bool) {
        let (stage, why) = match (errand, begun) {
            (Errand::Do, false) => (Stage::Refused, why),
            (Errand::Do, true) => {
                (Stage::Doubted, format!("{why}; an earlier try may have changed it all the same"))
            }
            (Errand::Undo, _) => (Stage::Stuck, why),
        };
        self.settle(place, stage, Some(why));
    }

    /// It did not work, and may heal.
    pub fn fail(&mut self, place: usize, why: String) {
        if let Some(doing) = self.doings.get_mut(place) {
            doing.said = Some(why);
        }
    }

    /// Where the order stands after a pass over its targets that ended at `now`. A pass that
    /// was broken off with targets left and no setback leaves it where it is.
    pub fn conclude(&mut self, errand: Errand, setback: Option<Setback>, now: Timestamp) {
        if self.open(errand).is_empty() {
            self.attempts = self.attempts.saturating_add(1);
            self.come_to(self.ending(errand), now);
        } else if let Some(setback) = setback {
            self.attempts = self.attempts.saturating_add(1);
            self.retry(errand, setback, now);
        }
        self.last_error = self.said();
    }

    fn ending(&self, errand: Errand) -> ActionState {
        let any = |stage| self.doings.iter().any(|doing| doing.stage == stage);
        match errand {
            Errand::Do if self.doings.is_empty() => ActionState::Refused,
            Errand::Do if any(Stage::Refused) || any(Stage::Doubted) => ActionState::Refused,
            Errand::Do => ActionState::Done,
            Errand::Undo if any(Stage::Stuck) => ActionState::Refused,
            Errand::Undo => ActionState::Undone,
        }
    }

    /// The last try is made at the very end of our patience. Patience that ran out while
    /// nobody tried, as over a long stop, buys another try.
    fn retry(&mut self, errand: Errand, setback: Setback, now: Timestamp) {
        let since = match errand {
            Errand::Do => self.order.decided_at,
            Errand::Undo => self.undo_asked_at.unwrap_or(now),
        };
        let wait = BACKOFF.after(self.attempts, setback.hint);
        let next = now.saturating_add(wait).unwrap_or(now);
        // A clock that was ahead when it was ordered must not lend it patience for years.
        let last = since.min(now).saturating_add(GIVE_UP_AFTER).unwrap_or(Timestamp::MAX);
        if now >= last && self.next_attempt_at >= last {
            return self.give_up(errand, now);
        }
        self.next_attempt_at = if now < last { next.min(last) } else { next };
        if errand == Errand::Do && self.state != ActionState::Retrying {
            (self.state, self.state_since) = (ActionState::Retrying, now);
        }
    }

    fn give_up(&mut self, errand: Errand, now: Timestamp) {
        if errand == Errand::Undo {
            for doing in self.doings.iter_mut().filter(|doing| doing.is_open(errand)) {
                doing.stage = Stage::Stuck;
            }
        }
        self.come_to(ActionState::GivenUp, now);
    }

    /// Due at once: an undo that was asked for meanwhile does not wait.
    fn come_to(&mut self, state: ActionState, now: Timestamp) {
        (self.state, self.state_since, self.next_attempt_at) = (state, now, now);
    }

    /// What there is to say of all targets.
    fn said(&self) -> Option<String> {
        let told = self.order.targets.iter().zip(&self.doings);
        let told: Vec<String> = told
            .filter_map(|(target, doing)| {
                Some(format!("{}: {}", target.named(), doing.said.as_ref()?))
            })
            .collect();
        let more = told.len().saturating_sub(SAID_MAX);
        let shown = told[..told.len() - more].join("; ");
        match more {
            0 => (!shown.is_empty()).then_some(shown),
            more => Some(format!("{shown}; and {more} more")),
        }
    }
}

impl Doing {
    const fn is_open(&self, errand: Errand) -> bool {
        match (errand, self.stage) {
            (Errand::Do, Stage::Waiting | Stage::Begun)
            | (Errand::Undo, Stage::Begun | Stage::Doubted | Stage::Done | Stage::Returning) => {
                true
            }
            (Errand::Do, Stage::Doubted | Stage::Done | Stage::Returning)
            | (Errand::Undo, Stage::Waiting)
            | (
                Errand::Do | Errand::Undo,
                Stage::Left | Stage::Refused | Stage::Undone | Stage::Kept | Stage::Stuck,
            ) => false,
        }
    }
}

/// The cap in dollars that a workspace, or the organization, has of its own.
fn own_cap<'a>(
    limits: &'a [SpendLimit],
    workspace: Option<&WorkspaceId>,
) -> Option<(&'a SpendLimit, Amount)> {
    let is_own = |scope: &SpendLimitScope| match (scope, workspace) {
        (SpendLimitScope::Organization, None) => true,
        (SpendLimitScope::Workspace(id), Some(wanted)) => id == wanted,
        (
            SpendLimitScope::Organization
            | SpendLimitScope::Workspace(_)
            | SpendLimitScope::UsageTier
            | SpendLimitScope::Other(_),
            _,
        ) => false,
    };
    let mut own = limits.iter().filter(|limit| limit.enabled && limit.period == "monthly");
    own.find_map(|limit| is_own(&limit.scope).then_some((limit, limit.amount?)))
}

/// The organization's entry of a limiter, and what the workspace has of its own.
fn own_rate<'a>(
    limits: &'a [RateLimit],
    workspace: &WorkspaceId,
    limit_id: &str,
    limiter: &str,
) -> Option<(&'a RateLimit, Option<u64>)> {
    let mut limits_of = limits.iter().filter(|limit| limit.limiter == limiter);
    let entry = limits_of.clone().find(|limit| {
        limit.workspace.is_none() && limit.id.as_deref().is_some_and(|id| id == limit_id)
    })?;
    let own = limits_of.find(|limit| {
        limit.workspace.as_ref() == Some(workspace)
            && !limit.inherited
            && (&limit.group_type, &limit.group) == (&entry.group_type, &entry.group)
    });
    Some((entry, own.and_then(|own| own.value)))
}

#[cfg(test)]
mod tests;
