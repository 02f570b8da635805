//! Tests of the whole program, in one binary.

#[cfg(test)]
mod actions;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod poll;
#[cfg(test)]
mod scrape;
/// Fakes of the outside, and the program as a process.
#[cfg(test)]
mod support;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod unit;
#[cfg(test)]
mod webhook;
