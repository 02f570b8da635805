//! Nobody learns the address, and nobody is told who is not trusted.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::instrument::WithSubscriber;
use usagewarden_core::outbox::EntryState::{Accepted, Retrying};

use crate::support::receiver::{Act, Receiver};
use crate::webhook::desk::Desk;

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_shows_the_address_or_the_secret() {
    let acts = [Act::status(404), Act::status(500), Act::Cut, Act::Silence, Act::status(200)];
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let work = async {
        for act in acts {
            let receiver = Receiver::start(&[act]).await;
            let desk = Desk::facing(&receiver);
            assert!(!format!("{:?}", desk.settings).contains("hunter2"));
            desk.first_attempt().await;
        }
    };
    work.with_subscriber(subscriber).await;
    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_named() {
    let receiver = Receiver::private(&[]).await;
    let entry = Desk::facing(&receiver).first_attempt().await;
    assert_eq!((entry.state, entry.last_error), (Accepted, None));
}

#[tokio::test]
async fn whoever_is_not_trusted_gets_nothing() {
    let (receiver, stranger) = (Receiver::private(&[]).await, Receiver::private(&[]).await);
    let desk = Desk::facing(&receiver);
    std::fs::write(desk.settings.ca_file.as_ref().unwrap(), &stranger.ca_pem).unwrap();
    let entry = desk.first_attempt().await;
    let error = entry.last_error.unwrap();
    assert_eq!((entry.state, receiver.asked().len()), (Retrying, 0));
    assert!(error.contains("is not trusted"), "{error}");
    assert!(error.contains("a private CA belongs in `ca_file`"), "{error}");
}

#[tokio::test]
async fn an_authority_that_is_mended_is_noticed() {
    let (receiver, stranger) = (Receiver::private(&[]).await, Receiver::private(&[]).await);
    let desk = Desk::facing(&receiver);
    let ca_file = desk.settings.ca_file.clone().unwrap();
    std::fs::write(&ca_file, &stranger.ca_pem).unwrap();
    desk.queue("first").await;
    let deliverer = desk.open();
    desk.attempted(1).await;
    std::fs::write(&ca_file, &receiver.ca_pem).unwrap();
    desk.pass(jiff::SignedDuration::from_hours(1));
    let entry = desk.attempted(2).await;
    assert_eq!((entry.state, entry.last_error), (Accepted, None));
    deliverer.stop().await;
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_is_named() {
    let receiver = Receiver::private(&[]).await;
    let mut desk = Desk::facing(&receiver);
    desk.settings.ca_file = Some("/nonexistent/ca.pem".into());
    let error = desk.first_attempt().await.last_error.unwrap();
    assert!(error.contains("the private CA /nonexistent/ca.pem cannot be used"), "{error}");
}
