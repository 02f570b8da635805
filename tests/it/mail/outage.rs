//! A mail server that is gone: looked for now and then, and caught up with once.

use jiff::SignedDuration;
use usagewarden_core::notice::{Effect, LaneId, Notice};
use usagewarden_core::outbox::EntryState::{self, Accepted, Queued};

use crate::mail::desk::{Desk, notice};

const HALF_A_MINUTE: SignedDuration = SignedDuration::from_secs(30);

/// News of one incident, as they are decided over time.
fn incident(desk: &Desk, name: &str, effect: Effect, step: i64) -> Notice {
    let mut told = notice(name, desk.now());
    let root = told.reference();
    let piece = &mut told.news[0];
    piece.effect = effect;
    piece.facts.episode.0 = "incident".to_owned();
    piece.facts.value = Some(usagewarden_core::quantity::Quantity::money(
        usagewarden_core::amount::Amount::from_cents((step * 5_000).into()),
    ));
    piece.facts.since = "2026-11-21T14:00:00Z".parse().unwrap();
    match effect {
        Effect::Fired | Effect::Reminded | Effect::Test => piece.facts.root = Some(root),
        Effect::Resolved => piece.facts.ended_at = Some(desk.now()),
    }
    told
}

#[tokio::test]
async fn an_incident_that_began_and_ended_meanwhile_is_told_once_with_both_times() {
    let desk = Desk::new().await;
    desk.server.is_gone(true);
    desk.tell(incident(&desk, "began", Effect::Fired, 80), desk.settings.destinations()).await;
    let deliverer = desk.open();
    desk.attempted(1).await;
    desk.pass(SignedDuration::from_mins(20));
    desk.attempted(2).await;
    desk.tell(incident(&desk, "ended", Effect::Resolved, 70), desk.settings.destinations()).await;
    desk.server.is_gone(false);
    desk.pass(SignedDuration::from_mins(5));
    desk.settled(&[Accepted; 2]).await;
    deliverer.stop().await;

    let [mail] = <[_; 1]>::try_from(desk.server.taken()).unwrap();
    let subject = mail.header("Subject").unwrap();
    assert!(subject.starts_with("Resolved: acme: month"), "{subject}");
    // Under the identity of the first, which nobody has got.
    assert!(mail.bytes.contains("Notice began") && !mail.bytes.contains("Notice ended"));
    let entries = desk.entries().await;
    assert_eq!(entries[1].folded_into, Some(entries[0].id), "people can see where it went");
    let told = desk.entries().await.into_iter().map(|entry| entry.state).collect::<Vec<_>>();
    assert_eq!(told, [Accepted; 2]);
}

#[tokio::test]
async fn steps_that_waited_become_one_mail_about_the_highest() {
    let desk = Desk::new().await;
    desk.server.is_gone(true);
    let deliverer = desk.open();
    for step in [50, 80, 100] {
        let told = incident(&desk, &format!("step-{step}"), Effect::Fired, step);
        desk.tell(told, desk.settings.destinations()).await;
    }
    desk.attempted(1).await;
    desk.server.is_gone(false);
    desk.pass(HALF_A_MINUTE);
    desk.settled(&[Accepted; 3]).await;
    deliverer.stop().await;
    let [mail] = <[_; 1]>::try_from(desk.server.taken()).unwrap();
    let subject = mail.header("Subject").unwrap();
    assert_eq!(subject, "acme: month at 100 % ($5,000.00 of $5,000.00)");
}

#[tokio::test]
async fn a_resolve_right_before_a_restart_arrives() {
    let mut desk = Desk::new().await;
    desk.tell(incident(&desk, "began", Effect::Fired, 80), desk.settings.destinations()).await;
    let deliverer = desk.open();
    desk.settled(&[Accepted]).await;
    deliverer.stop().await;
    desk.tell(incident(&desk, "ended", Effect::Resolved, 70), desk.settings.destinations()).await;
    desk.restart();
    let deliverer = desk.open();
    desk.settled(&[Accepted; 2]).await;
    deliverer.stop().await;
    let taken = desk.server.taken();
    assert!(taken[1].header("Subject").unwrap().starts_with("Resolved: "), "{taken:?}");
    assert_eq!(taken.len(), 2);
}

const LANES: usize = 100;

/// Queues a notice in each of many lanes.
async fn queue_lanes(desk: &Desk) {
    for number in 0..LANES {
        let mut told = notice(&format!("n{number}"), desk.now());
        told.lane = LaneId(format!("lane-{number}"));
        desk.tell(told, desk.settings.destinations()).await;
    }
}

fn count(entries: &[usagewarden_core::outbox::Entry], state: EntryState) -> usize {
    entries.iter().filter(|entry| entry.state == state).count()
}

#[tokio::test]
async fn many_lanes_look_for_a_dead_server_once_and_drain_together_when_it_is_back() {
    let desk = Desk::new().await;
    desk.server.is_gone(true);
    queue_lanes(&desk).await;
    let deliverer = desk.open();
    // As many as may run at a time meet it together; then one at a time goes and looks.
    desk.until(|desk| desk.server.connections() >= 4).await;
    for probe in 5..8 {
        desk.pass(SignedDuration::from_mins(5));
        desk.until(|desk| desk.server.connections() >= probe).await;
        desk.ring();
    }
    let entries = desk.entries().await;
    assert!(count(&entries, Queued) >= LANES - 7, "the others have not been tried");
    assert_eq!(entries.iter().map(|entry| entry.attempts).max(), Some(1), "probes take turns");
    assert_eq!(desk.server.connections(), 7);

    desk.server.is_gone(false);
    desk.pass(SignedDuration::from_mins(5));
    desk.settled(&[Accepted; LANES]).await;
    deliverer.stop().await;
    assert_eq!(desk.server.taken().len(), LANES);
}

#[tokio::test]
async fn a_server_that_is_gone_holds_up_no_other_channel() {
    let mut desk = Desk::new().await;
    let other = Desk::new().await;
    desk.server.is_gone(true);
    queue_lanes(&desk).await;
    let mut settings = other.settings.clone();
    settings.name = "other".into();
    desk.reach.destinations.insert("other".into(), settings.destinations());
    let channels: Vec<std::sync::Arc<dyn usagewarden::deliver::channel::Channel>> =
        [desk.settings.clone(), settings.clone()]
            .map(|settings| {
                std::sync::Arc::new(usagewarden::deliver::email::Email::new(settings)) as _
            })
            .into();
    let deliverer = desk.open_with(channels);
    desk.until(|desk| desk.server.connections() >= 3).await;
    desk.tell(notice("elsewhere", desk.now()), settings.destinations()).await;
    other.until(|other| other.server.taken().len() == 1).await;
    deliverer.stop().await;
    assert!(desk.server.taken().is_empty());
}
