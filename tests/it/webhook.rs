//! Notices on their way through a real store to a real receiver of webhooks.

mod desk;
mod faults;
mod heartbeat;
mod privacy;
mod testing;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::SignedDuration;
use secrecy::SecretSlice;
use serde_json::Value;
use sha2::{Digest, Sha256};
use usagewarden_core::outbox::EntryState::{Accepted, Retrying};

use crate::support::receiver::{Act, Asked, Receiver};
use crate::webhook::desk::{Desk, KEY, PATH};

/// HMAC-SHA256 as RFC 2104 writes it, for keys of at most a block.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// What a receiver finds who knows `key`.
fn signature(asked: &Asked, key: &[u8]) -> String {
    let (id, at) =
        (asked.header("webhook-id").unwrap(), asked.header("webhook-timestamp").unwrap());
    let message = [id.as_bytes(), b".", at.as_bytes(), b".", &asked.body].concat();
    format!("v1,{}", BASE64.encode(hmac(key, &message)))
}

#[tokio::test]
async fn a_notice_is_one_signed_post() {
    let receiver = Receiver::start(&[]).await;
    let desk = Desk::facing(&receiver);
    let entry = desk.first_attempt().await;
    assert_eq!((entry.state, entry.last_error), (Accepted, None));
    let asked = receiver.asked();
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(asked.line, format!("POST {PATH}"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert!(asked.header("user-agent").unwrap().starts_with("usagewarden/"));
    assert_eq!(asked.header("webhook-timestamp"), Some("1795269903"));
    assert_eq!(asked.header("webhook-signature"), Some(signature(asked, &KEY).as_str()));
    let id = asked.header("webhook-id").unwrap();
    assert!(id.starts_with("msg_") && !id.contains('.'), "{id}");
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["version"]), (&"alert.fired".into(), &1.into()));
    assert_eq!(body["data"]["alerts"][0]["after"], "enterprise");
}

#[tokio::test]
async fn while_secrets_are_exchanged_each_signs_and_without_one_nothing_does() {
    let receiver = Receiver::start(&[]).await;
    let mut desk = Desk::facing(&receiver);
    let new = *b"the new key has other bytes, too";
    desk.settings.keys.insert(0, SecretSlice::from(new.to_vec()));
    desk.first_attempt().await;
    let asked = receiver.asked().remove(0);
    let both = format!("{} {}", signature(&asked, &new), signature(&asked, &KEY));
    assert_eq!(asked.header("webhook-signature"), Some(both.as_str()));

    let mut desk = Desk::facing(&receiver);
    desk.settings.keys.clear();
    desk.first_attempt().await;
    let asked = receiver.asked().remove(1);
    assert_eq!(asked.header("webhook-signature"), None);
    assert!(asked.header("webhook-id").is_some());
}

#[tokio::test]
async fn a_repeat_has_the_same_identity_and_bytes_and_a_new_signature() {
    let receiver = Receiver::start(&[Act::Cut]).await;
    let desk = Desk::facing(&receiver);
    desk.queue("first").await;
    let deliverer = desk.open();
    assert_eq!(desk.attempted(1).await.state, Retrying);
    desk.pass(SignedDuration::from_hours(1));
    assert_eq!(desk.attempted(2).await.state, Accepted);
    deliverer.stop().await;
    let asked = receiver.asked();
    let [first, second] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(first.body, second.body);
    let header = |name| (first.header(name).unwrap(), second.header(name).unwrap());
    assert_eq!(header("webhook-id").0, header("webhook-id").1);
    assert_eq!(header("webhook-timestamp"), ("1795269903", "1795273503"));
    assert_ne!(header("webhook-signature").0, header("webhook-signature").1);
    assert_eq!(second.header("webhook-signature"), Some(signature(second, &KEY).as_str()));
}
