//! Learning prices from a billed day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::price::{Lesson, PriceBook, PriceKey, PriceTable, cost};

/// Fewer tokens make a poor lesson: their bill may be rounded.
const TOKENS_MIN: u64 = 1_000;

/// What a billed day can teach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lessons {
    /// Midnight UTC.
    pub day: Timestamp,
    /// Billed money and the tokens it was for.
    pub prices: BTreeMap<PriceKey, (Amount, u64)>,
    pub searches: (Amount, u64),
    /// The day as the prices known so far make it.
    pub estimate: Amount,
    /// What the bill says of tokens and searches.
    pub billed: Amount,
}

impl PriceBook {
    /// Takes the lessons of a billed day; a later day's are kept.
    pub fn learn(&mut self, lessons: Lessons, table: &PriceTable) {
        if self.latest.is_none_or(|(day, _)| lessons.day >= day) {
            self.judge(&lessons, table);
        }
        let day = lessons.day;
        for (key, (amount, tokens)) in lessons.prices {
            let heard = Lesson { day, amount, tokens };
            if better(self.lessons.get(&key), &heard) {
                self.lessons.insert(key, heard);
            }
        }
        let (amount, tokens) = lessons.searches;
        let heard = Lesson { day, amount, tokens };
        if better(self.searches.as_ref(), &heard) {
            self.searches = Some(heard);
        }
    }

    /// How good the estimates were, and how far the organization's prices are from the list.
    fn judge(&mut self, lessons: &Lessons, table: &PriceTable) {
        // Told again, a day keeps the estimate from before its first bill: the one made
        // now knows the answer.
        let estimate = match self.latest {
            Some((day, estimate)) if day == lessons.day => estimate,
            Some(_) | None => lessons.estimate,
        };
        let billed = Some(lessons.billed).filter(|billed| *billed > Amount::ZERO);
        if let Some(ratio) = billed.and_then(|billed| estimate.ratio_of(billed)) {
            self.error = Some((ratio - Decimal::ONE).round_dp(6));
            self.latest = Some((lessons.day, estimate));
        }
        if let Some(discount) = discount(lessons, table) {
            self.discount = Some(discount);
        }
    }
}

fn better(known: Option<&Lesson>, heard: &Lesson) -> bool {
    if heard.tokens == 0 || heard.amount < Amount::ZERO {
        return false;
    }
    known.is_none_or(|known| {
        let enough = heard.tokens >= TOKENS_MIN || heard.tokens >= known.tokens;
        heard.day == known.day || (heard.day > known.day && enough)
    })
}

/// Billed over listed, of everything that is both.
fn discount(lessons: &Lessons, table: &PriceTable) -> Option<Decimal> {
    let (mut billed, mut listed) = (Amount::ZERO, Amount::ZERO);
    for (key, (amount, tokens)) in &lessons.prices {
        if table.listed(&key.model, lessons.day).is_none_or(|entry| entry.uncertain) {
            continue;
        }
        let rate = table.rate(&key.model, key.token_type, &key.tier, &key.geo, lessons.day);
        if let Some(rate) = rate {
            billed += *amount;
            listed += cost(rate, *tokens);
        }
    }
    let ratio = billed.ratio_of(listed).map(|ratio| ratio.round_dp(6));
    // Credits can outweigh a day's charges, and say nothing of prices then.
    ratio.filter(|ratio| *ratio > Decimal::ZERO)
}
