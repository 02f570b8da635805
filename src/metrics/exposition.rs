//! The current lines of every organization, swapped under readers that never wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use prometheus::Registry;
use usagewarden_core::decide::Judged;
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::{OrganizationName, RuleName};

use super::cap::Named;
use super::fragment::Fragment;
use super::polls::{self, PollCounts};
use super::render::{render, unjudged};
use super::scrape::Scrape;

/// What rendering needs to know of an organization besides its snapshot.
#[derive(Clone, Debug)]
pub struct OrganizationSettings {
    pub name: OrganizationName,
    /// `admin` or `company`; the label `api`.
    pub api: &'static str,
    /// Key of the organization's own calendar: see `Calendar::key`.
    pub calendar: String,
    /// Series beyond it are summed into `other`.
    pub series_max: usize,
    /// Whether spend by API key is published.
    pub key_spend: bool,
    /// A company: its figures are its members', and published twice they would be summed twice.
    pub alerts_only: bool,
    /// The rules it is judged by, and every severity that an alert of each can have.
    pub rules: Arc<[(RuleName, Vec<Severity>)]>,
}

/// What a scrape answers.
///
/// One organization's lines are swapped as a whole, so a scrape sees all values of a
/// commit or none. Organizations come and go seldom; their list is copied when they do.
#[derive(Debug)]
pub struct Exposition {
    registry: Registry,
    slots: ArcSwap<Slots>,
}

type Slots = BTreeMap<OrganizationName, Arc<Slot>>;

#[derive(Debug)]
struct Slot {
    settings: OrganizationSettings,
    fragment: ArcSwapOption<Fragment>,
    polls: ArcSwapOption<Fragment>,
    last: Mutex<Last>,
}

/// What one rendering leaves to the next.
#[derive(Debug, Default)]
struct Last {
    revision: u64,
    named: Named,
}

impl Exposition {
    /// `registry` holds what the daemon counts about itself; it is encoded at each scrape.
    pub fn new(
        registry: Registry,
        organizations: impl IntoIterator<Item = OrganizationSettings>,
    ) -> Self {
        let slots =
            organizations.into_iter().map(|settings| (settings.name.clone(), slot(settings)));
        Self { registry, slots: ArcSwap::from_pointee(slots.collect()) }
    }

    /// Makes room for one more organization, or changes the settings of one.
    pub fn add(&self, settings: OrganizationSettings) {
        let slot = slot(settings);
        self.slots.rcu(|slots| {
            let mut slots = Slots::clone(slots);
            slots.insert(slot.settings.name.clone(), Arc::clone(&slot));
            slots
        });
    }

    /// Renders one organization and shows it from the next scrape on.
    ///
    /// Takes about 170 ns a line, so the caller keeps it off the threads that wait for
    /// sockets where organizations are large. A snapshot older than the one shown, or of
    /// an organization that was removed meanwhile, is dropped.
    pub fn publish(&self, judged: &Judged) {
        if let Some(slot) = self.slots.load().get(&judged.snapshot.organization) {
            slot.publish(judged);
        }
    }

    /// Shows what the polls of an organization came to. The caller keeps them in order.
    pub fn publish_polls(&self, organization: &OrganizationName, counts: &PollCounts) {
        if let Some(slot) = self.slots.load().get(organization) {
            slot.polls.store(Some(Arc::new(polls::render(organization, counts))));
        }
    }

    /// Takes every line of an organization away.
    pub fn remove(&self, organization: &OrganizationName) {
        self.slots.rcu(|slots| {
            let mut slots = Slots::clone(slots);
            slots.remove(organization);
            slots
        });
    }

    /// The body of one scrape, of what is published now.
    pub fn scrape(&self) -> Scrape {
        let slots = self.slots.load();
        let fragments = slots.values().flat_map(|slot| [&slot.fragment, &slot.polls]);
        let fragments = fragments.filter_map(ArcSwapOption::load_full).collect();
        Scrape::new(fragments, &self.registry)
    }
}

fn slot(settings: OrganizationSettings) -> Arc<Slot> {
    // A series that does not exist yet cannot be alerted on.
    let fragment = ArcSwapOption::from_pointee(unjudged(&settings));
    let polls = ArcSwapOption::empty();
    Arc::new(Slot { settings, fragment, polls, last: Mutex::default() })
}

impl Slot {
    fn publish(&self, judged: &Judged) {
        let snapshot = &judged.snapshot;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if snapshot.revision < last.revision {
            return;
        }
        last.revision = snapshot.revision;
        let fragment = render(&self.settings, judged, &mut last.named);
        self.fragment.store(Some(Arc::new(fragment)));
    }
}

#[cfg(test)]
mod tests;
