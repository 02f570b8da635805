//! Files and environments that are right, and what they mean.

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use usagewarden_core::reading::Report;
use usagewarden_core::rule::{Condition, Severity};

use super::super::{Api, Cadence, Level, Source, Tls};
use super::*;

#[test]
fn a_name_and_a_key_are_enough() {
    let config = accepted(ORGANIZATION);
    let [organization] = &config.organizations[..] else { panic!("one is written") };
    assert_eq!(organization.name.as_str(), "acme");
    assert_eq!(organization.api, Api::Admin);
    assert_eq!(organization.base_url.as_str(), "https://api.anthropic.com/");
    assert_eq!(config.external_url.as_str(), "http://127.0.0.1:9185/");
    let hour = Cadence::Every(SignedDuration::from_hours(1));
    assert_eq!(organization.poll.of(Report::Members), &hour);
}

#[test]
fn an_organization_polls_by_its_own_words_then_those_for_all_then_the_defaults() {
    let config = accepted(
        "poll = { usage = \"2m\", cost = \"0 */20 * * * *\" }\n\
         [[organization]]\nname = \"a\"\nkey = \"k\"\npoll.usage = \"3m\"\n\
         [[organization]]\nname = \"b\"\nkey = \"k\"\n",
    );
    let usage = |place: usize| config.organizations[place].poll.of(Report::Usage).clone();
    assert_eq!(usage(0), Cadence::Every(SignedDuration::from_mins(3)));
    assert_eq!(usage(1), Cadence::Every(SignedDuration::from_mins(2)));
    let cost = config.organizations[1].poll.of(Report::Cost);
    assert!(matches!(cost, Cadence::Cron(cron) if cron.as_str() == "0 */20 * * * *"), "{cost:?}");
    let default = Cadence::Every(SignedDuration::from_mins(10));
    assert_eq!(config.organizations[1].poll.of(Report::Analytics), &default);
}

#[test]
fn a_rehearsal_on_this_machine_may_poll_ten_times_a_second() {
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let config = accepted(&format!(
            "[[organization]]\nname = \"a\"\nkey = \"k\"\nbase_url = \"http://{host}:9\"\n\
             poll = {{ usage = \"100ms\", cost = \"* * * * * *\" }}"
        ));
        let usage = config.organizations[0].poll.of(Report::Usage);
        assert_eq!(usage, &Cadence::Every(SignedDuration::from_millis(100)), "{host}");
    }
}

#[test]
fn one_wrong_interval_for_many_organizations_is_told_once() {
    let told = refused(
        "poll.usage = \"1s\"\n[[organization]]\nname = \"a\"\nkey = \"k\"\n\
         [[organization]]\nname = \"b\"\nkey = \"k\"\n",
    );
    assert_eq!(told.matches("error:").count(), 1, "{told}");
}

#[test]
fn mail_servers_have_the_port_of_their_encryption() {
    for (server, tls, expected) in [
        ("smtp.example.com", "starttls", ("smtp.example.com", 587, Tls::StartTls)),
        ("smtp.example.com", "implicit", ("smtp.example.com", 465, Tls::Implicit)),
        ("[::1]", "none", ("::1", 25, Tls::None)),
        ("127.0.0.1:2525", "none", ("127.0.0.1", 2525, Tls::None)),
        (
            "10.0.0.1:25\"\nallow_plain = true\nca_file = \"ca.pem",
            "none",
            ("10.0.0.1", 25, Tls::None),
        ),
    ] {
        let source = format!(
            "{ORGANIZATION}[channel.email.ops]\nserver = \"{server}\"\ntls = \"{tls}\"\n\
             from = \"Warden <w@example.com>\"\nto = [\"a@example.com\"]"
        );
        let files =
            Files::new().with("main.toml", source).with("ca.pem", "-----BEGIN CERTIFICATE-----\n");
        let email = files.load().unwrap().config.emails.remove(0);
        assert_eq!((email.host.as_str(), email.port, email.tls), expected);
        assert!(email.login.is_none());
    }
}

#[test]
fn steps_rise_however_they_are_written_and_take_the_severity_of_their_rule() {
    let steps = |rest: &str| -> Vec<String> {
        let source = format!(
            "{ORGANIZATION}[[rule.budget]]\nname = \"month\"\namount = \"5_000 USD\"\n{rest}"
        );
        let rule = accepted(&source).rules.remove(0);
        let Condition::Budget(budget) = rule.condition else { unreachable!() };
        budget.steps.iter().map(|step| format!("{} {}", step.at, step.severity)).collect()
    };
    assert_eq!(steps(""), ["50% info", "80% warning", "100% critical"]);
    assert_eq!(
        steps("steps = [{ at = \"120%\", severity = \"critical\" }, { at = \"80%\" }]"),
        ["80% warning", "120% critical"]
    );
    assert_eq!(steps("severity = \"info\"\nsteps = [{ at = \"80%\" }]"), ["80% info"]);
    assert_eq!(Severity::default(), Severity::Warning);
}

#[test]
fn a_fleet_is_read_from_its_directory_each_file_as_strictly_as_the_first() {
    let organization =
        |name: &str| format!("[[organization]]\nname = \"{name}\"\nkey = {{ file = \"key\" }}\n");
    let fleet = || {
        Files::new()
            .with("main.toml", "organizations_dir = \"fleet\"\n")
            .with("fleet/key", "beside-its-file")
            .with("fleet/b.toml", organization("b"))
            .with("fleet/a.toml", organization("a"))
            .with("fleet/.hidden.toml", "nonsense")
            .with("fleet/notes.txt", "nonsense")
    };
    let loaded = fleet().load().unwrap();
    let names = loaded.config.organizations.iter().map(|found| found.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(loaded.config.organizations[0].key.expose_secret(), "beside-its-file");

    let wrong = fleet()
        .with("fleet/c.toml", format!("{}[http]\n", organization("a")))
        .with("fleet/d.toml", "name = \"d");
    let told = wrong.shown(wrong.load().unwrap_err());
    for expected in [
        "there are two of the organization `a`",
        "the first stands on fleet/a.toml:2",
        "unknown key `http` in the top level",
        "fleet/d.toml:1",
    ] {
        assert!(told.contains(expected), "{expected} is missing in\n{told}");
    }
}

#[test]
fn what_works_but_is_hardly_meant_is_a_warning() {
    let files = Files::new().with(
        "main.toml",
        "[[organization]]\nname = \"acme\"\nkey = \"k\"\nbase_url = \"http://gateway.example.com\"\n\
         [[rule.budget]]\nname = \"month\"\namount = \"1 USD\"\norganization = [\"acne\"]\n",
    );
    let loaded = files.load().unwrap();
    assert!(loaded.warnings.iter().all(|warning| warning.level == Level::Warning));
    let told: Vec<String> = loaded.warnings.iter().map(|warning| files.shown(warning)).collect();
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn the_state_lies_where_the_service_or_the_user_keeps_it() {
    for (variables, expected) in [
        (
            vec![("STATE_DIRECTORY", "/var/lib/usagewarden:/x")],
            "/var/lib/usagewarden/usagewarden.db",
        ),
        (vec![("XDG_STATE_HOME", "/home/w/state")], "/home/w/state/usagewarden/usagewarden.db"),
        (vec![("XDG_STATE_HOME", "relative")], "/home/w/.local/state/usagewarden/usagewarden.db"),
        (vec![], "/home/w/.local/state/usagewarden/usagewarden.db"),
        (vec![("HOME", "")], "/var/lib/usagewarden/usagewarden.db"),
    ] {
        let always = [("HOME", "/home/w"), ("ANTHROPIC_ADMIN_KEY", "k")];
        let environment: Environment = always.into_iter().chain(variables).collect();
        let loaded = load(&Request::new_for(None, environment, "/absent")).unwrap();
        assert_eq!(loaded.config.store.path, Path::new(expected));
    }
}

#[test]
fn without_a_file_a_key_is_enough() {
    let variables = [
        ("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-test\n"),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
    ];
    let loaded = load(&Request::new_for(None, environment(variables), "/absent")).unwrap();
    let [organization] = &loaded.config.organizations[..] else { panic!("one is meant") };
    assert_eq!(loaded.source, Source::Environment);
    assert_eq!(organization.name.as_str(), "default");
    assert_eq!(organization.base_url.as_str(), "http://127.0.0.1:9/");
    assert_eq!(organization.key.expose_secret(), "sk-ant-admin01-test");
    assert!(loaded.warnings[0].message.starts_with("there is no channel"), "{:?}", loaded.warnings);
}

#[test]
fn with_neither_file_nor_key_both_ways_out_are_told() {
    let problems = load(&Request::new_for(None, environment([]), "/absent")).unwrap_err();
    insta::assert_snapshot!(problems.to_string());
    let variables = [("ANTHROPIC_ADMIN_KEY", "k"), ("ANTHROPIC_BASE_URL", "nonsense")];
    let problems = load(&Request::new_for(None, environment(variables), "/absent")).unwrap_err();
    assert!(problems.to_string().contains("$ANTHROPIC_BASE_URL is no URL"), "{problems}");
}

#[test]
fn a_file_that_was_named_must_exist_and_the_one_named_first_wins() {
    let files = Files::new()
        .with("main.toml", ORGANIZATION)
        .with("installed.toml", ORGANIZATION.replace("acme", "installed"));
    let absent = files.path("absent.toml");
    let name = |path: Option<&str>, variable: &str| {
        let variables = [("USAGEWARDEN_CONFIG", variable), ("ANTHROPIC_ADMIN_KEY", "k")];
        let path = path.map(|path| files.path(path));
        let request = Request::new_for(path, environment(variables), files.path("installed.toml"));
        load(&request).map(|loaded| loaded.config.organizations[0].name.to_string())
    };
    assert_eq!(name(Some("main.toml"), absent.to_str().unwrap()).unwrap(), "acme");
    assert_eq!(name(None, files.path("main.toml").to_str().unwrap()).unwrap(), "acme");
    assert_eq!(name(None, "").unwrap(), "installed");
    let told = name(Some("absent.toml"), "").unwrap_err();
    assert!(files.shown(told).contains("cannot read absent.toml: there is no such file"));
}

#[test]
fn a_route_that_says_nothing_else_takes_everything_at_once() {
    let channel = "[channel.email.finops]\nserver = \"localhost\"\ntls = \"none\"\n\
                   from = \"w@example.com\"\nto = [\"f@example.com\"]\n";
    let config = accepted(&format!("{ORGANIZATION}{channel}[[route]]\nchannels = [\"finops\"]\n"));
    let [route] = &config.routes[..] else { panic!("one is written") };
    assert!(route.matches.is_empty());
    assert_eq!(route.group_by, [usagewarden_core::route::Label::Organization]);
    assert_eq!(route.group_wait, SignedDuration::ZERO);
    assert_eq!(route.group_interval, SignedDuration::from_mins(1));
    assert_eq!(route.remind_every, None);
}

#[test]
fn without_a_rule_the_defaults_hold_and_say_what_they_tell() {
    let names = |source: &str| -> Vec<String> {
        let config = accepted(source);
        assert_eq!(config.rules.len(), config.default_rules.len(), "none is written");
        config.rules.iter().map(|rule| rule.name.to_string()).collect()
    };
    assert_eq!(names(ORGANIZATION), ["spend-limit", "workspace-spend-limit", "blind", "changes"]);
    let company = ORGANIZATION.replace("name = ", "api = \"company\", name = ");
    assert_eq!(names(&company), ["token-quota", "blind", "changes"]);
    for default in accepted(ORGANIZATION).default_rules {
        let Condition::Freshness(freshness) = &default.rule.condition else { continue };
        for (report, age) in &freshness.older_than {
            let shown = crate::config::value::show_duration(*age).replace("1d12h", "36h");
            let shown = shown.replace("1d2h", "26h");
            assert!(default.words.contains(&shown), "{report}: {shown}");
        }
    }
    let written = format!("{ORGANIZATION}[[rule.budget]]\nname = \"month\"\namount = \"1 USD\"");
    let config = accepted(&written);
    assert_eq!((config.rules.len(), config.default_rules.len()), (1, 0));
}
