//! Every way to get thresholds and watches wrong, and the words that must help.

use super::*;

#[test]
fn thresholds_that_make_no_sense_are_refused() {
    let tokens = "metric = \"output_tokens\"\nwindow = \"1h\"\n";
    let cost = "metric = \"cost\"\nwindow = \"1h\"\n";
    let ratio = "metric = \"cache_hit_ratio\"\nwindow = \"1h\"\n";
    let requests = "metric = \"requests\"\nabove = 1\nwindow = ";
    for (keys, expected) in [
        ("above = 1", "`metric` is missing in [[rule.threshold]]"),
        ("metric = \"tokens\"\nabove = 1", "`metric` cannot be \"tokens\""),
        ("metric = \"output_token\"", "did you mean \"output_tokens\"?"),
        ("metric = \"cost\"", "add `window = \"1h\"`"),
        (tokens, "neither `above` nor `below` is written in [[rule.threshold]]"),
        (tokens, "add `above = 10_000_000`"),
        (cost, "add `above = \"20 USD\"`"),
        (ratio, "add `above = \"80%\"`"),
        (&format!("{tokens}above = 1\nbelow = 2"), "`above` and `below` are both written"),
        (&format!("{tokens}above = 1\nbelow = 2"), "remove one, or write two rules"),
        (&format!("{tokens}above = \"1 USD\""), "`above` must be a whole number, not a string"),
        (&format!("{tokens}above = -1"), "`above` must be from 0 to"),
        (&format!("{cost}above = 10"), "write money in quotes, as in \"5000 USD\""),
        (&format!("{cost}below = \"10\""), "`below` is no amount of money"),
        (&format!("{ratio}below = 0.5"), "`below` must be a string, not a float"),
        (&format!("{ratio}below = \"0.5\""), "shares are written as in \"80%\""),
        (&format!("{ratio}below = \"150%\""), "`below` must be at most 100%"),
        (&format!("{tokens}above = 8\nclear = 8"), "`clear` must lie below `above`"),
        (&format!("{tokens}below = 8\nclear = 7"), "`clear` must lie above `below`"),
        (&format!("{tokens}above = 8\nhold = \"8d\""), "`hold` must be at most 7d"),
        (
            &format!("{tokens}above = 8\neach = [\"team\"]"),
            "an element of `each` cannot be \"team\"",
        ),
        (
            "metric = \"cost\"\nwindow = \"90s\"\nabove = \"1 USD\"",
            "`window` must be whole minutes",
        ),
        ("metric = \"cost\"\nwindow = \"31d\"", "`window` must be at most 30d"),
        (&format!("{requests}\"90m\""), "`window` must be whole hours"),
        (&format!("{requests}\"1h\"\neach = [\"key\"]"), "requests are not told by key"),
        (&format!("{requests}\"1h\"\nscope = {{ key = [\"a\"] }}"), "by workspace and model"),
    ] {
        refusals::check(&format!("[[rule.threshold]]\nname = \"a\"\n{keys}"), expected);
    }
}

#[test]
fn watches_that_make_no_sense_are_refused() {
    for (kind, keys, expected) in [
        ("rate_limit", "", "`at` is missing in [[rule.rate_limit]]"),
        ("rate_limit", "at = \"101%\"", "`at` must be at most 100%"),
        ("rate_limit", "at = 0.85", "`at` must be a string, not a float"),
        ("rate_limit", "at = \"80%\"\nover = \"16m\"", "`over` must be at most 15m"),
        ("rate_limit", "at = \"80%\"\nover = \"90s\"", "`over` must be whole minutes"),
        ("rate_limit", "at = \"80%\"\nscope = { key = [\"a\"] }", "unknown key `key` in"),
        ("rate_limit", "at = \"80%\"\neach = [\"model\"]", "unknown key `each`"),
        ("freshness", "", "there is no condition in [[rule.freshness]]"),
        ("freshness", "", "`failing_for = \"10m\"` or `older_than = { usage = \"30m\" }`"),
        ("freshness", "older_than = \"30m\"", "`older_than` must be a table, not a string"),
        ("freshness", "older_than = { usage = \"30s\" }", "`usage` must be at least 1m"),
        ("freshness", "older_than = { usge = \"30m\" }", "did you mean `usage`?"),
        ("freshness", "failing_for = 10", "`failing_for` must be a string, not an integer"),
        ("change", "", "there is no condition in [[rule.change]]"),
        ("change", "plan_changed = false", "there is no condition in [[rule.change]]"),
        ("change", "plan_changed = \"yes\"", "`plan_changed` must be true or false"),
        ("change", "plan_change = true", "did you mean `plan_changed`?"),
        ("change", "severity = \"fatal\"", "write one of info, warning, critical"),
        ("keys", "", "there is no condition in [[rule.keys]]"),
        ("keys", "new = false", "as in `older_than = \"90d\"` or `new = true`"),
        ("keys", "older_than = 90", "`older_than` must be a string, not an integer"),
        ("keys", "older_than = \"10m\"", "`older_than` must be at least 1h"),
        ("keys", "expires_within = \"2y\"", "`expires_within` must be at most 1y"),
        ("keys", "unused_for = \"30d\"", "unknown key `unused_for` in [[rule.keys]]"),
        ("keys", "new = true\nscope = { model = [\"a\"] }", "unknown key `model` in"),
        ("keys", "new = true\nscope = { key = [] }", "`key` names none"),
        ("members", "", "there is no condition in [[rule.members]]"),
        ("members", "role_changed = false", "`invite_pending = \"7d\"`"),
        ("members", "new_admins = true", "did you mean `new_admin`?"),
        ("members", "invite_pending = \"30d\"", "`invite_pending` must be at most 21d"),
        ("members", "inactive_for = \"1h\"", "`inactive_for` must be at least 1d"),
        ("members", "new_admin = true\nscope = {}", "unknown key `scope` in"),
        ("audit", "", "`types` is missing in [[rule.audit]]"),
        ("audit", "types = []", "`types` names none"),
        ("audit", "types = \"*\"", "`types` must be an array, not a string"),
        ("audit", "types = [\"\"]", "an element of `types`"),
        ("audit", "types = [\"*\"]\nactors = []", "`actors` names none"),
        ("audit", "types = [\"*\"]\ncompany = \"group\"", "a company has no audit log"),
    ] {
        refusals::check(&format!("[[rule.{kind}]]\nname = \"a\"\n{keys}"), expected);
    }
}
