//! Notices on their way: what is queued for whom, and what came of it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::backoff::Backoff;
use crate::notice::{Notice, NoticeId};
use crate::subject::{ChannelName, OrganizationName};

/// Names an entry in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub i64);

/// One receiver of one channel: a mailbox, or the one address of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Destination {
    pub channel: ChannelName,
    pub recipient: String,
}

/// A notice queued for one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: EntryId,
    pub organization: OrganizationName,
    pub notice: NoticeId,
    pub destination: Destination,
    pub queued_at: Timestamp,
    pub state: EntryState,
    /// Attempts made so far.
    pub attempts: u32,
    /// Not tried before.
    pub next_attempt_at: Timestamp,
    /// What came of the last attempt, in words; addresses masked.
    pub last_error: Option<String>,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EntryState {
    /// Never tried.
    Queued,
    /// Failed at least once, in a way that may heal.
    Retrying,
    /// The receiver said no for good.
    Refused,
    /// Tried for as long as the channel allows.
    GivenUp,
    Accepted,
}

impl EntryState {
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Retrying, Self::Refused, Self::GivenUp, Self::Accepted];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Retrying => "retrying",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Accepted => "accepted",
        }
    }

    /// Whether it waits to be sent.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Retrying => true,
            Self::Refused | Self::GivenUp | Self::Accepted => false,
        }
    }
}

/// An entry that is due, with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub entry: Entry,
    pub notice: Notice,
}

/// What came of one attempt; the label `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The receiver has it.
    Accepted,
    /// The receiver said no for good.
    Refused,
    /// It did not work, and may heal. Perhaps the receiver has it all the same.
    Failed,
    /// There was no answer in time. Perhaps the receiver has it all the same.
    Timeout,
    /// The receiver asked us to come back later.
    Throttled,
}

impl Outcome {
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::Refused, Self::Failed, Self::Timeout, Self::Throttled];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Throttled => "throttled",
        }
    }
}

/// One try of an entry, once it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub outcome: Outcome,
    /// How long the receiver asks us to wait.
    pub hint: Option<Duration>,
    /// What went wrong, in words; addresses masked.
    pub error: Option<String>,
}

impl Attempt {
    pub const fn accepted() -> Self {
        Self { outcome: Outcome::Accepted, hint: None, error: None }
    }

    pub const fn unsuccessful(outcome: Outcome, error: String) -> Self {
        Self { outcome, hint: None, error: Some(error) }
    }
}

/// How patiently a channel is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    pub backoff: Backoff,
    pub give_up_after: SignedDuration,
}

/// Where an entry stands after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: EntryState,
    pub attempts: u32,
    pub next_attempt_at: Timestamp,
    pub last_error: Option<String>,
}

/// What becomes of `entry`, once an attempt has ended at `now`.
///
/// The last attempt of an entry that never gets through is made at the very end of
/// the channel's patience: a wait is cut short rather than a chance missed.
pub fn after_attempt(
    entry: &Entry,
    attempt: Attempt,
    patience: &Patience,
    now: Timestamp,
) -> Standing {
    let attempts = entry.attempts.saturating_add(1);
    let (state, next_attempt_at) = match attempt.outcome {
        Outcome::Accepted => (EntryState::Accepted, now),
        Outcome::Refused => (EntryState::Refused, now),
        Outcome::Failed | Outcome::Timeout | Outcome::Throttled => {
            retry(entry.queued_at, attempts, attempt.hint, patience, now)
        }
    };
    Standing { state, attempts, next_attempt_at, last_error: attempt.error }
}

fn retry(
    queued_at: Timestamp,
    failures: u32,
    hint: Option<Duration>,
    patience: &Patience,
    now: Timestamp,
) -> (EntryState, Timestamp) {
    let last = queued_at.saturating_add(patience.give_up_after).unwrap_or(Timestamp::MAX);
    if now >= last {
        return (EntryState::GivenUp, now);
    }
    let wait = patience.backoff.after(failures, hint);
    let next = now.saturating_add(wait).unwrap_or(last);
    (EntryState::Retrying, next.min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An entry queued at second 0 that failed `failures` times, and its next attempt at `now`.
    #[track_caller]
    fn check(failures: u32, outcome: Outcome, now: i64, expected: (EntryState, i64)) {
        let entry = Entry {
            id: EntryId(1),
            organization: "acme".into(),
            notice: NoticeId("month".to_owned()),
            destination: Destination { channel: "finops".into(), recipient: "a@b".to_owned() },
            queued_at: at(0),
            state: EntryState::Queued,
            attempts: failures,
            next_attempt_at: at(0),
            last_error: None,
        };
        let patience = Patience {
            backoff: Backoff::between(Duration::from_secs(30), Duration::from_secs(3_600)),
            give_up_after: SignedDuration::from_secs(3 * DAY),
        };
        let attempt = Attempt { outcome, hint: None, error: None };
        let standing = after_attempt(&entry, attempt, &patience, at(now));
        let (state, next) = expected;
        assert_eq!((standing.state, standing.next_attempt_at), (state, at(next)));
        assert_eq!(standing.attempts, failures + 1);
    }

    #[test]
    fn what_was_accepted_or_refused_is_never_tried_again() {
        check(0, Outcome::Accepted, 5, (EntryState::Accepted, 5));
        check(4, Outcome::Refused, 5, (EntryState::Refused, 5));
        assert!(!EntryState::Accepted.is_open() && !EntryState::Refused.is_open());
    }

    #[test]
    fn what_may_heal_is_tried_again_later_and_later() {
        for outcome in [Outcome::Failed, Outcome::Timeout, Outcome::Throttled] {
            check(0, outcome, 10, (EntryState::Retrying, 40));
            check(2, outcome, 10, (EntryState::Retrying, 130));
        }
    }

    #[test]
    fn patience_ends_with_one_last_attempt() {
        check(90, Outcome::Failed, 3 * DAY - 60, (EntryState::Retrying, 3 * DAY));
        check(91, Outcome::Failed, 3 * DAY, (EntryState::GivenUp, 3 * DAY));
        check(91, Outcome::Accepted, 3 * DAY, (EntryState::Accepted, 3 * DAY));
    }
}
