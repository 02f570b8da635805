//! How much of each rate limit the last closed minutes used.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use usagewarden_core::reading::Tokens;
use usagewarden_core::roster::RateLimit;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::{ModelId, WorkspaceId};
use usagewarden_core::window::Width;

use super::cap::Room;
use super::family::Family;
use super::fragment::Sheet;
use super::limits;

/// Minutes that ended longer ago say nothing about now. Usage settles within five.
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Only limits of this type are about tokens of models.
const MODEL_GROUP: &str = "model_group";

/// Writes the mean use of the closed minutes as a share of each limit that it can be compared with.
pub(super) fn write(sheet: &mut Sheet, room: &mut Room, snapshot: &Snapshot) {
    let Some(limits) = &snapshot.roster.rate_limits else { return };
    let Some(used) = Used::of(snapshot) else { return };
    let mut highest: BTreeMap<[&str; 3], Decimal> = BTreeMap::new();
    for limit in limits.iter().filter(|limit| !limit.inherited) {
        if let Some(ratio) = used.ratio(limit) {
            let most = highest.entry(limits::labels(limit)).or_insert(ratio);
            *most = (*most).max(ratio);
        }
    }
    for (labels, ratio) in highest {
        if room.take(1) {
            limits::write(sheet, Family::RateLimitUsed, labels, ratio.round_dp(6).normalize());
        }
    }
}

/// Tokens of the closed minutes, summed for looking up.
struct Used<'a> {
    minutes: u64,
    by_pair: BTreeMap<(&'a WorkspaceId, &'a ModelId), Tokens>,
    by_model: BTreeMap<&'a ModelId, Tokens>,
}

impl<'a> Used<'a> {
    /// `None` when there are no minutes, or none that still mean something.
    fn of(snapshot: &'a Snapshot) -> Option<Self> {
        let last = snapshot.minutes.last()?;
        let ended_at = Width::Minute.bucket(last.from).until();
        if snapshot.at.duration_since(ended_at) > STALE_AFTER {
            return None;
        }
        let minutes = snapshot.minutes.len().try_into().ok()?;
        let mut used = Self { minutes, by_pair: BTreeMap::new(), by_model: BTreeMap::new() };
        for (workspace, model, tokens) in snapshot.minutes.iter().flat_map(|minute| &minute.rows) {
            *used.by_pair.entry((workspace, model)).or_default() += *tokens;
            *used.by_model.entry(model).or_default() += *tokens;
        }
        Some(used)
    }

    fn ratio(&self, limit: &RateLimit) -> Option<Decimal> {
        let allowed = limit.value.filter(|&value| value > 0)?;
        if limit.group_type != MODEL_GROUP || limit.models.is_empty() {
            return None;
        }
        let sums = limit.models.iter().filter_map(|model| match &limit.workspace {
            Some(workspace) => self.by_pair.get(&(workspace, model)),
            None => self.by_model.get(model),
        });
        let tokens = sums.fold(Tokens::default(), |sum, tokens| sum + *tokens);
        let counted = counted_by(&limit.limiter, &tokens)?;
        let per_minute = Decimal::from(counted).checked_div(Decimal::from(self.minutes))?;
        per_minute.checked_div(Decimal::from(allowed))
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
}
