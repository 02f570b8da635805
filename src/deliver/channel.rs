//! What every way to reach people has in common.

use async_trait::async_trait;
use usagewarden_core::outbox::{Attempt, Envelope, Patience};
use usagewarden_core::subject::ChannelName;

/// A configured way to reach people.
#[async_trait]
pub trait Channel: std::fmt::Debug + Send + Sync + 'static {
    fn name(&self) -> &ChannelName;

    fn patience(&self) -> &Patience;

    /// Tries once. Ends in bounded time, whatever the receiver does.
    async fn attempt(&self, envelope: &Envelope) -> Attempt;

    /// Lets go of what has not been needed for a while.
    fn tidy(&self);
}
