//! `/api/v1/actions`: what steps had done about them, and asking for it back.

use axum::Json;
use axum::extract::{Extension, Path, State as Extracted};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::{error, info};
use usagewarden_core::action::course::NoUndo;
use usagewarden_core::action::{ActionId, ActionRecord, ActionState};
use usagewarden_core::subject::OrganizationName;

use super::State;
use super::answer::refuse;
use super::query::{Asked, Mistake, Pairs};
use super::tokens::Bearer;
use crate::chain::Chain;
use crate::store::StoreError;

mod shown;

pub(super) use shown::{ActionCounts, ActionShown};

const PARAMETERS: [&str; 3] = ["organization", "state", "limit"];
const LIMIT_DEFAULT: usize = 100;
/// So many of the newest are looked through.
const LIMIT_MAX: usize = 1_000;

#[derive(Debug, Serialize)]
struct Actions {
    data: Vec<ActionShown>,
}

/// Which ones people want to see.
struct Wanted {
    organization: Option<OrganizationName>,
    states: Vec<ActionState>,
    limit: usize,
}

/// Why nothing is undone.
enum Refusal {
    Unknown,
    Nothing(NoUndo),
    Store(StoreError),
}

pub(super) async fn list(Extracted(state): Extracted<State>, pairs: Pairs) -> Response {
    let wanted = match wanted(&state, pairs) {
        Ok(wanted) => wanted,
        Err(mistake) => return mistake.into_response(),
    };
    match listed(&state, &wanted).await {
        Ok(data) => Json(Actions { data }).into_response(),
        Err(problem) => failed(&problem, "the actions could not be read"),
    }
}

fn wanted(state: &State, pairs: Pairs) -> Result<Wanted, Mistake> {
    let asked = Asked::read(pairs, &PARAMETERS)?;
    let words = ActionState::ALL.map(|state| (state.label(), state));
    Ok(Wanted {
        organization: asked.organization(state)?,
        states: asked.words("state", &words)?,
        limit: asked.count("limit", LIMIT_MAX)?.unwrap_or(LIMIT_DEFAULT),
    })
}

async fn listed(state: &State, wanted: &Wanted) -> Result<Vec<ActionShown>, StoreError> {
    let Wanted { organization, states, limit } = wanted;
    let is_wanted = |record: &ActionRecord| {
        organization.as_ref().is_none_or(|name| *name == record.order.organization)
            && (states.is_empty() || states.contains(&record.state))
    };
    let all = state.store.actions(LIMIT_MAX).await?;
    let found = all.iter().filter(|record| is_wanted(record)).take(*limit);
    Ok(found.map(ActionShown::of).collect())
}

/// The newest; `None` while the store cannot be read.
pub(super) async fn newest(state: &State, limit: usize) -> Option<Vec<ActionShown>> {
    // That it fails is logged by the counts, which are asked for at the same time.
    let records = state.store.actions(limit).await.ok()?;
    Some(records.iter().map(ActionShown::of).collect())
}

/// How many of the newest thousand are in which state; `None` while the store cannot be read.
pub(super) async fn counts(state: &State) -> Option<ActionCounts> {
    match state.store.actions(LIMIT_MAX).await {
        Ok(records) => Some(ActionCounts::of(&records)),
        Err(problem) => {
            error!(error = %Chain(&problem), "Could not count the actions");
            None
        }
    }
}

pub(super) async fn one(Extracted(state): Extracted<State>, Path(id): Path<String>) -> Response {
    match state.store.action(ActionId(id)).await {
        Ok(Some(record)) => Json(ActionShown::of(&record)).into_response(),
        Ok(None) => unknown(),
        Err(problem) => failed(&problem, "the actions could not be read"),
    }
}

pub(super) async fn undo(
    Extracted(state): Extracted<State>,
    Extension(bearer): Extension<Bearer>,
    Path(id): Path<String>,
) -> Response {
    match asked(&state, ActionId(id)).await {
        Ok(record) => {
            info!(token = %bearer.0, action.id = record.order.id.0, "An action is to be undone");
            state.actions_moved.notify_one();
            Json(ActionShown::of(&record)).into_response()
        }
        Err(Refusal::Unknown) => unknown(),
        Err(Refusal::Nothing(why)) => refuse(StatusCode::CONFLICT, &why.to_string(), None),
        Err(Refusal::Store(problem)) => failed(&problem, "the action could not be written"),
    }
}

/// Notes that it is to be undone, where there is something to undo.
async fn asked(state: &State, id: ActionId) -> Result<ActionRecord, Refusal> {
    let known = state.store.action(id.clone()).await?.ok_or(Refusal::Unknown)?;
    known.undoable().map_err(Refusal::Nothing)?;
    state.store.undo_action(id, state.clock.now()).await?.ok_or(Refusal::Unknown)
}

impl From<StoreError> for Refusal {
    fn from(problem: StoreError) -> Self {
        Self::Store(problem)
    }
}

fn unknown() -> Response {
    let message = "there is no action with this id: /api/v1/actions has those there are";
    refuse(StatusCode::NOT_FOUND, message, None)
}

fn failed(problem: &StoreError, message: &str) -> Response {
    error!(error = %Chain(problem), "Could not answer a question about actions");
    refuse(StatusCode::SERVICE_UNAVAILABLE, message, None)
}
