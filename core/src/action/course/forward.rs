//! Doing: what follows from how a target is.

use super::{Change, Sight, Step, own_cap, own_rate};
use crate::action::{Before, Doing, Stage, Target};
use crate::amount::Amount;
use crate::roster::{ApiKey, RateLimit, SpendLimit};
use crate::subject::{ApiKeyId, WorkspaceId};

/// What is to be done to a target that is as `sight` says.
///
/// What was there before is what was there when it was first begun: later looks may find
/// our own change. But a limit that somebody else lowered since was lower before.
pub fn forward(target: &Target, doing: &Doing, sight: &Sight) -> Step {
    let step = match (target, sight) {
        (Target::Key { .. }, Sight::Key(found)) => key(target, doing.stage, found.as_ref()),
        (Target::SpendLimit { workspace, to, .. }, Sight::SpendLimits(limits)) => {
            spend_limit(workspace.as_ref(), *to, doing.stage, limits)
        }
        (Target::SpendLimit { to, .. }, Sight::SetHere(is))
            if doing.stage == Stage::Waiting && is < to =>
        {
            refused(format!(
                "it was set to {is} from here last, and this API does not tell whether it is lower still; nothing was changed"
            ))
        }
        // Whoever cannot be asked is told, as often as it takes.
        (Target::SpendLimit { workspace, to, .. }, Sight::Blind | Sight::SetHere(_)) => {
            let change = Change::SetSpendLimit { workspace: workspace.clone(), amount: *to };
            Step::Make { before: Before::Unknown, change }
        }
        (Target::RateLimit { .. }, Sight::RateLimits(limits)) => {
            rate_limit(target, doing.stage, limits)
        }
        (Target::Webhook { channel }, Sight::Blind) => Step::Make {
            before: Before::Nothing,
            change: Change::Call { channel: channel.clone() },
        },
        (
            Target::Key { .. }
            | Target::SpendLimit { .. }
            | Target::RateLimit { .. }
            | Target::Webhook { .. },
            Sight::Key(_)
            | Sight::SpendLimits(_)
            | Sight::RateLimits(_)
            | Sight::SetHere(_)
            | Sight::Blind,
        ) => refused("this API does not tell how it is, so it is not touched"),
    };
    match (step, &doing.before) {
        (Step::Make { before, change }, Some(first)) => {
            Step::Make { before: lower(first, before), change }
        }
        (step, _) => step,
    }
}

/// What an undo brings back: never more than what was there at first, or was left there by
/// somebody else. No limit is higher than any.
fn lower(first: &Before, found: Before) -> Before {
    let is_lower = match (first, &found) {
        (Before::SpendLimit { amount: first }, Before::SpendLimit { amount: Some(found) }) => {
            first.is_none_or(|first| *found < first)
        }
        (Before::RateLimit { value: first }, Before::RateLimit { value: Some(found) }) => {
            first.is_none_or(|first| *found < first)
        }
        (
            Before::Key { .. }
            | Before::SpendLimit { .. }
            | Before::RateLimit { .. }
            | Before::Unknown
            | Before::Nothing,
            _,
        ) => false,
    };
    if is_lower { found } else { first.clone() }
}

fn key(target: &Target, stage: Stage, found: Option<&ApiKey>) -> Step {
    let Target::Key { id, name, workspace, .. } = target else { return refused("it is no key") };
    let Some(found) = found else { return refused("there is no such key any more") };
    if let Some(why) = stranger(id, workspace, found) {
        return refused(why);
    }
    match found.status.as_str() {
        // It was picked by a list that may be old: patterns are on names.
        "active" if found.name != *name => {
            refused(format!("it is called {} now; nothing was changed", found.name))
        }
        "active" => {
            let before = Before::Key { status: found.status.clone() };
            Step::Make { before, change: Change::DisableKey { id: id.clone() } }
        }
        "inactive" => as_ordered(stage),
        // Ended by somebody else: it spends nothing more.
        _ => left(),
    }
}

/// Why a key that was found is not the one that was ordered.
pub(super) fn stranger(id: &ApiKeyId, workspace: &WorkspaceId, found: &ApiKey) -> Option<String> {
    if found.id != *id {
        return Some(format!(
            "the API answers with another key ({}); nothing was changed",
            found.id
        ));
    }
    match &found.workspace {
        Some(now) if now == workspace => None,
        Some(now) => Some(format!(
            "it belongs to workspace {now} now, and was ordered for {workspace}; nothing was changed"
        )),
        None => Some(format!(
            "nobody says that it belongs to workspace {workspace}; nothing was changed"
        )),
    }
}

fn spend_limit(
    workspace: Option<&WorkspaceId>,
    to: Amount,
    stage: Stage,
    limits: &[SpendLimit],
) -> Step {
    let amount = own_cap(limits, workspace).map(|(_, amount)| amount);
    match amount {
        Some(amount) if amount == to => as_ordered(stage),
        Some(amount) if amount < to => left(),
        Some(_) | None => {
            let change = Change::SetSpendLimit { workspace: workspace.cloned(), amount: to };
            Step::Make { before: Before::SpendLimit { amount }, change }
        }
    }
}

fn rate_limit(target: &Target, stage: Stage, limits: &[RateLimit]) -> Step {
    let Target::RateLimit { workspace, limit_id, limiter, to, .. } = target else {
        return refused("it is no rate limit");
    };
    let Some((entry, own)) = own_rate(limits, workspace, limit_id, limiter) else {
        return refused("the organization has no such rate limit any more");
    };
    match own.or(entry.value) {
        Some(_) if own == Some(*to) => as_ordered(stage),
        Some(value) if value <= *to => left(),
        Some(_) | None => {
            let change = Change::SetRateLimit {
                workspace: workspace.clone(),
                limit_id: limit_id.clone(),
                limiter: limiter.clone(),
                value: Some(*to),
            };
            Step::Make { before: Before::RateLimit { value: own }, change }
        }
    }
}

/// It is as it should be: by us, if we had begun.
const fn as_ordered(stage: Stage) -> Step {
    match stage {
        Stage::Begun => Step::Settle { stage: Stage::Done, said: None },
        Stage::Waiting
        | Stage::Done
        | Stage::Left
        | Stage::Refused
        | Stage::Doubted
        | Stage::Returning
        | Stage::Undone
        | Stage::Kept
        | Stage::Stuck => left(),
    }
}

const fn left() -> Step {
    Step::Settle { stage: Stage::Left, said: None }
}

fn refused(why: impl Into<String>) -> Step {
    Step::Settle { stage: Stage::Refused, said: Some(why.into()) }
}
