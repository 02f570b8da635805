//! The example file and the documentation against the code.

use std::fs;

use super::*;

const GIVEN: &str = r#"
[[organization]]
name = "acme"
key = { env = "ANTHROPIC_ADMIN_KEY" }

[channel.email.finops]
server = "localhost:25"
tls = "none"
from = "UsageWarden <warden@example.com>"
to = ["finops@example.com"]

[[rule.budget]]
name = "month"
amount = "5000 USD"

[[rule.quota]]
name = "tokens"
limit = 50_000_000

[[company]]
name = "acme-group"
organizations = ["acme"]

[[rule.threshold]]
name = "output-burst"
metric = "output_tokens"
window = "1h"
above = 10_000_000

[[rule.rate_limit]]
name = "headroom"
at = "85%"

[[rule.freshness]]
name = "blind"
older_than = { usage = "30m", cost = "36h", analytics = "26h" }
failing_for = "10m"

[[rule.change]]
name = "limits"
rate_limit_lowered = true
spend_limit_changed = true
spend_limit_off = true
plan_changed = true
features_changed = true
name_changed = true

[[rule.keys]]
name = "hygiene"
older_than = "90d"
expires_within = "14d"
new = true
status_changed = true

[[rule.members]]
name = "people"
new_admin = true
role_changed = true
invite_pending = "7d"
inactive_for = "90d"

[[rule.audit]]
name = "sensitive"
types = ["*api_key*", "*spend_limit*"]
"#;

#[test]
fn the_example_holds_every_key_at_its_default() {
    let example = fs::read_to_string(repository("config/usagewarden.example.toml")).unwrap();
    let shown = |source: &str| {
        let files = Files::new().with("main.toml", source);
        let loaded = files.load_in([("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-test")]).unwrap();
        assert_eq!(loaded.warnings, []);
        format!("{:#?}", loaded.config)
    };
    assert_eq!(shown(&example), shown(GIVEN));
}

/// A line of the example that holds a key, or the header of a table, behind its `#`.
fn mentioned(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('#')?;
    if rest.starts_with('[') {
        return Some(rest);
    }
    let (key, _) = rest.split_once(" = ")?;
    key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then_some(rest)
}

#[test]
fn the_keys_that_the_example_only_mentions_are_right_too() {
    let example = fs::read_to_string(repository("config/usagewarden.example.toml")).unwrap();
    let lines = example.lines().map(|line| mentioned(line).unwrap_or(line));
    let source = lines.collect::<Vec<_>>().join("\n").replace("/etc/usagewarden/", "");
    // Only this API has an `id`.
    let source = source.replace("api = \"admin\"", "api = \"company\"");
    // Without it no action is ever taken, which is a warning.
    let source = source.replace("allow_actions = false", "allow_actions = true");
    let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = Files::new()
        .with("main.toml", &source)
        .with("ca.pem", authority.cert.pem())
        .with("prices.toml", fs::read(repository("config/prices.toml")).unwrap())
        .with("organizations.d/labs.toml", ORGANIZATION.replace("acme", "labs"))
        .with("smtp-password", "secret")
        .with("ops-url", "https://hooks.example.com/services/1")
        .with("ops-signing-secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        .with("heartbeat-url", "https://hc.example.com/ping/1")
        .with("ops-token", "a-secret-of-the-operators");
    let directory = files.path("");
    let loaded = files.load_in([
        ("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-test"),
        ("CREDENTIALS_DIRECTORY", directory.to_str().unwrap()),
    ]);
    let loaded = loaded.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(loaded.config.organizations.len(), 2);
    assert_eq!(loaded.warnings, []);
}

/// Every table with one unknown key: the hints list the known ones.
const UNKNOWN_EVERYWHERE: &str = r#"
zzzzzzzz = 1
http = { zzzzzzzz = 1, tokens = { a = { zzzzzzzz = 1, token = { zzzzzzzz = 1 } } } }
journal = { zzzzzzzz = 1 }
store = { zzzzzzzz = 1, keep = { zzzzzzzz = 1 } }
log = { zzzzzzzz = 1 }
poll = { zzzzzzzz = 1 }
prices = { zzzzzzzz = 1 }
channel = { zzzzzzzz = {}, email = { a = { zzzzzzzz = 1, password = { zzzzzzzz = 1 } } }, webhook = { b = { zzzzzzzz = 1 } } }
heartbeat = { zzzzzzzz = 1 }
action = { a = { zzzzzzzz = 1, disable_keys = { zzzzzzzz = 1 }, lower_spend_limit = { zzzzzzzz = 1 }, lower_rate_limit = { zzzzzzzz = 1 }, call_webhook = { zzzzzzzz = 1 } } }
route = [{ zzzzzzzz = 1, match = { zzzzzzzz = 1 } }]
rule = { zzzzzzzz = {}, budget = [{ zzzzzzzz = 1, scope = { zzzzzzzz = 1 }, steps = [{ zzzzzzzz = 1 }] }], quota = [{ zzzzzzzz = 1 }], threshold = [{ zzzzzzzz = 1 }], rate_limit = [{ zzzzzzzz = 1, scope = { zzzzzzzz = 1 } }], freshness = [{ zzzzzzzz = 1, older_than = { zzzzzzzz = 1 } }], change = [{ zzzzzzzz = 1 }], keys = [{ zzzzzzzz = 1, scope = { zzzzzzzz = 1 } }], members = [{ zzzzzzzz = 1 }], audit = [{ zzzzzzzz = 1 }] }
company = [{ zzzzzzzz = 1 }]
organization = [{ zzzzzzzz = 1 }]
"#;

#[test]
fn the_example_and_the_documentation_name_every_key() {
    let told = refused(UNKNOWN_EVERYWHERE);
    let hints: Vec<&str> = told.split("known here: ").skip(1).collect();
    assert_eq!(hints.len(), 39, "{told}");
    for file in ["config/usagewarden.example.toml", "docs/configuration.md"] {
        let text = fs::read_to_string(repository(file)).unwrap();
        for key in hints.iter().flat_map(|hint| hint.lines().next().unwrap().split(", ")) {
            let forms =
                [format!("{key} "), format!("{key}]"), format!("{key}."), format!("{key}`")];
            let is_named = forms.iter().any(|form| text.contains(form.as_str()));
            assert!(is_named, "{file} says nothing of `{key}`");
        }
    }
}
