//! Judges the rule `change`.

use crate::decide::case::Case;
use crate::decide::turn::Turn;
use crate::rule::{Change, Rule};

pub(super) fn judge(_case: &Case<'_>, _rule: &Rule, _change: &Change) -> Vec<Turn> {
    Vec::new()
}
