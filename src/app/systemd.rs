//! What systemd is told: ready, stopping, still making progress.
//!
//! Outside systemd every call is a no-op. The watchdog is pinged only while the
//! schedule ticks, since a daemon whose schedule has stopped looks alive and is blind.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::chain::Chain;

/// A tick older than this is no progress: the schedule rings every second.
const TICK_AGE_MAX: Duration = Duration::from_secs(30);

pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!(error = %Chain(&error), "Could not tell systemd how it stands");
    }
}

/// Pings at half the interval systemd asks for, as long as `tick_age` is small.
pub(super) async fn watchdog(
    stop: CancellationToken,
    tick_age: impl Fn() -> Duration + Send + 'static,
) {
    let Some(interval) = sd_notify::watchdog_enabled() else {
        return stop.cancelled().await;
    };
    let mut pings = tokio::time::interval(interval / 2);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = pings.tick() => {}
        }
        if tick_age() <= TICK_AGE_MAX {
            tell(&[NotifyState::Watchdog]);
        } else {
            warn!("The schedule has stopped ticking; systemd is left to restart us");
        }
    }
}
