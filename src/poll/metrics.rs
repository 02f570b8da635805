//! What is counted about polls.

use std::time::Duration;

use jiff::Timestamp;
use prometheus::{Gauge, HistogramOpts, HistogramVec, Opts, Registry};
use usagewarden_core::reading::Report;
use usagewarden_core::subject::OrganizationName;

use super::reports;
use super::tally::{Show, Tallied};
use crate::claude::{Api, Outcome};

const NAMESPACE: &str = "usagewarden";

/// From an answer on the same machine to the longest patience with one answer.
const DURATION_BUCKETS: &[f64] = &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// The counters of the polls.
#[derive(Clone, Debug)]
pub struct PollMetrics {
    polls: Tallied,
    durations: HistogramVec,
    tick: Gauge,
}

impl PollMetrics {
    pub fn register(
        registry: &Registry,
        organizations: &[(OrganizationName, Api)],
    ) -> prometheus::Result<Self> {
        let metrics = Self::new(organizations)?;
        registry.register(Box::new(metrics.durations.clone()))?;
        registry.register(Box::new(metrics.tick.clone()))?;
        // A series that does not exist yet cannot be alerted on, so all start at zero.
        for (_, api) in organizations {
            for report in reports(*api) {
                metrics.durations.with_label_values(&[report.label()]);
            }
        }
        Ok(metrics)
    }

    /// What is counted by organization goes to `show`, at once and whenever it moves.
    pub fn shown_by(mut self, show: Show) -> Self {
        self.polls.shown_by(show);
        self
    }

    fn new(organizations: &[(OrganizationName, Api)]) -> prometheus::Result<Self> {
        let opts = |name, help| Opts::new(name, help).namespace(NAMESPACE);
        let tick = opts("tick_timestamp_seconds", "When the schedule last ticked.");
        let durations =
            HistogramOpts::new("poll_duration_seconds", "How long a poll of a report took.")
                .namespace(NAMESPACE)
                .buckets(DURATION_BUCKETS.to_vec());
        Ok(Self {
            polls: Tallied::new(organizations),
            durations: HistogramVec::new(durations, &["report"])?,
            tick: Gauge::with_opts(tick)?,
        })
    }

    pub(super) fn polled(
        &self,
        organization: &OrganizationName,
        report: Report,
        outcome: Outcome,
        took: Duration,
    ) {
        self.polls.update(organization, |all| all.entry(report).or_default().count(outcome));
        self.durations.with_label_values(&[report.label()]).observe(took.as_secs_f64());
    }

    pub(super) fn succeeded(&self, organization: &OrganizationName, report: Report, at: Timestamp) {
        let at = seconds(at);
        self.polls.update(organization, |all| all.entry(report).or_default().last_success = at);
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

    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use super::super::tally::Tallies;

    #[test]
    fn every_series_exists_at_zero_before_the_first_poll() {
        let registry = Registry::new();
        let organizations = [("acme".into(), Api::Admin), ("labs".into(), Api::Company)];
        let shown: Arc<Mutex<BTreeMap<OrganizationName, Tallies>>> = Arc::default();
        let seen = Arc::clone(&shown);
        let show: Show = Arc::new(move |name, tallies| {
            seen.lock().unwrap().insert(name.clone(), tallies.clone());
        });
        let metrics = PollMetrics::register(&registry, &organizations).unwrap().shown_by(show);
        let sizes: Vec<usize> = shown.lock().unwrap().values().map(BTreeMap::len).collect();
        assert_eq!(sizes, [9, 6]);
        let series = |name: &str| {
            let families = registry.gather();
            let family = families.iter().find(|family| family.name() == name);
            family.map_or(0, |family| family.get_metric().len())
        };
        assert_eq!(series("usagewarden_poll_duration_seconds"), 10);
        assert_eq!(series("usagewarden_tick_timestamp_seconds"), 1);

        let acme = OrganizationName::from("acme");
        metrics.polled(&acme, Report::Cost, Outcome::Throttled, Duration::from_secs(1));
        metrics.polled(&acme, Report::Cost, Outcome::Ok, Duration::from_secs(1));
        metrics.succeeded(&acme, Report::Cost, Timestamp::from_second(1_700_000_000).unwrap());
        let shown = shown.lock().unwrap();
        let counts: Vec<u64> = shown[&acme][&Report::Cost].outcomes().map(|(_, n)| n).collect();
        assert_eq!(counts, [1, 1, 0, 0, 0, 0]);
        assert_eq!(shown[&acme][&Report::Cost].last_success.to_string(), "1700000000");
        assert_eq!(shown[&acme][&Report::Usage], Default::default());
    }
}
