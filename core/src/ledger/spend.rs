//! What a span of time came to, from the rows of it.

use jiff::Timestamp;

use crate::ledger::{Book, Figures, LedgerSettings, Rows, Value};
use crate::window::Window;

/// Every figure of a snapshot at `at`.
///
/// `rows` hold the sums that exist of [`sum_keys`](super::sum_keys) and what
/// [`outlook`](super::outlook) named.
pub fn spends(_book: &Book, _settings: &LedgerSettings, _rows: &Rows, _at: Timestamp) -> Figures {
    Figures::default()
}

/// What `part` came to: a UTC day, or whatever of one day is wanted.
pub fn value(_book: &Book, _settings: &LedgerSettings, _rows: &Rows, _part: Window) -> Value {
    Value::default()
}
