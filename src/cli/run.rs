//! `usagewarden run`: the daemon, until it is asked to stop.

use std::sync::Arc;

use crate::app::{self, StartError};
use crate::chain::Chain;
use crate::cli::{Exit, Global, Terminal, load};
use crate::clock::SystemClock;
use crate::config::Environment;
use crate::supervisor::Ending;

pub(super) fn run(global: &Global, environment: &Environment, terminal: &mut Terminal) -> Exit {
    let loaded = match load(global, environment, terminal) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Polling and scraping wait more than they compute; two threads keep a scrape
        // from waiting behind a page being decoded, and more would only cost memory.
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .expect("a runtime needs nothing but memory and descriptors");
    match runtime.block_on(app::run(loaded, environment, Arc::new(SystemClock))) {
        Ok(ending) => exit_of(ending),
        Err(error) => {
            terminal.error(Chain(&error));
            refusal(&error)
        }
    }
}

/// Only being asked to stop is a success.
const fn exit_of(ending: Ending) -> Exit {
    match ending {
        Ending::Asked => Exit::Done,
        Ending::PartEnded => Exit::PartEnded,
        Ending::Stuck { .. } => Exit::Stuck,
    }
}

/// What does not get better by trying again is a matter of configuration.
const fn refusal(error: &StartError) -> Exit {
    if error.may_heal() { Exit::PartEnded } else { Exit::Config }
}
