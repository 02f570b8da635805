//! The newest closed hour, for comparing it with what is usual.

use jiff::{SignedDuration, Timestamp};

use crate::baseline::{HourUse, PastHour};
use crate::ledger::estimate::Rates;
use crate::ledger::{Book, Rows};
use crate::reading::Report;
use crate::window::{Width, Window};

/// Minutes still grow for this long after their end.
const SETTLE: SignedDuration = SignedDuration::from_mins(5);

/// The newest hour that has ended, has settled, and was heard as a whole.
///
/// It lies as far back as the data do. `None` where usage comes by the day only.
pub(super) fn closed(book: &Book, at: Timestamp) -> Option<Window> {
    let minutes = book.coverage.get(&(Report::Usage, Width::Minute)).and_then(|known| {
        let settled = known.heard_at.min(at).saturating_sub(SETTLE).ok()?;
        newest(known.read, settled)
    });
    let hours = book.coverage.get(&(Report::Usage, Width::Hour)).and_then(|known| {
        let settled = book.hours_settled_until?;
        newest(known.read, settled.min(at))
    });
    minutes.max(hours)
}

/// The newest whole hour of `read` that ends at or before `settled`.
fn newest(read: Window, settled: Timestamp) -> Option<Window> {
    let until = Width::Hour.floor(read.until().min(settled));
    let from = until.checked_sub(Width::Hour.duration()).ok()?;
    Window::new(from, until).filter(|hour| read.covers(hour))
}

/// What the closed hour came to, in the same way as what is usual was added up.
pub(super) fn used(
    book: &Book,
    rates: &Rates<'_>,
    rows: &Rows,
    at: Timestamp,
) -> Option<(Window, HourUse)> {
    let hour = closed(book, at)?;
    let usage = rows.hours.get(&hour.from());
    Some((hour, usage.map(|usage| PastHour::of(usage, rates.known()).total()).unwrap_or_default()))
}
