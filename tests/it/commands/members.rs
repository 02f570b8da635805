//! `members`: listed, invited, given roles, removed; and every refusal.

use serde_json::{Value, json};

use super::narrow;
use super::rehearsal::{Rehearsal, dateless};

#[test]
fn members_are_listed_with_whoever_was_invited() {
    let rehearsal = Rehearsal::start();
    let lists = ["acme", "labs"].map(|name| {
        let said = rehearsal.ask(&["members", "list", "--organization", name]);
        dateless(&narrow(&said.kept(&[])))
    });
    insta::assert_snapshot!(lists.join("\n\n"));
    let value = rehearsal.json(&["members", "list", "--organization", "acme", "--role", "admin"]);
    let rows = value["data"].as_array().unwrap();
    let told = |field: &str| rows[0][field].clone();
    assert_eq!(rows.len(), 1);
    assert_eq!((told("kind"), told("email")), (json!("member"), json!("rin@example.test")));
    let nobody = rehearsal.ask(&["members", "list", "--organization", "acme", "--role", "owner"]);
    assert_eq!(nobody.code, 0);
    assert!(nobody.stdout.starts_with("Nobody has this role; there are: admin"));
    // One key that may not list people keeps no other from being shown.
    let all = rehearsal.ask(&["members", "list"]);
    assert_eq!((all.code, all.stdout.matches("rin@example.test").count()), (1, 3));
}

#[test]
fn people_come_change_and_go() {
    let rehearsal = Rehearsal::start();
    let story = rehearsal.story(&[
        "members invite new@example.test --role developer --organization acme --dry-run",
        "members invite new@example.test --role developer --organization acme",
        "members invite new@example.test --role developer --organization acme --yes",
        "members invite new@example.test --role developer --organization acme --yes",
        "members set-role Ada@example.test billing --organization acme --yes",
        "members set-role ada@example.test billing --organization acme --yes",
        "members remove noor@example.test --organization acme --yes",
        "members remove lee@example.test --organization acme --yes",
        "members set-role kai@example.test admin --organization labs --yes",
        "members invite zed@example.test --role member --organization labs --yes",
    ]);
    insta::assert_snapshot!(dateless(&story));
    assert_eq!(rehearsal.stages(), ["begun", "done"].repeat(6));
    let acme = rehearsal.json(&["members", "list", "--organization", "acme"]);
    let role = |email: &str| {
        let mut rows = acme["data"].as_array().unwrap().iter();
        rows.find(|row| row["email"] == email).map(|row| row["role"].clone())
    };
    assert_eq!(role("ada@example.test"), Some(json!("billing")));
    assert_eq!((role("noor@example.test"), role("lee@example.test")), (None, None));
    assert_eq!(role("kai@example.test"), Some(json!("admin")));
}

#[test]
fn what_cannot_be_done_says_who_can() {
    let rehearsal = Rehearsal::start();
    let story = rehearsal.story(&[
        "members invite new@example.test --role admin --organization acme --yes",
        "members invite new@example.test --role develper --organization acme --yes",
        "members invite new@example.test --role developer --organization labs --yes",
        "members invite new@example.test --role member --yes",
        "members invite ada@example.test --role user --organization acme --yes",
        "members invite new --role user --organization acme --yes",
        "members set-role rin@example.test user --organization acme --yes",
        "members set-role lee@example.test user --organization acme --yes",
        "members set-role ada user --organization acme --yes",
        "members set-role nobody@example.com user --organization acme --yes",
        "members remove ada@example.test --organization labs --yes",
    ]);
    insta::assert_snapshot!(dateless(&story));
    assert_eq!(rehearsal.journal(), Vec::<Value>::new(), "nothing was asked of an API");
}

#[test]
fn a_key_that_may_only_read_is_refused_and_that_is_noted() {
    let rehearsal = Rehearsal::start();
    let invite = ["members", "invite", "new@example.test", "--role", "member", "--yes"];
    let said = rehearsal.ask(&[&invite[..], &["--organization", "guest"]].concat());
    insta::assert_snapshot!(said.kept(&[]));
    assert_eq!(rehearsal.stages(), ["begun", "refused"]);
    let line = &rehearsal.journal()[1];
    assert!(line["error"].as_str().unwrap().contains("HTTP 403"), "{line}");
    assert_eq!((&line["by"], &line["target"]), (&json!("ada"), &json!("new@example.test")));
    // Another key may: the organization writes with it.
    let set = ["members", "set-role", "ada@example.test", "user", "--organization", "reader"];
    assert_eq!(rehearsal.json(&[&set[..], &["--yes"]].concat())["changed"], true);
}

#[test]
fn without_a_journal_nothing_is_changed() {
    let rehearsal = Rehearsal::start();
    std::fs::create_dir(rehearsal.house.file("journal.jsonl")).unwrap();
    let folder = rehearsal.house.file("").display().to_string();
    let said = rehearsal.ask(&[
        "members",
        "remove",
        "ada@example.test",
        "--organization",
        "acme",
        "--yes",
    ]);
    insta::assert_snapshot!(said.kept(&[(&folder, "FOLDER/")]));
    let list = rehearsal.ask(&["members", "list", "--organization", "acme"]);
    assert!(list.stdout.contains("ada@example.test"), "{}", list.stdout);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_said_and_noted_as_not_known() {
    let rehearsal = Rehearsal::start();
    rehearsal
        .simulated
        .control(&json!({ "faults": ["POST /v1/organizations/invites:lost"] }))
        .await;
    let said = rehearsal.ask(&[
        "members",
        "invite",
        "new@example.test",
        "--role",
        "user",
        "--organization",
        "acme",
        "--yes",
    ]);
    insta::assert_snapshot!(said.kept(&[]));
    assert_eq!(rehearsal.stages(), ["begun", "unknown"]);
    let list = rehearsal.ask(&["members", "list", "--organization", "acme"]);
    assert!(list.stdout.contains("new@example.test"), "it was made all the same");
}

#[test]
fn a_program_is_told_what_was_done_in_one_object() {
    let rehearsal = Rehearsal::start();
    let set = ["members", "set-role", "ada@example.test", "billing", "--organization", "acme"];
    let value = rehearsal.json(&[&set[..], &["--dry-run"]].concat());
    assert_eq!((&value["dry_run"], &value["before"]), (&json!(true), &json!("developer")));
    insta::assert_json_snapshot!(rehearsal.json(&[&set[..], &["--yes"]].concat()));
    let value = rehearsal.json(&[&set[..], &["--yes"]].concat());
    assert_eq!((&value["changed"], &value["after"]), (&json!(false), &json!("billing")));
}
