//! What a rule came to for one subject, in figures: for alerts, for budgets, for the page.

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use usagewarden_core::notice::{Facts, Forecast, Matter};
use usagewarden_core::quantity::{Quantity, percent};
use usagewarden_core::subject::{ApiKeyId, ModelId, RuleName, WorkspaceId};
use usagewarden_core::window::Window;

use super::answer::basis;

/// Digits of a share; more would be noise.
const RATIO_DIGITS: u32 = 6;

/// How much, against what, by when. Numbers are text, but for shares; what is not known is null.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    pub(super) rule: RuleName,
    pub(super) kind: &'static str,
    pub(super) subject: SubjectShown,
    /// The last step that was told.
    pub(super) step: Option<String>,
    value: Option<String>,
    limit: Option<String>,
    unit: Option<&'static str>,
    ratio: Option<f64>,
    pub(super) basis: Option<&'static str>,
    pub(super) data_timestamp: Option<Timestamp>,
    pub(super) period: Option<PeriodShown>,
    pub(super) forecast: Option<ForecastShown>,
    /// What the page shows.
    #[serde(skip)]
    pub(super) known: Known,
}

/// The same as values.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) value: Option<Quantity>,
    pub(super) limit: Option<Quantity>,
    pub(super) ratio: Option<Decimal>,
    pub(super) forecast: Option<Quantity>,
    pub(super) zone: String,
}

/// Only what narrows it is there; nothing at all is the organization as a whole.
#[derive(Debug, Serialize)]
pub(super) struct SubjectShown {
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<WorkspaceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<ModelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<ApiKeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct PeriodShown {
    from: Timestamp,
    pub(super) until: Timestamp,
}

/// In the unit of the value.
#[derive(Debug, Serialize)]
pub(super) struct ForecastShown {
    value: String,
    low: String,
    high: String,
    pub(super) exhausted_at: Option<Timestamp>,
}

impl Figures {
    pub(super) fn of(facts: &Facts) -> Self {
        let unit = facts.value.or(facts.limit).map(|known| known.unit);
        let in_unit = |number| unit.map(|unit| Quantity::new(number, unit));
        let forecast = facts.forecast.as_ref();
        Self {
            rule: facts.rule.clone(),
            kind: facts.kind.label(),
            subject: SubjectShown::of(facts),
            step: step(&facts.matter),
            value: facts.value.map(Quantity::plain),
            limit: facts.limit.map(Quantity::plain),
            unit: unit.map(usagewarden_core::quantity::Unit::label),
            ratio: facts.ratio().and_then(share),
            basis: basis(facts.basis),
            data_timestamp: facts.data_until,
            period: facts.period.map(PeriodShown::of),
            forecast: forecast.and_then(|known| ForecastShown::of(known, in_unit)),
            known: Known {
                value: facts.value,
                limit: facts.limit,
                ratio: facts.ratio(),
                forecast: forecast.and_then(|known| in_unit(known.value)),
                zone: facts.zone_name.clone(),
            },
        }
    }

    /// Whether there is anything to show of it.
    pub(super) const fn is_known(&self) -> bool {
        self.known.value.is_some() || self.known.limit.is_some()
    }
}

/// A share of something, as a number.
pub(super) fn share(ratio: Decimal) -> Option<f64> {
    ratio.round_dp(RATIO_DIGITS).to_f64()
}

fn step(matter: &Matter) -> Option<String> {
    match matter {
        Matter::Step { step, .. } => (!step.is_zero()).then(|| format!("{}%", percent(*step))),
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
        | Matter::Test => None,
    }
}

impl SubjectShown {
    fn of(facts: &Facts) -> Self {
        let (subject, names) = (&facts.subject, &facts.names);
        Self {
            workspace_id: subject.workspace.clone(),
            workspace: names.workspace.clone(),
            model: subject.model.clone(),
            api_key_id: subject.key.clone(),
            api_key: names.api_key.clone(),
            detail: subject.detail.as_ref().map(ToString::to_string),
        }
    }

    /// For people, by name where there is one; empty for the organization as a whole.
    pub(super) fn words(&self) -> String {
        let id = self.workspace_id.as_ref().map(WorkspaceId::as_str);
        let key = self.api_key_id.as_ref().map(ApiKeyId::as_str);
        let parts = [
            self.workspace.as_deref().or(id).map(|name| format!("workspace {name}")),
            self.model.as_ref().map(ToString::to_string),
            self.api_key.as_deref().or(key).map(|name| format!("key {name}")),
            self.detail.clone(),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl PeriodShown {
    fn of(period: Window) -> Self {
        Self { from: period.from(), until: period.until() }
    }

    pub(super) fn window(self) -> Option<Window> {
        Window::new(self.from, self.until)
    }
}

impl ForecastShown {
    fn of(forecast: &Forecast, in_unit: impl Fn(Decimal) -> Option<Quantity>) -> Option<Self> {
        let plain = |number| in_unit(number).map(Quantity::plain);
        Some(Self {
            value: plain(forecast.value)?,
            low: plain(forecast.low)?,
            high: plain(forecast.high)?,
            exhausted_at: forecast.exhausted_at,
        })
    }
}
