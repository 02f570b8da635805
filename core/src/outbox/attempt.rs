//! One try of an entry, and where the entry stands after it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::backoff::Backoff;
use crate::outbox::{Entry, EntryState};

/// While a server is not there at all, somebody asks for it at least this often: the end
/// of an outage is noticed soon, and a login is not tried often enough to be locked out.
const SERVER_WAIT_MOST: Duration = Duration::from_secs(300);

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

/// Whether the receiver has the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    No,
    /// It was offered, and nobody knows what became of it. Offered again it must be the
    /// same message, to the byte.
    Perhaps,
    Yes,
}

/// What stood in the way of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// We did not ask: nothing was learned of the server.
    Us,
    /// This message, or this recipient. Others may get through.
    Message,
    /// The server, for whatever it is offered: unreachable, not private, no login, too busy.
    Server,
}

/// One try of an entry, once it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub outcome: Outcome,
    pub taken: Taken,
    /// Means nothing once it is accepted.
    pub culprit: Culprit,
    /// How long the receiver asks us to wait.
    pub hint: Option<Duration>,
    /// What went wrong, in words; addresses masked.
    pub error: Option<String>,
}

impl Attempt {
    pub const fn accepted() -> Self {
        let (outcome, taken, culprit) = (Outcome::Accepted, Taken::Yes, Culprit::Message);
        Self { outcome, taken, culprit, hint: None, error: None }
    }

    /// In doubt the receiver has it, and the message is to blame; who knows better says so.
    pub const fn unsuccessful(outcome: Outcome, error: String) -> Self {
        let taken = match outcome {
            Outcome::Failed | Outcome::Timeout => Taken::Perhaps,
            Outcome::Refused | Outcome::Throttled => Taken::No,
            Outcome::Accepted => Taken::Yes,
        };
        let culprit = match outcome {
            Outcome::Throttled => Culprit::Server,
            Outcome::Accepted | Outcome::Refused | Outcome::Failed | Outcome::Timeout => {
                Culprit::Message
            }
        };
        Self { outcome, taken, culprit, hint: None, error: Some(error) }
    }

    #[must_use]
    pub const fn taken(mut self, taken: Taken) -> Self {
        self.taken = taken;
        self
    }

    #[must_use]
    pub const fn by(mut self, culprit: Culprit) -> Self {
        self.culprit = culprit;
        self
    }

    /// Whether what it waits for is the server, and not its own turn.
    pub fn waits_for_server(&self) -> bool {
        match self.outcome {
            Outcome::Accepted | Outcome::Refused => false,
            Outcome::Failed | Outcome::Timeout | Outcome::Throttled => {
                self.culprit == Culprit::Server
            }
        }
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
    pub patient_since: Timestamp,
    pub next_attempt_at: Timestamp,
    pub taken: Taken,
    pub waits_for_server: bool,
    pub last_error: Option<String>,
}

impl Standing {
    /// Where `entry` stands when nothing was tried after all: as it stood, and not offered.
    pub fn untried(entry: &Entry) -> Self {
        Self {
            state: entry.state,
            attempts: entry.attempts,
            patient_since: entry.patient_since,
            next_attempt_at: entry.next_attempt_at,
            taken: Taken::No,
            waits_for_server: entry.state == EntryState::Retrying,
            last_error: entry.last_error.clone(),
        }
    }
}

/// What becomes of `entry`, once an attempt has ended at `now`.
///
/// The last attempt of an entry that never gets through is made at the very end of the
/// channel's patience: a wait is cut short rather than a chance missed. Patience that ran
/// out while nobody tried, as over a long stop or a leap of the clock, buys another try.
pub fn after_attempt(
    entry: &Entry,
    attempt: Attempt,
    patience: &Patience,
    now: Timestamp,
) -> Standing {
    let attempts = entry.attempts.saturating_add(1);
    let waits_for_server = attempt.waits_for_server();
    // A clock that was ahead when it was queued must not lend it patience for years.
    let patient_since = entry.patient_since.min(now);
    let (state, next_attempt_at) = match attempt.outcome {
        Outcome::Accepted => (EntryState::Accepted, now),
        Outcome::Refused => (EntryState::Refused, now),
        Outcome::Failed | Outcome::Timeout | Outcome::Throttled => {
            let backoff = match (attempt.hint, waits_for_server) {
                (None, true) => patience.backoff.at_most(SERVER_WAIT_MOST),
                (Some(_), _) | (None, false) => patience.backoff,
            };
            let next = now.saturating_add(backoff.after(attempts, attempt.hint));
            let last = patient_since.saturating_add(patience.give_up_after);
            retried(entry, now, next.unwrap_or(now), last.unwrap_or(Timestamp::MAX))
        }
    };
    let (taken, last_error) = (attempt.taken, attempt.error);
    Standing {
        state,
        attempts,
        patient_since,
        next_attempt_at,
        taken,
        waits_for_server,
        last_error,
    }
}

fn retried(
    entry: &Entry,
    now: Timestamp,
    next: Timestamp,
    last: Timestamp,
) -> (EntryState, Timestamp) {
    if now < last {
        (EntryState::Retrying, next.min(last))
    } else if entry.next_attempt_at < last {
        (EntryState::Retrying, next)
    } else {
        (EntryState::GivenUp, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::{LaneId, NoticeId};
    use crate::outbox::{Destination, EntryId};

    const DAY: i64 = 86_400;
    const HINT: Option<Duration> = Some(Duration::from_secs(31_536_000));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An entry queued at second 0 that failed `failures` times and was due at `due`.
    fn entry(failures: u32, due: i64) -> Entry {
        Entry {
            id: EntryId(1),
            organization: "acme".into(),
            notice: NoticeId("month".to_owned()),
            destination: Destination { channel: "finops".into(), recipient: "a@b".to_owned() },
            lane: LaneId("acme".to_owned()),
            queued_at: at(0),
            patient_since: at(0),
            state: if failures == 0 { EntryState::Queued } else { EntryState::Retrying },
            attempts: failures,
            next_attempt_at: at(due),
            last_error: None,
            folded_into: None,
        }
    }

    fn failed(outcome: Outcome) -> Attempt {
        Attempt::unsuccessful(outcome, "no".to_owned()).by(Culprit::Message)
    }

    /// Where an entry stands after `attempt` ended at `now`, and when it is due next.
    #[track_caller]
    fn check(entry: &Entry, attempt: Attempt, now: i64, expected: (EntryState, i64)) {
        let patience = Patience {
            backoff: Backoff::between(Duration::from_secs(30), Duration::from_secs(3_600)),
            give_up_after: SignedDuration::from_secs(3 * DAY),
        };
        let standing = after_attempt(entry, attempt, &patience, at(now));
        let (state, next) = expected;
        assert_eq!((standing.state, standing.next_attempt_at), (state, at(next)));
        assert_eq!(standing.attempts, entry.attempts + 1);
    }

    #[test]
    fn what_was_accepted_or_refused_is_never_tried_again() {
        check(&entry(0, 0), Attempt::accepted(), 5, (EntryState::Accepted, 5));
        check(&entry(4, 5), failed(Outcome::Refused), 5, (EntryState::Refused, 5));
        assert!(!EntryState::Accepted.is_open() && !EntryState::Refused.is_open());
    }

    #[test]
    fn what_may_heal_is_tried_again_later_and_later() {
        for outcome in [Outcome::Failed, Outcome::Timeout, Outcome::Throttled] {
            check(&entry(0, 0), failed(outcome), 10, (EntryState::Retrying, 40));
            check(&entry(2, 10), failed(outcome), 10, (EntryState::Retrying, 130));
            check(&entry(9, 10), failed(outcome), 10, (EntryState::Retrying, 3_610));
        }
    }

    #[test]
    fn a_server_that_is_gone_is_looked_for_every_few_minutes() {
        let gone = || failed(Outcome::Failed).by(Culprit::Server);
        check(&entry(0, 0), gone(), 10, (EntryState::Retrying, 40));
        check(&entry(9, 10), gone(), 10, (EntryState::Retrying, 310));
        let asked = Attempt { hint: Some(Duration::from_secs(480)), ..gone() };
        check(&entry(9, 10), asked, 10, (EntryState::Retrying, 490));
    }

    #[test]
    fn a_hint_of_a_year_mutes_nobody_wherever_the_clock_stands() {
        let asked = || Attempt { hint: HINT, ..failed(Outcome::Throttled) };
        check(&entry(0, 0), asked(), 10, (EntryState::Retrying, 610));
        check(&entry(1, 10), asked(), -DAY, (EntryState::Retrying, -DAY + 600));
        check(&entry(1, 10), asked(), 400 * DAY, (EntryState::Retrying, 400 * DAY + 600));
    }

    #[test]
    fn patience_ends_with_one_last_attempt() {
        let late = 3 * DAY;
        check(
            &entry(90, late - 60),
            failed(Outcome::Failed),
            late - 60,
            (EntryState::Retrying, late),
        );
        check(&entry(91, late), failed(Outcome::Failed), late, (EntryState::GivenUp, late));
        check(&entry(91, late), Attempt::accepted(), late, (EntryState::Accepted, late));
    }

    #[test]
    fn a_long_stop_or_a_leap_of_the_clock_uses_up_no_patience_unseen() {
        let (back, failed) = (9 * DAY, || failed(Outcome::Failed));
        check(&entry(0, 0), failed(), back, (EntryState::Retrying, back + 30));
        check(&entry(1, back + 30), failed(), back + 30, (EntryState::GivenUp, back + 30));
        // The clock that leapt ahead was set right again meanwhile.
        check(&entry(1, back + 30), failed(), 60, (EntryState::Retrying, 120));
    }

    #[test]
    fn a_clock_that_was_ahead_lends_no_patience() {
        let mut entry = entry(0, 400 * DAY);
        entry.patient_since = at(400 * DAY);
        let patience = Patience {
            backoff: Backoff::between(Duration::from_secs(30), Duration::from_secs(3_600)),
            give_up_after: SignedDuration::from_secs(3 * DAY),
        };
        let standing = after_attempt(&entry, failed(Outcome::Failed), &patience, at(DAY));
        assert_eq!(standing.patient_since, at(DAY));
    }

    #[test]
    fn only_what_was_certainly_not_taken_may_be_folded_later() {
        let taken = |outcome| failed(outcome).taken;
        assert_eq!(taken(Outcome::Timeout), Taken::Perhaps);
        assert_eq!(taken(Outcome::Failed), Taken::Perhaps);
        assert_eq!(taken(Outcome::Refused), Taken::No);
        assert_eq!(taken(Outcome::Throttled), Taken::No);
        assert_eq!(Standing::untried(&entry(0, 0)).taken, Taken::No);
    }
}
