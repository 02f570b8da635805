//! One tick: look at the readings, decide, write the decision down.
//!
//! A tick takes a snapshot of one organization, asks `usagewarden-core` what
//! follows from it, and commits the answer: every alert that moved, together with
//! the notices that the moves cause, and what is to be done about them. Delivering is
//! `deliver`'s work, doing is `act`'s.
//!
//! Ticks promise two things. They are idempotent: with no new readings and no
//! time passed, a tick changes nothing. And they are atomic: an alert is never
//! stored as firing without its notices queued beside it.
//!
//! A tick never touches the network and never waits for one. It can fail only
//! because the store fails; then nothing was written, the failure is counted,
//! and the next tick starts from the same place.

mod metrics;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use usagewarden_core::action::{ActionRecord, Order};
use usagewarden_core::decide::{Decision, Judged, Plan, Rules, decide};
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::notice::Notice;
use usagewarden_core::polling::Polling;
use usagewarden_core::snapshot::{Snapshot, together};
use usagewarden_core::stretch::{Wanted, WindowUse};
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::words;

use crate::chain::Chain;
use crate::clock::SharedClock;
use crate::store::{Fence, Store, StoreError};

pub use metrics::EngineMetrics;

/// Time alone moves verdicts: periods end, bills settle.
const TICK_EVERY: Duration = Duration::from_secs(60);

/// A day's or a week's pace is not another one after this.
const PACES_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// As long as the stretches are not covered.
const GROWING_PACES_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Takes what a tick has judged, for metrics and pages.
pub type Publish = Arc<dyn Fn(Arc<Judged>) + Send + Sync>;

/// Tells how the polls of an organization are doing.
pub type AskPolls = Arc<dyn Fn(&OrganizationName) -> Polling + Send + Sync>;

/// Answers with what was judged last of an organization.
pub type Latest = Arc<dyn Fn(&OrganizationName) -> Option<Arc<Judged>> + Send + Sync>;

/// What one organization, or company, is judged by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name, or the company's.
    pub organization: OrganizationName,
    pub source: Source,
    pub rules: Arc<Rules>,
}

/// Where the figures come from.
#[derive(Clone)]
pub enum Source {
    /// Its own readings. `paces` are stretches besides those of the ledger, which are long, take
    /// more reading than all else, and change slowly: they are looked at now and then.
    Readings { ledger: LedgerSettings, paces: Vec<Wanted> },
    /// What the members of a company came to when they were judged last. A company has no
    /// readings of its own, only alerts and groups.
    Members { names: Vec<OrganizationName>, latest: Latest },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Readings { ledger, paces } => {
                f.debug_struct("Readings").field("ledger", ledger).field("paces", paces).finish()
            }
            Self::Members { names, .. } => {
                f.debug_struct("Members").field("names", names).finish_non_exhaustive()
            }
        }
    }
}

/// What an engine is connected to.
#[derive(Clone)]
pub struct Wiring {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    /// Rung when readings of this organization were committed.
    pub readings_grew: Arc<Notify>,
    /// Rung by the engine when notices were committed.
    pub outbox_grew: Arc<Notify>,
    /// Rung by the engine when orders were committed.
    pub actions_grew: Arc<Notify>,
    pub publish: Publish,
    pub polls: AskPolls,
    pub metrics: EngineMetrics,
}

impl fmt::Debug for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wiring").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Judges one organization, or one company.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    fence: Fence,
    wiring: Wiring,
    paces: Mutex<Paces>,
}

/// Paces as they were read last.
#[derive(Debug, Default)]
struct Paces {
    read_at: Option<Timestamp>,
    windows: Vec<WindowUse>,
}

impl Paces {
    /// Those that were read a short while ago; while the past is still being read they grow.
    fn fresh(&self, now: Timestamp) -> Option<Vec<WindowUse>> {
        let age = now.duration_since(self.read_at?);
        let is_whole = self.windows.iter().all(|window| window.covered);
        let most = if is_whole { PACES_EVERY } else { GROWING_PACES_EVERY };
        (!age.is_negative() && age < most).then(|| self.windows.clone())
    }
}

impl Engine {
    pub fn new(settings: Settings, fence: Fence, wiring: Wiring) -> Self {
        Self { settings, fence, wiring, paces: Mutex::default() }
    }

    /// Ticks whenever readings grew or a group is due, and once a minute, until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let wait = match self.tick().await {
                Ok(wait) => wait,
                Err(error) => {
                    let organization = &self.settings.organization;
                    error!(%organization, error = %Chain(&error), "Could not judge {organization}");
                    self.wiring.metrics.failed(organization);
                    TICK_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wiring.readings_grew.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Reads, decides, writes: the only place where the three meet. Answers with how long
    /// nothing needs judging by itself.
    pub async fn tick(&self) -> Result<Duration, StoreError> {
        let now = self.wiring.clock.now();
        let Some(mut snapshot) = self.look(now).await? else { return Ok(TICK_EVERY) };
        let rules = &self.settings.rules;
        let Decision { plan, standings, again_at } = decide(rules, &snapshot, now);
        if !plan.is_empty() {
            absorb(&mut snapshot, &plan);
            self.commit(plan).await?;
        }
        (self.wiring.publish)(Arc::new(Judged { snapshot, standings }));
        Ok(again_at.map_or(TICK_EVERY, |at| wait_until(at, now)))
    }

    /// What there is to judge; `None` while a member of a company was not judged yet, or its
    /// money cannot be told: a sum without it would tell low steps first, and name the wrong
    /// spenders.
    async fn look(&self, now: Timestamp) -> Result<Option<Snapshot>, StoreError> {
        let Settings { organization, source, .. } = &self.settings;
        let (names, latest) = match source {
            Source::Readings { ledger, paces } => {
                // Asked first: what a poll is said to have heard is then in the snapshot. The
                // other way round, data of a report that has just answered would look stale.
                let polling = (self.wiring.polls)(organization);
                let own = self.read(ledger, paces, now).await?;
                return Ok(Some(Snapshot { polling, ..own }));
            }
            Source::Members { names, latest } => (names, latest),
        };
        let members: Option<Vec<Arc<Judged>>> = names.iter().map(|name| latest(name)).collect();
        let is_told = |member: &Arc<Judged>| !member.snapshot.awaits_bill(now);
        let Some(members) = members.filter(|all| all.iter().all(is_told)) else { return Ok(None) };
        let kept = self.wiring.store.kept(organization).await?;
        let members: Vec<&Snapshot> = members.iter().map(|judged| &judged.snapshot).collect();
        let mut sum = together(organization.clone(), &members, now);
        sum.revision = sum.revision.saturating_add(kept.revision);
        (sum.alerts, sum.groups) = (kept.alerts, kept.groups);
        Ok(Some(sum))
    }

    /// A snapshot with every stretch that rules ask for; paces may be minutes old.
    async fn read(
        &self,
        ledger: &LedgerSettings,
        paces: &[Wanted],
        now: Timestamp,
    ) -> Result<Snapshot, StoreError> {
        let (store, organization) = (&self.wiring.store, &self.settings.organization);
        let known = self.paces.lock().unwrap_or_else(PoisonError::into_inner).fresh(now);
        if let Some(known) = known.filter(|_| !paces.is_empty()) {
            let mut snapshot = store.snapshot(organization, ledger, now).await?;
            snapshot.windows.extend(known);
            return Ok(snapshot);
        }
        let mut wanting = ledger.clone();
        wanting.windows.extend(paces);
        let snapshot = store.snapshot(organization, &wanting, now).await?;
        let read = snapshot.windows.iter().filter(|read| paces.contains(&read.wanted)).cloned();
        let read = Paces { read_at: Some(now), windows: read.collect() };
        *self.paces.lock().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(snapshot)
    }

    /// New states and their notices go down in one transaction. Apart, a crash
    /// between the two would leave an alert that fired and told no one.
    async fn commit(&self, plan: Plan) -> Result<(), StoreError> {
        let (notices, orders) = (plan.notices.clone(), plan.orders.clone());
        self.wiring.store.commit_plan(&self.fence, plan).await?;
        for (notice, destinations) in &notices {
            log(notice);
            self.wiring.metrics.decided(notice.effect(), destinations);
        }
        if !notices.is_empty() {
            self.wiring.outbox_grew.notify_one();
        }
        orders.iter().for_each(log_order);
        if !orders.is_empty() {
            self.wiring.actions_grew.notify_one();
        }
        Ok(())
    }
}

/// What was just committed is what is published.
fn absorb(snapshot: &mut Snapshot, plan: &Plan) {
    for alert in &plan.alerts {
        let known = snapshot
            .alerts
            .iter_mut()
            .find(|old| old.rule == alert.rule && old.subject == alert.subject);
        match known {
            Some(old) => *old = alert.clone(),
            None => snapshot.alerts.push(alert.clone()),
        }
    }
    for order in &plan.orders {
        if !snapshot.actions.iter().any(|known| known.order.id == order.id) {
            snapshot.actions.insert(0, ActionRecord::new(order.clone()));
        }
    }
}

/// Never zero: a clock that stands still must not make a circle.
fn wait_until(at: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
    wait.clamp(Duration::from_millis(10), TICK_EVERY)
}

fn log(notice: &Notice) {
    for news in &notice.news {
        let facts = &news.facts;
        info!(
            organization = %notice.organization,
            alert.rule = %facts.rule,
            alert.subject = %facts.subject,
            alert.severity = %facts.severity,
            alert.effect = news.effect.label(),
            notice.id = %notice.id.0,
            "Alert {}: {}", news.effect.label(), words::summary(&notice.organization, news)
        );
    }
}

fn log_order(order: &Order) {
    let Order { organization, action, rule, subject, targets, dry_run, id, .. } = order;
    info!(
        %organization,
        alert.rule = %rule,
        alert.subject = %subject,
        %action,
        action.id = %id.0,
        action.targets = targets.len(),
        dry_run,
        "Ordered the action {action}: {}", order.does
    );
}

#[cfg(test)]
mod tests {
    use usagewarden_core::stretch::Buckets;
    use usagewarden_core::window::Window;

    use super::*;

    const NOON: &str = "2026-11-20T12:00:00Z";

    /// Whether paces that were read at noon are still good `seconds` later.
    fn check(covered: bool, seconds: i64, expected: bool) {
        let noon: Timestamp = NOON.parse().unwrap();
        let length = SignedDuration::from_hours(24);
        let window = WindowUse {
            wanted: Wanted { length, buckets: Buckets::Closed },
            window: Window::new(noon - length, noon).unwrap(),
            covered,
            rows: Vec::new(),
            requests: None,
        };
        let paces = Paces { read_at: Some(noon), windows: vec![window] };
        let fresh = paces.fresh(noon + SignedDuration::from_secs(seconds));
        assert_eq!(fresh.is_some(), expected, "covered: {covered}, {seconds} s later");
    }

    #[test]
    fn paces_are_read_again_after_five_minutes_and_sooner_while_they_grow() {
        for (covered, seconds, expected) in [
            (true, 0, true),
            (true, 299, true),
            (true, 300, false),
            (false, 59, true),
            (false, 60, false),
            // A clock that was set back says nothing of age.
            (true, -1, false),
        ] {
            check(covered, seconds, expected);
        }
        assert!(Paces::default().fresh(NOON.parse().unwrap()).is_none());
    }
}
