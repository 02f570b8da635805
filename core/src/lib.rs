//! What is true, and what should happen.
//!
//! This crate holds the words of usagewarden and its decisions: functions of
//! values, including the time, that return what follows and why. It reads no
//! clock, no file, no socket and no zone database; its manifest is the proof.

pub mod action;
pub mod alert;
pub mod amount;
pub mod audit;
pub mod backoff;
pub mod baseline;
pub mod decide;
pub mod headroom;
pub mod ledger;
pub mod notice;
pub mod outbox;
pub mod period;
pub mod polling;
pub mod price;
pub mod quantity;
pub mod reading;
pub mod roster;
pub mod route;
pub mod rule;
pub mod snapshot;
pub mod stretch;
pub mod subject;
pub mod window;
pub mod words;
