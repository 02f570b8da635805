//! `[[route]]`: where it may lead, and what it means.

use super::refusals::check;
use super::{Files, ORGANIZATION};

#[test]
fn a_route_must_lead_somewhere_and_take_what_exists() {
    let channel = "[channel.email.finops]\nserver = \"localhost\"\ntls = \"none\"\n\
                   from = \"w@example.com\"\nto = [\"f@example.com\"]\n";
    let cases = [
        ("[[route]]", "`channels` is missing in [[route]]"),
        ("[[route]]\nchannels = []", "`channels` names none"),
        ("[[route]]\nchannels = [\"finop\"]", "there is no channel \"finop\""),
        ("[[route]]\nchannels = [\"finop\"]", "did you mean \"finops\"?"),
        (
            "[[route]]\nchannels = [\"finops\"]\nmatch = { severity = [\"fatal\"] }",
            "no severity is called \"fatal\"",
        ),
        (
            "[[route]]\nchannels = [\"finops\"]\nmatch = { kind = [\"budgt\"] }",
            "did you mean \"budget\"?",
        ),
        (
            "[[route]]\nchannels = [\"finops\"]\nmatch = { sevrity = [\"info\"] }",
            "unknown key `sevrity` in [route.match]",
        ),
        (
            "[[route]]\nchannels = [\"finops\"]\ngroup_by = [\"team\"]",
            "an element of `group_by` cannot be \"team\"",
        ),
        (
            "[[route]]\nchannels = [\"finops\"]\ngroup_wait = \"2h\"",
            "`group_wait` must be at most 1h",
        ),
        (
            "[[route]]\nchannels = [\"finops\"]\nmatch = { rule = [\"other\"] }\n\
             [[rule.budget]]\nname = \"month\"\namount = \"5 USD\"",
            "the rule `month` reaches no channel",
        ),
    ];
    for (source, expected) in cases {
        check(&format!("{channel}{source}"), expected);
    }
}

#[test]
fn nobody_counts_the_requests_of_a_company() {
    check(
        "[[company]]\nname = \"group\"\norganizations = [\"acme\"]\n\
         [[rule.threshold]]\nname = \"many\"\ncompany = \"group\"\nmetric = \"requests\"\n\
         window = \"1h\"\nabove = 10",
        "requests are not added up for a company",
    );
}

/// What is warned of, line by line, with one channel and these tables.
fn warned(source: &str) -> String {
    let channel = "[channel.email.finops]\nserver = \"localhost\"\ntls = \"none\"\n\
                   from = \"w@example.com\"\nto = [\"f@example.com\"]\n";
    let files = Files::new().with("main.toml", format!("{ORGANIZATION}{channel}{source}"));
    let warnings = files.load().map_err(|problems| format!("{problems:?}")).unwrap().warnings;
    let told: Vec<String> = warnings.iter().map(|warning| files.shown(warning)).collect();
    told.join("\n")
}

#[test]
fn what_nobody_wrote_and_nobody_hears_of_is_warned_of() {
    let route = "[[route]]\nchannels = [\"finops\"]\n";
    assert_eq!(warned(route), "");
    assert_eq!(warned(""), "");
    let told = warned(&format!("{route}match = {{ kind = [\"budget\"] }}"));
    assert!(told.contains("nobody hears of the built-in rule `changes`"), "{told}");
    assert!(told.contains("nobody hears of the built-in rule `identity`"), "{told}");
    assert!(!told.contains("`spend-limit`"), "{told}");
    let told = warned(&format!("{route}match = {{ severity = [\"warning\", \"info\"] }}"));
    assert!(told.contains("the built-in rule `spend-limit` when it is critical"), "{told}");
}

#[test]
fn an_organization_of_which_nobody_hears_is_warned_of() {
    let rule = "[[rule.budget]]\nname = \"month\"\namount = \"5 USD\"\n";
    let company = "[[company]]\nname = \"group\"\norganizations = [\"acme\"]\n";
    let route = |match_: &str| {
        format!("{company}[[route]]\nchannels = [\"finops\"]\nmatch = {{ {match_} }}\n{rule}")
    };
    // Patterns of a rule are about organizations: none of its news is the company's own.
    check(&route("organization = [\"group\"]"), "the rule `month` reaches no channel");
    let told = warned(&route("rule = [\"month\"], company = [\"group\"]"));
    assert!(!told.contains("`month`"), "{told}");
}
