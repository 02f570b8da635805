//! What every request of the two APIs passes: faults, the key, and the headers
//! that every answer carries.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::access::{Caller, Version, allow, is_compliance};
use super::control::{Asked, Controls};
use super::faults::FaultKind;
use super::refusal::Refusal;
use super::simulation::Shared;
use super::strike;

pub(crate) async fn gate(
    State(simulation): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let request_id = simulation.request_id();
    let with_cursor = request.uri().query().is_some_and(has_cursor);
    let asked = Asked::new(request.method(), request.uri().path(), with_cursor);
    let (struck, _waiting) = Controls::admit(&simulation, &asked);
    let instead = match struck.fault {
        Some(kind) => strike::instead(kind, &simulation.leaving).await,
        None => None,
    };
    let answer = match instead {
        Some(answer) => answer,
        None => admit(&simulation, request, next).await,
    };
    // The compliance surface shows its errors without the outer shell.
    let bare = struck.bare || is_compliance(&asked.path);
    let answer = sealed(answer, &request_id, bare);
    match struck.fault {
        Some(FaultKind::Lost) => strike::lost(),
        Some(FaultKind::Spoiled(spoil)) => {
            strike::spoiled(spoil, answer, &simulation.leaving).await
        }
        Some(_) | None => answer,
    }
}

fn has_cursor(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| ["page=", "after_id=", "before_id="].iter().any(|name| pair.starts_with(name)))
}

async fn admit(simulation: &Shared, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let scene = simulation.scene();
    let identified = Caller::identify(&parts.headers, &scene, simulation.now());
    let allowed = identified.and_then(|caller| {
        allow(caller, &parts.method, parts.uri.path())?;
        Ok(caller)
    });
    let caller = match allowed {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    parts.extensions.insert(caller);
    let version = <Version as axum::extract::FromRequestParts<()>>::from_request_parts;
    let mut answer = match version(&mut parts, &()).await {
        Ok(_) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    };
    put(answer.headers_mut(), "anthropic-organization-id", &simulation.world.uuid);
    if let Some(place) = caller.workspace() {
        let id = &simulation.world.workspaces[place].id;
        put(answer.headers_mut(), "anthropic-workspace-id", id);
    }
    answer
}

/// Writes the body of a refusal, now that the request has an id.
fn sealed(answer: Response, request_id: &str, bare: bool) -> Response {
    let mut answer = match answer.extensions().get::<Refusal>().cloned() {
        None => answer,
        Some(refusal) => {
            let (head, _) = answer.into_parts();
            let mut whole = axum::Json(refusal.body(request_id, bare)).into_response();
            *whole.status_mut() = head.status;
            whole.headers_mut().extend(head.headers);
            whole
        }
    };
    put(answer.headers_mut(), "request-id", request_id);
    answer
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

pub(crate) async fn unknown_path() -> Refusal {
    Refusal::not_found("The path was")
}

pub(crate) async fn unknown_method() -> Refusal {
    Refusal::method()
}
