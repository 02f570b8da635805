//! What the engine counts.

use std::collections::BTreeSet;

use prometheus::{IntCounterVec, Opts, Registry};
use usagewarden_core::notice::Effect;
use usagewarden_core::outbox::Destination;
use usagewarden_core::subject::{ChannelName, OrganizationName};

/// Notices decided, and ticks that failed.
#[derive(Clone, Debug)]
pub struct EngineMetrics {
    notices: IntCounterVec,
    failures: IntCounterVec,
}

impl EngineMetrics {
    pub fn register(
        registry: &Registry,
        organizations: &[OrganizationName],
        channels: &[ChannelName],
    ) -> prometheus::Result<Self> {
        let help = "Notices queued for a channel, by effect.";
        let opts = Opts::new("usagewarden_notices_total", help);
        let notices = IntCounterVec::new(opts, &["channel", "effect"])?;
        let help = "Ticks that could not be completed because the store failed.";
        let opts = Opts::new("usagewarden_tick_failures_total", help);
        let failures = IntCounterVec::new(opts, &["organization"])?;
        registry.register(Box::new(notices.clone()))?;
        registry.register(Box::new(failures.clone()))?;
        // A series that does not exist yet cannot be alerted on, so all start at zero.
        for organization in organizations {
            failures.with_label_values(&[organization.as_str()]);
        }
        for channel in channels {
            for effect in Effect::ALL {
                notices.with_label_values(&[channel.as_str(), effect.label()]);
            }
        }
        Ok(Self { notices, failures })
    }

    /// A notice was queued. A channel counts it once, however many it reaches.
    pub(super) fn decided(&self, effect: Effect, destinations: &[Destination]) {
        let channels: BTreeSet<&ChannelName> =
            destinations.iter().map(|destination| &destination.channel).collect();
        for channel in channels {
            self.notices.with_label_values(&[channel.as_str(), effect.label()]).inc();
        }
    }

    pub(super) fn failed(&self, organization: &OrganizationName) {
        self.failures.with_label_values(&[organization.as_str()]).inc();
    }
}
