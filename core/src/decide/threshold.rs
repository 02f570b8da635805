//! Judges the rule `threshold`.

use crate::decide::case::Case;
use crate::decide::turn::Turn;
use crate::rule::{Rule, Threshold};

pub(super) fn judge(_case: &Case<'_>, _rule: &Rule, _threshold: &Threshold) -> Vec<Turn> {
    Vec::new()
}
