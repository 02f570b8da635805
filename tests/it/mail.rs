//! Notices on their way through a real store and real SMTP.

pub(crate) mod desk;
mod fallback;
mod faults;
mod outage;
mod privacy;

use usagewarden_core::outbox::EntryState;

use crate::mail::desk::Desk;
use crate::support::smtp::{Fault, Offer, Taken};

/// What the queue says once nothing more happens, by recipient.
const ALL_ACCEPTED: [EntryState; 3] = [EntryState::Accepted; 3];

#[tokio::test]
async fn a_notice_reaches_every_recipient_in_an_envelope_of_its_own() {
    let desk =
        Desk::with(Offer::StartTls, &["a@example.com", "b@example.com", "c@example.com"]).await;
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.settled(&ALL_ACCEPTED).await;
    deliverer.stop().await;

    let mut taken = desk.server.taken();
    taken.sort_by(|one, other| one.recipients.cmp(&other.recipients));
    let recipients: Vec<_> = taken.iter().map(|mail| mail.recipients.join(" ")).collect();
    assert_eq!(recipients, ["a@example.com", "b@example.com", "c@example.com"]);
    for mail in taken {
        assert!(mail.private);
        assert_eq!(mail.header("To"), Some("a@example.com, b@example.com, c@example.com"));
        assert_eq!(mail.header("Subject"), Some("acme: month at 80 % ($4,012.55 of $5,000.00)"));
    }
}

#[tokio::test]
async fn what_was_committed_before_a_crash_is_sent_once_after_it() {
    let mut desk = Desk::new().await;
    desk.queue("first").await;
    desk.restart();
    for _ in 0..3 {
        let deliverer = desk.open();
        desk.settled(&[EntryState::Accepted]).await;
        deliverer.stop().await;
        desk.restart();
    }
    assert_eq!(desk.server.taken().len(), 1);
}

#[tokio::test]
async fn what_waits_together_is_one_mail_and_the_next_shares_its_connection() {
    let desk = Desk::new().await;
    for name in ["first", "second", "third"] {
        desk.queue(name).await;
    }
    let deliverer = desk.open();
    desk.settled(&ALL_ACCEPTED).await;
    desk.queue("fourth").await;
    desk.settled(&[EntryState::Accepted; 4]).await;
    deliverer.stop().await;

    let taken = desk.server.taken();
    let named = |mail: &Taken, name: &str| mail.bytes.contains(&format!("Notice {name}"));
    assert_eq!(taken.len(), 2);
    assert!(named(&taken[0], "first") && named(&taken[1], "fourth"));
    assert_eq!(desk.server.connections(), 1);
}

#[tokio::test]
async fn a_stop_lets_a_running_attempt_end_and_claims_nothing_new() {
    let desk = Desk::new().await;
    desk.server.script(&[Fault::SilentAtEnd]);
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.until(|desk| desk.server.taken().len() == 1).await;
    desk.queue("second").await;
    deliverer.stop().await;

    let entries = desk.entries().await;
    let states: Vec<_> = entries.iter().map(|entry| (entry.state, entry.attempts)).collect();
    assert_eq!(states, [(EntryState::Retrying, 1), (EntryState::Queued, 0)]);
}
