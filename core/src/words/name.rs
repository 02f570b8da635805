//! What things are called: subjects, reports, limiters.

use crate::decide::ALL_REPORTS;
use crate::notice::{Facts, Matter};
use crate::reading::Report;
use crate::subject::{ApiKeyId, ModelId, WorkspaceId};

/// What an alert is about, beside its organization: `workspace ingest-prod`,
/// `claude-opus-5-5 in ingest-prod`, `the usage report`. `None`: the organization as a whole.
pub fn subject_name(facts: &Facts) -> Option<String> {
    match &facts.matter {
        Matter::RateLimit { group, limiter, .. } => {
            let of = format!("{} of {group}", limiter_name(limiter));
            Some(match narrow(facts) {
                Some(narrow) => format!("{of}, {narrow}"),
                None => of,
            })
        }
        Matter::Stale { .. } if facts.subject.detail.as_deref() == Some(ALL_REPORTS) => {
            Some(ALL_REPORTS.to_owned())
        }
        Matter::Stale { report, .. } => Some(report_name(*report).to_owned()),
        Matter::Changed { what, .. } => Some(what.clone()),
        Matter::Undelivered { channel, .. } => Some(format!("channel {channel}")),
        Matter::Person { who, .. } => Some(who.clone()),
        Matter::Activity { activity, .. } => Some(activity.clone()),
        Matter::Acted { action, .. } => Some(format!("action {action}")),
        Matter::Step { .. }
        | Matter::Bound { .. }
        | Matter::Key { .. }
        | Matter::Stranger { .. }
        | Matter::Test => narrow(facts),
    }
}

/// The part of the organization that spends: by name, else by id.
pub(super) fn narrow(facts: &Facts) -> Option<String> {
    let model = facts.subject.model.as_ref().map(model_name);
    let key = key(facts);
    let workspace = workspace(facts);
    Some(match (model, key, workspace) {
        (None, None, None) => return None,
        (None, None, Some(workspace)) => match workspace {
            Workspace::Default => workspace.inside(),
            Workspace::Named(name) => format!("workspace {name}"),
        },
        (None, Some(key), None) => key.alone(),
        (None, Some(key), Some(workspace)) => format!("{} in {}", key.alone(), workspace.inside()),
        (Some(model), None, None) => model,
        (Some(model), None, Some(workspace)) => format!("{model} in {}", workspace.inside()),
        (Some(model), Some(key), None) => format!("{model} {}", key.beside()),
        (Some(model), Some(key), Some(workspace)) => {
            format!("{model} {} in {}", key.beside(), workspace.inside())
        }
    })
}

/// ` for workspace ingest-prod`, or nothing for the organization as a whole.
pub(super) fn for_whom(facts: &Facts) -> String {
    narrow(facts).map(|narrow| format!(" for {narrow}")).unwrap_or_default()
}

enum Workspace<'a> {
    /// And its name is not known.
    Default,
    Named(&'a str),
}

impl Workspace<'_> {
    fn inside(&self) -> String {
        match self {
            Self::Default => "the default workspace".to_owned(),
            Self::Named(name) => (*name).to_owned(),
        }
    }
}

fn workspace(facts: &Facts) -> Option<Workspace<'_>> {
    let id = facts.subject.workspace.as_ref()?;
    Some(match facts.names.workspace.as_deref() {
        Some(name) => Workspace::Named(name),
        None if id.as_str() == WorkspaceId::DEFAULT => Workspace::Default,
        None => Workspace::Named(id.as_str()),
    })
}

enum Key<'a> {
    None,
    Named(&'a str),
    /// By name and id: the news are about this very key, and names are not unique.
    Both(&'a str, &'a str),
}

impl Key<'_> {
    fn alone(&self) -> String {
        match self {
            Self::None => "traffic without a key".to_owned(),
            Self::Named(name) => format!("key {name}"),
            Self::Both(name, id) => format!("key {name} ({id})"),
        }
    }

    fn beside(&self) -> String {
        match self {
            Self::None => "without a key".to_owned(),
            Self::Named(_) | Self::Both(_, _) => format!("with {}", self.alone()),
        }
    }
}

fn key(facts: &Facts) -> Option<Key<'_>> {
    let id = facts.subject.key.as_ref()?;
    Some(match facts.names.api_key.as_deref() {
        Some(name) if matches!(facts.matter, Matter::Key { .. }) && name != id.as_str() => {
            Key::Both(name, id.as_str())
        }
        Some(name) => Key::Named(name),
        None if id.as_str() == ApiKeyId::NONE => Key::None,
        None => Key::Named(id.as_str()),
    })
}

fn model_name(id: &ModelId) -> String {
    match id.as_str() {
        ModelId::UNKNOWN => "an unknown model".to_owned(),
        ModelId::NONE => "charges of no model".to_owned(),
        id => id.to_owned(),
    }
}

/// `the usage report`
pub const fn report_name(report: Report) -> &'static str {
    match report {
        Report::Usage => "the usage report",
        Report::Cost => "the cost report",
        Report::Analytics => "the analytics report",
        Report::Company => "the organization's profile",
        Report::Quota => "the token quota",
        Report::RateLimits => "the rate limits",
        Report::SpendLimits => "the spend limits",
        Report::Keys => "the list of API keys",
        Report::Members => "the list of members",
        Report::Audit => "the audit log",
    }
}

/// `usage data`: always many.
pub(super) const fn data_name(report: Report) -> &'static str {
    match report {
        Report::Usage => "usage data",
        Report::Cost => "cost data",
        Report::Analytics => "analytics data",
        Report::Company => "data of the profile",
        Report::Quota => "token quota data",
        Report::RateLimits => "rate limit data",
        Report::SpendLimits => "spend limit data",
        Report::Keys => "API key data",
        Report::Members => "member data",
        Report::Audit => "audit data",
    }
}

/// What a limiter counts: `input tokens a minute`. What the API may add is shown as it is.
pub fn limiter_name(limiter: &str) -> String {
    let known = match limiter {
        "requests_per_minute" => "requests a minute",
        "input_tokens_per_minute" => "input tokens a minute",
        "input_tokens_per_minute_cache_aware" => "input tokens a minute (cache reads not counted)",
        "output_tokens_per_minute" => "output tokens a minute",
        "tokens_per_minute" => "tokens a minute",
        "tokens_per_day" => "tokens a day",
        "tool_uses_per_second" => "tool uses a second",
        "enqueued_batch_requests" => "enqueued batch requests",
        other => other,
    };
    known.to_owned()
}
