//! `[action.NAME]`: what a step of a budget or quota can have done about it.

mod steps;

use toml::de::DeValue;
use usagewarden_core::action::{Action, Measure};
use usagewarden_core::amount::Amount;
use usagewarden_core::subject::{ActionName, ChannelName, WorkspaceId};

use super::document::Position;
use super::nearest::nearest;
use super::problem::Complaint;
use super::table::{At, Table};
use super::value;

pub(super) use steps::{Takers, check};

/// An action, and where its name stands.
pub(super) type Written<'a> = At<'a, Action>;

/// What an action can do, one of them each.
const MEASURES: [&str; 4] =
    ["disable_keys", "lower_spend_limit", "lower_rate_limit", "call_webhook"];

/// As far as they are known; the API may have more.
const LIMITERS: [&str; 10] = [
    "requests_per_minute",
    "input_tokens_per_minute",
    "input_tokens_per_minute_cache_aware",
    "output_tokens_per_minute",
    "tokens_per_minute",
    "tokens_per_day",
    "tool_uses_per_second",
    "fast_itpmca",
    "fast_otpm",
    "enqueued_batch_requests",
];

/// More than any limit, and still what fits the numbers of TOML.
const LIMIT_MOST: u64 = 1_000_000_000_000;

/// The channels that an action can name, by kind.
#[derive(Clone, Copy)]
pub(super) struct Channels<'a> {
    pub(super) emails: &'a [ChannelName],
    pub(super) webhooks: &'a [ChannelName],
}

/// Every action, each with the place of its name.
pub(super) fn read<'a>(root: &Table<'a>, channels: Channels<'_>) -> Vec<Written<'a>> {
    let Some(tables) = root.table("action") else { return Vec::new() };
    let named = tables.named();
    named.iter().filter_map(|(name, table)| read_one(*name, table, channels)).collect()
}

fn read_one<'a>(
    name: At<'a, &'a str>,
    table: &Table<'a>,
    channels: Channels<'_>,
) -> Option<Written<'a>> {
    if let Err(complaint) = value::check_name(name.value) {
        table.notes.error(name.position, complaint.about("the name of an action"));
    }
    let written: Vec<&str> = MEASURES.into_iter().filter(|word| table.has(word)).collect();
    // Each is asked for, so that none is an unknown key, and every mistake is told.
    let measures = [
        disable_keys(table),
        lower_spend_limit(table),
        lower_rate_limit(table),
        call_webhook(table, channels),
    ];
    let dry_run = table.optional("dry_run", value::boolean).is_some_and(|on| on.value);
    let refuse = |complaint| table.notes.error(name.position.public(), complaint);
    match written[..] {
        [_] => {}
        [] => {
            let message = format!("{} does nothing", table.header);
            let hint = format!("write one of {}", MEASURES.join(", "));
            refuse(Complaint::new(message).hint(hint));
        }
        [first, second, ..] => {
            let message = format!("{} does two things: {first} and {second}", table.header);
            refuse(Complaint::new(message).hint("make an action of each; two steps can take them"));
            return None;
        }
    }
    let measure = measures.into_iter().flatten().next()?;
    let value = Action { name: ActionName::new(name.value), measure, dry_run };
    Some(At { value, position: name.position })
}

fn disable_keys(table: &Table<'_>) -> Option<Measure> {
    let table = table.table("disable_keys")?;
    let workspace = table.required("workspace", "\"ingest-prod\"", whole_name);
    if !table.has("keys") {
        table.missing("keys", "[\"batch-*\"]");
    }
    let keys = table.list("keys", value::glob)?;
    if table.is_empty_array("keys") {
        let complaint = Complaint::new("`keys` names none")
            .hint("write names, ids or patterns; [\"*\"] means every key of the workspace");
        table.notes.error(keys.position, complaint);
        return None;
    }
    let keys = keys.value.into_iter().map(|glob| glob.value).collect();
    Some(Measure::DisableKeys { workspace: workspace?.value, keys })
}

fn lower_spend_limit(table: &Table<'_>) -> Option<Measure> {
    let table = table.table("lower_spend_limit")?;
    let is_written = table.has("workspace");
    let workspace = table.optional("workspace", limited_workspace).map(|name| name.value);
    let to = table.required("to", "\"100 USD\"", cents)?.value;
    // A name that is refused must not make it the whole organization's limit.
    (workspace.is_some() || !is_written).then_some(Measure::LowerSpendLimit { workspace, to })
}

fn lower_rate_limit(table: &Table<'_>) -> Option<Measure> {
    let table = table.table("lower_rate_limit")?;
    let workspace = table.required("workspace", "\"ingest-prod\"", limited_workspace);
    let group = table.required("group", "\"Claude Sonnet*\"", value::glob);
    let limiter = table.required("limiter", "\"output_tokens_per_minute\"", value::text);
    let to = table.required("to", "1_000", |value| value::count(value, 1, LIMIT_MOST));
    if let Some(limiter) = &limiter {
        warn_unknown(&table, &limiter.value, limiter.position);
    }
    Some(Measure::LowerRateLimit {
        workspace: workspace?.value,
        group: group?.value,
        limiter: limiter?.value,
        to: to?.value,
    })
}

/// The API may know more limiters than we do, but a slip would do nothing when it is needed.
fn warn_unknown(table: &Table<'_>, limiter: &str, position: Position<'_>) {
    if LIMITERS.contains(&limiter) {
        return;
    }
    let hint = match nearest(limiter, &LIMITERS) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("known are {}", LIMITERS.join(", ")),
    };
    let complaint = Complaint::new(format!("no known limiter is called \"{limiter}\""));
    table.notes.warning(Some(position.public()), complaint.hint(hint));
}

fn call_webhook(table: &Table<'_>, channels: Channels<'_>) -> Option<Measure> {
    let table = table.table("call_webhook")?;
    let At { value: name, position } = table.required("channel", "\"ops\"", value::name)?;
    let channel = ChannelName::new(name);
    if channels.webhooks.contains(&channel) {
        return Some(Measure::CallWebhook { channel });
    }
    let complaint = if channels.emails.contains(&channel) {
        let hint = "an action calls a program: name a [channel.webhook.NAME]";
        Complaint::new(format!("the channel `{channel}` is no webhook")).hint(hint)
    } else {
        let names: Vec<&str> = channels.webhooks.iter().map(ChannelName::as_str).collect();
        let hint = match nearest(channel.as_str(), &names) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None if names.is_empty() => "add [channel.webhook.NAME] with its `url`".to_owned(),
            None => format!("there are {}", names.join(", ")),
        };
        Complaint::new(format!("there is no channel `{channel}`")).hint(hint)
    };
    table.notes.error(position.public(), complaint);
    None
}

/// The id or the name of a workspace: what is done must not reach a second one.
fn whole_name(value: &DeValue<'_>) -> Result<String, Complaint> {
    let name = value::text(value)?;
    if name.contains('*') {
        let complaint = Complaint::new(format!("cannot be \"{name}\": it is no pattern"));
        return Err(complaint.hint("write one workspace, by its whole name or id"));
    }
    Ok(name)
}

fn limited_workspace(value: &DeValue<'_>) -> Result<String, Complaint> {
    let name = whole_name(value)?;
    if name == WorkspaceId::DEFAULT {
        let complaint = Complaint::new("cannot be the default workspace: it can have no limits");
        return Err(complaint.hint("name another workspace"));
    }
    Ok(name)
}

/// Money that an API can be told: it counts in cents.
fn cents(value: &DeValue<'_>) -> Result<Amount, Complaint> {
    let amount = value::money(value)?;
    if amount.dollars().normalize().scale() > 2 {
        return Err(Complaint::new("is no whole number of cents").hint("write \"100 USD\""));
    }
    Ok(amount)
}
