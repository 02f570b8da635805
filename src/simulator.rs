//! A faithful fake of both APIs, for rehearsals and tests.
//!
//! One simulated organization with more than a year of history, which goes on
//! as its clock does. Every figure is a pure function of seed, scenario, start,
//! now, and what was done to its keys since, so that two simulators with the same
//! five agree to the last digit, and `/__truth` can say at any instant what a client
//! should have found.
//!
//! It shares no code with the clients but `core`'s vocabulary: it must not
//! share our mistakes. It never reaches out to anything, and keeps what was
//! done and switched in memory only.
//!
//! It fails as the real APIs do, when told to: see [`Fault`].

mod access;
mod activity;
mod actor;
mod admin;
mod bill;
mod body;
mod company;
mod console;
mod control;
mod deed;
mod faults;
mod figures;
mod gate;
mod hash;
mod keys;
mod limits;
mod models;
mod outlook;
mod paging;
mod people;
mod prices;
mod profile;
mod query;
mod quota;
mod rates;
mod refusal;
mod rhythm;
mod scenario;
mod scene;
mod simulation;
mod spans;
mod streams;
mod strike;
#[cfg(test)]
mod tests;
mod traffic;
mod traits;
mod truth;
mod visible;
mod world;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::access::{
    ADMIN_KEY, COMPANY_BILLING_KEY, COMPANY_KEY, COMPANY_MEMBER_KEY, READER_KEY, WORKSPACE_KEY,
};
pub use self::control::Granted;
pub use self::faults::{Fault, FaultKind, Spoil, UnknownFault};
pub use self::prices::{ListPrice, PriceList};
pub use self::scenario::{Runaway, Scenario, UnknownScenario};
use self::simulation::{Shared, Simulation};
pub use self::world::key_secret;
use crate::clock::SharedClock;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Settings {
    pub scenario: Scenario,
    pub runaway: Runaway,
    pub seed: u64,
    /// Active from the start; `/__control` replaces them.
    pub faults: Vec<Fault>,
    /// How far the usage and cost reports are behind.
    pub usage_delay: SignedDuration,
    /// How far analytics are behind.
    pub analytics_delay: SignedDuration,
    pub granted: Granted,
    /// What the bill starts from, before the customer's discount.
    pub prices_listed: PriceList,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scenario: Scenario::default(),
            runaway: Runaway::default(),
            seed: 1,
            faults: Vec::new(),
            usage_delay: SignedDuration::from_mins(5),
            analytics_delay: SignedDuration::from_hours(2),
            granted: Granted::default(),
            prices_listed: PriceList::default(),
        }
    }
}

/// The fake APIs. The scenario starts when it is made.
#[derive(Clone, Debug)]
pub struct Simulator {
    simulation: Shared,
}

impl Simulator {
    /// How long answers under way may take once it is told to stop.
    const GRACE: Duration = Duration::from_secs(1);

    pub fn new(settings: Settings, clock: SharedClock) -> Self {
        Self { simulation: Arc::new(Simulation::new(settings, clock)) }
    }

    /// Both APIs, and the simulator's own paths, which need no key.
    pub fn router(&self) -> Router {
        let gate = axum::middleware::from_fn_with_state(Arc::clone(&self.simulation), gate::gate);
        let apis = admin::routes()
            .merge(company::routes())
            .route("/v1/models", get(models::list))
            .fallback(gate::unknown_path)
            .method_not_allowed_fallback(gate::unknown_method)
            .layer(gate);
        Router::new()
            .route("/__control", get(control::show).post(control::replace))
            .route("/__truth", get(truth::truth))
            .route(strike::SIGN_IN, get(strike::sign_in))
            .merge(apis)
            .with_state(Arc::clone(&self.simulation))
    }

    /// Serves until told to stop. Answers that do not end by themselves are cut off.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        let leaving = self.simulation.leaving.clone();
        let told = {
            let (stop, leaving) = (stop.clone(), leaving.clone());
            async move {
                stop.cancelled().await;
                leaving.cancel();
            }
        };
        // A client that polls ten times a second shall not wait for acknowledgements.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "Could not switch off Nagle's algorithm");
            }
        });
        let served = axum::serve(listener, self.router()).with_graceful_shutdown(told);
        let too_long = async {
            leaving.cancelled().await;
            tokio::time::sleep(Self::GRACE).await;
        };
        tokio::select! {
            ended = served => ended,
            () = too_long => Ok(()),
        }
    }
}
