//! Servers that fail: nothing is lost, nothing is hammered, nobody else waits.

use std::sync::Arc;

use jiff::SignedDuration;
use usagewarden::deliver::channel::Channel;
use usagewarden::deliver::email::Email;
use usagewarden::store::Store;
use usagewarden_core::outbox::EntryState::{Accepted, GivenUp, Queued, Refused, Retrying};
use usagewarden_core::outbox::{Again, Attempt, Envelope, Patience};
use usagewarden_core::subject::ChannelName;

use crate::mail::desk::Desk;
use crate::support::smtp::{Fault, Offer};

const HALF_A_MINUTE: SignedDuration = SignedDuration::from_secs(30);

/// One mail whose first attempt meets `fault`, and what is said of it; the second arrives.
async fn check(fault: Fault, said: &str, times_taken: usize) {
    let desk = Desk::new().await;
    desk.server.script(&[fault]);
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Retrying]).await;
    let error = desk.entries().await[0].last_error.clone().unwrap();
    assert!(error.contains(said), "{fault:?}: {error}");

    desk.pass(HALF_A_MINUTE);
    desk.settled(&[Accepted]).await;
    deliverer.stop().await;
    let taken = desk.server.taken();
    assert_eq!(taken.len(), times_taken, "{fault:?}");
    for mail in &taken {
        assert_eq!(mail.bytes, taken[0].bytes, "{fault:?}: a repeat is the same mail");
    }
    assert_eq!(desk.entries().await[0].attempts, 2);
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_repeated_with_the_same_identity() {
    check(Fault::LoseAnswer, "was lost while it took the mail", 2).await;
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_and_tried_again() {
    check(Fault::SilentAtEnd, "did not answer within 3 s", 2).await;
    check(Fault::SilentAtOnce, "did not answer within 3 s", 1).await;
}

#[tokio::test]
async fn a_server_that_cannot_just_now_is_asked_again() {
    check(Fault::AtEnd("451 4.3.0 disk is full"), "disk is full", 1).await;
    check(Fault::AtRecipient("450 4.2.1 greylisted"), "greylisted", 1).await;
    check(Fault::AtEnd("421 4.7.0 too many"), "asked us to come back later", 1).await;
    check(Fault::CutAtData, "was lost before it was sent the mail", 1).await;
}

#[tokio::test]
async fn one_refused_recipient_of_three_stops_nobody_and_is_not_hammered() {
    let desk =
        Desk::with(Offer::StartTls, &["a@example.com", "b@example.com", "c@example.com"]).await;
    desk.server.refuse("b@example.com", "550 5.1.1 <b@example.com>: no such mailbox");
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Accepted, Refused, Accepted]).await;
    let error = desk.entries().await[1].last_error.clone().unwrap();
    assert!(error.contains("no such mailbox") && !error.contains("b@"), "{error}");

    // A later notice is offered to everyone, the refused one to nobody.
    desk.pass(SignedDuration::from_hours(5));
    desk.queue("second").await;
    desk.settled(&[Accepted, Refused, Accepted, Accepted, Refused, Accepted]).await;
    deliverer.stop().await;
    assert_eq!(desk.server.heard("RCPT TO:<b@example.com>"), 2);
    assert_eq!(desk.server.heard("RCPT TO:<a@example.com>"), 2);
}

#[tokio::test]
async fn a_mail_that_was_refused_at_its_end_is_final_too() {
    let desk = Desk::new().await;
    desk.server.script(&[Fault::AtEnd("554 5.7.1 looks like spam")]);
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Refused]).await;
    desk.pass(SignedDuration::from_hours(5));
    desk.until(|desk| shown(desk).contains("state=\"refused\"} 1")).await;
    assert_eq!((desk.server.heard("DATA"), desk.server.taken().len()), (1, 0), "not hammered");

    // People who have seen to it ask for another try.
    assert_eq!(desk.store().retry(Again::Refused, desk.now()).await.unwrap(), 1);
    desk.ring();
    desk.settled(&[Accepted]).await;
    deliverer.stop().await;
    assert_eq!(desk.server.taken().len(), 1);
}

#[tokio::test]
async fn a_server_that_wants_a_login_first_has_refused_no_mail() {
    let wants_login = Fault::AtRecipient("530 5.7.0 Authentication required");
    check(wants_login, "Authentication required", 1).await;
}

#[tokio::test]
async fn what_waits_can_be_seen_while_a_server_hangs() {
    let to = ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"];
    let desk = Desk::with(Offer::StartTls, &to).await;
    desk.server.script(&[Fault::SilentAtOnce; 5]);
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.until(|desk| shown(desk).contains("state=\"queued\"} 5")).await;
    deliverer.stop().await;
}

/// A channel with a defect: its attempts panic.
#[derive(Debug)]
struct Defect(Email);

#[async_trait::async_trait]
impl Channel for Defect {
    fn name(&self) -> &ChannelName {
        self.0.name()
    }

    fn patience(&self) -> &Patience {
        self.0.patience()
    }

    async fn attempt(&self, _: &Envelope) -> Attempt {
        panic!("a defect");
    }

    fn tidy(&self) {}
}

/// It would hold up its lane for ever if it were tried for ever, and nobody would be told.
#[tokio::test]
async fn a_defect_uses_up_patience_like_any_other_failure() {
    let mut desk = Desk::new().await;
    desk.settings.give_up_after = HALF_A_MINUTE;
    desk.queue("first").await;
    let deliverer = desk.open_with(vec![Arc::new(Defect(Email::new(desk.settings.clone())))]);
    desk.settled(&[Retrying]).await;
    desk.pass(HALF_A_MINUTE);
    desk.settled(&[GivenUp]).await;
    deliverer.stop().await;
    let entry = desk.entries().await.remove(0);
    assert_eq!(entry.attempts, 2);
    assert!(entry.last_error.unwrap().contains("a defect of usagewarden"));
}

#[tokio::test]
async fn a_retry_waits_for_its_time_and_keeps_its_place() {
    let desk = Desk::new().await;
    // Perhaps it was taken: nothing may be added to it any more.
    desk.server.script(&[Fault::LoseAnswer, Fault::LoseAnswer]);
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Retrying]).await;
    desk.queue("second").await;
    desk.pass(HALF_A_MINUTE);
    desk.attempted(2).await;
    // A minute now, twice the first wait; the second mail waits behind the first.
    desk.pass(HALF_A_MINUTE);
    desk.settled(&[Retrying, Queued]).await;
    desk.pass(HALF_A_MINUTE);
    desk.settled(&[Accepted, Accepted]).await;
    deliverer.stop().await;
    let ids: Vec<_> =
        desk.server.taken().iter().map(|mail| mail.bytes.contains("Notice first")).collect();
    assert_eq!(ids, [true, true, true, false]);
}

#[tokio::test]
async fn patience_ends_where_people_can_see_it() {
    let desk = Desk::new().await;
    desk.server.script(&[Fault::AtEnd("451 later"); 3]);
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Retrying]).await;
    // A leap of the clock, or a long stop, is not patience: it is tried once more.
    desk.pass(SignedDuration::from_hours(72));
    desk.attempted(2).await;
    desk.settled(&[Retrying]).await;
    desk.pass(SignedDuration::from_mins(1));
    desk.settled(&[GivenUp]).await;
    deliverer.stop().await;
}

#[tokio::test]
async fn a_channel_that_was_removed_is_said_so() {
    let desk = Desk::new().await;
    desk.queue("first").await;
    let deliverer = desk.open_with(Vec::new());
    desk.settled(&[Refused]).await;
    deliverer.stop().await;
    let error = desk.entries().await[0].last_error.clone().unwrap();
    assert_eq!(error, "the channel finops is no longer configured");
}

#[tokio::test]
async fn attempts_are_counted_by_outcome_and_what_drains_goes_to_zero() {
    let desk = Desk::new().await;
    desk.server.script(&[Fault::AtEnd("451 later")]);
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&[Retrying]).await;
    desk.pass(HALF_A_MINUTE);
    desk.settled(&[Accepted]).await;
    desk.until(|desk| shown(desk).contains("state=\"accepted\"} 1")).await;
    deliverer.stop().await;
    insta::assert_snapshot!(shown(&desk), @r#"
    usagewarden_delivery_attempts_total{channel="finops",outcome="accepted"} 1
    usagewarden_delivery_attempts_total{channel="finops",outcome="failed"} 1
    usagewarden_delivery_attempts_total{channel="finops",outcome="refused"} 0
    usagewarden_delivery_attempts_total{channel="finops",outcome="throttled"} 0
    usagewarden_delivery_attempts_total{channel="finops",outcome="timeout"} 0
    usagewarden_delivery_delay_seconds_count 1
    usagewarden_delivery_store_failures_total 0
    usagewarden_outbox_entries{channel="finops",state="accepted"} 1
    usagewarden_outbox_entries{channel="finops",state="given_up"} 0
    usagewarden_outbox_entries{channel="finops",state="queued"} 0
    usagewarden_outbox_entries{channel="finops",state="refused"} 0
    usagewarden_outbox_entries{channel="finops",state="retrying"} 0
    "#);
}

/// What Prometheus would see, but for the histogram.
fn shown(desk: &Desk) -> String {
    let families = desk.registry.gather();
    let text = prometheus::TextEncoder::new().encode_to_string(&families).unwrap();
    let wanted =
        |line: &&str| !line.starts_with('#') && !line.contains("_bucket") && !line.contains("_sum");
    text.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}
