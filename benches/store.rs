//! What the store must do fast: start, take snapshots, commit for many organizations.
//!
//! `cargo bench --bench store` prints a line for each figure. It needs a disk, since
//! commits are synced; set `TMPDIR` to choose which one.

#[path = "store/rules.rs"]
mod rules;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use tokio::task::JoinSet;
use tokio::time::Instant;
use usagewarden::store::{Fence, SqliteStore, Store};
use usagewarden_core::amount::Amount;
use usagewarden_core::decide::decide;
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::period::Calendar;
use usagewarden_core::reading::{
    BillBucket, BillDimensions, BillSource, ChargeKind, Counts, Dimensions, Findings, Reading,
    Report, TokenType, Tokens, UsageBucket,
};
use usagewarden_core::rule::Rule;
use usagewarden_core::stretch::{Buckets, Wanted};
use usagewarden_core::window::{Width, Window};

/// Days that are stored, hours of which and minutes of which are kept.
const DAYS: i32 = 90;
const DAYS_OF_HOURS: i32 = 60;
const DAYS_OF_MINUTES: i32 = 2;
const SNAPSHOTS: usize = 500;
const STARTS: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime without parts always starts").block_on(async {
        let directory = tempfile::tempdir().expect("the temporary directory can be written");
        history(&directory.path().join("history.db")).await;
        for organizations in [1, 100, 10_000] {
            fleet(&directory.path().join(format!("{organizations}.db")), organizations).await;
        }
    });
}

/// One organization of 40 series with 90 days behind it.
async fn history(path: &Path) {
    let settings = settings();
    let store = open(path);
    let fence = store.acquire(&"acme".into()).await.expect("a new store takes it");
    for reading in ninety_days() {
        store.commit_reading(&fence, &settings, reading).await.expect("it is committed");
    }
    snapshots("snapshot of 40 series, median", &store, &fence, &settings, now()).await;
    // Stretches cut hours and days in the middle of a day.
    let at = now() + SignedDuration::from_mins(14 * 60 + 37);
    let today = usage("acme", Width::Minute, now(), 14 * 60 + 37);
    store.commit_reading(&fence, &settings, today).await.expect("it is committed");
    snapshots("the same at 14:37", &store, &fence, &settings, at).await;
    for buckets in [Buckets::Open, Buckets::Closed] {
        let mut settings = settings.clone();
        settings.windows = [1, 24, 168]
            .map(|hours| Wanted { length: SignedDuration::from_hours(hours), buckets })
            .into();
        let what = format!("the same with three stretches, {buckets:?}");
        snapshots(&what, &store, &fence, &settings, at).await;
    }
    judged(&store, &fence, &settings, at).await;
    drop(store);
    show("file with 90 days", &format!("{} KiB", path.metadata().map_or(0, |m| m.len() / 1024)));

    let mut took = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let store = open(path);
        let snapshot = store.snapshot(&fence.organization, &settings, now()).await;
        took.push(began.elapsed());
        drop(snapshot.expect("it is there"));
    }
    show("open and first snapshot with 90 days, median", &format!("{:.1?}", median(took)));
}

async fn snapshots(
    what: &str,
    store: &SqliteStore,
    fence: &Fence,
    settings: &LedgerSettings,
    at: Timestamp,
) {
    let mut took = Vec::new();
    for _ in 0..SNAPSHOTS {
        let began = Instant::now();
        let snapshot = store.snapshot(&fence.organization, settings, at).await;
        took.push(began.elapsed());
        drop(snapshot.expect("it is there"));
    }
    show(what, &format!("{} us", median(took).as_micros()));
}

/// Judging by twenty rules: what is in memory, and from the store with what they ask for.
async fn judged(store: &SqliteStore, fence: &Fence, settings: &LedgerSettings, at: Timestamp) {
    let rules = rules::twenty();
    let mut wanting = settings.clone();
    for window in rules.rules.iter().flat_map(Rule::windows) {
        if !wanting.windows.contains(&window) {
            wanting.windows.push(window);
        }
    }
    // What a tick reads, and what it reads every five minutes.
    let mut with_paces = wanting.clone();
    with_paces.windows.extend(rules.rules[0].paces());
    for (what, wanting) in [("from the store", wanting), ("with paces", with_paces)] {
        let mut took = Vec::new();
        for _ in 0..SNAPSHOTS {
            let began = Instant::now();
            let snapshot = store.snapshot(&fence.organization, &wanting, at).await;
            let decision = decide(&rules, &snapshot.expect("it is there"), at);
            took.push(began.elapsed());
            drop(decision);
        }
        let figure = format!("{} us", median(took).as_micros());
        show(&format!("judged by 20 rules, {what}"), &figure);
    }
    let snapshot = store.snapshot(&fence.organization, settings, at).await;
    let snapshot = snapshot.expect("it is there");
    let mut took = Vec::new();
    for _ in 0..SNAPSHOTS {
        let began = Instant::now();
        let decision = decide(&rules, &snapshot, at);
        took.push(began.elapsed());
        drop(decision);
    }
    show("judged by 20 rules, warm", &format!("{} us", median(took).as_micros()));
}

/// Many organizations whose minute comes in at once; the second minute is measured.
async fn fleet(path: &Path, organizations: usize) {
    let store = Arc::new(open(path));
    let settings = settings();
    let mut fences = Vec::new();
    for number in 0..organizations {
        let name = format!("organization-{number}");
        fences.push(store.acquire(&name.as_str().into()).await.expect("a new store takes it"));
    }
    let mut seconds = 0.0;
    for minute in 0..2 {
        let from = now() + SignedDuration::from_mins(minute);
        let began = Instant::now();
        commit_all(&store, &fences, &settings, from).await;
        seconds = began.elapsed().as_secs_f64();
    }
    let rate = organizations as f64 / seconds;
    show(&format!("commits with {organizations} queued"), &format!("{rate:.0} a second"));
}

async fn commit_all(
    store: &Arc<SqliteStore>,
    fences: &[Fence],
    settings: &LedgerSettings,
    from: Timestamp,
) {
    let mut commits = JoinSet::new();
    for fence in fences {
        let (store, fence, settings) = (store.clone(), fence.clone(), settings.clone());
        let reading = usage(fence.organization.as_str(), Width::Minute, from, 1);
        commits.spawn(async move { store.commit_reading(&fence, &settings, reading).await });
    }
    for committed in commits.join_all().await {
        committed.expect("it is committed");
    }
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("a new or closed store opens")
}

fn now() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().expect("a literal")
}

fn settings() -> LedgerSettings {
    let prices = toml::from_str(include_str!("../config/prices.toml")).expect("a test parses it");
    let calendars = vec![Calendar::utc()];
    LedgerSettings {
        calendars,
        rolling: Vec::new(),
        windows: Vec::new(),
        prices: Arc::new(prices),
        finest: Width::Minute,
    }
}

fn ninety_days() -> impl Iterator<Item = Reading> {
    (1..=DAYS).rev().flat_map(|ago| {
        let day = now() - Width::Day.duration() * ago;
        let minutes = (ago <= DAYS_OF_MINUTES).then(|| usage("acme", Width::Minute, day, 1_440));
        let hours = (ago <= DAYS_OF_HOURS).then(|| usage("acme", Width::Hour, day, 24));
        let days = usage("acme", Width::Day, day, 1);
        minutes.into_iter().chain(hours).chain([days, bill(day)])
    })
}

/// Usage of `buckets` buckets from `from` on, heard when the last had ended.
fn usage(organization: &str, width: Width, from: Timestamp, buckets: i32) -> Reading {
    let until = from + width.duration() * buckets;
    let window = Window::new(from, until).expect("it has a length");
    let scale = width.seconds().unsigned_abs();
    let buckets = width
        .buckets(window)
        .map(|bucket| UsageBucket::new(width, bucket.from(), series(scale)))
        .collect();
    let findings = Findings::Usage { width, window, buckets };
    reading(organization, Report::Usage, until, findings)
}

fn bill(day: Timestamp) -> Reading {
    let window = Width::Day.bucket(day);
    let rows = series(1).filter(|(used, _)| used.key.as_str() == "apikey_0").map(|(used, _)| {
        let line = BillDimensions {
            workspace: used.workspace,
            kind: ChargeKind::Tokens(TokenType::Output),
            model: Some(used.model),
            key: None,
            tier: Some(used.tier),
            geo: Some(used.geo),
        };
        (line, Amount::from_dollars(Decimal::new(12_345, 3)))
    });
    let findings = Findings::Bill {
        source: BillSource::CostReport,
        width: Width::Day,
        window,
        refreshed_at: None,
        buckets: vec![BillBucket::new(Width::Day, day, rows)],
    };
    let heard_at = window.until() + SignedDuration::from_hours(40);
    reading("acme", Report::Cost, heard_at, findings)
}

fn reading(organization: &str, report: Report, heard_at: Timestamp, findings: Findings) -> Reading {
    Reading { organization: organization.into(), report, heard_at, findings }
}

/// Four workspaces, five models, two keys.
fn series(scale: u64) -> impl Iterator<Item = (Dimensions, Counts)> {
    let models = [
        "claude-fable-5",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "claude-haiku-4-5",
        "claude-opus-4-1",
    ];
    (0..4_u64).flat_map(move |workspace| {
        models.into_iter().flat_map(move |model| {
            (0..2_u64).map(move |key| {
                let dimensions = Dimensions {
                    workspace: format!("wrkspc_{workspace}").as_str().into(),
                    model: model.into(),
                    key: format!("apikey_{key}").as_str().into(),
                    tier: "standard".into(),
                    geo: "global".into(),
                };
                let tokens = Tokens {
                    uncached_input: 700 * scale + workspace,
                    cache_read: 9_000 * scale + key,
                    cache_write_5m: 40 * scale,
                    cache_write_1h: 0,
                    output: 300 * scale,
                };
                (dimensions, Counts { tokens, web_searches: 0 })
            })
        })
    })
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

fn show(what: &str, figure: &str) {
    writeln!(std::io::stdout(), "{what:<48} {figure}").expect("a reader of the figures");
}
