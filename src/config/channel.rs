//! `[channel.…]`: the ways to reach people.

mod email;
mod fallback;
mod webhook;

use jiff::SignedDuration;
use usagewarden_core::subject::ChannelName;

use super::environment::Environment;
use super::problem::Notes;
use super::table::{At, Table};
use super::value::{self, Bounds};

pub use email::{EmailChannel, Login, Tls};
pub use fallback::Fallback;
pub use webhook::{WebhookChannel, WebhookFormat};

/// All channels, by kind. Names are unique over all kinds.
#[derive(Clone, Debug, Default)]
pub(super) struct Channels {
    pub(super) emails: Vec<EmailChannel>,
    pub(super) webhooks: Vec<WebhookChannel>,
}

/// An undelivered notice is tried for days, not for ever.
const GIVE_UP_AFTER: Bounds = Bounds {
    least: SignedDuration::from_mins(1),
    most: SignedDuration::from_hours(30 * 24),
    why: "a receiver that restarts must not cost a notice, and after a month nobody wants it any more",
};
const GIVE_UP_AFTER_DEFAULT: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Reads every table beneath `[channel]`.
pub(super) fn read(root: &Table<'_>, environment: &Environment, notes: &Notes) -> Channels {
    let Some(channel) = root.table("channel") else { return Channels::default() };
    // Both are asked for before either is read, so that the other is no unknown key.
    let (emails, webhooks) = (named(&channel, "email"), named(&channel, "webhook"));
    let mut written: Vec<Written<'_>> = Vec::new();
    let mut channels = Channels::default();
    for (name, table) in &emails {
        let fallback = begin(*name, table, &mut written);
        channels.emails.extend(EmailChannel::read(name.value, table, environment, fallback));
    }
    for (name, table) in &webhooks {
        let fallback = begin(*name, table, &mut written);
        channels.webhooks.extend(WebhookChannel::read(name.value, table, environment, fallback));
    }
    written.sort_by_key(|channel| channel.name.position.order());
    let names = written.iter().map(|channel| (channel.name.value, channel.name.position));
    super::file::refuse_duplicates("channel", names, notes);
    fallback::check(&written, notes);
    channels
}

/// What is written of a channel before anyone knows whether all of it is right.
struct Written<'a> {
    name: At<'a, &'a str>,
    fallback: Option<At<'a, Fallback>>,
}

fn named<'a>(channel: &Table<'a>, kind: &'static str) -> Vec<(At<'a, &'a str>, Table<'a>)> {
    channel.table(kind).map(|table| table.named()).unwrap_or_default()
}

/// What channels of all kinds have in common.
fn begin<'a>(name: At<'a, &'a str>, table: &Table<'a>, written: &mut Vec<Written<'a>>) -> Common {
    if let Err(complaint) = value::check_name(name.value) {
        table.notes.error(name.position, complaint.about("the name of a channel"));
    }
    let give_up_after =
        table.optional("give_up_after", |value| value::duration(value, GIVE_UP_AFTER));
    let give_up_after = give_up_after.map_or(GIVE_UP_AFTER_DEFAULT, |after| after.value);
    let fallback = fallback::read(table, give_up_after);
    let ca_file = table.certificates("ca_file").map(|file| file.value);
    let known = fallback.as_ref().map(|fallback| fallback.value.clone());
    written.push(Written { name, fallback });
    Common { ca_file, give_up_after, fallback: known }
}

/// The keys that channels of all kinds take.
struct Common {
    ca_file: Option<std::path::PathBuf>,
    give_up_after: SignedDuration,
    fallback: Option<Fallback>,
}

/// One channel, of whatever kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelOutline<'a> {
    pub name: &'a ChannelName,
    pub fallback: Option<&'a Fallback>,
}
