//! `docs/metrics.md` against what is really published.

use std::collections::{BTreeMap, BTreeSet};

use http_body_util::BodyExt;
use prometheus::Registry;

use super::example::{at, full, settings};
use super::{DaemonMetrics, Exposition};

const DOCUMENT: &str = include_str!("../../docs/metrics.md");

/// A metric: its type, and its labels besides `organization`.
type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

/// The rows of the section with this heading.
fn documented(section: &str) -> Metrics {
    let mut parts = DOCUMENT.split("\n## ");
    let part = parts.find(|part| part.starts_with(section)).unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| `"));
    let row = |row: &str| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[2].split(',').map(|label| label.trim().trim_matches('`'));
        let labels = labels.filter(|label| !label.is_empty() && *label != "organization");
        let name = cells[0].trim_end_matches('`').to_owned();
        (name, (cells[1].to_owned(), labels.map(str::to_owned).collect()))
    };
    rows.map(row).collect()
}

/// What a scrape of everything publishes.
async fn published() -> Metrics {
    let registry = Registry::new();
    DaemonMetrics::register(&registry).unwrap().config_loaded(at());
    let exposition = Exposition::new(registry, [settings("acme", 10_000)]);
    exposition.publish(&full("acme"));
    let body = exposition.scrape().collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&body).unwrap();
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|l| l.split_once(' ')) {
            metrics.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let (_, known) = metrics.get_mut(name).unwrap_or_else(|| panic!("no type: {line}"));
            known.extend(labels(line));
        }
    }
    metrics
}

/// The names of the labels of a line. None of the example's values has `="` in it.
fn labels(line: &str) -> impl Iterator<Item = String> {
    let before = line.match_indices("=\"").map(|(at, _)| &line[..at]);
    let names = before.map(|text| text.rsplit(['{', ',']).next().unwrap_or_default().to_owned());
    names.filter(|name| name != "organization")
}

#[tokio::test]
async fn the_document_has_every_metric_with_its_type_and_labels_and_no_other() {
    let mut expected = documented("The organization");
    expected.extend(documented("The daemon"));
    assert_eq!(published().await, expected);
}
