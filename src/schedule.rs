//! When things are due, and the bell that says so.
//!
//! A [`Cadence`] is an interval or a cron expression in a zone, a [`Planner`] turns
//! cadences into due times, and a [`Tick`] rings bells once a second whatever happens.
//!
//! The planner promises that a job never overlaps itself, that missed times collapse
//! into one, and that a clock set back or forward neither stalls nor storms it. It is
//! a function of the times it is told; nothing here asks for the time but the tick.
//!
//! Nothing here does the work that is due: bells carry no data, and whoever wakes asks
//! the planner. A cadence that cannot be is refused when it is read; a tick that falls
//! silent is started anew, and its age can be read by whoever must not trust it.

mod cadence;
mod planner;
mod tick;

use std::sync::Arc;

use tokio::sync::Notify;

pub use cadence::{Cadence, CronExpr};
pub use planner::{Job, Planner, Verdict};
pub use tick::{Pulse, Tick};

/// A wake-up without content. Whoever wakes looks for itself.
pub type Bell = Arc<Notify>;
