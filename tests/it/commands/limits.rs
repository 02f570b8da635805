//! `limits`: listed, set, removed; and every refusal.

use serde_json::{Value, json};

use super::narrow;
use super::rehearsal::{Rehearsal, dateless};

/// What is spent changes from minute to minute, and with it whether a limit is below it.
fn spendless(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("That is not below the new limit"));
    let lines = lines.map(|line| match line.split_once(" is reported as spent") {
        Some((_, rest)) => format!("SPENT is reported as spent{rest}"),
        None => line.to_owned(),
    });
    dateless(&lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn limits_are_listed_for_all_and_for_one_workspace() {
    let rehearsal = Rehearsal::start();
    let said = rehearsal.ask(&["limits", "list", "--organization", "acme"]);
    insta::assert_snapshot!("limits_list_admin", narrow(&said.kept(&[])));
    let research = ["limits", "list", "--organization", "acme", "--workspace", "research"];
    insta::assert_snapshot!("limits_list_workspace", narrow(&rehearsal.ask(&research).kept(&[])));
    let said = rehearsal.ask(&["limits", "list", "--organization", "labs"]);
    insta::assert_snapshot!("limits_list_company", narrow(&said.kept(&[])));
    let value = rehearsal.json(&["limits", "list"]);
    let rows = value["data"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0]["spend_limits"].as_array().map(Vec::len), Some(5));
    assert_eq!(rows[1]["requests_per_minute"], 4_000);
}

#[test]
fn spend_limits_are_set_in_dollars_and_removed() {
    let rehearsal = Rehearsal::start();
    let story = rehearsal.story(&[
        "limits set spend 500 USD --organization acme --dry-run",
        "limits set spend 20_000.50 --organization acme --yes",
        "limits set spend 20000.5 --organization acme --yes",
        "limits set spend '250000 USD' --organization acme --dry-run",
        "limits set spend none --organization acme --yes",
        "limits set spend none --organization acme --yes",
        "limits set spend 5000 --workspace research --organization acme --yes",
    ]);
    let ids = rehearsal.json(&["limits", "list", "--organization", "acme"]);
    let workspaces = ids["data"][0]["workspaces"].as_array().unwrap();
    let research = workspaces.iter().find(|one| one["name"] == "research").unwrap();
    let id = research["id"].as_str().unwrap();
    insta::assert_snapshot!(spendless(&story).replace(id, "wrkspc_ID"));
    assert_eq!(rehearsal.stages(), ["begun", "done"].repeat(3));
    let own = ids["data"][0]["spend_limits"].as_array().unwrap().iter();
    let own: Vec<&Value> = own.filter(|one| one["scope"]["Workspace"] == id).collect();
    assert_eq!(own[0]["amount"], "5000");
}

#[test]
fn what_a_company_was_given_last_from_here_is_shown_as_such() {
    let rehearsal = Rehearsal::start();
    let story = rehearsal.story(&[
        "limits set spend 5000 --organization labs --yes",
        "limits set spend 6000 --organization labs --yes",
        "limits list --organization labs",
        "limits set spend none --organization labs --yes",
        "limits set spend 100 --workspace research --organization labs --yes",
        "limits set spend 7000 --organization guest --yes",
        "limits list --organization guest",
    ]);
    insta::assert_snapshot!(spendless(&story));
    let value = rehearsal.json(&["org", "show", "--organization", "labs"]);
    let set = &value["data"][0]["set_here"];
    assert_eq!((&set["amount"], &set["by"]), (&json!("6000.00 USD"), &json!("ada")));
    assert_eq!(rehearsal.stages(), ["begun", "done", "begun", "done", "begun", "refused"]);
}

#[test]
fn a_rate_limit_of_a_workspace_is_set_and_given_back() {
    let rehearsal = Rehearsal::start();
    let rate = |group: &str, limiter: &str, more: &str| {
        format!("limits set rate --workspace research --group {group} --limiter {limiter} {more}")
    };
    let (opus, requests) = ("'Claude Opus 5.x'", "requests_per_minute");
    let commands = [
        rate(opus, requests, "50 --organization acme --yes"),
        rate("claude-opus-5", requests, "50 --organization acme --yes"),
        rate("claude-opus-5", requests, "none --organization acme --yes"),
        rate("batch", "enqueued_batch_requests", "900_000 --organization acme --dry-run"),
        rate("model_group", requests, "9 --organization acme --yes"),
        rate("Claude", requests, "9 --organization acme --yes"),
        rate("claude-opus-5", "rpm", "9 --organization acme --yes"),
        rate("claude-opus-5", requests, "many --organization acme --yes"),
        rate(opus, requests, "9 --organization labs --yes"),
    ];
    let story = rehearsal.story(&commands.each_ref().map(String::as_str));
    let ids = rehearsal.json(&["limits", "list", "--organization", "acme"]);
    let workspaces = ids["data"][0]["workspaces"].as_array().unwrap();
    let research = workspaces.iter().find(|one| one["name"] == "research").unwrap();
    insta::assert_snapshot!(story.replace(research["id"].as_str().unwrap(), "wrkspc_ID"));
    assert_eq!(rehearsal.stages(), ["begun", "done"].repeat(2));
}

#[test]
fn what_cannot_be_limited_says_why() {
    let rehearsal = Rehearsal::start();
    let story = rehearsal.story(&[
        "limits set spend 100 --workspace Default --organization acme --yes",
        "limits set spend 100 --workspace legacy-pilot --organization acme --yes",
        "limits set spend 100 --workspace reserch --organization acme --yes",
        "limits set spend 100 EUR --organization acme --yes",
        "limits set spend 0.001 --organization acme --yes",
        "limits set spend 0 --organization acme --yes",
        "limits set spend --organization acme --yes",
        "limits set spend 100 --yes",
        "limits list --workspace research",
        "limits list --workspace research --organization labs",
    ]);
    // Ids of workspaces change with the seed of the simulator alone.
    insta::assert_snapshot!(story);
    assert_eq!(rehearsal.journal(), Vec::<Value>::new(), "nothing was asked of an API");
}

#[tokio::test]
async fn an_organization_without_the_grant_hears_so() {
    let rehearsal = Rehearsal::start();
    rehearsal.simulated.control(&json!({ "granted": { "spend_limits": false } })).await;
    let list = rehearsal.ask(&["limits", "list", "--organization", "acme"]);
    assert_eq!(list.code, 0, "{}", list.stderr);
    assert!(list.stdout.contains("not shown: the spend limits"), "{}", list.stdout);
    let story = rehearsal.story(&[
        "limits set spend 100 --organization acme --yes",
        "limits set spend none --organization acme --yes",
    ]);
    insta::assert_snapshot!(spendless(&story));
    assert_eq!(rehearsal.stages(), ["begun", "refused"]);
}
