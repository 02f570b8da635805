//! One piece of news in a mail.

use jiff::Timestamp;
use rust_decimal::Decimal;
use usagewarden_core::notice::{Contributor, Effect, Facts, Matter, News, Notice};
use usagewarden_core::rule::Severity;
use usagewarden_core::words;

use super::time::{period_before, zone_of};
use super::{Tone, advice, lead, rows};

/// One alert, and what became of it.
#[derive(Debug)]
pub(in crate::deliver::email) struct Item {
    pub(in crate::deliver::email) tone: Tone,
    /// `Warning`, `Critical, reminder`, `Resolved`.
    pub(in crate::deliver::email) label: String,
    /// What it is about, in few words.
    pub(in crate::deliver::email) heading: String,
    /// The whole matter in one sentence.
    pub(in crate::deliver::email) sentence: String,
    /// How much of the limit is used, where that can be drawn.
    pub(in crate::deliver::email) ratio: Option<Decimal>,
    /// Why people are told, and what comes next.
    pub(in crate::deliver::email) lead: String,
    /// What there is to know, by name.
    pub(in crate::deliver::email) rows: Vec<(&'static str, String)>,
    pub(in crate::deliver::email) spenders: Vec<Spender>,
    /// What is done about it without anybody, a sentence each.
    pub(in crate::deliver::email) actions: Vec<String>,
    pub(in crate::deliver::email) advice: Vec<String>,
}

/// Who spent, how much, and which share of all.
#[derive(Debug)]
pub(in crate::deliver::email) struct Spender {
    pub(in crate::deliver::email) share: Decimal,
    pub(in crate::deliver::email) value: String,
    pub(in crate::deliver::email) who: String,
}

/// What a part of a mail is made from.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) decided_at: Timestamp,
    pub(super) news: &'a News,
    pub(super) facts: &'a Facts,
}

impl Item {
    pub(super) fn of(notice: &Notice, news: &News) -> Self {
        let facts = &news.facts;
        let told = Told { decided_at: notice.decided_at, news, facts };
        Self {
            tone: Tone::of(news.effect, facts.severity),
            label: label(news),
            heading: words::heading(news),
            sentence: words::summary(&notice.organization, news),
            ratio: drawn(facts),
            lead: lead::of(told),
            rows: rows::of(told),
            spenders: spenders(facts),
            actions: facts.actions.iter().map(words::announced).collect(),
            advice: advice::of(facts),
        }
    }
}

fn label(news: &News) -> String {
    let severity = match news.facts.severity {
        Severity::Info => "Info",
        Severity::Warning => "Warning",
        Severity::Critical => "Critical",
    };
    match news.effect {
        Effect::Fired => severity.to_owned(),
        Effect::Reminded => format!("{severity}, reminder"),
        Effect::Resolved => "Resolved".to_owned(),
        Effect::Test => "Test".to_owned(),
    }
}

/// Only what fills up can be drawn as a bar.
fn drawn(facts: &Facts) -> Option<Decimal> {
    match facts.matter {
        Matter::Step { .. } | Matter::RateLimit { .. } | Matter::Bound { above: true, .. } => {
            facts.ratio()
        }
        Matter::Bound { above: false, .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => None,
    }
}

fn spenders(facts: &Facts) -> Vec<Spender> {
    let zone = zone_of(facts);
    let before = facts.period.map_or("the period before", |period| period_before(period, &zone));
    facts.contributors.iter().map(|contributor| spender(contributor, before)).collect()
}

fn spender(contributor: &Contributor, before: &str) -> Spender {
    let Contributor { workspace, model, api_key, value, share, change } = contributor;
    let model = model.as_deref().unwrap_or("no model");
    let key = words::key_name(api_key);
    let change = change.map(|times| format!("; {} times {before}", times.round_dp(1).normalize()));
    let who = format!("{workspace}, {model}, {key}{}", change.unwrap_or_default());
    Spender { share: *share, value: value.to_string(), who }
}
