//! Every way to get the file wrong, and the words that must help.

use super::*;

#[test]
fn all_problems_of_a_file_are_told_in_one_run() {
    insta::assert_snapshot!(refused(
        r#"
external_urll = "https://warden.example.com/"

[http]
lisen = "127.0.0.1:9185"
listen = 9185

[store]
keep = { minutes = "2", hours = "60 days" }

[poll]
usage = "5s"
cost = "61 * * * *"

[[organization]]
name = "acme corp"
api = "admn"
key = { env = "UNSET" }
time_zone = "Europe/Berln"

[channel.email.finops]
server = "smtp.example.com"
tls = "none"
password = 5

[[rule.budget]]
name = "month"
amount = "5000"
steps = [{ at = "80" }, { at = "50%", severity = "fatal" }]
"#
    ));
}

/// A line beside an organization that is right, and what must be said of it.
#[track_caller]
fn check(source: &str, expected: &str) {
    let told = refused(format!("{ORGANIZATION}{source}\n"));
    assert!(told.contains(expected), "of {source}\nthis is said:\n{told}\nbut not: {expected}");
}

#[test]
fn unknown_keys_are_refused_with_the_one_that_was_meant() {
    check("lisen = 1", "unknown key `lisen` in the top level");
    check("http.lisen = 1", "did you mean `listen`?");
    check("http.route = 1", "known here: listen, allow_public");
    check("[[route]]", "unknown key `route` in the top level");
    check("[htpp]", "did you mean `http`?");
    check("[channel.webhook.ops]", "unknown key `webhook` in [channel]");
    check("[[rule.anomaly]]", "unknown key `anomaly` in [rule]");
    check("[channel.email.ops]\nfallback = \"x\"", "unknown key `fallback` in [channel.email.ops]");
}

#[test]
fn values_of_the_wrong_kind_are_refused_with_the_right_one() {
    check("http = 1", "`http` must be a table, not an integer");
    check("http.listen = 9185", "`listen` must be a string, not an integer");
    check("http.allow_public = \"yes\"", "`allow_public` must be true or false, not a string");
    check("poll.usage = 60", "`usage` must be a string, not an integer");
    check("poll.usage = 60", "write a duration in quotes, as in \"10m\"");
    check("rule = []", "`rule` must be a table, not an array");
    check("rule.budget = {}", "`budget` must be written [[rule.budget]], once for each");
    check("rule.budget = [1]", "`budget` must be tables, not an integer");
    check("channel.email.ops = 1", "`ops` must be a table, not an integer");
    check("channel.email = {server = \"x\"}", "here each table has a name: [channel.email.NAME]");
    check("log.level = true", "`level` must be a string, not a boolean");
    check("log.level = 1979-05-27", "`level` must be a string, not a date");
    check("log.level = 1.5", "`level` must be a string, not a float");
    check("log.level = [\"info\"]", "`level` must be a string, not an array");
}
