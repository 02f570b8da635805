//! Whether all is well, as the heartbeat tells it: polls, judging and store work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use usagewarden_core::subject::OrganizationName;

use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::config::{Cadence, Config, Organization};
use crate::deliver::heartbeat::{AskWellness, Wellness};
use crate::engine::Publish;
use crate::poll::{self, Board, Identity};
use crate::store::Store;

/// Every organization is judged once a minute, whatever comes.
const JUDGED_WITHIN: Duration = Duration::from_secs(300);

/// Shorter cadences than this do not make a late poll worth waking somebody.
const READ_WITHIN_LEAST: SignedDuration = SignedDuration::from_mins(5);

/// What a cron expression is taken for: it may well mean once a day.
const CRON_GAP: SignedDuration = SignedDuration::from_hours(24);

/// Reasons that fit a message.
const REASONS_MOST: usize = 5;

/// When each organization was judged last. A clone is the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Ticks(Arc<Mutex<BTreeMap<OrganizationName, Instant>>>);

impl Ticks {
    /// The same `publish`, with a note of when it was called for whom.
    pub(super) fn noting(&self, publish: Publish) -> Publish {
        let ticks = self.clone();
        Arc::new(move |judged| {
            let name = judged.snapshot.organization.clone();
            ticks.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, Instant::now());
            publish(judged);
        })
    }

    fn age(&self, name: &OrganizationName) -> Option<Duration> {
        let ticks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ticks.get(name).map(Instant::elapsed)
    }
}

/// What is looked at.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) store: Arc<dyn Store>,
    pub(super) board: Board,
    pub(super) ticks: Ticks,
    pub(super) clock: SharedClock,
}

impl Watched {
    pub(super) fn wellness(self, config: &Config) -> AskWellness {
        let expected = |own: &Organization| (own.name.clone(), read_within(own));
        let expected: Arc<[_]> = config.organizations.iter().map(expected).collect();
        Arc::new(move || {
            let (watched, expected) = (self.clone(), Arc::clone(&expected));
            Box::pin(async move { watched.look(&expected).await })
        })
    }

    async fn look(&self, expected: &[(OrganizationName, SignedDuration)]) -> Wellness {
        let now = self.clock.now();
        let mut found: Vec<Wellness> = Vec::new();
        if let Err(error) = self.store.next_due(Vec::new()).await {
            found.push(Wellness::Ill(format!("the store fails: {}", Chain(&error))));
        }
        for (name, within) in expected {
            let standing = self.board.standing(name);
            found.push(of(name, standing.as_ref(), self.ticks.age(name), *within, now));
        }
        together(found)
    }
}

/// A few polls of what is read most often.
fn read_within(organization: &Organization) -> SignedDuration {
    let gap = |cadence: &Cadence| match cadence {
        Cadence::Every(interval) => *interval,
        Cadence::Cron(_) => CRON_GAP,
    };
    let shortest = organization.poll.iter().map(|(_, cadence)| gap(cadence)).min();
    (shortest.unwrap_or_default() * 3).max(READ_WITHIN_LEAST)
}

fn of(
    name: &OrganizationName,
    standing: Option<&poll::Standing>,
    judged: Option<Duration>,
    within: SignedDuration,
    now: Timestamp,
) -> Wellness {
    let Some(standing) = standing else { return Wellness::Starting };
    if standing.taken_over {
        // Its new owner tells of it.
        return Wellness::Well;
    }
    if let Identity::Wrong(_) = standing.identity {
        return Wellness::Ill(format!("another organization answers for {name}"));
    }
    let read_at = standing.polls.values().filter_map(|health| health.last_success_at).max();
    let failing = standing.polls.values().find_map(|health| health.failing.as_ref());
    let cause = failing.map(|failing| format!(": {}", failing.cause)).unwrap_or_default();
    match (read_at, judged) {
        (None, _) if failing.is_some() => Wellness::Ill(format!("{name} was never read{cause}")),
        (None, _) | (_, None) => Wellness::Starting,
        (Some(read_at), _) if now.duration_since(read_at) > within => {
            Wellness::Ill(format!("{name} was not read since {read_at:.0}{cause}"))
        }
        (Some(_), Some(judged)) if judged > JUDGED_WITHIN => {
            Wellness::Ill(format!("{name} was not judged for {} s", judged.as_secs()))
        }
        (Some(_), Some(_)) => Wellness::Well,
    }
}

/// One that is ill makes all of it ill; one that is not known keeps it from being well.
fn together(found: Vec<Wellness>) -> Wellness {
    let starting = found.contains(&Wellness::Starting);
    let mut reasons: Vec<String> = Vec::new();
    for wellness in found {
        match wellness {
            Wellness::Ill(reason) => reasons.push(reason),
            Wellness::Well | Wellness::Starting => {}
        }
    }
    if let Some(more) = reasons.len().checked_sub(REASONS_MOST).filter(|more| *more > 0) {
        reasons.truncate(REASONS_MOST);
        reasons.push(format!("and {more} more"));
    }
    match (reasons.is_empty(), starting) {
        (false, _) => Wellness::Ill(reasons.join("\n")),
        (true, true) => Wellness::Starting,
        (true, false) => Wellness::Well,
    }
}
