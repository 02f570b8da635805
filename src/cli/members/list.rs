//! `members list`: members and pending invites, by address.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::roster::{Invite, Member};

use super::person::{Person, everybody};
use crate::cli::terminal::Mark;
use crate::cli::wording::{age, count, instant, length};
use crate::cli::{Exit, Global, Terminal, several};
use crate::clock::{Clock, SystemClock};
use crate::config::{Api, Config, Organization};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// Only those with one of these roles
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    role: Vec<String>,
}

/// What a program is told of one person.
#[derive(Serialize)]
struct Row<'a> {
    organization: &'a str,
    #[serde(flatten)]
    person: &'a Person,
}

pub(super) async fn run(
    global: &Global,
    options: &Options,
    config: &Config,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let chosen = several::chosen(global, config, terminal)?;
    let alone = chosen.len() == 1;
    let (mut found, mut exit) = (Vec::new(), Ok(()));
    for organization in chosen {
        match everybody(&several::reader(organization)).await {
            Ok(all) => found.push((organization, all)),
            Err(error) => {
                several::unanswered(organization, &error, terminal);
                exit = Err(Exit::No);
            }
        }
    }
    let is_wanted = |person: &&Person| {
        options.role.is_empty() || options.role.iter().any(|r| r == person.role())
    };
    if terminal.json() {
        let rows = found.iter().flat_map(|(organization, all)| {
            let organization = organization.name.as_str();
            all.iter().filter(is_wanted).map(move |person| Row { organization, person })
        });
        terminal.value(&serde_json::json!({ "data": rows.collect::<Vec<_>>() }));
        return exit;
    }
    let now = SystemClock.now();
    for (number, (organization, all)) in found.iter().enumerate() {
        if number > 0 {
            terminal.line("");
        }
        if !alone {
            let title = terminal.marked(Mark::Strong, &organization.name);
            terminal.line(title);
        }
        let shown: Vec<&Person> = all.iter().filter(is_wanted).collect();
        match shown.is_empty() {
            true => say_nobody(all, terminal),
            false => print(organization, &shown, now, terminal),
        }
    }
    exit
}

/// The filter left nobody, or there is nobody.
fn say_nobody(all: &[Person], terminal: &mut Terminal) {
    let mut roles: Vec<&str> = all.iter().map(Person::role).collect();
    roles.sort_unstable();
    roles.dedup();
    match roles.is_empty() {
        true => terminal.line("There is nobody."),
        false => {
            terminal.line(format_args!("Nobody has this role; there are: {}.", roles.join(", ")))
        }
    }
}

/// The Admin API says nothing of activity, so there it has no column.
fn print(organization: &Organization, shown: &[&Person], now: Timestamp, terminal: &mut Terminal) {
    let tells_activity = organization.api == Api::Company;
    let mut heads = vec!["email", "name", "role", "status", "last active", "id"];
    let mut rows: Vec<Vec<String>> = shown.iter().map(|person| cells(person, now)).collect();
    // A column in which nobody has anything is left out.
    for column in [4, 1] {
        let is_told =
            if column == 4 { tells_activity } else { rows.iter().any(|row| !row[1].is_empty()) };
        if !is_told {
            heads.remove(column);
            rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }
    terminal.table(&heads, rows, &[]);
    say_count(shown, tells_activity, terminal);
}

fn say_count(shown: &[&Person], tells_activity: bool, terminal: &mut Terminal) {
    let pending = shown.iter().filter(|person| person.is_pending()).count();
    let mut summary = count(shown.len() - pending, "member");
    if pending > 0 {
        summary.push_str(&format!(", {}", count(pending, "pending invite")));
    }
    match tells_activity {
        true => terminal.line(format_args!("{summary}.")),
        false => terminal.line(format_args!("{summary}; last activity is not told by this API.")),
    }
}

fn cells(person: &Person, now: Timestamp) -> Vec<String> {
    match person {
        Person::Member(Member { id, email, name, role, status, last_active_at }) => vec![
            email.clone(),
            name.clone().unwrap_or_default(),
            role.clone(),
            status.clone().unwrap_or_else(|| "member".to_owned()),
            last_active_at.map_or_else(|| "never".to_owned(), |at| age(at, now)),
            id.clone(),
        ],
        Person::Invite(invite) => vec![
            invite.email.clone(),
            String::new(),
            invite.role.clone(),
            pending(invite, now),
            String::new(),
            invite.id.clone(),
        ],
    }
}

/// `invited, until 2026-12-13 08:00 UTC (in 21 days)`.
fn pending(invite: &Invite, now: Timestamp) -> String {
    match invite.expires_at {
        None => "invited".to_owned(),
        Some(at) if at <= now => format!("invited, expired {}", age(at, now)),
        Some(at) => {
            format!("invited, until {} (in {})", instant(at), length(at.duration_since(now)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_invite_says_how_long_it_can_be_accepted() {
        let now = at("2026-11-22T08:00:00Z");
        let cases = [
            (None, "invited"),
            (Some("2026-12-01T08:00:00Z"), "invited, until 2026-12-01 08:00 UTC (in 9 days)"),
            (Some("2026-11-22T05:00:00Z"), "invited, expired 3 h ago"),
        ];
        for (expires_at, words) in cases {
            let invite = Invite {
                id: "invite_1".to_owned(),
                email: "lee@example.test".to_owned(),
                role: "user".to_owned(),
                status: "pending".to_owned(),
                invited_at: None,
                expires_at: expires_at.map(at),
            };
            assert_eq!(pending(&invite, now), words);
        }
    }

    #[test]
    fn whoever_was_never_active_is_said_to_be_so() {
        let now = at("2026-11-22T08:00:00Z");
        for (last, words) in [(None, "never"), (Some("2026-11-22T05:00:00Z"), "3 h ago")] {
            let member = Member {
                id: "user_1".to_owned(),
                email: "ada@example.test".to_owned(),
                name: None,
                role: "member".to_owned(),
                status: None,
                last_active_at: last.map(at),
            };
            assert_eq!(cells(&Person::Member(member), now)[4], words);
        }
    }
}
