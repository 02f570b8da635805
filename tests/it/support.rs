//! Fakes of the outside, and the program as a process of its own.

pub(crate) mod process;
pub(crate) mod receiver;
pub(crate) mod smtp;
