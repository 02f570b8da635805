//! A key runs away, a step of a budget stops it, and somebody brings it back: simulator, daemon
//! and command line together.
//!
//! The clock is set by hand, so a poll happens when it is moved, and only then.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::net::TcpListener;
use usagewarden::app;
use usagewarden::clock::{Clock, ManualClock};
use usagewarden::config::{self, Environment};
use usagewarden::simulator::{ADMIN_KEY, Runaway, Scenario, Settings, Simulator};
use usagewarden::supervisor::{Ending, Supervisor};
use usagewarden_core::amount::Amount;
use usagewarden_core::window::Width;

use crate::support::process::{client, eventually, get, usagewarden};

const TOKEN: &str = "a-token-of-the-operators";

/// Longer than a stop takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The organization at the other end, and the daemon that watches it.
struct House {
    clock: Arc<ManualClock>,
    simulator: Simulator,
    base_url: String,
    outside: Supervisor,
    daemon: app::Daemon,
    directory: tempfile::TempDir,
}

/// What a command came to.
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

impl House {
    /// A budget for each key, which no key but a runaway can cross today.
    async fn start() -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-20T14:08:30Z".parse().unwrap()));
        let runaway = Runaway { times: 10, waits: true };
        let settings = Settings {
            scenario: Scenario::Runaway,
            runaway,
            usage_delay: SignedDuration::ZERO,
            ..Settings::default()
        };
        let simulator = Simulator::new(settings, clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let (outside, serving) = (Supervisor::default(), simulator.clone());
        outside.start("outside", |stop| async move {
            serving.serve(listener, stop).await.unwrap();
        });
        let spent = simulator.spent_since(Width::Day.floor(clock.now()));
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("usagewarden.toml");
        let store = directory.path().join("usagewarden.db");
        std::fs::write(&file, configuration(&base_url, &store.display().to_string(), spent))
            .unwrap();
        let request = config::Request::new(Some(file), Environment::default());
        let config = config::load(&request).unwrap_or_else(|problems| panic!("{problems}")).config;
        let daemon = app::start(config, clock.clone()).await.unwrap();
        Self { clock, simulator, base_url, outside, daemon, directory }
    }

    fn url(&self) -> String {
        format!("http://{}", self.daemon.address())
    }

    fn set(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
    }

    /// Until usage was read at the time that it is, and judged.
    async fn polled(&self) {
        let now: Timestamp = self.clock.now();
        eventually("a poll of usage", async || {
            let status = get(&format!("{}/api/v1/status", self.url())).await;
            let reports = status["data"][0]["reports"].as_array()?.clone();
            let usage = reports.into_iter().find(|report| report["report"] == "usage")?;
            let heard: Timestamp = usage["heard_at"].as_str()?.parse().ok()?;
            (heard >= now).then_some(())
        })
        .await;
    }

    /// The keys of the organization that do not work, by name.
    async fn off(&self) -> Vec<String> {
        let url = format!("{}/v1/organizations/api_keys?status=inactive", self.base_url);
        let mut response = client()
            .get(url)
            .header("x-api-key", ADMIN_KEY)
            .header("anthropic-version", "2023-06-01")
            .send()
            .await
            .unwrap();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.unwrap() {
            body.extend_from_slice(&chunk);
        }
        let value: Value = serde_json::from_slice(&body).unwrap();
        let data = value["data"].as_array().unwrap_or_else(|| panic!("{value}"));
        data.iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    }

    fn spent(&self) -> Amount {
        self.simulator.spent_since(Width::Day.floor(self.clock.now()))
    }

    async fn ask(&self, arguments: &[&str]) -> Said {
        let mut command = usagewarden();
        command.args(["--url", &self.url()]).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Said { code: output.status.code().unwrap(), stdout, stderr }
    }

    async fn states(&self) -> Vec<String> {
        let list = get(&format!("{}/api/v1/actions", self.url())).await;
        let data = list["data"].as_array().unwrap().clone();
        data.iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
    }

    async fn stop(self) {
        assert_eq!(self.daemon.finish(std::future::ready(())).await, Ending::Asked);
        assert_eq!(self.outside.finish(std::future::ready(()), PATIENCE).await, Ending::Asked);
    }
}

fn configuration(base_url: &str, store: &str, amount: Amount) -> String {
    let amount = amount.dollars().ceil();
    format!(
        "store = {{ path = {store:?} }}\n\
         [http]\nlisten = \"127.0.0.1:0\"\n\
         tokens = {{ ops = {{ token = \"{TOKEN}\", may = [\"actions\"] }} }}\n\
         [[organization]]\nname = \"acme\"\nbase_url = {base_url:?}\nkey = \"{ADMIN_KEY}\"\n\
         allow_actions = true\n\
         [action.stop]\ndisable_keys = {{ workspace = \"research\", keys = [\"*\"] }}\n\
         [[rule.budget]]\nname = \"each\"\namount = \"{amount} USD\"\nperiod = \"day\"\n\
         each = [\"key\"]\n\
         steps = [{{ at = \"100%\", severity = \"critical\", action = \"stop\" }}]\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runaway_key_is_stopped_within_a_poll_and_brought_back() {
    let house = House::start().await;
    house.polled().await;
    let before = house.off().await;
    assert!(!before.contains(&"evals".to_owned()), "{before:?}");
    let an_hour = house.simulator.runaway_an_hour().unwrap();
    house.simulator.unleash();
    let mut minutes = 0;
    while house.states().await.is_empty() {
        assert_eq!(house.off().await, before, "nothing is done before the step is crossed");
        house.set(10);
        minutes += 10;
        house.polled().await;
        assert!(minutes < 8 * 60, "the step was never crossed");
    }
    // The clock stands still: no further poll is needed.
    let stopped = eventually("a key that is stopped", async || {
        let off = house.off().await;
        (off.len() > before.len()).then_some(off)
    })
    .await;
    let new: Vec<&String> = stopped.iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new, ["evals"], "exactly the runaway");
    eventually("the action is done", async || (house.states().await == ["done"]).then_some(()))
        .await;

    // Its traffic stops.
    let spent = house.spent();
    house.set(60);
    house.polled().await;
    let more = house.spent().dollars() - spent.dollars();
    assert!(more < an_hour.dollars() / rust_decimal::Decimal::from(2), "{more} of {an_hour}");
    assert_eq!(house.states().await, ["done"], "once a period");

    undo(&house, &before).await;
    house.stop().await;
}

async fn undo(house: &House, before: &[String]) {
    let list = house.ask(&["actions", "list"]).await;
    assert_eq!(list.code, 0, "{}", list.stderr);
    let command = list.stdout.lines().find_map(|line| line.strip_prefix("undo  usagewarden "));
    let command = command.unwrap_or_else(|| panic!("no way back in:\n{}", list.stdout));
    assert!(list.stdout.contains("evals"), "{}", list.stdout);
    let steps: Vec<&str> = command.split(' ').collect();
    let dry = house.ask(&[&steps[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(
        dry.stdout.contains("key evals of workspace research: inactive → active"),
        "{}",
        dry.stdout
    );
    for (more, code, words) in [
        (&[][..], 64, "nobody can be asked here"),
        (&["--yes"], 1, "this needs a token"),
        (&["--yes", "--token", "wrong-but-long-enough"], 1, "this token is not known here"),
        (&["--organization", "labs", "--yes"], 64, "this is an action of acme"),
    ] {
        let said = house.ask(&[&steps[..], more].concat()).await;
        assert_eq!(said.code, code, "{more:?}: {}", said.stderr);
        assert!(said.stderr.contains(words), "{more:?}: {}", said.stderr);
    }
    assert_eq!(house.off().await.len(), before.len() + 1, "nothing was changed");

    let said = house.ask(&[&steps[..], &["--yes", "--token", TOKEN]].concat()).await;
    assert_eq!(said.code, 0, "{}", said.stderr);
    eventually("the key is back", async || (house.off().await == before).then_some(())).await;
    eventually("it is undone", async || (house.states().await == ["undone"]).then_some(())).await;
    let again = house.ask(&[&steps[..], &["--yes", "--token", TOKEN]].concat()).await;
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("it was undone already"), "{}", again.stderr);
    let unknown = house.ask(&["actions", "undo", "no/such:id", "--yes"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("there is no action with this id"), "{}", unknown.stderr);

    let journal = std::fs::read_to_string(house.directory.path().join("journal.jsonl")).unwrap();
    let stages: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["stage"].take())
        .collect();
    assert_eq!(stages, ["begun", "done", "begun", "done"], "{journal}");
}
