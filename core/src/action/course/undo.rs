//! Undoing: what is brought back, and what is left alone.

use jiff::Timestamp;

use super::{Change, Sight, Step, forward, own_cap, own_rate};
use crate::action::course::forward::stranger;
use crate::action::{ActionRecord, ActionState, Before, Doing, Stage, Target};
use crate::roster::{ApiKey, RateLimit, SpendLimit};

/// Why there is nothing to undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoUndo {
    #[error("it was undone already")]
    Undone,
    #[error("it is being undone already")]
    Undoing,
    #[error("it was a dry run, so there is nothing to undo")]
    DryRun,
    #[error("it changed nothing, so there is nothing to undo")]
    Unchanged,
    #[error("it called a webhook, which cannot be taken back")]
    Called,
    #[error(
        "this API does not show what was there before; set it with `usagewarden limits set spend`"
    )]
    Unknown,
}

impl ActionRecord {
    /// Somebody wants it undone; asked twice, the first counts. An undo that has failed for good
    /// begins anew, as if it had never been tried.
    pub fn ask_undo(&mut self, now: Timestamp) {
        if self.state == ActionState::Undone {
            return;
        }
        if self.is_undone() {
            // It may have been brought back all the same.
            let stuck = self.doings.iter_mut().filter(|doing| doing.stage == Stage::Stuck);
            stuck.for_each(|doing| doing.stage = Stage::Returning);
            self.undo_asked_at = None;
            self.turn_back(now);
        }
        if self.undo_asked_at.is_none() {
            (self.undo_asked_at, self.next_attempt_at) = (Some(now), now);
        }
    }

    /// Whether an undo makes sense now. An order that is not carried out yet is canceled by it,
    /// and an undo that has failed for good can be tried once more.
    pub fn undoable(&self) -> Result<(), NoUndo> {
        if self.is_undone() {
            let is_undone = self.state == ActionState::Undone;
            return if is_undone { Err(NoUndo::Undone) } else { Ok(()) };
        }
        if self.undo_asked_at.is_some() {
            return Err(NoUndo::Undoing);
        }
        match self.state {
            ActionState::DryRun => Err(NoUndo::DryRun),
            ActionState::Queued | ActionState::Retrying => Ok(()),
            ActionState::Undoing => Err(NoUndo::Undoing),
            ActionState::Undone => Err(NoUndo::Undone),
            ActionState::Done | ActionState::Refused | ActionState::GivenUp => self.changed(),
        }
    }

    fn changed(&self) -> Result<(), NoUndo> {
        let mut changed = self.doings.iter().filter(|doing| match doing.stage {
            Stage::Begun | Stage::Doubted | Stage::Done | Stage::Returning => true,
            Stage::Waiting
            | Stage::Left
            | Stage::Refused
            | Stage::Undone
            | Stage::Kept
            | Stage::Stuck => false,
        });
        let is_lost =
            |doing: &Doing| matches!(doing.before, Some(Before::Nothing | Before::Unknown));
        let first = changed.clone().next().map(|doing| doing.before.clone());
        match (first, changed.all(is_lost)) {
            (None, _) => Err(NoUndo::Unchanged),
            (Some(Some(Before::Unknown)), true) => Err(NoUndo::Unknown),
            (Some(_), true) => Err(NoUndo::Called),
            (Some(_), false) => Ok(()),
        }
    }
}

/// What brings a target back that is as `sight` says.
pub fn backward(target: &Target, doing: &Doing, sight: &Sight) -> Step {
    let Some(before) = &doing.before else { return kept("it was not changed") };
    // What was begun and is not as ordered was never changed; or not by us.
    let doubted = doing.stage == Stage::Doubted;
    let doing = &Doing { stage: if doubted { Stage::Begun } else { doing.stage }, ..doing.clone() };
    let was_made = |made: &Doing| match forward(target, made, sight) {
        Step::Settle { stage, .. } => stage == Stage::Done,
        Step::Make { .. } => matches!(sight, Sight::Blind | Sight::SetHere(_)),
    };
    if doing.stage == Stage::Begun && !was_made(doing) {
        return kept("it was not changed");
    }
    match (target, sight, before) {
        (Target::Key { .. }, Sight::Key(found), Before::Key { status }) => {
            key(target, doing.stage, status, found.as_ref())
        }
        (Target::SpendLimit { .. }, Sight::SpendLimits(limits), Before::SpendLimit { .. }) => {
            spend_limit(target, doing.stage, before, limits)
        }
        (Target::SpendLimit { .. }, Sight::Blind | Sight::SetHere(_), _) => stuck(
            "this API does not show what the limit was before; set it with `usagewarden limits set spend`",
        ),
        (Target::RateLimit { .. }, Sight::RateLimits(limits), Before::RateLimit { value }) => {
            rate_limit(target, doing.stage, *value, limits)
        }
        (Target::Webhook { .. }, _, _) | (_, _, Before::Nothing) => {
            kept("a call cannot be taken back")
        }
        (
            Target::Key { .. } | Target::SpendLimit { .. } | Target::RateLimit { .. },
            Sight::Key(_)
            | Sight::SpendLimits(_)
            | Sight::RateLimits(_)
            | Sight::SetHere(_)
            | Sight::Blind,
            Before::Key { .. }
            | Before::SpendLimit { .. }
            | Before::RateLimit { .. }
            | Before::Unknown,
        ) => stuck("this API does not tell how it is, so it is not touched"),
    }
}

fn key(target: &Target, stage: Stage, before: &str, found: Option<&ApiKey>) -> Step {
    let Target::Key { id, workspace, .. } = target else { return kept("it is no key") };
    let Some(found) = found else { return kept("there is no such key any more") };
    if let Some(why) = stranger(id, workspace, found) {
        return kept(why);
    }
    match found.status.as_str() {
        now if now == before => returned(stage, "it is active again already"),
        "inactive" if before == "active" => {
            let before = Before::Key { status: before.to_owned() };
            Step::Make { before, change: Change::EnableKey { id: id.clone() } }
        }
        now => kept(format!("somebody changed it since: it is {now} now")),
    }
}

fn spend_limit(target: &Target, stage: Stage, before: &Before, limits: &[SpendLimit]) -> Step {
    let (Target::SpendLimit { workspace, to, .. }, Before::SpendLimit { amount }) =
        (target, before)
    else {
        return kept("it is no spend limit");
    };
    let own = own_cap(limits, workspace.as_ref());
    let change = match (own, amount) {
        (Some((_, now)), _) if now == *to => match (own, amount) {
            (_, Some(amount)) => {
                Change::SetSpendLimit { workspace: workspace.clone(), amount: *amount }
            }
            (Some((limit, _)), None) => Change::RemoveSpendLimit { id: limit.id.clone() },
            (None, None) => return kept("there is no such limit any more"),
        },
        (now, amount) if now.map(|(_, now)| now) == *amount => {
            return returned(stage, "it is as it was before already");
        }
        (Some((_, now)), _) => {
            return kept(format!("somebody changed it since: it is {now} now"));
        }
        (None, _) => return kept("somebody removed it since"),
    };
    Step::Make { before: before.clone(), change }
}

fn rate_limit(target: &Target, stage: Stage, before: Option<u64>, limits: &[RateLimit]) -> Step {
    let Target::RateLimit { workspace, limit_id, limiter, to, .. } = target else {
        return kept("it is no rate limit");
    };
    let Some((_, own)) = own_rate(limits, workspace, limit_id, limiter) else {
        return kept("the organization has no such rate limit any more");
    };
    match own {
        Some(now) if now == *to => Step::Make {
            before: Before::RateLimit { value: before },
            change: Change::SetRateLimit {
                workspace: workspace.clone(),
                limit_id: limit_id.clone(),
                limiter: limiter.clone(),
                value: before,
            },
        },
        now if now == before => returned(stage, "it is as it was before already"),
        Some(now) => kept(format!("somebody changed it since: it is {now} now")),
        None => kept("somebody removed it since"),
    }
}

/// It is as it was: by us, if we had begun to bring it back.
fn returned(stage: Stage, otherwise: &str) -> Step {
    if stage == Stage::Returning {
        return Step::Settle { stage: Stage::Undone, said: None };
    }
    kept(otherwise)
}

fn kept(why: impl Into<String>) -> Step {
    Step::Settle { stage: Stage::Kept, said: Some(why.into()) }
}

fn stuck(why: &str) -> Step {
    Step::Settle { stage: Stage::Stuck, said: Some(why.to_owned()) }
}
