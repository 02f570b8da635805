//! One action, and what became of it, as people may see it.

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::action::{ActionId, ActionRecord, ActionState, Before, Doing, Target};
use usagewarden_core::subject::{ActionName, OrganizationName, RuleName};

#[derive(Debug, Serialize)]
pub(in crate::web) struct ActionShown {
    pub(in crate::web) id: ActionId,
    pub(in crate::web) organization: OrganizationName,
    pub(in crate::web) action: ActionName,
    pub(in crate::web) rule: RuleName,
    subject: String,
    /// What it does, in words.
    pub(in crate::web) does: String,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) attempts: u32,
    pub(in crate::web) decided_at: Timestamp,
    state_since: Timestamp,
    /// Only of those that somebody carries on.
    pub(in crate::web) next_attempt_at: Option<Timestamp>,
    undo_asked_at: Option<Timestamp>,
    /// Why there is nothing to undo; null: there is something.
    pub(in crate::web) no_undo: Option<String>,
    pub(in crate::web) last_error: Option<String>,
    targets: Vec<TargetShown>,
}

/// One thing that it changes.
#[derive(Debug, Serialize)]
struct TargetShown {
    name: String,
    /// Of a key.
    api_key_id: Option<String>,
    /// What was there before it was changed.
    before: Option<String>,
    /// What it is to become.
    after: Option<String>,
    stage: &'static str,
    said: Option<String>,
}

/// How many there are, by state.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(in crate::web) struct ActionCounts {
    queued: u64,
    retrying: u64,
    done: u64,
    refused: u64,
    given_up: u64,
    dry_run: u64,
    undoing: u64,
    undone: u64,
}

impl ActionShown {
    pub(super) fn of(record: &ActionRecord) -> Self {
        let order = &record.order;
        let targets = order.targets.iter().zip(&record.doings);
        Self {
            id: order.id.clone(),
            organization: order.organization.clone(),
            action: order.action.clone(),
            rule: order.rule.clone(),
            subject: order.subject.to_string(),
            does: order.does.clone(),
            state: record.state.label(),
            attempts: record.attempts,
            decided_at: order.decided_at,
            state_since: record.state_since,
            next_attempt_at: record.errand().is_some().then_some(record.next_attempt_at),
            undo_asked_at: record.undo_asked_at,
            no_undo: record.undoable().err().map(|why| why.to_string()),
            last_error: record.last_error.clone(),
            targets: targets.map(|(target, doing)| TargetShown::of(target, doing)).collect(),
        }
    }
}

impl TargetShown {
    fn of(target: &Target, doing: &Doing) -> Self {
        let api_key_id = match target {
            Target::Key { id, .. } => Some(id.to_string()),
            Target::SpendLimit { .. } | Target::RateLimit { .. } | Target::Webhook { .. } => None,
        };
        Self {
            name: target.named(),
            api_key_id,
            before: doing.before.as_ref().and_then(Before::words),
            after: target.wanted(),
            stage: doing.stage.label(),
            said: doing.said.clone(),
        }
    }
}

impl ActionCounts {
    pub(super) fn of(records: &[ActionRecord]) -> Self {
        let mut counts = Self::default();
        for record in records {
            let count = match record.state {
                ActionState::Queued => &mut counts.queued,
                ActionState::Retrying => &mut counts.retrying,
                ActionState::Done => &mut counts.done,
                ActionState::Refused => &mut counts.refused,
                ActionState::GivenUp => &mut counts.given_up,
                ActionState::DryRun => &mut counts.dry_run,
                ActionState::Undoing => &mut counts.undoing,
                ActionState::Undone => &mut counts.undone,
            };
            *count = count.saturating_add(1);
        }
        counts
    }
}
