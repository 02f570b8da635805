//! What is counted about polls.

use std::time::Duration;

use jiff::Timestamp;
use prometheus::{Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use super::reports;
use crate::claude::{Api, Outcome};

const NAMESPACE: &str = "usagewarden";

/// From an answer on the same machine to the longest patience with one answer.
const DURATION_BUCKETS: &[f64] = &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// The counters of the polls.
#[derive(Clone, Debug)]
pub struct PollMetrics {
    polls: IntCounterVec,
    durations: HistogramVec,
    last_success: GaugeVec,
    tick: Gauge,
}

impl PollMetrics {
    pub fn register(
        registry: &Registry,
        organizations: &[(OrganizationName, Api)],
    ) -> prometheus::Result<Self> {
        let metrics = Self::new()?;
        registry.register(Box::new(metrics.polls.clone()))?;
        registry.register(Box::new(metrics.durations.clone()))?;
        registry.register(Box::new(metrics.last_success.clone()))?;
        registry.register(Box::new(metrics.tick.clone()))?;
        // A series that does not exist yet cannot be alerted on, so all start at zero.
        for (organization, api) in organizations {
            for report in reports(*api) {
                metrics.start(organization, *report);
            }
        }
        Ok(metrics)
    }

    fn new() -> prometheus::Result<Self> {
        let opts = |name, help| Opts::new(name, help).namespace(NAMESPACE);
        let polls = opts("polls_total", "Polls of a report, by organization and outcome.");
        let last = opts(
            "poll_last_success_timestamp_seconds",
            "When a report was last read, 0 before the first time.",
        );
        let tick = opts("tick_timestamp_seconds", "When the schedule last ticked.");
        let durations =
            HistogramOpts::new("poll_duration_seconds", "How long a poll of a report took.")
                .namespace(NAMESPACE)
                .buckets(DURATION_BUCKETS.to_vec());
        Ok(Self {
            polls: IntCounterVec::new(polls, &["organization", "report", "outcome"])?,
            durations: HistogramVec::new(durations, &["report"])?,
            last_success: GaugeVec::new(last, &["organization", "report"])?,
            tick: Gauge::with_opts(tick)?,
        })
    }

    fn start(&self, organization: &OrganizationName, report: Report) {
        for outcome in Outcome::ALL {
            self.polls.with_label_values(&[organization.as_str(), report.label(), outcome.label()]);
        }
        self.durations.with_label_values(&[report.label()]);
        self.last_success.with_label_values(&[organization.as_str(), report.label()]);
    }

    pub(super) fn polled(
        &self,
        organization: &OrganizationName,
        report: Report,
        outcome: Outcome,
        took: Duration,
    ) {
        let labels = [organization.as_str(), report.label(), outcome.label()];
        self.polls.with_label_values(&labels).inc();
        self.durations.with_label_values(&[report.label()]).observe(took.as_secs_f64());
    }

    pub(super) fn succeeded(&self, organization: &OrganizationName, report: Report, at: Timestamp) {
        let labels = [organization.as_str(), report.label()];
        self.last_success.with_label_values(&labels).set(seconds(at));
    }

    pub(super) fn ticked(&self, at: Timestamp) {
        self.tick.set(seconds(at));
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_exists_at_zero_before_the_first_poll() {
        let registry = Registry::new();
        let organizations = [("acme".into(), Api::Admin), ("labs".into(), Api::Company)];
        let metrics = PollMetrics::register(&registry, &organizations).unwrap();
        let series = |name: &str| {
            let families = registry.gather();
            let family = families.iter().find(|family| family.name() == name);
            family.map_or(0, |family| family.get_metric().len())
        };
        assert_eq!(series("usagewarden_polls_total"), (8 + 5) * Outcome::ALL.len());
        assert_eq!(series("usagewarden_poll_last_success_timestamp_seconds"), 8 + 5);
        assert_eq!(series("usagewarden_poll_duration_seconds"), 9);
        assert_eq!(series("usagewarden_tick_timestamp_seconds"), 1);

        metrics.polled(&"acme".into(), Report::Cost, Outcome::Throttled, Duration::from_secs(1));
        assert_eq!(series("usagewarden_polls_total"), (8 + 5) * Outcome::ALL.len());
    }
}
