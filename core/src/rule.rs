//! Conditions an operator wrote, as they are once checked.

use serde::{Deserialize, Serialize};

/// How much it hurts.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Severity {
    Info,
    #[default]
    Warning,
    Critical,
}
