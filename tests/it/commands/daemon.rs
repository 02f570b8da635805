//! `run` and `status`: what the daemon says of itself, and why it does not start.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::{CLOSED, Said, narrow, run, with, without_numbers};
use crate::support::process::{Daemon, House, Simulated, eventually};

fn status(url: &str, more: &[&str]) -> Said {
    let arguments = [&["--url", url, "status"], more].concat();
    run(&mut with(None, &arguments))
}

#[test]
fn without_a_daemon_the_status_says_how_to_find_it() {
    let said: Vec<String> = [CLOSED, "nonsense"]
        .iter()
        .map(|url| format!("$ --url {url}\n{}", status(url, &[]).kept(&[])))
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn what_listens_but_is_no_daemon_is_told_apart() {
    let simulated = Simulated::start(&[]);
    let said = status(&simulated.base_url, &[]);
    insta::assert_snapshot!(said.kept(&[(&simulated.base_url, "URL")]));
}

/// A daemon that has read everything once.
async fn settled(house: &House, simulated: &Simulated) -> Daemon {
    let daemon = house.daemon(simulated).await;
    eventually("everything is read", async || {
        let reports = daemon.organization().await["reports"].take();
        let reports = reports.as_array().unwrap();
        let done = reports
            .iter()
            .all(|one| one["outcome"] == "ok" && one["backfill"].as_array().unwrap().is_empty());
        (done && reports.len() == 9).then_some(())
    })
    .await;
    daemon
}

#[tokio::test]
async fn the_status_is_a_table_for_people_and_json_for_programs() {
    let simulated = Simulated::start(&[]);
    // A budget that nothing fires of, on whatever day of the month this runs.
    let rules = "[[rule.budget]]\nname = \"month\"\namount = \"90_000_000 USD\"\n\
                 [[rule.freshness]]\nname = \"blind\"\nfailing_for = \"1h\"\n";
    let house = House::with(&simulated.base_url, rules);
    let daemon = settled(&house, &simulated).await;
    let said = status(&daemon.url, &[]);
    assert_eq!(said.code, 0);
    insta::assert_snapshot!("status", timeless(&said));
    let value: Value = serde_json::from_str(&status(&daemon.url, &["--json"]).stdout).unwrap();
    assert_eq!(value["data"][0]["organization"], "acme");
    let unknown = status(&daemon.url, &["--organization", "labs", "--json"]);
    insta::assert_snapshot!("status_unknown", unknown.kept(&[]));

    simulated.control(&json!({ "faults": ["usage_report:403"] })).await;
    eventually("it fails, and that is judged", async || {
        let organization = daemon.organization().await;
        let reports = organization["reports"].as_array().unwrap();
        let failing = reports.iter().filter(|one| !one["cause"].is_null());
        (failing.count() == 1 && organization["alerts"]["firing"] == 1).then_some(())
    })
    .await;
    let said = status(&daemon.url, &[]);
    said.never_shows(&simulated.admin_key);
    assert_eq!(said.code, 0);
    insta::assert_snapshot!("status_failing", timeless(&said));
}

/// What depends on the hour: figures, units of time, how much of a period is billed, and
/// whether anything without a price was used in a month that has just begun.
fn timeless(said: &Said) -> String {
    let mut text = without_numbers(&narrow(&said.kept(&[])));
    for unit in ["# s", "# min", "# h", "# days"] {
        for end in [" ago", "\n", " |"] {
            text = text.replace(&format!("{unit}{end}"), &format!("TIME{end}"));
        }
    }
    for basis in ["| mixed", "| estimated", "| billed"] {
        text = text.replace(basis, "| BASIS");
    }
    let lines = text.lines().filter(|line| !line.starts_with("unpriced"));
    // What is expected of a month is known a while after the rest.
    let lines = lines.map(|line| match line.strip_prefix("month | $# | $# | # %") {
        Some(_) => "month | $# | $# | # %",
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_damaged_store_is_refused_and_left_alone() {
    let house = House::with(CLOSED, "");
    let store = house.file("usagewarden.db");
    let damaged = b"this was never a store, and it is long enough to be looked at".repeat(100);
    std::fs::write(&store, &damaged).unwrap();
    let said = refused(&house);
    insta::assert_snapshot!(last_line(&said, &[(&store.display().to_string(), "STORE")]));
    assert_eq!(std::fs::read(&store).unwrap(), damaged);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = House::with(CLOSED, "");
    let text = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), text.replace("127.0.0.1:0", &address)).unwrap();
    let said = refused(&house);
    insta::assert_snapshot!(last_line(&said, &[(&address, "ADDRESS")]));
}

#[tokio::test]
async fn two_daemons_never_share_a_store() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "");
    let daemon = house.daemon(&simulated).await;
    let said = refused(&house);
    let store = house.file("usagewarden.db").display().to_string();
    insta::assert_snapshot!(last_line(&said, &[(&store, "STORE")]));
    daemon.polled("usage", 2).await;
}

fn refused(house: &House) -> Said {
    let mut command = with(Some(&house.config()), &["run"]);
    run(command.env("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-any"))
}

/// What stands below the log, and the exit code.
fn last_line(said: &Said, volatile: &[(&str, &str)]) -> String {
    let plain: Vec<&str> = said.stderr.lines().filter(|line| !line.starts_with('{')).collect();
    let stderr = plain.join("\n");
    Said { code: said.code, stdout: said.stdout.clone(), stderr }.kept(volatile)
}

#[tokio::test]
async fn a_loopback_rehearsal_needs_no_ca_certificates() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "");
    let (empty, folder) = (house.file("empty.pem"), house.file("certs"));
    std::fs::write(&empty, "").unwrap();
    let environment = [
        ("ANTHROPIC_ADMIN_KEY", simulated.admin_key.as_str()),
        ("SSL_CERT_FILE", empty.to_str().unwrap()),
        ("SSL_CERT_DIR", folder.to_str().unwrap()),
    ];
    let daemon = Daemon::start(&house.config(), &environment).await;
    daemon.polled("usage", 1).await;
    assert_eq!(daemon.process.stop().await, Some(0));
}

#[tokio::test]
async fn a_hangup_is_explained_and_a_stop_is_clean_even_in_the_middle_of_polls() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "");
    let daemon = house.daemon(&simulated).await;
    daemon.polled("usage", 1).await;
    daemon.process.signal("HUP");
    eventually("a word on the hangup", async || {
        daemon.process.said().contains("SIGHUP was heard, but").then_some(())
    })
    .await;
    daemon.polled("usage", daemon.polls("usage").await + 1).await;

    // Every question from now on is met with ten minutes of silence.
    simulated.control(&json!({ "faults": ["timeout"] })).await;
    eventually("a poll that hangs", async || {
        let open = simulated.controls().await["open"].take();
        let hangs = |one: &Value| {
            one["fault"] == "timeout" && one["path"].as_str().unwrap().contains("usage_report")
        };
        open.as_array().unwrap().iter().any(hangs).then_some(())
    })
    .await;
    assert_eq!(daemon.process.stop().await, Some(0));
}

#[tokio::test]
async fn the_log_tells_the_story_of_the_daemon_and_not_of_its_parts() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "");
    let daemon = house.daemon(&simulated).await;
    daemon.polled("usage", 2).await;
    let log = daemon.process.kill();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let target = line["target"].as_str().unwrap();
        assert!(target.starts_with("usagewarden::"), "{line}");
        let message = line["message"].as_str().unwrap();
        assert!(message.starts_with(|first: char| !first.is_lowercase()), "{line}");
    }
    assert!(!log.contains(&simulated.admin_key));
}
