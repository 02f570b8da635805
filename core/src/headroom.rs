//! How much of a rate limit is in use: tokens a minute, as a limiter counts them.
//!
//! Judging and metrics share this arithmetic, so that a mail and a series cannot disagree.
//! It says nothing of limiters that do not count tokens by the minute, and of those it does
//! not know: no figure is better than a guessed one. It cannot fail.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::reading::Tokens;
use crate::roster::RateLimit;
use crate::snapshot::MinuteUse;
use crate::subject::{ModelId, WorkspaceId};
use crate::window::Width;

/// Only limits of this type are about tokens of models.
const MODEL_GROUP: &str = "model_group";

/// How long after its end a minute may still grow.
const MINUTES_SETTLE: SignedDuration = SignedDuration::from_mins(5);

/// Tokens of a stretch of minutes, summed for looking up.
#[derive(Clone, Debug)]
pub struct Used<'a> {
    minutes: u64,
    by_pair: BTreeMap<(&'a WorkspaceId, &'a ModelId), Tokens>,
    by_model: BTreeMap<&'a ModelId, Tokens>,
}

/// The newest closed minutes that make up `over`, oldest first; `None` unless all of them were
/// read.
pub fn newest_closed(
    minutes: &[MinuteUse],
    over: SignedDuration,
    at: Timestamp,
) -> Option<&[MinuteUse]> {
    let count = usize::try_from(over.as_mins()).ok().filter(|count| *count > 0)?;
    let newest = &minutes[minutes.len().checked_sub(count)?..];
    let until = Width::Minute.floor(at.saturating_sub(MINUTES_SETTLE).ok()?);
    let (first, last) = (newest.first()?, newest.last()?);
    let is_newest = Width::Minute.bucket(last.from).until() == until;
    let is_whole = until.duration_since(first.from) == SignedDuration::from_mins(over.as_mins());
    (is_newest && is_whole).then_some(newest)
}

impl<'a> Used<'a> {
    /// `None` when there are no minutes to take a mean of.
    pub fn of(minutes: &'a [MinuteUse]) -> Option<Self> {
        let count = u64::try_from(minutes.len()).ok().filter(|count| *count > 0)?;
        let mut used = Self { minutes: count, by_pair: BTreeMap::new(), by_model: BTreeMap::new() };
        for (workspace, model, tokens) in minutes.iter().flat_map(|minute| &minute.rows) {
            *used.by_pair.entry((workspace, model)).or_default() += *tokens;
            *used.by_model.entry(model).or_default() += *tokens;
        }
        Some(used)
    }

    /// The mean of tokens a minute that `limit` counts; `None` when there is no such figure.
    ///
    /// What a workspace uses of a limit it inherits counts against the organization's, which
    /// counts every workspace.
    pub fn per_minute(&self, limit: &RateLimit) -> Option<Decimal> {
        if limit.group_type != MODEL_GROUP || limit.models.is_empty() {
            return None;
        }
        let sums = limit.models.iter().filter_map(|model| match &limit.workspace {
            Some(workspace) => self.by_pair.get(&(workspace, model)),
            None => self.by_model.get(model),
        });
        let tokens = sums.fold(Tokens::default(), |sum, tokens| sum + *tokens);
        let counted = counted_by(&limit.limiter, &tokens)?;
        Decimal::from(counted).checked_div(Decimal::from(self.minutes))
    }

    /// That mean as a share of the limit; `None` also where the limit is none.
    pub fn ratio(&self, limit: &RateLimit) -> Option<Decimal> {
        let allowed = limit.value.filter(|&value| value > 0)?;
        self.per_minute(limit)?.checked_div(Decimal::from(allowed))
    }
}

/// The tokens that a limiter counts; `None` for one that does not count tokens by the
/// minute, or that we do not know.
///
/// Cache writes count as input. Cache reads do not where the limiter calls itself
/// cache-aware; elsewhere they are counted, which errs on the side of warning early.
fn counted_by(limiter: &str, tokens: &Tokens) -> Option<u64> {
    let written = tokens.cache_write_5m.saturating_add(tokens.cache_write_1h);
    let aware = tokens.uncached_input.saturating_add(written);
    match limiter {
        "input_tokens_per_minute_cache_aware" => Some(aware),
        "input_tokens_per_minute" => Some(aware.saturating_add(tokens.cache_read)),
        "output_tokens_per_minute" => Some(tokens.output),
        "tokens_per_minute" => Some(tokens.total()),
        _ => None,
    }
}

/// What a limiter counts, for people: `input tokens a minute`.
pub fn limiter_words(limiter: &str) -> Cow<'_, str> {
    match limiter {
        // What most people mean by input; the other one says that it differs.
        "input_tokens_per_minute_cache_aware" => Cow::Borrowed("input tokens a minute"),
        "input_tokens_per_minute" => Cow::Borrowed("input tokens a minute, cache reads included"),
        "output_tokens_per_minute" => Cow::Borrowed("output tokens a minute"),
        "tokens_per_minute" => Cow::Borrowed("tokens a minute"),
        "requests_per_minute" => Cow::Borrowed("requests a minute"),
        other => Cow::Owned(other.replace("_per_", " a ").replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limiter_counts_the_tokens_it_is_about() {
        let tokens = Tokens {
            uncached_input: 1,
            cache_read: 10,
            cache_write_5m: 100,
            cache_write_1h: 1_000,
            output: 10_000,
        };
        let cases = [
            ("input_tokens_per_minute_cache_aware", Some(1_101)),
            ("input_tokens_per_minute", Some(1_111)),
            ("output_tokens_per_minute", Some(10_000)),
            ("tokens_per_minute", Some(11_111)),
            ("requests_per_minute", None),
            ("tokens_per_day", None),
            ("fast_itpmca", None),
            ("enqueued_batch_requests", None),
            ("what_comes_next", None),
        ];
        for (limiter, expected) in cases {
            assert_eq!(counted_by(limiter, &tokens), expected, "{limiter}");
        }
    }

    #[test]
    fn a_stretch_of_minutes_is_closed_recent_and_without_gaps_or_it_is_none() {
        let minute = |minute: i64| MinuteUse {
            from: Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute),
            rows: Vec::new(),
        };
        let cases: [(&[i64], i64, i64, bool); 7] = [
            (&[0, 1, 2, 3, 4], 5, 10, true),
            (&[0, 1, 2, 3, 4], 3, 10, true),
            (&[1, 2, 3, 4], 5, 10, false),
            (&[0, 1, 3, 4], 4, 10, false),
            (&[0, 1, 2, 3, 4], 5, 11, false),
            (&[0, 1, 2, 3, 4, 5], 5, 10, false),
            (&[], 5, 10, false),
        ];
        for (minutes, over, at, expected) in cases {
            let read: Vec<_> = minutes.iter().copied().map(minute).collect();
            let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(at * 60 + 30);
            let found = newest_closed(&read, SignedDuration::from_mins(over), at);
            assert_eq!(found.is_some(), expected, "{minutes:?} over {over}m at {at}");
        }
    }
}
