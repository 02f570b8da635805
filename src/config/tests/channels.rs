//! Channels and the heartbeat: every way to get them wrong, and the words that must help.

use super::refusals::check;
use super::*;

#[test]
fn channels_that_make_no_sense_are_refused() {
    let channel = "[channel.email.ops]\nfrom = \"a@example.com\"\nserver = \"smtp.example.com\"\n";
    for (rest, expected) in [
        ("", "`to` is missing in [channel.email.ops]"),
        ("to = []", "`to` names nobody"),
        ("to = \"a@example.com\"", "`to` must be an array, not a string"),
        ("to = [\"a\", 1]", "an element of `to` cannot be \"a\""),
        ("to = [\"a\", 1]", "an element of `to` must be a string, not an integer"),
        ("to = [\"a@example.com\", \"A <a@example.com>\"]", "`to` names a@example.com twice"),
        ("to = [\"b@example.com\"]\ntls = \"none\"", "add `allow_plain = true`"),
        ("to = [\"b@example.com\"]\ntls = \"ssl\"", "write one of starttls, implicit, none"),
        ("to = [\"b@example.com\"]\nusername = \"u\"", "`password` is missing"),
        ("to = [\"b@example.com\"]\npassword = \"p\"", "`username` is missing"),
        ("to = [\"b@example.com\"]\ngive_up_after = \"5s\"", "`give_up_after` must be at least 1m"),
        ("to = [\"b@example.com\"]\nca_file = \"absent.pem\"", "cannot read absent.pem"),
        (
            "to = [\"b@example.com\"]\n[channel.email.\"two words\"]",
            "the name of a channel cannot be",
        ),
    ] {
        check(&format!("{channel}{rest}"), expected);
    }
    check("[channel.email.ops]\nserver = \"smtp://x\"", "`server` is no mail server");
    check("[channel.email.ops]\nfrom = \"nobody\"", "`from` cannot be \"nobody\"");
}

#[test]
fn webhooks_that_make_no_sense_are_refused() {
    for (rest, expected) in [
        ("", "`url` is missing in [channel.webhook.ops]"),
        ("url = \"\"", "`url` is empty"),
        ("url = \"hooks.example.com\"", "`url` is no address to post to: it cannot be parsed"),
        ("url = \"ftp://example.com\"", "it must begin with https:// or http://"),
        ("url = \"https://a:b@example.com\"", "it holds a user or a password"),
        ("url = \"https://example.com/#x\"", "a `#` is never sent"),
        ("url = \"http://example.com/x\"", "`url` cannot be http:// for another machine"),
        ("url = \"http://example.com/x\"", "add `allow_plain = true`"),
        ("format = \"slack\"", "write one of usagewarden"),
        ("secret = \"hunter2\"", "`secret` cannot sign: it does not begin with whsec_"),
        ("secret = \"whsec_hunter2!\"", "what follows whsec_ is no base64"),
        ("secret = \"whsec_aHVudGVyMg==\"", "`secret` cannot sign: it holds 7 bytes"),
        ("secret = [\"whsec_aHVudGVyMg==\", 5]", "`secret` must be a string or a table"),
        ("secret = []", "`secret` is an empty array"),
        ("secret = [{ env = \"UNSET\" }]", "the environment variable UNSET is not set"),
        ("secret = [{ evn = \"KEY\" }]", "did you mean `env`?"),
        ("give_up_after = \"60d\"", "`give_up_after` must be at most 30d"),
        ("fallback_after = \"1h\"", "`fallback_after` has no meaning without `fallback`"),
        ("fallback = \"x\"\nfallback_after = \"1s\"", "`fallback_after` must be at least 1m"),
        (
            "fallback = \"x\"\nfallback_after = \"4d\"",
            "longer than the notice is tried at all (3d)",
        ),
        ("fallback = \"x\"", "there is no channel `x` to fall back to"),
        ("fallback = \"ops\"", "`fallback` of `ops` is `ops` itself"),
    ] {
        check(&format!("[channel.webhook.ops]\n{rest}"), expected);
    }
    let many = vec![format!("{SECRET:?}"); 5].join(", ");
    check(
        &format!("[channel.webhook.ops]\nsecret = [{many}]"),
        "`secret` holds more than 4 secrets",
    );
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook `name` that falls back to `other`.
fn falling(name: &str, other: &str) -> String {
    format!("[channel.webhook.{name}]\nurl = \"https://example.com/\"\nfallback = \"{other}\"\n")
}

#[test]
fn channels_of_all_kinds_share_their_names_and_fall_back_to_each_other() {
    let mail = "[channel.email.a]\nserver = \"localhost\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n";
    check(&format!("{mail}{}", falling("a", "b")), "there are two of the channel `a`");
    let circle = [falling("a", "b"), falling("b", "c"), falling("c", "a")].concat();
    check(&circle, "`fallback` goes in a circle: c, a, b, c");
    let chain = format!("{ORGANIZATION}{mail}fallback = \"b\"\n{}{}", falling("b", "c"), {
        falling("c", "").replace("fallback = \"\"", "")
    });
    let config = accepted(&chain);
    let chain: Vec<_> = config
        .channels()
        .map(|one| (one.name.as_str(), one.fallback.map(|other| other.channel.as_str())))
        .collect();
    assert_eq!(chain, [("a", Some("b")), ("b", Some("c")), ("c", None)]);
    let first = config.channels().next().unwrap().fallback.unwrap();
    assert_eq!(first.after, jiff::SignedDuration::from_mins(30));
}

#[test]
fn heartbeats_that_make_no_sense_are_refused() {
    for (rest, expected) in [
        ("", "`url` is missing in [heartbeat]"),
        ("url = \"https://example.com/x\"\nevery = \"30s\"", "`every` must be at least 1m"),
        ("url = \"http://127.0.0.1/x\"\nevery = \"99ms\"", "`every` must be at least 100ms"),
        ("url = \"http://example.com/x\"", "`url` cannot be http:// for another machine"),
        ("url = \"https://example.com/x\"\nevery = \"2d\"", "`every` must be at most 1d"),
    ] {
        check(&format!("[heartbeat]\n{rest}"), expected);
    }
}
