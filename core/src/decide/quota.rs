//! Judges the rule `quota`.

use crate::decide::case::Case;
use crate::decide::turn::Turn;
use crate::rule::{Quota, Rule};

pub(super) fn judge(_case: &Case<'_>, _rule: &Rule, _quota: &Quota) -> Vec<Turn> {
    Vec::new()
}
