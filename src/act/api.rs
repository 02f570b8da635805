//! What acting needs of the outside: to look at a target, to change it, to call a program.

use std::time::Duration;

use async_trait::async_trait;
use usagewarden_core::action::course::{Change, Sight};
use usagewarden_core::action::{Order, Target};
use usagewarden_core::roster::Profile;
use usagewarden_core::subject::ChannelName;

/// The API of one organization, with the key that may write.
#[async_trait]
pub trait Api: std::fmt::Debug + Send + Sync + 'static {
    /// Who the key that may write belongs to.
    async fn owner(&self) -> Result<Profile, Trouble>;

    /// How a target is now. Changes nothing.
    async fn look(&self, target: &Target) -> Result<Sight, Trouble>;

    /// Asks for a change. Answers only once it is certain that it was made.
    async fn make(&self, change: &Change) -> Result<(), Trouble>;
}

/// A program that is told over a webhook channel to act itself.
#[async_trait]
pub trait Call: std::fmt::Debug + Send + Sync + 'static {
    /// Calls once, under the id of the order: whoever hears it twice can tell.
    async fn call(&self, order: &Order, channel: &ChannelName) -> Result<(), Trouble>;
}

/// Why something was not done, or perhaps was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No, for good; nothing was changed.
    Refused { said: String },
    /// It did not work, and may heal.
    Failed {
        said: String,
        /// How long the API asks us to wait.
        hint: Option<Duration>,
        /// It may have been done all the same.
        doubtful: bool,
        /// It would be the same for every other target now.
        everywhere: bool,
    },
}

impl Trouble {
    pub fn refused(said: impl Into<String>) -> Self {
        Self::Refused { said: said.into() }
    }

    /// Something of our own: nothing was asked for.
    pub fn own(said: impl Into<String>) -> Self {
        Self::Failed { said: said.into(), hint: None, doubtful: false, everywhere: true }
    }

    pub fn said(&self) -> &str {
        match self {
            Self::Refused { said } | Self::Failed { said, .. } => said,
        }
    }
}
