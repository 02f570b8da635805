//! What a scrape answers, as Prometheus and its linter see it.

use std::process::{Command, Stdio};

use http_body_util::BodyExt;
use usagewarden_core::ledger::Basis;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::Report;
use usagewarden_core::snapshot::Snapshot;

use super::*;
use crate::metrics::example::{at, charge, empty, full, judged, settings};
use crate::metrics::{DaemonMetrics, Fragment};

mod alerts;

fn exposition(names: &[&str]) -> Exposition {
    Exposition::new(Registry::new(), names.iter().map(|name| settings(name, 10_000)))
}

async fn text(exposition: &Exposition) -> String {
    let body = exposition.scrape().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The lines of the domain; what the system says of this process differs each time.
fn domain(text: &str) -> String {
    let lines =
        text.lines().filter(|line| line.contains("claude_") || line.contains("usagewarden_alerts"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Renders one snapshot and returns the lines that are not comments.
async fn lines(settings: OrganizationSettings, snapshots: &[Snapshot]) -> Vec<String> {
    let exposition = Exposition::new(Registry::new(), [settings]);
    for snapshot in snapshots {
        exposition.publish(&snapshot.clone().into());
    }
    let text = domain(&text(&exposition).await);
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// Only the alerts of what is built in.
fn without_rules(series_max: usize) -> OrganizationSettings {
    OrganizationSettings { rules: [].into(), ..settings("acme", series_max) }
}

#[tokio::test]
async fn a_full_snapshot_reads_as_documented() {
    let exposition = exposition(&["acme"]);
    exposition.publish(&judged("acme"));
    insta::assert_snapshot!(domain(&text(&exposition).await));
}

#[tokio::test]
async fn of_an_organization_never_heard_of_nothing_is_claimed() {
    let lines = lines(without_rules(10), &[empty("acme")]).await;
    let claimed: Vec<&String> = lines.iter().filter(|line| line.starts_with("claude_")).collect();
    assert_eq!(claimed, ["claude_series_folded{organization=\"acme\"} 0"]);
}

#[tokio::test]
async fn each_family_has_one_heading_however_many_organizations() {
    let exposition = exposition(&["acme", "labs"]);
    exposition.publish(&full("acme").into());
    exposition.publish(&full("labs").into());
    let text = text(&exposition).await;
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    let mut distinct = headings.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(headings.len(), distinct.len(), "{headings:#?}");
    assert!(text.contains("claude_tokens_total{organization=\"labs\""));
}

#[tokio::test]
async fn no_two_lines_have_the_same_labels() {
    let lines = lines(settings("acme", 3), &[full("acme")]).await;
    let mut series: Vec<&str> =
        lines.iter().filter_map(|l| l.rsplit_once(' ')).map(|l| l.0).collect();
    series.sort_unstable();
    let before = series.len();
    series.dedup();
    assert_eq!(series.len(), before, "{series:#?}");
}

#[tokio::test]
async fn what_was_removed_disappears_and_an_older_snapshot_changes_nothing() {
    let exposition = exposition(&["acme", "labs"]);
    exposition.publish(&full("acme").into());
    exposition.publish(&full("labs").into());
    exposition.remove(&"labs".into());
    exposition.publish(&full("labs").into());
    let before = domain(&text(&exposition).await);
    assert!(!before.contains("labs"), "{before}");
    exposition.publish(&empty("acme").into());
    assert_eq!(domain(&text(&exposition).await), before);
}

#[tokio::test]
async fn the_announced_length_is_the_length() {
    use hyper::body::Body;
    let names: Vec<String> = (0..300).map(|n| format!("org-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let exposition = exposition(&names);
    for name in &names {
        exposition.publish(&full(name).into());
    }
    let scrape = exposition.scrape();
    let announced = scrape.size_hint().exact();
    let sent = scrape.collect().await.unwrap().to_bytes().len();
    assert_eq!(announced, Some(sent as u64));
}

#[tokio::test]
async fn a_body_larger_than_a_chunk_holds_every_line_in_order() {
    let mut snapshot = full("acme");
    for n in 0..2_000 {
        let mut series = snapshot.counters.tokens.keys().next().unwrap().clone();
        series.model = format!("model-{n:05}").as_str().into();
        snapshot.counters.tokens.insert(series, Default::default());
    }
    let lines = lines(settings("acme", 100_000), &[snapshot]).await;
    let tokens: Vec<&String> =
        lines.iter().filter(|line| line.contains("model=\"model-")).collect();
    assert_eq!(tokens.len(), 10_000);
    assert!(tokens.is_sorted_by_key(|line| line.split("model-").nth(1).unwrap()[..5].to_owned()));
}

#[tokio::test]
async fn beyond_the_cap_the_sum_stays_and_the_rest_is_counted() {
    let sum = |lines: &[String], family: &str| -> u64 {
        let of = lines.iter().filter(|line| line.starts_with(family));
        of.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
    };
    let whole = lines(settings("acme", 10_000), &[full("acme")]).await;
    for series_max in [0, 1, 7, 20, 30] {
        let capped = lines(settings("acme", series_max), &[full("acme")]).await;
        for family in ["claude_tokens_total", "claude_requests_total", "claude_unpriced"] {
            assert_eq!(sum(&capped, family), sum(&whole, family), "{family} at {series_max}");
        }
        assert!(sum(&capped, "claude_series_folded") > 0, "at {series_max}");
    }
    assert_eq!(sum(&whole, "claude_series_folded"), 0);
}

#[tokio::test]
async fn beyond_the_cap_the_money_is_still_all_there() {
    let capped = lines(settings("acme", 0), &[full("acme")]).await;
    let expected = [
        r#"claude_spend_month_usd{organization="acme",workspace_id="other",basis="billed"} 3000.000001"#,
        r#"claude_spend_month_usd{organization="acme",workspace_id="other",basis="estimated"} 1.3"#,
        r#"claude_cost_usd_total{organization="acme",workspace_id="other",model="other"} 12.345"#,
        r#"claude_api_key_spend_month_usd{organization="acme",api_key_id="other"} 3001.300001"#,
    ];
    for line in expected {
        assert!(capped.iter().any(|other| other == line), "{line} in {capped:#?}");
    }
}

/// A pair shown by name must not vanish into `other` because a larger one came:
/// its counter would end and `other` would jump.
#[tokio::test]
async fn a_counter_that_had_a_series_keeps_it() {
    let first = full("acme");
    let mut second = first.clone();
    second.revision += 1;
    let mut series = first.counters.tokens.keys().next().unwrap().clone();
    series.model = "claude-a-newcomer".into();
    second.counters.tokens.insert(
        series,
        [1_000_000; 5].map(|n| usagewarden_core::ledger::Counted { sum: n, shown: n }),
    );
    // 4 for alerts, 18 for spend, 1 unpriced, 5 + 13 for counters.
    let shown = lines(without_rules(41), &[first, second]).await;
    let tokens: Vec<&String> =
        shown.iter().filter(|line| line.starts_with("claude_tokens_total")).collect();
    assert!(tokens.iter().any(|line| line.contains("claude-haiku-4-5")), "{tokens:#?}");
    assert!(!tokens.iter().any(|line| line.contains("newcomer")), "{tokens:#?}");
}

/// Likewise of the models with unpriced tokens, of which only one finds a place here.
#[tokio::test]
async fn a_model_that_was_shown_as_unpriced_stays_shown() {
    let first = full("acme");
    let mut second = first.clone();
    second.revision += 1;
    let counted = usagewarden_core::ledger::Counted { sum: 9_999, shown: 9_999 };
    second.counters.unpriced.insert("claude-a-newcomer".into(), counted);
    let shown = lines(without_rules(23), &[first, second]).await;
    let unpriced: Vec<&String> =
        shown.iter().filter(|line| line.starts_with("claude_unpriced")).collect();
    assert_eq!(
        unpriced,
        [
            r#"claude_unpriced_tokens_total{organization="acme",model="claude-next"} 5678"#,
            r#"claude_unpriced_tokens_total{organization="acme",model="other"} 9999"#,
        ]
    );
}

#[tokio::test]
async fn polls_are_shown_without_a_commit_and_go_with_their_organization() {
    let exposition = exposition(&["acme", "labs"]);
    let counts = PollCounts {
        polls: vec![(Report::Usage, "ok", 7), (Report::Usage, "failed", 0)],
        last_success: vec![(Report::Usage, 1_700_000_000.25)],
    };
    for name in ["acme", "labs", "unknown"] {
        exposition.publish_polls(&name.into(), &counts);
    }
    exposition.remove(&"labs".into());
    let text = text(&exposition).await;
    let of_polls = |line: &&str| line.contains("acme") && line.starts_with("usagewarden_poll");
    let lines: Vec<&str> = text.lines().filter(of_polls).collect();
    assert_eq!(
        lines,
        [
            r#"usagewarden_polls_total{organization="acme",report="usage",outcome="ok"} 7"#,
            r#"usagewarden_polls_total{organization="acme",report="usage",outcome="failed"} 0"#,
            r#"usagewarden_poll_last_success_timestamp_seconds{organization="acme",report="usage"} 1700000000.25"#,
        ]
    );
    assert!(!text.contains("labs") && !text.contains("unknown"));
}

#[tokio::test]
async fn spend_that_ended_with_its_period_is_zero_and_not_absent() {
    let lines = lines(settings("acme", 10_000), &[full("acme")]).await;
    // It spent yesterday only.
    let today =
        r#"claude_spend_day_usd{organization="acme",workspace_id="wrkspc_2",basis="billed"} 0"#;
    assert!(lines.iter().any(|line| line == today), "{lines:#?}");
}

#[tokio::test]
async fn headroom_of_minutes_long_ago_is_unknown() {
    let mut snapshot = full("acme");
    snapshot.at = at() + jiff::SignedDuration::from_mins(30);
    let lines = lines(settings("acme", 10_000), &[snapshot]).await;
    assert!(!lines.iter().any(|line| line.starts_with("claude_rate_limit_used_ratio")));
}

/// Two families of one organization are made to say the same number in every commit.
/// A scrape that mixed two commits would show two numbers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrape_during_a_thousand_commits_is_never_partial() {
    let exposition = Arc::new(exposition(&["acme", "labs"]));
    exposition.publish(&numbered("acme", 0).into());
    let publisher = Arc::clone(&exposition);
    let publishing = std::thread::spawn(move || {
        for number in 1..=1_000 {
            publisher.publish(&numbered("acme", number).into());
            publisher.publish(&full("labs").into());
        }
    });
    let mut seen = 0;
    while seen < 1_000 {
        let text = text(&exposition).await;
        let value = |start: &str| -> u64 {
            let line = text.lines().find(|line| line.starts_with(start)).unwrap();
            line.rsplit_once(' ').unwrap().1.parse().unwrap()
        };
        let used = value("claude_quota_used_tokens{organization=\"acme\"}");
        let month = value("claude_spend_month_usd{organization=\"acme\",workspace_id=\"wrkspc_1\"");
        assert_eq!(used, month);
        assert!(used >= seen, "a scrape went back from {seen} to {used}");
        seen = used;
    }
    publishing.join().unwrap();
}

fn numbered(name: &str, number: u64) -> Snapshot {
    let mut snapshot = full(name);
    snapshot.revision = 10 + number;
    let mut quota = snapshot.roster.quota.as_deref().unwrap().clone();
    quota.used = number;
    snapshot.roster.quota = Some(Arc::new(quota));
    let month = snapshot.spends.iter_mut().find(|spend| spend.kind == PeriodKind::Month).unwrap();
    month.charges = vec![charge("wrkspc_1", None, Basis::Billed, &number.to_string())];
    snapshot
}

/// The whole exposition, under the eyes of Prometheus' own linter.
#[tokio::test]
async fn promtool_finds_nothing_to_say() {
    let registry = Registry::new();
    DaemonMetrics::register(&registry).unwrap().config_loaded(at());
    let exposition = Exposition::new(registry, [settings("acme", 10_000)]);
    exposition.publish(&judged("acme"));
    let text = text(&exposition).await;
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = started else {
        #[expect(clippy::print_stderr, reason = "says why nothing was checked")]
        {
            eprintln!("skipped: promtool is not installed (Debian: apt-get install prometheus)");
        }
        return;
    };
    std::io::Write::write_all(&mut promtool.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "");
    assert!(output.status.success());
}

#[test]
fn a_fragment_of_a_small_organization_stays_small() {
    let mut named = Named::default();
    let fragment: Fragment = render(&settings("acme", 10_000), &full("acme").into(), &mut named);
    assert!(fragment.lines().len() < 16 * 1024, "{} bytes", fragment.lines().len());
}
