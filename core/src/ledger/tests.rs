//! The ledger, told by the readings it hears.

mod counters;
mod cuts;
mod hours;
mod models;
mod money;
mod rolling;
mod sliding;
mod stretches;
mod tokens;
