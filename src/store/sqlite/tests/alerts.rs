//! Alerts and notices go down together, once, and only by who holds the organization.

use super::*;

#[tokio::test]
async fn an_older_token_can_write_nothing_more() {
    let fixture = Fixture::new();
    let old = fixture.acme().await;
    let new = fixture.acme().await;
    assert!(new.token > old.token);

    let plan =
        tells(notice("n1", Severity::Warning, "2026-11-20T14:00:00Z"), &[to("ops", "https://one")]);
    let reading = usage("acme", Width::Minute, at("2026-11-20T14:00:00Z"), 5);
    let refused = [
        fixture.store.commit_plan(&old, plan.clone()).await.unwrap_err(),
        fixture.store.commit_reading(&old, &settings(), reading.clone()).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.to_string(), "another daemon has taken over acme");
    }
    assert_eq!(fixture.store.entries(10).await.unwrap(), []);

    fixture.store.commit_plan(&new, plan).await.unwrap();
    fixture.store.commit_reading(&new, &settings(), reading).await.unwrap();
}

#[tokio::test]
async fn tokens_still_grow_after_a_restart() {
    let fixture = Fixture::new();
    let before = fixture.acme().await;
    let fixture = fixture.reopen();
    assert!(fixture.acme().await.token > before.token);
}

#[tokio::test]
async fn an_alert_stands_as_it_was_decided_last() {
    let fixture = Fixture::new();
    let fence = fixture.acme().await;
    let early = firing("month", "2026-11-20T14:00:00Z");
    let late = firing("month", "2026-11-20T15:00:00Z");
    let other = firing("week", "2026-11-20T15:00:00Z");
    for alerts in [vec![early], vec![late.clone(), other.clone()]] {
        let plan = Plan { alerts, ..Plan::default() };
        fixture.store.commit_plan(&fence, plan).await.unwrap();
    }
    let fixture = fixture.reopen();
    let now = at("2026-11-20T16:00:00Z");
    let snapshot = fixture.store.snapshot(&acme(), &settings(), now).await.unwrap();
    assert_eq!(snapshot.alerts, [late, other]);
}

#[tokio::test]
async fn a_notice_keeps_its_first_words_and_its_entries() {
    let fixture = Fixture::new();
    let fence = fixture.acme().await;
    let first = notice("n1", Severity::Warning, "2026-11-20T14:00:00Z");
    let again = notice("n1", Severity::Critical, "2026-11-20T15:00:00Z");
    let (one, two) = (to("ops", "https://one"), to("finops", "a@example.com"));
    for plan in [tells(first.clone(), std::slice::from_ref(&one)), tells(again, &[one, two])] {
        fixture.store.commit_plan(&fence, plan).await.unwrap();
    }
    let due = claimed(&fixture, "2026-11-21T00:00:00Z").await;
    assert_eq!(due.len(), 2, "one entry for each destination");
    assert!(due.iter().all(|envelope| envelope.notice == first));
}

#[tokio::test]
async fn a_snapshot_counts_commits_and_a_plan_without_moves_is_none() {
    let fixture = Fixture::new();
    let fence = fixture.acme().await;
    let revision = async || {
        let now = at("2026-11-20T16:00:00Z");
        fixture.store.snapshot(&acme(), &settings(), now).await.unwrap().revision
    };
    let first = revision().await;
    fixture.store.commit_plan(&fence, Plan::default()).await.unwrap();
    assert_eq!(revision().await, first);
    let alerts = vec![firing("month", "2026-11-20T14:00:00Z")];
    fixture.store.commit_plan(&fence, Plan { alerts, ..Plan::default() }).await.unwrap();
    assert!(revision().await > first);
}

#[tokio::test]
async fn an_organization_that_nobody_acquired_is_unknown() {
    let fixture = Fixture::new();
    let unknown = fixture.store.book(&acme()).await.unwrap_err();
    assert_eq!(unknown.to_string(), "the organization acme is unknown to the store");
}
