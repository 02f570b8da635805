//! What follows when a notice does not arrive: a fallback, a report, another try.

use usagewarden_core::outbox::{Again, EntryState, Onward, Standing, Taken};

use super::*;

const NOW: &str = "2026-11-20T15:00:00Z";

async fn queue(fixture: &Fixture, id: &str, to: &[Destination]) {
    let fence = fixture.acme().await;
    let mut told = notice(id, Severity::Warning, "2026-11-20T14:00:00Z");
    told.news[0].facts.episode = EpisodeId(id.to_owned());
    fixture.store.commit_plan(&fence, tells(told, to)).await.unwrap();
}

async fn settle(fixture: &Fixture, id: &str, at: &Destination, state: EntryState, onward: Onward) {
    let entries = fixture.store.entries(100).await.unwrap();
    let entry = entries.iter().find(|e| e.notice.0 == id && e.destination == *at).unwrap();
    let standing = Standing {
        state,
        taken: Taken::No,
        attempts: entry.attempts + 1,
        next_attempt_at: super::at(NOW),
        last_error: Some("554 no".to_owned()),
        ..Standing::untried(entry)
    };
    fixture.store.settle(Settled { entry: entry.id, standing, onward }).await.unwrap();
}

/// Everything queued: `notice channel/recipient state`, oldest first.
async fn listed(fixture: &Fixture) -> Vec<String> {
    let mut entries = fixture.store.entries(100).await.unwrap();
    entries.sort_by_key(|entry| entry.id);
    let line = |e: &Entry| {
        let Destination { channel, recipient } = &e.destination;
        format!("{} {channel}/{recipient} {}", e.notice.0, e.state.label())
    };
    entries.iter().map(line).collect()
}

fn fallback(to: &Destination) -> Onward {
    Onward { fallback: vec![to.clone()], report: None }
}

fn reporting(to: &[Destination]) -> Option<(Notice, Vec<Destination>)> {
    Some((notice("report", Severity::Critical, NOW), to.to_vec()))
}

#[tokio::test]
async fn what_was_refused_goes_to_the_fallback_in_the_same_transaction() {
    let fixture = Fixture::new();
    let (mail, ops) = (to("mail", "a"), to("ops", "b"));
    queue(&fixture, "n1", std::slice::from_ref(&mail)).await;
    settle(&fixture, "n1", &mail, EntryState::Refused, fallback(&ops)).await;
    assert_eq!(listed(&fixture).await, ["n1 mail/a refused", "n1 ops/b queued"]);
    let due = claimed(&fixture, NOW).await;
    assert_eq!(due[0].notice.id.0, "n1", "the same notice, under the same identity");
}

#[tokio::test]
async fn whoever_gets_it_anyway_does_not_get_it_twice() {
    let fixture = Fixture::new();
    let (mail, ops) = (to("mail", "a"), to("ops", "b"));
    queue(&fixture, "n1", &[mail.clone(), ops.clone()]).await;
    let onward = Onward { report: reporting(std::slice::from_ref(&ops)), ..fallback(&ops) };
    settle(&fixture, "n1", &mail, EntryState::GivenUp, onward).await;
    assert_eq!(listed(&fixture).await, ["n1 mail/a given_up", "n1 ops/b queued"]);
}

#[tokio::test]
async fn a_circle_of_fallbacks_ends_with_a_report() {
    let fixture = Fixture::new();
    let (mail, ops, page) = (to("mail", "a"), to("ops", "b"), to("page", "c"));
    queue(&fixture, "n1", std::slice::from_ref(&mail)).await;
    let report = || reporting(std::slice::from_ref(&page));
    let onward = Onward { report: report(), ..fallback(&ops) };
    settle(&fixture, "n1", &mail, EntryState::Refused, onward).await;
    assert_eq!(listed(&fixture).await.len(), 2, "the fallback may yet arrive");
    let onward = Onward { report: report(), ..fallback(&mail) };
    settle(&fixture, "n1", &ops, EntryState::Refused, onward.clone()).await;
    let expected = ["n1 mail/a refused", "n1 ops/b refused", "report page/c queued"];
    assert_eq!(listed(&fixture).await, expected);

    // What says the same on the same day is there already.
    queue(&fixture, "n2", std::slice::from_ref(&ops)).await;
    settle(
        &fixture,
        "n2",
        &ops,
        EntryState::Refused,
        Onward { report: report(), ..Onward::default() },
    )
    .await;
    assert_eq!(listed(&fixture).await.len(), 4);
}

#[tokio::test]
async fn what_was_folded_goes_to_the_fallback_piece_by_piece() {
    let fixture = Fixture::new();
    let (mail, ops) = (to("mail", "a"), to("ops", "b"));
    queue(&fixture, "n1", std::slice::from_ref(&mail)).await;
    // The second one goes there by itself.
    queue(&fixture, "n2", &[mail.clone(), ops.clone()]).await;
    queue(&fixture, "n3", std::slice::from_ref(&mail)).await;
    let claimed = claimed(&fixture, NOW).await;
    assert_eq!(claimed.iter().map(|envelope| envelope.folded).sum::<usize>(), 2);
    settle(&fixture, "n1", &mail, EntryState::Refused, fallback(&ops)).await;
    let at_ops = listed(&fixture).await.into_iter().filter(|line| line.contains("ops/b"));
    let expected = ["n2 ops/b queued", "n1 ops/b queued", "n3 ops/b queued"];
    assert_eq!(at_ops.collect::<Vec<_>>(), expected);
}

fn step_in(before: &str, is_broken: bool) -> FallBack {
    let (channel, destinations) = ("mail".into(), vec![to("ops", "b")]);
    FallBack { channel, destinations, before: at(before), is_broken }
}

#[tokio::test]
async fn what_has_failed_for_long_goes_to_the_fallback_once_and_is_tried_on() {
    let fixture = Fixture::new();
    let mail = to("mail", "a");
    queue(&fixture, "n1", std::slice::from_ref(&mail)).await;
    queue(&fixture, "n2", std::slice::from_ref(&mail)).await;
    let fall = async |before, is_broken| {
        fixture.store.fall_back(step_in(before, is_broken), at(NOW)).await.unwrap()
    };
    let queued = at("2026-11-20T14:00:00Z");
    assert_eq!(fall("2026-11-20T14:30:00Z", false).await, Some(queued), "nothing has failed");
    settle(&fixture, "n1", &mail, EntryState::Retrying, Onward::default()).await;
    assert_eq!(fall("2026-11-20T13:59:59Z", true).await, Some(queued), "not long enough");
    assert_eq!(listed(&fixture).await.len(), 2);
    for _ in 0..2 {
        assert_eq!(fall("2026-11-20T14:00:00Z", false).await, None);
        let expected =
            ["n1 mail/a retrying", "n2 mail/a queued", "n1 ops/b queued", "n2 ops/b queued"];
        assert_eq!(listed(&fixture).await, expected);
    }
}

#[tokio::test]
async fn who_waits_for_a_server_that_is_gone_falls_back_untried() {
    let fixture = Fixture::new();
    queue(&fixture, "n1", &[to("mail", "a")]).await;
    fixture.store.fall_back(step_in("2026-11-20T14:00:00Z", true), at(NOW)).await.unwrap();
    assert_eq!(listed(&fixture).await, ["n1 mail/a queued", "n1 ops/b queued"]);
}

/// What `again` does to a refused, a given-up, an accepted and an open entry.
async fn check(again: Again, expected: [&str; 4], count: u64) {
    let fixture = Fixture::new();
    let states =
        [EntryState::Refused, EntryState::GivenUp, EntryState::Accepted, EntryState::Retrying];
    for (place, state) in states.into_iter().enumerate() {
        let channel = to(["mail", "ops"][place % 2], &format!("r{place}"));
        queue(&fixture, "n1", std::slice::from_ref(&channel)).await;
        settle(&fixture, "n1", &channel, state, Onward::default()).await;
    }
    let now = at("2026-11-20T16:00:00Z");
    assert_eq!(fixture.store.retry(again.clone(), now).await.unwrap(), count, "{again:?}");
    assert_eq!(fixture.store.retry(again.clone(), now).await.unwrap(), 0, "{again:?} again");
    let mut entries = fixture.store.entries(10).await.unwrap();
    entries.sort_by_key(|entry| entry.id);
    let states: Vec<_> = entries.iter().map(|entry| entry.state.label()).collect();
    assert_eq!(states, expected, "{again:?}");
    for entry in entries.iter().filter(|entry| entry.state == EntryState::Queued) {
        assert_eq!((entry.attempts, entry.patient_since), (0, now), "patience is fresh");
        assert_eq!(entry.queued_at, at("2026-11-20T14:00:00Z"));
    }
}

#[tokio::test]
async fn only_what_was_refused_or_given_up_is_tried_again() {
    let queued = "queued";
    check(Again::All, [queued, queued, "accepted", "retrying"], 2).await;
    check(Again::Refused, [queued, "given_up", "accepted", "retrying"], 1).await;
    check(Again::Channel("mail".into()), [queued, "given_up", "accepted", "retrying"], 1).await;
    check(Again::Channel("ops".into()), ["refused", queued, "accepted", "retrying"], 1).await;
    check(Again::Entry(EntryId(2)), ["refused", queued, "accepted", "retrying"], 1).await;
    check(Again::Entry(EntryId(3)), ["refused", "given_up", "accepted", "retrying"], 0).await;
}

#[tokio::test]
async fn what_waits_for_its_next_attempt_has_it_now_and_keeps_its_patience() {
    let fixture = Fixture::new();
    let mail = to("mail", "a");
    queue(&fixture, "n1", std::slice::from_ref(&mail)).await;
    let entry = fixture.store.entries(10).await.unwrap().remove(0);
    let standing = Standing {
        state: EntryState::Retrying,
        attempts: 7,
        next_attempt_at: at("2026-11-20T16:00:00Z"),
        ..Standing::untried(&entry)
    };
    let settled = Settled { entry: entry.id, standing, onward: Onward::default() };
    fixture.store.settle(settled).await.unwrap();
    for expected in [1, 0] {
        assert_eq!(fixture.store.retry(Again::All, at(NOW)).await.unwrap(), expected);
    }
    let retried = fixture.store.entries(10).await.unwrap().remove(0);
    assert_eq!((retried.state, retried.attempts), (EntryState::Retrying, 7));
    assert_eq!((retried.next_attempt_at, retried.patient_since), (at(NOW), entry.patient_since));
}

#[tokio::test]
async fn what_was_folded_is_tried_again_together_whichever_is_named() {
    for id in [1, 3] {
        let fixture = Fixture::new();
        let mail = to("mail", "a");
        for notice in ["n1", "n2", "n3"] {
            queue(&fixture, notice, std::slice::from_ref(&mail)).await;
        }
        claimed(&fixture, NOW).await;
        settle(&fixture, "n1", &mail, EntryState::GivenUp, Onward::default()).await;
        assert_eq!(fixture.store.retry(Again::Entry(EntryId(id)), at(NOW)).await.unwrap(), 3);
        let due = claimed(&fixture, NOW).await;
        assert_eq!((due.len(), due[0].notice.news.len()), (1, 3));
    }
}

#[tokio::test]
async fn a_server_that_is_back_is_given_all_that_waited_for_it() {
    let fixture = Fixture::new();
    for (place, waits_for_server) in [true, false].into_iter().enumerate() {
        let mail = to("mail", &format!("r{place}"));
        queue(&fixture, "n1", std::slice::from_ref(&mail)).await;
        let entry = fixture.store.entries(10).await.unwrap().remove(0);
        let standing = Standing {
            state: EntryState::Retrying,
            next_attempt_at: at("2026-11-20T16:00:00Z"),
            waits_for_server,
            ..Standing::untried(&entry)
        };
        let settled = Settled { entry: entry.id, standing, onward: Onward::default() };
        fixture.store.settle(settled).await.unwrap();
    }
    assert_eq!(claimed(&fixture, NOW).await, []);
    fixture.store.hasten("mail".into(), at(NOW)).await.unwrap();
    let due: Vec<_> =
        claimed(&fixture, NOW).await.into_iter().map(|e| e.entry.destination.recipient).collect();
    assert_eq!(due, ["r0"]);
}

#[tokio::test]
async fn one_channel_with_many_lanes_hides_no_other() {
    let fixture = Fixture::new();
    for lane in 0..20 {
        queue(&fixture, "n1", &[to("mail", &format!("r{lane}"))]).await;
    }
    queue(&fixture, "n1", &[to("ops", "b")]).await;
    let due = fixture.store.due(at(NOW), anything(3)).await.unwrap();
    let channels: Vec<_> = due.iter().map(|e| e.destination.channel.as_str()).collect();
    assert_eq!(channels, ["mail", "mail", "mail", "ops"]);
    let look = Look { but: vec!["mail".into()], each: 3 };
    assert_eq!(fixture.store.due(at(NOW), look).await.unwrap().len(), 1);
    assert!(fixture.store.next_due(vec!["mail".into(), "ops".into()]).await.unwrap().is_none());
}
