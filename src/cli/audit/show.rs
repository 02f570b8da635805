//! Lines of an audit log as people and programs read them.

use serde::Deserialize;
use serde_json::Value;
use usagewarden_core::amount::Amount;
use usagewarden_core::roster::Activity;

use crate::cli::Terminal;
use crate::cli::terminal::Mark;
use crate::config::Organization;

/// Of the details of one line; programs get them whole.
const DETAILS_CHARS_MOST: usize = 120;
/// What the widest is that a column takes for itself.
const COLUMN_MOST: usize = 44;
/// What lines that are still to come are given room for.
const WHO_LEAST: usize = 24;
const WHAT_LEAST: usize = 30;

pub(super) type Line<'a> = (&'a Organization, Activity);

/// How wide each column is.
pub(super) struct Columns {
    /// `None`: there is one organization, and nobody needs to be told which.
    organization: Option<usize>,
    who: usize,
    what: usize,
}

impl Columns {
    pub(super) fn of(lines: &[Line<'_>], several: bool, more_to_come: bool) -> Self {
        let widest = |head: &str, width: &dyn Fn(&Line<'_>) -> usize| {
            let texts = lines.iter().map(width).max().unwrap_or(0);
            texts.max(head.len()).min(COLUMN_MOST)
        };
        let least =
            |width: usize, least: usize| if more_to_come { width.max(least) } else { width };
        Self {
            organization: several
                .then(|| widest("organization", &|(of, _)| of.name.as_str().chars().count())),
            who: least(widest("who", &|(_, line)| line.actor.name().chars().count()), WHO_LEAST),
            what: least(widest("what", &|(_, line)| line.kind.chars().count()), WHAT_LEAST),
        }
    }

    fn row(&self, organization: &str, [when, who, what, details]: [&str; 4]) -> String {
        let Self { who: who_wide, what: what_wide, .. } = *self;
        let of =
            self.organization.map(|wide| format!("{organization:wide$}  ")).unwrap_or_default();
        let row = format!("{when:19}  {of}{who:who_wide$}  {what:what_wide$}  {details}");
        row.trim_end().to_owned()
    }
}

/// The table, with heads if there is anything or something may come.
pub(super) fn print(
    lines: &[Line<'_>],
    columns: &Columns,
    more_to_come: bool,
    terminal: &mut Terminal,
) {
    if !terminal.json() {
        if lines.is_empty() && !more_to_come {
            terminal.line("Nothing happened that was asked for.");
            return;
        }
        terminal.line(columns.row("organization", ["when (UTC)", "who", "what", "details"]));
    }
    for line in lines {
        say(line, columns, terminal);
    }
}

/// One line: of a table for people, of JSON for programs.
pub(super) fn say((organization, line): &Line<'_>, columns: &Columns, terminal: &mut Terminal) {
    if terminal.json() {
        terminal.record(&serde_json::json!({
            "organization": organization.name.as_str(), "id": line.id, "at": line.at,
            "type": line.kind, "actor": line.actor, "details": nested(line),
        }));
        return;
    }
    let when = line.at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let details = terminal.marked(Mark::Faint, in_short(line));
    let (who, what) = (who(line), line.kind.as_str());
    terminal.line(columns.row(organization.name.as_str(), [&when, who, what, &details]));
}

fn who(line: &Activity) -> &str {
    match line.actor.name() {
        "" => "not told",
        name => name,
    }
}

/// `role developer → billing, user_id user_01…`: where from and with what is left to programs.
fn in_short(line: &Activity) -> String {
    let told = line.details.iter().filter(|(name, _)| !name.starts_with("actor."));
    // Ids are long, and what people look for has no id.
    let (ids, words): (Vec<_>, Vec<_>) = told.partition(|(name, _)| name.ends_with("_id"));
    let words = words.into_iter().chain(ids);
    let words: Vec<String> = words.filter_map(|(name, said)| detail(name, said, line)).collect();
    let text = words.join(", ");
    match text.char_indices().nth(DETAILS_CHARS_MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// `None`: another detail says it as well.
fn detail(name: &str, said: &str, line: &Activity) -> Option<String> {
    if let Some(what) = name.strip_prefix("previous_")
        && now_of(what, line).is_some()
    {
        return None;
    }
    let what = name.strip_prefix("current_").unwrap_or(name);
    if let Some(before) = line.details.get(&format!("previous_{what}")) {
        return Some(format!("{what} {before} → {said}"));
    }
    if matches!(name, "updates" | "limits")
        && let Some(updates) = updates(said)
    {
        return Some(updates);
    }
    // It is described as cents, in spite of its name.
    let amount = (name == "limit_usd").then(|| Amount::parse_cents(said).ok()).flatten();
    Some(match amount {
        Some(amount) => format!("limit {amount}"),
        None => format!("{name} {said}"),
    })
}

fn now_of<'l>(what: &str, line: &'l Activity) -> Option<&'l String> {
    line.details.get(&format!("current_{what}")).or_else(|| line.details.get(what))
}

/// One thing of several that changed: a key's field, or a limiter.
#[derive(Deserialize)]
struct Update {
    #[serde(rename = "type")]
    kind: String,
    previous_value: Option<Value>,
    #[serde(alias = "current_value")]
    value: Value,
}

/// `name old → new`, `requests_per_minute 50`; `None` where it is not told in the ways we know.
fn updates(said: &str) -> Option<String> {
    let plain = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    let updates: Vec<Update> = serde_json::from_str(said).ok()?;
    let each = updates.iter().map(|Update { kind, previous_value, value }| match previous_value {
        Some(before) => format!("{kind} {} → {}", plain(before), plain(value)),
        None => format!("{kind} {}", plain(value)),
    });
    Some(each.collect::<Vec<_>>().join(", "))
}

/// Details for programs: what came nested is nested again.
fn nested(line: &Activity) -> Value {
    let value = |said: &String| match serde_json::from_str(said) {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => value,
        Ok(_) | Err(_) => Value::String(said.clone()),
    };
    line.details.iter().map(|(name, said)| (name.clone(), value(said))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use usagewarden_core::roster::Actor;

    use super::*;

    fn activity(details: &[(&str, &str)]) -> Activity {
        let own = |text: &&str| (*text).to_owned();
        Activity {
            id: "activity_1".to_owned(),
            at: "2026-11-20T13:02:11Z".parse().unwrap(),
            kind: "platform_spend_limit_created".to_owned(),
            actor: Actor::default(),
            details: details
                .iter()
                .map(|(name, said)| (own(name), own(said)))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn details_are_said_in_short_and_cents_as_dollars() {
        let line = activity(&[
            ("actor.ip_address", "192.0.2.10"),
            ("limit_action", "notify_only"),
            ("limit_usd", "250000"),
        ]);
        assert_eq!(in_short(&line), "limit_action notify_only, limit $2,500.00");
        let cases: [(&[(&str, &str)], &str); 4] = [
            (
                &[("limits", r#"[{"type":"requests_per_minute","value":50}]"#)],
                "requests_per_minute 50",
            ),
            (
                &[
                    ("current_role", "billing"),
                    ("previous_role", "developer"),
                    ("user_id", "user_1"),
                ],
                "role developer → billing, user_id user_1",
            ),
            (
                &[("api_key_id", "apikey_1"), ("name", "ci"), ("previous_name", "cron")],
                "name cron → ci, api_key_id apikey_1",
            ),
            (
                &[(
                    "updates",
                    r#"[{"type":"status","previous_value":"active","current_value":null}]"#,
                )],
                "status active → none",
            ),
        ];
        for (details, words) in cases {
            assert_eq!(in_short(&activity(details)), words);
        }
        let long = activity(&[("updates", &"x".repeat(500))]);
        assert_eq!(in_short(&long).chars().count(), DETAILS_CHARS_MOST + 1);
    }

    #[test]
    fn an_actor_that_is_not_told_is_said_to_be_so() {
        assert_eq!(who(&activity(&[])), "not told");
    }
}
