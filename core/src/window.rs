//! Spans of time: half-open, never empty, and the widths reports come in.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A span of time: `from` belongs to it, `until` does not. Never empty, never backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    from: Timestamp,
    until: Timestamp,
}

impl Window {
    /// `None` when the span would be empty or backward.
    pub fn new(from: Timestamp, until: Timestamp) -> Option<Self> {
        (from < until).then_some(Self { from, until })
    }

    pub const fn from(&self) -> Timestamp {
        self.from
    }

    pub const fn until(&self) -> Timestamp {
        self.until
    }

    pub fn length(&self) -> SignedDuration {
        self.until.duration_since(self.from)
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// What both windows cover.
    pub fn overlap(&self, other: &Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.until.min(other.until))
    }

    /// Whether every instant of `other` lies in this window.
    pub fn covers(&self, other: &Self) -> bool {
        self.from <= other.from && other.until <= self.until
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.until)
    }
}

/// The widths of buckets that reports offer. Buckets begin at whole multiples in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Width {
    Minute,
    Hour,
    Day,
}

impl Width {
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub const fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds())
    }

    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// The word both reports use for this width: `1m`, `1h`, `1d`.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }

    /// Where the bucket that holds `at` begins.
    pub fn floor(self, at: Timestamp) -> Timestamp {
        let second = at.as_second();
        let whole = second - second.rem_euclid(self.seconds());
        Timestamp::from_second(whole).unwrap_or(at)
    }

    /// Where the first bucket that begins at or after `at` begins.
    pub fn ceil(self, at: Timestamp) -> Timestamp {
        let floor = self.floor(at);
        if floor == at { at } else { self.after(floor) }
    }

    /// The bucket that holds `at`.
    pub fn bucket(self, at: Timestamp) -> Window {
        let from = self.floor(at);
        Window { from, until: self.after(from) }
    }

    /// Where the bucket that begins at `from` ends; the last of all ends with time itself.
    fn after(self, from: Timestamp) -> Timestamp {
        from.saturating_add(self.duration()).unwrap_or(Timestamp::MAX)
    }

    /// The buckets that touch `window`, oldest first.
    pub fn buckets(self, window: Window) -> impl Iterator<Item = Window> {
        let mut from = self.floor(window.from());
        std::iter::from_fn(move || {
            let bucket = Window { from, until: self.after(from) };
            from = bucket.until;
            (bucket.from < window.until()).then_some(bucket)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_never_empty() {
        assert_eq!(Window::new(at("2026-11-20T14:00:00Z"), at("2026-11-20T14:00:00Z")), None);
    }

    #[test]
    fn the_last_bucket_of_all_ends_with_time_itself() {
        for width in Width::ALL {
            let bucket = width.bucket(Timestamp::MAX);
            assert_eq!(
                (width.ceil(Timestamp::MAX), bucket.until()),
                (Timestamp::MAX, Timestamp::MAX)
            );
            assert_eq!(width.buckets(bucket).collect::<Vec<_>>(), [bucket]);
        }
    }

    #[test]
    fn buckets_begin_at_whole_multiples_in_utc() {
        let shown: Vec<String> = Width::Hour
            .buckets(Window::new(at("2026-11-20T14:59:59Z"), at("2026-11-20T16:00:00Z")).unwrap())
            .map(|bucket| bucket.to_string())
            .collect();
        assert_eq!(
            shown,
            [
                "2026-11-20T14:00:00Z..2026-11-20T15:00:00Z",
                "2026-11-20T15:00:00Z..2026-11-20T16:00:00Z"
            ]
        );
        assert_eq!(Width::Day.floor(at("1969-12-31T12:00:00Z")), at("1969-12-31T00:00:00Z"));
    }
}
