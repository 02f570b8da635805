//! The rule `budget`: money of a period, and the shares of it at which people are told.

use jiff::tz::TimeZone;

use crate::amount::Amount;
use crate::period::PeriodKind;
use crate::rule::{Glob, Severity, Share};
use crate::subject::{OrganizationName, RuleName};

/// Money that an organization means to spend in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    pub name: RuleName,
    /// Above zero.
    pub amount: Amount,
    pub period: PeriodKind,
    /// The zone of the period, by name; `None`: the organization's.
    pub zone: Option<(String, TimeZone)>,
    /// Whose budget it is: each organization that one of these matches has its own.
    pub organizations: Vec<Glob>,
    /// Rising, each share once, never empty.
    pub steps: Vec<Step>,
}

/// A share of a budget at which people are told, once a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Share,
    pub severity: Severity,
}

impl Budget {
    /// Whether this budget is judged for `organization`.
    pub fn covers(&self, organization: &OrganizationName) -> bool {
        self.organizations.iter().any(|glob| glob.matches(organization.as_str()))
    }
}
