//! Cutting a day where a zone's midnight does.
//!
//! A figure of the day is given out along its hours: how much of it lies before an
//! instant. A part is the difference of two such, so adjoining parts sum to the figure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::amount::Amount;
use crate::ledger::estimate::{Rates, rounded};
use crate::ledger::total::Total;
use crate::ledger::value::even;
use crate::ledger::{Basis, Charge, Value};
use crate::reading::{TokenType, UsageBucket};
use crate::subject::{ApiKeyId, ModelId, ServiceTier, WorkspaceId};
use crate::window::{Width, Window};

type Payer = (WorkspaceId, Option<ModelId>, Option<(ApiKeyId, ServiceTier)>);

/// Something per hour, by the hour's start.
type Course = BTreeMap<Timestamp, Decimal>;

/// How the figures of a day spread over its hours.
pub(super) struct Hours {
    whole: Window,
    /// Estimated cost of a payer, and of all the keys of a workspace and model.
    payers: BTreeMap<Payer, Course>,
    cost: Course,
    kinds: BTreeMap<TokenType, Course>,
    models: BTreeMap<ModelId, Course>,
}

impl Hours {
    pub(super) fn new(rates: &Rates<'_>, day: Window, hours: &[&UsageBucket]) -> Self {
        let mut split = Self::evenly(day);
        for hour in hours {
            for (used, counts) in hour.rows() {
                let cost = rates.row(used, counts, day.from()).amount.dollars();
                let (workspace, model) = (used.workspace.clone(), Some(used.model.clone()));
                let narrow = Some((used.key.clone(), used.tier.clone()));
                let from = hour.from();
                for payer in [(workspace.clone(), model.clone(), narrow), (workspace, model, None)]
                {
                    put(split.payers.entry(payer).or_default(), from, cost);
                }
                put(&mut split.cost, from, cost);
                let model = split.models.entry(used.model.clone()).or_default();
                put(model, from, counts.tokens.total().into());
                for kind in TokenType::ALL {
                    let course = split.kinds.entry(kind).or_default();
                    put(course, from, counts.tokens.of(kind).into());
                }
            }
        }
        split
    }

    /// Nothing is known of the course: time alone divides.
    pub(super) const fn evenly(whole: Window) -> Self {
        Self {
            whole,
            payers: BTreeMap::new(),
            cost: Course::new(),
            kinds: BTreeMap::new(),
            models: BTreeMap::new(),
        }
    }

    /// The share of `value` that lies in `part`.
    pub(super) fn part(&self, value: &Value, part: Window) -> Value {
        let mut total = Total::default();
        for charge in &value.charges {
            let courses = self.courses(charge);
            let amount = self.amount_before(charge.amount, &courses, part.until())
                - self.amount_before(charge.amount, &courses, part.from());
            let basis = match charge.basis {
                Basis::Estimated => Basis::Estimated,
                Basis::Billed | Basis::Mixed => Basis::Mixed,
            };
            total.charge(Charge { basis, amount, ..charge.clone() });
        }
        for kind in TokenType::ALL {
            let course = self.kinds.get(&kind);
            *total.tokens.of_mut(kind) = self.count(value.tokens.of(kind), course, part);
        }
        for (model, tokens) in &value.unpriced {
            total.unpriced(model, self.count(*tokens, self.models.get(model), part));
        }
        total.into_value()
    }

    /// The courses that a charge may follow, the most telling first.
    fn courses(&self, charge: &Charge) -> [Option<&Course>; 3] {
        let line = |narrow| (charge.workspace.clone(), charge.model.clone(), narrow);
        let narrow = line(Some((charge.key.clone(), charge.tier.clone())));
        [self.payers.get(&narrow), self.payers.get(&line(None)), Some(&self.cost)]
    }

    fn amount_before(&self, amount: Amount, courses: &[Option<&Course>], at: Timestamp) -> Amount {
        if at >= self.whole.until() {
            return amount;
        }
        rounded(amount.dollars() * self.share_before(courses, at))
    }

    fn count(&self, count: u64, course: Option<&Course>, part: Window) -> u64 {
        let before = |at| {
            if at >= self.whole.until() {
                return count;
            }
            let share = self.share_before(&[course], at) * Decimal::from(count);
            share.floor().to_u64().unwrap_or(count)
        };
        before(part.until()).saturating_sub(before(part.from()))
    }

    /// How much of a figure lies before `at`, from 0 to 1.
    fn share_before(&self, courses: &[Option<&Course>], at: Timestamp) -> Decimal {
        let telling = courses.iter().flatten().find_map(|course| {
            let whole: Decimal = course.values().sum();
            let before: Decimal = course
                .range(..at)
                .map(|(from, weight)| weight * even_until(Width::Hour.bucket(*from), at))
                .sum();
            before.checked_div(whole)
        });
        telling.unwrap_or_else(|| even_until(self.whole, at))
    }
}

fn put(course: &mut Course, from: Timestamp, weight: Decimal) {
    *course.entry(from).or_default() += weight;
}

fn even_until(window: Window, at: Timestamp) -> Decimal {
    if at >= window.until() { Decimal::ONE } else { even(window, at.max(window.from())) }
}
