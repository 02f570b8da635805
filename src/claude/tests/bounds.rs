//! Bodies that lie, drag or never end. Each has an error of its own, in bounded time
//! and memory.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::fake::{Answer, Fake};
use super::{EMPTY, admin, ask_usage, client_with, settings};
use crate::claude::{Api, Outcome};

/// 300 000 spaces, gzipped.
const BOMB: &str = "H4sIAAAAAAACA+3BAQ0AAADCoCrvn9IeDigAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPgx3yofVOCTBAA=";

async fn check(answer: Answer, outcome: Outcome, words: &str) {
    let fake = Fake::always(answer).await;
    let error = ask_usage(&admin(&fake)).await.unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains(words), "expected {words:?}, got {shown}");
    assert_eq!(error.outcome(), outcome, "{shown}");
}

#[tokio::test]
async fn every_strange_body_has_an_error_of_its_own() {
    use Outcome::Unreadable;
    let html = Answer::bytes(b"\n<html>Sign in</html>".to_vec());
    let text = Answer::bytes(b"fine".to_vec()).header("content-type", "text/plain; charset=x");
    let bomb = BASE64_STANDARD.decode(BOMB).unwrap();
    let announced = Answer::bytes(vec![b' '; 70_000]);
    let endless_pages = Answer::json(r#"{"data":[],"has_more":true,"next_page":"again"}"#);
    let cases = [
        (html, "the usage report: the answer is not JSON but an HTML page"),
        (text, "not JSON but `text/plain`"),
        (Answer::bytes(Vec::new()), "not JSON but an empty body"),
        (Answer::json("[1]"), "the answer does not have the shape we know"),
        (announced, "the answer is larger than 65536 bytes"),
        (Answer::json("{\"data\": [  ").endless(), "the answer is larger than 65536 bytes"),
        (Answer::bytes(bomb).header("content-encoding", "gzip"), "larger than 65536 bytes"),
        (endless_pages, "there is no end to its pages (2 read)"),
    ];
    for (answer, words) in cases {
        check(answer, Unreadable, words).await;
    }
}

#[tokio::test]
async fn what_breaks_off_or_falls_silent_says_so() {
    let cut = Answer::json(EMPTY).cut_short();
    check(cut, Outcome::Unreachable, "the answer broke off after 45 bytes").await;
    let half = Answer::json(&EMPTY[..20]);
    check(half, Outcome::Unreachable, "the answer broke off after 20 bytes").await;
    let silent = Answer::json(EMPTY).silent();
    check(silent, Outcome::Unreachable, "no complete answer within").await;
    let not_gzip = Answer::json(EMPTY).header("content-encoding", "gzip");
    check(not_gzip, Outcome::Unreachable, "the answer broke off").await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let away = Answer::failing(307).header("location", "https://elsewhere.example/v1?x=y");
    let words = "a redirect (HTTP 307) to elsewhere.example was not followed";
    check(away, Outcome::Unreadable, words).await;
}

#[tokio::test]
async fn pages_that_differ_for_ever_end_too() {
    let fake = Fake::new(|_, n| {
        Answer::json(format!(r#"{{"data":[],"has_more":true,"next_page":"page_{n}"}}"#))
    })
    .await;
    let error = ask_usage(&admin(&fake)).await.unwrap_err();
    assert!(error.to_string().contains("no end to its pages (30 read)"), "{error}");

    let fake = Fake::new(|_, n| {
        let filler = " ".repeat(50_000);
        Answer::json(format!(r#"{{"data":[],"has_more":true,"next_page":"page_{n}"{filler}}}"#))
    })
    .await;
    let error = ask_usage(&admin(&fake)).await.unwrap_err();
    assert!(error.to_string().contains("larger than 262144 bytes"), "{error}");
    assert_eq!(fake.seen().len(), 6);
}

#[tokio::test]
async fn nobody_at_home_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let error = ask_usage(&client_with(settings(Api::Admin, url)).0).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unreachable);
    assert_eq!(error.to_string(), "the usage report: the API could not be reached");
}
