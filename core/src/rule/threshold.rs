//! The rules `threshold` and `rate_limit`: a figure over a window against a bound.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::quantity::Unit;
use crate::rule::{Facet, Scope, Severity, Share};
use crate::stretch::{Buckets, Wanted};

/// A bound on any figure over a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    pub metric: Metric,
    /// From a minute to thirty days.
    pub window: SignedDuration,
    pub bound: Bound,
    /// It resolves only past this; `None`: at the bound itself. In the unit of the metric.
    pub clear: Option<Decimal>,
    /// How long the condition must hold before people are told.
    pub hold: SignedDuration,
    pub severity: Severity,
    pub scope: Scope,
    pub each: Vec<Facet>,
}

impl Threshold {
    /// The stretch it wants of the ledger. What can only grow is judged while it grows.
    pub fn wanted(&self) -> Wanted {
        let buckets = match self.bound {
            Bound::Above(_) if self.metric != Metric::CacheHitRatio => Buckets::Open,
            Bound::Above(_) | Bound::Below(_) => Buckets::Closed,
        };
        Wanted { length: self.window, buckets }
    }
}

/// On which side of a value the trouble is. In the unit of the metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Above(Decimal),
    Below(Decimal),
}

/// What a threshold measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Metric {
    Cost,
    UncachedInputTokens,
    CacheReadTokens,
    /// Both lifetimes of cache entries.
    CacheWriteTokens,
    OutputTokens,
    TotalTokens,
    Requests,
    WebSearches,
    /// Cache reads as a share of all input.
    CacheHitRatio,
}

impl Metric {
    pub const ALL: [Self; 9] = [
        Self::Cost,
        Self::UncachedInputTokens,
        Self::CacheReadTokens,
        Self::CacheWriteTokens,
        Self::OutputTokens,
        Self::TotalTokens,
        Self::Requests,
        Self::WebSearches,
        Self::CacheHitRatio,
    ];

    /// The word for it in configuration and payloads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::UncachedInputTokens => "uncached_input_tokens",
            Self::CacheReadTokens => "cache_read_tokens",
            Self::CacheWriteTokens => "cache_write_tokens",
            Self::OutputTokens => "output_tokens",
            Self::TotalTokens => "total_tokens",
            Self::Requests => "requests",
            Self::WebSearches => "web_searches",
            Self::CacheHitRatio => "cache_hit_ratio",
        }
    }

    pub const fn unit(self) -> Unit {
        match self {
            Self::Cost => Unit::Usd,
            Self::UncachedInputTokens
            | Self::CacheReadTokens
            | Self::CacheWriteTokens
            | Self::OutputTokens
            | Self::TotalTokens => Unit::Tokens,
            Self::Requests => Unit::Requests,
            Self::WebSearches => Unit::Searches,
            Self::CacheHitRatio => Unit::Share,
        }
    }
}

/// A share of every rate limit there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headroom {
    pub at: Share,
    /// The stretch of closed minutes whose mean is compared; at most fifteen.
    pub over: SignedDuration,
    pub hold: SignedDuration,
    pub severity: Severity,
    /// Only the workspaces and models of it matter.
    pub scope: Scope,
}
