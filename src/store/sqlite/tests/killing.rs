//! `SIGKILL` at any moment: what was answered is there, and nothing is torn.
//!
//! A child, which is this very test program, commits for several organizations at once
//! and says so for each one after it was answered. It is killed in the middle of that,
//! again and again on the same file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use jiff::SignedDuration;
use usagewarden_core::action::Order;
use usagewarden_core::ledger::Needs;
use usagewarden_core::period::PeriodKind;

use super::*;

const KILLS: usize = 25;
/// How many answers a child may give at most before it is killed.
const ANSWERS_MAX: usize = 60;
const ORGANIZATIONS: [&str; 4] = ["acme", "blue", "coyote", "delta"];
const CHILD: &str = "store::sqlite::tests::killing::a_child_commits_until_it_is_killed";
/// Where the child finds the store. Without it the child's test has nothing to do.
const STORE: &str = "USAGEWARDEN_TEST_STORE_TO_KILL";

#[expect(clippy::disallowed_methods, reason = "the parent of this test tells it where to write")]
fn store_to_kill() -> Option<std::ffi::OsString> {
    std::env::var_os(STORE)
}

/// The minute that an organization's `round` writes, and the tokens in it.
fn minute(round: i64) -> Timestamp {
    at("2026-11-20T00:00:00Z") + SignedDuration::from_mins(round)
}

fn tokens(round: i64) -> u64 {
    round.unsigned_abs() + 1
}

#[tokio::test]
async fn a_child_commits_until_it_is_killed() {
    let Some(path) = store_to_kill() else { return };
    let store = SqliteStore::open(Path::new(&path)).unwrap();
    let [one, two, three, four] = ORGANIZATIONS.map(|name| commit_for_ever(&store, name));
    tokio::join!(one, two, three, four);
}

async fn commit_for_ever(store: &SqliteStore, name: &'static str) {
    let organization = name.into();
    let fence = store.acquire(&organization).await.unwrap();
    let stored = stored_minutes(store, &organization).await.len();
    for round in i64::try_from(stored).unwrap().. {
        let reading = usage(name, Width::Minute, minute(round), tokens(round));
        store.commit_reading(&fence, &settings(), reading).await.unwrap();
        let decided_at = minute(round).to_string();
        let mut told = notice(&format!("{name}-{round}"), Severity::Warning, &decided_at);
        told.organization = organization.clone();
        let alerts = vec![firing("month", &decided_at)];
        let notices = vec![(told, vec![to("ops", name)])];
        let order = Order {
            organization: organization.clone(),
            ..actions::order(&format!("{name}-{round}"), &decided_at)
        };
        let plan = Plan { alerts, notices, orders: vec![order], ..Plan::default() };
        store.commit_plan(&fence, plan).await.unwrap();
        writeln!(std::io::stdout(), "answered {name} {round}").unwrap();
    }
}

async fn stored_minutes(
    store: &SqliteStore,
    organization: &OrganizationName,
) -> BTreeMap<Timestamp, UsageBucket> {
    let ever = window("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let needs = Needs { minutes: vec![ever], ..Needs::default() };
    let name = organization.clone();
    let load = move |c: &Connection| rows::load(c, organization::find(c, &name)?.id, &needs);
    store.reader.run("load the minutes", load).await.unwrap().minutes
}

fn start_child(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets a child work for a random number of answers, kills it, and notes what it was answered.
fn kill_one(path: &Path, answered: &mut BTreeMap<String, i64>) {
    let mut child = start_child(path);
    let mut left = fastrand::usize(0..ANSWERS_MAX);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some((name, round)) =
            line.split_once("answered ").and_then(|(_, rest)| rest.split_once(' '))
        {
            answered.insert(name.to_owned(), round.parse().unwrap());
            if left == 0 {
                child.kill().unwrap();
            }
            left = left.saturating_sub(1);
        }
    }
    assert!(!child.wait().unwrap().success(), "the child ends only by being killed");
}

/// Compares one organization with what it was answered, row by row and sum by sum.
/// Returns the last round that is stored: from now on, it must stay.
async fn check(store: &SqliteStore, name: &str, answered: i64) -> i64 {
    let organization: OrganizationName = name.into();
    let minutes = stored_minutes(store, &organization).await;
    let rounds = i64::try_from(minutes.len()).unwrap();
    assert!(rounds > answered, "{name}: {answered} was answered, {rounds} minutes are stored");
    assert!(rounds <= answered + 2, "{name}: only one round can have been under way");
    let mut sum = 0;
    for round in 0..rounds {
        let found = minutes[&minute(round)].rows()[0].1.tokens.output;
        assert_eq!(found, tokens(round), "{name} in minute {round}");
        sum += found;
    }
    let now = minute(rounds) + SignedDuration::from_mins(10);
    let snapshot = store.snapshot(&organization, &settings(), now).await.unwrap();
    let month = snapshot.spend(&settings().calendars[0].key(), PeriodKind::Month).unwrap();
    assert_eq!(month.tokens.output, sum, "{name}: the month is the sum of its minutes");
    check_alert(store, name, &snapshot).await;
    rounds - 1
}

/// An alert, its notice and its order are one: none is there without the others.
async fn check_alert(store: &SqliteStore, name: &str, snapshot: &Snapshot) {
    let AlertState::Firing(Episode { since, .. }) = &snapshot.alerts[0].state else {
        panic!("{name}: the alert fires")
    };
    let round = since.duration_since(minute(0)).as_mins();
    let entries = store.entries(usize::MAX).await.unwrap();
    let own = entries.iter().filter(|entry| entry.organization.as_str() == name);
    let newest = own.clone().max_by_key(|entry| entry.id).unwrap();
    assert_eq!(newest.notice.0, format!("{name}-{round}"));
    let told: BTreeSet<String> = own.map(|entry| entry.notice.0.clone()).collect();
    let orders = store.actions(usize::MAX).await.unwrap();
    let own = orders.into_iter().filter(|one| one.order.organization.as_str() == name);
    let ordered: BTreeSet<String> = own.map(|one| one.order.id.0).collect();
    assert_eq!(ordered, told, "{name}: each order has its notice, each notice its order");
}

#[tokio::test]
async fn killed_at_any_moment_nothing_answered_is_lost_and_nothing_is_torn() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("usagewarden.db");
    let mut answered = BTreeMap::new();
    for _ in 0..KILLS {
        kill_one(&path, &mut answered);
        let store = SqliteStore::open(&path).unwrap();
        for (name, round) in &mut answered {
            *round = check(&store, name, *round).await;
        }
    }
    assert_eq!(answered.len(), ORGANIZATIONS.len());
}
