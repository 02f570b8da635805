//! The rule `members`: who may do what.

use jiff::SignedDuration;

use crate::rule::Severity;

/// People that are watched. At least one of the conditions is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Somebody can do everything who could not before.
    pub new_admin: bool,
    pub role_changed: bool,
    /// How long an invite may stay open.
    pub invite_pending: Option<SignedDuration>,
    /// How long a member may do nothing, where the API tells of it.
    pub inactive_for: Option<SignedDuration>,
    pub severity: Severity,
}
