//! The fields that only one kind of alert has.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::Serialize;
use usagewarden_core::notice::Matter;

/// What happened, in the terms of its kind.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Own<'a> {
    Step {
        step: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        following_step: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        by_forecast: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    Bound {
        metric: &'static str,
        bound: &'static str,
        window_seconds: i64,
    },
    RateLimit {
        group: &'a str,
        limiter: &'a str,
        over_seconds: i64,
    },
    Stale {
        report: &'static str,
        refused: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fix: Option<&'a str>,
    },
    Changed {
        what: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<&'a str>,
    },
    Stranger {
        expected: &'a str,
        heard: &'a str,
        fix: &'a str,
    },
    Undelivered {
        channel: &'a str,
        recipient: &'a str,
        error: &'a str,
    },
    Test {},
}

impl<'a> Own<'a> {
    pub(super) fn of(matter: &'a Matter) -> Self {
        match matter {
            Matter::Step { step, forecast, next_step, late, api_limit: _ } => Self::Step {
                step: share(*step),
                following_step: next_step.map(share),
                by_forecast: *forecast,
                late: *late,
            },
            Matter::Bound { metric, above, window } => Self::Bound {
                metric: metric.label(),
                bound: if *above { "above" } else { "below" },
                window_seconds: seconds(*window),
            },
            Matter::RateLimit { group, limiter, over } => {
                Self::RateLimit { group, limiter, over_seconds: seconds(*over) }
            }
            Matter::Stale { report, refused, cause, fix } => Self::Stale {
                report: report.label(),
                refused: *refused,
                cause: cause.as_deref(),
                fix: fix.as_deref(),
            },
            Matter::Changed { what, before, after } => {
                Self::Changed { what, before: before.as_deref(), after: after.as_deref() }
            }
            Matter::Stranger { expected, heard, fix } => Self::Stranger { expected, heard, fix },
            Matter::Undelivered { channel, recipient, error } => {
                Self::Undelivered { channel, recipient, error }
            }
            Matter::Test => Self::Test {},
        }
    }
}

/// As it is written in configuration: `80%`.
fn share(ratio: Decimal) -> String {
    format!("{}%", (ratio * Decimal::ONE_HUNDRED).normalize())
}

const fn seconds(duration: SignedDuration) -> i64 {
    duration.as_secs()
}
