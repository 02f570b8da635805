//! What can be switched while the simulator runs: `/__control`.
//!
//! `GET` shows the switches, counts the requests served, and lists those that still
//! wait for their answer; `POST` replaces the switches it names and leaves the others.
//! `console` and `move_traffic` are not switches: they have somebody do something, now.
//! The switches never touch the figures, only when and how they are shown.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::console::{self, Move, Verb};
use super::faults::{Fault, FaultKind};
use super::profile::{Profile, ProfileChange};
use super::simulation::Shared;

/// Which optional surfaces answer. Without the grant they give 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Granted {
    pub analytics: bool,
    pub spend_limits: bool,
    /// The activity feed.
    pub compliance: bool,
}

impl Default for Granted {
    fn default() -> Self {
        Self { analytics: false, spend_limits: true, compliance: true }
    }
}

#[derive(Debug)]
pub(crate) struct Controls {
    faults: Vec<Fault>,
    pub(crate) profile: Profile,
    pub(crate) granted: Granted,
    pub(crate) usage_delay: SignedDuration,
    pub(crate) analytics_delay: SignedDuration,
    /// Requests by path, refused and faulty ones too; what is no GET by its method as well.
    served: BTreeMap<String, u64>,
    /// Requests that wait for their answer, by number.
    open: BTreeMap<u64, Open>,
    asked: u64,
}

/// A request that has not been answered yet.
#[derive(Debug)]
struct Open {
    path: String,
    /// What has struck it.
    fault: Option<FaultKind>,
}

impl Open {
    fn shown(&self) -> Value {
        json!({ "path": self.path, "fault": self.fault.map(|fault| fault.to_string()) })
    }
}

/// Takes a request off the list when it was answered, or when nobody waits any more.
#[derive(Debug)]
pub(crate) struct Waiting {
    simulation: Shared,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.simulation.controls().open.remove(&self.number);
    }
}

/// A request, by what decides whether a fault strikes it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    /// Method and path.
    pub(crate) line: String,
    pub(crate) with_cursor: bool,
    pub(crate) writes: bool,
}

impl Asked {
    pub(crate) fn new(method: &Method, path: &str, with_cursor: bool) -> Self {
        let writes = *method != Method::GET;
        Self { path: path.to_owned(), line: format!("{method} {path}"), with_cursor, writes }
    }
}

/// What strikes one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Struck {
    pub(crate) fault: Option<FaultKind>,
    pub(crate) bare: bool,
}

impl Controls {
    /// Paths are counted apart up to here; more of them are nobody's polling.
    const PATHS_MOST: usize = 1_000;

    pub(crate) const fn new(
        faults: Vec<Fault>,
        profile: Profile,
        granted: Granted,
        usage_delay: SignedDuration,
        analytics_delay: SignedDuration,
    ) -> Self {
        Self {
            faults,
            profile,
            granted,
            usage_delay,
            analytics_delay,
            served: BTreeMap::new(),
            open: BTreeMap::new(),
            asked: 0,
        }
    }

    /// Counts a request, and finds the first fault that strikes it. Bare errors come on top.
    fn strike(&mut self, asked: &Asked) -> Struck {
        let counted = if asked.writes { &asked.line } else { &asked.path };
        if self.served.len() < Self::PATHS_MOST || self.served.contains_key(counted) {
            *self.served.entry(counted.clone()).or_default() += 1;
        }
        let mut struck = Struck { fault: None, bare: false };
        for fault in &mut self.faults {
            if fault.kind == FaultKind::BareErrors {
                struck.bare |= fault.strikes(asked);
            } else if struck.fault.is_none() && fault.strikes(asked) {
                struck.fault = Some(fault.kind);
            }
        }
        struck
    }

    /// Counts a request, and lists it until what is returned is dropped.
    pub(crate) fn admit(simulation: &Shared, asked: &Asked) -> (Struck, Waiting) {
        let mut controls = simulation.controls();
        let struck = controls.strike(asked);
        let number = controls.asked;
        controls.asked += 1;
        controls.open.insert(number, Open { path: asked.path.clone(), fault: struck.fault });
        (struck, Waiting { simulation: Shared::clone(simulation), number })
    }

    fn shown(&self) -> Value {
        json!({
            "faults": self.faults.iter().map(Fault::to_string).collect::<Vec<_>>(),
            "profile": self.profile,
            "granted": self.granted,
            "usage_delay_seconds": self.usage_delay.as_secs(),
            "analytics_delay_seconds": self.analytics_delay.as_secs(),
            "served": self.served,
            "open": self.open.values().map(Open::shown).collect::<Vec<_>>(),
        })
    }

    fn apply(&mut self, change: Change, faults: Option<Vec<Fault>>) {
        if let Some(faults) = faults {
            self.faults = faults;
        }
        if let Some(profile) = change.profile {
            self.profile.apply(profile);
        }
        if let Some(granted) = change.granted {
            self.granted.analytics = granted.analytics.unwrap_or(self.granted.analytics);
            self.granted.spend_limits = granted.spend_limits.unwrap_or(self.granted.spend_limits);
            self.granted.compliance = granted.compliance.unwrap_or(self.granted.compliance);
        }
        if let Some(seconds) = change.usage_delay_seconds {
            self.usage_delay = SignedDuration::from_secs(seconds.into());
        }
        if let Some(seconds) = change.analytics_delay_seconds {
            self.analytics_delay = SignedDuration::from_secs(seconds.into());
        }
    }
}

/// What a `POST` may change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    faults: Option<Vec<String>>,
    profile: Option<ProfileChange>,
    granted: Option<GrantedChange>,
    usage_delay_seconds: Option<u32>,
    analytics_delay_seconds: Option<u32>,
    console: Option<Verb>,
    move_traffic: Option<Move>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantedChange {
    analytics: Option<bool>,
    spend_limits: Option<bool>,
    compliance: Option<bool>,
}

pub(crate) async fn show(State(simulation): State<Shared>) -> Json<Value> {
    Json(simulation.controls().shown())
}

pub(crate) async fn replace(State(simulation): State<Shared>, body: Bytes) -> Response {
    let refused =
        |why: String| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    let mut change: Change = match serde_json::from_slice(&body) {
        Ok(change) => change,
        Err(error) => return refused(error.to_string()),
    };
    let parse = |texts: &Vec<String>| texts.iter().map(|text| text.parse()).collect();
    let faults: Option<Result<Vec<Fault>, _>> = change.faults.as_ref().map(parse);
    let faults = match faults.transpose() {
        Ok(faults) => faults,
        Err(error) => return refused(error.to_string()),
    };
    let done = match console::play(&simulation, change.console.take(), change.move_traffic.take()) {
        Ok(done) => done,
        Err(refusal) => return refused(refusal.message().to_owned()),
    };
    let mut controls = simulation.controls();
    controls.apply(change, faults);
    let mut shown = controls.shown();
    if let Some(done) = done {
        shown["console"] = done;
    }
    Json(shown).into_response()
}
