//! `usagewarden audit`: who did what, asked directly of the API's audit log.
//!
//! What our own polling leaves in the log is never shown: the client does not ask for it.

mod follow;
mod read;
mod show;

use clap::Args;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use usagewarden_core::roster::Activity;
use usagewarden_core::rule::Glob;

use crate::chain::Chain;
use crate::claude::Client;
use crate::cli::{Exit, Global, Terminal, block_on, load, several};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Environment, Organization};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// From when on: 24h, 7d, 2026-11-20 (midnight of the organization's time zone), or 2026-11-20T08:00:00Z
    #[arg(long, value_name = "WHEN", default_value = "24h", value_parser = read_since)]
    since: Since,
    /// Only these types, as in '*api_key*'; what our own polling leaves in the log (*_viewed, compliance_api_accessed) is never shown
    #[arg(long = "type", value_name = "GLOB", value_parser = read_glob)]
    types: Vec<Glob>,
    /// Only what these did: by address, id or kind, as in '*@example.com'
    #[arg(long = "actor", value_name = "GLOB", value_parser = read_glob)]
    actors: Vec<Glob>,
    /// At most so many, the newest
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    limit: usize,
    /// Go on until interrupted: ask every minute for what is new
    #[arg(long)]
    follow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    Ago(SignedDuration),
    Day(Date),
    At(Timestamp),
}

fn read_since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Since::At(at));
    }
    // A moment without a zone would be read as a day by its first half.
    if let (Ok(day), false) = (text.parse::<Date>(), text.contains(['T', ' '])) {
        return Ok(Since::Day(day));
    }
    config::duration(text).map(Since::Ago).map_err(|_| {
        "write how long ago, as in 24h, a day, as in 2026-11-20, or a moment with its zone, as in \
         2026-11-20T08:00:00Z"
            .to_owned()
    })
}

fn read_glob(text: &str) -> Result<Glob, String> {
    Glob::new(text).map_err(|error| error.to_string())
}

impl Since {
    fn at(self, organization: &Organization, now: Timestamp) -> Timestamp {
        let zone = organization.calendar.zone().clone();
        match self {
            Self::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH),
            Self::Day(day) => day.to_zoned(zone).map_or(now, |zoned| zoned.timestamp()),
            Self::At(at) => at,
        }
    }
}

impl Options {
    fn wants(&self, activity: &Activity) -> bool {
        let actor = &activity.actor;
        let names = [actor.email.as_deref(), actor.id.as_deref(), Some(actor.kind.as_str())];
        let is_any = |globs: &[Glob], texts: &[Option<&str>]| {
            globs.is_empty()
                || globs.iter().any(|glob| texts.iter().flatten().any(|text| glob.matches(text)))
        };
        is_any(&self.types, &[Some(&activity.kind)]) && is_any(&self.actors, &names)
    }
}

/// One organization, whose log is read.
struct Source<'a> {
    organization: &'a Organization,
    client: Client,
    since: Timestamp,
}

pub(super) fn run(
    global: &Global,
    options: &Options,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let loaded = match load(global, environment, terminal) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let chosen = match several::chosen(global, &loaded.config, terminal) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    let now = SystemClock.now();
    let sources = chosen.into_iter().map(|organization| Source {
        organization,
        client: several::reader(organization),
        since: options.since.at(organization, now),
    });
    block_on(ask(sources.collect(), options, terminal)).err().unwrap_or(Exit::Done)
}

/// What is there, then what comes.
async fn ask(
    sources: Vec<Source<'_>>,
    options: &Options,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let (mut lines, mut followed, mut failed) = (Vec::new(), Vec::new(), 0);
    for source in sources {
        match read::all(&source.client, source.organization.api, source.since).await {
            Ok(read) => {
                if let Some(cut) = &read.cut {
                    terminal.error(format_args!("{}: {cut}", source.organization.name));
                }
                let own = read.lines.iter().filter(|line| options.wants(line)).cloned();
                lines.extend(own.map(|line| (source.organization, line)));
                followed.push(follow::Followed::from(source, &read.lines));
            }
            Err(error) => {
                several::unanswered(source.organization, &error, terminal);
                followed.push(follow::Followed::silent(source, Chain(&error).to_string()));
                failed += 1;
            }
        }
    }
    lines.sort_by_key(|(_, line)| line.at);
    if failed == followed.len() {
        return Err(Exit::No);
    }
    let older = lines.len().saturating_sub(options.limit);
    let shown = &lines[older..];
    let columns = show::Columns::of(shown, followed.len() > 1, options.follow);
    show::print(shown, &columns, options.follow, terminal);
    if older > 0 {
        terminal.hint(format_args!("{older} older ones are not shown: see --limit"));
    }
    match (options.follow, failed) {
        (true, _) => follow::run(followed, options, &columns, terminal).await,
        (false, 0) => Ok(()),
        (false, _) => Err(Exit::No),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_how_long_ago_a_day_or_a_moment() {
        let cases = [
            ("24h", Some(Since::Ago(SignedDuration::from_hours(24)))),
            ("2026-11-20", Some(Since::Day(jiff::civil::date(2026, 11, 20)))),
            ("2026-11-20T08:00:00Z", Some(Since::At("2026-11-20T08:00:00Z".parse().unwrap()))),
            ("2026-11-20T08:00:00", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read_since(text).ok(), expected, "{text:?}");
        }
    }
}
