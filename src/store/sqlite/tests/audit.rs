//! The audit log is kept beside the inventories, and each line of it counts once.

use std::collections::BTreeMap;

use usagewarden_core::roster::{Activity, Actor};

use super::*;

fn heard(minute: &str, numbers: &[u8]) -> Reading {
    let line = |number: &u8| Activity {
        id: format!("activity_{number}"),
        at: at(&format!("2026-11-20T14:{number:02}:00Z")),
        kind: "platform_api_key_created".to_owned(),
        actor: Actor::default(),
        details: BTreeMap::new(),
    };
    let activities = numbers.iter().map(line).collect();
    Reading {
        organization: acme(),
        report: Report::Audit,
        heard_at: at(&format!("2026-11-20T14:{minute}:00Z")),
        findings: Findings::Activities { complete: true, activities },
    }
}

#[tokio::test]
async fn lines_of_the_audit_log_count_once_over_restarts() {
    let mut fixture = Fixture::new();
    fixture.acme().await;
    assert_eq!(fixture.store.audit(&acme()).await.unwrap(), None);
    for (minute, numbers) in
        [("10", vec![8, 9]), ("13", vec![9, 12, 11]), ("14", vec![11, 12, 13]), ("15", vec![13])]
    {
        let fence = fixture.acme().await;
        let reading = heard(minute, &numbers);
        fixture.store.commit_reading(&fence, &settings(), reading).await.unwrap();
        fixture = fixture.reopen();
    }
    let now = at("2026-11-20T14:16:00Z");
    let snapshot = fixture.store.snapshot(&acme(), &settings(), now).await.unwrap();
    let log = snapshot.roster.audit.unwrap();
    assert_eq!(Some(&*log), fixture.store.audit(&acme()).await.unwrap().as_ref());
    let ids: Vec<&str> = log.after(0).0.map(|line| line.id.as_str()).collect();
    assert_eq!(ids, ["activity_11", "activity_12", "activity_13"]);
    assert_eq!(log.counts().collect::<Vec<_>>(), [("platform_api_key_created", 3)]);
    assert_eq!(log.since(at("2026-11-20T14:16:00Z")), at("2026-11-20T14:03:00Z"));
}

#[tokio::test]
async fn a_log_that_is_not_granted_any_more_is_kept_as_it_was() {
    let fixture = Fixture::new();
    let fence = fixture.acme().await;
    for reading in [
        heard("10", &[]),
        heard("12", &[11]),
        Reading { findings: Findings::NotGranted, ..heard("13", &[]) },
    ] {
        fixture.store.commit_reading(&fence, &settings(), reading).await.unwrap();
    }
    let now = at("2026-11-20T14:16:00Z");
    let snapshot = fixture.store.snapshot(&acme(), &settings(), now).await.unwrap();
    assert_eq!(snapshot.roster.audit.unwrap().heard(), 1);
    assert!(!snapshot.heard[&Report::Audit].granted);
}
