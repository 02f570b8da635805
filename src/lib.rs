//! Making it happen: the daemon around `usagewarden-core`.
//!
//! Every module here is a room of the house that ARCHITECTURE.md maps; who may
//! use whom is a test (`tests/it/tidy.rs`).

pub mod act;
pub mod app;
pub mod chain;
pub mod claude;
pub mod cli;
pub mod clock;
pub mod config;
pub mod deliver;
pub mod engine;
pub mod journal;
pub mod metrics;
pub mod poll;
pub mod schedule;
pub mod simulator;
pub mod sink;
pub mod store;
pub mod supervisor;
pub mod web;
