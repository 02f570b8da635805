//! What a day, or a part of one, adds to a stretch.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::estimate::{Rates, rounded};
use crate::ledger::stretch::weight::Weights;
use crate::ledger::tally::UsageRow;
use crate::ledger::{Basis, Charge, DayPage, Value};
use crate::reading::{Counts, Dimensions};
use crate::stretch::{UseRow, UseSums};
use crate::subject::{ApiKeyId, ModelId, ServiceTier, WorkspaceId};
use crate::window::{Width, Window};

type Who = (WorkspaceId, Option<ModelId>, ApiKeyId, ServiceTier);

/// What a stretch came to so far.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<Who, UseSums>);

impl Sums {
    fn by(&mut self, used: &Dimensions) -> &mut UseSums {
        let Dimensions { workspace, model, key, tier, geo: _ } = used;
        let who = (workspace.clone(), Some(model.clone()), key.clone(), tier.clone());
        self.0.entry(who).or_default()
    }

    fn charge(&mut self, charge: &Charge, basis: Basis, amount: Amount) {
        let Charge { workspace, model, key, tier, basis: _, amount: _ } = charge;
        if !amount.is_zero() {
            let who = (workspace.clone(), model.clone(), key.clone(), tier.clone());
            self.0.entry(who).or_default().charge(basis, amount);
        }
    }

    /// Adds a whole day, given what it came to.
    pub(super) fn day(&mut self, rates: &Rates<'_>, page: &DayPage, value: &Value) {
        for (used, counts) in &page.usage {
            self.by(used).count(counts.tokens, counts.web_searches);
        }
        for charge in &value.charges {
            self.charge(charge, charge.basis, charge.amount);
        }
        for (model, tokens) in &value.unpriced {
            self.unpriced(rates, page, model, *tokens);
        }
    }

    /// A day knows its unpriced tokens by model. They are those of rows without a price; what
    /// is left had a price and is on no bill.
    fn unpriced(&mut self, rates: &Rates<'_>, page: &DayPage, model: &ModelId, tokens: u64) {
        let rows = page.usage.iter().filter(|(used, _)| used.model == *model);
        let rows: Vec<_> = rows
            .map(|(used, counts)| {
                let without = rates.row(used, counts, page.day).unpriced;
                (used, without, counts.tokens.total().saturating_sub(without))
            })
            .collect();
        let without = rows.iter().map(|(used, without, _)| (used, *without));
        let with = rows.iter().map(|(used, _, with)| (used, *with));
        let mut left = tokens;
        for (used, most) in without.chain(with) {
            let taken = most.min(left);
            left -= taken;
            let sums = self.by(used);
            sums.unpriced = sums.unpriced.saturating_add(taken);
        }
    }

    pub(super) fn into_rows(self) -> Vec<UseRow> {
        let used = self.0.into_iter().filter(|(_, sums)| *sums != UseSums::default());
        used.map(|((workspace, model, key, tier), sums)| {
            let UseSums { tokens, web_searches, cost, basis, unpriced } = sums;
            UseRow { workspace, model, key, tier, tokens, web_searches, cost, basis, unpriced }
        })
        .collect()
    }
}

/// Usage of a part of a day, span by span.
#[derive(Default)]
pub(super) struct Part<'a> {
    length: SignedDuration,
    /// Sorted, no two alike.
    rows: Vec<(&'a Dimensions, Counts)>,
}

impl<'a> Part<'a> {
    /// Adds a span. Its rows are sorted too, and mostly the same ones: one pass finds them.
    pub(super) fn add(&mut self, span: Window, rows: &'a [UsageRow]) {
        self.length += span.length();
        let mut place = 0;
        for (used, counts) in rows {
            while self.rows.get(place).is_some_and(|(known, _)| *known != used && *known < used) {
                place += 1;
            }
            match self.rows.get_mut(place) {
                Some((known, sum)) if *known == used => *sum += *counts,
                Some(_) | None => self.rows.insert(place, (used, *counts)),
            }
        }
    }

    /// Adds what the tokens of the part would cost.
    pub(super) fn estimate(&self, rates: &Rates<'_>, day: Window, to: &mut Sums) {
        for (used, counts) in &self.rows {
            let estimate = rates.row(used, counts, day.from());
            let sums = to.by(used);
            sums.count(counts.tokens, counts.web_searches);
            sums.unpriced = sums.unpriced.saturating_add(estimate.unpriced);
            if !estimate.amount.is_zero() {
                sums.charge(Basis::Estimated, estimate.amount);
            }
        }
    }

    /// Adds the share of the part in what the whole day came to.
    pub(super) fn share(&self, rates: &Rates<'_>, page: &DayPage, day: &Value, to: &mut Sums) {
        let (mut whole, mut part) = (Weights::default(), Weights::default());
        for (used, counts) in &page.usage {
            whole.add(used, rates.row(used, counts, page.day).amount);
        }
        let even = Decimal::from(self.length.as_secs()) / Decimal::from(Width::Day.seconds());
        for (used, counts) in &self.rows {
            let sums = to.by(used);
            sums.count(counts.tokens, counts.web_searches);
            let estimate = rates.row(used, counts, page.day);
            sums.unpriced = sums.unpriced.saturating_add(estimate.unpriced);
            part.add(used, estimate.amount);
        }
        for charge in &day.charges {
            let share = part.share_of(&whole, charge).unwrap_or(even).min(Decimal::ONE);
            let basis = match charge.basis {
                Basis::Estimated => Basis::Estimated,
                Basis::Billed | Basis::Mixed => Basis::Mixed,
            };
            to.charge(charge, basis, rounded(charge.amount.dollars() * share));
        }
    }
}
