//! Folding: what nobody can have got yet becomes one message, and stays the same from then on.

use usagewarden_core::outbox::{EntryState, Onward, Standing, Taken};

use super::*;
use crate::store::FallBack;

const NOW: &str = "2026-11-20T15:00:00Z";
const LATER: &str = "2026-11-20T16:00:00Z";

/// Queues notices of one lane, one a minute, each about an episode of its own.
async fn queue(fixture: &Fixture, ids: &[&str], to: &[Destination]) {
    let fence = fixture.acme().await;
    let queued = fixture.store.entries(1_000).await.unwrap().len();
    for (minute, id) in ids.iter().enumerate() {
        let decided_at = format!("2026-11-20T14:{:02}:00Z", queued + minute);
        let mut told = notice(id, Severity::Warning, &decided_at);
        told.news[0].facts.episode = EpisodeId((*id).to_owned());
        fixture.store.commit_plan(&fence, tells(told, to)).await.unwrap();
    }
}

async fn settle(fixture: &Fixture, envelope: &Envelope, state: EntryState, taken: Taken) {
    let standing = Standing {
        state,
        taken,
        attempts: envelope.entry.attempts + 1,
        next_attempt_at: at(NOW),
        ..Standing::untried(&envelope.entry)
    };
    let settled = Settled { entry: envelope.entry.id, standing, onward: Onward::default() };
    fixture.store.settle(settled).await.unwrap();
}

/// The messages that are due, each as the identity it has and the news in it.
async fn messages(fixture: &Fixture) -> Vec<(String, Vec<String>)> {
    claimed(fixture, LATER).await.iter().map(told).collect()
}

fn told(envelope: &Envelope) -> (String, Vec<String>) {
    let news = envelope.notice.news.iter().map(|piece| piece.id.0.clone()).collect();
    assert_eq!(envelope.notice.id, envelope.entry.notice, "the identity is the entry's");
    (envelope.notice.id.0.clone(), news)
}

fn message(id: &str, news: &[&str]) -> (String, Vec<String>) {
    (id.to_owned(), news.iter().map(|piece| (*piece).to_owned()).collect())
}

/// Every entry: notice, state, and the notice whose entry it was folded into.
async fn listed(fixture: &Fixture) -> Vec<(String, EntryState, Option<String>)> {
    let mut entries = fixture.store.entries(100).await.unwrap();
    entries.sort_by_key(|entry| entry.id);
    let name = |id| entries.iter().find(|entry| entry.id == id).unwrap().notice.0.clone();
    let shown = |entry: &Entry| (entry.notice.0.clone(), entry.state, entry.folded_into.map(name));
    entries.iter().map(shown).collect()
}

#[tokio::test]
async fn what_waits_behind_a_head_that_was_never_offered_is_told_with_it() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1", "n2", "n3"], &[to("mail", "a")]).await;
    let claimed = claimed(&fixture, NOW).await;
    assert_eq!(claimed.iter().map(told).collect::<Vec<_>>(), [message("n1", &["n1", "n2", "n3"])]);
    assert_eq!(claimed[0].folded, 2);

    // A head and what was folded into it stand alike, and only the head is ever due.
    settle(&fixture, &claimed[0], EntryState::Accepted, Taken::Yes).await;
    let into = Some("n1".to_owned());
    let expected = [("n1", None), ("n2", into.clone()), ("n3", into)];
    let expected = expected.map(|(id, into)| (id.to_owned(), EntryState::Accepted, into));
    assert_eq!(listed(&fixture).await, expected);
    assert_eq!(messages(&fixture).await, []);
}

#[tokio::test]
async fn what_may_have_been_taken_stays_the_same_message() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1", "n2"], &[to("mail", "a")]).await;
    let first = claimed(&fixture, NOW).await;
    settle(&fixture, &first[0], EntryState::Retrying, Taken::Perhaps).await;
    queue(&fixture, &["n3", "n4"], &[to("mail", "a")]).await;
    let again = claimed(&fixture, LATER).await;
    assert_eq!(again[0].notice, first[0].notice);

    // What waits behind it goes by itself, once the head is through.
    settle(&fixture, &again[0], EntryState::Accepted, Taken::Yes).await;
    assert_eq!(messages(&fixture).await, [message("n3", &["n3", "n4"])]);
}

#[tokio::test]
async fn what_may_once_have_been_taken_stays_the_same_whatever_comes_of_later_attempts() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1"], &[to("mail", "a")]).await;
    let first = claimed(&fixture, NOW).await;
    settle(&fixture, &first[0], EntryState::Retrying, Taken::Perhaps).await;
    queue(&fixture, &["n2"], &[to("mail", "a")]).await;
    // The answer was lost, and then the server was gone, and then it was not its turn.
    let again = claimed(&fixture, LATER).await;
    settle(&fixture, &again[0], EntryState::Retrying, Taken::No).await;
    let again = claimed(&fixture, LATER).await;
    let (entry, standing) = (again[0].entry.id, Standing::untried(&again[0].entry));
    fixture.store.settle(Settled { entry, standing, onward: Onward::default() }).await.unwrap();
    assert_eq!(messages(&fixture).await, [message("n1", &["n1"])]);
}

#[tokio::test]
async fn what_a_crash_left_in_doubt_stays_the_same_whatever_comes_of_later_attempts() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1"], &[to("mail", "a")]).await;
    let _ = claimed(&fixture, NOW).await;
    let fixture = fixture.reopen();
    let again = claimed(&fixture, LATER).await;
    settle(&fixture, &again[0], EntryState::Retrying, Taken::No).await;
    queue(&fixture, &["n2"], &[to("mail", "a")]).await;
    assert_eq!(messages(&fixture).await, [message("n1", &["n1"])]);
}

#[tokio::test]
async fn what_was_certainly_not_taken_goes_on_growing() {
    let fixture = Fixture::new();
    for id in ["n1", "n2", "n3"] {
        queue(&fixture, &[id], &[to("mail", "a")]).await;
        let claimed = claimed(&fixture, LATER).await;
        settle(&fixture, &claimed[0], EntryState::Retrying, Taken::No).await;
    }
    assert_eq!(messages(&fixture).await, [message("n1", &["n1", "n2", "n3"])]);
    let states: Vec<_> = listed(&fixture).await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, [EntryState::Retrying; 3]);
}

#[tokio::test]
async fn a_crash_after_the_offer_repeats_the_same_message() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1", "n2"], &[to("mail", "a")]).await;
    let first = claimed(&fixture, NOW).await;
    let fixture = fixture.reopen();
    queue(&fixture, &["n3"], &[to("mail", "a")]).await;
    let again = claimed(&fixture, LATER).await;
    assert_eq!(again[0].notice, first[0].notice);
    assert_eq!(again[0].folded, 0);
}

#[tokio::test]
async fn what_was_claimed_and_not_tried_may_still_grow() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1"], &[to("mail", "a")]).await;
    let claimed = claimed(&fixture, NOW).await;
    let (entry, standing) = (claimed[0].entry.id, Standing::untried(&claimed[0].entry));
    fixture.store.settle(Settled { entry, standing, onward: Onward::default() }).await.unwrap();
    queue(&fixture, &["n2"], &[to("mail", "a")]).await;
    assert_eq!(messages(&fixture).await, [message("n1", &["n1", "n2"])]);
    let shown = listed(&fixture).await;
    assert_eq!((shown[0].1, shown[1].1), (EntryState::Queued, EntryState::Queued));
}

#[tokio::test]
async fn destinations_fold_apart() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1"], &[to("mail", "a"), to("mail", "b")]).await;
    let first = claimed(&fixture, NOW).await;
    settle(&fixture, &first[0], EntryState::Retrying, Taken::Perhaps).await;
    settle(&fixture, &first[1], EntryState::Retrying, Taken::No).await;
    queue(&fixture, &["n2"], &[to("mail", "a"), to("mail", "b")]).await;
    assert_eq!(messages(&fixture).await, [message("n1", &["n1"]), message("n1", &["n1", "n2"])]);
}

#[tokio::test]
async fn only_the_open_head_of_a_lane_can_be_claimed() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1"], &[to("mail", "a")]).await;
    let first = claimed(&fixture, NOW).await;
    settle(&fixture, &first[0], EntryState::Retrying, Taken::Perhaps).await;
    queue(&fixture, &["n2"], &[to("mail", "a")]).await;
    let entries = fixture.store.entries(10).await.unwrap();
    let second = entries.iter().find(|entry| entry.notice.0 == "n2").unwrap().id;
    assert_eq!(fixture.store.claim(vec![second]).await.unwrap(), []);
    settle(&fixture, &first[0], EntryState::Accepted, Taken::Yes).await;
    assert_eq!(fixture.store.claim(vec![first[0].entry.id]).await.unwrap(), []);
    assert_eq!(fixture.store.claim(vec![second]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lane_is_as_urgent_as_the_most_urgent_in_it() {
    let fixture = Fixture::new();
    let fence = fixture.acme().await;
    let rows = [("n1", "one", Severity::Info), ("n2", "two", Severity::Warning)];
    for (id, lane, severity) in rows.into_iter().chain([("n3", "one", Severity::Critical)]) {
        let mut told = notice(id, severity, "2026-11-20T14:00:00Z");
        told.lane = LaneId(lane.to_owned());
        fixture.store.commit_plan(&fence, tells(told, &[to("mail", "a")])).await.unwrap();
    }
    let ids: Vec<String> = messages(&fixture).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["n1", "n2"]);
}

/// The fallback may lead to the same people, who drop what comes twice under one name.
#[tokio::test]
async fn what_may_have_been_taken_elsewhere_is_not_added_to_by_the_fallback() {
    let fixture = Fixture::new();
    queue(&fixture, &["n1"], &[to("mail", "a")]).await;
    let first = claimed(&fixture, NOW).await;
    settle(&fixture, &first[0], EntryState::Retrying, Taken::Perhaps).await;
    queue(&fixture, &["n2", "n3"], &[to("mail", "a")]).await;
    let (channel, destinations) = ("mail".into(), vec![to("other", "a")]);
    let step_in = FallBack { channel, destinations, before: at(LATER), is_broken: false };
    fixture.store.fall_back(step_in, at(LATER)).await.unwrap();
    let mut told = Vec::new();
    while let Some(next) = claimed(&fixture, LATER)
        .await
        .into_iter()
        .find(|one| one.entry.destination == to("other", "a"))
    {
        settle(&fixture, &next, EntryState::Accepted, Taken::Yes).await;
        told.push(self::told(&next));
    }
    assert_eq!(told, [message("n1", &["n1"]), message("n2", &["n2", "n3"])]);
}
