//! What steps do, and what became of it.

use super::*;
use crate::action::{ActionId, ActionState, Measure, Target};
use crate::amount::Amount;
use crate::notice::{Announced, Announcement};
use crate::rule::Glob;

fn key(name: &str) -> Target {
    Target::Key {
        id: "apikey_1".into(),
        name: name.to_owned(),
        workspace: "wrkspc_1".into(),
        workspace_name: "ingest".to_owned(),
    }
}

fn limit(workspace: Option<&str>) -> Target {
    Target::SpendLimit {
        workspace: workspace.map(|_| "wrkspc_1".into()),
        workspace_name: workspace.map(ToOwned::to_owned),
        to: Amount::from_dollars(100.into()),
    }
}

fn rate(group: &str) -> Target {
    Target::RateLimit {
        workspace: "wrkspc_1".into(),
        workspace_name: "ingest".to_owned(),
        limit_id: "rl_1".to_owned(),
        group: group.to_owned(),
        limiter: "output_tokens_per_minute".to_owned(),
        to: 1_000,
    }
}

#[test]
fn what_is_done_names_every_target_as_far_as_anybody_reads() {
    let keys = |names: &[&str]| names.iter().map(|name| key(name)).collect::<Vec<_>>();
    for (targets, expected) in [
        (keys(&["a"]), "disable the key a of workspace ingest"),
        (keys(&["a", "b"]), "disable the keys a and b of workspace ingest"),
        (keys(&["a", "b", "c"]), "disable the keys a, b and c of workspace ingest"),
        (
            keys(&["a", "b", "c", "d", "e", "f", "g"]),
            "disable the keys a, b, c, d, e and 2 more of workspace ingest",
        ),
        (vec![limit(None)], "lower the spend limit of the organization to $100.00"),
        (vec![limit(Some("ingest"))], "lower the spend limit of workspace ingest to $100.00"),
        (
            vec![rate("Sonnet"), rate("Opus")],
            "lower the limit of output tokens a minute for Sonnet and Opus in workspace ingest to 1,000",
        ),
        (vec![Target::Webhook { channel: "ops".into() }], "call the webhook ops"),
    ] {
        assert_eq!(does(&targets), expected);
    }
    let globs = ["batch-*", "ci-?"].map(|glob| Glob::new(glob).unwrap()).to_vec();
    let measure = Measure::DisableKeys { workspace: "ingest".to_owned(), keys: globs };
    assert_eq!(wanted(&measure), "disable the keys batch-* and ci-? of workspace ingest");
}

#[test]
fn a_step_says_what_is_done_about_it() {
    let id = || ActionId("month:acme:organization:stop:1".to_owned());
    let why = "no key of the workspace ingest matches".to_owned();
    let already = |state| Announcement::Already { id: id(), state };
    for (verdict, expected) in [
        (
            Announcement::Ordered(id()),
            "The action `stop` is under way: disable the key a of workspace ingest.",
        ),
        (
            Announcement::DryRun(id()),
            "The action `stop` is a dry run; it would disable the key a of workspace ingest.",
        ),
        (
            already(Some(ActionState::Done)),
            "The action `stop` (disable the key a of workspace ingest) was taken; it is taken once a period.",
        ),
        (
            already(Some(ActionState::GivenUp)),
            "The action `stop` (disable the key a of workspace ingest) was given up; it is taken once a period.",
        ),
        (
            // What became of it is not known: it may have been refused.
            already(None),
            "The action `stop` (disable the key a of workspace ingest) was ordered; it is taken once a period.",
        ),
        (
            Announcement::NotAllowed,
            "The action `stop` is not taken: `allow_actions` is off for this organization.",
        ),
        (
            Announcement::NothingToDo { id: id(), why },
            "The action `stop` found nothing that it is for: no key of the workspace ingest matches.",
        ),
    ] {
        let (action, does) = ("stop".into(), does(&[key("a")]));
        assert_eq!(announced(&Announced { action, does, verdict }), expected);
    }
}

#[test]
fn what_became_of_an_action_says_how_to_undo_it_or_that_nothing_else_is_tried() {
    let error = Some("the API answered 403".to_owned());
    for (state, error, expected) in [
        (
            ActionState::Done,
            None,
            [
                "acme: action stop was taken",
                "At acme, the action `stop` (disable the key a of workspace ingest) was taken.",
                "To bring back what was: `usagewarden actions undo month:acme:1`.",
            ],
        ),
        (
            ActionState::Refused,
            error,
            [
                "acme: action stop was refused",
                "At acme, the action `stop` (disable the key a of workspace ingest) was refused: the API answered 403.",
                "Look now, and do by hand what is needed: it is not tried again.",
            ],
        ),
        (
            ActionState::Undone,
            None,
            [
                "acme: action stop was undone",
                "At acme, the action `stop` (disable the key a of workspace ingest) was undone.",
                "Nothing: that it is known is all.",
            ],
        ),
    ] {
        let (action, id) = ("stop".into(), ActionId("month:acme:1".to_owned()));
        let (does, no_undo) = (does(&[key("a")]), None);
        let matter = Matter::Acted { action, id, does, state, error, no_undo };
        let news = news(Effect::Fired, facts(matter));
        let said = [title(&acme(), &news), summary(&acme(), &news), next_step(&news.facts)];
        assert_eq!(said, expected.map(ToOwned::to_owned));
    }
}
