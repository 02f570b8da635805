//! What becomes of the rows when a reading is heard.

use crate::ledger::{Book, Changes, LedgerSettings, Rows};
use crate::reading::Reading;

/// Posts one reading: moves the book, and says which rows to write.
///
/// `rows` are those that [`needs`](super::needs) named, asked of the same book.
pub fn post(
    _book: &mut Book,
    _settings: &LedgerSettings,
    _reading: &Reading,
    _rows: &Rows,
) -> Changes {
    Changes::default()
}
