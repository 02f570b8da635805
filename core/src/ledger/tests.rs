//! The ledger, told by the readings it hears.

mod counters;
mod cuts;
mod models;
mod money;
mod tokens;
