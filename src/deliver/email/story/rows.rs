//! Figures by name: what there is to know of one piece of news.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::Basis;
use usagewarden_core::notice::{Effect, Facts, Forecast, KeyTrouble, Kind, Matter, PersonTrouble};
use usagewarden_core::quantity::{Quantity, percent};
use usagewarden_core::window::Window;
use usagewarden_core::words;

use super::item::Told;
use super::time::{is_of_calendar, rough, shown, zone_of};

type Row = (&'static str, String);

pub(super) fn of(told: Told<'_>) -> Vec<Row> {
    let zone = zone_of(told.facts);
    let mut rows: Vec<Row> = whose(told.facts).into_iter().collect();
    rows.extend(matter(told, &zone));
    rows.extend(
        told.facts.data_until.map(|until| ("Data until", data_age(told.decided_at, until, &zone))),
    );
    rows.extend(when(told, &zone));
    rows
}

/// Whose figures these are, with the ids that a name does not tell.
fn whose(facts: &Facts) -> Option<Row> {
    let subject = &facts.subject;
    if subject.workspace.is_none() && subject.model.is_none() && subject.key.is_none() {
        return None;
    }
    let name = words::subject_name(facts)?;
    Some(("About", format!("{name} ({subject})")))
}

fn matter(told: Told<'_>, zone: &TimeZone) -> Vec<Row> {
    let facts = told.facts;
    match &facts.matter {
        Matter::Step { api_limit, .. } => step(told, zone, *api_limit),
        Matter::Bound { metric, above, window } => {
            let within = words::span(*window);
            let most = if *above { "at most" } else { "at least" };
            let value = facts.value.map(|value| words::measured(*metric, value));
            let limit = facts.limit.map(|limit| words::measured(*metric, limit));
            [
                value.map(|value| ("Measured", format!("{value} within {within}"))),
                limit.map(|limit| ("Allowed", format!("{most} {limit}"))),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        Matter::RateLimit { group, limiter, over } => {
            let mut rows = vec![("Limit of", format!("{group}: {}", words::limiter_name(limiter)))];
            rows.extend(facts.value.map(|value| {
                (
                    "Used",
                    format!("{}, as a mean over {}", words::bounded(value), words::span(*over)),
                )
            }));
            rows.extend(facts.value.zip(facts.limit).map(|(value, limit)| {
                let left = Quantity::new(limit.number - value.number, limit.unit);
                let left = if left.number.is_sign_negative() {
                    String::new()
                } else {
                    format!(", {} left", words::bounded(left))
                };
                ("Limit", format!("{}{left}", words::bounded(limit)))
            }));
            rows
        }
        Matter::Stale { report, cause, .. } => {
            let name = words::subject_name(facts);
            let name = name.unwrap_or_else(|| words::report_name(*report).to_owned());
            let mut rows = vec![("Report", name)];
            rows.extend(cause.clone().map(|cause| ("Cause", cause)));
            rows.extend(facts.value.map(|age| ("Age", age.to_string())));
            rows.extend(facts.limit.map(|limit| ("Allowed", limit.to_string())));
            rows
        }
        Matter::Changed { before, after, .. } => {
            let shown =
                |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
            vec![("Before", shown(before)), ("Now", shown(after))]
        }
        Matter::Stranger { expected, heard, .. } => {
            let rows = [("Expected", expected.clone()), ("Answers", heard.clone())];
            // A resolve knows neither.
            rows.into_iter().filter(|(_, text)| !text.is_empty()).collect()
        }
        Matter::Undelivered { channel, recipient, error } => {
            let rows = [("Channel", channel), ("Recipient", recipient), ("Error", error)];
            rows.into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(name, text)| (name, text.clone()))
                .collect()
        }
        Matter::Key { trouble, .. } => key(trouble, zone),
        Matter::Person { who, trouble } => person(who, trouble, zone),
        Matter::Activity { activity, actor, at, details, more } => {
            let mut rows = vec![
                ("What", activity.clone()),
                ("Who", actor.clone()),
                ("When", shown(*at, zone)),
            ];
            rows.extend(details.iter().map(|(field, text)| ("Detail", detail(field, text))));
            let more = Some(more).filter(|more| **more > 0);
            rows.extend(
                more.map(|more| ("Besides", format!("{more} more that the rule asks for"))),
            );
            rows
        }
        Matter::Acted { action, id, does, error, .. } => {
            let mut rows = vec![
                ("Action", action.to_string()),
                ("What it does", does.clone()),
                ("Named", id.0.clone()),
            ];
            rows.extend(error.clone().map(|error| ("Error", error)));
            rows
        }
        Matter::Test => Vec::new(),
    }
}

/// What the log says, in its words. One amount has cents under the name of dollars.
fn detail(field: &str, text: &str) -> String {
    let cents = text.parse::<i64>().ok().filter(|_| field == "limit_usd");
    let dollars = cents.map(|cents| format!(" (cents: {})", Amount::from_cents(cents.into())));
    format!("{field}: {text}{}", dollars.unwrap_or_default())
}

fn key(trouble: &KeyTrouble, zone: &TimeZone) -> Vec<Row> {
    match trouble {
        KeyTrouble::Old { created_at, older_than } => {
            vec![("Made", shown(*created_at, zone)), ("Allowed", words::span(*older_than))]
        }
        KeyTrouble::Expiring { expires_at } => vec![("Expires", shown(*expires_at, zone))],
        KeyTrouble::New { created_by } => {
            created_by.iter().map(|who| ("Made by", who.clone())).collect()
        }
        KeyTrouble::Status { before, after } => {
            vec![("Before", before.clone()), ("Now", after.clone())]
        }
    }
}

fn person(who: &str, trouble: &PersonTrouble, zone: &TimeZone) -> Vec<Row> {
    let mut rows = vec![("Who", who.to_owned())];
    match trouble {
        PersonTrouble::NewAdmin { before, role } => {
            let before = before.clone().unwrap_or_else(|| "not a member".to_owned());
            rows.extend([("Before", before), ("Now", role.clone())]);
        }
        PersonTrouble::Role { before, after } => {
            rows.extend([("Before", before.clone()), ("Now", after.clone())]);
        }
        PersonTrouble::Invited { role, invited_at } => {
            rows.extend([("Role", role.clone()), ("Invited", shown(*invited_at, zone))]);
        }
        PersonTrouble::Inactive { last_active_at, inactive_for } => {
            let allowed = words::span(*inactive_for);
            rows.extend([("Last active", shown(*last_active_at, zone)), ("Allowed", allowed)]);
        }
    }
    rows
}

fn step(told: Told<'_>, zone: &TimeZone, api_limit: bool) -> Vec<Row> {
    let facts = told.facts;
    let counted_by_api = api_limit && facts.kind == Kind::Quota;
    let (used, whole, share) = match facts.kind {
        Kind::Quota => ("Used", "Quota", "Share"),
        Kind::Budget
        | Kind::Threshold
        | Kind::RateLimit
        | Kind::Freshness
        | Kind::Change
        | Kind::Keys
        | Kind::Members
        | Kind::Audit
        | Kind::Action
        | Kind::Identity
        | Kind::Delivery
        | Kind::Test => ("Spent", "Budget", "Used"),
    };
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(facts.value.map(|value| (used, format!("{value}{}", basis(facts)))));
    rows.extend(facts.limit.map(|limit| {
        let left = facts.value.map(|value| format!(", {}", words::left_of(limit, value)));
        (whole, format!("{limit}{}", left.unwrap_or_default()))
    }));
    rows.extend(facts.ratio().map(|ratio| (share, format!("{} %", percent(ratio)))));
    rows.extend(
        pace(told)
            .filter(|_| !counted_by_api)
            .map(|pace| ("On average", format!("{pace} a day so far"))),
    );
    if let (Some(forecast), Some(limit)) = (&facts.forecast, facts.limit) {
        rows.push(("Forecast", forecast_words(forecast, limit)));
        rows.extend(forecast.exhausted_at.map(|at| ("Limit reached", shown(at, zone))));
    }
    rows.extend(facts.period.map(|window| {
        if counted_by_api {
            reset(window.until(), told.decided_at, zone)
        } else {
            ("Period", period(window, told.decided_at, zone))
        }
    }));
    rows
}

fn basis(facts: &Facts) -> &'static str {
    if facts.kind == Kind::Quota {
        return "";
    }
    match facts.basis {
        Some(Basis::Billed) => ", as billed",
        Some(Basis::Estimated) => ", estimated from tokens and prices",
        Some(Basis::Mixed) => ", billed in part, the newest part estimated from tokens and prices",
        None => ", nothing billed yet",
    }
}

fn forecast_words(forecast: &Forecast, limit: Quantity) -> String {
    let Forecast { value, low, high, .. } = *forecast;
    let shown = |number: Decimal| Quantity::new(number, limit.unit);
    let between = if low < high {
        format!(", between {} and {}", words::bounded(shown(low)), shown(high))
    } else {
        String::new()
    };
    format!("{} at the end of the period{between}", shown(value))
}

/// How much a day since the period began, once an hour of it has passed.
fn pace(told: Told<'_>) -> Option<Quantity> {
    let (value, period) = (told.facts.value?, told.facts.period?);
    let now = told.facts.data_until.unwrap_or(told.decided_at).min(period.until());
    let seconds = now.duration_since(period.from()).as_secs();
    let days = Decimal::from(seconds).checked_div(Decimal::from(86_400))?;
    (seconds >= 3_600).then(|| Quantity::new(value.number / days, value.unit))
}

fn period(period: Window, decided_at: Timestamp, zone: &TimeZone) -> String {
    let (from, until) = (shown(period.from(), zone), shown(period.until(), zone));
    if !is_of_calendar(period, zone) {
        return format!("{from} to {until}");
    }
    let left = period.until().duration_since(decided_at);
    let reset = if left.is_positive() {
        format!("starts again in {}", rough(left))
    } else {
        "has ended".to_owned()
    };
    format!("{from} to {until}; {reset}")
}

/// When the API counts anew. When it began to count it does not say: the period of its
/// quota may begin where it was first heard of.
fn reset(at: Timestamp, decided_at: Timestamp, zone: &TimeZone) -> Row {
    let left = at.duration_since(decided_at);
    let at = shown(at, zone);
    if left.is_positive() {
        ("Resets", format!("{at}, in {}", rough(left)))
    } else {
        ("Was reset", at)
    }
}

fn data_age(decided_at: Timestamp, until: Timestamp, zone: &TimeZone) -> String {
    let age = decided_at.duration_since(until);
    let until = shown(until, zone);
    // An open bucket ends after now: its data are as fresh as they can be.
    if age.is_positive() { format!("{until}, {} before this notice", rough(age)) } else { until }
}

/// Since when, and until when.
fn when(told: Told<'_>, zone: &TimeZone) -> Vec<Row> {
    let facts = told.facts;
    let since = shown(facts.since, zone);
    match told.news.effect {
        // When it happened has been said.
        Effect::Fired if matches!(facts.matter, Matter::Activity { .. }) => Vec::new(),
        Effect::Fired => vec![("Known since", since)],
        Effect::Reminded => {
            let lasting = rough(told.decided_at.duration_since(facts.since));
            vec![("Known since", format!("{since}, for {lasting}"))]
        }
        Effect::Resolved => {
            let ended_at = facts.ended_at.unwrap_or(told.decided_at);
            vec![
                ("Began", since),
                ("Ended", shown(ended_at, zone)),
                ("Lasted", rough(ended_at.duration_since(facts.since))),
            ]
        }
        Effect::Test => vec![("Sent", shown(told.decided_at, zone))],
    }
}
