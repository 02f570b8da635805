//! What an analytics query asks for, checked.

use jiff::{SignedDuration, Timestamp};
use usagewarden_core::window::{Width, Window};

use super::super::usage::{CONTEXTS, GEOS, SPEEDS, TIERS};
use crate::simulator::bill::Reach;
use crate::simulator::paging::cursor;
use crate::simulator::query::Query;
use crate::simulator::refusal::Refusal;
use crate::simulator::simulation::{Simulation, Source};
use crate::simulator::traffic::HOUR;
use crate::simulator::traits::Filters;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Usage,
    Cost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderBy {
    Time,
    TotalTokens,
    OutputTokens,
    UncachedInputTokens,
    Requests,
    Amount,
    ListAmount,
}

#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) kind: Kind,
    /// Without those that fan a row out.
    pub(super) group_by: Vec<String>,
    pub(super) by_cost_type: bool,
    pub(super) by_token_type: bool,
    pub(super) filters: Filters,
    pub(super) ascending: bool,
    pub(super) order_by: OrderBy,
    pub(super) limit: usize,
    pub(super) offset: usize,
    pub(super) horizon: i64,
    from: i64,
    until: i64,
    width: Option<Width>,
}

pub(super) const DIMENSIONS: [&str; 20] = [
    "actor",
    "actor_type",
    "agent_id",
    "api_key_id",
    "claude_tag_category",
    "claude_tag_user_id",
    "context_window",
    "deployment_id",
    "environment_id",
    "inference_geo",
    "model",
    "organization_id",
    "product",
    "rbac_group_id",
    "service_tier",
    "session_id",
    "slack_channel_id",
    "speed",
    "user_profile_id",
    "workspace_id",
];
const ACTORS: [&str; 4] = ["user_actor", "service_account_actor", "api_actor", "federated_actor"];
const FILTERS: [(&str, &str, &[&str]); 17] = [
    ("actor_ids", "actor", &[]),
    ("actor_types", "actor_type", &ACTORS),
    ("api_key_ids", "api_key_id", &[]),
    ("workspace_ids", "workspace_id", &[]),
    ("service_tiers", "service_tier", &TIERS),
    ("models", "model", &[]),
    ("context_windows", "context_window", &CONTEXTS),
    ("inference_geos", "inference_geo", &GEOS),
    ("speeds", "speed", &SPEEDS),
    ("products", "product", &[]),
    ("agent_ids", "agent_id", &[]),
    ("deployment_ids", "deployment_id", &[]),
    ("environment_ids", "environment_id", &[]),
    ("session_ids", "session_id", &[]),
    ("user_profile_ids", "user_profile_id", &[]),
    ("organization_ids", "organization_id", &[]),
    ("rbac_group_ids", "rbac_group_id", &[]),
];

impl Ask {
    pub(super) fn take(
        query: &mut Query,
        simulation: &Simulation,
        kind: Kind,
    ) -> Result<Self, Refusal> {
        let (group_by, by_cost_type, by_token_type) = grouping(query, kind)?;
        let filters = Filters::take(query, &FILTERS)?;
        let (from, until, width) = span(query, simulation.now())?;
        let ascending = query.word("order", &["asc", "desc"])?.is_some_and(|word| word == "asc");
        let order_by = order(query, kind)?;
        let limit = query.limit(20, 1_000)?;
        let (offset, horizon) = match cursor(query)? {
            Some([offset, horizon]) => (usize::try_from(offset).unwrap_or(0), horizon),
            None => (0, simulation.horizon(Source::Analytics)),
        };
        Ok(Self {
            kind,
            group_by,
            by_cost_type,
            by_token_type,
            filters,
            ascending,
            order_by,
            limit,
            offset,
            horizon,
            from,
            until,
            width,
        })
    }

    pub(super) const fn reach(&self) -> Reach {
        Reach::Shown(self.horizon)
    }

    /// The buckets, or the whole range if none were asked for.
    pub(super) fn spans(&self) -> Vec<(i64, i64)> {
        let Some(width) = self.width else { return vec![(self.from, self.until)] };
        let step = width.seconds() * 1_000;
        let mut from = self.from - self.from.rem_euclid(step);
        let mut spans = Vec::new();
        while from < self.until {
            spans.push((from, from + step));
            from += step;
        }
        spans
    }
}

fn grouping(query: &mut Query, kind: Kind) -> Result<(Vec<String>, bool, bool), Refusal> {
    let known: Vec<&str> = match kind {
        Kind::Usage => DIMENSIONS.to_vec(),
        Kind::Cost => [&DIMENSIONS[..], &["cost_type", "token_type"]].concat(),
    };
    let mut group_by = query.words("group_by", &known)?;
    let mut without = |word: &str| {
        let before = group_by.len();
        group_by.retain(|dimension| dimension != word);
        group_by.len() < before
    };
    let (by_cost_type, by_token_type) = (without("cost_type"), without("token_type"));
    if group_by.len() > 5 {
        return Err(Refusal::invalid("group_by: at most 5 dimensions"));
    }
    Ok((group_by, by_cost_type, by_token_type))
}

fn order(query: &mut Query, kind: Kind) -> Result<OrderBy, Refusal> {
    const USAGE: [&str; 5] =
        ["total_tokens", "output_tokens", "requests", "uncached_input_tokens", "time"];
    let known = match kind {
        Kind::Usage => &USAGE[..],
        Kind::Cost => &["amount", "list_amount", "time"],
    };
    Ok(match (query.word("order_by", known)?.as_deref(), kind) {
        (Some("time"), _) => OrderBy::Time,
        (Some("output_tokens"), _) => OrderBy::OutputTokens,
        (Some("requests"), _) => OrderBy::Requests,
        (Some("uncached_input_tokens"), _) => OrderBy::UncachedInputTokens,
        (Some("list_amount"), _) => OrderBy::ListAmount,
        (_, Kind::Usage) => OrderBy::TotalTokens,
        (_, Kind::Cost) => OrderBy::Amount,
    })
}

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// 2026-01-01T00:00:00Z: nothing older is kept here.
const KEPT_SINCE: i64 = 1_767_225_600;

fn span(query: &mut Query, now: Timestamp) -> Result<(i64, i64, Option<Width>), Refusal> {
    let word = query.word("time_bucket_width", &["1m", "1h", "1d"])?;
    let width = Width::ALL.into_iter().find(|width| Some(width.wire()) == word.as_deref());
    let from = query
        .timestamp("starting_at")?
        .ok_or_else(|| Refusal::invalid("starting_at: Field required"))?;
    let until = match (query.timestamp("ending_at")?, width) {
        (Some(until), _) => until,
        (None, None) if now.duration_since(from) > DAY * 31 => from + DAY * 31,
        (None, None) => now,
        (None, Some(_)) => {
            return Err(Refusal::invalid("ending_at: required with time_bucket_width"));
        }
    };
    if from < now - DAY * 365 || from.as_second() < KEPT_SINCE {
        return Err(Refusal::invalid(
            "starting_at: must be within the last 365 days, and in 2026 or later",
        ));
    }
    let longest = if width == Some(Width::Minute) { DAY } else { DAY * 31 };
    let window = Window::new(from, until).filter(|window| window.length() <= longest);
    let Some(window) = window else {
        return Err(Refusal::invalid("ending_at: the range is empty, or longer than allowed"));
    };
    let [from, until] = [window.from(), window.until()].map(Timestamp::as_millisecond);
    Ok(match width {
        Some(_) => (from, until, width),
        None => (from - from.rem_euclid(HOUR), until - until.rem_euclid(HOUR), None),
    })
}
