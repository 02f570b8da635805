//! Every sentence, in one table to read from top to bottom.

mod acting;
mod cases;

use std::fmt::Write;

use rust_decimal::Decimal;

use super::*;
use crate::notice::Matter;
use crate::subject::Subject;
use cases::{acme, cases, facts, news};

#[test]
fn every_sentence_reads_like_one() {
    let mut shown = String::new();
    for (case, news) in cases() {
        let (title, summary) = (title(&acme(), &news), summary(&acme(), &news));
        let next_step = next_step(&news.facts);
        writeln!(shown, "# {case}\n  {title}\n  {summary}\n  {next_step}\n").unwrap();
    }
    insta::assert_snapshot!(shown);
}

/// What a reader would stumble over, whatever the case.
#[test]
fn no_sentence_is_broken() {
    for (case, news) in cases() {
        let (title, summary) = (title(&acme(), &news), summary(&acme(), &news));
        for text in [&title, &summary, &next_step(&news.facts)] {
            assert!(!text.contains("  ") && text.trim() == text, "{case}: {text:?}");
            assert!(!text.contains("organization:") && !text.contains("None"), "{case}: {text:?}");
            assert!(
                !text.replace("sk-ant-...", "").contains("..") && !text.contains(" ."),
                "{case}: {text:?}"
            );
        }
        assert!(summary.ends_with('.') && !title.ends_with('.'), "{case}: {summary:?} {title:?}");
        let is_resolve = news.effect == Effect::Resolved;
        assert_eq!(title.starts_with("Resolved: "), is_resolve, "{case}: {title}");
    }
}

#[test]
fn a_subject_is_named_by_name_else_by_id() {
    let subject = |workspace: &str, model: &str, key: &str| {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut facts = facts(Matter::Test);
        facts.subject = Subject {
            workspace: given(workspace).as_deref().map(Into::into),
            model: given(model).as_deref().map(Into::into),
            key: given(key).as_deref().map(Into::into),
            detail: None,
        };
        facts.names.workspace = (workspace == "wrkspc_1").then(|| "ingest-prod".to_owned());
        facts.names.api_key = (key == "apikey_1").then(|| "ci-runner".to_owned());
        subject_name(&facts)
    };
    let opus = "claude-opus-5-5";
    let table = [
        (("", "", ""), None),
        (("wrkspc_1", "", ""), Some("workspace ingest-prod")),
        (("wrkspc_2", "", ""), Some("workspace wrkspc_2")),
        (("default", "", ""), Some("the default workspace")),
        (("", opus, ""), Some("claude-opus-5-5")),
        (("wrkspc_1", opus, ""), Some("claude-opus-5-5 in ingest-prod")),
        (("default", opus, ""), Some("claude-opus-5-5 in the default workspace")),
        (("", "", "apikey_1"), Some("key ci-runner")),
        (("", "", "none"), Some("traffic without a key")),
        (("wrkspc_1", "", "apikey_1"), Some("key ci-runner in ingest-prod")),
        (("", opus, "none"), Some("claude-opus-5-5 without a key")),
        (("wrkspc_1", opus, "apikey_1"), Some("claude-opus-5-5 with key ci-runner in ingest-prod")),
        (("", "none", ""), Some("charges of no model")),
        (("", "unknown", ""), Some("an unknown model")),
    ];
    for ((workspace, model, key), expected) in table {
        let named = subject(workspace, model, key);
        assert_eq!(named.as_deref(), expected, "{workspace} {model} {key}");
    }
}

#[test]
fn shares_are_never_rounded_up() {
    let mut facts = facts(cases::step(8, false, false));
    facts.value = Some(cases::usd("4999.99"));
    let news = news(Effect::Fired, facts);
    assert_eq!(title(&acme(), &news), "acme: month at 99 % ($4,999.99 of $5,000.00)");
    assert!(summary(&acme(), &news).ends_with(": 99.9 %."));
    assert_eq!(whole_percent(Decimal::new(9_999, 4)), Decimal::from(99));
}
