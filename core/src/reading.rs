//! What a report said: usage by bucket, bills by bucket, inventories as a whole.
//!
//! A reading is keyed by organization, report, bucket and dimensions; reading
//! again overwrites. Rows of a bucket are sorted by their dimensions, and no two
//! share them: [`UsageBucket::new`] and [`BillBucket::new`] see to that, so that
//! equal buckets have equal bytes and an unchanged one can be told by comparing.

mod report;

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::subject::{ApiKeyId, Geo, ModelId, OrganizationName, ServiceTier, WorkspaceId};
use crate::window::{Width, Window};

pub use report::Report;

/// The kinds of tokens that are counted, and priced, apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TokenType {
    UncachedInput,
    CacheRead,
    CacheWrite5m,
    CacheWrite1h,
    Output,
}

impl TokenType {
    pub const ALL: [Self; 5] = [
        Self::UncachedInput,
        Self::CacheRead,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::Output,
    ];

    /// The value of the label `token_type`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UncachedInput => "uncached_input",
            Self::CacheRead => "cache_read",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::Output => "output",
        }
    }
}

/// Tokens of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tokens {
    pub uncached_input: u64,
    pub cache_read: u64,
    pub cache_write_5m: u64,
    pub cache_write_1h: u64,
    pub output: u64,
}

impl Tokens {
    pub const fn of(&self, kind: TokenType) -> u64 {
        match kind {
            TokenType::UncachedInput => self.uncached_input,
            TokenType::CacheRead => self.cache_read,
            TokenType::CacheWrite5m => self.cache_write_5m,
            TokenType::CacheWrite1h => self.cache_write_1h,
            TokenType::Output => self.output,
        }
    }

    pub const fn of_mut(&mut self, kind: TokenType) -> &mut u64 {
        match kind {
            TokenType::UncachedInput => &mut self.uncached_input,
            TokenType::CacheRead => &mut self.cache_read,
            TokenType::CacheWrite5m => &mut self.cache_write_5m,
            TokenType::CacheWrite1h => &mut self.cache_write_1h,
            TokenType::Output => &mut self.output,
        }
    }

    pub fn total(&self) -> u64 {
        TokenType::ALL.iter().fold(0, |sum, &kind| sum.saturating_add(self.of(kind)))
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        for kind in TokenType::ALL {
            let sum = self.of(kind).saturating_add(other.of(kind));
            *self.of_mut(kind) = sum;
        }
    }
}

impl Add for Tokens {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

/// What is counted of one combination of dimensions in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counts {
    pub tokens: Tokens,
    pub web_searches: u64,
}

impl Counts {
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.tokens += other.tokens;
        self.web_searches = self.web_searches.saturating_add(other.web_searches);
    }
}

/// By what usage is kept apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dimensions {
    pub workspace: WorkspaceId,
    pub model: ModelId,
    pub key: ApiKeyId,
    pub tier: ServiceTier,
    pub geo: Geo,
}

/// Usage of one bucket. An empty one is a reading too: nothing was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageBucket {
    from: Timestamp,
    width: Width,
    rows: Vec<(Dimensions, Counts)>,
}

impl UsageBucket {
    /// Sorts the rows, adds up those with equal dimensions and drops those that count nothing.
    pub fn new(
        width: Width,
        from: Timestamp,
        rows: impl IntoIterator<Item = (Dimensions, Counts)>,
    ) -> Self {
        let mut rows: Vec<(Dimensions, Counts)> =
            rows.into_iter().filter(|(_, counts)| !counts.is_zero()).collect();
        // Rows mostly arrive in order, which this sort notices and a tree would not.
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        rows.dedup_by(|(later, more), (kept, counts)| {
            let same = later == kept;
            if same {
                *counts += *more;
            }
            same
        });
        Self { from: width.floor(from), width, rows }
    }

    pub const fn from(&self) -> Timestamp {
        self.from
    }

    pub const fn width(&self) -> Width {
        self.width
    }

    pub fn window(&self) -> Window {
        self.width.bucket(self.from)
    }

    pub fn rows(&self) -> &[(Dimensions, Counts)] {
        &self.rows
    }
}

/// What a line of a bill charges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChargeKind {
    Tokens(TokenType),
    /// Token cost that does not say of which kind.
    AnyTokens,
    WebSearch,
    CodeExecution,
    Session,
    /// A kind this version does not know. Still money.
    Other,
}

/// By what a bill is kept apart. `None` where the bill does not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BillDimensions {
    pub workspace: WorkspaceId,
    pub kind: ChargeKind,
    pub model: Option<ModelId>,
    /// Only analytics can say.
    pub key: Option<ApiKeyId>,
    /// The bill knows `standard` and `batch`.
    pub tier: Option<ServiceTier>,
    pub geo: Option<Geo>,
}

/// Money billed for one bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillBucket {
    from: Timestamp,
    width: Width,
    rows: Vec<(BillDimensions, Amount)>,
}

impl BillBucket {
    /// Sorts the rows and adds up those with equal dimensions.
    pub fn new(
        width: Width,
        from: Timestamp,
        rows: impl IntoIterator<Item = (BillDimensions, Amount)>,
    ) -> Self {
        let mut sums: BTreeMap<BillDimensions, Amount> = BTreeMap::new();
        for (dimensions, amount) in rows {
            *sums.entry(dimensions).or_default() += amount;
        }
        sums.retain(|_, amount| !amount.is_zero());
        Self { from: width.floor(from), width, rows: sums.into_iter().collect() }
    }

    pub const fn from(&self) -> Timestamp {
        self.from
    }

    pub const fn width(&self) -> Width {
        self.width
    }

    pub fn window(&self) -> Window {
        self.width.bucket(self.from)
    }

    pub fn rows(&self) -> &[(BillDimensions, Amount)] {
        &self.rows
    }

    pub fn total(&self) -> Amount {
        self.rows.iter().map(|(_, amount)| *amount).sum()
    }
}

/// Requests of one hour by workspace and model, where a report counts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestBucket {
    pub from: Timestamp,
    pub rows: Vec<((WorkspaceId, ModelId), u64)>,
}

/// Where money is known from. The order is the order of trust: later wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BillSource {
    /// The daily figure of the company API: dollars, no dimensions, an estimate by its own name.
    Company,
    /// The daily cost report.
    CostReport,
    /// Analytics cost, by the hour, up to its `data_refreshed_at`.
    Analytics,
}

/// One answer of one report, whole: everything of a poll is committed together or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub organization: OrganizationName,
    pub report: Report,
    /// When we asked. Data after it cannot be in the answer.
    pub heard_at: Timestamp,
    pub findings: Findings,
}

/// What an answer said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Findings {
    /// Every bucket of `window`; a bucket that is missing here was empty.
    Usage {
        width: Width,
        window: Window,
        buckets: Vec<UsageBucket>,
    },
    /// Every bucket of `window` from one source. `refreshed_at`: data after it are incomplete.
    Bill {
        source: BillSource,
        width: Width,
        window: Window,
        refreshed_at: Option<Timestamp>,
        buckets: Vec<BillBucket>,
    },
    /// Every hour of `window` that had requests.
    Requests {
        window: Window,
        refreshed_at: Timestamp,
        buckets: Vec<RequestBucket>,
    },
    Profile(crate::roster::Profile),
    Quota(crate::roster::Quota),
    RateLimits(Vec<crate::roster::RateLimit>),
    SpendLimits(Vec<crate::roster::SpendLimit>),
    Keys {
        workspaces: Vec<crate::roster::Workspace>,
        keys: Vec<crate::roster::ApiKey>,
    },
    Members {
        members: Vec<crate::roster::Member>,
        invites: Vec<crate::roster::Invite>,
    },
    /// What the audit log says since the moment that was asked for, in any order; what was
    /// heard before may be among it. Not `complete`: it ended before the log did.
    Activities {
        complete: bool,
        activities: Vec<crate::roster::Activity>,
    },
    /// The report is not offered to this organization: 403 or 404 where that is a normal answer.
    NotGranted,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str, output: u64) -> (Dimensions, Counts) {
        let dimensions = Dimensions {
            workspace: WorkspaceId::DEFAULT.into(),
            model: model.into(),
            key: ApiKeyId::NONE.into(),
            tier: ServiceTier::STANDARD.into(),
            geo: Geo::GLOBAL.into(),
        };
        let tokens = Tokens { output, ..Tokens::default() };
        (dimensions, Counts { tokens, web_searches: 0 })
    }

    #[test]
    fn rows_of_a_bucket_are_sorted_summed_and_never_empty() {
        let rows = [row("c", 1), row("a", 2), row("b", 0), row("c", 4), row("a", 8), row("c", 16)];
        let bucket = UsageBucket::new(Width::Minute, Timestamp::UNIX_EPOCH, rows);
        assert_eq!(bucket.rows(), [row("a", 10), row("c", 21)]);
    }
}
