//! Help and wrong arguments.

use super::{run, with};

#[test]
fn every_command_explains_itself() {
    for (name, arguments) in [
        ("usagewarden", &["--help"][..]),
        ("run", &["run", "--help"]),
        ("check", &["check", "--help"]),
        ("status", &["status", "--help"]),
        ("deliveries", &["deliveries", "--help"]),
        ("deliveries_list", &["deliveries", "list", "--help"]),
        ("deliveries_retry", &["deliveries", "retry", "--help"]),
        ("actions", &["actions", "--help"]),
        ("actions_list", &["actions", "list", "--help"]),
        ("actions_undo", &["actions", "undo", "--help"]),
        ("org", &["org", "--help"]),
        ("org_show", &["org", "show", "--help"]),
        ("org_list", &["org", "list", "--help"]),
        ("members", &["members", "--help"]),
        ("members_list", &["members", "list", "--help"]),
        ("members_invite", &["members", "invite", "--help"]),
        ("members_set_role", &["members", "set-role", "--help"]),
        ("members_remove", &["members", "remove", "--help"]),
        ("limits", &["limits", "--help"]),
        ("limits_list", &["limits", "list", "--help"]),
        ("limits_set", &["limits", "set", "--help"]),
        ("limits_set_spend", &["limits", "set", "spend", "--help"]),
        ("limits_set_rate", &["limits", "set", "rate", "--help"]),
        ("audit", &["audit", "--help"]),
        ("keys", &["keys", "--help"]),
        ("keys_list", &["keys", "list", "--help"]),
        ("keys_create", &["keys", "create", "--help"]),
        ("keys_disable", &["keys", "disable", "--help"]),
        ("keys_enable", &["keys", "enable", "--help"]),
        ("keys_revoke", &["keys", "revoke", "--help"]),
        ("keys_rotate", &["keys", "rotate", "--help"]),
        ("test_notice", &["test-notice", "--help"]),
        ("simulate", &["simulate", "--help"]),
        ("demo", &["demo", "--help"]),
    ] {
        let said = run(&mut with(None, arguments));
        insta::assert_snapshot!(format!("help_{name}"), said.kept(&[]));
    }
}

#[test]
fn the_version_is_an_answer() {
    let said = run(&mut with(None, &["--version"]));
    assert_eq!(said.code, 0);
    assert_eq!(said.stdout, format!("usagewarden {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_are_named_and_exit_with_64() {
    let cases: [&[&str]; 6] = [
        &[],
        &["chekc"],
        &["check", "--onlin"],
        &["simulate", "--scenario", "storm"],
        &["simulate", "--usage-delay", "5"],
        &["simulate", "--faults", "cost_report:599"],
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|arguments| {
            let said = run(&mut with(None, arguments));
            assert_eq!(said.code, 64, "{arguments:?}");
            format!("$ usagewarden {}\n{}", arguments.join(" "), said.kept(&[]))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}
