//! Sharing a bill out over what used it.
//!
//! A bill names a workspace and a model; people ask which key, and estimates need a
//! price per kind of token. Each line is shared in proportion to the estimated cost of
//! the usage it speaks of, and the shares of a line sum to the line exactly.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::estimate::{Rates, rounded};
use crate::ledger::tally::UsageRow;
use crate::ledger::total::Total;
use crate::ledger::{Basis, Charge, DayBill, DayPage};
use crate::price::{Lessons, PriceKey, billed_tier};
use crate::reading::{BillDimensions, BillSource, ChargeKind, TokenType};
use crate::subject::{ApiKeyId, ModelId, ServiceTier, WorkspaceId};

type BillRow = (BillDimensions, Amount);

/// What of a usage row a line of the bill can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Tokens(TokenType),
    Searches,
}

/// A bill, shared out.
pub(super) struct Shared<'a> {
    usage: &'a [UsageRow],
    /// By row of usage and part of it.
    cells: BTreeMap<(usize, Part), Amount>,
    /// Lines that no usage speaks of.
    loose: Vec<Charge>,
}

/// Shares `bill` out over `usage`.
pub(super) fn share<'a>(
    rates: &Rates<'_>,
    at: Timestamp,
    usage: &'a [UsageRow],
    bill: &[BillRow],
) -> Shared<'a> {
    let mut shared = Shared { usage, cells: BTreeMap::new(), loose: Vec::new() };
    let mut index: BTreeMap<(&WorkspaceId, &ModelId), Vec<usize>> = BTreeMap::new();
    for (place, (used, _)) in usage.iter().enumerate() {
        index.entry((&used.workspace, &used.model)).or_default().push(place);
    }
    for (line, amount) in bill {
        let places: Vec<usize> = match &line.model {
            Some(model) => index.get(&(&line.workspace, model)).cloned().unwrap_or_default(),
            None => {
                (0..usage.len()).filter(|at| usage[*at].0.workspace == line.workspace).collect()
            }
        };
        let cells: Vec<_> = places
            .into_iter()
            .flat_map(|place| parts(line, &usage[place]).map(move |part| (place, part)))
            .collect();
        shared.take(rates, at, line, *amount, &cells);
    }
    shared
}

/// The parts of a row of usage that a line speaks of.
fn parts(line: &BillDimensions, row: &UsageRow) -> impl Iterator<Item = Part> {
    let (used, counts) = row;
    let tier = match &line.tier {
        Some(tier) => *tier == used.tier,
        None => billed_tier(&used.tier).is_some(),
    };
    let ours = tier
        && line.key.as_ref().is_none_or(|key| *key == used.key)
        && line.geo.as_ref().is_none_or(|geo| *geo == used.geo);
    let kinds = TokenType::ALL.map(Part::Tokens).into_iter().chain([Part::Searches]);
    let (kind, counts) = (line.kind, *counts);
    kinds.filter(move |part| {
        let named = match (kind, part) {
            (ChargeKind::Tokens(kind), Part::Tokens(part)) => kind == *part,
            (ChargeKind::AnyTokens, Part::Tokens(_)) | (ChargeKind::WebSearch, Part::Searches) => {
                true
            }
            (
                ChargeKind::Tokens(_)
                | ChargeKind::AnyTokens
                | ChargeKind::WebSearch
                | ChargeKind::CodeExecution
                | ChargeKind::Session
                | ChargeKind::Other,
                Part::Tokens(_) | Part::Searches,
            ) => false,
        };
        let count = match part {
            Part::Tokens(kind) => counts.tokens.of(*kind),
            Part::Searches => counts.web_searches,
        };
        ours && named && count > 0
    })
}

impl Shared<'_> {
    fn count(&self, cell: (usize, Part)) -> u64 {
        let counts = &self.usage[cell.0].1;
        match cell.1 {
            Part::Tokens(kind) => counts.tokens.of(kind),
            Part::Searches => counts.web_searches,
        }
    }

    fn cost(&self, rates: &Rates<'_>, at: Timestamp, cell: (usize, Part)) -> Option<Amount> {
        match cell.1 {
            Part::Tokens(kind) => rates.cost(&self.usage[cell.0].0, kind, self.count(cell), at),
            Part::Searches => Some(rates.searches(self.count(cell))),
        }
    }

    /// Shares one line out over its cells.
    fn take(
        &mut self,
        rates: &Rates<'_>,
        at: Timestamp,
        line: &BillDimensions,
        amount: Amount,
        cells: &[(usize, Part)],
    ) {
        if cells.is_empty() {
            self.loose.push(loose(line, amount));
            return;
        }
        // One cell without a price, and costs cannot be compared: tokens can.
        let costs: Option<Vec<Decimal>> =
            cells.iter().map(|cell| self.cost(rates, at, *cell).map(Amount::dollars)).collect();
        let weights = costs
            .filter(|costs| costs.iter().any(|cost| !cost.is_zero()))
            .unwrap_or_else(|| cells.iter().map(|cell| self.count(*cell).into()).collect());
        for (cell, part) in cells.iter().zip(split(amount, &weights)) {
            *self.cells.entry(*cell).or_default() += part;
        }
    }

    pub(super) fn charges(&self, total: &mut Total, wanted: impl Fn(&Charge) -> bool) {
        for (cell, amount) in &self.cells {
            let used = &self.usage[cell.0].0;
            let charge = Charge {
                workspace: used.workspace.clone(),
                model: Some(used.model.clone()),
                key: used.key.clone(),
                tier: used.tier.clone(),
                basis: Basis::Billed,
                amount: *amount,
            };
            if wanted(&charge) {
                total.charge(charge);
            }
        }
        for charge in self.loose.iter().filter(|charge| wanted(charge)) {
            total.charge(charge.clone());
        }
    }

    /// Tokens that no line speaks of.
    pub(super) fn silent(&self) -> impl Iterator<Item = (usize, u64)> {
        let spoken: BTreeSet<(usize, Part)> = self.cells.keys().copied().collect();
        (0..self.usage.len())
            .flat_map(|place| TokenType::ALL.map(|kind| (place, Part::Tokens(kind))))
            .filter(move |cell| !spoken.contains(cell))
            .map(|cell| (cell.0, self.count(cell)))
            .filter(|(_, tokens)| *tokens > 0)
    }
}

/// Shares that sum to `amount` exactly: what rounding leaves goes to the largest.
fn split(amount: Amount, weights: &[Decimal]) -> Vec<Amount> {
    let whole: Decimal = weights.iter().sum();
    let mut shares: Vec<Amount> =
        weights.iter().map(|weight| rounded(amount.dollars() * (*weight / whole))).collect();
    let rest = amount - shares.iter().copied().sum();
    let largest = weights.iter().enumerate().max_by_key(|(_, weight)| **weight);
    if let Some(share) = largest.and_then(|(place, _)| shares.get_mut(place)) {
        *share += rest;
    }
    shares
}

fn loose(line: &BillDimensions, amount: Amount) -> Charge {
    Charge {
        workspace: line.workspace.clone(),
        model: line.model.clone(),
        key: line.key.clone().unwrap_or_else(|| ApiKeyId::NONE.into()),
        tier: line.tier.clone().unwrap_or_else(|| ServiceTier::STANDARD.into()),
        basis: Basis::Billed,
        amount,
    }
}

/// The company's figure for a day: of no workspace or model, and an estimate by its own name.
pub(super) fn company(bill: &DayBill) -> Vec<Charge> {
    let amount = bill.rows.iter().map(|(_, amount)| *amount).sum();
    let charge = Charge {
        workspace: WorkspaceId::DEFAULT.into(),
        model: Some(ModelId::UNKNOWN.into()),
        key: ApiKeyId::NONE.into(),
        tier: ServiceTier::STANDARD.into(),
        basis: Basis::Estimated,
        amount,
    };
    if amount.is_zero() { Vec::new() } else { vec![charge] }
}

/// Writes the figures of a billed day on its page.
pub(super) fn settle(rates: &Rates<'_>, page: &mut DayPage) {
    page.charges.clear();
    page.unpriced.clear();
    let Some(bill) = page.bill.as_ref().filter(|bill| bill.billed) else { return };
    if bill.source == BillSource::Company {
        page.charges = company(bill);
        return;
    }
    let mut total = Total::default();
    let shared = share(rates, page.day, &page.usage, &bill.rows);
    shared.charges(&mut total, |_| true);
    for (place, tokens) in shared.silent() {
        total.unpriced(&page.usage[place].0.model, tokens);
    }
    let value = total.into_value();
    (page.charges, page.unpriced) = (value.charges, value.unpriced);
}

/// What a billed day teaches; nothing, where nothing on its bill was used.
pub(super) fn lessons(rates: &Rates<'_>, page: &DayPage) -> Option<Lessons> {
    let bill = page.bill.as_ref().filter(|bill| bill.billed)?;
    if bill.source == BillSource::Company {
        return None;
    }
    let shared = share(rates, page.day, &page.usage, &bill.rows);
    let mut prices: BTreeMap<PriceKey, (Amount, u64)> = BTreeMap::new();
    let mut searches = (Amount::ZERO, 0_u64);
    for (cell, amount) in &shared.cells {
        let used = &page.usage[cell.0].0;
        let sum = match (cell.1, billed_tier(&used.tier)) {
            (Part::Searches, _) => &mut searches,
            (Part::Tokens(token_type), Some(tier)) => prices
                .entry(PriceKey {
                    workspace: used.workspace.clone(),
                    model: used.model.clone(),
                    token_type,
                    tier: tier.clone(),
                    geo: used.geo.clone(),
                })
                .or_default(),
            (Part::Tokens(_), None) => continue,
        };
        sum.0 += *amount;
        sum.1 = sum.1.saturating_add(shared.count(*cell));
    }
    let estimate = page.usage.iter().map(|(used, counts)| rates.row(used, counts, page.day).amount);
    (!shared.cells.is_empty()).then(|| Lessons {
        day: page.day,
        prices,
        searches,
        estimate: estimate.sum(),
        billed: bill.rows.iter().filter(|(line, _)| estimable(line.kind)).map(|row| row.1).sum(),
    })
}

/// Whether usage can tell what a line of this kind will come to.
pub(super) const fn estimable(kind: ChargeKind) -> bool {
    match kind {
        ChargeKind::Tokens(_) | ChargeKind::AnyTokens | ChargeKind::WebSearch => true,
        ChargeKind::CodeExecution | ChargeKind::Session | ChargeKind::Other => false,
    }
}
