//! Tokens times a price.
//!
//! Built once for a pass over many rows. What has no price has no cost: it is `None`,
//! never zero, and the caller counts it as unpriced.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::price::{Known, PriceBook, PriceTable, cost};
use crate::reading::{Counts, Dimensions, TokenType};

/// Places after the point that estimates and shares are rounded to, so that sums stay exact.
const PLACES: u32 = 12;

/// The prices of one organization, ready to be asked often.
pub(super) struct Rates<'a> {
    known: Known<'a>,
}

/// What one row of usage is thought to cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Estimate {
    pub amount: Amount,
    /// Tokens without a price.
    pub unpriced: u64,
}

impl<'a> Rates<'a> {
    pub(super) fn new(book: &'a PriceBook, table: &'a PriceTable) -> Self {
        Self { known: Known::new(book, table) }
    }

    pub(super) const fn known(&self) -> &Known<'a> {
        &self.known
    }

    pub(super) fn cost(
        &self,
        dimensions: &Dimensions,
        kind: TokenType,
        tokens: u64,
        at: Timestamp,
    ) -> Option<Amount> {
        let rate = self.known.rate(dimensions, kind, at)?;
        Some(rounded(cost(rate, tokens).dollars()))
    }

    pub(super) fn searches(&self, count: u64) -> Amount {
        rounded(cost(self.known.search(), count).dollars())
    }

    pub(super) fn row(&self, dimensions: &Dimensions, counts: &Counts, at: Timestamp) -> Estimate {
        let mut estimate =
            Estimate { amount: self.searches(counts.web_searches), ..Estimate::default() };
        for kind in TokenType::ALL {
            let tokens = counts.tokens.of(kind);
            if tokens == 0 {
                continue;
            }
            match self.cost(dimensions, kind, tokens, at) {
                Some(cost) => estimate.amount += cost,
                None => estimate.unpriced = estimate.unpriced.saturating_add(tokens),
            }
        }
        estimate
    }
}

pub(super) fn rounded(dollars: Decimal) -> Amount {
    Amount::from_dollars(dollars.round_dp(PLACES))
}
