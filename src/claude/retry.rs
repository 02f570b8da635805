//! Whether to try again, and when: the one policy of all questions.
//!
//! What can heal is tried again a little later each time. What cannot is told at once.
//! The API's own hints count inside our bounds: `x-should-retry: false` ends the tries, and
//! a `Retry-After` that is longer than we wait is handed to whoever plans polls.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::error::PollError;
use super::patience::Patience;

/// A `Retry-After` of a year must not be able to end the watching.
const RETRY_AFTER_LONGEST: Duration = Duration::from_hours(1);
/// Of the doubled wait, up to this share is taken off by chance, so that many do not return at once.
const JITTER: f64 = 0.25;

/// What a second try does beside the first, if the first one arrived after all.
///
/// Reading, setting a status, a role or a limit and deleting come to the same however often
/// they are made. A second key or a second invite is one too many: those are tried again only
/// when the first try surely made nothing, since a key that nobody knows of is worse than a
/// command that has to be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Harmless,
    Doubles,
}

/// One failed try, and what the API said about trying again.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: PollError,
    /// `x-should-retry`, where there was one.
    pub(super) should_retry: Option<bool>,
}

impl From<PollError> for Failure {
    fn from(error: PollError) -> Self {
        Self { error, should_retry: None }
    }
}

/// How long to wait before the next try; `None` when there is to be none.
pub(super) fn wait(
    failure: &Failure,
    again: Again,
    failures: u32,
    elapsed: Duration,
    patience: &Patience,
) -> Option<Duration> {
    if failures >= patience.tries || failure.should_retry == Some(false) {
        return None;
    }
    if again == Again::Doubles && !surely_made_nothing(&failure.error) {
        return None;
    }
    let doubled = patience.backoff_first.saturating_mul(2_u32.saturating_pow(failures - 1));
    let backoff = doubled.min(patience.backoff_longest).mul_f64(1.0 - JITTER * fastrand::f64());
    let wait = match may_heal(&failure.error)? {
        Some(told) => told.max(patience.backoff_first),
        None => backoff,
    };
    (elapsed + wait <= patience.retries).then_some(wait)
}

/// No connection was opened, or the budget was spent before the question was looked at. (A 401
/// was tried with the other header already.)
fn surely_made_nothing(error: &PollError) -> bool {
    matches!(error, PollError::Throttled { .. } | PollError::Unreachable { .. })
        && !error.is_doubtful()
}

/// What to tell of a question whose tries are spent: the last failure, unless the API never
/// looked at that try, and an earlier one may have been made.
pub(super) fn ending(doubt: Option<PollError>, last: PollError) -> PollError {
    match surely_made_nothing(&last) {
        true => doubt.unwrap_or(last),
        false => last,
    }
}

/// Whether another try may go better, and how long we were told to wait for it.
fn may_heal(error: &PollError) -> Option<Option<Duration>> {
    match error {
        PollError::Throttled { retry_after, .. } => Some(*retry_after),
        PollError::Unreachable { .. } if error.certificate_refused() => None,
        PollError::Unreachable { .. }
        | PollError::TimedOut { .. }
        | PollError::CutShort { .. }
        | PollError::Failed { .. } => Some(None),
        PollError::NoCertificates { .. }
        | PollError::CaFile { .. }
        | PollError::UnusableKey { .. }
        | PollError::Refused { .. }
        | PollError::Forbidden { .. }
        | PollError::NotFound { .. }
        | PollError::SpendCapReached { .. }
        | PollError::OwnLimitReached { .. }
        | PollError::Billing { .. }
        | PollError::OnHold { .. }
        | PollError::BadRequest { .. }
        | PollError::Redirected { .. }
        | PollError::TooLarge { .. }
        | PollError::Endless { .. }
        // The walk begins again; the same question would get the same answer.
        | PollError::StaleCursor { .. }
        | PollError::NotJson { .. }
        | PollError::Unreadable { .. }
        | PollError::Declined { .. }
        | PollError::NotOffered { .. }
        | PollError::Unsendable { .. } => None,
    }
}

/// `x-should-retry`, as the API's own libraries read it.
pub(super) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    headers.get("x-should-retry")?.to_str().ok()?.trim().parse().ok()
}

/// `retry-after-ms`, else `Retry-After` in seconds or as an HTTP date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let told = match text("retry-after-ms").and_then(|ms| ms.parse().ok()) {
        Some(ms) => Duration::from_millis(ms),
        None => seconds_or_date(text(RETRY_AFTER.as_str())?, now)?,
    };
    Some(told.min(RETRY_AFTER_LONGEST))
}

fn seconds_or_date(text: &str, now: Timestamp) -> Option<Duration> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::asked::Asked;
    use reqwest::StatusCode;

    #[test]
    fn hints_are_seconds_milliseconds_or_dates_within_our_bounds() {
        let now = "2026-11-20T14:00:00Z".parse().unwrap();
        let cases = [
            ("retry-after", "12", Some(12_000)),
            ("retry-after", "Fri, 20 Nov 2026 14:00:30 GMT", Some(30_000)),
            ("retry-after", "Fri, 20 Nov 2026 13:00:00 GMT", Some(0)),
            ("retry-after", "31536000", Some(3_600_000)),
            ("retry-after", "99999999999999999999999", Some(3_600_000)),
            ("retry-after-ms", "250", Some(250)),
            ("retry-after", "soon", None),
            ("retry-after", "", None),
            ("retry-after", "-5", None),
        ];
        for (name, value, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            let told = retry_after(&headers, now).map(|told| told.as_millis());
            assert_eq!(told, expected, "{name}: {value}");
        }
    }

    fn failed() -> PollError {
        PollError::Failed {
            asked: Asked::Usage,
            status: StatusCode::BAD_GATEWAY,
            message: String::new(),
        }
    }

    fn throttled(seconds: u64) -> PollError {
        let retry_after = Some(Duration::from_secs(seconds));
        PollError::Throttled { asked: Asked::Usage, retry_after, message: String::new() }
    }

    #[test]
    fn waits_double_with_chance_and_stay_in_bounds() {
        let patience = Patience { tries: 10, ..Patience::default() };
        for (failures, longest) in [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (9, 8.0)] {
            let wait = wait(&failed().into(), Again::Harmless, failures, Duration::ZERO, &patience)
                .unwrap();
            let seconds = wait.as_secs_f64();
            assert!((longest * 0.75..=longest).contains(&seconds), "{failures}: {seconds}");
        }
    }

    #[test]
    fn tries_end_when_spent_when_told_and_when_nothing_can_heal() {
        let patience = Patience::default();
        let go = |error: PollError, should_retry, failures, elapsed| {
            let failure = Failure { error, should_retry };
            wait(&failure, Again::Harmless, failures, Duration::from_secs(elapsed), &patience)
                .is_some()
        };
        assert!(go(failed(), None, 2, 0));
        assert!(!go(failed(), None, 3, 0), "three tries are all");
        assert!(!go(failed(), Some(false), 1, 0), "the API said so");
        assert!(!go(failed(), None, 1, 30), "the budget is spent");
        assert!(go(throttled(5), None, 1, 0));
        assert!(!go(throttled(31), None, 1, 0), "longer than we wait: the planner obeys it");
        let refused = PollError::NotFound { asked: Asked::Usage, message: String::new() };
        assert!(!go(refused, Some(true), 1, 0), "asking again does not make it appear");
    }

    #[test]
    fn a_hint_of_zero_does_not_hammer() {
        let patience = Patience::default();
        let wait = wait(&throttled(0).into(), Again::Harmless, 1, Duration::ZERO, &patience);
        assert_eq!(wait, Some(patience.backoff_first));
    }
}
