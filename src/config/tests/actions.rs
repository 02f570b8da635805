//! Every way to get actions wrong, and the words that must help.

use usagewarden_core::action::{Action, Measure};
use usagewarden_core::amount::Amount;
use usagewarden_core::rule::{Condition, Glob};

use super::*;

const STOP: &str =
    "[action.stop]\ndisable_keys = { workspace = \"ingest\", keys = [\"batch-*\"] }\n";

/// A budget whose only step takes an action, with more keys.
fn taken(action: &str, more: &str) -> String {
    format!(
        "[[rule.budget]]\nname = \"month\"\namount = \"5 USD\"\n{more}\nsteps = [{{ at = \"80%\", action = \"{action}\" }}]\n"
    )
}

/// One organization that allows actions, with more keys.
fn allowing(more: &str) -> String {
    format!(
        "[[organization]]\nname = \"acme\"\nkey = {{ env = \"KEY\" }}\nallow_actions = true\n{more}\n"
    )
}

#[test]
fn each_action_does_one_thing_and_steps_take_it_by_name() {
    let hook = "[channel.webhook.ops]\nurl = \"https://hooks.example.com/1\"\n";
    let more = "[action.cap]\nlower_spend_limit = { to = \"99.50 USD\" }\n[action.slow]\nlower_rate_limit = { workspace = \"w\", group = \"Claude *\", limiter = \"output_tokens_per_minute\", to = 1_000 }\n[action.call]\ncall_webhook = { channel = \"ops\" }\ndry_run = true\n";
    let config = accepted(&format!("{}{STOP}{more}{hook}{}", allowing(""), taken("stop", "")));
    let glob = |text: &str| Glob::new(text).unwrap();
    let action = |name: &str, dry_run, measure| Action { name: name.into(), measure, dry_run };
    let mut actions = config.actions;
    actions.sort_by(|one, other| one.name.cmp(&other.name));
    let expected = [
        action("call", true, Measure::CallWebhook { channel: "ops".into() }),
        action(
            "cap",
            false,
            Measure::LowerSpendLimit { workspace: None, to: Amount::from_cents(9_950.into()) },
        ),
        action(
            "slow",
            false,
            Measure::LowerRateLimit {
                workspace: "w".to_owned(),
                group: glob("Claude *"),
                limiter: "output_tokens_per_minute".to_owned(),
                to: 1_000,
            },
        ),
        action(
            "stop",
            false,
            Measure::DisableKeys { workspace: "ingest".to_owned(), keys: vec![glob("batch-*")] },
        ),
    ];
    assert_eq!(actions, expected);
    let Condition::Budget(budget) = &config.rules[0].condition else { panic!("a budget") };
    assert_eq!(budget.steps[0].action, Some("stop".into()));
}

#[test]
fn actions_that_make_no_sense_are_refused() {
    for (source, expected) in [
        ("[action.a]\n", "[action.a] does nothing"),
        ("[action.a]\ndry_run = true", "write one of disable_keys, lower_spend_limit,"),
        (
            "[action.a]\nlower_spend_limit = { to = \"1 USD\" }\ncall_webhook = { channel = \"x\" }",
            "[action.a] does two things: lower_spend_limit and call_webhook",
        ),
        ("[action.a]\ndisable_key = {}", "did you mean `disable_keys`?"),
        ("[action.\"a b\"]\n", "the name of an action cannot be \"a b\""),
        ("[action]\na = 1", "here each table has a name: [action.NAME]"),
        ("[action.a]\ndisable_keys = { keys = [\"*\"] }", "add `workspace = \"ingest-prod\"`"),
        ("[action.a]\ndisable_keys = { workspace = \"w\" }", "add `keys = [\"batch-*\"]`"),
        ("[action.a]\ndisable_keys = { workspace = \"w\", keys = [] }", "`keys` names none"),
        (
            "[action.a]\ndisable_keys = { workspace = \"w\", keys = [] }",
            "[\"*\"] means every key of the workspace",
        ),
        (
            "[action.a]\ndisable_keys = { workspace = \"w*\", keys = [\"*\"] }",
            "`workspace` cannot be \"w*\": it is no pattern",
        ),
        ("[action.a]\nlower_spend_limit = { to = 5 }", "money in quotes"),
        ("[action.a]\nlower_spend_limit = { to = \"1.005 USD\" }", "no whole number of cents"),
        ("[action.a]\nlower_spend_limit = {}", "add `to = \"100 USD\"`"),
        (
            "[action.a]\nlower_spend_limit = { workspace = \"default\", to = \"1 USD\" }",
            "`workspace` cannot be the default workspace: it can have no limits",
        ),
        (
            "[action.a]\nlower_rate_limit = { workspace = \"w\", group = \"g\", limiter = \"l\", to = 0 }",
            "`to` must be from 1 to",
        ),
        ("[action.a]\nlower_rate_limit = {}", "add `limiter = \"output_tokens_per_minute\"`"),
        ("[action.a]\ncall_webhook = { channel = \"ops\" }", "there is no channel `ops`"),
        ("[action.a]\ncall_webhook = { channel = \"ops\" }", "add [channel.webhook.NAME]"),
    ] {
        refusals::check(source, expected);
    }
    let mail = "[channel.email.people]\nserver = \"localhost:25\"\ntls = \"none\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]\n";
    let source = format!("{mail}[action.a]\ncall_webhook = {{ channel = \"people\" }}");
    refusals::check(&source, "the channel `people` is no webhook");
}

#[test]
fn steps_that_can_never_take_their_action_are_refused() {
    let cap = "[action.cap]\nlower_spend_limit = { to = \"1 USD\" }\n";
    let slow = "[action.slow]\nlower_rate_limit = { workspace = \"w\", group = \"*\", limiter = \"requests_per_minute\", to = 1 }\n";
    let forecast = "[[rule.budget]]\nname = \"month\"\namount = \"5 USD\"\nsteps = [{ forecast = \"80%\", action = \"stop\" }]";
    let company = "[[company]]\nname = \"group\"\norganizations = [\"acme\"]\n";
    for (source, expected) in [
        (format!("{STOP}{forecast}"), "a step of the `forecast` takes no action"),
        (format!("{STOP}{}", taken("stpo", "")), "there is no action `stpo`"),
        (format!("{STOP}{}", taken("stpo", "")), "did you mean \"stop\"?"),
        (taken("stop", ""), "there is none yet: add [action.stop]"),
        (
            format!("{company}{STOP}{}", taken("stop", "company = \"group\"")),
            "a rule of a company can take no action",
        ),
        (
            format!("{cap}{}", taken("cap", "each = [\"workspace\"]")),
            "the action `cap` lowers the limit of the organization, which is more than",
        ),
        (
            format!("{slow}{}", taken("slow", "each = [\"key\"]")),
            "the action `slow` lowers a limit of a workspace, which is more than",
        ),
        (
            "[[rule.budget]]\nname = \"action\"\namount = \"5 USD\"".to_owned(),
            "that rule is built in",
        ),
    ] {
        refusals::check(&source, expected);
    }
}

#[test]
fn the_company_api_is_not_asked_for_what_it_cannot_do() {
    let slow = "[action.slow]\nlower_rate_limit = { workspace = \"w\", group = \"*\", limiter = \"requests_per_minute\", to = 1 }\n";
    let cap = "[action.cap]\nlower_spend_limit = { workspace = \"w\", to = \"1 USD\" }\n";
    for (action, name, expected) in [
        (STOP, "stop", "that API can only revoke keys, for good"),
        (STOP, "stop", "take `lower_spend_limit` without `workspace`, or `call_webhook`"),
        (slow, "slow", "that API cannot set rate limits"),
        (cap, "cap", "leave `workspace` out of the action"),
    ] {
        let source = format!("{}{action}{}", allowing("api = \"company\""), taken(name, ""));
        let told = refused(&source);
        assert!(told.contains(expected), "of {source}\nthis is said:\n{told}");
        let admin = allowing("").replace("acme", "labs");
        accepted(&format!("{admin}{source}"));
    }
}

/// What is said of a file that works, but hardly as meant.
#[track_caller]
fn warned(source: &str, expected: &[&str]) {
    let files = Files::new().with("main.toml", source);
    let loaded = files.load().unwrap_or_else(|problems| panic!("{problems}"));
    let told = loaded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
    let told: Vec<&String> = told.iter().filter(|one| !one.contains("no channel")).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for expected in expected {
        assert!(told.iter().any(|one| one.contains(expected)), "{told:#?}\nbut not: {expected}");
    }
}

#[test]
fn actions_that_will_not_be_taken_are_warned_of() {
    let all = format!("{}{STOP}{}", allowing(""), taken("stop", ""));
    warned(&all, &[]);
    warned(&format!("{}{STOP}", allowing("")), &["no step takes the action `stop`"]);
    let off = all.replace("allow_actions = true", "");
    warned(&off, &["never taken: no organization of this rule allows actions"]);
    warned(&off, &["set `allow_actions = true` in [[organization]] acme"]);
    let mail = "[channel.email.people]\nserver = \"localhost:25\"\ntls = \"none\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]\n[[route]]\nmatch = { kind = [\"budget\", \"identity\"] }\nchannels = [\"people\"]\n";
    warned(&format!("{all}{mail}"), &["nobody hears of the built-in rule `action`"]);
    let slow = "[action.slow]\nlower_rate_limit = { workspace = \"w\", group = \"*\", limiter = \"output_tokens_per_minut\", to = 1 }\n";
    let source = format!("{}{slow}{}", allowing(""), taken("slow", ""));
    warned(&source, &["no known limiter is called \"output_tokens_per_minut\""]);
}
