//! The sources of figures, and what each is called.

use serde::{Deserialize, Serialize};

/// A source of figures; the words of `[poll]` and of the label `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Report {
    /// Tokens by minute, hour and day.
    Usage,
    /// Billed money by day.
    Cost,
    /// Billed money and requests by hour, where granted.
    Analytics,
    /// Who the organization is: its profile.
    Company,
    /// Tokens used and left of a period (company API).
    Quota,
    RateLimits,
    SpendLimits,
    /// Keys, and the workspaces they belong to.
    Keys,
    /// Members and invites.
    Members,
    /// Who did what: the audit log.
    Audit,
}

impl Report {
    pub const ALL: [Self; 10] = [
        Self::Usage,
        Self::Cost,
        Self::Analytics,
        Self::Company,
        Self::Quota,
        Self::RateLimits,
        Self::SpendLimits,
        Self::Keys,
        Self::Members,
        Self::Audit,
    ];

    /// The word for it in configuration, logs and metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Cost => "cost",
            Self::Analytics => "analytics",
            Self::Company => "company",
            Self::Quota => "quota",
            Self::RateLimits => "rate_limits",
            Self::SpendLimits => "spend_limits",
            Self::Keys => "keys",
            Self::Members => "members",
            Self::Audit => "audit",
        }
    }

    /// The report with this [`label`](Self::label).
    pub fn named(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.label() == label)
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}
