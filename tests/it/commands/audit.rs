//! `audit`: what was done, by whom, and what is done meanwhile.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use super::rehearsal::{Rehearsal, dateless};
use super::{narrow, with};
use crate::support::process::{PATIENCE, Process, eventually};

fn set_role(rehearsal: &Rehearsal, who: &str, role: &str) {
    let said =
        rehearsal.ask(&["members", "set-role", who, role, "--organization", "acme", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
}

/// One JSON value a line.
fn lines(rehearsal: &Rehearsal, more: &[&str]) -> Vec<Value> {
    let said = rehearsal.ask(&[&["audit", "--json", "--since", "30d"], more].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_was_done_is_a_table_and_lines_of_json() {
    let rehearsal = Rehearsal::start();
    set_role(&rehearsal, "ada@example.test", "billing");
    let role = ["audit", "--since", "1h", "--type", "*role*", "--organization", "acme"];
    insta::assert_snapshot!(dateless(&narrow(&rehearsal.ask(&role).kept(&[]))));
    let acme = lines(&rehearsal, &["--organization", "acme", "--type", "*role*"]);
    let last = acme.last().unwrap();
    assert_eq!(last["type"], "claude_user_role_updated");
    assert_eq!(last["details"]["previous_role"], "developer");
    let labs = lines(&rehearsal, &["--organization", "labs"]);
    assert!(labs.iter().all(|line| line["organization"] == "labs"));
    assert_eq!(labs.last().unwrap()["type"], "user.role_updated");
}

#[test]
fn lines_are_picked_by_type_actor_time_and_number() {
    let rehearsal = Rehearsal::start();
    set_role(&rehearsal, "ada@example.test", "billing");
    let all = lines(&rehearsal, &["--organization", "acme"]);
    let moments: Vec<&str> = all.iter().map(|line| line["at"].as_str().unwrap()).collect();
    assert!(moments.is_sorted() && all.len() > 10, "{moments:?}");
    let ids: BTreeSet<&str> = all.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());
    let is_noise = |line: &&Value| line["type"].as_str().unwrap().ends_with("_viewed");
    assert_eq!(all.iter().filter(is_noise).count(), 0, "our own polling is no news");

    let keys = lines(&rehearsal, &["--organization", "acme", "--type", "*api_key*"]);
    assert!(!keys.is_empty() && keys.len() < all.len());
    let rin = lines(&rehearsal, &["--organization", "acme", "--actor", "rin@*"]);
    assert!(rin.iter().all(|line| line["actor"]["email"] == "rin@example.test"));
    assert!(!rin.is_empty() && rin.len() < all.len());
    let few = lines(&rehearsal, &["--organization", "acme", "--limit", "3"]);
    assert_eq!(few, all[all.len() - 3..], "the newest");
    let none = rehearsal.ask(&["audit", "--organization", "acme", "--type", "nothing*"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, "Nothing happened that was asked for.\n"));
}

#[tokio::test]
async fn a_log_that_is_not_granted_is_no() {
    let rehearsal = Rehearsal::start();
    rehearsal.simulated.control(&json!({ "granted": { "compliance": false } })).await;
    let said = rehearsal.ask(&["audit", "--organization", "acme"]);
    insta::assert_snapshot!(said.kept(&[]));
    assert_eq!(rehearsal.ask(&["audit", "--follow", "--organization", "acme"]).code, 1);
    let wrong = rehearsal.ask(&["audit", "--since", "yesterday"]);
    assert_eq!(wrong.code, 64);
    assert!(wrong.stderr.contains("as in 2026-11-20"), "{}", wrong.stderr);
}

/// A process that follows, and the lines that it prints.
fn follow(rehearsal: &Rehearsal) -> (Process, mpsc::Receiver<Value>) {
    let arguments = ["audit", "--follow", "--json", "--type", "*role*", "--organization", "acme"];
    let mut command = with(Some(&rehearsal.house.config()), &arguments);
    let mut process = Process::start(command.envs(rehearsal.keys()).stdout(Stdio::piped()));
    let (out, (sender, receiver)) = (process.stdout(), mpsc::channel());
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let _ = sender.send(serde_json::from_str(&line).unwrap());
        }
    });
    (process, receiver)
}

#[tokio::test]
async fn what_happens_meanwhile_is_told_once_also_after_a_failure() {
    let rehearsal = Rehearsal::start();
    let (process, told) = follow(&rehearsal);
    let next = || told.recv_timeout(PATIENCE).expect("a line");
    set_role(&rehearsal, "ada@example.test", "billing");
    assert_eq!(next()["details"]["current_role"], "billing");

    rehearsal.simulated.control(&json!({ "faults": ["activities:403"] })).await;
    eventually("the failure is said", async || {
        process.said().contains("It is asked again until interrupted.").then_some(())
    })
    .await;
    set_role(&rehearsal, "ada@example.test", "user");
    rehearsal.simulated.control(&json!({ "faults": [] })).await;
    assert_eq!(next()["details"]["current_role"], "user");
    set_role(&rehearsal, "ada@example.test", "developer");
    assert_eq!(next()["details"]["current_role"], "developer");

    assert!(process.said().contains("the audit log answers again"), "{}", process.said());
    assert_eq!(process.stop().await, Some(0), "being interrupted is how it ends");
    assert_eq!(told.try_iter().count(), 0, "each once");
}
