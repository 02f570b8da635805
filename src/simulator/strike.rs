//! Answers that went wrong: faults turned into responses and bodies.
//!
//! Bodies that drip or do not end stop when the client goes away, when the
//! simulator stops, or at a gigabyte.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio_util::sync::CancellationToken;

use super::faults::{FaultKind, Spoil};
use super::refusal::Refusal;

/// The answer that a fault gives instead of the right one, or `None` if it only spoils that one.
pub(crate) async fn instead(kind: FaultKind, stop: &CancellationToken) -> Option<Response> {
    let refusal = match kind {
        FaultKind::RateLimited { retry_after: None } => Refusal::limited("Too many requests"),
        FaultKind::RateLimited { retry_after: Some(seconds) } => {
            Refusal::limited("Too many requests").retry_after(seconds)
        }
        FaultKind::SpendCap => Refusal::limited("The monthly cap of the usage tier is reached")
            .coded("enforced_spend_limit_reached"),
        FaultKind::ContractCap => Refusal::limited("The cap of the contract is reached")
            .coded("contract_spend_limit_reached"),
        FaultKind::Ramp => {
            Refusal::limited("Usage grows too fast").coded("ramp_limit_exceeded").retry_after(1)
        }
        FaultKind::CustomerLimit => Refusal::invalid(
            "You have reached your specified API usage limits. You will regain access next month.",
        ),
        FaultKind::Unauthenticated => Refusal::unauthenticated("invalid x-api-key"),
        FaultKind::Forbidden => Refusal::forbidden("Your key lacks permission for this"),
        FaultKind::NotFound => Refusal::not_found("The resource was"),
        FaultKind::Internal => Refusal::internal().should_retry(true),
        FaultKind::InternalForGood => Refusal::internal().should_retry(false),
        FaultKind::Overloaded => Refusal::overloaded(),
        FaultKind::Gone => Refusal::gone(),
        FaultKind::BadCursor => Refusal::invalid("page: the cursor does not belong to this query"),
        FaultKind::HtmlBadGateway => return Some(html(StatusCode::BAD_GATEWAY)),
        FaultKind::Html => return Some(html(StatusCode::OK)),
        FaultKind::Timeout => return Some(silence(stop).await),
        FaultKind::Endless => return Some(endless(stop.clone())),
        FaultKind::Redirect => return Some(redirect()),
        FaultKind::Spoiled(_) | FaultKind::Lost | FaultKind::BareErrors => return None,
    };
    Some(refusal.into_response())
}

/// The right answer, spoiled.
pub(crate) async fn spoiled(spoil: Spoil, right: Response, stop: &CancellationToken) -> Response {
    let (mut head, body) = right.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let half = whole.slice(..whole.len() / 2);
    head.headers.remove(header::CONTENT_LENGTH);
    let body = match spoil {
        Spoil::Truncated => Body::from(half),
        Spoil::Dropped => {
            head.headers.insert(header::CONTENT_LENGTH, whole.len().into());
            broken_off(half)
        }
        Spoil::Slow => dripping(whole, stop.clone()),
    };
    Response::from_parts(head, body)
}

/// Nothing: the connection breaks before the first byte of an answer has left.
pub(crate) fn lost() -> Response {
    let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("lost"))]);
    Body::from_stream(broken).into_response()
}

fn html(status: StatusCode) -> Response {
    const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Edge</title></head>\
        <body><h1>Something is between you and the API</h1></body></html>\n";
    (status, axum::response::Html(PAGE)).into_response()
}

/// Where a redirect leads: a page that no client of the API should end on.
pub(crate) const SIGN_IN: &str = "/__sign_in";

pub(crate) async fn sign_in() -> Response {
    html(StatusCode::OK)
}

fn redirect() -> Response {
    let to = HeaderValue::from_static(SIGN_IN);
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
}

async fn silence(stop: &CancellationToken) -> Response {
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(600)) => {}
        () = stop.cancelled() => {}
    }
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

const ENDLESS_BYTES: usize = 1_000_000_000;

fn endless(stop: CancellationToken) -> Response {
    static CHUNK: [u8; 64 * 1024] = [b' '; 64 * 1024];
    let body = stream::unfold(0_usize, move |sent| {
        let ended = stop.is_cancelled() || sent + CHUNK.len() > ENDLESS_BYTES;
        let chunk = match sent {
            0 => Bytes::from_static(br#"{"data":["#),
            _ => Bytes::from_static(&CHUNK),
        };
        let sent = sent + chunk.len();
        std::future::ready((!ended).then_some((Ok::<_, std::io::Error>(chunk), sent)))
    });
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (json, Body::from_stream(body)).into_response()
}

/// The pause lets the first half leave before the connection is torn down.
fn broken_off(half: Bytes) -> Body {
    const PAUSE: Duration = Duration::from_millis(50);
    Body::from_stream(stream::unfold(Some(half), async |half| match half {
        Some(half) => Some((Ok(half), None)),
        None => {
            tokio::time::sleep(PAUSE).await;
            Some((Err(std::io::Error::other("broken off")), None))
        }
    }))
}

fn dripping(whole: Bytes, stop: CancellationToken) -> Body {
    const DROP_BYTES: usize = 64;
    const PAUSE: Duration = Duration::from_millis(250);
    Body::from_stream(stream::unfold(whole, move |mut rest| {
        let stop = stop.clone();
        async move {
            if rest.is_empty() || stop.is_cancelled() {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
            let drop = rest.split_to(DROP_BYTES.min(rest.len()));
            Some((Ok::<_, std::io::Error>(drop), rest))
        }
    }))
}
