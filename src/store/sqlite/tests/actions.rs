//! Orders are written once, and an undo that was asked for is not lost.

use jiff::SignedDuration;
use usagewarden_core::action::{ActionId, ActionRecord, ActionState, Order, Stage, Target};

use super::*;

const NOON: &str = "2026-11-20T12:00:00Z";
const LATER: &str = "2026-11-20T12:05:00Z";
const MUCH_LATER: &str = "2026-11-20T13:00:00Z";

pub(super) fn order(id: &str, decided_at: &str) -> Order {
    Order {
        id: ActionId(id.to_owned()),
        organization: acme(),
        action: "stop".into(),
        rule: "month".into(),
        subject: Subject::ORGANIZATION,
        step: Decimal::ONE,
        severity: Severity::Critical,
        period_from: Some(at("2026-11-01T00:00:00Z")),
        decided_at: at(decided_at),
        dry_run: false,
        does: "call the webhook ops".to_owned(),
        targets: vec![Target::Webhook { channel: "ops".into() }],
        nothing: None,
    }
}

/// A store with these orders.
async fn ordered(orders: Vec<Order>) -> Fixture {
    let fixture = Fixture::new();
    commit(&fixture, orders).await;
    fixture
}

async fn commit(fixture: &Fixture, orders: Vec<Order>) {
    let fence = fixture.acme().await;
    let plan = Plan { orders, ..Plan::default() };
    fixture.store.commit_plan(&fence, plan).await.unwrap();
}

/// The names of what is due, in that order.
async fn due(fixture: &Fixture, now: &str) -> Vec<String> {
    let due = fixture.store.open_actions(at(now)).await.unwrap();
    due.into_iter().map(|record| record.order.id.0).collect()
}

async fn only(fixture: &Fixture) -> ActionRecord {
    let all = fixture.store.actions(10).await.unwrap();
    let [one] = &all[..] else { panic!("{all:?}") };
    one.clone()
}

async fn keep(fixture: &Fixture, state: ActionState, next_attempt_at: &str) -> ActionRecord {
    let record = only(fixture).await;
    let kept = ActionRecord { state, next_attempt_at: at(next_attempt_at), ..record };
    fixture.store.keep_action(kept.clone()).await.unwrap();
    kept
}

async fn undo(fixture: &Fixture, now: &str) -> Option<ActionRecord> {
    fixture.store.undo_action(ActionId("one".to_owned()), at(now)).await.unwrap()
}

#[tokio::test]
async fn an_order_is_written_once_and_stays_as_far_as_it_is() {
    let fixture = ordered(vec![order("one", NOON)]).await;
    let done = keep(&fixture, ActionState::Done, NOON).await;
    let again = Order { does: "something else".to_owned(), ..order("one", LATER) };
    commit(&fixture, vec![again]).await;
    let fixture = fixture.reopen();
    assert_eq!(only(&fixture).await, done);
    let snapshot = fixture.store.snapshot(&acme(), &settings(), at(LATER)).await.unwrap();
    assert_eq!(snapshot.actions, [done]);
}

#[tokio::test]
async fn what_is_open_is_due_when_its_time_has_come_the_oldest_first() {
    let dry = Order { dry_run: true, ..order("dry", NOON) };
    let nothing = Order { targets: Vec::new(), ..order("nothing", NOON) };
    let orders = vec![order("two", LATER), order("one", NOON), dry, nothing];
    let fixture = ordered(orders).await;
    assert_eq!(due(&fixture, NOON).await, ["one"]);
    assert_eq!(due(&fixture, LATER).await, ["one", "two"]);
    assert_eq!(fixture.store.next_action_due().await.unwrap(), Some(at(NOON)));
    let newest = fixture.store.actions(1).await.unwrap();
    assert_eq!(newest[0].order.id.0, "two");
}

#[tokio::test]
async fn what_failed_waits_and_what_has_ended_is_due_no_more() {
    let fixture = ordered(vec![order("one", NOON)]).await;
    keep(&fixture, ActionState::Retrying, LATER).await;
    assert_eq!(due(&fixture, NOON).await, [""; 0]);
    assert_eq!(fixture.store.next_action_due().await.unwrap(), Some(at(LATER)));
    assert_eq!(due(&fixture, LATER).await, ["one"]);
    for state in [ActionState::Done, ActionState::Refused, ActionState::GivenUp] {
        keep(&fixture, state, LATER).await;
        assert_eq!(due(&fixture, MUCH_LATER).await, [""; 0], "{state:?}");
    }
    assert_eq!(fixture.store.next_action_due().await.unwrap(), None);
}

#[tokio::test]
async fn an_undo_that_is_asked_for_meanwhile_is_not_overwritten() {
    let fixture = ordered(vec![order("one", NOON)]).await;
    let loaded = only(&fixture).await;
    let asked = undo(&fixture, LATER).await.unwrap();
    assert_eq!(asked.undo_asked_at, Some(at(LATER)));
    let kept = ActionRecord { state: ActionState::Done, ..loaded };
    fixture.store.keep_action(kept).await.unwrap();
    let fixture = fixture.reopen();
    assert_eq!(only(&fixture).await.undo_asked_at, Some(at(LATER)));
    assert_eq!(due(&fixture, LATER).await, ["one"]);
    assert_eq!(undo(&fixture, MUCH_LATER).await.unwrap().undo_asked_at, Some(at(LATER)));
    keep(&fixture, ActionState::Undone, LATER).await;
    assert_eq!(due(&fixture, MUCH_LATER).await, [""; 0]);
    undo(&fixture, MUCH_LATER).await.unwrap();
    assert_eq!(due(&fixture, MUCH_LATER).await, [""; 0], "what is undone stays so");
}

#[tokio::test]
async fn an_undo_that_failed_for_good_rests_until_it_is_asked_for_again() {
    let fixture = ordered(vec![order("one", NOON)]).await;
    keep(&fixture, ActionState::Done, NOON).await;
    undo(&fixture, LATER).await.unwrap();
    let mut stuck = ActionRecord { state: ActionState::GivenUp, ..only(&fixture).await };
    stuck.doings[0].stage = Stage::Stuck;
    fixture.store.keep_action(stuck).await.unwrap();
    assert_eq!(due(&fixture, MUCH_LATER).await, [""; 0]);
    let asked = undo(&fixture, MUCH_LATER).await.unwrap();
    assert_eq!((asked.state, asked.undo_asked_at), (ActionState::Undoing, Some(at(MUCH_LATER))));
    assert_eq!(due(&fixture, MUCH_LATER).await, ["one"]);
    assert_eq!(only(&fixture.reopen()).await, asked);
}

#[tokio::test]
async fn what_nobody_ordered_cannot_be_undone() {
    assert_eq!(undo(&Fixture::new(), NOON).await, None);
}

#[tokio::test]
async fn what_ended_long_ago_is_forgotten_and_what_is_open_is_not() {
    let orders = ["open", "ended", "wanted", "new"].map(|id| order(id, NOON));
    let fixture = ordered(orders.into()).await;
    for record in fixture.store.actions(10).await.unwrap() {
        if record.order.id.0 != "open" {
            let kept = ActionRecord { state: ActionState::Done, ..record };
            fixture.store.keep_action(kept).await.unwrap();
        }
    }
    fixture.store.undo_action(ActionId("wanted".to_owned()), at(LATER)).await.unwrap();
    let (days, hours) = (SignedDuration::from_hours(9_999_999), SignedDuration::from_hours(48));
    let keep = Keep { minutes: hours, hours, days };
    let mut names = Vec::new();
    for days in [399, 401] {
        let now = at(NOON) + SignedDuration::from_hours(24 * days);
        fixture.store.prune(keep, now).await.unwrap();
        let left = fixture.store.actions(10).await.unwrap();
        names.push(left.into_iter().map(|record| record.order.id.0).collect::<Vec<_>>());
    }
    names.iter_mut().for_each(|names| names.sort_unstable());
    assert_eq!(names, [vec!["ended", "new", "open", "wanted"], vec!["open", "wanted"]]);
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_put_off_is_due() {
    let fixture = ordered(vec![order("one", "2027-11-20T12:00:00Z")]).await;
    assert_eq!(due(&fixture, NOON).await, ["one"]);
    keep(&fixture, ActionState::Retrying, LATER).await;
    assert_eq!(due(&fixture, NOON).await, [""; 0], "five minutes are no such thing");
}
