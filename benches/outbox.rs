//! What the outbox must do fast: bring many notices to a mail server, each synced first.
//!
//! `cargo bench --bench outbox` prints a line for each figure. It needs Postfix's
//! `smtp-sink` and a disk, since every envelope is committed, marked as offered and
//! settled with a sync; set `TMPDIR` to choose which one.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prometheus::Registry;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use usagewarden::clock::{Clock, SystemClock};
use usagewarden::deliver::email::{ATTEMPT_TIMEOUT, Email, Settings, Tls};
use usagewarden::deliver::metrics::DeliveryMetrics;
use usagewarden::deliver::{Deliverer, Wiring};
use usagewarden::store::{Fence, SqliteStore, Store};
use usagewarden::supervisor::Supervisor;
use usagewarden_core::alert::EpisodeId;
use usagewarden_core::decide::Plan;
use usagewarden_core::notice::{
    Effect, Facts, Kind, LaneId, Matter, Names, News, NewsId, Notice, NoticeId,
};
use usagewarden_core::outbox::{EntryState, Reach};
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::Subject;

const NOTICES: usize = 2_000;
const RECIPIENTS: usize = 5;
/// Notices of one tick.
const TOGETHER: usize = 50;
const ALONE: usize = 200;
/// A run that takes longer than this has failed.
const DEADLINE: Duration = Duration::from_secs(120);

fn main() {
    // As the daemon has it: two threads and those of the store.
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build();
    runtime.expect("a runtime without parts always starts").block_on(async {
        let sink = Sink::start();
        burst(&sink, "queued before the start", true).await;
        burst(&sink, "while they are committed", false).await;
        alone(&sink).await;
    });
}

/// Postfix's sink on a port of its own.
struct Sink {
    child: Child,
    port: u16,
}

impl Sink {
    fn start() -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = probe.local_addr().expect("it is bound").port();
        drop(probe);
        let mut command = Command::new("/usr/sbin/smtp-sink");
        command.args(["-u", "nobody", &format!("127.0.0.1:{port}"), "1000"]);
        let child = command.stdout(Stdio::null()).spawn().expect("postfix is installed");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { child, port }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A store, a deliverer, and the way to the sink.
struct Desk {
    store: Arc<SqliteStore>,
    fence: Fence,
    settings: Settings,
    bell: Arc<Notify>,
    _directory: tempfile::TempDir,
}

impl Desk {
    async fn new(sink: &Sink) -> Self {
        let directory = tempfile::tempdir().expect("the temporary directory can be written");
        let path = directory.path().join("usagewarden.db");
        let store = Arc::new(SqliteStore::open(&path).expect("a new store opens"));
        let fence = store.acquire(&"acme".into()).await.expect("a new store takes it");
        let (settings, bell) = (settings(sink.port), Arc::new(Notify::new()));
        Self { store, fence, settings, bell, _directory: directory }
    }

    /// Commits notices of lanes of their own, a few at a time, as ticks do.
    async fn commit(&self, numbers: std::ops::Range<usize>) {
        for start in numbers.clone().step_by(TOGETHER) {
            let some = start..(start + TOGETHER).min(numbers.end);
            let now = SystemClock.now();
            let to = self.settings.destinations();
            let notices = some.map(|number| (notice(number, now), to.clone())).collect();
            let plan = Plan { notices, ..Plan::default() };
            self.store.commit_plan(&self.fence, plan).await.expect("it is committed");
            self.bell.notify_one();
        }
    }

    fn deliver(&self, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
        let names = [self.settings.name.clone()];
        let wiring = Wiring {
            store: self.store.clone(),
            clock: Arc::new(SystemClock),
            outbox_grew: self.bell.clone(),
            asked_again: Arc::default(),
            metrics: DeliveryMetrics::register(&Registry::new(), &names).expect("a new registry"),
        };
        let channel = Arc::new(Email::new(self.settings.clone()));
        let deliverer = Deliverer::new(wiring, vec![channel], Reach::default());
        Supervisor::default().workers().spawn(deliverer.run(stop.clone()))
    }

    /// Waits until so many were accepted.
    async fn accepted(&self, wanted: u64, every: Duration) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let counts = self.store.entry_counts().await.expect("it can be counted");
            let accepted = counts.iter().filter(|count| count.state == EntryState::Accepted);
            if accepted.map(|count| count.entries).sum::<u64>() >= wanted {
                return;
            }
            assert!(Instant::now() < deadline, "still {counts:?}");
            tokio::time::sleep(every).await;
        }
    }
}

async fn burst(sink: &Sink, how: &str, queued_before: bool) {
    let desk = Desk::new(sink).await;
    let stop = CancellationToken::new();
    if queued_before {
        desk.commit(0..NOTICES).await;
    }
    let began = Instant::now();
    let work = desk.deliver(&stop);
    if !queued_before {
        desk.commit(0..NOTICES).await;
    }
    let envelopes = NOTICES * RECIPIENTS;
    desk.accepted(u64::try_from(envelopes).expect("a few"), Duration::from_millis(100)).await;
    let rate = envelopes as f64 / began.elapsed().as_secs_f64();
    stop.cancel();
    work.await.expect("the deliverer leaves");
    show(&format!("{envelopes} envelopes {how}"), &format!("{rate:.0} a second"));
}

/// One notice at a time: from its commit to the note that it was accepted.
async fn alone(sink: &Sink) {
    let mut desk = Desk::new(sink).await;
    desk.settings.to.truncate(1);
    let stop = CancellationToken::new();
    let work = desk.deliver(&stop);
    let mut took = Vec::new();
    for number in 0..ALONE {
        let began = Instant::now();
        desk.commit(number..number + 1).await;
        desk.accepted(u64::try_from(number + 1).expect("a few"), Duration::from_millis(1)).await;
        took.push(began.elapsed());
    }
    stop.cancel();
    work.await.expect("the deliverer leaves");
    took.sort();
    let (median, late) = (took[ALONE / 2], took[ALONE * 99 / 100]);
    show("one notice, committed to accepted, median", &format!("{median:.1?}"));
    show("one notice, committed to accepted, p99", &format!("{late:.1?}"));
}

fn settings(port: u16) -> Settings {
    let mailbox = |number: usize| format!("r{number}@example.com").parse().expect("a mailbox");
    Settings {
        name: "finops".into(),
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        login: None,
        from: "UsageWarden <warden@example.com>".parse().expect("a mailbox"),
        to: (0..RECIPIENTS).map(mailbox).collect(),
        ca_file: None,
        give_up_after: SignedDuration::from_hours(72),
        external_url: "https://warden.example.com/".to_owned(),
        attempt_timeout: ATTEMPT_TIMEOUT,
    }
}

fn notice(number: usize, decided_at: Timestamp) -> Notice {
    let id = format!("notice-{number}");
    let facts = Facts {
        episode: EpisodeId(id.clone()),
        root: None,
        rule: "month".into(),
        kind: Kind::Test,
        severity: Severity::Warning,
        subject: Subject::ORGANIZATION,
        names: Names::default(),
        matter: Matter::Test,
        value: None,
        limit: None,
        basis: None,
        data_until: None,
        since: decided_at,
        ended_at: None,
        period: None,
        zone_name: "UTC".to_owned(),
        forecast: None,
        contributors: Vec::new(),
        actions: Vec::new(),
    };
    let (effect, period_end, only) = (Effect::Fired, false, None);
    let news = vec![News { id: NewsId(id.clone()), effect, facts, period_end, only }];
    let lane = LaneId(id.clone());
    Notice { id: NoticeId(id), organization: "acme".into(), decided_at, lane, news }
}

fn show(what: &str, figure: &str) {
    // A closed pipe ends the reader's interest, not the measurement.
    let _ = writeln!(std::io::stdout(), "{what}: {figure}");
}
