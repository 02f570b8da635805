//! The rules `freshness` and `change`: whether data come, and whether what should stay
//! the same does.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::reading::Report;
use crate::rule::Severity;

/// Data that do not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// How old the newest data of a report may be, past the time it takes to settle.
    pub older_than: BTreeMap<Report, SignedDuration>,
    /// How long the polls of one report may fail; a refused key tells at once. `None`:
    /// failures alone are not told.
    pub failing_for: Option<SignedDuration>,
    pub severity: Severity,
}

/// What should stay as it is. At least one of these is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub rate_limit_lowered: bool,
    pub spend_limit_changed: bool,
    /// A spend limit was switched off or removed.
    pub spend_limit_off: bool,
    /// Somebody asked for a higher limit.
    pub increase_request: bool,
    pub plan_changed: bool,
    pub features_changed: bool,
    pub name_changed: bool,
    pub severity: Severity,
}
