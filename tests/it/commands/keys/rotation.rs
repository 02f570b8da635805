//! Rotations that nobody interrupts. What interrupts them is in `kill::rotation`.

use serde_json::{Value, json};

use super::{Desk, shown};

#[tokio::test]
async fn the_company_api_gets_a_new_key_and_loses_the_old_one() {
    let desk = Desk::open();
    let file = desk.house.file("svc.key").display().to_string();
    // A key that nobody used needs no day to be idle.
    let first = desk.house.file("first.key").display().to_string();
    assert_eq!(
        desk.ask("labs", &["keys", "create", "svc", "--yes", "--secret-file", &first]).code,
        0
    );
    let rotate = ["keys", "rotate", "svc", "--secret-file", &file, "--name", "svc-2", "--yes"];
    let rotate = |more: &[&str]| desk.ask("labs", &[&rotate[..], more].concat());

    let plan = rotate(&["--dry-run"]);
    insta::assert_snapshot!("rotation_plan", shown(&plan, &desk));
    assert!(!desk.house.file("rotations").exists() && desk.key("labs", "svc-2").is_none());

    let begun = rotate(&["--no-wait"]);
    insta::assert_snapshot!("rotation_begun", shown(&begun, &desk));
    let secret = std::fs::read_to_string(&file).unwrap();
    begun.never_shows(secret.trim());
    let list = desk.ask("labs", &["keys", "rotate", "--list"]);
    insta::assert_snapshot!("rotation_list", shown(&list, &desk));

    let waiting = desk
        .ask("labs", &["keys", "rotate", "svc", "--yes", "--timeout", "300ms", "--every", "100ms"]);
    assert_eq!(waiting.code, 1, "{}", waiting.stderr);
    assert_eq!(waiting.stdout.matches("Waiting").count(), 1, "a line a change: {}", waiting.stdout);
    assert!(desk.key("labs", "svc").is_some());

    desk.move_traffic(&desk.id("labs", "evals"), &desk.id("labs", "svc-2")).await;
    let done = desk.ask("labs", &["keys", "rotate", "svc", "--yes", "--json"]);
    let last: Value = serde_json::from_str(done.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((done.code, &last["event"], &last["end"]), (0, &json!("done"), &json!("revoke")));
    assert!(desk.key("labs", "svc").is_none() && desk.key("labs", "svc-2").is_some());
    let left = std::fs::read_dir(desk.house.file("rotations")).unwrap().count();
    assert_eq!(left, 0, "a rotation that is over leaves nothing");
    let journal = desk.journal();
    assert!(journal.iter().all(|line| line["stage"] == "begun" || line["stage"] == "done"));
}

#[tokio::test]
async fn the_admin_api_is_told_the_new_key_and_disables_the_old_one() {
    let desk = Desk::open();
    let create = |name: &str, workspace: &str| json!({ "create_key": { "name": name, "workspace": workspace } });
    for (name, workspace) in [("svc", "research"), ("svc-2", "research"), ("alien", "assistant")] {
        desk.console(&create(name, workspace)).await;
    }
    let rotate =
        |more: &[&str]| desk.ask("acme", &[&["keys", "rotate", "svc", "--yes"], more].concat());
    let said: Vec<String> = [
        &["--new", "alien"][..],
        &["--new", "svc"],
        &["--new", "trial"],
        &["--new", "svc-2", "--timeout", "200ms"],
        &["--new", "notebooks"],
    ]
    .iter()
    .map(|more| format!("$ {}\n{}", more.join(" "), shown(&rotate(more), &desk)))
    .collect();
    insta::assert_snapshot!("rotation_admin", said.join("\n"));

    desk.move_traffic(&desk.id("acme", "evals"), &desk.id("acme", "svc-2")).await;
    let done = rotate(&[]);
    insta::assert_snapshot!("rotation_admin_done", shown(&done, &desk));
    assert_eq!(
        (desk.status("acme", "svc").as_str(), desk.status("acme", "svc-2").as_str()),
        ("inactive", "active")
    );
    assert_eq!(desk.ask("acme", &["keys", "enable", "svc", "--yes"]).code, 0, "it can be undone");
}

#[tokio::test]
async fn usage_that_is_late_is_not_idleness() {
    let desk = Desk::open();
    let create = |name: &str| json!({ "create_key": { "name": name, "workspace": "research" } });
    desk.console(&create("svc")).await;
    desk.console(&create("svc-2")).await;
    desk.move_traffic(&desk.id("acme", "evals"), &desk.id("acme", "svc-2")).await;
    desk.simulated.control(&json!({ "usage_delay_seconds": 3600 })).await;
    let said = desk.ask("acme", &["keys", "disable", "svc", "--yes"]);
    assert_eq!((said.code, desk.status("acme", "svc").as_str()), (1, "active"));
    assert!(said.stderr.contains("is not known: the usage report is late"), "{}", said.stderr);
    let said = desk
        .ask("acme", &["keys", "rotate", "svc", "--new", "svc-2", "--yes", "--timeout", "200ms"]);
    assert_eq!((said.code, desk.status("acme", "svc").as_str()), (1, "active"), "{}", said.stdout);
    let forced = desk.ask("acme", &["keys", "rotate", "svc", "--yes", "--force"]);
    assert_eq!(
        (forced.code, desk.status("acme", "svc").as_str()),
        (0, "inactive"),
        "{}",
        forced.stderr
    );
}

#[tokio::test]
async fn neither_key_is_cut_when_the_new_one_is_gone() {
    let desk = Desk::open();
    let create = |name: &str| json!({ "create_key": { "name": name, "workspace": "research" } });
    desk.console(&create("svc")).await;
    desk.console(&create("svc-2")).await;
    let begin = ["keys", "rotate", "svc", "--new", "svc-2", "--yes", "--no-wait"];
    assert_eq!(desk.ask("acme", &begin).code, 0);
    let id = desk.id("acme", "svc-2");
    desk.console(&json!({ "set_key_status": { "key": id, "status": "inactive" } })).await;
    let said = desk.ask("acme", &["keys", "rotate", "svc", "--yes", "--force"]);
    insta::assert_snapshot!("rotation_new_is_gone", shown(&said, &desk));
    assert_eq!(desk.status("acme", "svc"), "active");
}

#[test]
fn a_rotation_that_is_given_up_leaves_the_old_key_alone() {
    let desk = Desk::open();
    let file = desk.house.file("ci.key").display().to_string();
    let begin =
        ["keys", "rotate", "ci", "--secret-file", &file, "--name", "ci-2", "--yes", "--no-wait"];
    assert_eq!(desk.ask("labs", &begin).code, 0);
    let abandon = desk.ask("labs", &["keys", "rotate", "ci", "--abandon", "--yes"]);
    insta::assert_snapshot!("rotation_abandoned", shown(&abandon, &desk));
    assert!(desk.key("labs", "ci").is_some() && desk.key("labs", "ci-2").is_none());
    let again = desk.ask("labs", &["keys", "rotate", "ci", "--abandon", "--yes"]);
    assert_eq!(again.code, 1, "{}", again.stdout);
}

/// A forced cut waits for the next call all the same: nobody has the new secret yet.
#[test]
fn no_wait_leaves_after_the_hand_over_even_when_forced() {
    let desk = Desk::open();
    let file = desk.house.file("ci.key").display().to_string();
    let begin = ["keys", "rotate", "ci", "--secret-file", &file, "--name", "ci-2", "--yes"];
    let left = desk.ask("labs", &[&begin[..], &["--force", "--no-wait"]].concat());
    insta::assert_snapshot!("rotation_forced_left", shown(&left, &desk));
    assert!(desk.key("labs", "ci").is_some() && desk.key("labs", "ci-2").is_some());
    let cut = desk.ask("labs", &["keys", "rotate", "ci", "--force", "--no-wait", "--yes"]);
    insta::assert_snapshot!("rotation_forced_cut", shown(&cut, &desk));
    assert!(desk.key("labs", "ci").is_none() && desk.key("labs", "ci-2").is_some());
}

#[tokio::test]
async fn the_list_shows_the_rotations_of_every_organization() {
    let desk = Desk::open();
    for name in ["svc", "svc-2"] {
        let create = json!({ "create_key": { "name": name, "workspace": "research" } });
        desk.console(&create).await;
    }
    let begin = ["keys", "rotate", "svc", "--new", "svc-2", "--yes", "--no-wait"];
    for organization in ["acme", "labs"] {
        assert_eq!(desk.ask(organization, &begin).code, 0, "{organization}");
    }
    let list = desk.ask_all(&["keys", "rotate", "--list"]);
    insta::assert_snapshot!("rotation_list_all", shown(&list, &desk));
    let list = desk.ask_all(&["keys", "rotate", "--list", "--json"]);
    let value: Value = serde_json::from_str(&list.stdout).unwrap();
    let of = |at: usize| value["data"][at]["organization"].as_str().unwrap().to_owned();
    assert_eq!([of(0), of(1)], ["acme", "labs"], "{value}");
}

#[tokio::test]
async fn a_key_that_is_cut_already_is_said_before_a_place_for_the_secret_is_asked_for() {
    let desk = Desk::open();
    for organization in ["acme", "labs"] {
        let name = format!("gone-{organization}");
        let create = json!({ "create_key": { "name": name, "workspace": "research" } });
        desk.console(&create).await;
        let revoke = ["keys", "revoke", &name, "--force", "--yes"];
        assert_eq!(desk.ask(organization, &revoke).code, 0);
    }
    let mut all = Vec::new();
    for (organization, key) in [("acme", "gone-acme"), ("labs", "gone-labs"), ("labs", "trial")] {
        let said = desk.ask(organization, &["keys", "rotate", key, "--yes"]);
        all.push(format!("$ {organization} {key}\n{}", shown(&said, &desk)));
    }
    insta::assert_snapshot!("rotation_old_is_cut", all.join("\n"));
}
