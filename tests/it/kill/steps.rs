//! `SIGKILL` between any two steps from an alert to its mail: nothing is lost, and what is
//! repeated is the same mail.
//!
//! A child, which is this very test program, commits and delivers with the real store and
//! the real mail channel. The mail server, which lives here, stops it at the step in
//! question; then it is killed, and a new one takes over the file.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use prometheus::Registry;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use usagewarden::clock::SystemClock;
use usagewarden::deliver::email::{ATTEMPT_TIMEOUT, Email, Settings, Tls};
use usagewarden::deliver::metrics::DeliveryMetrics;
use usagewarden::deliver::{Deliverer, Wiring};
use usagewarden::store::{SqliteStore, Store};
use usagewarden_core::decide::Plan;
use usagewarden_core::notice::{Effect, Notice};
use usagewarden_core::outbox::Reach;

use crate::mail::desk::notice;
use crate::support::process::eventually;
use crate::support::smtp::{Fault, Offer, SmtpServer, Taken};

const CHILD: &str = "kill::steps::a_child_delivers_until_it_is_killed";
/// Where the child finds the store. Without it the child's test has nothing to do.
const STORE: &str = "USAGEWARDEN_TEST_STORE";
const PORT: &str = "USAGEWARDEN_TEST_PORT";
/// Set when the child commits the notices itself, and no more.
const COMMITS: &str = "USAGEWARDEN_TEST_COMMITS";

#[expect(clippy::disallowed_methods, reason = "the parent of this test tells it what to do")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::test]
async fn a_child_delivers_until_it_is_killed() {
    let Some(path) = told(STORE) else { return };
    let store = Arc::new(SqliteStore::open(Path::new(&path)).unwrap());
    if told(COMMITS).is_some() {
        writeln!(std::io::stdout(), "committing").unwrap();
        commit(&store, &["began", "ended"]).await;
        writeln!(std::io::stdout(), "committed").unwrap();
        return std::future::pending().await;
    }
    let wiring = Wiring {
        store,
        clock: Arc::new(SystemClock),
        outbox_grew: Arc::new(Notify::new()),
        asked_again: Arc::default(),
        metrics: DeliveryMetrics::register(&Registry::new(), &[]).unwrap(),
    };
    let channel = Arc::new(Email::new(settings(told(PORT).unwrap().parse().unwrap())));
    let deliverer = Deliverer::new(wiring, vec![channel], Reach::default());
    deliverer.run(CancellationToken::new()).await;
}

fn settings(port: u16) -> Settings {
    Settings {
        name: "finops".into(),
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        login: None,
        from: "UsageWarden <warden@example.com>".parse().unwrap(),
        to: vec!["finops@example.com".parse().unwrap()],
        ca_file: None,
        give_up_after: SignedDuration::from_hours(72),
        external_url: "https://warden.example.com/".to_owned(),
        attempt_timeout: ATTEMPT_TIMEOUT,
    }
}

/// News of one incident, which wait in one lane; decided the same however often.
fn incident(name: &str) -> Notice {
    let decided_at: Timestamp = "2026-11-21T14:07:11Z".parse().unwrap();
    let mut told = notice(name, decided_at);
    told.news[0].facts.episode.0 = "incident".to_owned();
    if name == "ended" {
        told.news[0].effect = Effect::Resolved;
        told.news[0].facts.ended_at = Some(decided_at + SignedDuration::from_mins(20));
    }
    told
}

async fn commit(store: &SqliteStore, names: &[&str]) {
    let fence = store.acquire(&"acme".into()).await.unwrap();
    let to = settings(25).destinations();
    let notices = names.iter().map(|name| (incident(name), to.clone())).collect();
    store.commit_plan(&fence, Plan { notices, ..Plan::default() }).await.unwrap();
}

/// A running child; killed at the latest when the test ends.
struct Delivering(Child);

impl Delivering {
    fn kill(mut self) {
        self.0.kill().unwrap();
        assert!(!self.0.wait().unwrap().success(), "it ends only by being killed");
    }

    /// Waits until it says so.
    fn says(&mut self, word: &str) {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.contains(word)));
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Rig {
    server: SmtpServer,
    directory: tempfile::TempDir,
}

impl Rig {
    /// A store that holds `names`, and a server that follows `script`.
    async fn with(names: &[&str], script: &[Fault]) -> Self {
        let server = SmtpServer::start(Offer::Plain, "").await;
        server.script(script);
        let rig = Self { server, directory: tempfile::tempdir().unwrap() };
        rig.commit(names).await;
        rig
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("usagewarden.db")
    }

    /// While no child has the store open.
    async fn commit(&self, names: &[&str]) {
        commit(&SqliteStore::open(&self.path()).unwrap(), names).await;
    }

    fn start(&self) -> Delivering {
        self.command().spawn().map(Delivering).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", CHILD, "--nocapture"]);
        command.env(STORE, self.path()).env(PORT, self.server.port.to_string());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    fn shell(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// Waits until every entry, of which there are so many, is accepted.
    async fn accepted(&self, entries: i64) {
        let shell = self.shell();
        let count = |sql| shell.query_row(sql, [], |row| row.get::<_, i64>(0)).ok();
        eventually("every notice accepted", async || {
            let accepted = count("SELECT count(*) FROM entry WHERE state = 4")?;
            (accepted == entries && count("SELECT count(*) FROM entry")? == entries).then_some(())
        })
        .await;
    }

    /// After the kill: more happens, a new child takes over, and is killed in its turn once
    /// all has been said. What was taken, in order.
    async fn takes_over(&self) -> Vec<Taken> {
        self.commit(&["again"]).await;
        let child = self.start();
        self.accepted(3).await;
        child.kill();
        let taken = self.server.taken();
        // Whoever starts after that has nothing to say but what is new.
        self.commit(&["new"]).await;
        let child = self.start();
        self.accepted(4).await;
        child.kill();
        assert_eq!(self.server.taken().len(), taken.len() + 1);
        taken
    }
}

/// Each mail by the identity of its notice; the first is repeated `repeats` times, to the byte.
#[track_caller]
fn check(taken: &[Taken], repeats: usize, rest: &[&str]) {
    for mail in &taken[..=repeats] {
        assert_eq!(mail.bytes, taken[0].bytes, "a repeat is the same mail");
    }
    let named = |mail: &Taken| {
        ["began", "again"].into_iter().find(|name| mail.bytes.contains(&format!("Notice {name}")))
    };
    let names: Vec<_> = taken.iter().filter_map(named).collect();
    let expected: Vec<_> = vec!["began"; repeats + 1].into_iter().chain(rest.to_vec()).collect();
    assert_eq!(names, expected);
    let mut identities: Vec<_> = taken.iter().map(|mail| mail.header("Message-ID")).collect();
    identities.dedup();
    assert_eq!(identities.len(), 1 + rest.len());
}

#[tokio::test]
async fn killed_before_the_commit_the_same_is_decided_and_told_again() {
    let rig = Rig::with(&[], &[]).await;
    let shell = rig.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut child = rig.command().env(COMMITS, "1").spawn().map(Delivering).unwrap();
    child.says("committing");
    child.kill();
    shell.execute_batch("ROLLBACK").unwrap();
    drop(shell);
    rig.commit(&["began", "ended"]).await;
    check(&rig.takes_over().await, 0, &[]);
}

#[tokio::test]
async fn killed_after_the_commit_all_of_it_is_one_mail_of_the_next_start() {
    let rig = Rig::with(&[], &[]).await;
    let mut child = rig.command().env(COMMITS, "1").spawn().map(Delivering).unwrap();
    child.says("committed");
    child.kill();
    check(&rig.takes_over().await, 0, &[]);
}

#[tokio::test]
async fn killed_after_the_fold_the_folded_mail_is_sent_and_nothing_is_added() {
    let rig = Rig::with(&["began", "ended"], &[Fault::SilentAtOnce]).await;
    let child = rig.start();
    eventually("a connection", async || (rig.server.connections() == 1).then_some(())).await;
    child.kill();
    assert!(rig.server.taken().is_empty());
    check(&rig.takes_over().await, 0, &["again"]);
}

#[tokio::test]
async fn killed_while_it_is_sent_it_is_sent_again() {
    let rig = Rig::with(&["began", "ended"], &[Fault::SilentAtData]).await;
    let child = rig.start();
    eventually("the mail", async || (rig.server.heard("DATA") == 1).then_some(())).await;
    child.kill();
    check(&rig.takes_over().await, 0, &["again"]);
}

#[tokio::test]
async fn killed_before_the_answer_the_same_mail_is_sent_again() {
    let rig = Rig::with(&["began", "ended"], &[Fault::Hold]).await;
    let child = rig.start();
    eventually("the mail", async || (rig.server.taken().len() == 1).then_some(())).await;
    child.kill();
    check(&rig.takes_over().await, 1, &["again"]);
}

#[tokio::test]
async fn killed_between_the_answer_and_the_note_of_it_the_same_mail_is_sent_again() {
    let rig = Rig::with(&["began", "ended"], &[Fault::Hold]).await;
    let child = rig.start();
    eventually("the mail", async || (rig.server.taken().len() == 1).then_some(())).await;
    // Nothing can be written down while somebody else writes.
    let shell = rig.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    rig.server.answer();
    eventually("the answer", async || (rig.server.answered() == 1).then_some(())).await;
    child.kill();
    shell.execute_batch("ROLLBACK").unwrap();
    drop(shell);
    check(&rig.takes_over().await, 1, &["again"]);
}

#[tokio::test]
async fn killed_after_the_note_nothing_is_sent_again() {
    let rig = Rig::with(&["began", "ended"], &[]).await;
    let child = rig.start();
    rig.accepted(2).await;
    child.kill();
    assert_eq!(rig.server.taken().len(), 1);
    check(&rig.takes_over().await, 0, &["again"]);
}
