//! What Prometheus sees: the organizations' figures, and the daemon's own counters.
//!
//! Each organization is rendered once per commit, from the snapshot that was just
//! committed and from what it was judged to mean, into a [`Fragment`] of ready lines. A scrape joins the fragments family
//! by family and appends what the daemon counts about itself; it never asks the store,
//! the disk or the network.
//!
//! It promises that the values of one commit appear together or not at all, that what is
//! unknown is not published, that what drains goes to zero, and that a body needs the
//! same memory for ten lines and for a hundred thousand. It never decides what a figure
//! is: that is core's ledger. It cannot fail; a text that would break a line is escaped.

mod alerts;
mod audit;
mod cap;
mod counters;
mod daemon;
mod exposition;
mod family;
mod fragment;
mod headroom;
mod limits;
mod polls;
mod process;
mod render;
mod roster;
mod scrape;
mod spend;

#[cfg(test)]
pub(crate) mod example;

pub use daemon::DaemonMetrics;
pub use exposition::{Exposition, OrganizationSettings};
pub use fragment::Fragment;
pub use polls::PollCounts;
pub use scrape::Scrape;

/// What Prometheus expects of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
