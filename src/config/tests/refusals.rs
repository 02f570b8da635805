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
pub(super) fn check(source: &str, expected: &str) {
    let told = refused(format!("{ORGANIZATION}{source}\n"));
    assert!(told.contains(expected), "of {source}\nthis is said:\n{told}\nbut not: {expected}");
}

#[test]
fn programs_are_told_the_place_of_each_problem() {
    let files = Files::new().with("main.toml", format!("{ORGANIZATION}[http]\n  lisen = 1\n"));
    let problems = files.load().unwrap_err();
    let told: Vec<_> =
        problems.iter().map(|problem| serde_json::to_value(problem).unwrap()).collect();
    let expected = serde_json::json!({
        "level": "error",
        "message": "unknown key `lisen` in [http]",
        "file": files.path("main.toml"),
        "line": 3,
        "column": 3,
        "hint": "did you mean `listen`?",
    });
    assert_eq!(told, [expected]);
}

#[test]
fn unknown_keys_are_refused_with_the_one_that_was_meant() {
    check("lisen = 1", "unknown key `lisen` in the top level");
    check("http.lisen = 1", "did you mean `listen`?");
    check("http.route = 1", "known here: listen, allow_public");
    check("[[silence]]", "unknown key `silence` in the top level");
    check("[htpp]", "did you mean `http`?");
    check("[channel.pager.ops]", "unknown key `pager` in [channel]");
    check("[[rule.anomaly]]", "unknown key `anomaly` in [rule]");
    check("[channel.email.ops]\nfallbak = \"x\"", "did you mean `fallback`?");
    check("[channel.webhook.ops]\nurk = \"x\"", "did you mean `url`?");
    check("[heartbeat]\nevry = \"x\"", "did you mean `every`?");
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

#[test]
fn values_that_make_no_sense_are_refused_with_a_way_out() {
    check(
        "external_url = \"warden.example.com\"",
        "write a URL, as in \"https://warden.example.com/\"",
    );
    check("http.listen = \"9185\"", "write an IP address and a port");
    check("http.listen = \"0.0.0.0:9185\"", "`listen` is a public address");
    check("http.listen = \"[::]:9185\"", "add `allow_public = true`");
    check("store.path = \"\"", "`path` is empty");
    check("store.keep = { minutes = \"1h\" }", "`minutes` must be at least 1d1h");
    check("store.keep = { hours = \"10d\" }", "`hours` must be at least 35d");
    check("store.keep = { days = \"30d\" }", "`days` must be at least 62d");
    check("store.keep = { days = \"50y\" }", "`days` must be at most 20y");
    check(
        "store.keep = { days = \"70d\", hours = \"80d\" }",
        "fine figures longer than coarse ones",
    );
    check("log.level = \"inof\"", "did you mean \"info\"?");
    check("log.format = \"xml\"", "write one of auto, text, json, journald");
    check("poll.usage = \"10\"", "`usage` cannot be \"10\": `10` has no unit");
    check("poll.usage = \"10 minutes\"", "five or six fields");
    check("poll.usage = \"10minutes\"", "`minutes` is not a unit");
    check("poll.usage = \"0s\"", "`usage` must be at least 1ms");
    check("poll.members = \"90d\"", "`members` must be at most 31d");
    check("poll.usage = \"59s\"", "`usage` must not be polled more often than every 1m");
    check("poll.cost = \"*/30 * * * * *\"", "`cost` must not be polled more often than every 1m");
    check("poll.company = \"1m\"", "`company` must not be polled more often than every 5m");
    check("poll.keys = \"0 0 30 2 *\"", "that never comes");
    check("prices.file = \"absent.toml\"", "cannot read absent.toml: there is no such file");
    check("organizations_dir = \"absent\"", "`organizations_dir`: cannot list absent");
}

#[test]
fn organizations_that_make_no_sense_are_refused() {
    check("organization = []", "duplicate key");
    for (rest, expected) in [
        ("api = \"Admin\"", "did you mean \"admin\"?"),
        ("base_url = \"ftp://example.com\"", "it must begin with https:// or http://"),
        ("base_url = \"https://example.com/?a=b\"", "nothing may follow the path"),
        (
            "base_url = \"http://127.0.0.1:1/\"\npoll.usage = \"99ms\"",
            "more often than every 100ms",
        ),
        ("expect_name = \"\"", "`expect_name` is empty"),
        ("time_zone = \"CET-1\"", "as in \"Europe/Berlin\""),
        ("week_start = \"mon\"", "write one of monday, tuesday"),
        ("series_max = 0", "`series_max` must be from 1 to 1000000"),
        ("series_max = \"10_000\"", "write it without quotes, as in 10_000"),
        ("id = \"org_abc123\"", "`id` has no meaning with `api = \"admin\"`"),
        ("ca_file = \"main.toml\"", "it holds no certificate"),
        ("[[organization]]", "`name` is missing in [[organization]]"),
        ("[[organization]]", "add `key = { env = \"ANTHROPIC_ADMIN_KEY\" }`"),
        ("[[organization]]\nname = \"a\"\nkey = \"k\"", "there are two of the organization `a`"),
        ("[[organization]]\nname = \"a\"\nkey = \"k\"", "the first stands on line 2; rename one"),
    ] {
        let organization = "[[organization]]\nname = \"a\"\nkey = { env = \"KEY\" }\n";
        let told = refused(format!("{organization}{rest}"));
        assert!(told.contains(expected), "of {rest}\nthis is said:\n{told}");
    }
    let told = refused("");
    assert!(told.contains("there is no [[organization]], so nothing to watch"), "{told}");
}

#[test]
fn budgets_that_make_no_sense_are_refused() {
    for (rest, expected) in [
        ("", "`amount` is missing in [[rule.budget]]"),
        ("amount = 5000", "`amount` must be a string, not an integer"),
        ("amount = \"5000\"", "`5000` needs a currency, as in \"5000 USD\""),
        ("amount = \"5000 EUR\"", "`EUR` is not a currency"),
        ("amount = \"0 USD\"", "`amount` must be above zero"),
        ("amount = \"-1 USD\"", "`amount` must be above zero"),
        ("amount = \"1 USD\"\nperiod = \"year\"", "write one of day, week, month"),
        ("amount = \"1 USD\"\norganization = []", "leave it out to mean all"),
        ("amount = \"1 USD\"\norganization = [\"\"]", "an element of `organization` is empty"),
        ("amount = \"1 USD\"\ntime_zone = \"Berlin\"", "this machine knows no such time zone"),
        ("amount = \"1 USD\"\nsteps = []", "`steps` is empty"),
        ("amount = \"1 USD\"\nsteps = [\"80%\"]", "`steps` must be tables, not a string"),
        ("amount = \"1 USD\"\nsteps = [{ at = 80 }]", "write a share in quotes, as in \"80%\""),
        ("amount = \"1 USD\"\nsteps = [{ at = \"0%\" }]", "a share must be above 0%"),
        (
            "amount = \"1 USD\"\nsteps = [{ severity = \"info\" }]",
            "`at` is missing in [[rule.budget.steps]]",
        ),
        (
            "amount = \"1 USD\"\nsteps = [{ at = \"80%\" }, { at = \"80.0%\" }]",
            "the step 80% is written twice",
        ),
        (
            "amount = \"1 USD\"\nsteps = [{ forecast = \"80%\" }, { forecast = \"80%\" }]",
            "the step 80% is written twice",
        ),
        (
            "amount = \"1 USD\"\nsteps = [{ at = \"80%\", forecast = \"80%\" }]",
            "a step is either `at` a share or of the `forecast`",
        ),
        (
            "amount = \"1 USD\"\nsteps = [{ at = \"80%\", remind_every = \"5s\" }]",
            "`remind_every` must be at least 1m",
        ),
        ("amount = \"1 USD\"\nperiod = \"30\"", "or so many days, as in \"30d\""),
        ("amount = \"1 USD\"\nperiod = \"1d\"", "`period` must be from 2d to 366d"),
        (
            "amount = \"1 USD\"\nperiod = \"30d\"\nsteps = [{ forecast = \"100%\" }]",
            "a rolling period has no end that could be forecast",
        ),
        ("amount = \"API\"", "money is written as in \"5000 USD\""),
        ("amount = \"api\"\nperiod = \"day\"", "`period` must be \"month\""),
        ("amount = \"api\"\ntime_zone = \"Europe/Berlin\"", "`time_zone` cannot be chosen"),
        ("amount = \"api\"\neach = [\"model\"]", "the API has no limits by model or key"),
        ("amount = \"1 USD\"\neach = [\"modell\"]", "did you mean \"model\"?"),
        ("amount = \"1 USD\"\neach = [\"key\", \"key\"]", "`each` names key twice"),
        ("amount = \"1 USD\"\nscope = { workspace = [] }", "`workspace` names none"),
        ("amount = \"1 USD\"\nscope = { team = [\"a\"] }", "in [rule.budget.scope]"),
        ("amount = \"1 USD\"\ncompany = \"acme-group\"", "there is no company `acme-group`"),
    ] {
        check(&format!("[[rule.budget]]\nname = \"month\"\n{rest}"), expected);
    }
    let budget = "[[rule.budget]]\nname = \"month\"\namount = \"1 USD\"\n";
    check(&format!("{budget}{budget}"), "there are two of the rule `month`");
    check(
        "[[rule.budget]]\nname = \"identity\"\namount = \"1 USD\"",
        "`name` cannot be \"identity\": that rule is built in",
    );
}

#[test]
fn quotas_that_make_no_sense_are_refused() {
    for (rest, expected) in [
        ("", "`limit` is missing in [[rule.quota]]"),
        ("limit = \"5000\"", "write \"api\", or a count without quotes"),
        ("limit = 0", "`limit` must be from 1 to"),
        ("limit = \"api\"", "needs `api = \"company\"`, but `acme` has \"admin\""),
        ("limit = \"api\"\nperiod = \"day\"", "`period` cannot be chosen with `limit = \"api\"`"),
        ("limit = \"api\"\ntime_zone = \"UTC\"", "the API says itself when it resets its count"),
        ("limit = 5\nsteps = [{ forecast = \"80%\" }]", "unknown key `forecast`"),
        ("limit = 5\nscope = {}", "unknown key `scope` in [[rule.quota]]"),
    ] {
        check(&format!("[[rule.quota]]\nname = \"tokens\"\n{rest}"), expected);
    }
}

#[test]
fn companies_that_make_no_sense_are_refused() {
    for (rest, expected) in [
        ("name = \"group\"", "`organizations` is missing in [[company]]"),
        ("name = \"group\"\norganizations = []", "`organizations` names none"),
        ("name = \"group\"\norganizations = [\"acne\"]", "there is no organization `acne`"),
        ("name = \"group\"\norganizations = [\"acme\", \"acme\"]", "names acme twice"),
        ("name = \"acme\"\norganizations = [\"acme\"]", "has the name of an organization"),
    ] {
        check(&format!("[[company]]\n{rest}"), expected);
    }
    let company = "[[company]]\nname = \"group\"\norganizations = [\"acme\"]\n";
    check(&format!("{company}{company}"), "there are two of the company `group`");
    let rule = |rest: &str| {
        format!("{company}[[rule.budget]]\nname = \"all\"\ncompany = \"group\"\n{rest}")
    };
    check(&rule("amount = \"api\""), "a company has no limit that the API reports");
    let both = rule("amount = \"1 USD\"\norganization = [\"acme\"]");
    check(&both, "`organization` and `company` exclude each other");
    let quota = rule("limit = \"api\"").replace("budget", "quota");
    check(&quota, "a company has no quota that the API reports");
}

#[test]
fn all_mistakes_of_syntax_are_told_and_not_what_follows_from_them() {
    insta::assert_snapshot!(refused(
        r#"[http]
listen = 127.0.0.1:9185

[[organization]]
name = "acme
key = { env = "KEY" }
apu = "admin"

[log
level = "info"
"#
    ));
}

#[test]
fn what_is_no_text_is_refused() {
    let told = refused(b"name = \"\xff\"");
    assert!(told.contains("main.toml is not UTF-8 text, from byte 8 on"), "{told}");
    let told = refused("\u{0}".repeat(1_000));
    assert!(
        told.contains("more lines could not be read") || told.contains("main.toml:1:1"),
        "{told}"
    );
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = "a.".repeat(5_000);
    for source in [
        format!("key = {}", "[".repeat(5_000)),
        format!("key = {}", "{a=".repeat(5_000)),
        format!("{deep}a = 1"),
        format!("[{deep}a]"),
    ] {
        let told = refused(source);
        assert!(told.contains("main.toml:1:"), "{told}");
    }
}

mod whatever_is_written {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of the grammar, so that random files get past its first gate.
    fn piece() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "[http]",
            "[[organization]]",
            "[channel.email.a]",
            "[[rule.budget]]",
            "listen",
            "name",
            "key",
            "amount",
            "steps",
            "poll",
            "usage",
            "keep",
            "to",
            "=",
            "=",
            "=",
            "\"",
            "\"80%\"",
            "\"5000 USD\"",
            "\"1h\"",
            "\"* * * * *\"",
            "{",
            "}",
            "[",
            "]",
            ",",
            "\n",
            "\n",
            "\n",
            "'''",
            "#",
            "1",
            "true",
            "\\",
            "é",
            "\u{feff}",
            "\u{7f}",
        ]);
        prop_oneof![9 => known.prop_map(str::to_owned), 1 => any::<String>()]
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let files = Files::new().with("main.toml", &bytes);
            prop_assert!(files.load().is_err());
        }

        #[test]
        fn no_pieces_of_the_grammar_make_it_panic(pieces in prop::collection::vec(piece(), 0..40)) {
            let files = Files::new().with("main.toml", pieces.join(" "));
            if let Err(problems) = files.load() {
                prop_assert!(!problems.to_string().is_empty());
            }
        }
    }
}
