//! What is tried again, how often, and with which header.

use super::fake::{Answer, Fake};
use super::{EMPTY, admin, ask_usage, client_with, settings};
use crate::claude::{Api, Outcome, PollError, Recovery};

/// Plays `answers`, then success, and expects so many questions and this end.
async fn check(answers: Vec<Answer>, questions: usize, expected: Result<(), Outcome>) {
    let shown = format!("{answers:?}");
    let fake = Fake::script([answers, vec![Answer::json(EMPTY)]].concat()).await;
    let outcome = ask_usage(&admin(&fake)).await.map(|_| ()).map_err(|error| error.outcome());
    assert_eq!((outcome, fake.seen().len()), (expected, questions), "{shown}");
}

#[tokio::test]
async fn what_can_heal_is_tried_three_times() {
    for status in [408, 409, 500, 502, 503, 504, 529] {
        let failing = || Answer::failing(status);
        check(vec![failing()], 2, Ok(())).await;
        check(vec![failing(), failing()], 3, Ok(())).await;
        check(vec![failing(), failing(), failing()], 3, Err(Outcome::Failed)).await;
    }
    check(vec![Answer::failing(429)], 2, Ok(())).await;
    check(vec![Answer::json(EMPTY).cut_short()], 2, Ok(())).await;
    check(vec![Answer::json(&EMPTY[..20])], 2, Ok(())).await;
}

#[tokio::test]
async fn what_cannot_heal_is_told_at_once() {
    for status in [400, 402, 403, 404, 413, 418] {
        check(vec![Answer::failing(status)], 1, Err(Outcome::Refused)).await;
    }
    let cap = Answer::refusal(429, "rate_limit_error", Some("enforced_spend_limit_reached"), "cap");
    check(vec![cap], 1, Err(Outcome::Refused)).await;
    let final_word = Answer::failing(500).header("x-should-retry", "false");
    check(vec![final_word], 1, Err(Outcome::Failed)).await;
    let later = Answer::failing(429).header("retry-after", "60");
    check(vec![later], 1, Err(Outcome::Throttled)).await;
}

#[tokio::test]
async fn a_long_wait_is_handed_to_whoever_plans() {
    let fake = Fake::always(Answer::failing(429).header("retry-after", "60")).await;
    let error = ask_usage(&admin(&fake)).await.unwrap_err();
    let after = Some(std::time::Duration::from_secs(60));
    assert_eq!(error.recovery(), Recovery::Retry { after });
}

/// Knows the key in one header only.
async fn picky(header: &'static str) -> Fake {
    Fake::new(move |seen, _| match seen.header(header) {
        Some(_) => Answer::json(EMPTY),
        None => Answer::refusal(401, "authentication_error", None, "no key"),
    })
    .await
}

#[tokio::test]
async fn the_other_header_is_tried_once_and_kept_when_it_works() {
    let fake = picky("x-api-key").await;
    let client = admin(&fake);
    for questions in [2, 3, 4] {
        ask_usage(&client).await.unwrap();
        assert_eq!(fake.seen().len(), questions);
    }
}

#[tokio::test]
async fn a_key_that_is_wrong_in_both_headers_is_refused() {
    let fake =
        Fake::always(Answer::refusal(401, "authentication_error", None, "invalid key")).await;
    let client = admin(&fake);
    for questions in [2, 4] {
        let error = ask_usage(&client).await.unwrap_err();
        assert_eq!(error.recovery(), Recovery::TellOperator);
        assert_eq!(fake.seen().len(), questions);
    }
    assert!(fake.seen()[0].header("authorization").is_some());
    assert!(fake.seen()[1].header("x-api-key").is_some());
}

#[tokio::test]
async fn oauth_tokens_are_bearers_only() {
    for api in [Api::Admin, Api::Company] {
        let fake = picky("x-api-key").await;
        let token = super::Settings { key: "sk-ant-oat01-x".into(), ..settings(api, fake.url()) };
        let error = ask_usage(&client_with(token).0).await.unwrap_err();
        assert!(matches!(error, PollError::Refused { .. }), "{error}");
        assert_eq!(fake.seen().len(), 1);
    }
}
