//! `[[route]]`: where it may lead, and what it means.

use super::refusals::check;

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
