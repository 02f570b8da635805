//! Which rows a decision takes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ledger::{Book, LedgerSettings, Needs, PeriodSum, SumKey};
use crate::reading::Reading;
use crate::window::Window;

/// The rows that [`post`](super::post) wants to see for this reading.
pub fn needs(_book: &Book, _settings: &LedgerSettings, _reading: &Reading) -> Needs {
    Needs::default()
}

/// The sums of the current and the previous period of every calendar and kind.
pub fn sum_keys(_settings: &LedgerSettings, _at: Timestamp) -> Vec<SumKey> {
    Vec::new()
}

/// What [`spends`](super::spends) takes besides the sums, given those that exist of [`sum_keys`].
pub fn outlook(
    _book: &Book,
    _settings: &LedgerSettings,
    _sums: &BTreeMap<SumKey, PeriodSum>,
    _at: Timestamp,
) -> Needs {
    Needs::default()
}

/// What [`value`](super::value) takes for any part of `window`.
pub fn history(_book: &Book, _window: Window) -> Needs {
    Needs::default()
}
