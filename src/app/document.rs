//! `docs/metrics.md` against what is really published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http_body_util::BodyExt;
use prometheus::Registry;

use super::counted::Counted;
use crate::claude::Api;
use crate::metrics::Exposition;
use crate::metrics::example::{at, judged, settings};

const DOCUMENT: &str = include_str!("../../docs/metrics.md");

/// A metric: its type, and its labels besides `organization` of the domain.
type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

/// Every row of every table of metrics.
fn documented() -> Metrics {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `"));
    let row = |row: &str| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[2].split(',').map(|label| label.trim().trim_matches('`'));
        let labels = labels.filter(|label| !label.is_empty()).map(str::to_owned);
        let name = cells[0].trim_end_matches('`').to_owned();
        // Said once, above the table.
        let all = name.starts_with("claude_").then(|| "organization".to_owned());
        (name, (cells[1].to_owned(), labels.chain(all).collect()))
    };
    rows.map(row).collect()
}

/// A scrape of everything: all rooms' counters, and an organization with data in every family.
async fn scrape() -> String {
    let registry = Registry::new();
    let organizations = [("acme".into(), Api::Admin)];
    let exposition = Arc::new(Exposition::new(registry.clone(), [settings("acme", 10_000)]));
    let channels = ["finops".into()];
    let actions = [("acme".into(), "stop".into())];
    let counted =
        Counted::register(&registry, &exposition, &organizations, &channels, &actions).unwrap();
    let counted = counted.with_heartbeat(&registry).unwrap();
    counted.daemon.config_loaded(at());
    exposition.publish(&judged("acme"));
    let body = exposition.scrape().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

fn published(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|l| l.split_once(' ')) {
            metrics.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let series = line.split(['{', ' ']).next().unwrap();
            let family = family(&metrics, series).unwrap_or_else(|| panic!("no type: {line}"));
            let (_, known) = metrics.get_mut(&family).unwrap();
            known.extend(labels(line));
        }
    }
    metrics
}

/// The family of a series: of a histogram there are three kinds.
fn family(metrics: &Metrics, series: &str) -> Option<String> {
    if metrics.contains_key(series) {
        return Some(series.to_owned());
    }
    let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end))?;
    let (kind, _) = metrics.get(family)?;
    (kind == "histogram").then(|| family.to_owned())
}

/// The names of the labels of a line. None of the example's values has `="` in it.
fn labels(line: &str) -> impl Iterator<Item = String> {
    let before = line.match_indices("=\"").map(|(at, _)| &line[..at]);
    let names = before.map(|text| text.rsplit(['{', ',']).next().unwrap_or_default().to_owned());
    names.filter(|name| name != "le")
}

#[tokio::test]
async fn the_document_has_every_metric_with_its_type_and_labels_and_no_other() {
    assert_eq!(published(&scrape().await), documented());
}
