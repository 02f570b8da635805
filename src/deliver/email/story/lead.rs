//! Why people are told, and what they will hear next.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use usagewarden_core::notice::{Effect, Facts, KeyTrouble, Kind, Matter, PersonTrouble};
use usagewarden_core::quantity::percent;
use usagewarden_core::rule::Severity;

use super::item::Told;
use super::time::{rough, shown, zone_of};

/// Reminders are the business of routes and steps: it is never promised that they come,
/// or that they do not.
pub(super) fn of(told: Told<'_>) -> String {
    let zone = zone_of(told.facts);
    match told.news.effect {
        Effect::Fired | Effect::Test => fired(told.facts, &zone),
        Effect::Reminded => reminded(told, &zone),
        Effect::Resolved => resolved(told),
    }
}

fn fired(facts: &Facts, zone: &TimeZone) -> String {
    let severity = facts.severity.label();
    match &facts.matter {
        Matter::Step { step, forecast, next_step, late, .. } => {
            let step = Step { step: *step, next: *next_step, severity };
            match (late, forecast) {
                (true, _) => step.late(),
                (false, true) => step.forecast(facts, zone),
                (false, false) => step.crossed(facts.kind),
            }
        }
        Matter::Bound { .. } | Matter::RateLimit { .. } => {
            format!("{}. You will hear again when it is over.", grade(facts))
        }
        Matter::Stale { .. } => format!(
            "{}: while it lasts, rules that need these data can neither fire nor resolve. You will hear again when they come.",
            grade(facts)
        ),
        Matter::Changed { .. } => {
            format!("{}. It is told this once.", grade(facts))
        }
        Matter::Key { trouble: KeyTrouble::Old { .. } | KeyTrouble::Expiring { .. }, .. }
        | Matter::Person {
            trouble: PersonTrouble::Invited { .. } | PersonTrouble::Inactive { .. },
            ..
        } => {
            format!("{}. You will hear again when it is over.", grade(facts))
        }
        Matter::Key { .. } | Matter::Person { .. } | Matter::Activity { .. } => {
            format!("{}. It is told this once.", grade(facts))
        }
        Matter::Acted { .. } => {
            format!("{}. It was announced with the step that takes it.", grade(facts))
        }
        Matter::Stranger { .. } => {
            "This is critical: until it is right, nobody watches what is spent. You will hear again when the right organization answers."
                .to_owned()
        }
        Matter::Undelivered { .. } => {
            format!("{}: whoever reads that channel may not know what they should.", grade(facts))
        }
        Matter::Test => {
            "It took the way that every other notice takes."
                .to_owned()
        }
    }
}

const fn grade(facts: &Facts) -> &'static str {
    match facts.severity {
        Severity::Info => "This is for your information",
        Severity::Warning => "This is a warning",
        Severity::Critical => "This is critical",
    }
}

struct Step<'a> {
    step: Decimal,
    next: Option<Decimal>,
    severity: &'a str,
}

impl Step<'_> {
    fn crossed(&self, kind: Kind) -> String {
        let Self { step, severity, .. } = self;
        let what = format!("This crosses the {} % step ({severity}).", percent(*step));
        let kind = if kind == Kind::Quota { "quota" } else { "budget" };
        match self.next {
            Some(next) => format!("{what} The next step is {} %.", percent(next)),
            None => format!("{what} It is the last step of this {kind}."),
        }
    }

    fn late(&self) -> String {
        let Self { step, severity, .. } = self;
        format!(
            "Data that came after the period had ended show that it crossed the {} % step ({severity}).",
            percent(*step)
        )
    }

    fn forecast(&self, facts: &Facts, zone: &TimeZone) -> String {
        let Self { step, severity, .. } = self;
        let what = format!("The forecast crosses the {} % step ({severity}).", percent(*step));
        let used = match (facts.value, facts.ratio()) {
            (Some(value), Some(ratio)) => format!(" So far it is {value}, {} %.", percent(ratio)),
            (_, _) => String::new(),
        };
        let exhausted_at = facts.forecast.as_ref().and_then(|forecast| forecast.exhausted_at);
        let when = exhausted_at
            .map(|at| format!(" At this rate the limit is reached on {}.", shown(at, zone)));
        format!("{what}{used}{}", when.unwrap_or_default())
    }
}

fn reminded(told: Told<'_>, zone: &TimeZone) -> String {
    let facts = told.facts;
    let (lasted, since) =
        (rough(told.decided_at.duration_since(facts.since)), shown(facts.since, zone));
    let severity = facts.severity.label();
    let still = match &facts.matter {
        Matter::Step { step, forecast: true, .. } => {
            format!("The forecast is still past the {} % step ({severity})", percent(*step))
        }
        Matter::Step { step, .. } => {
            format!("It is still past the {} % step ({severity})", percent(*step))
        }
        Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => format!("It is still so ({severity})"),
    };
    format!("{still}. It began on {since}, {lasted} ago.")
}

/// How far it went, and for how long.
fn resolved(told: Told<'_>) -> String {
    let facts = told.facts;
    let ended_at = facts.ended_at.unwrap_or(told.decided_at);
    let (lasted, severity) = (rough(ended_at.duration_since(facts.since)), facts.severity.label());
    match &facts.matter {
        Matter::Step { step, forecast, .. } => {
            let what = if *forecast { "The forecast went" } else { "It went" };
            let new = if told.news.period_end { " A new period has begun." } else { "" };
            let step = percent(*step);
            format!("{what} as far as the {step} % step ({severity}), and lasted {lasted}.{new}")
        }
        Matter::Bound { .. }
        | Matter::RateLimit { .. }
        | Matter::Stale { .. }
        | Matter::Changed { .. }
        | Matter::Stranger { .. }
        | Matter::Key { .. }
        | Matter::Person { .. }
        | Matter::Activity { .. }
        | Matter::Acted { .. }
        | Matter::Undelivered { .. }
        | Matter::Test => format!("It lasted {lasted}, and was told as {severity}."),
    }
}
