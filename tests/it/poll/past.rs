//! The past: filled in after the first start, caught up with after an outage.

use jiff::SignedDuration;
use usagewarden::claude::Api;
use usagewarden::poll::reports;
use usagewarden_core::reading::Report;
use usagewarden_core::window::{Width, Window};

use super::rig::{FLOOR, Rig, Setup, at};

/// Whether the past of everything in `filled` is filled in.
fn is_filled(rig: &Rig, filled: &[(Report, Width)]) -> bool {
    let progress = rig.standing().progress;
    filled.iter().all(|series| progress.get(series).is_some_and(|it| it.is_complete()))
}

#[tokio::test]
async fn the_past_is_filled_in_between_polls_and_agrees_with_the_truth() {
    let rig = Rig::start(Setup::default()).await;
    rig.polled(reports(Api::Admin)).await;
    let series =
        [(Report::Usage, Width::Hour), (Report::Usage, Width::Day), (Report::Cost, Width::Day)];
    rig.until_stepping("the past is filled in", FLOOR, || is_filled(&rig, &series)).await;

    let coverage = rig.book().await.coverage;
    for (series, begins) in series.into_iter().zip([
        "2026-10-16T14:00:00Z",
        "2025-10-16T00:00:00Z",
        "2025-10-16T00:00:00Z",
    ]) {
        assert_eq!(coverage[&series].read.from(), at(begins), "{series:?}");
    }
    let year = Window::new(at("2025-11-20T00:00:00Z"), at("2026-11-19T00:00:00Z")).unwrap();
    assert_eq!(rig.stored_tokens(year).await, rig.true_tokens(year).await);
    rig.stop().await;
}

#[tokio::test]
async fn an_outage_leaves_no_gap() {
    let rig = Rig::start(Setup::default()).await;
    rig.polled(reports(Api::Admin)).await;
    let before = rig.book().await.coverage[&(Report::Usage, Width::Minute)];

    rig.control(r#"{"faults": ["usage_report:500-no-retry"]}"#).await;
    for _ in 0..2 {
        rig.advance(SignedDuration::from_hours(16));
        rig.until("a failed poll", || rig.has_failed_now(Report::Usage)).await;
        let after = rig.book().await.coverage[&(Report::Usage, Width::Minute)];
        assert_eq!(after, before, "a failed poll moved something");
    }
    rig.control(r#"{"faults": []}"#).await;
    rig.advance(SignedDuration::from_mins(1));
    rig.until("usage again", || rig.is_fresh(Report::Usage)).await;

    let after = rig.book().await.coverage[&(Report::Usage, Width::Minute)];
    assert_eq!(after.read.from(), before.read.from());
    assert!(after.read.until() >= at("2026-11-21T22:31:00Z"), "{after:?}");
    let day = Window::new(at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z")).unwrap();
    assert_eq!(rig.stored_tokens(day).await, rig.true_tokens(day).await);
    rig.stop().await;
}
