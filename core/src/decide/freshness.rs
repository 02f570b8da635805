//! Judges the rule `freshness`.

use crate::decide::case::Case;
use crate::decide::turn::Turn;
use crate::rule::{Freshness, Rule};

pub(super) fn judge(_case: &Case<'_>, _rule: &Rule, _freshness: &Freshness) -> Vec<Turn> {
    Vec::new()
}
