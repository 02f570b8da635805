//! What the store promises, tried on real files.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use rust_decimal::Decimal;
use tempfile::TempDir;
use usagewarden_core::alert::{AlertRecord, AlertState, Episode, EpisodeId};
use usagewarden_core::amount::Amount;
use usagewarden_core::decide::Plan;
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::notice::{
    Effect, Facts, Kind, LaneId, Matter, Names, News, NewsId, Notice, NoticeId,
};
use usagewarden_core::outbox::Destination;
use usagewarden_core::period::Calendar;
use usagewarden_core::price::{ListPrice, PriceTable};
use usagewarden_core::quantity::Quantity;
use usagewarden_core::reading::{
    Counts, Dimensions, Findings, Reading, Report, Tokens, UsageBucket,
};
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::{OrganizationName, Subject};
use usagewarden_core::window::{Width, Window};

use super::*;

mod actions;
mod alerts;
mod audit;
mod backup;
mod folding;
mod killing;
mod onward;
mod opening;
mod outbox;
mod readings;
mod retention;
mod writing;

/// A store in a directory of its own.
struct Fixture {
    directory: TempDir,
    store: SqliteStore,
}

impl Fixture {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join("usagewarden.db")).unwrap();
        Self { directory, store }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("usagewarden.db")
    }

    /// Stops and starts, as a restart of the daemon does.
    fn reopen(self) -> Self {
        let (path, Self { directory, store }) = (self.path(), self);
        drop(store);
        Self { directory, store: SqliteStore::open(&path).unwrap() }
    }

    /// A connection of somebody else's, as an operator with a shell has it.
    fn shell(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    async fn acme(&self) -> Fence {
        self.store.acquire(&acme()).await.unwrap()
    }
}

fn acme() -> OrganizationName {
    "acme".into()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(from: &str, until: &str) -> Window {
    Window::new(at(from), at(until)).unwrap()
}

fn settings() -> LedgerSettings {
    let price = ListPrice {
        model: "claude-sonnet-5-5".into(),
        from: None,
        uncached_input: Decimal::from(3),
        cache_write_5m: Decimal::new(375, 2),
        cache_write_1h: Decimal::from(6),
        cache_read: Decimal::new(3, 1),
        output: Decimal::from(15),
        geo: false,
        uncertain: false,
    };
    let prices = PriceTable {
        dated: jiff::civil::date(2026, 11, 1),
        batch: Decimal::new(5, 1),
        geo: [("us".into(), Decimal::new(11, 1))].into(),
        web_search: Decimal::new(1, 2),
        price: vec![price],
    };
    LedgerSettings {
        calendars: vec![Calendar::utc()],
        rolling: Vec::new(),
        windows: Vec::new(),
        prices: Arc::new(prices),
        finest: Width::Minute,
    }
}

fn series(workspace: &str) -> Dimensions {
    Dimensions {
        workspace: workspace.into(),
        model: "claude-sonnet-5-5".into(),
        key: "apikey_1".into(),
        tier: "standard".into(),
        geo: "global".into(),
    }
}

fn output(tokens: u64) -> Counts {
    Counts { tokens: Tokens { output: tokens, ..Tokens::default() }, web_searches: 0 }
}

/// Usage of one bucket, heard a good while after its end.
fn usage(organization: &str, width: Width, from: Timestamp, tokens: u64) -> Reading {
    let bucket = UsageBucket::new(width, from, [(series("default"), output(tokens))]);
    Reading {
        organization: organization.into(),
        report: Report::Usage,
        heard_at: bucket.window().until() + jiff::SignedDuration::from_mins(10),
        findings: Findings::Usage { width, window: bucket.window(), buckets: vec![bucket] },
    }
}

fn inventory(report: Report, findings: Findings, heard_at: &str) -> Reading {
    Reading { organization: acme(), report, heard_at: at(heard_at), findings }
}

fn notice(id: &str, severity: Severity, decided_at: &str) -> Notice {
    let decided_at = at(decided_at);
    let facts = Facts {
        episode: EpisodeId("episode-1".to_owned()),
        root: None,
        rule: "month".into(),
        kind: Kind::Budget,
        severity,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter: Matter::Step {
            step: Decimal::new(8, 1),
            forecast: false,
            next_step: None,
            late: false,
            api_limit: false,
        },
        value: Some(Quantity::money(Amount::from_cents(401_255.into()))),
        limit: Some(Quantity::money(Amount::from_cents(500_000.into()))),
        basis: None,
        data_until: Some(decided_at),
        since: decided_at,
        ended_at: None,
        period: Some(window("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")),
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    };
    let news = News {
        id: NewsId(id.to_owned()),
        effect: Effect::Fired,
        facts,
        period_end: false,
        only: None,
    };
    let (id, lane) = (NoticeId(id.to_owned()), LaneId("acme".to_owned()));
    Notice { id, organization: acme(), decided_at, lane, news: vec![news] }
}

fn to(channel: &str, recipient: &str) -> Destination {
    Destination { channel: channel.into(), recipient: recipient.to_owned() }
}

fn anything(each: usize) -> Look {
    Look { but: Vec::new(), each }
}

/// Takes everything that is due, as the deliverer does.
async fn claimed(fixture: &Fixture, now: &str) -> Vec<Envelope> {
    let due = fixture.store.due(at(now), anything(100)).await.unwrap();
    fixture.store.claim(due.into_iter().map(|entry| entry.id).collect()).await.unwrap()
}

fn tells(notice: Notice, destinations: &[Destination]) -> Plan {
    Plan { notices: vec![(notice, destinations.to_vec())], ..Plan::default() }
}

fn firing(rule: &str, since: &str) -> AlertRecord {
    let (since, id) = (at(since), EpisodeId("episode-1".to_owned()));
    let episode = Episode {
        id,
        severity: Severity::Warning,
        since,
        told_at: since,
        root: None,
        channels: Vec::new(),
    };
    let quiet = AlertRecord::quiet(rule.into(), Subject::ORGANIZATION);
    AlertRecord { state: AlertState::Firing(episode), ..quiet }
}
