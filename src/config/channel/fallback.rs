//! `fallback`: where notices go that a channel refuses, or has failed to take.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use usagewarden_core::subject::ChannelName;

use super::super::problem::{Complaint, Notes};
use super::super::table::{At, Table};
use super::super::value::{self, Bounds};
use super::Written;

/// Another channel, for when this one refuses or fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    pub channel: ChannelName,
    /// How long this channel may fail before the other one is told.
    pub after: SignedDuration,
}

const AFTER: Bounds = Bounds {
    least: SignedDuration::from_mins(1),
    most: SignedDuration::from_hours(30 * 24),
    why: "a receiver that restarts is no reason to tell somebody else",
};
const AFTER_DEFAULT: SignedDuration = SignedDuration::from_mins(30);

/// What is written in `table`; whether the other channel exists is seen later.
pub(super) fn read<'a>(
    table: &Table<'a>,
    give_up_after: SignedDuration,
) -> Option<At<'a, Fallback>> {
    let channel = table.optional("fallback", value::name);
    let after = table.optional("fallback_after", |value| value::duration(value, AFTER));
    if let Some(At { value, position }) = &after {
        if !table.has("fallback") {
            let complaint = Complaint::new("`fallback_after` has no meaning without `fallback`");
            table.notes.error(position.public(), complaint.hint("name the other channel"));
        } else if *value > give_up_after {
            let shown = value::show_duration(give_up_after);
            let complaint = Complaint::new(format!(
                "`fallback_after` is longer than the notice is tried at all ({shown})"
            ));
            let hint = "lower it, or raise `give_up_after`";
            table.notes.error(position.public(), complaint.hint(hint));
        }
    }
    let At { value: name, position } = channel?;
    let after = after.map_or(AFTER_DEFAULT.min(give_up_after), |after| after.value);
    Some(At { value: Fallback { channel: ChannelName::new(name), after }, position })
}

/// Every fallback must be another channel, and none may lead back to where it began.
pub(super) fn check(written: &[Written<'_>], notes: &Notes) {
    let mut next: BTreeMap<&str, &str> = BTreeMap::new();
    for channel in written {
        let Some(fallback) = &channel.fallback else { continue };
        let (own, other) = (channel.name.value, fallback.value.channel.as_str());
        let complaint = if own == other {
            Complaint::new(format!("`fallback` of `{own}` is `{own}` itself"))
                .hint("name another channel, or leave it out")
        } else if !written.iter().any(|known| known.name.value == other) {
            Complaint::new(format!("there is no channel `{other}` to fall back to"))
                .hint(format!("the channels are {}", list(written)))
        } else {
            next.insert(own, other);
            match circle(own, &next) {
                None => continue,
                Some(circle) => Complaint::new(format!("`fallback` goes in a circle: {circle}"))
                    .hint("the last channel of a chain has none"),
            }
        };
        next.remove(own);
        notes.error(fallback.position.public(), complaint);
    }
}

fn list(written: &[Written<'_>]) -> String {
    written.iter().map(|channel| channel.name.value).collect::<Vec<_>>().join(", ")
}

/// The way from `start` back to it. There is no other circle: each was refused when it closed.
fn circle(start: &str, next: &BTreeMap<&str, &str>) -> Option<String> {
    let (mut way, mut at) = (start.to_owned(), start);
    while let Some(other) = next.get(at) {
        way += &format!(", {other}");
        if *other == start {
            return Some(way);
        }
        at = other;
    }
    None
}
