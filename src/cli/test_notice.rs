//! `usagewarden test-notice`: a labeled test message through the real path of a channel.
//!
//! The channels are those of the configuration, built by the code that the daemon uses;
//! neither a daemon nor its store is needed or touched. Every recipient is tried once.

use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use usagewarden_core::outbox::{Outcome, Taken};
use usagewarden_core::subject::{ChannelName, OrganizationName};

use crate::app::{self, Tested};
use crate::cli::terminal::Mark;
use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::clock::SystemClock;
use crate::config::{Config, Environment};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The channel, by its configured name
    channel: String,
}

/// What a program is told.
#[derive(Serialize)]
struct Report {
    channel: String,
    organization: String,
    data: Vec<Answer>,
}

/// What came of the message to one recipient.
#[derive(Serialize)]
struct Answer {
    recipient: String,
    outcome: &'static str,
    /// No answer came: the recipient may have the message all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    perhaps_received: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn run(
    global: &Global,
    options: &Options,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let config = match load(global, environment, terminal) {
        Ok(loaded) => loaded.config,
        Err(exit) => return exit,
    };
    let Some(organization) = organization(global, &config, terminal) else { return Exit::Usage };
    let channel = ChannelName::new(options.channel.as_str());
    let clock = Arc::new(SystemClock);
    let sent = block_on(app::send_test_notice(&config, &channel, &organization, clock));
    let Some(tested) = sent else {
        unknown_channel(&channel, &config, terminal);
        return Exit::Usage;
    };
    let accepted = |one: &Tested| one.attempt.outcome == Outcome::Accepted;
    let exit = if tested.iter().all(accepted) { Exit::Done } else { Exit::No };
    let data = tested.into_iter().map(Answer::of).collect();
    let (channel, organization) = (channel.to_string(), organization.to_string());
    show(&Report { channel, organization, data }, terminal);
    exit
}

impl Answer {
    fn of(tested: Tested) -> Self {
        Self {
            recipient: tested.recipient,
            outcome: tested.attempt.outcome.label(),
            perhaps_received: tested.attempt.taken == Taken::Perhaps,
            error: tested.attempt.error,
        }
    }
}

/// Whose name is in the message: the one that was asked for, else the first.
fn organization(
    global: &Global,
    config: &Config,
    terminal: &mut Terminal,
) -> Option<OrganizationName> {
    let wanted = global.organization.as_deref();
    let mut known = config.organizations.iter().map(|one| &one.name);
    let found = known.find(|name| wanted.is_none_or(|wanted| name.as_str() == wanted));
    if found.is_none() {
        let known: Vec<&str> = config.organizations.iter().map(|one| one.name.as_str()).collect();
        terminal.error(format_args!("there is no organization `{}`", wanted.unwrap_or_default()));
        terminal.hint(format_args!("configured: {}", known.join(", ")));
    }
    found.cloned()
}

fn unknown_channel(channel: &ChannelName, config: &Config, terminal: &mut Terminal) {
    terminal.error(format_args!("there is no channel `{channel}`"));
    let known: Vec<&str> = config.channels().map(|one| one.name.as_str()).collect();
    if known.is_empty() {
        terminal.hint("none is configured; add [channel.email.NAME] or [channel.webhook.NAME]");
    } else {
        terminal.hint(format_args!("configured: {}", known.join(", ")));
    }
}

fn show(report: &Report, terminal: &mut Terminal) {
    if terminal.json() {
        return terminal.value(report);
    }
    for Answer { recipient, outcome, perhaps_received, error } in &report.data {
        match error {
            None => {
                let good = terminal.marked(Mark::Good, "ok");
                terminal.line(format_args!("{good}  {recipient}: {outcome}"));
            }
            Some(error) => {
                let bad = terminal.marked(Mark::Bad, "no");
                terminal.line(format_args!("{bad}  {recipient}: {outcome}"));
                terminal.line(format_args!("      {error}"));
            }
        }
        if *perhaps_received {
            terminal.line("      perhaps the message arrived all the same");
        }
    }
}
