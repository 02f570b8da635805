//! What was asked for, in the words of errors and advice.

use std::fmt;

/// One question an API can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Usage,
    Cost,
    AnalyticsCost,
    AnalyticsUsage,
    Profile,
    Workspaces,
    Keys,
    Users,
    Invites,
    RateLimits,
    SpendLimits,
    Quota,
    DayTotals,
    Organizations,
    Me,
}

impl Asked {
    const fn words(self) -> &'static str {
        match self {
            Self::Usage => "the usage report",
            Self::Cost => "the cost report",
            Self::AnalyticsCost => "analytics cost",
            Self::AnalyticsUsage => "analytics usage",
            Self::Profile => "the organization's profile",
            Self::Workspaces => "the list of workspaces",
            Self::Keys => "the list of API keys",
            Self::Users => "the list of members",
            Self::Invites => "the list of invites",
            Self::RateLimits => "the rate limits",
            Self::SpendLimits => "the spend limits",
            Self::Quota => "the token quota",
            Self::DayTotals => "the totals by day",
            Self::Organizations => "the list of organizations",
            Self::Me => "the key's own role",
        }
    }

    /// Whether organizations without it are the rule: it is in preview, or sold apart.
    pub(super) const fn granted_to_few(self) -> bool {
        match self {
            Self::AnalyticsCost | Self::AnalyticsUsage | Self::SpendLimits => true,
            Self::Usage
            | Self::Cost
            | Self::Profile
            | Self::Workspaces
            | Self::Keys
            | Self::Users
            | Self::Invites
            | Self::RateLimits
            | Self::Quota
            | Self::DayTotals
            | Self::Organizations
            | Self::Me => false,
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}
