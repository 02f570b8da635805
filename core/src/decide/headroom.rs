//! Judges the rule `rate_limit`.

use crate::decide::case::Case;
use crate::decide::turn::Turn;
use crate::rule::{Headroom, Rule};

pub(super) fn judge(_case: &Case<'_>, _rule: &Rule, _headroom: &Headroom) -> Vec<Turn> {
    Vec::new()
}
