//! One alert in the body: one piece of news.

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use serde_json::value::RawValue;
use usagewarden_core::notice::{Contributor, Facts, Forecast, News};
use usagewarden_core::quantity::{Quantity, Unit};
use usagewarden_core::subject::OrganizationName;
use usagewarden_core::window::Window;
use usagewarden_core::words;

use crate::deliver::webhook::body::matter::Own;
use crate::deliver::webhook::body::taken::Taken;

/// In the order of DESIGN's example.
#[derive(Serialize)]
pub(super) struct Alert<'a> {
    id: &'a str,
    rule: &'a str,
    kind: &'static str,
    severity: &'static str,
    effect: &'static str,
    organization: &'a str,
    subject: Subject<'a>,
    #[serde(flatten)]
    own: Own<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_timestamp: Option<String>,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
    /// It ended with its period, not because anything got better.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    period_end: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<Foreseen>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contributors: Vec<Contribution<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Taken<'a>>,
    summary: String,
    next_step: String,
}

#[derive(Serialize)]
struct Subject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Serialize)]
struct Period {
    from: String,
    until: String,
}

#[derive(Serialize)]
struct Foreseen {
    value: String,
    low: String,
    high: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exhausted_at: Option<String>,
}

#[derive(Serialize)]
struct Contribution<'a> {
    workspace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    api_key: &'a str,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Box<RawValue>>,
}

impl<'a> Alert<'a> {
    pub(super) fn of(
        organization: &'a OrganizationName,
        news: &'a News,
        with_contributors: bool,
    ) -> Self {
        let facts = &news.facts;
        let unit = facts.value.or(facts.limit).map(|figure| figure.unit);
        let contributors = facts.contributors.iter().filter(|_| with_contributors);
        Self {
            id: &facts.episode.0,
            rule: facts.rule.as_str(),
            kind: facts.kind.label(),
            severity: facts.severity.label(),
            effect: news.effect.label(),
            organization: organization.as_str(),
            subject: Subject::of(facts),
            own: Own::of(&facts.matter),
            value: facts.value.map(Quantity::plain),
            limit: facts.limit.map(Quantity::plain),
            unit: unit.map(Unit::label),
            ratio: facts.ratio().and_then(number),
            basis: facts.basis.map(|basis| basis.label()),
            data_timestamp: facts.data_until.map(instant),
            since: instant(facts.since),
            ended_at: facts.ended_at.map(instant),
            period: facts.period.map(Period::of),
            period_end: news.period_end,
            forecast: facts
                .forecast
                .as_ref()
                .zip(unit)
                .map(|(seen, unit)| Foreseen::of(seen, unit)),
            contributors: contributors.map(Contribution::of).collect(),
            actions: facts.actions.iter().map(Taken::of).collect(),
            summary: words::summary(organization, news),
            next_step: words::next_step(facts),
        }
    }
}

impl<'a> Subject<'a> {
    fn of(facts: &'a Facts) -> Self {
        let subject = &facts.subject;
        Self {
            workspace_id: subject.workspace.as_ref().map(|id| id.as_str()),
            workspace: facts.names.workspace.as_deref(),
            model: subject.model.as_ref().map(|id| id.as_str()),
            api_key_id: subject.key.as_ref().map(|id| id.as_str()),
            api_key: facts.names.api_key.as_deref(),
            detail: subject.detail.as_deref(),
        }
    }
}

impl Period {
    fn of(window: Window) -> Self {
        Self { from: instant(window.from()), until: instant(window.until()) }
    }
}

impl Foreseen {
    fn of(forecast: &Forecast, unit: Unit) -> Self {
        let plain = |number| Quantity::new(number, unit).plain();
        Self {
            value: plain(forecast.value),
            low: plain(forecast.low),
            high: plain(forecast.high),
            exhausted_at: forecast.exhausted_at.map(instant),
        }
    }
}

impl<'a> Contribution<'a> {
    fn of(contributor: &'a Contributor) -> Self {
        Self {
            workspace: &contributor.workspace,
            model: contributor.model.as_deref(),
            api_key: &contributor.api_key,
            value: contributor.value.plain(),
            share: number(contributor.share),
            change: contributor.change.and_then(number),
        }
    }
}

/// To the second, in UTC: `2026-11-21T14:05:03Z`.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A JSON number with four places, digit by digit. Never rounded up: 0.99999 is not yet 1.
fn number(number: Decimal) -> Option<Box<RawValue>> {
    let rounded = number.round_dp_with_strategy(4, RoundingStrategy::ToZero).normalize();
    RawValue::from_string(rounded.to_string()).ok()
}
