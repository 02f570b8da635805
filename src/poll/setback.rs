//! Why a poll kept nothing, and what follows from that.

use jiff::SignedDuration;

use super::health::Failure;
use crate::chain::Chain;
use crate::claude::{Advice, PollError, Recovery};
use crate::schedule::Verdict;
use crate::store::StoreError;

/// Why a poll kept nothing. Their fault and ours are different things.
#[derive(Debug, thiserror::Error)]
pub(super) enum Setback {
    #[error(transparent)]
    Unheard(#[from] PollError),
    #[error("what was heard could not be stored")]
    Unkept(#[from] StoreError),
    #[error("the organization is another one than a moment ago")]
    Stranger,
}

impl Setback {
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Unheard(error) => match error.recovery() {
                Recovery::Retry { after } => {
                    let asked = after.map(SignedDuration::try_from);
                    Verdict::Retry { after: asked.map(|it| it.unwrap_or(SignedDuration::MAX)) }
                }
                // Asked on as ever: that is how we learn that somebody has acted.
                Recovery::WaitForSpend | Recovery::TellOperator => AS_EVER,
            },
            Self::Unkept(_) => Verdict::Retry { after: None },
            Self::Stranger => AS_EVER,
        }
    }

    /// Whether nothing gets better before somebody acts.
    pub(super) fn needs_a_person(&self) -> bool {
        match self {
            Self::Unheard(error) => match error.recovery() {
                Recovery::TellOperator => true,
                Recovery::Retry { .. } | Recovery::WaitForSpend => false,
            },
            Self::Unkept(_) | Self::Stranger => true,
        }
    }

    pub(super) fn failure(&self) -> Failure {
        let error = Chain(self).to_string();
        match self {
            Self::Unheard(poll) => {
                Failure { outcome: Some(poll.outcome()), error, advice: poll.advice() }
            }
            Self::Unkept(store) => Failure { outcome: None, error, advice: unkept(store) },
            Self::Stranger => Failure { outcome: None, error, advice: stranger() },
        }
    }
}

const AS_EVER: Verdict = Verdict::Rest { least: SignedDuration::ZERO };

fn unkept(error: &StoreError) -> Advice {
    Advice {
        cause: format!("The store did not take it: {error}"),
        fix: "Look at the disk that holds the store: space, permissions, errors".to_owned(),
    }
}

fn stranger() -> Advice {
    Advice {
        cause: "The key began to answer for another organization while it was polled".to_owned(),
        fix: "Give this organization its own key".to_owned(),
    }
}
