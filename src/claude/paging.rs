//! Reading a report to its end, in all three dialects of pages.
//!
//! A walk answers with everything or with an error. When a cursor goes stale, which
//! the API says with a 410 or with a 400 to a cursor it gave us itself, the walk begins
//! again from the first page, and what was read is dropped: rows of two states of a
//! report are not one report. Pages are decoded one at a time and their bytes let go.

use jiff::Timestamp;
use tracing::debug;

use super::error::PollError;
use super::http::{Http, Question};
use super::wire::Misread;

/// How an endpoint speaks of its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `after_id` is asked, `last_id` and `has_more` are answered.
    Id,
    /// `page` is asked, `next_page` and `has_more` are answered.
    Report,
    /// `page` is asked, `next_page` alone is answered.
    Bare,
}

impl Dialect {
    const fn parameter(self) -> &'static str {
        match self {
            Self::Id => "after_id",
            Self::Report | Self::Bare => "page",
        }
    }
}

/// One page, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<String>,
    pub refreshed_at: Option<Timestamp>,
}

impl<T> Page<T> {
    pub(super) fn map<U>(self, form: impl FnMut(T) -> U) -> Page<U> {
        let items = self.items.into_iter().map(form).collect();
        Page { items, next: self.next, refreshed_at: self.refreshed_at }
    }
}

impl<T: IntoIterator> Page<T> {
    pub(super) fn flatten(self) -> Page<T::Item> {
        let items = self.items.into_iter().flatten().collect();
        Page { items, next: self.next, refreshed_at: self.refreshed_at }
    }
}

/// A report, read to its end.
#[derive(Debug)]
pub(super) struct Walked<T> {
    pub(super) items: Vec<T>,
    /// The oldest that any page said: beyond it, some page was incomplete.
    pub(super) refreshed_at: Option<Timestamp>,
}

impl<T> Walked<T> {
    const EMPTY: Self = Self { items: Vec::new(), refreshed_at: None };

    fn add(&mut self, page: Page<T>) -> Option<String> {
        self.items.extend(page.items);
        self.refreshed_at = match (self.refreshed_at, page.refreshed_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        page.next
    }
}

impl Http {
    /// Asks `question` and every page after it.
    pub(super) async fn walk<T, D>(
        &self,
        question: &Question,
        dialect: Dialect,
        decode: D,
    ) -> Result<Walked<T>, PollError>
    where
        D: Fn(&[u8]) -> Result<Page<T>, Misread>,
    {
        self.walk_to(question, dialect, usize::MAX, decode).await
    }

    /// Asks `question` and the pages after it, until there are `most` or it ends.
    pub(super) async fn walk_to<T, D>(
        &self,
        question: &Question,
        dialect: Dialect,
        most: usize,
        decode: D,
    ) -> Result<Walked<T>, PollError>
    where
        D: Fn(&[u8]) -> Result<Page<T>, Misread>,
    {
        let after = self.patience().walk;
        let walk = self.walk_until_steady(question, dialect, most, decode);
        let timed_out = |_| Err(PollError::TimedOut { asked: question.asked, after });
        tokio::time::timeout(after, walk).await.unwrap_or_else(timed_out)
    }

    async fn walk_until_steady<T, D>(
        &self,
        question: &Question,
        dialect: Dialect,
        most: usize,
        decode: D,
    ) -> Result<Walked<T>, PollError>
    where
        D: Fn(&[u8]) -> Result<Page<T>, Misread>,
    {
        let restarts = self.patience().restarts;
        for restart in 0..=restarts {
            match self.walk_once(question, dialect, most, &decode).await {
                Err(PollError::StaleCursor { asked, .. }) => {
                    debug!(%asked, restart, "A cursor went stale, starting again from the first page");
                }
                done => return done,
            }
        }
        Err(PollError::StaleCursor { asked: question.asked, restarts })
    }

    async fn walk_once<T, D>(
        &self,
        question: &Question,
        dialect: Dialect,
        most: usize,
        decode: &D,
    ) -> Result<Walked<T>, PollError>
    where
        D: Fn(&[u8]) -> Result<Page<T>, Misread>,
    {
        let (asked, bounds) = (question.asked, self.patience());
        let (mut walked, mut bytes, mut cursor) = (Walked::EMPTY, 0, None);
        for pages in 1..=bounds.pages {
            let question = question.at(dialect.parameter(), cursor.as_deref());
            let (page, page_bytes) = self.get(&question, decode).await?;
            bytes += page_bytes;
            if bytes > bounds.walk_bytes {
                return Err(PollError::TooLarge { asked, bytes_most: bounds.walk_bytes });
            }
            match walked.add(page) {
                None => return Ok(walked),
                Some(_) if walked.items.len() >= most => return Ok(walked),
                // The same cursor again would bring the same page for ever.
                same if same == cursor => return Err(PollError::Endless { asked, pages }),
                more => cursor = more,
            }
        }
        Err(PollError::Endless { asked, pages: bounds.pages })
    }
}
