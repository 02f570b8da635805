//! Where a stretch lies, and which buckets it is made of.
//!
//! It ends where the readings do, as long as they are recent: a figure that a late poll
//! leaves out must not look like a figure that fell. Older readings tell nothing of now,
//! and a stretch that ends now is then not covered.

use jiff::{SignedDuration, Timestamp};

use crate::ledger::{Book, LedgerSettings};
use crate::reading::Report;
use crate::stretch::{Buckets, Wanted};
use crate::window::{Width, Window};

/// Usage still grows for this long after its bucket's end.
const SETTLE: SignedDuration = SignedDuration::from_mins(5);
/// The slower API is polled every ten minutes, and a poll may be late.
const RECENT: SignedDuration = SignedDuration::from_mins(15);
/// Minutes that are older may have been deleted: they are kept for a day at least.
const MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(25);

/// A stretch on the buckets there are.
pub(super) struct Place {
    pub window: Window,
    pub covered: bool,
    finest: Width,
    /// Nothing that was read lies after the end, so the buckets that hold it can be taken whole.
    is_last: bool,
}

impl Place {
    pub(super) fn of(
        book: &Book,
        settings: &LedgerSettings,
        wanted: Wanted,
        at: Timestamp,
    ) -> Self {
        let finest = settings.finest;
        let known = book.coverage.get(&(Report::Usage, finest));
        let recent =
            known.filter(|known| known.read.until().min(known.heard_at) >= earlier(at, RECENT));
        let heard_at = recent.map_or(at, |known| known.heard_at.min(at));
        let end = match wanted.buckets {
            Buckets::Open => finest.ceil(at),
            Buckets::Closed => finest.floor(earlier(heard_at, SETTLE)),
        };
        let until = recent.map_or(end, |known| end.min(known.read.until()));
        let (from, begun) = begin(book, finest, earlier(until, wanted.length), at);
        Self {
            window: Window::new(from, until).unwrap_or_else(|| finest.bucket(at)),
            covered: recent.is_some() && begun,
            finest,
            is_last: known.is_none_or(|known| known.read.until() <= until),
        }
    }

    /// The widest buckets that the stretch is made of, each with the span that they fill.
    pub(super) fn pieces(&self) -> Vec<(Width, Window)> {
        let mut pieces = Vec::new();
        self.cut(Width::Day, self.window, &mut pieces);
        pieces
    }

    fn cut(&self, width: Width, span: Window, pieces: &mut Vec<(Width, Window)>) {
        let narrower = match width {
            Width::Day => Width::Hour,
            Width::Hour | Width::Minute => Width::Minute,
        };
        let last = self.is_last && span.until() == self.window.until();
        let until = if last { width.ceil(span.until()) } else { width.floor(span.until()) };
        let Some(whole) = Window::new(width.ceil(span.from()), until) else {
            if width > self.finest {
                self.cut(narrower, span, pieces);
            }
            return;
        };
        if let Some(before) = Window::new(span.from(), whole.from()) {
            self.cut(narrower, before, pieces);
        }
        pieces.push((width, whole));
        if let Some(after) = Window::new(whole.until(), span.until()) {
            self.cut(narrower, after, pieces);
        }
    }
}

/// Where a stretch that should begin at `from` does, and whether usage was read from there on.
fn begin(book: &Book, finest: Width, from: Timestamp, at: Timestamp) -> (Timestamp, bool) {
    let kept = |width| width != Width::Minute || from >= earlier(at, MINUTES_KEPT);
    for (width, known) in known(book, finest) {
        let edge = width.floor(from);
        if kept(width) && known.is_some_and(|known| known <= edge) {
            return (edge, true);
        }
    }
    let width = Width::ALL.into_iter().find(|width| *width >= finest && kept(*width));
    (width.unwrap_or(finest).floor(from), false)
}

/// Since when buckets of each width are known without a gap, from the finest on. A wider
/// bucket is known by its own report, or as the sum of narrower ones.
fn known(book: &Book, finest: Width) -> Vec<(Width, Option<Timestamp>)> {
    let mut since: Option<Timestamp> = None;
    let widths = Width::ALL.into_iter().filter(|width| *width >= finest);
    let known = widths.map(|width| {
        let read = book.coverage.get(&(Report::Usage, width)).map(|known| known.read);
        let believed_until = match width {
            _ if width == finest => read.map(|read| read.until()),
            Width::Minute => None,
            Width::Hour => book.hours_settled_until,
            Width::Day => book.days_settled_until,
        };
        let joined = read.filter(|read| {
            let reach = believed_until.map(|until| until.min(read.until()));
            since.is_none_or(|since| reach >= Some(since))
        });
        let summed = since.map(|since| width.ceil(since));
        since = joined.map(|read| read.from()).into_iter().chain(summed).min();
        (width, since)
    });
    known.collect()
}

fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
