//! `deliveries` and what `status` says of alerts, from a daemon whose mail server is gone.

use serde_json::Value;

use super::{Said, narrow, run, with};
use crate::support::process::{Daemon, House, Simulated, eventually, get};

const MORE: &str = "[channel.email.finops]\nserver = \"127.0.0.1:1\"\ntls = \"none\"\n\
                    from = \"UsageWarden <warden@example.com>\"\nto = [\"finops@example.com\"]\n\
                    [[rule.budget]]\nname = \"month\"\namount = \"0.01 USD\"\n\
                    steps = [{ at = \"100%\", severity = \"critical\" }]\n";

const TOKEN: &str = "a-token-of-the-operators";

/// A daemon that has tried to tell of a budget, and could not.
async fn stuck() -> (House, Daemon, Simulated) {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, MORE);
    let text = std::fs::read_to_string(house.config()).unwrap();
    let tokens =
        format!("tokens = {{ ops = {{ token = \"{TOKEN}\", may = [\"deliveries\"] }} }} }}");
    let text = text.replacen("\"127.0.0.1:0\" }", &format!("\"127.0.0.1:0\", {tokens}"), 1);
    std::fs::write(house.config(), text).unwrap();
    let daemon = house.daemon(&simulated).await;
    eventually("a delivery that failed", async || {
        let stuck = get(&format!("{}/api/v1/deliveries?state=retrying", daemon.url)).await;
        stuck["data"].as_array().is_some_and(|data| !data.is_empty()).then_some(())
    })
    .await;
    (house, daemon, simulated)
}

fn ask(daemon: &Daemon, arguments: &[&str]) -> Said {
    let said = run(&mut with(None, &[&["--url", &daemon.url], arguments].concat()));
    said.never_shows("finops@example.com");
    said.never_shows(TOKEN);
    said
}

#[tokio::test]
async fn what_cannot_be_delivered_is_listed_and_retried_by_whoever_may() {
    let (_house, daemon, _simulated) = stuck().await;
    let list = ask(&daemon, &["deliveries", "list", "--state", "retrying,queued"]);
    assert_eq!(list.code, 0, "{}", list.stderr);
    let first: Vec<&str> = list.stdout.lines().take(2).collect();
    assert!(first[0].contains("delivery") && first[0].contains("notice"), "{}", list.stdout);
    assert!(first[1].contains("retrying") && first[1].contains("finops f…@example.com"));
    assert!(list.stdout.contains("127.0.0.1:1 could not be reached"), "{}", list.stdout);

    let json =
        ask(&daemon, &["deliveries", "list", "--channel", "finops", "--limit", "1", "--json"]);
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["data"][0]["channel"], "finops");

    let asked = [
        &["deliveries", "list", "--channel", "nobody"][..],
        &["deliveries", "list", "--state", "lost"],
        &["deliveries", "retry", "--all"],
        &["deliveries", "retry", "--all", "--token", "wrong"],
        &["deliveries", "retry", "--channel", "finops", "--token", TOKEN],
        &["deliveries", "retry", "4711", "--token", TOKEN],
        &["deliveries", "retry", "--all", "--organization", "acme", "--token", TOKEN],
    ];
    let said: Vec<String> = asked
        .iter()
        .map(|arguments| {
            let shown = arguments.join(" ").replace(TOKEN, "TOKEN");
            format!("$ usagewarden {shown}\n{}", narrow(&ask(&daemon, arguments).kept(&[])))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    // What was asked for before may be on its way.
    let json = ask(&daemon, &["deliveries", "retry", "--all", "--token", TOKEN, "--json"]);
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(value["retried"].is_u64(), "{}", json.stdout);
}

#[tokio::test]
async fn the_status_begins_with_what_is_wrong_and_ends_with_what_is_stuck() {
    let (_house, daemon, _simulated) = stuck().await;
    let said = ask(&daemon, &["status"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert!(lines[0].starts_with("acme"), "{}", said.stdout);
    assert!(lines[1].starts_with("critical"), "{}", said.stdout);
    assert!(lines[2].trim_start().starts_with("firing for"), "{}", said.stdout);
    let is_budget = |line: &&&str| line.contains("$0.01") && line.contains(" % ");
    let rows: Vec<_> = lines.iter().skip(3).filter(is_budget).collect();
    assert!(rows.iter().any(|line| line.trim_start().starts_with("month ")), "{}", said.stdout);
    assert!(said.stdout.contains("finops f…@example.com"), "{}", said.stdout);

    let json: Value = serde_json::from_str(&ask(&daemon, &["status", "--json"]).stdout).unwrap();
    assert_eq!(json["alerts"][0]["rule"], "month");
    assert_eq!(json["stuck"][0]["channel"], "finops");
    assert_eq!(json["data"][0]["alerts"]["firing"], 1);
}
