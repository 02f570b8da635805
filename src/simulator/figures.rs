//! What is counted of traffic, as one row of integers.

use std::ops::AddAssign;

use usagewarden_core::reading::TokenType;

/// Tokens of each kind, web searches and requests of one stream in one span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures([u64; Self::COLUMNS]);

impl Figures {
    /// Five kinds of tokens in the order of [`TokenType::ALL`], searches, requests.
    pub(crate) const COLUMNS: usize = 7;
    const SEARCHES: usize = 5;
    const REQUESTS: usize = 6;

    pub(crate) const fn new(columns: [u64; Self::COLUMNS]) -> Self {
        Self(columns)
    }

    pub(crate) const fn of(&self, kind: TokenType) -> u64 {
        self.0[match kind {
            TokenType::UncachedInput => 0,
            TokenType::CacheRead => 1,
            TokenType::CacheWrite5m => 2,
            TokenType::CacheWrite1h => 3,
            TokenType::Output => 4,
        }]
    }

    pub(crate) fn tokens(&self) -> u64 {
        self.0[..Self::SEARCHES].iter().sum()
    }

    pub(crate) const fn searches(&self) -> u64 {
        self.0[Self::SEARCHES]
    }

    pub(crate) const fn requests(&self) -> u64 {
        self.0[Self::REQUESTS]
    }

    pub(crate) fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// This much of every column, rounded down.
    pub(crate) fn share(&self, part: u128, whole: u128) -> Self {
        Self(
            self.0
                .map(|column| u64::try_from(u128::from(column) * part / whole).unwrap_or(u64::MAX)),
        )
    }

    pub(crate) fn times(&self, factor: u64) -> Self {
        Self(self.0.map(|column| column * factor))
    }

    /// What is left of this after `other`, column by column.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|column| self.0[column].saturating_sub(other.0[column])))
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        for (column, more) in self.0.iter_mut().zip(other.0) {
            *column += more;
        }
    }
}
