//! `/api/v1/deliveries`: notices on their way, and another try for those that ended badly.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State as Extracted};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::{error, info};
use usagewarden_core::outbox::{Again, EntryId, EntryState};
use usagewarden_core::subject::ChannelName;

use super::State;
use super::answer::refuse;
use super::query::{Asked, Mistake, Pairs};
use super::tokens::Bearer;
use crate::chain::Chain;
use crate::store::{Listing, StoreError};

mod shown;

pub(super) use shown::{DeliveryCounts, DeliveryShown};

const PARAMETERS: [&str; 3] = ["state", "channel", "limit"];
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;

#[derive(Debug, Serialize)]
struct Deliveries {
    data: Vec<DeliveryShown>,
}

/// What a retry did.
#[derive(Debug, Serialize)]
struct Retried {
    retried: u64,
}

/// Which ones to retry, as it is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    channel: Option<String>,
}

pub(super) async fn list(Extracted(state): Extracted<State>, pairs: Pairs) -> Response {
    let listing = match listing(pairs) {
        Ok(listing) => listing,
        Err(mistake) => return mistake.into_response(),
    };
    match listed(&state, listing).await {
        Ok(data) => Json(Deliveries { data }).into_response(),
        Err(problem) => failed(&problem, "the outbox could not be read"),
    }
}

pub(super) async fn listed(
    state: &State,
    listing: Listing,
) -> Result<Vec<DeliveryShown>, StoreError> {
    let entries = state.store.listed(listing).await?;
    Ok(entries.iter().map(|(entry, notice)| DeliveryShown::of(entry, notice)).collect())
}

/// How many entries are in which state; `None` while the store cannot be read.
pub(super) async fn counts(state: &State) -> Option<DeliveryCounts> {
    match state.store.entry_counts().await {
        Ok(counts) => Some(DeliveryCounts::of(&counts)),
        Err(problem) => {
            error!(error = %Chain(&problem), "Could not count the entries of the outbox");
            None
        }
    }
}

fn listing(pairs: Pairs) -> Result<Listing, Mistake> {
    let asked = Asked::read(pairs, &PARAMETERS)?;
    let words = EntryState::ALL.map(|state| (state.label(), state));
    Ok(Listing {
        states: asked.words("state", &words)?,
        channel: asked.text("channel").map(ChannelName::new),
        limit: asked.count("limit", LIMIT_MAX)?.unwrap_or(LIMIT_DEFAULT),
    })
}

pub(super) async fn retry_one(
    Extracted(state): Extracted<State>,
    Extension(bearer): Extension<Bearer>,
    Path(id): Path<String>,
) -> Response {
    let nothing = "no delivery with this id waits to be tried again: it does not exist, is on its way, or was accepted";
    let Ok(id) = id.parse() else { return refuse(StatusCode::NOT_FOUND, nothing, None) };
    match retry(&state, &bearer, Again::Entry(EntryId(id))).await {
        Ok(0) => refuse(StatusCode::NOT_FOUND, nothing, None),
        Ok(retried) => Json(Retried { retried }).into_response(),
        Err(problem) => failed(&problem, "the outbox could not be written"),
    }
}

/// All of a channel, or all there are. The body may be empty.
pub(super) async fn retry_many(
    Extracted(state): Extracted<State>,
    Extension(bearer): Extension<Bearer>,
    body: Bytes,
) -> Response {
    let Some(wanted) = wanted(&body) else {
        let message = "the body is empty, or {\"channel\": \"NAME\"}";
        return refuse(StatusCode::BAD_REQUEST, message, None);
    };
    let again = wanted.channel.map_or(Again::All, |name| Again::Channel(name.as_str().into()));
    match retry(&state, &bearer, again).await {
        Ok(retried) => Json(Retried { retried }).into_response(),
        Err(problem) => failed(&problem, "the outbox could not be written"),
    }
}

fn wanted(body: &[u8]) -> Option<Wanted> {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Some(Wanted::default());
    }
    // A list would be read as the fields in their order.
    serde_json::from_slice(body).ok().filter(|_| body.starts_with(b"{"))
}

async fn retry(state: &State, bearer: &Bearer, again: Again) -> Result<u64, StoreError> {
    let retried = state.store.retry(again, state.clock.now()).await?;
    if retried > 0 {
        info!(token = %bearer.0, retried, "Deliveries were asked for again");
        state.asked_again.notify_one();
    }
    Ok(retried)
}

fn failed(problem: &StoreError, message: &str) -> Response {
    error!(error = %Chain(problem), "Could not answer a question about deliveries");
    refuse(StatusCode::SERVICE_UNAVAILABLE, message, None)
}
