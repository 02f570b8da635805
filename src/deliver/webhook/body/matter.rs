//! The fields that only one kind of alert has.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::Serialize;
use usagewarden_core::notice::{KeyTrouble, Matter, PersonTrouble};

use crate::deliver::webhook::body::alert::instant;

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
    Key {
        #[serde(flatten)]
        trouble: Trouble<'a>,
        command: &'a str,
    },
    Person {
        who: &'a str,
        #[serde(flatten)]
        trouble: Trouble<'a>,
    },
    Activity {
        activity: &'a str,
        actor: &'a str,
        at: String,
        details: &'a BTreeMap<String, String>,
        #[serde(skip_serializing_if = "is_none")]
        more: u64,
    },
    Acted {
        action: &'a str,
        action_id: &'a str,
        does: &'a str,
        action_state: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a str>,
    },
    Test {},
}

/// What is wrong with a key, or with what a person may do; the first is a word for it.
#[derive(Default, Serialize)]
pub(super) struct Trouble<'a> {
    trouble: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    older_than_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_active_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inactive_for_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
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
            Matter::Key { trouble, command } => {
                Self::Key { trouble: Trouble::of_key(trouble), command }
            }
            Matter::Person { who, trouble } => {
                Self::Person { who, trouble: Trouble::of_person(trouble) }
            }
            Matter::Activity { activity, actor, at, details, more } => {
                Self::Activity { activity, actor, at: instant(*at), details, more: *more }
            }
            Matter::Acted { action, id, does, state, error, no_undo: _ } => Self::Acted {
                action: action.as_str(),
                action_id: &id.0,
                does,
                action_state: state.label(),
                error: error.as_deref(),
            },
            Matter::Test => Self::Test {},
        }
    }
}

impl<'a> Trouble<'a> {
    fn of_key(trouble: &'a KeyTrouble) -> Self {
        match trouble {
            KeyTrouble::Old { created_at, older_than } => Self {
                trouble: "old",
                created_at: Some(instant(*created_at)),
                older_than_seconds: Some(seconds(*older_than)),
                ..Self::default()
            },
            KeyTrouble::Expiring { expires_at } => Self {
                trouble: "expiring",
                expires_at: Some(instant(*expires_at)),
                ..Self::default()
            },
            KeyTrouble::New { created_by } => {
                Self { trouble: "new", created_by: created_by.as_deref(), ..Self::default() }
            }
            KeyTrouble::Status { before, after } => Self {
                trouble: "status",
                before: Some(before),
                after: Some(after),
                ..Self::default()
            },
        }
    }

    fn of_person(trouble: &'a PersonTrouble) -> Self {
        match trouble {
            PersonTrouble::NewAdmin { before, role } => Self {
                trouble: "new_admin",
                before: before.as_deref(),
                role: Some(role),
                ..Self::default()
            },
            PersonTrouble::Role { before, after } => Self {
                trouble: "role",
                before: Some(before),
                after: Some(after),
                ..Self::default()
            },
            PersonTrouble::Invited { role, invited_at } => Self {
                trouble: "invited",
                role: Some(role),
                invited_at: Some(instant(*invited_at)),
                ..Self::default()
            },
            PersonTrouble::Inactive { last_active_at, inactive_for } => Self {
                trouble: "inactive",
                last_active_at: Some(instant(*last_active_at)),
                inactive_for_seconds: Some(seconds(*inactive_for)),
                ..Self::default()
            },
        }
    }
}

/// As it is written in configuration: `80%`.
fn share(ratio: Decimal) -> String {
    format!("{}%", (ratio * Decimal::ONE_HUNDRED).normalize())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

const fn seconds(duration: SignedDuration) -> i64 {
    duration.as_secs()
}
