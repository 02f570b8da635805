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
    Activities,
    Models,
    Key,
    Member,
    SetKeyStatus,
    CreateKey,
    RevokeKey,
    Invite,
    SetRole,
    RemoveMember,
    WithdrawInvite,
    SetSpendLimit,
    RemoveSpendLimit,
    SetRateLimit,
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
            Self::Activities => "the audit log",
            Self::Models => "the list of models",
            Self::Key => "the API key",
            Self::Member => "the member",
            Self::SetKeyStatus => "the change of an API key",
            Self::CreateKey => "the new API key",
            Self::RevokeKey => "the revocation of an API key",
            Self::Invite => "the invite",
            Self::SetRole => "the change of a role",
            Self::RemoveMember => "the removal of a member",
            Self::WithdrawInvite => "the withdrawal of an invite",
            Self::SetSpendLimit => "the change of a spend limit",
            Self::RemoveSpendLimit => "the removal of a spend limit",
            Self::SetRateLimit => "the change of a rate limit",
        }
    }

    /// Whether organizations without it are the rule: it is in preview, or sold apart.
    pub(super) const fn granted_to_few(self) -> bool {
        match self {
            Self::AnalyticsCost | Self::AnalyticsUsage | Self::SpendLimits | Self::Activities => {
                true
            }
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
            | Self::Me
            | Self::Models
            | Self::Key
            | Self::Member => false,
            Self::SetKeyStatus
            | Self::CreateKey
            | Self::RevokeKey
            | Self::Invite
            | Self::SetRole
            | Self::RemoveMember
            | Self::WithdrawInvite
            | Self::SetSpendLimit
            | Self::RemoveSpendLimit
            | Self::SetRateLimit => false,
        }
    }

    /// Whether something is to be changed by it.
    pub const fn is_write(self) -> bool {
        match self {
            Self::SetKeyStatus
            | Self::CreateKey
            | Self::RevokeKey
            | Self::Invite
            | Self::SetRole
            | Self::RemoveMember
            | Self::WithdrawInvite
            | Self::SetSpendLimit
            | Self::RemoveSpendLimit
            | Self::SetRateLimit => true,
            Self::Usage
            | Self::Cost
            | Self::AnalyticsCost
            | Self::AnalyticsUsage
            | Self::Profile
            | Self::Workspaces
            | Self::Keys
            | Self::Users
            | Self::Invites
            | Self::RateLimits
            | Self::SpendLimits
            | Self::Quota
            | Self::DayTotals
            | Self::Organizations
            | Self::Me
            | Self::Activities
            | Self::Models
            | Self::Key
            | Self::Member => false,
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}
