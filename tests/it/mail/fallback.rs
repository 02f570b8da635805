//! What does not arrive is told elsewhere: through the fallback, or to whoever is there.

use std::sync::Arc;

use jiff::SignedDuration;
use usagewarden::deliver::channel::Channel;
use usagewarden::deliver::email::{Email, Settings};
use usagewarden_core::outbox::{Entry, EntryState, Fallback};

use crate::mail::desk::{Desk, Running};
use crate::support::smtp::{Fault, Taken};

const HALF_AN_HOUR: SignedDuration = SignedDuration::from_mins(30);

/// Two channels with a server each; notices are queued for the first.
struct Pair {
    first: Desk,
    second: Desk,
    other: Settings,
}

impl Pair {
    async fn new() -> Self {
        let (mut first, second) = (Desk::new().await, Desk::new().await);
        let other = Settings { name: "ops".into(), ..second.settings.clone() };
        for settings in [&first.settings, &other] {
            first.reach.destinations.insert(settings.name.clone(), settings.destinations());
        }
        Self { first, second, other }
    }

    /// `channel` is stepped in for by `by`.
    fn fall_back(&mut self, channel: &str, by: &str) {
        let fallback = Fallback { channel: by.into(), after: HALF_AN_HOUR };
        self.first.reach.fallbacks.insert(channel.into(), fallback);
    }

    fn open(&self) -> Running {
        let channel =
            |settings: &Settings| -> Arc<dyn Channel> { Arc::new(Email::new(settings.clone())) };
        self.first.open_with(vec![channel(&self.first.settings), channel(&self.other)])
    }

    /// Waits until every entry stands like this: `channel state`, oldest first.
    async fn listed(&self, expected: &[&str]) -> Vec<Entry> {
        let line = |e: &Entry| format!("{} {}", e.destination.channel, e.state.label());
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let entries = self.first.entries().await;
            let lines: Vec<String> = entries.iter().map(line).collect();
            if lines == expected {
                return entries;
            }
            assert!(tokio::time::Instant::now() < deadline, "still {entries:#?}");
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

fn subjects(taken: &[Taken]) -> Vec<&str> {
    taken.iter().map(|mail| mail.header("Subject").unwrap()).collect()
}

#[tokio::test]
async fn what_was_refused_goes_to_the_fallback_at_once() {
    let mut pair = Pair::new().await;
    pair.fall_back("finops", "ops");
    pair.first.server.script(&[Fault::AtEnd("554 5.7.1 looks like spam")]);
    pair.first.queue("first").await;
    let deliverer = pair.open();
    pair.listed(&["finops refused", "ops accepted"]).await;
    deliverer.stop().await;
    let taken = pair.second.server.taken();
    assert_eq!(subjects(&taken), ["acme: month at 80 % ($4,012.55 of $5,000.00)"]);
}

#[tokio::test]
async fn what_fails_for_half_an_hour_goes_to_the_fallback_and_is_tried_on() {
    let mut pair = Pair::new().await;
    pair.fall_back("finops", "ops");
    pair.first.server.is_gone(true);
    pair.first.queue("first").await;
    let deliverer = pair.open();
    pair.listed(&["finops retrying"]).await;
    pair.first.pass(HALF_AN_HOUR - SignedDuration::from_secs(1));
    pair.first.attempted(2).await;
    assert!(pair.second.server.taken().is_empty(), "not yet");
    pair.first.pass(SignedDuration::from_secs(1));
    pair.listed(&["finops retrying", "ops accepted"]).await;

    pair.first.server.is_gone(false);
    pair.first.pass(SignedDuration::from_hours(1));
    pair.listed(&["finops accepted", "ops accepted"]).await;
    deliverer.stop().await;
    assert_eq!(pair.second.server.taken().len(), 1, "once");
}

#[tokio::test]
async fn a_circle_of_fallbacks_comes_to_an_end() {
    let mut pair = Pair::new().await;
    pair.fall_back("finops", "ops");
    pair.fall_back("ops", "finops");
    pair.first.server.refuse("finops@example.com", "550 no");
    pair.second.server.refuse("finops@example.com", "550 no");
    pair.first.queue("first").await;
    let deliverer = pair.open();
    // Both refused it; each is told of the other, and refuses that too.
    let expected = ["finops refused", "ops refused", "finops refused", "ops refused"];
    pair.listed(&expected).await;
    pair.first.pass(SignedDuration::from_hours(48));
    pair.first.until(|desk| desk.server.heard("RCPT") == 2).await;
    pair.listed(&expected).await;
    deliverer.stop().await;
}

#[tokio::test]
async fn without_a_fallback_the_other_channels_hear_of_it_once_a_day() {
    let pair = Pair::new().await;
    pair.first.server.refuse("finops@example.com", "550 5.1.1 <finops@example.com>: unknown");
    let deliverer = pair.open();
    pair.first.queue("first").await;
    let entries = pair.listed(&["finops refused", "ops accepted"]).await;
    assert!(entries[1].notice.0.starts_with("delivery:finops:"), "{:?}", entries[1]);
    pair.first.queue("second").await;
    pair.listed(&["finops refused", "ops accepted", "finops refused"]).await;
    pair.first.pass(SignedDuration::from_hours(24));
    pair.first.queue("third").await;
    let next_day = ["finops refused", "ops accepted", "finops refused", "finops refused"];
    pair.listed(&[&next_day[..], &["ops accepted"]].concat()).await;
    deliverer.stop().await;
    for mail in pair.second.server.taken() {
        assert!(!mail.bytes.contains("<finops@example.com>: unknown"), "{}", mail.bytes);
    }
}

#[tokio::test]
async fn giving_up_is_told_to_the_other_channels() {
    let pair = Pair::new().await;
    pair.first.server.is_gone(true);
    pair.first.queue("first").await;
    let deliverer = pair.open();
    pair.listed(&["finops retrying"]).await;
    pair.first.pass(SignedDuration::from_hours(72));
    pair.first.attempted(2).await;
    pair.first.pass(SignedDuration::from_mins(5));
    let entries = pair.listed(&["finops given_up", "ops accepted"]).await;
    assert_eq!(entries[0].state, EntryState::GivenUp);
    deliverer.stop().await;
}

#[tokio::test]
async fn what_is_about_deliveries_is_never_about_itself() {
    let pair = Pair::new().await;
    pair.first.server.refuse("finops@example.com", "550 no");
    pair.second.server.refuse("finops@example.com", "550 no");
    pair.first.queue("first").await;
    let deliverer = pair.open();
    pair.listed(&["finops refused", "ops refused"]).await;
    pair.first.pass(SignedDuration::from_hours(24));
    pair.first.until(|desk| desk.server.heard("RCPT") == 1).await;
    deliverer.stop().await;
    assert_eq!(pair.first.entries().await.len(), 2);
}
