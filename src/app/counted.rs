//! What the daemon counts about itself: every room's counters, registered in one place.
//!
//! `docs/metrics.md` is compared with what is registered here, so a counter that is
//! registered anywhere else would be missing from the comparison and from the page.

use std::sync::Arc;

use prometheus::Registry;
use usagewarden_core::subject::{ActionName, ChannelName, OrganizationName};

use crate::act::metrics::ActMetrics;
use crate::claude::Api;
use crate::deliver::heartbeat::HeartbeatMetrics;
use crate::deliver::metrics::DeliveryMetrics;
use crate::engine::EngineMetrics;
use crate::metrics::{DaemonMetrics, Exposition, PollCounts};
use crate::poll::{self, PollMetrics};

/// The counters of the parts. All series exist at zero from here on.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) daemon: DaemonMetrics,
    pub(super) engine: EngineMetrics,
    pub(super) delivery: DeliveryMetrics,
    pub(super) polls: PollMetrics,
    pub(super) acting: ActMetrics,
    /// Only where there is one.
    pub(super) heartbeat: Option<HeartbeatMetrics>,
}

impl Counted {
    pub(super) fn register(
        registry: &Registry,
        exposition: &Arc<Exposition>,
        organizations: &[(OrganizationName, Api)],
        channels: &[ChannelName],
        actions: &[(OrganizationName, ActionName)],
    ) -> prometheus::Result<Self> {
        let names: Vec<_> = organizations.iter().map(|(name, _)| name.clone()).collect();
        Ok(Self {
            daemon: DaemonMetrics::register(registry)?,
            engine: EngineMetrics::register(registry, &names, channels)?,
            delivery: DeliveryMetrics::register(registry, channels)?,
            polls: PollMetrics::register(registry, organizations)?.shown_by(shown_by(exposition)),
            acting: ActMetrics::register(registry, actions)?,
            heartbeat: None,
        })
    }

    pub(super) fn with_heartbeat(self, registry: &Registry) -> prometheus::Result<Self> {
        Ok(Self { heartbeat: Some(HeartbeatMetrics::register(registry)?), ..self })
    }
}

/// What is counted by organization becomes lines of that organization.
fn shown_by(exposition: &Arc<Exposition>) -> poll::Show {
    let exposition = Arc::clone(exposition);
    Arc::new(move |organization, tallies| {
        let mut counts = PollCounts::default();
        for (report, tally) in tallies {
            let outcomes = tally.outcomes();
            counts.polls.extend(outcomes.map(|(outcome, n)| (*report, outcome.label(), n)));
            counts.last_success.push((*report, tally.last_success));
        }
        exposition.publish_polls(organization, &counts);
    })
}
