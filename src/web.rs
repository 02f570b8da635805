//! What the daemon answers over HTTP: metrics, health, status, spend, and a page for people.
//!
//! Everything is read: from the lines and the snapshots of the last commit, and, for spend
//! of the past and for deliveries, from the store. It promises that every wait and every size has a
//! bound, that a page of another site cannot read it through a browser (`guard`), and that
//! an answer made from one snapshot agrees with metrics and verdicts made from it.
//!
//! What is asked for by POST needs a token (`tokens`), and is no more than another try for
//! notices that could not be delivered, or that an action is to be undone. It never asks the
//! Claude API. It fails request by request: a wrong
//! question is told which parameter was wrong, and a store that cannot be read is a 503.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Notify;
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::subject::OrganizationName;

use crate::clock::SharedClock;
use crate::metrics::Exposition;
use crate::store::Store;

mod actions;
mod alerts;
mod answer;
mod deliveries;
mod figures;
mod guard;
mod page;
mod patience;
mod polls;
mod query;
mod readiness;
mod routes;
mod server;
mod spend;
mod status;
mod tokens;
mod views;

pub use polls::{BackfillState, PollState, Polls, Problem, Standing};
pub use readiness::Readiness;
pub use server::serve;
pub use tokens::{Permission, Token};
pub use views::Views;

/// Where to listen, and under which address people know us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub listen: SocketAddr,
    pub external_url: Option<String>,
}

/// Everything that answers are made of.
#[derive(Clone, Debug)]
pub struct State {
    pub exposition: Arc<Exposition>,
    pub views: Arc<Views>,
    pub polls: Arc<dyn Polls>,
    pub readiness: Arc<Readiness>,
    pub store: Arc<dyn Store>,
    /// Every configured organization, and how its ledger is kept.
    pub organizations: Arc<BTreeMap<OrganizationName, LedgerSettings>>,
    pub clock: SharedClock,
    /// Rung when deliveries are asked for again.
    pub asked_again: Arc<Notify>,
    /// Rung when an action is to be undone.
    pub actions_moved: Arc<Notify>,
    /// Who may change something.
    pub tokens: Arc<[Token]>,
}

#[cfg(test)]
mod tests;
