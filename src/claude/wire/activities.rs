//! Lines of the audit log, of both APIs: who did what, and whatever else is said of it.
//!
//! Types, actors and further fields are open sets, so nearly nothing is demanded: a moment,
//! and lines that can be told apart. What is nested stays JSON. Texts lose control characters,
//! since they end up on terminals, and their length has a bound.

use std::collections::HashMap;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use usagewarden_core::roster::{Activity, Actor};

use super::envelope::Envelope;
use super::text::{Misread, moment, read};
use crate::claude::mask::Scrub;
use crate::claude::paging::{Dialect, Page};

type Line = Map<String, Value>;

/// Whose log it is, is known: it was asked for.
const ORGANIZATION: [&str; 2] = ["organization_id", "organization_uuid"];
/// Where an actor's id stands, kind by kind.
const IDS: [&str; 7] =
    ["user_id", "api_key_id", "admin_api_key_id", "service_account_id", "service", "subject", "id"];
const ADDRESSES: [&str; 2] = ["email_address", "email"];
/// Of one line; there are types with two dozen.
const DETAILS_MOST: usize = 64;
const DETAIL_CHARS_MOST: usize = 2_000;

/// One page of the activity feed.
pub(in crate::claude) fn decode_page(
    body: &[u8],
    scrub: &Scrub,
) -> Result<Page<Activity>, Misread> {
    read::<Envelope<Line>>(body)?.into_page(Dialect::Id, |line| form(line, scrub))
}

/// The audit log of a company, which has no pages.
pub(in crate::claude) fn decode_list(body: &[u8], scrub: &Scrub) -> Result<Vec<Activity>, Misread> {
    #[derive(Deserialize)]
    struct List {
        data: Vec<Line>,
    }
    let (mut lines, mut alike) = (Vec::new(), HashMap::new());
    for line in read::<List>(body)?.data {
        let has_id = line.get("id").is_some_and(Value::is_string);
        let mut activity = form(line, scrub)?;
        if !has_id {
            tell_apart(&mut activity.id, &mut alike);
        }
        lines.push(activity);
    }
    Ok(lines)
}

/// Lines without ids that say the same at the same moment are several all the same: the second
/// is the second in every answer that has both.
fn tell_apart(id: &mut String, alike: &mut HashMap<String, u32>) {
    let number = alike.entry(id.clone()).or_default();
    *number += 1;
    if *number > 1 {
        // Writing to a `String` cannot fail.
        let _ = write!(id, "_{number}");
    }
}

fn form(mut line: Line, scrub: &Scrub) -> Result<Activity, Misread> {
    let text = |text: &str| scrub.text(text, DETAIL_CHARS_MOST);
    let moment_said = take(&mut line, &["created_at", "timestamp"]);
    let at = moment(moment_said.as_deref())?
        .ok_or_else(|| Misread::because("a line of the audit log without a moment"))?;
    let id = take(&mut line, &["id"]).map(|id| text(&id));
    let kind = take(&mut line, &["type", "action"]);
    let kind = kind.map_or_else(|| "unknown".to_owned(), |kind| text(&kind));
    let (actor, of_actor) = actor(line.remove("actor"), &text);
    let named = further(line, of_actor).map(|(name, said)| (text(&name), text(&plain(said))));
    let details = named.take(DETAILS_MOST).collect();
    let mut activity = Activity { id: String::new(), at, kind, actor, details };
    activity.id = id.unwrap_or_else(|| id_of(&activity));
    Ok(activity)
}

/// The first of `names` that is a text, taken out.
fn take(fields: &mut Line, names: &[&str]) -> Option<String> {
    let name = names.iter().find(|&&name| fields.get(name).is_some_and(Value::is_string))?;
    fields.remove(*name).map(plain)
}

/// Who it was, and what else is said of them: where from, with what.
fn actor(said: Option<Value>, text: &impl Fn(&str) -> String) -> (Actor, Line) {
    let mut fields = match said {
        Some(Value::Object(fields)) => fields,
        Some(Value::String(name)) => Line::from_iter([("email".to_owned(), Value::String(name))]),
        Some(_) | None => Line::new(),
    };
    let mut word = |names: &[&str]| take(&mut fields, names).map(|word| text(&word));
    let (kind, id, email) = (word(&["type"]), word(&IDS), word(&ADDRESSES));
    (Actor { kind: kind.unwrap_or_default(), id, email }, fields)
}

/// What else a line says: its details, the fields beside the type, then of the actor.
fn further(mut line: Line, of_actor: Line) -> impl Iterator<Item = (String, Value)> {
    let details = match line.remove("details") {
        Some(Value::Object(fields)) => fields,
        Some(other) => Line::from_iter([("details".to_owned(), other)]),
        None => Line::new(),
    };
    let beside = line.into_iter().filter(|(name, _)| !ORGANIZATION.contains(&name.as_str()));
    let of_actor = of_actor.into_iter().map(|(name, said)| (format!("actor.{name}"), said));
    details.into_iter().chain(beside).chain(of_actor).filter(|(_, said)| !said.is_null())
}

/// A text as it is, anything else as JSON.
fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// An id for a line that has none: all that it says, so that it is the same whenever it is read.
fn id_of(activity: &Activity) -> String {
    let mut digest = Sha256::new();
    let Actor { kind, id, email } = &activity.actor;
    let at = activity.at.to_string();
    let (id, email) = (id.as_deref().unwrap_or_default(), email.as_deref().unwrap_or_default());
    let words = [at.as_str(), &activity.kind, kind, id, email]
        .into_iter()
        .chain(activity.details.iter().flat_map(|(name, it)| [name.as_str(), it.as_str()]));
    for word in words {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word);
    }
    let mut id = "line_".to_owned();
    for byte in &digest.finalize()[..16] {
        let _ = write!(id, "{byte:02x}");
    }
    id
}
