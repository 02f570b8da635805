//! `keys` on both APIs of the simulator: lists, switches, new keys, rotations, pipelines.

mod pipeline;
mod rotation;

use serde_json::{Value, json};

use super::{Said, narrow, run, with, without_numbers};
use crate::support::process::{House, Simulated, client, text};

/// One organization by each API, and both keys in the environment.
pub(crate) struct Desk {
    pub(crate) simulated: Simulated,
    pub(crate) house: House,
}

impl Desk {
    pub(crate) fn open() -> Self {
        let simulated = Simulated::start(&["--usage-delay", "0s"]);
        let company = format!(
            "[[organization]]\nname = \"labs\"\napi = \"company\"\nbase_url = {:?}\n\
             key = {{ env = \"COMPANY_KEY\" }}\n",
            simulated.base_url
        );
        let house = House::with(&simulated.base_url, &company);
        Self { simulated, house }
    }

    pub(crate) fn command(&self, organization: &str, arguments: &[&str]) -> std::process::Command {
        let named = [arguments, &["--organization", organization]].concat();
        // Behind `--secret-command` everything belongs to the command.
        let at = arguments.iter().position(|word| *word == "--secret-command");
        let (before, after) = arguments.split_at(at.unwrap_or(arguments.len()));
        let arguments = match at {
            Some(_) => [before, &["--organization", organization], after].concat(),
            None => named,
        };
        self.with_keys(&arguments)
    }

    fn with_keys(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = with(Some(&self.house.config()), arguments);
        command
            .env("ANTHROPIC_ADMIN_KEY", &self.simulated.admin_key)
            .env("COMPANY_KEY", &self.simulated.company_key)
            .env("USER", "ada")
            .env("PATH", "/usr/bin:/bin");
        command
    }

    fn ask(&self, organization: &str, arguments: &[&str]) -> Said {
        let said = run(&mut self.command(organization, arguments));
        said.never_shows(&self.simulated.admin_key);
        said.never_shows(&self.simulated.company_key);
        said
    }

    /// Without naming an organization.
    fn ask_all(&self, arguments: &[&str]) -> Said {
        run(&mut self.with_keys(arguments))
    }

    /// As `keys list --json` has it.
    pub(crate) fn key(&self, organization: &str, name: &str) -> Option<Value> {
        let said = self.ask(organization, &["keys", "list", "--json"]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        let value: Value = serde_json::from_str(&said.stdout).unwrap();
        value["data"].as_array().unwrap().iter().find(|key| key["name"] == name).cloned()
    }

    pub(crate) fn id(&self, organization: &str, name: &str) -> String {
        let key = self.key(organization, name).unwrap_or_else(|| panic!("no key {name}"));
        key["id"].as_str().unwrap().to_owned()
    }

    fn status(&self, organization: &str, name: &str) -> String {
        let key = self.key(organization, name).unwrap_or_else(|| panic!("no key {name}"));
        key["status"].as_str().unwrap().to_owned()
    }

    /// Somebody does something in the Console. Answers with what is shown there.
    async fn console(&self, verb: &Value) -> Value {
        let response = client()
            .post(format!("{}/__control", self.simulated.base_url))
            .header("content-type", "application/json")
            .body(json!({ "console": verb }).to_string())
            .send()
            .await
            .unwrap();
        let text = text(response).await;
        serde_json::from_str::<Value>(&text).unwrap()["console"].take()
    }

    /// Services are given another key.
    pub(crate) async fn move_traffic(&self, from: &str, to: &str) {
        self.simulated.control(&json!({ "move_traffic": { "from": from, "to": to } })).await;
    }

    /// The journal, which never holds a secret.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.house.file("journal.jsonl")).unwrap_or_default();
        assert!(!text.contains("sk-ant-"), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// As it is kept: without what changes from run to run.
fn shown(said: &Said, desk: &Desk) -> String {
    let config = desk.house.config().display().to_string();
    let folder = config.trim_end_matches("/usagewarden.toml").to_owned();
    without_numbers(&narrow(&said.kept(&[(&folder, "FOLDER")])))
}

#[test]
fn keys_are_listed_by_both_apis() {
    let desk = Desk::open();
    for (name, organization) in [("keys_admin", "acme"), ("keys_company", "labs")] {
        let said = desk.ask(organization, &["keys", "list"]);
        insta::assert_snapshot!(name, shown(&said, &desk));
    }
    let some = desk.ask("acme", &["keys", "list", "--status", "active", "--workspace", "research"]);
    insta::assert_snapshot!("keys_filtered", shown(&some, &desk));
    let mobile = desk.key("acme", "mobile").unwrap();
    assert_eq!(mobile["workspace_name"], "assistant");
    assert_eq!(mobile["owner_email"], "noor@example.test");
    assert!(mobile["last_used_at"].is_string() && mobile["expires_at"].is_string(), "{mobile}");
    let silent = desk.key("acme", "old-cron").unwrap();
    assert!(silent["last_used_at"].is_null() && silent["not_used_since"].is_string(), "{silent}");
}

#[test]
fn a_key_is_switched_off_on_and_ended_and_one_in_use_only_by_force() {
    let desk = Desk::open();
    let said = desk.ask("acme", &["keys", "disable", "ci", "--yes"]);
    insta::assert_snapshot!("keys_disable_in_use", shown(&said, &desk));
    assert_eq!((desk.status("acme", "ci").as_str(), desk.journal().len()), ("active", 0));
    let steps = [
        (&["keys", "disable", "ci", "--force", "--dry-run"][..], 0, "active"),
        (&["keys", "disable", "ci", "--force"], 64, "active"),
        (&["keys", "disable", "ci", "--force", "--yes"], 0, "inactive"),
        (&["keys", "disable", "ci", "--yes"], 0, "inactive"),
        (&["keys", "enable", "ci", "--yes"], 0, "active"),
        (&["keys", "revoke", "ci", "--yes"], 1, "active"),
        (&["keys", "revoke", "ci", "--yes", "--force"], 0, "archived"),
        (&["keys", "enable", "ci", "--yes"], 1, "archived"),
    ];
    let mut said = Vec::new();
    for (arguments, code, status) in steps {
        let one = desk.ask("acme", arguments);
        assert_eq!((one.code, desk.status("acme", "ci").as_str()), (code, status), "{arguments:?}");
        said.push(format!("$ usagewarden {}\n{}", arguments.join(" "), shown(&one, &desk)));
    }
    insta::assert_snapshot!("keys_switched", said.join("\n"));
    let journal = desk.journal();
    let done: Vec<&str> = journal
        .iter()
        .filter(|line| line["stage"] == "done" && line["by"] == "ada")
        .map(|line| line["command"].as_str().unwrap())
        .collect();
    assert_eq!(done, ["keys disable", "keys enable", "keys revoke"]);
    assert_eq!(journal.len(), 6, "each was noted before, too: {journal:?}");
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do_instead() {
    let desk = Desk::open();
    let asked: [(&str, &[&str]); 13] = [
        ("acme", &["keys", "create", "bot", "--show-secret", "--yes"]),
        ("labs", &["keys", "create", "bot", "--yes"]),
        ("labs", &["keys", "create", "ci", "--show-secret", "--yes"]),
        ("labs", &["keys", "create", "bot", "--secret-file", "/nonexistent/key", "--yes"]),
        ("labs", &["keys", "create", "bot", "--show-secret", "--secret-file", "x", "--yes"]),
        ("labs", &["keys", "disable", "ci", "--yes"]),
        ("labs", &["keys", "enable", "ci", "--yes"]),
        ("acme", &["keys", "disable", "batch", "--yes"]),
        ("acme", &["keys", "revoke", "sk-ant-api03-not-shown", "--yes"]),
        ("acme", &["keys", "disable", "trial", "--yes"]),
        ("acme", &["keys", "rotate", "ci", "--yes"]),
        ("labs", &["keys", "rotate", "old-cron", "--show-secret", "--yes"]),
        ("labs", &["keys", "rotate", "ci", "--show-secret", "--idle", "90d", "--yes"]),
    ];
    let said: Vec<String> = asked
        .iter()
        .map(|(organization, arguments)| {
            let one = desk.ask(organization, arguments);
            one.never_shows("not-shown");
            let command = arguments.join(" ").replace("not-shown", "SECRET");
            format!("$ usagewarden {command} --organization {organization}\n{}", shown(&one, &desk))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(desk.journal().len(), 0, "nothing was asked for");
}

#[tokio::test]
async fn a_new_key_is_handed_over_once_or_revoked() {
    let desk = Desk::open();
    let path = desk.house.file("bot.key");
    let file = path.display().to_string();
    let create = ["keys", "create", "bot", "--yes", "--secret-file", &file];
    let said = desk.ask("labs", &create);
    insta::assert_snapshot!("keys_created", shown(&said, &desk));
    let secret = std::fs::read_to_string(&path).unwrap();
    said.never_shows(secret.trim());
    assert!(secret.starts_with("sk-ant-") && desk.key("labs", "bot").is_some());

    // The file is there now: refused before anything is asked for.
    let again = ["keys", "create", "other", "--yes", "--secret-file", &file];
    assert_eq!((desk.ask("labs", &again).code, desk.key("labs", "other")), (64, None));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), secret);

    let refusing = ["keys", "create", "two", "--yes", "--secret-command", "sh", "-c", "exit 4"];
    let said = desk.ask("labs", &refusing);
    insta::assert_snapshot!("keys_not_handed_over", shown(&said, &desk));
    assert_eq!(desk.key("labs", "two"), None);

    desk.simulated.control(&json!({ "faults": ["POST /v1/organizations:lostx1"] })).await;
    let lost = desk.ask("labs", &["keys", "create", "three", "--yes", "--show-secret"]);
    assert_eq!((lost.code, desk.key("labs", "three")), (1, None), "{}", lost.stderr);
    assert!(lost.stderr.contains("had been made, and was revoked"), "{}", lost.stderr);

    let shown = desk.ask("labs", &["keys", "create", "four", "--yes", "--show-secret", "--json"]);
    let value: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(value["secret"].as_str().unwrap().starts_with("sk-ant-"), "{value}");
    desk.journal();
}

#[test]
fn a_workspace_or_a_status_that_no_key_can_have_is_said() {
    let desk = Desk::open();
    let cases: [(&str, &[&str], i32); 5] = [
        ("acme", &["--workspace", "nope"], 64),
        ("labs", &["--workspace", "research"], 64),
        ("acme", &["--workspace", "default", "--status", "expired"], 0),
        ("acme", &["--status", "bogus"], 0),
        ("acme", &["--status", "bogus", "--json"], 0),
    ];
    let mut all = Vec::new();
    for (organization, more, code) in cases {
        let said = desk.ask(organization, &[&["keys", "list"], more].concat());
        assert_eq!(said.code, code, "{more:?}: {}{}", said.stdout, said.stderr);
        all.push(format!("$ {organization} {}\n{}", more.join(" "), shown(&said, &desk)));
    }
    insta::assert_snapshot!("keys_list_nothing_fits", all.join("\n"));
    let unnamed = desk.ask_all(&["keys", "list", "--workspace", "research"]);
    assert_eq!(unnamed.code, 64, "a workspace belongs to one organization: {}", unnamed.stdout);
}

#[test]
fn enabling_a_key_of_another_status_says_what_it_overrides() {
    let desk = Desk::open();
    let plan = desk.ask("acme", &["keys", "enable", "leak-check", "--dry-run"]);
    insta::assert_snapshot!("keys_enable_quarantined", shown(&plan, &desk));
    assert!(plan.stdout.contains("overrides"), "{}", plan.stdout);
}
