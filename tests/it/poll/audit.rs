//! The audit log, read from where the last answer ended.

use jiff::SignedDuration;
use usagewarden::claude::Api;
use usagewarden::poll::reports;
use usagewarden::simulator;
use usagewarden::store::Store;
use usagewarden_core::audit::AuditLog;
use usagewarden_core::reading::Report;

use super::rig::{Rig, Setup, acme};

impl Rig {
    async fn log(&self) -> AuditLog {
        self.store.audit(&acme()).await.unwrap().unwrap()
    }

    /// Kinds of what was done to keys.
    async fn told_of_keys(&self) -> Vec<String> {
        let log = self.log().await;
        let kinds = log.after(0).0.map(|line| line.kind.clone());
        kinds.filter(|kind| kind.contains("api_key")).collect()
    }

    async fn poll_again(&self) {
        self.advance(SignedDuration::from_mins(11));
        self.until("the audit log again", || self.is_fresh(Report::Audit)).await;
    }
}

#[tokio::test]
async fn what_somebody_does_is_heard_once_and_what_we_do_ourselves_never() {
    let rig = Rig::start(Setup::default()).await;
    rig.polled(reports(Api::Admin)).await;
    assert_eq!(rig.log().await.heard(), 0, "what was before the first contact");

    let key = rig.first_key().await;
    let (path, asked) = (format!("v1/organizations/api_keys/{key}"), r#"{"status":"inactive"}"#);
    rig.write(&path, simulator::ADMIN_KEY, asked).await;
    for _ in 0..3 {
        rig.poll_again().await;
        assert_eq!(rig.told_of_keys().await, ["platform_api_key_updated"]);
    }
    let log = rig.log().await;
    let ours =
        log.counts().filter(|(kind, _)| kind.ends_with("_viewed") || kind.ends_with("_accessed"));
    assert_eq!(ours.collect::<Vec<_>>(), []);
    assert!(log.counts().any(|count| count == ("platform_api_key_updated", 1)));
    rig.stop().await;
}

#[tokio::test]
async fn a_log_that_is_not_granted_is_no_failure_and_is_asked_for_each_day() {
    let mut setup = Setup::default();
    setup.simulator.granted.compliance = false;
    let rig = Rig::start(setup).await;
    rig.polled(reports(Api::Admin)).await;
    let health = &rig.standing().polls[&Report::Audit];
    assert!(health.not_granted && health.failing.is_none());
    rig.advance(SignedDuration::from_mins(11));
    rig.until("cost again", || rig.is_fresh(Report::Cost)).await;
    assert_eq!(rig.served("compliance/activities").await, 1);

    rig.control(r#"{"granted":{"compliance":true}}"#).await;
    rig.advance(SignedDuration::from_hours(24));
    rig.until("the audit log again", || rig.is_fresh(Report::Audit)).await;
    assert!(!rig.standing().polls[&Report::Audit].not_granted);
    rig.stop().await;
}

#[tokio::test]
async fn the_company_api_has_an_audit_log_too() {
    let rig = Rig::start(Setup { api: Api::Company, ..Setup::default() }).await;
    rig.polled(reports(Api::Company)).await;
    assert!(!rig.standing().polls[&Report::Audit].not_granted);
    let before = rig.told_of_keys().await;
    assert_eq!(before, Vec::<String>::new());
    let id = rig.store.profile(&acme()).await.unwrap().unwrap().id;
    let path = format!("v1/organizations/{id}/api_keys");
    rig.write(&path, simulator::COMPANY_KEY, r#"{"name":"made here"}"#).await;
    for _ in 0..2 {
        rig.poll_again().await;
        assert_eq!(rig.told_of_keys().await, ["api_key.created"]);
    }
    rig.stop().await;
}
