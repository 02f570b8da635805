//! `check --online --key-env`: the key of a deployment pipeline.

use serde_json::{Value, json};

use super::{Desk, run, shown};

const WRONG: &str = "sk-ant-api03-wrong-000000000000-abcd";

fn check(desk: &Desk, organization: &str, key: &str, more: &[&str]) -> crate::commands::Said {
    let arguments = [&["check", "--online", "--key-env", "DEPLOY_KEY"], more].concat();
    let said = run(desk.command(organization, &arguments).env("DEPLOY_KEY", key));
    said.never_shows(key);
    said
}

#[tokio::test]
async fn the_key_of_a_pipeline_is_told_from_others() {
    let desk = Desk::open();
    let create = json!({ "create_key": { "name": "deploy", "workspace": "research", "expires_in_seconds": 864_000 } });
    let secret = desk.console(&create).await["secret"].as_str().unwrap().to_owned();
    let cases: [(&str, &str, &[&str], i32); 6] = [
        ("acme", &secret, &[], 0),
        ("acme", &secret, &["--expect-workspace", "research"], 0),
        ("acme", &secret, &["--expect-workspace", "assistant"], 1),
        ("acme", WRONG, &[], 1),
        ("acme", &desk.simulated.admin_key, &["--expect-workspace", "research"], 1),
        ("labs", &desk.simulated.company_key, &[], 0),
    ];
    let mut all = Vec::new();
    for (organization, key, more, code) in cases {
        let said = check(&desk, organization, key, more);
        assert_eq!(said.code, code, "{}{}", said.stdout, said.stderr);
        all.push(format!("$ {organization} {}\n{}", more.join(" "), shown(&said, &desk)));
    }
    insta::assert_snapshot!("pipeline", all.join("\n"));

    let value: Value =
        serde_json::from_str(&check(&desk, "acme", &secret, &["--json"]).stdout).unwrap();
    assert_eq!((&value["active"], &value["workspace"]), (&json!(true), &json!("research")));

    let id = desk.id("acme", "deploy");
    desk.console(&json!({ "set_key_status": { "key": id, "status": "inactive" } })).await;
    let off = check(&desk, "acme", &secret, &[]);
    assert_eq!(off.code, 1);
    assert!(off.stdout.contains("(apikey_") && off.stdout.contains("inactive"), "{}", off.stdout);
}

#[test]
fn a_pipeline_without_its_key_or_with_that_of_another_organization_stops() {
    let desk = Desk::open();
    let absent = run(&mut desk.command("acme", &["check", "--online", "--key-env", "NOBODY"]));
    insta::assert_snapshot!("pipeline_absent", shown(&absent, &desk));
    let config = std::fs::read_to_string(desk.house.config()).unwrap();
    let other = config.replace(
        "name = \"labs\"\n",
        "name = \"labs\"\nexpect_name = \"Beta GmbH\"\nid = \"org_other\"\n",
    );
    std::fs::write(desk.house.config(), other).unwrap();
    let said = check(&desk, "labs", &desk.simulated.company_key, &[]);
    insta::assert_snapshot!("pipeline_stranger", shown(&said, &desk));
}

#[tokio::test]
async fn a_key_of_the_organization_read_is_not_good_where_another_name_is_expected() {
    let desk = Desk::open();
    let config = std::fs::read_to_string(desk.house.config()).unwrap();
    let other =
        config.replace("name = \"acme\"\n", "name = \"acme\"\nexpect_name = \"Beta GmbH\"\n");
    std::fs::write(desk.house.config(), other).unwrap();
    let create = json!({ "create_key": { "name": "deploy", "workspace": "research" } });
    let secret = desk.console(&create).await["secret"].as_str().unwrap().to_owned();
    let said = check(&desk, "acme", &secret, &[]);
    assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("Acme Corp, not to Beta GmbH"), "{}", said.stdout);
}
