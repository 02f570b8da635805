//! `check` and `org show`, against the simulator, and where nothing answers.

use serde_json::Value;

use super::{CLOSED, Said, WRONG_KEY, narrow, run, with, without_numbers};
use crate::support::process::{House, Simulated};

const MAIL: &str = "[channel.email.finops]\nserver = \"127.0.0.1:1\"\ntls = \"none\"\n\
                    from = \"UsageWarden <warden@example.com>\"\nto = [\"finops@example.com\"]\n";

const BUDGET: &str = "[[rule.budget]]\nname = \"month\"\namount = \"5000 USD\"\n\
                      steps = [{ at = \"80%\" }]\n";

/// Wrong in every table, so that one run has to name them all.
const BAD: &str = r#"
[poll]
usage = "5"
costs = "10m"

[http]
listen = "0.0.0.0:9185"

[[organization]]
name = "acme"
api = "admn"
key = "sk-ant-admin01-plain-secret-0042"
time_zone = "Europe/Berln"

[[rule.budget]]
name = "month"
amount = "5000"
steps = [{ at = "80" }]

[[rule.budget]]
name = "month"
amount = "5000 USD"
"#;

/// In the environment, and asked for by nobody.
const NO_KEY: &str = "sk-ant-api03-of-nobody";

/// The company API beside the Admin API.
fn company(simulated: &Simulated) -> String {
    format!(
        "[[organization]]\nname = \"labs\"\napi = \"company\"\nbase_url = {:?}\n\
         key = {{ env = \"COMPANY_KEY\" }}\n",
        simulated.base_url
    )
}

fn ask(house: &House, key: &str, company_key: &str, arguments: &[&str]) -> Said {
    let mut command = with(Some(&house.config()), arguments);
    let said = run(command.env("ANTHROPIC_ADMIN_KEY", key).env("COMPANY_KEY", company_key));
    said.never_shows(key);
    said.never_shows(company_key);
    said
}

/// Ends of paths and addresses, and figures, change from run to run.
fn kept(said: &Said, house: &House) -> String {
    let config = house.config().display().to_string();
    let folder = config.trim_end_matches("/usagewarden.toml").to_owned();
    let kept = narrow(&said.kept(&[(&folder, "FOLDER")]));
    // Something happens every few hours: in some of them the log has one line.
    kept.replace(": 1 line in the last hour", ": 1 lines in the last hour")
}

#[test]
fn a_good_file_is_good_in_one_line() {
    let house = House::with(CLOSED, &format!("{MAIL}{BUDGET}"));
    let said = ask(&house, WRONG_KEY, NO_KEY, &["check"]);
    insta::assert_snapshot!(kept(&said, &house));
    let said = ask(&house, WRONG_KEY, NO_KEY, &["check", "--json"]);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, value["findings"].as_array().map(Vec::len)), (0, Some(0)));
}

#[test]
fn everything_that_is_wrong_is_said_in_one_run() {
    let house = House::with(CLOSED, "");
    std::fs::write(house.config(), BAD).unwrap();
    let said = run(&mut with(Some(&house.config()), &["check"]));
    said.never_shows("sk-ant-admin01-plain-secret-0042");
    let config = house.config().display().to_string();
    insta::assert_snapshot!(said.kept(&[(&config, "FILE")]));
    // `run` refuses for the same reasons, in the same words.
    let refused = run(&mut with(Some(&house.config()), &["run"]));
    assert_eq!((refused.code, refused.stderr), (78, said.stderr));
}

#[test]
fn without_any_configuration_it_says_where_to_begin() {
    let said = run(with(None, &["check"]).env("USAGEWARDEN_CONFIG", "/nonexistent/warden.toml"));
    insta::assert_snapshot!(said.kept(&[]));
}

#[test]
fn the_right_keys_pass_the_online_check_of_both_apis() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, &company(&simulated));
    let online = ["check", "--online"];
    let said = ask(&house, &simulated.admin_key, &simulated.company_key, &online);
    assert_eq!(said.code, 0);
    insta::assert_snapshot!(without_numbers(&kept(&said, &house)));
    let online = ["check", "--online", "--json"];
    let said = ask(&house, &simulated.admin_key, &simulated.company_key, &online);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    let standings: Vec<&Value> =
        value["findings"].as_array().unwrap().iter().map(|one| &one["standing"]).collect();
    assert!(standings.iter().all(|one| *one == "good" || *one == "absent"), "{value}");
}

#[test]
fn a_budget_by_the_apis_limit_that_finds_none_is_said() {
    let simulated = Simulated::start(&[]);
    let rules = "[[rule.budget]]\nname = \"whole\"\namount = \"api\"\nsteps = [{ at = \"80%\" }]\n\
                 [[rule.budget]]\nname = \"team\"\namount = \"api\"\neach = [\"workspace\"]\n\
                 scope = { workspace = [\"nobody-*\"] }\nsteps = [{ at = \"80%\" }]\n";
    let house = House::with(&simulated.base_url, rules);
    let said = ask(&house, &simulated.admin_key, NO_KEY, &["check", "--online", "--json"]);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    let findings = value["findings"].as_array().unwrap().iter();
    let about: Vec<&Value> = findings
        .filter(|one| one["said"].as_str().is_some_and(|said| said.contains("no limit for")))
        .map(|one| &one["about"])
        .collect();
    assert_eq!((said.code, about), (0, vec![&Value::from("organization acme, rule team")]));
}

#[test]
fn a_wrong_key_is_explained_and_never_shown() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "");
    let said = ask(&house, WRONG_KEY, NO_KEY, &["check", "--online"]);
    insta::assert_snapshot!(kept(&said, &house));
    let said = ask(&house, WRONG_KEY, NO_KEY, &["check", "--online", "--json"]);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, &value["findings"][0]["standing"]), (1, &"failed".into()));
}

#[test]
fn no_network_is_explained_for_the_api_and_for_the_mail_server() {
    let house = House::with(CLOSED, &format!("{MAIL}{BUDGET}"));
    let said = ask(&house, WRONG_KEY, NO_KEY, &["check", "--online"]);
    insta::assert_snapshot!(kept(&said, &house));
}

#[test]
fn without_a_file_the_key_alone_is_checked() {
    let simulated = Simulated::start(&[]);
    for (key, code) in [(WRONG_KEY, 1), (simulated.admin_key.as_str(), 0)] {
        let mut command = with(None, &["check", "--online"]);
        command.env("ANTHROPIC_ADMIN_KEY", key).env("ANTHROPIC_BASE_URL", &simulated.base_url);
        let said = run(&mut command);
        said.never_shows(key);
        assert_eq!(said.code, code, "{}{}", said.stdout, said.stderr);
    }
}

#[test]
fn a_key_of_another_organization_fails_the_check() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "expect_name = \"Acme Labs\"\n");
    let said = ask(&house, &simulated.admin_key, NO_KEY, &["check", "--online"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("the key belongs to Acme Corp"), "{}", said.stdout);
}

#[test]
fn the_organization_is_shown_from_both_apis() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, &company(&simulated));
    let show = |more: &[&str]| {
        let arguments = [&["org", "show"], more].concat();
        ask(&house, &simulated.admin_key, &simulated.company_key, &arguments)
    };
    let admin = show(&["--organization", "acme"]);
    insta::assert_snapshot!("org_show_admin", narrow(&admin.kept(&[])));
    let company = show(&["--organization", "labs"]);
    insta::assert_snapshot!("org_show_company", without_numbers(&narrow(&company.kept(&[]))));
    let value: Value = serde_json::from_str(&show(&["--json"]).stdout).unwrap();
    assert_eq!(value["data"].as_array().map(Vec::len), Some(2));
    let unknown = show(&["--organization", "acne"]);
    insta::assert_snapshot!("org_show_unknown", unknown.kept(&[]));
}

#[test]
fn an_organization_that_cannot_be_asked_is_no_answer() {
    let simulated = Simulated::start(&[]);
    let house = House::with(&simulated.base_url, "");
    let said = ask(&house, WRONG_KEY, NO_KEY, &["org", "show"]);
    insta::assert_snapshot!(said.kept(&[]));
}
