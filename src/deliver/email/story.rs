//! What a mail tells, before it is laid out as text or as HTML.
//!
//! One place chooses the words, so that both bodies say the same. All words that
//! come from outside pass [`clean`]: one line, bounded, nothing invisible.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, RoundingStrategy};
use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::Basis;
use usagewarden_core::notice::{Contributor, Effect, Facts, Notice};
use usagewarden_core::rule::Severity;

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

impl Story {
    pub(super) fn of(notice: &Notice, url: &str) -> Self {
        let (facts, organization) = (&notice.facts, clean(notice.organization.as_str()));
        let ratio = facts.value.ratio_of(facts.limit).unwrap_or(facts.step);
        let rule = clean(facts.rule.as_str());
        Self {
            subject: subject(notice, &organization, &rule, ratio),
            headline: headline(facts, &organization, &rule, ratio),
            severity: facts.severity,
            ratio,
            lead: lead(facts),
            rows: rows(notice, ratio),
            spenders: facts.contributors.iter().map(spender).collect(),
            advice: advice(facts, &rule),
            url: url.to_owned(),
            footer: format!(
                "Sent by usagewarden, which watches {organization} by the rule `{rule}`. Notice {}.",
                clean(&notice.id.0)
            ),
        }
    }
}

fn subject(notice: &Notice, organization: &str, rule: &str, ratio: Decimal) -> String {
    let Facts { value, limit, late, .. } = &notice.facts;
    let prefix = match notice.effect {
        Effect::Fired => "",
        Effect::Reminded => "Reminder: ",
        Effect::Resolved => "Resolved: ",
        Effect::Test => "Test: ",
    };
    let verb = if *late { "ended at" } else { "at" };
    let percent = whole_percent(ratio);
    format!("{prefix}{organization}: {rule} {verb} {percent} % ({value} of {limit})")
}

fn headline(facts: &Facts, organization: &str, rule: &str, ratio: Decimal) -> String {
    let Facts { value, limit, .. } = facts;
    let percent = percent(ratio);
    format!(
        "{organization} has spent {value} of the {limit} that the budget `{rule}` allows: {percent} %."
    )
}

fn lead(facts: &Facts) -> String {
    let (step, severity) = (percent(facts.step), facts.severity.label());
    let what = if facts.late {
        format!(
            "Data that came after the period had ended show that it crossed the {step} % step ({severity})."
        )
    } else {
        format!("This crosses the {step} % step ({severity}).")
    };
    let next = match facts.next_step {
        Some(next) => format!("You will hear again at {} %, not before.", percent(next)),
        None => "It is the last step of this budget: you will not hear of it again in this period."
            .to_owned(),
    };
    format!("{what} {next}")
}

fn rows(notice: &Notice, ratio: Decimal) -> Vec<(&'static str, String)> {
    let facts = &notice.facts;
    let zone = zone_of(facts);
    let mut rows = vec![
        ("Spent", format!("{}, {}", facts.value, basis(facts.basis))),
        ("Budget", format!("{}, {}", facts.limit, remainder(facts))),
        ("Used", format!("{} %", percent(ratio))),
    ];
    rows.extend(pace(notice).map(|pace| ("On average", format!("{pace} a day so far"))));
    rows.push(("Period", period(notice, &zone)));
    rows.extend(facts.data_until.map(|until| ("Data until", data_age(notice, until, &zone))));
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

fn remainder(facts: &Facts) -> String {
    let left = facts.limit - facts.value;
    if left < Amount::ZERO { format!("exceeded by {}", -left) } else { format!("{left} is left") }
}

/// Money a day since the period began, once an hour of it has passed.
fn pace(notice: &Notice) -> Option<Amount> {
    let facts = &notice.facts;
    let now = facts.data_until.unwrap_or(notice.decided_at).min(facts.period.until());
    let seconds = now.duration_since(facts.period.from()).as_secs();
    let days = Decimal::from(seconds).checked_div(Decimal::from(86_400))?;
    (seconds >= 3_600).then(|| Amount::from_dollars(facts.value.dollars() / days))
}

fn period(notice: &Notice, zone: &TimeZone) -> String {
    let period = notice.facts.period;
    let (from, until) = (shown(period.from(), zone), shown(period.until(), zone));
    let left = period.until().duration_since(notice.decided_at);
    let reset = if left.is_positive() {
        format!("starts again in {}", rough(left))
    } else {
        "has ended".to_owned()
    };
    format!("{from} to {until}; {reset}")
}

fn data_age(notice: &Notice, until: Timestamp, zone: &TimeZone) -> String {
    let age = notice.decided_at.duration_since(until);
    let until = shown(until, zone);
    // An open bucket ends after now: its data are as fresh as they can be.
    if age.is_positive() { format!("{until}, {} before this notice", rough(age)) } else { until }
}

fn spender(contributor: &Contributor) -> Spender {
    let Contributor { workspace, model, api_key, value, share } = contributor;
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

/// With one decimal place, where there is one: `80.3`.
fn percent(ratio: Decimal) -> Decimal {
    let percent = ratio * Decimal::ONE_HUNDRED;
    percent.round_dp_with_strategy(1, RoundingStrategy::ToZero).normalize()
}

/// Never rounded up: 99.9 % is not 100 %.
pub(super) fn whole_percent(ratio: Decimal) -> Decimal {
    (ratio * Decimal::ONE_HUNDRED).trunc()
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
