//! What somebody who watches a rotation is told, in words and as JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::course::Event;
use super::next::{Trouble, Why};
use super::state::{End, Named, Rotation};
use crate::cli::Terminal;
use crate::cli::wording::{age, instant, length};
use jiff::SignedDuration;

/// Says it, to people or to a program.
pub(super) fn tell(
    event: &Event<'_>,
    idle: SignedDuration,
    now: Timestamp,
    terminal: &mut Terminal,
) {
    let words = words(event, idle, now);
    if terminal.json() {
        let mut value = value(event);
        value["said"] = json!(words.join(" "));
        return terminal.record(&value);
    }
    let is_trouble =
        matches!(event, Event::Stopped { .. } | Event::OutOfTime { .. } | Event::GivenUp);
    let (first, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
    if is_trouble {
        terminal.error(first);
        rest.iter().for_each(|line| terminal.hint(line));
    } else {
        terminal.line(first);
        rest.iter().for_each(|line| terminal.line(format_args!("  {line}")));
    }
}

/// The first is the news, the others what to know or to do about it.
fn words(event: &Event<'_>, idle: SignedDuration, now: Timestamp) -> Vec<String> {
    match event {
        Event::Cleared(key) => vec![format!("Revoked {key}, a new key whose secret nobody has.")],
        Event::Dropped(key) => vec![format!("Revoked {key}, which nobody used.")],
        Event::Made(key) => vec![format!("Made the key {} ({}).", key.name, key.id)],
        Event::HandedOver(making) => vec![making.handing.told()],
        Event::WasHandedOver(new) => {
            vec![format!("The secret of {new} had been handed over before this was interrupted.")]
        }
        Event::Doubtful => vec![
            "No answer came to the request for a new key: looking whether there is one.".to_owned(),
        ],
        Event::GivenUp => vec![
            "no answer came to any request for a new key".to_owned(),
            "the same command goes on once the API answers".to_owned(),
        ],
        Event::Waiting { why, rotation, new } => waiting(*why, rotation, new, idle, now),
        Event::Left { rotation, .. } => vec![go_on(rotation)],
        Event::OutOfTime { rotation } => {
            vec![format!("{} was not cut in the time it had", rotation.old), go_on(rotation)]
        }
        Event::Stopped { trouble, rotation } => trouble_in_words(trouble, rotation),
        Event::Cut { rotation, new, despite } => cut(rotation, new, *despite),
        Event::WasCut { rotation, new } => vec![format!(
            "{} is no longer active, and {new} is: the rotation is done.",
            rotation.old
        )],
        Event::Abandoned { rotation } => {
            vec![format!("The rotation of {} is given up; it stays as it is.", rotation.old)]
        }
    }
}

fn waiting(
    why: Why,
    rotation: &Rotation,
    new: &Named,
    idle: SignedDuration,
    now: Timestamp,
) -> Vec<String> {
    let old = &rotation.old.name;
    match why {
        Why::NewUnused => vec![
            format!("Waiting for the first use of {new}."),
            format!(
                "Give it to whatever uses {old}. This may be interrupted: the same command goes on."
            ),
        ],
        Why::OldInUse { last } => {
            let at = last.checked_add(idle).unwrap_or(Timestamp::MAX);
            vec![format!(
                "Waiting until {old} was idle for {}: it was last used {}, so not before {}.",
                length(idle),
                age(last, now),
                instant(at)
            )]
        }
        Why::UsageUnknown { until } => vec![format!(
            "Waiting for the usage report: {}, and what is not known is not idle.",
            known(until)
        )],
    }
}

/// How far usage is known.
pub(in crate::cli::keys) fn known(until: Option<Timestamp>) -> String {
    match until {
        Some(until) => format!("it shows no use of any key after {}", instant(until)),
        None => "it shows no use of any key at all".to_owned(),
    }
}

fn go_on(rotation: &Rotation) -> String {
    format!("`usagewarden keys rotate {}` goes on with it.", rotation.old.id)
}

fn cut(rotation: &Rotation, new: &Named, despite: Option<Why>) -> Vec<String> {
    let old = &rotation.old;
    let why = match despite {
        None => format!(": {new} has taken over"),
        Some(Why::NewUnused) => format!(", as forced, while {new} was not seen in use"),
        Some(Why::OldInUse { .. }) => ", as forced, though it had been used lately".to_owned(),
        Some(Why::UsageUnknown { .. }) => {
            ", as forced, while it was not known whether anything used it".to_owned()
        }
    };
    match rotation.end {
        End::Revoke => vec![format!("Revoked {old} for good{why}.")],
        End::Disable => vec![
            format!("Disabled {old}{why}."),
            format!("If anything still needs it: `usagewarden keys enable {}`.", old.id),
            format!("If nothing does: `usagewarden keys revoke {}`.", old.id),
        ],
    }
}

fn trouble_in_words(trouble: &Trouble, rotation: &Rotation) -> Vec<String> {
    let old = &rotation.old;
    let abandon = format!("`usagewarden keys rotate {} --abandon` ends this rotation", old.id);
    match trouble {
        Trouble::OldIsCutAlready => {
            vec![format!("{old} is no longer active, and no new key was made for it"), abandon]
        }
        Trouble::NewIsGone { new, status } => {
            let how = match status.as_deref() {
                None => "is gone".to_owned(),
                Some("active") => "has expired".to_owned(),
                Some(status) => format!("is {status}"),
            };
            vec![
                format!("the new key {new} {how}, so {old} was left alone"),
                format!("{abandon}; then begin again"),
            ]
        }
        Trouble::Stranger { id } => vec![
            format!(
                "the key {id} has the name of the new key and is in use, but was not handed over here"
            ),
            format!("if it is to replace {old}: {abandon}, and --new {id} begins one with it"),
        ],
        Trouble::FileIsThere => vec![
            "the file for the secret is there already, and is never overwritten".to_owned(),
            format!(
                "`usagewarden keys rotate {} --secret-file PATH` goes on with another one",
                old.id
            ),
        ],
    }
}

/// What is waited for, to a program.
const fn awaited(why: Why) -> &'static str {
    match why {
        Why::NewUnused => "new_key_in_use",
        Why::OldInUse { .. } => "old_key_idle",
        Why::UsageUnknown { .. } => "usage",
    }
}

fn value(event: &Event<'_>) -> Value {
    let of = |name: &str, rotation: &Rotation, new: Option<&Named>| json!({ "event": name, "old": rotation.old, "new": new });
    match event {
        Event::Cleared(key) => json!({ "event": "lost_key_revoked", "key": key }),
        Event::Dropped(key) => json!({ "event": "unused_key_revoked", "key": key }),
        Event::Made(key) => json!({ "event": "made", "new": { "id": key.id, "name": key.name } }),
        Event::HandedOver(making) => json!({ "event": "handed_over", "to": making.handing }),
        Event::WasHandedOver(new) => json!({ "event": "was_handed_over", "new": new }),
        Event::Doubtful => json!({ "event": "no_answer" }),
        Event::GivenUp => json!({ "event": "given_up" }),
        Event::Waiting { why, rotation, new } => {
            let mut value = of("waiting", rotation, Some(new));
            value["for"] = json!(awaited(*why));
            value
        }
        Event::Left { rotation, new } => of("left", rotation, Some(new)),
        Event::OutOfTime { rotation } => of("out_of_time", rotation, None),
        Event::Abandoned { rotation } => of("abandoned", rotation, None),
        Event::Stopped { rotation, .. } => of("stopped", rotation, None),
        Event::Cut { rotation, new, despite } => {
            let mut value = of("done", rotation, Some(new));
            value["end"] = json!(rotation.end);
            value["forced_before"] = json!(despite.map(awaited));
            value
        }
        Event::WasCut { rotation, new } => {
            let mut value = of("done", rotation, Some(new));
            value["end"] = json!(rotation.end);
            value
        }
    }
}
