//! The lines that Prometheus reads, as a map from series to value.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::rig::Rig;

/// Series by name and labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scraped(pub(super) BTreeMap<String, Decimal>);

impl Scraped {
    /// Every series of the families in `families`.
    pub(super) async fn of(rig: &Rig, families: &[&str]) -> Self {
        let text = rig.metrics().await;
        let wanted = |line: &&str| families.iter().any(|it| line.starts_with(&format!("{it}{{")));
        let series = text.lines().filter(wanted).map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        Self(series.collect())
    }

    /// The counters of tokens and money.
    pub(super) async fn counters(rig: &Rig) -> Self {
        Self::of(rig, &["claude_tokens_total", "claude_cost_usd_total"]).await
    }

    /// The sum of a family, of the series that have all of `labels`.
    pub(super) fn sum(&self, family: &str, labels: &[(&str, &str)]) -> Decimal {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let wanted = |series: &str| {
            series.starts_with(family) && labels.iter().all(|label| series.contains(label))
        };
        self.0.iter().filter(|(series, _)| wanted(series)).map(|(_, value)| *value).sum()
    }

    /// No series is gone or lower than in `before`.
    #[track_caller]
    pub(super) fn never_below(&self, before: &Self, when: &str) {
        for (series, value) in &before.0 {
            let now = self.0.get(series);
            assert!(now >= Some(value), "{when}: {series} was {value} and is {now:?}");
        }
    }
}
