//! The orders of one organization: look, decide, write down, change, write down.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use usagewarden_core::action::course::{Change, Errand, Setback, Sight, Step, backward, forward};
use usagewarden_core::action::{ActionRecord, ActionState, Before, Stage, Target};
use usagewarden_core::backoff::Backoff;

use crate::act::api::Trouble;
use crate::act::metrics::Outcome;
use crate::act::note::{self, Note, change_words};
use crate::act::{Organization, Wiring};
use crate::chain::Chain;

/// Between two tries of writing down where an order stands.
const KEEP_AGAIN: Backoff = Backoff::between(Duration::from_secs(1), Duration::from_secs(60));

/// One organization, at work.
pub(super) struct Lane {
    /// `None`: it is not configured any more.
    pub(super) organization: Option<Arc<Organization>>,
    pub(super) wiring: Wiring,
    pub(super) stop: CancellationToken,
}

/// The daemon stops before something could be written down: whatever was to follow must not.
struct Stopped;

/// One target of an order on its way.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    errand: Errand,
}

impl Lane {
    /// Carries out what was due, in its order. What a stop leaves is due again after it.
    pub(super) async fn drain(&self, records: Vec<ActionRecord>) {
        for record in records {
            if self.stop.is_cancelled() {
                return;
            }
            // Others came first, and took their time: somebody may want it no more.
            let now = self.wiring.clock.now();
            let record = match self.wiring.store.action(record.order.id).await {
                Ok(record) => record.filter(|record| record.errand().is_some()),
                Err(error) => {
                    error!(error = %Chain(&error), "Could not read an action");
                    return;
                }
            };
            let Some(record) = record.filter(|record| record.is_due(now)) else { continue };
            if self.carry(record).await.is_err() {
                return;
            }
        }
    }

    /// One pass over the targets of one order.
    async fn carry(&self, mut record: ActionRecord) -> Result<(), Stopped> {
        let Some(errand) = record.errand() else { return Ok(()) };
        if errand == Errand::Undo && record.state != ActionState::Undoing {
            record.turn_back(self.wiring.clock.now());
            self.keep(&record).await?;
        }
        let mut setback = None;
        for at in record.open(errand) {
            if self.stop.is_cancelled() || self.is_unwanted(&record).await {
                break;
            }
            let begun = record.doings.get(at).is_some_and(|doing| doing.stage == Stage::Begun);
            let trouble = match self.attempt(&mut record, Place { at, errand }).await? {
                Ok(()) => continue,
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Refused { said } => {
                    self.count(&record, Outcome::Refused);
                    record.refuse(at, errand, said, begun);
                    self.keep(&record).await?;
                }
                Trouble::Failed { said, hint, doubtful: _, everywhere } => {
                    self.count(&record, Outcome::Failed);
                    record.fail(at, said);
                    setback = Some(Setback { hint });
                    if everywhere {
                        break;
                    }
                }
            }
        }
        record.conclude(errand, setback, self.wiring.clock.now());
        log(&record);
        self.keep(&record).await
    }

    /// Whether an undo was asked for while it is done. That is read again before each target;
    /// where it cannot be, the next commit will wait.
    async fn is_unwanted(&self, record: &ActionRecord) -> bool {
        let id = record.order.id.clone();
        let known = self.wiring.store.action(id).await.ok().flatten();
        known.is_some_and(|known| known.undo_asked_at != record.undo_asked_at)
    }

    /// One target, once.
    async fn attempt(
        &self,
        record: &mut ActionRecord,
        place: Place,
    ) -> Result<Result<(), Trouble>, Stopped> {
        let Place { at, errand } = place;
        let Some(target) = record.order.targets.get(at).cloned() else { return Ok(Ok(())) };
        let doing = record.doings.get(at).cloned().unwrap_or_default();
        if errand == Errand::Do && doing.stage == Stage::Waiting && !self.is_allowed() {
            return Ok(Err(not_allowed()));
        }
        let sight = match self.look(&target).await {
            Ok(sight) => sight,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let step = match errand {
            Errand::Do => forward(&target, &doing, &sight),
            Errand::Undo => backward(&target, &doing, &sight),
        };
        match step {
            Step::Make { .. } if errand == Errand::Do && !self.is_allowed() => {
                Ok(Err(not_allowed()))
            }
            Step::Make { before, change } => self.make(record, place, before, &change).await,
            Step::Settle { stage, said } => {
                if let Some(trouble) = self.note_found(record, place, stage).await {
                    return Ok(Err(trouble));
                }
                self.count(record, Outcome::of(stage, errand));
                match (stage, said) {
                    (Stage::Refused, Some(why)) => {
                        record.refuse(at, errand, why, doing.stage == Stage::Begun);
                    }
                    (stage, said) => record.settle(at, stage, said),
                }
                self.keep(record).await.map(Ok)
            }
        }
    }

    fn is_allowed(&self) -> bool {
        // Of one that is gone the look says so.
        self.organization.as_ref().is_none_or(|one| one.allowed)
    }

    async fn look(&self, target: &Target) -> Result<Sight, Trouble> {
        let gone = "the organization is not configured any more; nothing was changed";
        let organization = self.organization.as_ref().ok_or_else(|| Trouble::refused(gone))?;
        match target {
            Target::Webhook { .. } => Ok(Sight::Blind),
            // Nothing about it tells it from the limit of another organization.
            Target::SpendLimit { workspace: None, .. } => {
                self.check_owner(organization).await?;
                let sight = organization.api.look(target).await?;
                let is_blind = sight == Sight::Blind;
                if is_blind { self.recall(organization, target).await } else { Ok(sight) }
            }
            Target::Key { .. } | Target::SpendLimit { .. } | Target::RateLimit { .. } => {
                organization.api.look(target).await
            }
        }
    }

    /// What is known of a limit that the API does not show.
    async fn recall(&self, organization: &Organization, target: &Target) -> Result<Sight, Trouble> {
        let known = note::set_here(&self.wiring.journal, &organization.name, target).await?;
        Ok(known.map_or(Sight::Blind, Sight::SetHere))
    }

    /// The key that may write can be another one than the one that reads, and of another
    /// organization by mistake.
    async fn check_owner(&self, organization: &Organization) -> Result<(), Trouble> {
        let known = self.wiring.store.profile(&organization.name).await;
        let known = known.map_err(|error| Trouble::own(Chain(&error).to_string()))?;
        let known = known.ok_or_else(|| Trouble::own("who the organization is was never heard"))?;
        let owner = organization.api.owner().await?;
        if owner.id == known.id {
            return Ok(());
        }
        Err(Trouble::refused(format!(
            "the key that may write belongs to {} ({}), and not to {} ({}); nothing was changed",
            owner.name, owner.id, known.name, known.id
        )))
    }

    /// What was there before is on disk before the change is asked for, and so is the line in
    /// the journal. Killed at any point, a later look tells what became of it.
    async fn make(
        &self,
        record: &mut ActionRecord,
        place: Place,
        before: Before,
        change: &Change,
    ) -> Result<Result<(), Trouble>, Stopped> {
        let Place { at, errand } = place;
        record.begin(at, errand, before);
        self.keep(record).await?;
        let journal = &self.wiring.journal;
        let note = Note::of(record, at, errand, self.wiring.clock.now());
        if let Err(trouble) = note.begun(journal).await {
            return Ok(Err(trouble));
        }
        let answer = self.ask(record, change).await;
        debug!(
            action.id = record.order.id.0,
            ok = answer.is_ok(),
            "Asked to {}",
            change_words(change)
        );
        let noted = note.ended(journal, &answer, self.wiring.clock.now()).await;
        if let Err(trouble) = answer.and(noted) {
            return Ok(Err(trouble));
        }
        let outcome = match errand {
            Errand::Do => Outcome::Done,
            Errand::Undo => Outcome::Undone,
        };
        self.count(record, outcome);
        record.made(at, errand);
        self.keep(record).await.map(Ok)
    }

    async fn ask(&self, record: &ActionRecord, change: &Change) -> Result<(), Trouble> {
        match (change, &self.organization) {
            (Change::Call { channel }, _) => self.wiring.call.call(&record.order, channel).await,
            (_, Some(organization)) => organization.api.make(change).await,
            (_, None) => Err(Trouble::refused("the organization is not configured any more")),
        }
    }

    /// A change that was made before, and found only now: its second line is still missing.
    async fn note_found(
        &self,
        record: &ActionRecord,
        place: Place,
        stage: Stage,
    ) -> Option<Trouble> {
        match stage {
            Stage::Done | Stage::Undone => {}
            Stage::Waiting
            | Stage::Begun
            | Stage::Left
            | Stage::Refused
            | Stage::Doubted
            | Stage::Returning
            | Stage::Kept
            | Stage::Stuck => return None,
        }
        let now = self.wiring.clock.now();
        let note = Note::of(record, place.at, place.errand, now);
        note.ended(&self.wiring.journal, &Ok(()), now).await.err()
    }

    fn count(&self, record: &ActionRecord, outcome: Outcome) {
        let order = &record.order;
        self.wiring.metrics.attempted(&order.organization, &order.action, outcome);
    }

    /// Until it is written down, nothing else happens: what comes next relies on it.
    async fn keep(&self, record: &ActionRecord) -> Result<(), Stopped> {
        let mut failures = 0;
        while let Err(error) = self.wiring.store.keep_action(record.clone()).await {
            failures += 1;
            error!(action.id = record.order.id.0, error = %Chain(&error), "Could not write down where an action stands");
            tokio::select! {
                () = self.stop.cancelled() => return Err(Stopped),
                () = tokio::time::sleep(KEEP_AGAIN.after(failures, None)) => {}
            }
        }
        if let Some(organization) = &self.organization {
            organization.judge.notify_one();
        }
        Ok(())
    }
}

fn not_allowed() -> Trouble {
    Trouble::refused("`allow_actions` is off for this organization now; nothing was changed")
}

/// Where an order stands is told once a pass, here.
fn log(record: &ActionRecord) {
    let (id, attempt) = (&record.order.id.0, record.attempts);
    let (action, organization) = (&record.order.action, &record.order.organization);
    let reason = record.last_error.as_deref().unwrap_or_default();
    match record.state {
        ActionState::Done => {
            info!(action.id = id, %organization, attempt, "Took the action {action}");
        }
        ActionState::Undone => {
            info!(action.id = id, %organization, attempt, error = reason, "Undid the action {action}");
        }
        ActionState::Refused => {
            error!(action.id = id, %organization, attempt, error = reason, "The action {action} was refused for good");
        }
        ActionState::GivenUp => {
            error!(action.id = id, %organization, attempt, error = reason, "Gave up on the action {action}");
        }
        ActionState::Retrying | ActionState::Undoing => {
            let next = record.next_attempt_at;
            warn!(action.id = id, %organization, attempt, error = reason, "Could not finish the action {action}, trying again at {next}");
        }
        ActionState::Queued | ActionState::DryRun => {
            debug!(action.id = id, %organization, attempt, "The action {action} waits");
        }
    }
}
