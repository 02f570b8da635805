//! Arithmetic on rows of usage: what moved between two tellings of a bucket.

use std::collections::BTreeMap;

use crate::reading::{Counts, Dimensions, TokenType};

pub(super) type UsageRow = (Dimensions, Counts);

/// By how much one combination of dimensions moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    /// In the order of `TokenType::ALL`.
    pub tokens: [i64; 5],
    pub web_searches: i64,
}

/// What moved, by dimensions; without what stood still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moves(pub BTreeMap<Dimensions, Delta>);

impl Delta {
    fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, counts: &Counts, sign: i64) {
        for (sum, kind) in self.tokens.iter_mut().zip(TokenType::ALL) {
            *sum = sum.saturating_add(signed(counts.tokens.of(kind)).saturating_mul(sign));
        }
        let searches = signed(counts.web_searches).saturating_mul(sign);
        self.web_searches = self.web_searches.saturating_add(searches);
    }

    fn apply(&self, counts: &mut Counts) {
        for (moved, kind) in self.tokens.iter().zip(TokenType::ALL) {
            let sum = counts.tokens.of(kind).saturating_add_signed(*moved);
            *counts.tokens.of_mut(kind) = sum;
        }
        counts.web_searches = counts.web_searches.saturating_add_signed(self.web_searches);
    }
}

impl Moves {
    /// From `old` rows to `new` ones.
    pub(super) fn between(old: &[UsageRow], new: &[UsageRow]) -> Self {
        let mut moves = Self::default();
        moves.add(new, 1);
        moves.add(old, -1);
        moves.0.retain(|_, delta| !delta.is_zero());
        moves
    }

    fn add(&mut self, rows: &[UsageRow], sign: i64) {
        for (dimensions, counts) in rows {
            match self.0.get_mut(dimensions) {
                Some(delta) => delta.add(counts, sign),
                None => {
                    let mut delta = Delta::default();
                    delta.add(counts, sign);
                    self.0.insert(dimensions.clone(), delta);
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (dimensions, moved) in other.0 {
            let sum = self.0.entry(dimensions).or_default();
            for (sum, moved) in sum.tokens.iter_mut().zip(moved.tokens) {
                *sum = sum.saturating_add(moved);
            }
            sum.web_searches = sum.web_searches.saturating_add(moved.web_searches);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves `rows`, never below zero; what is left with nothing goes.
    pub(super) fn apply(&self, rows: &mut Vec<UsageRow>) {
        if self.is_empty() {
            return;
        }
        let mut sums: BTreeMap<Dimensions, Counts> = rows.drain(..).collect();
        for (dimensions, delta) in &self.0 {
            delta.apply(sums.entry(dimensions.clone()).or_default());
        }
        rows.extend(sums.into_iter().filter(|(_, counts)| !counts.is_zero()));
    }
}

/// `rows` without what `other` rows hold of the same dimensions.
pub(super) fn without(rows: &[UsageRow], other: &[UsageRow]) -> Vec<UsageRow> {
    let mut rest = rows.to_vec();
    Moves::between(other, &[]).apply(&mut rest);
    rest
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
