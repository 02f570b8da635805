//! Whether the figures are right: day, week and month, and the counters, held against what
//! the simulator knows to be true.

mod counters;
mod ours;
mod prices;
mod rig;
mod scrape;
mod sources;
mod trouble;
mod truth;
mod walk;
mod zones;
