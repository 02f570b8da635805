//! The course of a rotation: look, decide, do, and note it before and after.
//!
//! Whatever happens outside is behind [`Outside`]; what to do is decided in `next`. Every step
//! is noted before it is taken and once it was, so that whoever comes after an interruption
//! takes up where this one was. A secret is held here only between the answer that brought it
//! and the hand-over right after.

use jiff::Timestamp;
use usagewarden_core::subject::ApiKeyId;

use super::next::{Ending, Step, Terms, Trouble, Why, forced_despite, is_news, next};
use super::state::{Making, Named, Rotation, Stage};
use crate::claude::NewKey;
use crate::cli::Exit;
use crate::cli::keys::sight::Sight;

/// New keys that one run makes at most. More would only pile up what is lost.
const MADE_MOST: u32 = 3;

/// What came of asking for a new key.
#[derive(Debug)]
pub(super) enum Answer {
    Made(NewKey),
    /// No answer came: there may be one.
    Doubtful,
}

/// Everything that a rotation touches. What fails was told where it failed.
pub(super) trait Outside {
    async fn look(&mut self) -> Result<Sight, Exit>;
    async fn make(&mut self, making: &Making) -> Result<Answer, Exit>;
    async fn hand_over(&mut self, making: &Making, key: &NewKey) -> Result<(), Exit>;
    async fn is_delivered(&mut self, making: &Making) -> bool;
    /// Revokes a key whose secret is lost. One that is gone is revoked.
    async fn clear(&mut self, key: &ApiKeyId) -> Result<(), Exit>;
    async fn cut(&mut self, rotation: &Rotation, new: &Named) -> Result<(), Exit>;
    async fn keep(&mut self, rotation: &Rotation) -> Result<(), Exit>;
    async fn forget(&mut self, rotation: &Rotation) -> Result<(), Exit>;
    /// Until the next look; `false`: there is no more time.
    async fn pause(&mut self) -> bool;
    fn tell(&mut self, event: &Event<'_>);
}

/// What somebody who watches is told.
#[derive(Debug)]
pub(super) enum Event<'a> {
    Cleared(&'a ApiKeyId),
    /// Nobody used it, and the rotation is given up.
    Dropped(&'a ApiKeyId),
    Made(&'a NewKey),
    HandedOver(&'a Making),
    /// By a run that was interrupted.
    WasHandedOver(&'a Named),
    Doubtful,
    /// No request for a new key was answered.
    GivenUp,
    Waiting {
        why: Why,
        rotation: &'a Rotation,
        new: &'a Named,
    },
    Left {
        rotation: &'a Rotation,
        new: &'a Named,
    },
    OutOfTime {
        rotation: &'a Rotation,
    },
    Stopped {
        trouble: &'a Trouble,
        rotation: &'a Rotation,
    },
    Cut {
        rotation: &'a Rotation,
        new: &'a Named,
        /// What would have been waited for, had it not been forced.
        despite: Option<Why>,
    },
    WasCut {
        rotation: &'a Rotation,
        new: &'a Named,
    },
    Abandoned {
        rotation: &'a Rotation,
    },
}

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Until the old key is cut.
    ToTheEnd,
    /// Leave where it would wait.
    UntilItWaits,
    /// Leave once the secret is handed over: nobody has it yet, so nothing is cut.
    UntilHandedOver,
}

impl Patience {
    /// Whoever sets out does not cut in the same run, if it is not to wait.
    pub(super) const fn of(no_wait: bool, is_new: bool, stage: &Stage) -> Self {
        match (no_wait, is_new, stage) {
            (false, _, _) => Self::ToTheEnd,
            (true, false, Stage::HandedOver { .. } | Stage::Cutting { .. }) => Self::UntilItWaits,
            (
                true,
                _,
                Stage::Planned
                | Stage::Making
                | Stage::Made { .. }
                | Stage::HandedOver { .. }
                | Stage::Cutting { .. },
            ) => Self::UntilHandedOver,
        }
    }
}

pub(super) struct Course<'a, O> {
    pub(super) rotation: Rotation,
    pub(super) terms: Terms,
    pub(super) patience: Patience,
    pub(super) outside: &'a mut O,
}

impl<O: Outside> Course<'_, O> {
    /// Goes on until the old key is cut, somebody has to look, or there is no more time.
    pub(super) async fn run(mut self) -> Result<(), Exit> {
        let (mut made, mut told) = (0, None);
        loop {
            let sight = self.outside.look().await?;
            let delivered = match &self.rotation.making {
                Some(making) => self.outside.is_delivered(making).await,
                None => false,
            };
            match next(&self.rotation, &sight, delivered, &self.terms) {
                Step::Clear(keys) => self.clear(&keys).await?,
                Step::StartOver => self.enter(Stage::Planned).await?,
                Step::Make if made == MADE_MOST => {
                    self.outside.tell(&Event::GivenUp);
                    return Err(Exit::No);
                }
                Step::Make => {
                    made += 1;
                    self.make().await?;
                }
                Step::NoteHandedOver(new) => {
                    self.outside.tell(&Event::WasHandedOver(&new));
                    self.enter(Stage::HandedOver { new }).await?;
                }
                Step::Wait(why) => {
                    if !self.wait(why, sight.at, &mut told).await? {
                        return Ok(());
                    }
                }
                Step::Cut { new } if self.patience == Patience::UntilHandedOver => {
                    self.outside.tell(&Event::Left { rotation: &self.rotation, new: &new });
                    return Ok(());
                }
                Step::Cut { new } => {
                    let old = &self.rotation.old.id;
                    let despite = forced_despite(&new.id, old, &sight, &self.terms);
                    return self.cut(new, despite).await;
                }
                Step::Finish(Ending::OldIsCut { new }) => return self.finish(&new).await,
                Step::Stop(trouble) => {
                    let rotation = &self.rotation;
                    self.outside.tell(&Event::Stopped { trouble: &trouble, rotation });
                    return Err(Exit::No);
                }
            }
        }
    }

    async fn enter(&mut self, stage: Stage) -> Result<(), Exit> {
        self.rotation.stage = stage;
        self.outside.keep(&self.rotation).await
    }

    async fn clear(&mut self, keys: &[ApiKeyId]) -> Result<(), Exit> {
        for key in keys {
            self.outside.clear(key).await?;
            self.outside.tell(&Event::Cleared(key));
        }
        match self.rotation.stage {
            Stage::Made { .. } => self.enter(Stage::Planned).await,
            Stage::Planned | Stage::Making | Stage::HandedOver { .. } | Stage::Cutting { .. } => {
                Ok(())
            }
        }
    }

    /// Makes the new key, and hands its secret over without looking left or right.
    async fn make(&mut self) -> Result<(), Exit> {
        let Some(making) = self.rotation.making.clone() else { return Err(Exit::No) };
        self.enter(Stage::Making).await?;
        let key = match self.outside.make(&making).await {
            Ok(Answer::Made(key)) => key,
            Ok(Answer::Doubtful) => {
                self.outside.tell(&Event::Doubtful);
                return Ok(());
            }
            Err(exit) => {
                // It was refused, so there is none.
                self.enter(Stage::Planned).await?;
                return Err(exit);
            }
        };
        self.outside.tell(&Event::Made(&key));
        let noted = self.enter(Stage::Made { new: key.id.clone() }).await;
        let handed = match noted {
            Ok(()) => self.outside.hand_over(&making, &key).await,
            Err(exit) => Err(exit),
        };
        if let Err(exit) = handed {
            self.outside.clear(&key.id).await?;
            self.outside.tell(&Event::Cleared(&key.id));
            self.enter(Stage::Planned).await?;
            return Err(exit);
        }
        self.outside.tell(&Event::HandedOver(&making));
        let new = Named { id: key.id, name: key.name };
        self.enter(Stage::HandedOver { new }).await
    }

    /// `false`: not any longer, and nothing is wrong with that.
    async fn wait(
        &mut self,
        why: Why,
        now: Timestamp,
        told: &mut Option<(Why, Timestamp)>,
    ) -> Result<bool, Exit> {
        let Some(new) = self.new_key() else { return Err(Exit::No) };
        let rotation = &self.rotation;
        if is_news(*told, why) {
            self.outside.tell(&Event::Waiting { why, rotation, new: &new });
        }
        *told = Some((why, now));
        if self.patience != Patience::ToTheEnd {
            self.outside.tell(&Event::Left { rotation, new: &new });
            return Ok(false);
        }
        if self.outside.pause().await {
            return Ok(true);
        }
        self.outside.tell(&Event::OutOfTime { rotation });
        Err(Exit::No)
    }

    fn new_key(&self) -> Option<Named> {
        match &self.rotation.stage {
            Stage::HandedOver { new } | Stage::Cutting { new } => Some(new.clone()),
            Stage::Planned | Stage::Making | Stage::Made { .. } => None,
        }
    }

    async fn cut(&mut self, new: Named, despite: Option<Why>) -> Result<(), Exit> {
        self.enter(Stage::Cutting { new: new.clone() }).await?;
        self.outside.cut(&self.rotation, &new).await?;
        self.outside.tell(&Event::Cut { rotation: &self.rotation, new: &new, despite });
        self.outside.forget(&self.rotation).await
    }

    async fn finish(&mut self, new: &Named) -> Result<(), Exit> {
        self.outside.tell(&Event::WasCut { rotation: &self.rotation, new });
        self.outside.forget(&self.rotation).await
    }
}

#[cfg(test)]
mod tests;
