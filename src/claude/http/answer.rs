//! Reading a body through a bound. What is counted are the bytes after decompression.

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use crate::claude::asked::Asked;
use crate::claude::error::PollError;
use crate::claude::mask::Scrub;
use crate::claude::patience::{Patience, REFUSAL_BYTES_MOST};

/// What is set aside at once for a body that announces its length. More grows as it comes.
const RESERVED_MOST: u64 = 4 << 20;

/// The whole body, if it is no larger than a page may be and begins like JSON. A write need not
/// be answered with anything: 204 has no body, and the guides do not say what a 200 has. But a
/// page for people to read is no answer of an API.
pub(super) async fn read(
    asked: Asked,
    mut response: Response,
    patience: &Patience,
    scrub: &Scrub,
) -> Result<Vec<u8>, PollError> {
    let bytes_most = patience.page_bytes;
    let announced = response.content_length().unwrap_or(0);
    if announced > bytes_most as u64 {
        return Err(PollError::TooLarge { asked, bytes_most });
    }
    let mut body = Vec::with_capacity(announced.min(RESERVED_MOST) as usize);
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => return Err(broken(asked, body.len(), error, patience)),
        };
        if body.len() + chunk.len() > bytes_most {
            return Err(PollError::TooLarge { asked, bytes_most });
        }
        body.extend_from_slice(&chunk);
    }
    if asked.is_write() && !body.trim_ascii_start().starts_with(b"<") {
        return Ok(body);
    }
    match not_json(&response, &body) {
        Some(what) => Err(PollError::NotJson { asked, what: scrub.clean(&what) }),
        None => Ok(body),
    }
}

fn broken(
    asked: Asked,
    bytes_read: usize,
    error: reqwest::Error,
    patience: &Patience,
) -> PollError {
    if error.is_timeout() {
        return PollError::TimedOut { asked, after: patience.silence };
    }
    PollError::CutShort { asked, bytes_read, source: Some(error.without_url()) }
}

/// What the body is instead, when it cannot be JSON. Its content type alone decides nothing:
/// gateways have been seen to forget it.
fn not_json(response: &Response, body: &[u8]) -> Option<String> {
    match body.trim_ascii_start().first() {
        Some(b'{' | b'[') => None,
        Some(b'<') => Some("an HTML page".to_owned()),
        None => Some("an empty body".to_owned()),
        Some(_) => {
            let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let bare = kind.and_then(|kind| kind.split(';').next()).filter(|kind| kind.len() < 60);
            Some(bare.map_or_else(|| "something else".to_owned(), |kind| format!("`{kind}`")))
        }
    }
}

/// As much of a refusal's body as can be had. Failing to read it changes nothing: the
/// status says enough.
pub(super) async fn read_refusal(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = REFUSAL_BYTES_MOST - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == REFUSAL_BYTES_MOST {
            break;
        }
    }
    body
}
