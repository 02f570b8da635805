//! Identity and signature of a webhook, as Standard Webhooks has them.
//!
//! The id is the same on every attempt and for everyone; the time is that of the attempt.
//! What is signed are id, time and body, joined by dots: a dot in the id would let one of
//! them pass for a part of another, so there is none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use ring::hmac;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};
use usagewarden_core::notice::Notice;

/// Names a notice to whoever receives it. Names of rules may hold anything, so it is a hash;
/// the time is in it because a second installation, or one whose store was lost, must not
/// be mistaken for a repeat.
pub(super) fn id(notice: &Notice) -> String {
    let digest = Sha256::digest(format!("{}\n{}", notice.id.0, notice.decided_at).as_bytes());
    let hex = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
    hex.fold("msg_".to_owned(), |id, byte| id + &byte)
}

/// One signature for each key, as one header; `None` without keys.
pub(super) fn signatures(
    keys: &[SecretSlice<u8>],
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> Option<String> {
    let signed: Vec<String> = keys.iter().map(|key| signature(key, id, at, body)).collect();
    (!signed.is_empty()).then(|| signed.join(" "))
}

fn signature(key: &SecretSlice<u8>, id: &str, at: Timestamp, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{id}.{}.", at.as_second()).as_bytes());
    context.update(body);
    format!("v1,{}", BASE64.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        let key = SecretSlice::from(BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let sign = |keys: &[SecretSlice<u8>]| signatures(keys, id, at, br#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(std::slice::from_ref(&key)).as_deref(), Some(expected));
        assert_eq!(sign(&[key.clone(), key]), Some(format!("{expected} {expected}")));
        assert_eq!(sign(&[]), None);
    }
}
