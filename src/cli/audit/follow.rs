//! `audit --follow`: what comes, each line once, until interrupted.
//!
//! A log is asked from a while before its newest line on, since lines may be found in it
//! later than they happened. A question that fails is said, and asked again next time.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::roster::Activity;

use super::{Options, Source, read, show};
use crate::app;
use crate::chain::Chain;
use crate::cli::{Exit, Terminal, several};
use crate::clock::{Clock, SystemClock};

/// A line can be found within a minute, as documented; this is patient with gateways.
const LATE_MOST: SignedDuration = SignedDuration::from_mins(10);
const EVERY: Duration = Duration::from_mins(1);
/// A rehearsal needs no patience.
const EVERY_LOOPBACK: Duration = Duration::from_secs(1);

/// One log, and what of it was heard.
pub(super) struct Followed<'a> {
    source: Source<'a>,
    /// Lines that the next question may bring again, and when they happened.
    heard: HashMap<String, Timestamp>,
    /// What the last question failed with; said once.
    failure: Option<String>,
}

impl<'a> Followed<'a> {
    pub(super) fn from(source: Source<'a>, lines: &[Activity]) -> Self {
        let mut followed = Self { source, heard: HashMap::new(), failure: None };
        followed.hear(lines);
        followed
    }

    /// A log that did not answer yet.
    pub(super) fn silent(source: Source<'a>, failure: String) -> Self {
        Self { source, heard: HashMap::new(), failure: Some(failure) }
    }

    /// The lines of `lines` that were not heard before.
    fn hear<'l>(&mut self, lines: &'l [Activity]) -> Vec<&'l Activity> {
        let is_new = |line: &&Activity| self.heard.insert(line.id.clone(), line.at).is_none();
        let new = lines.iter().filter(is_new).collect();
        if let Some(newest) = self.heard.values().max().copied() {
            self.source.since = self.source.since.max(asked_from(newest, SystemClock.now()));
            self.heard.retain(|_, at| *at >= self.source.since);
        }
        new
    }

    async fn ask(&mut self, options: &Options, columns: &show::Columns, terminal: &mut Terminal) {
        let (organization, since) = (self.source.organization, self.source.since);
        match read::all(&self.source.client, organization.api, since).await {
            Ok(read) => {
                if self.failure.take().is_some() {
                    terminal
                        .hint(format_args!("{}: the audit log answers again", organization.name));
                }
                for line in self.hear(&read.lines).into_iter().filter(|line| options.wants(line)) {
                    show::say(&(organization, line.clone()), columns, terminal);
                }
            }
            Err(error) => {
                let said = Chain(&error).to_string();
                if self.failure.as_ref() != Some(&said) {
                    several::unanswered(organization, &error, terminal);
                    terminal.hint("It is asked again until interrupted.");
                }
                self.failure = Some(said);
            }
        }
    }
}

/// From when on to ask after the newest line. One that is dated in the future must not keep us
/// from all that comes before it.
fn asked_from(newest: Timestamp, now: Timestamp) -> Timestamp {
    let newest = newest.min(now);
    newest.checked_sub(LATE_MOST).unwrap_or(newest)
}

pub(super) async fn run(
    mut logs: Vec<Followed<'_>>,
    options: &Options,
    columns: &show::Columns,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let stop = app::asked_to_stop().map_err(|error| {
        terminal.error(Chain(&error));
        Exit::No
    })?;
    tokio::pin!(stop);
    let is_rehearsal = logs.iter().all(|log| log.source.organization.is_loopback());
    let every = if is_rehearsal { EVERY_LOOPBACK } else { EVERY };
    let going_on = async {
        loop {
            tokio::time::sleep(every).await;
            for log in &mut logs {
                log.ask(options, columns, terminal).await;
            }
            if terminal.is_left() {
                return;
            }
        }
    };
    tokio::select! {
        () = &mut stop => {}
        () = going_on => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_future_hides_no_line_of_now() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let cases = [
            ("2026-11-22T09:30:00Z", "2026-11-22T09:20:00Z"),
            ("2027-01-01T00:00:00Z", "2026-11-22T09:50:00Z"),
        ];
        for (newest, expected) in cases {
            assert_eq!(asked_from(newest.parse().unwrap(), now).to_string(), expected);
        }
    }
}
