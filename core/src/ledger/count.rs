//! The counters: what grew since first contact, and never falls for those who look.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::amount::Amount;
use crate::ledger::estimate::Rates;
use crate::ledger::tally::{Delta, Moves};
use crate::ledger::{Book, Charge, Counted, Counters, DayPage, TokenSeries, share};
use crate::reading::{BillSource, Dimensions, TokenType};
use crate::subject::{ModelId, WorkspaceId};
use crate::window::Width;

type Line = (WorkspaceId, ModelId);

/// What one reading adds to the counters.
#[derive(Debug, Default)]
pub(super) struct Growth {
    /// This reading is the first contact.
    pub contact: bool,
    /// Dimensions of the first contact: their series exist from then on, at zero.
    pub baseline: BTreeSet<Dimensions>,
    /// By UTC day.
    pub days: BTreeMap<Timestamp, Moves>,
    pub requests: BTreeMap<Line, i64>,
}

impl Growth {
    pub(super) fn add(&mut self, at: Timestamp, moves: Moves) {
        if !moves.is_empty() {
            self.days.entry(Width::Day.floor(at)).or_default().merge(moves);
        }
    }
}

/// Shows what the last commit recorded without showing.
pub(super) fn show(counters: &mut Counters) {
    for kinds in counters.tokens.values_mut() {
        kinds.iter_mut().for_each(Counted::show);
    }
    counters.web_searches.values_mut().for_each(Counted::show);
    counters.requests.values_mut().for_each(Counted::show);
    counters.cost.values_mut().for_each(Counted::show);
    counters.unpriced.values_mut().for_each(Counted::show);
}

/// Adds up what a reading grew, tokens and money.
pub(super) fn grow(
    book: &mut Book,
    rates: &Rates<'_>,
    growth: Growth,
    pages: &mut BTreeMap<Timestamp, DayPage>,
    known: &BTreeMap<Timestamp, DayPage>,
) {
    let contact_day = book.contact_at.map(|at| Width::Day.floor(at));
    for dimensions in growth.baseline {
        appear(&mut book.counters, rates, contact_day, &dimensions);
    }
    let mut tokens = Moves::default();
    let mut money: BTreeMap<Line, Amount> = BTreeMap::new();
    let mut unpriced: BTreeMap<ModelId, i64> = BTreeMap::new();
    for (day, moves) in growth.days {
        let page = pages
            .entry(day)
            .or_insert_with(|| known.get(&day).cloned().unwrap_or_else(|| DayPage::empty(day)));
        estimate(rates, day, &moves, page, &mut money);
        count_unpriced(rates, day, &moves, &mut unpriced);
        tokens.merge(moves);
    }
    for (day, page) in pages.iter_mut() {
        if contact_day.is_some_and(|contact| *day >= contact) {
            let first = contact_day == Some(*day);
            let unheard = known.get(day).is_none_or(|page| page.bill.is_none());
            let base = first && (growth.contact || unheard);
            true_up(page, first, base, &mut money);
        }
    }
    add_tokens(&mut book.counters, &tokens);
    add(&mut book.counters.requests, growth.requests);
    add(&mut book.counters.cost, money);
    add(&mut book.counters.unpriced, unpriced);
}

fn appear(
    counters: &mut Counters,
    rates: &Rates<'_>,
    day: Option<Timestamp>,
    dimensions: &Dimensions,
) {
    let line = (dimensions.workspace.clone(), dimensions.model.clone());
    counters.tokens.entry(series(dimensions)).or_default();
    counters.cost.entry(line).or_default();
    let priced = |kind| day.is_some_and(|day| rates.cost(dimensions, kind, 1, day).is_some());
    if !TokenType::ALL.into_iter().all(priced) {
        counters.unpriced.entry(dimensions.model.clone()).or_default();
    }
}

fn series(dimensions: &Dimensions) -> TokenSeries {
    TokenSeries {
        workspace: dimensions.workspace.clone(),
        model: dimensions.model.clone(),
        tier: dimensions.tier.clone(),
    }
}

/// Prices what tokens moved, and notes on the page what the counters took of the day.
fn estimate(
    rates: &Rates<'_>,
    day: Timestamp,
    moves: &Moves,
    page: &mut DayPage,
    money: &mut BTreeMap<Line, Amount>,
) {
    let mut counted: BTreeMap<Line, Amount> = page.counted.drain(..).collect();
    for (dimensions, delta) in &moves.0 {
        let line = (dimensions.workspace.clone(), dimensions.model.clone());
        let cost = cost_of(rates, day, dimensions, delta);
        *money.entry(line.clone()).or_default() += cost;
        *counted.entry(line).or_default() += cost;
    }
    page.counted = counted.into_iter().filter(|(_, amount)| !amount.is_zero()).collect();
}

fn cost_of(rates: &Rates<'_>, day: Timestamp, dimensions: &Dimensions, delta: &Delta) -> Amount {
    let tokens: Amount = TokenType::ALL
        .into_iter()
        .zip(delta.tokens)
        .filter(|(_, moved)| *moved != 0)
        .filter_map(|(kind, moved)| {
            let cost = rates.cost(dimensions, kind, moved.unsigned_abs(), day)?;
            Some(if moved < 0 { -cost } else { cost })
        })
        .sum();
    let searches = rates.searches(delta.web_searches.unsigned_abs());
    if delta.web_searches < 0 { tokens - searches } else { tokens + searches }
}

/// Adds up what moved without having a price now; a price that is learned later changes
/// nothing of it.
fn count_unpriced(
    rates: &Rates<'_>,
    day: Timestamp,
    moves: &Moves,
    unpriced: &mut BTreeMap<ModelId, i64>,
) {
    for (dimensions, delta) in &moves.0 {
        for (kind, moved) in TokenType::ALL.into_iter().zip(delta.tokens) {
            if moved != 0 && rates.cost(dimensions, kind, moved.unsigned_abs(), day).is_none() {
                let sum = unpriced.entry(dimensions.model.clone()).or_default();
                *sum = sum.saturating_add(moved);
            }
        }
    }
}

/// A bill replaces what was counted of its day.
///
/// The day of contact keeps its estimate: its bill does not say what of it came before.
/// The company's own figure grows by itself, and what it had at first is the base.
fn true_up(page: &mut DayPage, first: bool, base: bool, money: &mut BTreeMap<Line, Amount>) {
    let Some(bill) = &page.bill else { return };
    let company = bill.source == BillSource::Company;
    if !company && (!bill.billed || first) {
        return;
    }
    let charges = if company { share::company(bill) } else { page.charges.clone() };
    let target = by_line(&charges);
    let counted: BTreeMap<Line, Amount> = page.counted.drain(..).collect();
    for line in target.keys().chain(counted.keys()).collect::<BTreeSet<_>>() {
        let wanted = target.get(line).copied().unwrap_or_default();
        let had = if base { wanted } else { counted.get(line).copied().unwrap_or_default() };
        if wanted != had || base {
            *money.entry(line.clone()).or_default() += wanted - had;
        }
    }
    page.counted = target.into_iter().collect();
}

fn by_line(charges: &[Charge]) -> BTreeMap<Line, Amount> {
    let mut sums: BTreeMap<Line, Amount> = BTreeMap::new();
    for charge in charges {
        let model = charge.model.clone().unwrap_or_else(|| ModelId::from(ModelId::NONE));
        *sums.entry((charge.workspace.clone(), model)).or_default() += charge.amount;
    }
    sums.retain(|_, amount| !amount.is_zero());
    sums
}

fn add_tokens(counters: &mut Counters, moves: &Moves) {
    let mut tokens: BTreeMap<TokenSeries, [i64; 5]> = BTreeMap::new();
    let mut searches: BTreeMap<Line, i64> = BTreeMap::new();
    for (dimensions, delta) in &moves.0 {
        let sums = tokens.entry(series(dimensions)).or_default();
        for (sum, moved) in sums.iter_mut().zip(delta.tokens) {
            *sum = sum.saturating_add(moved);
        }
        if delta.web_searches != 0 {
            let line = (dimensions.workspace.clone(), dimensions.model.clone());
            let sum = searches.entry(line).or_default();
            *sum = sum.saturating_add(delta.web_searches);
        }
    }
    for (series, moved) in tokens {
        let new = !counters.tokens.contains_key(&series);
        let kinds = counters.tokens.entry(series).or_default();
        for (counted, moved) in kinds.iter_mut().zip(moved) {
            counted.sum = counted.sum.saturating_add(moved);
            if !new {
                counted.show();
            }
        }
    }
    add(&mut counters.web_searches, searches);
}

/// A series that is new is recorded, and shown at zero until the next commit.
fn add<K: Ord, T: Copy + Default + Ord + std::ops::Add<Output = T>>(
    counters: &mut BTreeMap<K, Counted<T>>,
    moves: BTreeMap<K, T>,
) {
    for (key, moved) in moves {
        match counters.get_mut(&key) {
            Some(counted) => {
                counted.sum = counted.sum + moved;
                counted.show();
            }
            None => {
                counters.insert(key, Counted { sum: moved, shown: T::default() });
            }
        }
    }
}

impl<T: Copy + Ord> Counted<T> {
    fn show(&mut self) {
        self.shown = self.shown.max(self.sum);
    }
}
