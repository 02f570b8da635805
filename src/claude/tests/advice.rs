//! What operators read, failure by failure.

use std::fmt::Write;
use std::time::Duration;

use reqwest::StatusCode;

use super::nobody_at_home;
use crate::claude::{Asked, PollError, Reason, SpendCap};

/// One of each kind that needs no socket.
fn failures() -> Vec<PollError> {
    let asked = Asked::Usage;
    let message = || "example text".to_owned();
    let key = || "sk-ant-...QwEr".to_owned();
    let missing = |scopes: &[&str]| scopes.iter().map(|&scope| scope.to_owned()).collect();
    vec![
        PollError::TimedOut { asked, after: Duration::from_secs(60) },
        PollError::CaFile { path: "/etc/ca.pem".into(), source: "empty".into() },
        PollError::UnusableKey { key: key() },
        PollError::Refused { asked, key: key(), message: message() },
        PollError::Forbidden { asked, key: key(), missing: Vec::new(), message: message() },
        PollError::Forbidden {
            asked,
            key: key(),
            missing: missing(&["read:analytics"]),
            message: message(),
        },
        PollError::NotFound { asked, message: message() },
        PollError::Throttled {
            asked,
            retry_after: Some(Duration::from_secs(60)),
            message: message(),
        },
        PollError::Throttled { asked, retry_after: None, message: message() },
        PollError::SpendCapReached { asked, cap: SpendCap::UsageTier, message: message() },
        PollError::SpendCapReached { asked, cap: SpendCap::Contract, message: message() },
        PollError::OwnLimitReached { asked, workspace: false, message: message() },
        PollError::OwnLimitReached { asked, workspace: true, message: message() },
        PollError::Billing { asked, code: None, message: message() },
        PollError::OnHold {
            asked,
            appeal_url: Some("https://x.example/a".to_owned()),
            message: message(),
        },
        PollError::OnHold { asked, appeal_url: None, message: message() },
        PollError::BadRequest {
            asked,
            status: StatusCode::BAD_REQUEST,
            code: None,
            message: message(),
        },
        PollError::Failed { asked, status: StatusCode::BAD_GATEWAY, message: message() },
        PollError::Redirected { asked, status: StatusCode::FOUND, to: "x.example".to_owned() },
        PollError::TooLarge { asked, bytes_most: 64 << 20 },
        PollError::Endless { asked, pages: 2_000 },
        PollError::StaleCursor { asked, restarts: 3 },
        PollError::NotJson { asked, what: "an HTML page".to_owned() },
        PollError::Unreadable { asked, what: "missing field `data`".to_owned(), at: Some((1, 20)) },
    ]
}

/// Where something was to be changed, other words are needed.
fn failures_of_writes() -> Vec<PollError> {
    let message = || "example text".to_owned();
    let key = || "sk-ant-...QwEr".to_owned();
    let asked = Asked::SetRole;
    let lost = |asked| PollError::TimedOut { asked, after: Duration::from_secs(60) };
    let failed = |status| PollError::Failed { asked, status, message: message() };
    let missing = vec!["write:members".to_owned()];
    let mut failures = vec![
        lost(Asked::CreateKey),
        lost(Asked::Invite),
        lost(asked),
        failed(StatusCode::BAD_GATEWAY),
        failed(StatusCode::CONFLICT),
        PollError::Refused { asked, key: key(), message: message() },
        PollError::Forbidden { asked, key: key(), missing: Vec::new(), message: message() },
        PollError::Forbidden { asked, key: key(), missing, message: message() },
        PollError::NotFound { asked, message: message() },
        PollError::Throttled { asked, retry_after: None, message: message() },
        PollError::BadRequest {
            asked,
            status: StatusCode::BAD_REQUEST,
            code: None,
            message: message(),
        },
        PollError::NotOffered { asked, why: "Do it in the Console" },
        PollError::Unsendable { asked, why: "`..` is no id".to_owned() },
    ];
    failures.extend(Reason::ALL.map(|reason| PollError::Declined {
        asked,
        status: StatusCode::BAD_REQUEST,
        reason,
        message: message(),
    }));
    failures
}

#[tokio::test]
async fn every_failure_says_what_happened_and_what_to_do() {
    let mut shown = String::new();
    for error in failures().into_iter().chain([nobody_at_home().await]).chain(failures_of_writes())
    {
        let advice = error.advice();
        let label = error.outcome().label();
        writeln!(shown, "{error}\n  {label}, {:?}", error.recovery()).unwrap();
        writeln!(shown, "  cause: {}\n  fix:   {}", advice.cause, advice.fix).unwrap();
    }
    insta::assert_snapshot!(shown);
}
