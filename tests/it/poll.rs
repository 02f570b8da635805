//! The poller against the simulator, on a real store.
//!
//! Clocks are set by hand and bells rung by hand, so that months pass in seconds; what is
//! waited for is a state, never a time.

mod audit;
mod company;
mod past;
mod rig;
mod trouble;

use jiff::SignedDuration;
use usagewarden::claude::{Api, Outcome};
use usagewarden::poll::{Identity, reports};
use usagewarden_core::reading::Report;
use usagewarden_core::window::Width;

use rig::{Rig, Setup};

#[tokio::test]
async fn every_report_is_read_at_the_first_start() {
    let rig = Rig::start(Setup::default()).await;
    rig.polled(reports(Api::Admin)).await;

    let standing = rig.standing();
    assert_eq!(standing.identity, Identity::Pinned);
    for report in reports(Api::Admin) {
        let health = &standing.polls[report];
        assert_eq!(health.last_outcome, Some(Outcome::Ok), "{report}");
        assert_eq!(health.not_granted, *report == Report::Analytics, "{report}");
    }
    for width in [Width::Minute, Width::Hour, Width::Day] {
        assert!(rig.book().await.coverage.contains_key(&(Report::Usage, width)), "{width:?}");
    }
    assert!(rig.rung().await, "the engine heard of it");
    rig.stop().await;
}

#[tokio::test]
async fn a_report_that_is_not_granted_is_asked_for_again_each_day_only() {
    let rig = Rig::start(Setup::default()).await;
    rig.polled(reports(Api::Admin)).await;
    assert_eq!(rig.served("analytics/cost").await, 1);

    for _ in 0..3 {
        rig.advance(SignedDuration::from_mins(11));
        rig.until("cost again", || rig.is_fresh(Report::Cost)).await;
    }
    assert_eq!(rig.served("analytics/cost").await, 1);

    rig.advance(SignedDuration::from_hours(24));
    rig.until("analytics again", || rig.is_fresh(Report::Analytics)).await;
    assert_eq!(rig.served("analytics/cost").await, 2);
    rig.stop().await;
}

#[tokio::test]
async fn where_analytics_are_granted_their_money_and_requests_are_kept() {
    let mut setup = Setup::default();
    setup.simulator.granted.analytics = true;
    let rig = Rig::start(setup).await;
    rig.polled(&[Report::Analytics]).await;

    assert!(!rig.standing().polls[&Report::Analytics].not_granted);
    let coverage = rig.book().await.coverage[&(Report::Analytics, Width::Hour)];
    assert!(coverage.refreshed_at < Some(coverage.heard_at), "{coverage:?}");
    assert!(rig.served("analytics/usage").await >= 1);
    rig.stop().await;
}
