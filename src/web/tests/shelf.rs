//! A store with a past: two days of `acme` in November 2026, and nothing of `labs`.

use rusqlite::Connection;
use tempfile::TempDir;
use usagewarden_core::action::course::Errand;
use usagewarden_core::action::{ActionId, ActionRecord, Before, Order, Target};
use usagewarden_core::amount::Amount;
use usagewarden_core::decide::Plan;
use usagewarden_core::notice::{Effect, Facts, LaneId, News, NewsId, Notice, NoticeId};
use usagewarden_core::outbox::Destination;
use usagewarden_core::reading::{
    BillBucket, BillDimensions, BillSource, ChargeKind, Counts, Dimensions, Findings, Reading,
    TokenType, Tokens, UsageBucket,
};
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::Subject;
use usagewarden_core::window::Window;

use super::*;
use crate::metrics::example::{dollars, judged};
use crate::store::SqliteStore;

const FILE: &str = "usagewarden.db";

/// Real readings in a real file, which goes with it.
pub(super) struct Shelf {
    directory: TempDir,
    pub(super) store: Arc<SqliteStore>,
}

impl Shelf {
    /// The second is billed, the third is estimated by what the bill has taught.
    pub(super) async fn full() -> Self {
        let directory = TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join(FILE)).unwrap();
        let acme = store.acquire(&"acme".into()).await.unwrap();
        for (report, findings) in [(Report::Usage, usage()), (Report::Cost, bill())] {
            let heard_at = time("2026-11-05T02:00:00Z");
            let reading = Reading { organization: "acme".into(), report, heard_at, findings };
            store.commit_reading(&acme, &ledger(), reading).await.unwrap();
        }
        store.commit_plan(&acme, plan()).await.unwrap();
        store.keep_action(done()).await.unwrap();
        let shell = Connection::open(directory.path().join(FILE)).unwrap();
        shell.execute_batch(REFUSED).unwrap();
        Self { directory, store: Arc::new(store) }
    }

    /// One whose file somebody has tampered with.
    pub(super) async fn broken() -> Self {
        let shelf = Self::full().await;
        let shell = Connection::open(shelf.directory.path().join(FILE)).unwrap();
        shell.execute_batch("DROP TABLE page; DROP TABLE entry; DROP TABLE action").unwrap();
        shelf
    }
}

/// What came of the first entry: its address is unknown to the server, which says so.
const REFUSED: &str = "UPDATE entry SET state = 2, attempts = 1,
    last_error = '550 <f…@example.com>: no such user <b>' WHERE recipient LIKE 'finops%'";

/// A budget was crossed: two receivers are to be told.
fn plan() -> Plan {
    let standings = judged("acme").standings;
    let news = |facts: &Facts| News {
        id: NewsId(facts.episode.0.clone()),
        effect: Effect::Fired,
        facts: facts.clone(),
        period_end: false,
        only: None,
    };
    let firing = standings.iter().filter(|standing| standing.state.episode().is_some());
    let notice = Notice {
        id: NoticeId("a-notice".to_owned()),
        organization: "acme".into(),
        decided_at: time("2026-11-21T14:05:00Z"),
        lane: LaneId("a-lane".to_owned()),
        news: firing.map(|standing| news(&standing.facts)).collect(),
    };
    let to = |channel: &str, recipient: &str| Destination {
        channel: channel.into(),
        recipient: recipient.to_owned(),
    };
    let receivers =
        vec![to("finops", "finops@example.com"), to("ops", "https://hooks.example.com/secret")];
    let orders = vec![order("month:acme:a/b,c:stop:1", false), order("month:acme:dry:1", true)];
    Plan { notices: vec![(notice, receivers)], orders, ..Plan::default() }
}

/// Two keys that a budget has had disabled.
fn order(id: &str, dry_run: bool) -> Order {
    let key = |number: u8| Target::Key {
        id: format!("apikey_{number}").as_str().into(),
        name: format!("batch-<{number}>"),
        workspace: "wrkspc_1".into(),
        workspace_name: "ingest".to_owned(),
    };
    Order {
        id: ActionId(id.to_owned()),
        organization: "acme".into(),
        action: "stop".into(),
        rule: "month".into(),
        subject: Subject::ORGANIZATION,
        step: "1".parse().unwrap(),
        severity: Severity::Critical,
        period_from: None,
        decided_at: time("2026-11-21T14:05:00Z"),
        dry_run,
        does: "disable the keys batch-<1> and batch-<2> of workspace ingest".to_owned(),
        targets: vec![key(1), key(2)],
        nothing: None,
    }
}

/// One was disabled, the other was not what it was.
fn done() -> ActionRecord {
    let mut record = ActionRecord::new(order("month:acme:a/b,c:stop:1", false));
    record.begin(0, Errand::Do, Before::Key { status: "active".to_owned() });
    record.made(0, Errand::Do);
    record.refuse(1, Errand::Do, "it belongs to workspace <b> now".to_owned(), false);
    record.conclude(Errand::Do, None, time("2026-11-21T14:05:01Z"));
    record
}

/// What spends: a workspace, the key it uses, its output tokens of one day.
const SPENDERS: [(&str, &str, u64); 2] = [("default", "none", 5), ("wrkspc_1", "apikey_1", 10)];

fn usage() -> Findings {
    let window = Window::new(time("2026-11-02T00:00:00Z"), time("2026-11-04T00:00:00Z")).unwrap();
    let row = |(workspace, key, output): (&str, &str, u64)| {
        let dimensions = Dimensions {
            workspace: workspace.into(),
            model: "claude-opus-5-5".into(),
            key: key.into(),
            tier: "standard".into(),
            geo: "global".into(),
        };
        let tokens = Tokens { output, ..Tokens::default() };
        (dimensions, Counts { tokens, web_searches: 0 })
    };
    let day = |day: Window| UsageBucket::new(Width::Day, day.from(), SPENDERS.map(row));
    let buckets = Width::Day.buckets(window).map(day).collect();
    Findings::Usage { width: Width::Day, window, buckets }
}

fn bill() -> Findings {
    let window = Width::Day.bucket(time("2026-11-02T00:00:00Z"));
    let line = |workspace: &str, kind, model: Option<&str>| BillDimensions {
        workspace: workspace.into(),
        kind,
        model: model.map(Into::into),
        key: None,
        tier: model.map(|_| "standard".into()),
        geo: model.map(|_| "global".into()),
    };
    let output = ChargeKind::Tokens(TokenType::Output);
    let lines: [(BillDimensions, Amount); 3] = [
        (line("default", output, Some("claude-opus-5-5")), dollars("1.10")),
        (line("wrkspc_1", output, Some("claude-opus-5-5")), dollars("2.20")),
        (line("wrkspc_1", ChargeKind::CodeExecution, None), dollars("0.003")),
    ];
    Findings::Bill {
        source: BillSource::CostReport,
        width: Width::Day,
        window,
        refreshed_at: None,
        buckets: vec![BillBucket::new(Width::Day, window.from(), lines)],
    }
}
