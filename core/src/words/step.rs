//! Sentences about budgets and quotas.

use rust_decimal::Decimal;

use crate::notice::{Effect, Facts, Kind, Matter, News};
use crate::quantity::{Quantity, Unit};
use crate::subject::OrganizationName;
use crate::words::figure::{bounded, share, value_of, whole_percent};
use crate::words::name::for_whom;

/// A step, with the figure that it is about: what was used, or what will have been.
struct Told<'a> {
    news: &'a News,
    step: Decimal,
    course: Course,
    /// The figure, its limit, and the one as a share of the other.
    figures: Option<(Quantity, Quantity, Decimal)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    Running,
    /// The forecast reached it.
    Ahead,
    /// The period is over.
    Ended,
}

impl<'a> Told<'a> {
    fn of(news: &'a News) -> Self {
        let facts = &news.facts;
        let Matter::Step { step, forecast, late, .. } = facts.matter else {
            return Self { news, step: Decimal::ONE, course: Course::Running, figures: None };
        };
        let course = match (late || news.period_end, forecast) {
            (true, _) => Course::Ended,
            (false, true) => Course::Ahead,
            (false, false) => Course::Running,
        };
        Self { news, step, course, figures: figures(facts, course) }
    }
}

fn figures(facts: &Facts, course: Course) -> Option<(Quantity, Quantity, Decimal)> {
    let limit = facts.limit?;
    let value = match course {
        Course::Ahead => Quantity::new(facts.forecast.as_ref()?.value, limit.unit),
        Course::Running | Course::Ended => facts.value?,
    };
    Some((value, limit, value.ratio_of(limit)?))
}

pub(super) fn title(news: &News) -> String {
    let told = Told::of(news);
    let (rule, step) = (&news.facts.rule, whole_percent(told.step));
    let verb = match told.course {
        Course::Running => "at",
        Course::Ahead => "heading for",
        Course::Ended => "ended at",
    };
    match (told.figures, news.effect) {
        (Some((value, limit, ratio)), _) => {
            format!("{rule} {verb} {} % ({})", whole_percent(ratio), value_of(value, limit))
        }
        (None, Effect::Resolved) if told.course == Course::Ended => format!("{rule} has ended"),
        (None, Effect::Resolved) => format!("{rule} no longer {verb} {step} %"),
        (None, Effect::Fired | Effect::Reminded | Effect::Test) => {
            format!("{rule} {verb} {step} %")
        }
    }
}

pub(super) fn summary(organization: &OrganizationName, news: &News) -> String {
    let told = Told::of(news);
    let Some((value, limit, ratio)) = told.figures else {
        return without_figure(organization, &told);
    };
    let said = Said {
        organization,
        rule: rule(&news.facts),
        whom: for_whom(&news.facts),
        verb: verb(news.facts.kind),
        value,
        limit,
        share: share(ratio),
    };
    match news.effect {
        Effect::Fired | Effect::Test => said.fired(told.course),
        Effect::Reminded => said.reminded(told.course),
        Effect::Resolved => said.resolved(told.course, told.step),
    }
}

struct Said<'a> {
    organization: &'a OrganizationName,
    rule: String,
    whom: String,
    verb: &'static str,
    value: Quantity,
    limit: Quantity,
    share: String,
}

impl Said<'_> {
    fn fired(&self, course: Course) -> String {
        let Self { organization, rule, whom, verb, value, limit, share } = self;
        let short = bounded(*value);
        match course {
            Course::Running => format!(
                "{organization} has {verb} {short} of the {limit} that the {rule} allows{whom}: {share}."
            ),
            Course::Ahead => format!(
                "{organization} is heading for {value} by the end of the period: {share} of the {limit} that the {rule} allows{whom}."
            ),
            Course::Ended => format!(
                "{organization} {verb} {short} of the {limit} that the {rule} allowed{whom} in a period that has ended: {share}."
            ),
        }
    }

    fn reminded(&self, course: Course) -> String {
        let Self { organization, rule, whom, value, limit, share, verb } = self;
        let are = if limit.unit == Unit::Usd { "is" } else { "are" };
        let short = bounded(*value);
        match course {
            Course::Running => format!(
                "The {rule} of {organization}{whom} is still at {share}: {short} of {limit} {are} {verb}."
            ),
            Course::Ahead => format!(
                "{organization} is still heading for {value} by the end of the period: {share} of the {limit} that the {rule} allows{whom}."
            ),
            Course::Ended => self.fired(course),
        }
    }

    fn resolved(&self, course: Course, step: Decimal) -> String {
        let Self { organization, rule, whom, value, limit, share, verb } = self;
        let are = if limit.unit == Unit::Usd { "is" } else { "are" };
        let (short, at) = (bounded(*value), super::figure::share(step));
        match course {
            Course::Running => format!(
                "The {rule} of {organization}{whom} is back below its {at} step: {short} of {limit} {are} {verb}, {share}."
            ),
            Course::Ahead => format!(
                "{organization} is no longer heading for {at} of the {rule}{whom}: the forecast is {short} of {limit}, {share}."
            ),
            Course::Ended => format!(
                "The period of the {rule} of {organization}{whom} has ended with {short} of {limit} {verb}, {share}."
            ),
        }
    }
}

/// What can be said when nobody knows how much it is.
fn without_figure(organization: &OrganizationName, told: &Told<'_>) -> String {
    let (rule, whom) = (rule(&told.news.facts), for_whom(&told.news.facts));
    let step = share(told.step);
    match (told.news.effect, told.course) {
        (Effect::Resolved, Course::Ended) => {
            format!("The period of the {rule} of {organization}{whom} has ended.")
        }
        (Effect::Resolved, Course::Running | Course::Ahead) => {
            format!("The {rule} of {organization}{whom} is no longer past its {step} step.")
        }
        (Effect::Reminded, Course::Running | Course::Ahead | Course::Ended) => {
            format!("The {rule} of {organization}{whom} is still past its {step} step.")
        }
        (Effect::Fired | Effect::Test, Course::Ahead) => {
            format!("The {rule} of {organization}{whom} is heading for {step} of its limit.")
        }
        (Effect::Fired | Effect::Test, Course::Running | Course::Ended) => {
            format!("The {rule} of {organization}{whom} has reached its {step} step.")
        }
    }
}

fn rule(facts: &Facts) -> String {
    let kind = if facts.kind == Kind::Quota { "quota" } else { "budget" };
    format!("{kind} `{}`", facts.rule)
}

const fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::Quota => "used",
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
        | Kind::Test => "spent",
    }
}
