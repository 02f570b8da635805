//! Days go by, and the figures stay true.

use usagewarden::simulator::Scenario;

use super::rig::{Rig, Setup};
use super::truth::check;

/// A Friday afternoon.
const FIRST: &str = "2026-11-27T14:08:30Z";

/// Each instant is past the settling of an hour, so that every late token was read.
async fn walk(scenario: Scenario, instants: &[&str]) {
    let rig = Rig::start(Setup { at: FIRST, ..Setup::of(scenario) }).await;
    check(&rig).await;
    for instant in instants {
        rig.go(instant).await;
        check(&rig).await;
    }
    rig.stop().await;
}

/// After five minutes, an hour, a midnight, six hours, a day and a half, the end of a month.
#[tokio::test]
async fn day_week_and_month_are_true_at_the_first_start_and_as_days_go_by() {
    let instants = [
        "2026-11-27T14:13:30Z",
        "2026-11-27T15:13:30Z",
        "2026-11-28T00:14:30Z",
        "2026-11-28T06:14:30Z",
        "2026-11-29T18:15:30Z",
        "2026-12-01T00:16:30Z",
    ];
    walk(Scenario::Steady, &instants).await;
}

/// The spike lasts from 14:18 until 15:18.
#[tokio::test]
async fn a_spike_is_told_as_large_as_it_was() {
    let instants = ["2026-11-27T15:13:30Z", "2026-11-27T18:13:30Z", "2026-11-29T12:14:30Z"];
    walk(Scenario::Spike, &instants).await;
}

/// The key uses a model that its workspace has used in batches only.
#[tokio::test]
async fn a_runaway_is_told_as_large_as_it_is() {
    let instants = ["2026-11-27T15:13:30Z", "2026-11-28T00:14:30Z", "2026-11-29T12:14:30Z"];
    walk(Scenario::Runaway, &instants).await;
}
