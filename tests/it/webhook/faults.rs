//! Receivers that refuse, fail, wait, lie, or never end.

use jiff::SignedDuration;
use usagewarden::clock::Clock;
use usagewarden_core::outbox::EntryState::{self, Accepted, Refused, Retrying};

use crate::support::receiver::{Act, Receiver};
use crate::webhook::desk::Desk;

/// What one attempt comes to, and in which words.
#[track_caller]
fn check(act: Act, state: EntryState, said: &str) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let receiver = Receiver::start(std::slice::from_ref(&act)).await;
        let entry = Desk::facing(&receiver).first_attempt().await;
        let error = entry.last_error.unwrap_or_default();
        assert_eq!(entry.state, state, "{act:?} at {place}: {error}");
        assert!(error.contains(said), "{act:?} at {place}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
        assert!(error.chars().count() < 600 && !error.contains(char::is_control), "{error}");
    }
}

#[tokio::test]
async fn what_was_taken_is_done_whatever_follows() {
    check(Act::status(200), Accepted, "").await;
    check(Act::Answer(202, "", "thank you".to_owned()), Accepted, "").await;
    check(Act::Drip(200), Accepted, "").await;
    check(Act::Flood(200), Accepted, "").await;
}

#[tokio::test]
async fn a_final_no_is_final_and_says_what_to_do() {
    check(Act::status(400), Refused, "does it expect what docs/payload.md describes?").await;
    check(Act::status(401), Refused, "checks signatures with the `secret` of this channel").await;
    check(Act::status(410), Refused, "it is gone; take the channel out").await;
    let page = "<h1>Cannot POST /hooks/T0hunter2?token=hunter2-in-the-query</h1>\r\n\u{1b}[31m";
    let said = "404 Not Found: <h1>Cannot POST /hooks/***?token=***</h1> [31m); check `url`";
    check(Act::Answer(404, "", page.to_owned()), Refused, said).await;
    check(Act::Flood(404), Refused, "flood flood").await;
    check(Act::Drip(403), Refused, "drip").await;
}

#[tokio::test]
async fn what_may_heal_is_tried_again() {
    for status in [408, 425, 500, 502, 503, 504] {
        check(Act::status(status), Retrying, "did not take the notice").await;
    }
    check(Act::status(429), Retrying, "asked us to come back later").await;
    check(Act::Cut, Retrying, "was lost before it answered").await;
    check(Act::Silence, Retrying, "did not answer within 3 s").await;
    check(Act::EndlessHead, Retrying, "was lost before it answered").await;
    check(Act::Nonsense, Retrying, "was lost before it answered").await;
    check(Act::Flood(500), Retrying, "flood flood").await;
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_named() {
    let receiver = Receiver::start(&[]).await;
    let desk = Desk::facing(&receiver);
    let host = format!("127.0.0.1:{} could not be reached", receiver.port);
    drop(receiver);
    let entry = desk.first_attempt().await;
    let error = entry.last_error.unwrap();
    assert_eq!(entry.state, Retrying);
    assert!(error.contains(&host), "{error}");
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_is_not_followed() {
    for (status, to) in [
        (301, "location: http://127.0.0.1:1/hunter2"),
        (307, "location: /elsewhere"),
        (308, "location: https://user:hunter2@example.com/hunter2"),
    ] {
        let receiver = Receiver::start(&[Act::with(status, to)]).await;
        let entry = Desk::facing(&receiver).first_attempt().await;
        let error = entry.last_error.unwrap();
        assert_eq!((entry.state, receiver.asked().len()), (Refused, 1), "{error}");
        assert!(error.contains("put the address it points to into `url`"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

/// How long the outbox waits after one answer.
async fn wait_after(header: &'static str, status: u16) -> SignedDuration {
    let receiver = Receiver::start(&[Act::with(status, header)]).await;
    let desk = Desk::facing(&receiver);
    let entry = desk.first_attempt().await;
    entry.next_attempt_at.duration_since(desk.clock.now())
}

#[tokio::test]
async fn a_receiver_is_left_alone_for_as_long_as_it_asks_within_our_bounds() {
    let seconds = SignedDuration::from_secs;
    assert_eq!(wait_after("retry-after: 120", 429).await, seconds(120));
    assert_eq!(wait_after("retry-after: 45", 503).await, seconds(45));
    let date = "retry-after: Sat, 21 Nov 2026 14:07:03 GMT";
    assert_eq!(wait_after(date, 503).await, seconds(120));
    let year = wait_after("retry-after: 31536000", 429).await;
    assert!(year <= seconds(600), "{year:#}");
}

#[tokio::test]
async fn whoever_asks_for_another_try_need_not_wait_as_a_receiver_wished() {
    let year = Act::with(429, "retry-after: 31536000");
    let receiver = Receiver::start(&[year, Act::status(204)]).await;
    let desk = Desk::facing(&receiver);
    desk.queue("first").await;
    let deliverer = desk.open();
    assert_eq!(desk.attempted(1).await.state, Retrying);
    desk.ask_again().await;
    assert_eq!(desk.attempted(2).await.state, Accepted);
    deliverer.stop().await;
}

#[tokio::test]
async fn a_refusal_is_not_hammered_and_a_failure_is_tried_later_and_later() {
    let receiver = Receiver::start(&[Act::status(400)]).await;
    let desk = Desk::facing(&receiver);
    desk.queue("first").await;
    let deliverer = desk.open();
    assert_eq!(desk.attempted(1).await.state, Refused);
    desk.pass(SignedDuration::from_hours(24));
    // What comes after it is not held up.
    desk.queue("second").await;
    let accepted = async {
        while receiver.asked().len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(super::desk::DEADLINE, accepted).await.unwrap();
    deliverer.stop().await;
    let ids: Vec<_> =
        receiver.asked().iter().map(|one| one.header("webhook-id").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2, "the refused one came again");
    assert_ne!(ids[0], ids[1]);

    let down = [Act::status(500), Act::status(500), Act::status(500)];
    let receiver = Receiver::start(&down).await;
    let desk = Desk::facing(&receiver);
    desk.queue("first").await;
    let deliverer = desk.open();
    let mut waits = Vec::new();
    for attempt in 1..=3 {
        let entry = desk.attempted(attempt).await;
        let wait = entry.next_attempt_at.duration_since(desk.clock.now());
        waits.push(wait.as_secs());
        desk.pass(wait);
    }
    assert_eq!(desk.attempted(4).await.state, Accepted);
    deliverer.stop().await;
    assert_eq!(waits, [5, 10, 20]);
}
