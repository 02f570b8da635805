//! What an operator wants to hear of: the words all rules share.
//!
//! Rules are values that have been checked: a share is above zero, steps rise,
//! a zone exists. Nothing here judges; that is [`decide`](crate::decide)'s work.
//! Constructors refuse what makes no sense, and say why in one sentence.

mod budget;
mod glob;
mod share;

pub use budget::{Budget, Step};
pub use glob::{Glob, GlobError};
pub use share::{Share, ShareError};

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much it matters. Ordered: `Critical` is the greatest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    /// What a rule has that names none.
    #[default]
    Warning,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The word for it in configuration, mails, logs and metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity with this [`label`](Self::label).
    pub fn named(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.label() == label)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_rise_from_info_to_critical_and_are_found_by_their_label() {
        assert!(Severity::ALL.is_sorted());
        for severity in Severity::ALL {
            assert_eq!(Severity::named(severity.label()), Some(severity));
        }
        assert_eq!(Severity::named("fatal"), None);
    }
}
