//! Lanes: who is due, in which order, and what an outcome changes.

use usagewarden_core::outbox::{EntryState, Onward, Standing};

use super::*;

const OPS: &str = "https://ops.example.com/hook";

async fn queue(fixture: &Fixture, id: &str, severity: Severity, minute: &str, to: &[Destination]) {
    let fence = fixture.acme().await;
    let notice = notice(id, severity, &format!("2026-11-20T14:{minute}:00Z"));
    fixture.store.commit_plan(&fence, tells(notice, to)).await.unwrap();
}

async fn due(fixture: &Fixture, now: &str) -> Vec<(String, String)> {
    let due = fixture.store.due(at(now), anything(10)).await.unwrap();
    due.into_iter().map(|entry| (entry.notice.0, entry.destination.recipient)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, to)| ((*id).to_owned(), (*to).to_owned())).collect()
}

async fn settle(fixture: &Fixture, id: &str, recipient: &str, state: EntryState, next: &str) {
    let entries = fixture.store.entries(100).await.unwrap();
    let matches = |e: &&Entry| e.notice.0 == id && e.destination.recipient == recipient;
    let entry = entries.iter().find(matches).unwrap();
    let standing = Standing {
        state,
        attempts: entry.attempts + 1,
        next_attempt_at: at(next),
        last_error: Some("the receiver answered 503".to_owned()),
        ..Standing::untried(entry)
    };
    let settled = Settled { entry: entry.id, standing, onward: Onward::default() };
    fixture.store.settle(settled).await.unwrap();
}

#[tokio::test]
async fn only_the_oldest_open_entry_of_a_destination_is_ever_due() {
    let fixture = Fixture::new();
    queue(&fixture, "n1", Severity::Warning, "00", &[to("ops", OPS)]).await;
    queue(&fixture, "n2", Severity::Critical, "01", &[to("ops", OPS)]).await;
    assert_eq!(due(&fixture, "2026-11-20T15:00:00Z").await, pairs(&[("n1", OPS)]));

    // The first waits for its next try, and the second waits behind it.
    settle(&fixture, "n1", OPS, EntryState::Retrying, "2026-11-20T16:00:00Z").await;
    assert_eq!(due(&fixture, "2026-11-20T15:59:59Z").await, []);
    let next = fixture.store.next_due(Vec::new()).await.unwrap();
    assert_eq!(next, Some(at("2026-11-20T16:00:00Z")), "nothing sooner: it would be a busy loop");
    assert_eq!(due(&fixture, "2026-11-20T16:00:00Z").await, pairs(&[("n1", OPS)]));

    settle(&fixture, "n1", OPS, EntryState::Accepted, "2026-11-20T16:00:00Z").await;
    assert_eq!(due(&fixture, "2026-11-20T16:00:00Z").await, pairs(&[("n2", OPS)]));
}

#[tokio::test]
async fn the_more_severe_goes_first_then_the_older() {
    let fixture = Fixture::new();
    queue(&fixture, "n1", Severity::Info, "00", &[to("mail", "a"), to("mail", "b")]).await;
    queue(&fixture, "n2", Severity::Warning, "01", &[to("mail", "c")]).await;
    queue(&fixture, "n3", Severity::Critical, "02", &[to("mail", "d")]).await;
    queue(&fixture, "n4", Severity::Critical, "03", &[to("mail", "e")]).await;
    let expected = pairs(&[("n3", "d"), ("n4", "e"), ("n2", "c"), ("n1", "a"), ("n1", "b")]);
    assert_eq!(due(&fixture, "2026-11-20T15:00:00Z").await, expected);
    let two = fixture.store.due(at("2026-11-20T15:00:00Z"), anything(2)).await.unwrap();
    assert_eq!(two.len(), 2);
}

#[tokio::test]
async fn one_destination_that_fails_holds_up_no_other() {
    let fixture = Fixture::new();
    queue(&fixture, "n1", Severity::Warning, "00", &[to("mail", "a"), to("mail", "b")]).await;
    queue(&fixture, "n2", Severity::Warning, "01", &[to("mail", "a"), to("mail", "b")]).await;
    settle(&fixture, "n1", "a", EntryState::Retrying, "2026-11-20T18:00:00Z").await;
    settle(&fixture, "n1", "b", EntryState::Refused, "2026-11-20T14:30:00Z").await;
    assert_eq!(due(&fixture, "2026-11-20T15:00:00Z").await, pairs(&[("n2", "b")]));
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_waiting() {
    let fixture = Fixture::new();
    assert_eq!(fixture.store.next_due(Vec::new()).await.unwrap(), None);
    queue(&fixture, "n1", Severity::Warning, "30", &[to("ops", OPS)]).await;
    assert_eq!(fixture.store.next_due(Vec::new()).await.unwrap(), Some(at("2026-11-20T14:30:00Z")));
    assert_eq!(due(&fixture, "2026-11-20T13:30:00Z").await, pairs(&[("n1", OPS)]), "an hour");

    settle(&fixture, "n1", OPS, EntryState::Retrying, "2027-03-08T00:00:00Z").await;
    assert_eq!(due(&fixture, "2026-11-20T14:30:00Z").await, pairs(&[("n1", OPS)]), "months");
}

#[tokio::test]
async fn what_came_of_an_attempt_survives_a_restart() {
    let fixture = Fixture::new();
    queue(&fixture, "n1", Severity::Warning, "00", &[to("ops", OPS)]).await;
    settle(&fixture, "n1", OPS, EntryState::Retrying, "2026-11-20T16:00:00Z").await;
    let fixture = fixture.reopen();
    let [entry] = <[Entry; 1]>::try_from(fixture.store.entries(10).await.unwrap()).unwrap();
    assert_eq!((entry.state, entry.attempts), (EntryState::Retrying, 1));
    assert_eq!(entry.next_attempt_at, at("2026-11-20T16:00:00Z"));
    assert_eq!(entry.queued_at, at("2026-11-20T14:00:00Z"));
    assert_eq!(entry.last_error.as_deref(), Some("the receiver answered 503"));
    assert_eq!((entry.organization, entry.destination), (acme(), to("ops", OPS)));
}

#[tokio::test]
async fn an_entry_that_has_ended_stays_as_it_ended() {
    let fixture = Fixture::new();
    queue(&fixture, "n1", Severity::Warning, "00", &[to("ops", OPS)]).await;
    settle(&fixture, "n1", OPS, EntryState::Accepted, "2026-11-20T15:00:00Z").await;
    settle(&fixture, "n1", OPS, EntryState::Retrying, "2026-11-20T15:00:00Z").await;
    assert_eq!(fixture.store.entries(1).await.unwrap()[0].state, EntryState::Accepted);
}

#[tokio::test]
async fn people_see_open_entries_first_then_the_newest() {
    let fixture = Fixture::new();
    for (id, minute) in [("n1", "00"), ("n2", "01"), ("n3", "02")] {
        queue(&fixture, id, Severity::Warning, minute, &[to("ops", OPS)]).await;
    }
    for id in ["n1", "n2"] {
        settle(&fixture, id, OPS, EntryState::Accepted, "2026-11-20T15:00:00Z").await;
    }
    let shown: Vec<String> =
        fixture.store.entries(2).await.unwrap().into_iter().map(|e| e.notice.0).collect();
    assert_eq!(shown, ["n3", "n2"]);
}
