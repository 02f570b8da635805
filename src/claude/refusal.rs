//! What a status other than success means.
//!
//! Decided by status, `error.type` and `details.error_code`, as the documentation asks;
//! by the wording of a message only where it is the one signal there is: a spend limit the
//! customer set, and the scopes a key lacks. Bodies may be anything, a proxy's HTML too.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use serde::Deserialize;

use super::asked::Asked;
use super::error::{PollError, SpendCap};
use super::mask::Scrub;
use super::reason::Reason;
use super::retry::{self, Failure};
use jiff::Timestamp;

/// An answer that is not a success, and what is needed to understand it.
pub(super) struct Refusal<'a> {
    pub(super) asked: Asked,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    /// Whether the question carried a cursor the API gave us.
    pub(super) by_cursor: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: Said,
}

/// Absent, or of another shape, it is simply empty: guides promise no body at all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    message: Option<String>,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    error_code: Option<String>,
    appeal_url: Option<String>,
}

const OWN_LIMIT: &str = "You have reached your specified API usage limits";
const OWN_WORKSPACE_LIMIT: &str = "You have reached your specified workspace API usage limits";

impl Refusal<'_> {
    pub(super) fn failure(&self, scrub: &Scrub, now: Timestamp) -> Failure {
        let error = self.error(scrub, now);
        Failure { error, should_retry: retry::should_retry(self.headers) }
    }

    fn error(&self, scrub: &Scrub, now: Timestamp) -> PollError {
        let said = serde_json::from_slice::<Body>(self.body).unwrap_or_default().error;
        let details = said.details.unwrap_or_default();
        let code = details.error_code.map(|code| scrub.clean(&code));
        let raw = said.message.unwrap_or_else(|| self.raw());
        let (asked, status, message) = (self.asked, self.status, scrub.clean(&raw));
        let key = scrub.masked();
        let reason = code.as_deref().and_then(Reason::of);
        if let Some(reason) = reason.filter(|_| status.is_client_error()) {
            return PollError::Declined { asked, status, reason, message };
        }
        match status.as_u16() {
            300..400 => self.redirected(scrub),
            400 => self.bad(code, details.appeal_url.map(|url| scrub.clean(&url)), &raw, message),
            401 => PollError::Refused { asked, key, message },
            402 => PollError::Billing { asked, code, message },
            403 => PollError::Forbidden { asked, key, missing: missing_scopes(&message), message },
            404 => PollError::NotFound { asked, message },
            410 => PollError::StaleCursor { asked, restarts: 0 },
            429 => self.too_many(code.as_deref(), message, now),
            408 | 409 | 500..600 => PollError::Failed { asked, status, message },
            _ => PollError::BadRequest { asked, status, code, message },
        }
    }

    fn bad(
        &self,
        code: Option<String>,
        appeal_url: Option<String>,
        raw: &str,
        message: String,
    ) -> PollError {
        let asked = self.asked;
        if code.as_deref() == Some("organization_on_hold") {
            return PollError::OnHold { asked, appeal_url, message };
        }
        let workspace = raw.starts_with(OWN_WORKSPACE_LIMIT);
        if workspace || raw.starts_with(OWN_LIMIT) {
            return PollError::OwnLimitReached { asked, workspace, message };
        }
        // The same question without the cursor was just accepted.
        if self.by_cursor {
            return PollError::StaleCursor { asked, restarts: 0 };
        }
        PollError::BadRequest { asked, status: self.status, code, message }
    }

    fn too_many(&self, code: Option<&str>, message: String, now: Timestamp) -> PollError {
        let asked = self.asked;
        let cap = match code {
            Some("enforced_spend_limit_reached") => SpendCap::UsageTier,
            Some("contract_spend_limit_reached") => SpendCap::Contract,
            _ => {
                let retry_after = retry::retry_after(self.headers, now);
                return PollError::Throttled { asked, retry_after, message };
            }
        };
        PollError::SpendCapReached { asked, cap, message }
    }

    /// Where to, without path and query: those may hold anything.
    fn redirected(&self, scrub: &Scrub) -> PollError {
        let location = self.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let to = match location.map(reqwest::Url::parse) {
            Some(Ok(url)) => url.host_str().map_or("another place", |host| host).to_owned(),
            Some(Err(_)) => "another path".to_owned(),
            None => "nowhere".to_owned(),
        };
        PollError::Redirected { asked: self.asked, status: self.status, to: scrub.clean(&to) }
    }

    /// A body that is not theirs: its kind says more than its markup.
    fn raw(&self) -> String {
        let text = String::from_utf8_lossy(self.body);
        match text.trim_start() {
            "" => "no message".to_owned(),
            html if html.starts_with('<') => "an HTML page".to_owned(),
            other => other.to_owned(),
        }
    }
}

/// The scopes a refusal says are needed and does not list as present. Its wording is not
/// documented, so words near a scope decide on which side it stands.
fn missing_scopes(message: &str) -> Vec<String> {
    let (mut needed, mut present, mut unsaid) = (Vec::new(), Vec::new(), Vec::new());
    let mut side = 0;
    for word in message.split(|c: char| !(c.is_ascii_alphanumeric() || ":_".contains(c))) {
        let lower = word.trim_matches(':').to_ascii_lowercase();
        match lower.as_str() {
            scope if is_scope(scope) => [&mut unsaid, &mut needed, &mut present][side].push(lower),
            w if ["need", "requir", "missing", "lack"].iter().any(|sign| w.starts_with(sign)) => {
                side = 1
            }
            "has" | "have" | "present" | "granted" | "carries" | "holds" => side = 2,
            _ => {}
        }
    }
    let mut missing = if needed.is_empty() { unsaid } else { needed };
    missing.retain(|scope| !present.contains(scope));
    missing.sort();
    missing.dedup();
    missing
}

fn is_scope(word: &str) -> bool {
    let (verb, object) = word.split_once(':').unwrap_or_default();
    ["read", "write", "delete", "org"].contains(&verb) && !object.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-ant-admin01-very-secret-QwEr";

    fn refuse(status: u16, headers: &[(&str, &str)], body: &str, by_cursor: bool) -> Failure {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let (asked, body) = (Asked::Usage, body.as_bytes());
        let now = "2026-11-20T14:00:00Z".parse().unwrap();
        Refusal { asked, status, headers: &map, body, by_cursor }
            .failure(&Scrub::new(KEY.into()), now)
    }

    fn said(kind: &str, message: &str, details: &str) -> String {
        format!(
            r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}","details":{details}}},"request_id":"req_1"}}"#
        )
    }

    /// Every row of the table of errors: the variant it becomes, and its words.
    #[test]
    fn every_documented_refusal_is_told_apart() {
        let on = |code: &str| format!(r#"{{"error_code":"{code}"}}"#);
        let own = "You have reached your specified API usage limits. Access returns on 2026-12-01";
        let own_workspace = "You have reached your specified workspace API usage limits.";
        let cases: &[(u16, String, &str)] = &[
            (
                400,
                said("invalid_request_error", "limit: out of range", "null"),
                "the usage report: the API did not accept the question (HTTP 400): limit: out of range",
            ),
            (
                400,
                said("invalid_request_error", own, "null"),
                "a spend limit the organization set for itself is reached",
            ),
            (
                400,
                said("invalid_request_error", own_workspace, "null"),
                "a spend limit the organization set for itself is reached",
            ),
            (
                400,
                said("invalid_request_error", "held", &on("organization_on_hold")),
                "the organization is on hold (HTTP 400): held",
            ),
            (
                401,
                said("authentication_error", "invalid x-api-key", "null"),
                "the key sk-ant-...QwEr was refused (HTTP 401): invalid x-api-key",
            ),
            (
                402,
                said("billing_error", "no card", &on("linked_organization_billing_unavailable")),
                "billing stands in the way (HTTP 402): no card",
            ),
            (
                403,
                said("permission_error", "no", "null"),
                "the key sk-ant-...QwEr lacks permission (HTTP 403): no",
            ),
            (
                404,
                said("not_found_error", "no such path", "null"),
                "no such thing at this address (HTTP 404): no such path",
            ),
            (
                409,
                said("conflict_error", "busy", "null"),
                "the API failed on its side (HTTP 409): busy",
            ),
            (410, said("invalid_request_error", "stale", "null"), "the report changed under us"),
            (
                413,
                said("request_too_large", "big", "null"),
                "did not accept the question (HTTP 413): big",
            ),
            (429, said("rate_limit_error", "slow", "null"), "asked us to slow down (HTTP 429)"),
            (
                429,
                said("rate_limit_error", "cap", &on("enforced_spend_limit_reached")),
                "the monthly cap of the usage tier is reached (HTTP 429): cap",
            ),
            (
                429,
                said("rate_limit_error", "cap", &on("contract_spend_limit_reached")),
                "the cap of the contract is reached (HTTP 429): cap",
            ),
            (
                429,
                said("rate_limit_error", "ramp", &on("ramp_limit_exceeded")),
                "asked us to slow down (HTTP 429)",
            ),
            (500, said("api_error", "oops", "null"), "failed on its side (HTTP 500): oops"),
            (
                502,
                "<html><h1>Bad gateway</h1></html>".to_owned(),
                "failed on its side (HTTP 502): an HTML page",
            ),
            (504, said("timeout_error", "late", "null"), "failed on its side (HTTP 504): late"),
            (529, said("overloaded_error", "full", "null"), "failed on its side (HTTP 529): full"),
            (
                500,
                r#"{"error":{"message":"no outer type"}}"#.to_owned(),
                "(HTTP 500): no outer type",
            ),
            (403, "Forbidden by gateway".to_owned(), "(HTTP 403): Forbidden by gateway"),
            (404, String::new(), "(HTTP 404): no message"),
            (404, r#"{"error":"as text"}"#.to_owned(), r#"(HTTP 404): {"error":"as text"}"#),
        ];
        for (status, body, expected) in cases {
            let shown = refuse(*status, &[], body, false).error.to_string();
            assert!(
                shown.contains(expected),
                "{status} {body}\nexpected {expected}\ngot      {shown}"
            );
        }
    }

    #[test]
    fn a_refused_cursor_is_stale_and_a_refused_question_is_not() {
        let body = said("invalid_request_error", "page does not match the filters", "null");
        assert!(matches!(refuse(400, &[], &body, true).error, PollError::StaleCursor { .. }));
        assert!(matches!(refuse(400, &[], &body, false).error, PollError::BadRequest { .. }));
        let own = said("invalid_request_error", OWN_LIMIT, "null");
        assert!(matches!(refuse(400, &[], &own, true).error, PollError::OwnLimitReached { .. }));
    }

    #[test]
    fn redirects_say_where_to_and_not_what() {
        let to = [("location", "https://login.example.com/x?key=sk-ant-admin01-very-secret-QwEr")];
        let shown = refuse(302, &to, "", false).error.to_string();
        assert_eq!(
            shown,
            "the usage report: a redirect (HTTP 302) to login.example.com was not followed"
        );
    }

    #[test]
    fn hints_about_retries_are_kept() {
        assert_eq!(
            refuse(500, &[("x-should-retry", "false")], "", false).should_retry,
            Some(false)
        );
        assert_eq!(refuse(500, &[("x-should-retry", "maybe")], "", false).should_retry, None);
        let told = refuse(429, &[("retry-after", "17")], "", false).error;
        let PollError::Throttled { retry_after, .. } = told else { panic!("{told}") };
        assert_eq!(retry_after, Some(std::time::Duration::from_secs(17)));
    }

    #[test]
    fn missing_scopes_are_those_needed_and_not_present() {
        let cases: &[(&str, &[&str])] = &[
            (
                "Key has scopes [read:members]; requires one of [read:analytics, read:members]",
                &["read:analytics"],
            ),
            (
                "This endpoint needs read:spend_limits. The key has: read:members.",
                &["read:spend_limits"],
            ),
            ("Missing scope: org:admin", &["org:admin"]),
            ("read:analytics", &["read:analytics"]),
            ("You may not do this: ask an admin", &[]),
        ];
        for (message, expected) in cases {
            assert_eq!(missing_scopes(message), *expected, "{message}");
        }
    }

    /// A proxy may well repeat what it was sent.
    #[test]
    fn no_refusal_shows_a_key() {
        let body = said(
            "x",
            &format!("refused {KEY} and x{KEY}x"),
            &format!(r#"{{"error_code":"{KEY}","appeal_url":"https://x/{KEY}"}}"#),
        );
        let held = said(
            "x",
            KEY,
            &format!(r#"{{"error_code":"organization_on_hold","appeal_url":"https://x/{KEY}"}}"#),
        );
        for status in
            [300, 302, 400, 401, 402, 403, 404, 408, 409, 410, 413, 418, 429, 500, 502, 529]
        {
            for body in [&body, &held, KEY] {
                let error =
                    refuse(status, &[("location", &format!("https://{KEY}/"))], body, false).error;
                let advice = error.advice();
                let all = format!("{error} {error:?} {} {}", advice.cause, advice.fix);
                assert!(!all.to_lowercase().contains("very-secret"), "{status}: {all}");
            }
        }
    }
}
