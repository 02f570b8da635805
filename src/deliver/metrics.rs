//! What deliver counts: attempts, what is queued, and how long people waited.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};
use usagewarden_core::outbox::{EntryState, Outcome};
use usagewarden_core::subject::ChannelName;

use crate::store::{Store, StoreError};

/// From a tenth of a second to the three days after which a mail is given up.
const DELAYS: [f64; 12] =
    [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0, 3_600.0, 86_400.0, 259_200.0];

/// The counters of the outbox and its lanes.
#[derive(Clone, Debug)]
pub struct DeliveryMetrics {
    channels: Vec<ChannelName>,
    attempts: IntCounterVec,
    entries: IntGaugeVec,
    delay: Histogram,
    store_failures: IntCounter,
}

impl DeliveryMetrics {
    pub fn register(registry: &Registry, channels: &[ChannelName]) -> prometheus::Result<Self> {
        let help = "Attempts to hand a notice to a receiver, by channel and outcome.";
        let opts = Opts::new("usagewarden_delivery_attempts_total", help);
        let attempts = IntCounterVec::new(opts, &["channel", "outcome"])?;
        let help = "Notices in the outbox, by channel and state.";
        let opts = Opts::new("usagewarden_outbox_entries", help);
        let entries = IntGaugeVec::new(opts, &["channel", "state"])?;
        let help = "From a notice being decided to a receiver having accepted it.";
        let opts = HistogramOpts::new("usagewarden_delivery_delay_seconds", help);
        let delay = Histogram::with_opts(opts.buckets(DELAYS.to_vec()))?;
        let help = "Failures of the store that held up deliveries.";
        let store_failures = IntCounter::new("usagewarden_delivery_store_failures_total", help)?;
        registry.register(Box::new(attempts.clone()))?;
        registry.register(Box::new(entries.clone()))?;
        registry.register(Box::new(delay.clone()))?;
        registry.register(Box::new(store_failures.clone()))?;
        let channels = channels.to_vec();
        let metrics = Self { channels, attempts, entries, delay, store_failures };
        metrics.start_at_zero();
        Ok(metrics)
    }

    /// A series that does not exist yet cannot be alerted on, so all start at zero.
    fn start_at_zero(&self) {
        for channel in &self.channels {
            for outcome in Outcome::ALL {
                self.attempts.with_label_values(&[channel.as_str(), outcome.label()]);
            }
        }
        self.show(&BTreeMap::new());
    }

    pub(super) fn attempted(&self, channel: &ChannelName, outcome: Outcome) {
        self.attempts.with_label_values(&[channel.as_str(), outcome.label()]).inc();
    }

    pub(super) fn delayed(&self, delay: SignedDuration) {
        self.delay.observe(delay.as_secs_f64().max(0.0));
    }

    pub(super) fn store_failed(&self) {
        self.store_failures.inc();
    }

    /// Counts what the outbox holds.
    pub(super) async fn count(&self, store: &dyn Store) -> Result<(), StoreError> {
        let counts = store.entry_counts().await?;
        let counts = counts.into_iter().map(|count| ((count.channel, count.state), count.entries));
        let counts = counts.collect();
        self.show(&counts);
        Ok(())
    }

    fn show(&self, counts: &BTreeMap<(ChannelName, EntryState), u64>) {
        for channel in &self.channels {
            for state in EntryState::ALL {
                let count = counts.get(&(channel.clone(), state)).copied().unwrap_or(0);
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                self.entries.with_label_values(&[channel.as_str(), state.label()]).set(count);
            }
        }
    }
}
