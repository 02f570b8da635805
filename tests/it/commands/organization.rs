//! `org show` and `org list`, with keys that may more or less.

use serde_json::json;

use super::rehearsal::{EVERYBODY, Rehearsal, dateless};
use super::{narrow, without_numbers};

#[test]
fn what_each_key_may_do_is_shown() {
    let rehearsal = Rehearsal::start();
    let shown: Vec<String> = EVERYBODY
        .iter()
        .map(|name| {
            let said = rehearsal.ask(&["org", "show", "--organization", name]);
            assert_eq!(said.code, 0, "{}", said.stderr);
            let lines = said.stdout.lines().filter(|line| {
                ["key", "write key", "may read", "may not read"]
                    .iter()
                    .any(|head| line.trim_start().starts_with(&format!("{head}  ")))
            });
            format!("{name}\n{}", narrow(&lines.collect::<Vec<_>>().join("\n")))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn the_wrong_organization_is_shown_and_is_no() {
    let rehearsal = Rehearsal::with("expect_name = \"Acme Labs\"\n");
    let said = rehearsal.ask(&["org", "show", "--organization", "acme"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("Acme Corp, not Acme Labs as expected"), "{}", said.stdout);
    insta::assert_snapshot!(said.stderr);
    let value = rehearsal.json(&["org", "show", "--organization", "acme"]);
    assert_eq!(value["data"][0]["as_expected"], false);
    assert_eq!(rehearsal.ask(&["org", "list"]).code, 1);
}

#[test]
fn organizations_are_listed_with_their_companies_and_what_their_keys_see() {
    let rehearsal = Rehearsal::start();
    let said = rehearsal.ask(&["org", "list"]);
    insta::assert_snapshot!(dateless(&narrow(&said.kept(&[]))));
    let value = rehearsal.json(&["org", "list"]);
    let rows = value["data"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!((&rows[0]["companies"], &rows[0]["as_expected"]), (&json!(["group"]), &json!(true)));
    let seen = &rows[1]["sees"][0];
    assert_eq!((&seen["configured"], &seen["id"]), (&json!(true), &rows[1]["id"]));
}

#[tokio::test]
async fn what_one_list_fails_with_does_not_hide_the_others() {
    let rehearsal = Rehearsal::start();
    rehearsal.simulated.control(&json!({ "faults": ["spend_limits:403", "users:403"] })).await;
    let said = rehearsal.ask(&["org", "show", "--organization", "acme"]);
    assert!(said.stdout.contains("Claude Opus 5.x"), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("list of members (the key lacks permission)"), "{}", said.stdout);
    rehearsal.simulated.control(&json!({ "faults": ["company/usage:404"] })).await;
    let said = rehearsal.ask(&["org", "show", "--organization", "labs"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("enterprise"), "{}", said.stdout);
    assert!(without_numbers(&said.stderr).contains("labs: the token quota"), "{}", said.stderr);
}
