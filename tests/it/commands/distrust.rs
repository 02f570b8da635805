//! What comes from outside is not believed: names that would command a terminal, answers that
//! say a thing is gone, keys that belong to somebody else.

use serde_json::{Value, json};

use super::keys::Desk;
use super::{run, with};
use crate::support::process::{House, Simulated};

#[tokio::test]
async fn a_name_commands_no_terminal_and_programs_read_it_as_it_is() {
    let desk = Desk::open();
    let name = "ghost\u{1b}[2K\u{1b}[1A\u{202e}";
    let made = json!({ "create_key": { "name": name, "workspace": "research" } });
    desk.simulated.control(&json!({ "console": made })).await;
    for arguments in [&["keys", "list"][..], &["keys", "disable", name, "--dry-run"]] {
        let said = run(&mut desk.command("acme", arguments));
        let shown = format!("{}{}", said.stdout, said.stderr);
        assert!(shown.contains("ghost"), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    }
    let listed = run(&mut desk.command("acme", &["keys", "list", "--json"]));
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let all = listed["data"].as_array().unwrap();
    let found = all.iter().find(|key| key["name"].as_str().unwrap().starts_with("ghost"));
    assert_eq!(found.unwrap()["name"], name);
}

#[tokio::test]
async fn a_key_that_is_said_to_be_gone_and_is_listed_is_not_cut() {
    let desk = Desk::open();
    let file = |name: &str| desk.house.file(name).display().to_string();
    let (first, second) = (file("first.key"), file("second.key"));
    let create = ["keys", "create", "svc", "--yes", "--secret-file", &first];
    assert_eq!(run(&mut desk.command("labs", &create)).code, 0);
    desk.simulated.control(&json!({ "faults": ["DELETE /v1:404"] })).await;
    let begin = ["keys", "rotate", "svc", "--name", "svc-2", "--force", "--yes", "--secret-file"];
    let said = run(&mut desk.command("labs", &[&begin[..], &[&second]].concat()));
    assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    assert!(desk.key("labs", "svc").is_some() && desk.key("labs", "svc-2").is_some());
    assert_eq!(desk.journal().last().unwrap()["stage"], "refused");

    desk.simulated.control(&json!({ "faults": [] })).await;
    let said = run(&mut desk.command("labs", &["keys", "rotate", "svc", "--force", "--yes"]));
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert!(desk.key("labs", "svc").is_none() && desk.key("labs", "svc-2").is_some());
}

#[test]
fn a_key_of_an_organization_that_is_not_meant_changes_nothing() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "expect_name = \"Somebody Else\"\n");
    let ask = |arguments: &[&str]| {
        let mut command = with(Some(&house.config()), arguments);
        run(command.env("ANTHROPIC_ADMIN_KEY", &simulated.admin_key))
    };
    let said = ask(&["keys", "disable", "ci", "--force", "--yes"]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("not to Somebody Else"), "{}", said.stderr);
    assert!(!house.file("journal.jsonl").exists(), "nothing was about to be changed");
    let keys: Value = serde_json::from_str(&ask(&["keys", "list", "--json"]).stdout).unwrap();
    let ci = keys["data"].as_array().unwrap().iter().find(|key| key["name"] == "ci").unwrap();
    assert_eq!(ci["status"], "active");
}
