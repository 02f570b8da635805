//! What fails, and what must not come of it.

use jiff::SignedDuration;
use usagewarden::claude::{Api, Outcome};
use usagewarden::poll::{Identity, Mismatch, reports};
use usagewarden::store::Store;
use usagewarden_core::reading::Report;
use usagewarden_core::window::Width;

use super::rig::{Rig, Setup, acme};

#[tokio::test]
async fn when_cost_alone_fails_the_other_reports_go_on() {
    let mut setup = Setup::default();
    setup.simulator.faults = vec!["cost_report:401".parse().unwrap()];
    let rig = Rig::start(setup).await;
    let others: Vec<Report> =
        reports(Api::Admin).iter().copied().filter(|report| *report != Report::Cost).collect();
    rig.polled(&others).await;
    rig.until("cost failing", || rig.has_failed_now(Report::Cost)).await;

    let health = rig.standing().polls[&Report::Cost].clone();
    assert_eq!(health.last_outcome, Some(Outcome::Refused));
    let failing = health.failing.unwrap();
    assert!(!failing.cause.is_empty() && !failing.fix.is_empty());
    assert!(!failing.error.contains("simulated-administrator"), "{}", failing.error);
    assert!(!rig.book().await.coverage.contains_key(&(Report::Cost, Width::Day)));

    rig.control(r#"{"faults": []}"#).await;
    rig.advance(SignedDuration::from_mins(10));
    rig.until("cost again", || rig.is_fresh(Report::Cost)).await;
    assert!(rig.standing().polls[&Report::Cost].failing.is_none());
    rig.stop().await;
}

#[tokio::test]
async fn of_an_unexpected_organization_nothing_is_stored() {
    let setup = Setup { expect_name: Some("Somebody Else".to_owned()), ..Setup::default() };
    let rig = Rig::start(setup).await;
    let is_wrong = || matches!(rig.standing().identity, Identity::Wrong(_));
    rig.until("the mismatch", is_wrong).await;

    let Identity::Wrong(Mismatch::OtherName { expected, .. }) = rig.standing().identity else {
        panic!("{:?}", rig.standing().identity);
    };
    assert_eq!(expected, "Somebody Else");
    let asked = rig.served("organizations/me").await;
    rig.advance(SignedDuration::from_mins(10));
    rig.until("asked again", || rig.standing().polls.is_empty()).await;
    while rig.served("organizations/me").await == asked {
        rig.advance(SignedDuration::ZERO);
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.served("usage_report").await, 0);
    assert_eq!(rig.store.profile(&acme()).await.unwrap(), None);
    rig.stop().await;
}

#[tokio::test]
async fn an_organization_that_another_daemon_took_over_is_left_alone() {
    let rig = Rig::start(Setup::default()).await;
    rig.polled(reports(Api::Admin)).await;
    rig.store.acquire(&acme()).await.unwrap();

    rig.advance(SignedDuration::from_mins(1));
    rig.until("taken over", || rig.standing().taken_over).await;
    let asked = rig.served("organizations").await;
    for _ in 0..10 {
        rig.advance(SignedDuration::from_hours(1));
        tokio::task::yield_now().await;
    }
    rig.advance(SignedDuration::ZERO);
    assert!(rig.served("organizations").await <= asked + 2, "polls under way may still end");
    rig.stop().await;
}
