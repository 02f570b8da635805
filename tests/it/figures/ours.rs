//! Our figures and the truth, brought into one form: money and tokens by name.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;
use usagewarden::store::DaySpend;
use usagewarden_core::ledger::{Basis, Charge};
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::{TokenType, Tokens};
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::window::{Width, Window};

use super::rig::{Rig, window};

/// Money by model or workspace; what has no model is `none`.
pub(super) type Money = BTreeMap<String, Decimal>;

/// By what money is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Model,
    Workspace,
}

impl By {
    pub(super) const ALL: [Self; 2] = [Self::Model, Self::Workspace];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Workspace => "workspace",
        }
    }

    fn of(self, charge: &Charge) -> String {
        match self {
            Self::Model => charge.model.as_ref().map_or("none", |model| model.as_str()).to_owned(),
            Self::Workspace => charge.workspace.as_str().to_owned(),
        }
    }
}

/// What one search costs after the discount; the bill has searches without a model, we
/// share them out over the models that searched.
fn searches(row: &Value) -> Decimal {
    Decimal::from(row["web_searches"].as_u64().unwrap()) * Decimal::new(88, 4)
}

fn spend(row: &Value) -> Decimal {
    row["spend"].as_str().unwrap().parse().unwrap()
}

/// A column of `/__truth` (`true`, `visible`, `billed`) in our terms.
/// `default` is what the API calls the default workspace.
pub(super) fn true_money(truth: &Value, by: By, column: &str, default: &str) -> Money {
    let mut money = Money::new();
    for row in truth["data"].as_array().unwrap() {
        let name = row[by.word()].as_str().unwrap();
        let name = if by == By::Workspace && name == default { "default" } else { name };
        *money.entry(name.to_owned()).or_default() += spend(&row[column]);
        if by == By::Model {
            *money.entry(name.to_owned()).or_default() += searches(&row[column]);
            *money.entry("none".to_owned()).or_default() -= searches(&row[column]);
        }
    }
    money.retain(|_, amount| !amount.is_zero());
    money
}

pub(super) fn tokens(figures: &Value) -> Tokens {
    let told = &figures["tokens"];
    let mut tokens = Tokens::default();
    for kind in TokenType::ALL {
        *tokens.of_mut(kind) = told[kind.label()].as_u64().unwrap();
    }
    tokens
}

pub(super) fn money<'a>(charges: impl IntoIterator<Item = &'a Charge>, by: By) -> Money {
    let mut money = Money::new();
    for charge in charges {
        *money.entry(by.of(charge)).or_default() += charge.amount.dollars();
    }
    money.retain(|_, amount| !amount.is_zero());
    money
}

pub(super) fn is_billed(day: &DaySpend) -> bool {
    !day.charges.is_empty() && day.charges.iter().all(|charge| charge.basis == Basis::Billed)
}
/// What an organization was said to spend at one instant.
pub(super) struct Said {
    pub(super) snapshot: Snapshot,
    /// By UTC day, from the first day of the longest period until the end of today.
    pub(super) days: Vec<DaySpend>,
}

impl Said {
    /// All of one commit: what is written meanwhile makes it ask again.
    pub(super) async fn by(rig: &Rig) -> Self {
        loop {
            let snapshot = rig.snapshot().await;
            let periods = PeriodKind::ALL.map(|kind| rig.calendar().period(kind, rig.now()).from());
            let from = periods.into_iter().min().unwrap();
            let days = rig.spend(window(from, Width::Day.ceil(rig.now()))).await;
            if rig.snapshot().await.revision == snapshot.revision {
                return Self { snapshot, days };
            }
        }
    }

    pub(super) fn within(&self, window: Window) -> impl Iterator<Item = &DaySpend> {
        self.days.iter().filter(move |day| window.covers(&day.window))
    }

    pub(super) fn money(&self, window: Window, by: By) -> Money {
        money(self.within(window).flat_map(|day| &day.charges), by)
    }

    /// What the API calls the default workspace.
    pub(super) fn default_workspace(&self) -> &str {
        let workspaces = self.snapshot.roster.workspaces.as_ref().unwrap();
        &workspaces.iter().find(|it| it.id.as_str() == "default").unwrap().api_id
    }
}
