//! What a mail tells, before it is laid out as text or as HTML.
//!
//! One place chooses the words, so that both bodies say the same. All words that
//! come from outside pass [`clean`]: one line, bounded, nothing invisible.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use usagewarden_core::ledger::Basis;
use usagewarden_core::notice::{Contributor, Facts, Matter, Notice};
use usagewarden_core::quantity::{Quantity, percent};
use usagewarden_core::rule::Severity;
use usagewarden_core::window::Window;
use usagewarden_core::words;

use crate::clock;

/// Names longer than this are cut: a mail is read on a telephone.
const NAME_MAX: usize = 60;

/// A mail in words.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) subject: String,
    /// The whole matter in one sentence.
    pub(super) headline: String,
    /// Chooses the color.
    pub(super) severity: Severity,
    /// How much of the limit is used; beyond 1 when it is exceeded.
    pub(super) ratio: Decimal,
    /// Why this mail, and what comes next.
    pub(super) lead: String,
    /// What there is to know, by name.
    pub(super) rows: Vec<(&'static str, String)>,
    pub(super) spenders: Vec<Spender>,
    pub(super) advice: Vec<String>,
    pub(super) url: String,
    pub(super) footer: String,
}

/// Who spent, how much, and which share of all.
#[derive(Debug)]
pub(super) struct Spender {
    pub(super) share: Decimal,
    pub(super) value: String,
    pub(super) who: String,
}

/// The step of a budget or quota that a notice tells of first.
struct Told<'a> {
    decided_at: Timestamp,
    facts: &'a Facts,
    value: Quantity,
    limit: Quantity,
    ratio: Decimal,
    step: Decimal,
    next_step: Option<Decimal>,
    late: bool,
    period: Window,
}

impl<'a> Told<'a> {
    fn of(notice: &'a Notice, facts: &'a Facts) -> Option<Self> {
        let Matter::Step { step, next_step, late, .. } = &facts.matter else { return None };
        Some(Self {
            decided_at: notice.decided_at,
            facts,
            value: facts.value?,
            limit: facts.limit?,
            ratio: facts.ratio().unwrap_or(*step),
            step: *step,
            next_step: *next_step,
            late: *late,
            period: facts.period?,
        })
    }
}

impl Story {
    pub(super) fn of(notice: &Notice, url: &str) -> Self {
        let organization = clean(notice.organization.as_str());
        let first = notice.first();
        let told = first.and_then(|news| Told::of(notice, &news.facts));
        let rule = first.map(|news| clean(news.facts.rule.as_str())).unwrap_or_default();
        Self {
            subject: first
                .map(|news| clean_line(&words::title(&notice.organization, news)))
                .unwrap_or_default(),
            headline: first
                .map(|news| clean_line(&words::summary(&notice.organization, news)))
                .unwrap_or_default(),
            severity: notice.severity(),
            ratio: told.as_ref().map(|told| told.ratio).unwrap_or_default(),
            lead: told.as_ref().map(lead).unwrap_or_default(),
            rows: told.as_ref().map(rows).unwrap_or_default(),
            spenders: first
                .map(|news| news.facts.contributors.iter().map(spender).collect())
                .unwrap_or_default(),
            advice: first.map(|news| advice(&news.facts, &rule)).unwrap_or_default(),
            url: url.to_owned(),
            footer: format!(
                "Sent by usagewarden, which watches {organization} by the rule `{rule}`. Notice {}.",
                clean(&notice.id.0)
            ),
        }
    }
}

fn lead(told: &Told<'_>) -> String {
    let (step, severity) = (percent(told.step), told.facts.severity.label());
    let what = if told.late {
        format!(
            "Data that came after the period had ended show that it crossed the {step} % step ({severity})."
        )
    } else {
        format!("This crosses the {step} % step ({severity}).")
    };
    let next = match told.next_step {
        Some(next) => format!("You will hear again at {} %, not before.", percent(next)),
        None => "It is the last step of this budget: you will not hear of it again in this period."
            .to_owned(),
    };
    format!("{what} {next}")
}

fn rows(told: &Told<'_>) -> Vec<(&'static str, String)> {
    let facts = told.facts;
    let zone = zone_of(facts);
    let mut rows = vec![
        ("Spent", format!("{}, {}", told.value, basis(facts.basis))),
        ("Budget", format!("{}, {}", told.limit, remainder(told))),
        ("Used", format!("{} %", percent(told.ratio))),
    ];
    rows.extend(pace(told).map(|pace| ("On average", format!("{pace} a day so far"))));
    rows.push(("Period", period(told, &zone)));
    rows.extend(
        facts.data_until.map(|until| ("Data until", data_age(told.decided_at, until, &zone))),
    );
    rows.push(("Known since", shown(facts.since, &zone)));
    rows
}

fn basis(basis: Option<Basis>) -> &'static str {
    match basis {
        Some(Basis::Billed) => "as billed",
        Some(Basis::Estimated) => "estimated from tokens and prices",
        Some(Basis::Mixed) => "billed in part, the newest part estimated from tokens and prices",
        None => "nothing billed yet",
    }
}

fn remainder(told: &Told<'_>) -> String {
    let left = Quantity::new((told.limit.number - told.value.number).abs(), told.limit.unit);
    if told.limit.number < told.value.number {
        format!("exceeded by {left}")
    } else {
        format!("{left} is left")
    }
}

/// How much a day since the period began, once an hour of it has passed.
fn pace(told: &Told<'_>) -> Option<Quantity> {
    let now = told.facts.data_until.unwrap_or(told.decided_at).min(told.period.until());
    let seconds = now.duration_since(told.period.from()).as_secs();
    let days = Decimal::from(seconds).checked_div(Decimal::from(86_400))?;
    (seconds >= 3_600).then(|| Quantity::new(told.value.number / days, told.value.unit))
}

fn period(told: &Told<'_>, zone: &TimeZone) -> String {
    let (from, until) = (shown(told.period.from(), zone), shown(told.period.until(), zone));
    let left = told.period.until().duration_since(told.decided_at);
    let reset = if left.is_positive() {
        format!("starts again in {}", rough(left))
    } else {
        "has ended".to_owned()
    };
    format!("{from} to {until}; {reset}")
}

fn data_age(decided_at: Timestamp, until: Timestamp, zone: &TimeZone) -> String {
    let age = decided_at.duration_since(until);
    let until = shown(until, zone);
    // An open bucket ends after now: its data are as fresh as they can be.
    if age.is_positive() { format!("{until}, {} before this notice", rough(age)) } else { until }
}

fn spender(contributor: &Contributor) -> Spender {
    let Contributor { workspace, model, api_key, value, share, .. } = contributor;
    let model = model.as_deref().map_or_else(|| "no model".to_owned(), clean);
    let who = format!("{}, {model}, {}", clean(workspace), key_words(api_key));
    Spender { share: *share, value: value.to_string(), who }
}

fn key_words(api_key: &str) -> String {
    if api_key == usagewarden_core::subject::ApiKeyId::NONE {
        "without a key".to_owned()
    } else {
        format!("key {}", clean(api_key))
    }
}

fn advice(facts: &Facts, rule: &str) -> Vec<String> {
    let mut advice = Vec::new();
    if let Some(first) = facts.contributors.first() {
        let (share, workspace) = (whole_percent(first.share), clean(&first.workspace));
        advice.push(format!(
            "Ask who spends in {workspace}, {}: {share} % of all. Is that meant to be?",
            key_words(&first.api_key)
        ));
    }
    advice.push("If it is not, stop it at its source, or make its API key inactive.".to_owned());
    advice.push(format!(
        "If it is, raise `amount` of the rule `{rule}`: you will hear of the steps above it again."
    ));
    advice
}

/// Half a day matters, half a second does not: the two largest units.
fn rough(duration: SignedDuration) -> String {
    let minutes = (duration.as_secs() + 30) / 60;
    let parts = [(minutes / 1_440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let words = parts.iter().skip_while(|(count, _)| *count == 0).take(2);
    let words: Vec<String> = words.filter(|(count, _)| *count > 0).map(counted).collect();
    if words.is_empty() { "less than a minute".to_owned() } else { words.join(" ") }
}

fn counted((count, unit): &(i64, &str)) -> String {
    format!("{count} {unit}{}", if *count == 1 { "" } else { "s" })
}

/// `Sat 21 Nov 2026, 15:07 CET`
fn shown(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
}

/// The zone the rule was judged in. A machine that lost it shows UTC, and says so.
fn zone_of(facts: &Facts) -> TimeZone {
    clock::zone(&facts.zone_name).unwrap_or(TimeZone::UTC)
}

/// Never rounded up: 99.9 % is not 100 %.
pub(super) fn whole_percent(ratio: Decimal) -> Decimal {
    (ratio * Decimal::ONE_HUNDRED).trunc()
}

/// A sentence on one line, without what is invisible.
fn clean_line(line: &str) -> String {
    line.chars().map(|letter| if is_invisible(letter) { ' ' } else { letter }).collect()
}

/// One line of bounded length, without control characters: fit for a header, too.
fn clean(name: &str) -> String {
    let visible = |letter: char| if is_invisible(letter) { ' ' } else { letter };
    let mut cleaned: String = name.chars().map(visible).take(NAME_MAX).collect();
    if name.chars().count() > NAME_MAX {
        cleaned.push('…');
    }
    cleaned
}

/// Control characters, line separators, and what turns the direction of text.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_two_largest_units() {
        let cases = [
            (20, "less than a minute"),
            (60, "1 minute"),
            (3_600, "1 hour"),
            (9 * 86_400 + 10 * 3_600 + 59, "9 days 10 hours"),
            (86_400 + 120, "1 day"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(rough(SignedDuration::from_secs(seconds)), expected, "{seconds} s");
        }
    }

    #[test]
    fn percents_are_never_rounded_up() {
        let ratio = Decimal::new(9_999, 4);
        assert_eq!(
            (whole_percent(ratio).to_string(), percent(ratio).to_string()),
            ("99".to_owned(), "99.9".to_owned())
        );
    }
}
