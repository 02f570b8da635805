//! Writes whose answer is lost: what is made again, what is not, and what is said of it.

use super::calls::{self, Call, client};
use super::fake::{Answer, Fake};
use super::{EMPTY, admin, client_with, company, settings};
use crate::claude::{Api, PollError};

const DONE: &str = r#"{"id":"k1","key":"sk-ant-x","status":"pending"}"#;

/// Plays `answers`, then success, and expects so many questions, and this doubt at the end.
async fn check(
    api: Api,
    call: Call,
    answers: Vec<Answer>,
    questions: usize,
    end: Result<(), bool>,
) {
    let shown = format!("{answers:?}");
    let fake = Fake::script([answers, vec![Answer::json(DONE)]].concat()).await;
    let done = call(&client(api, &fake)).await.map_err(|error| error.is_doubtful());
    assert_eq!((done, fake.seen().len()), (end, questions), "{shown}");
}

/// Answers after which a write may have been made.
fn lost() -> Vec<Answer> {
    let failing = [408, 500, 502, 503, 504, 529].map(Answer::failing);
    let mut lost = vec![
        Answer::hung_up(),
        Answer::json(DONE).cut_short(),
        Answer::json(DONE).silent(),
        Answer::json(&DONE[..10]),
    ];
    lost.extend(failing);
    lost
}

#[tokio::test]
async fn a_second_key_or_invite_is_never_risked() {
    for answer in lost() {
        check(Api::Company, calls::CREATE, vec![answer.clone()], 1, Err(true)).await;
        check(Api::Company, calls::INVITE, vec![answer.clone()], 1, Err(true)).await;
        check(Api::Admin, calls::INVITE, vec![answer], 1, Err(true)).await;
    }
    let insisting = Answer::failing(500).header("x-should-retry", "true");
    check(Api::Company, calls::CREATE, vec![insisting], 1, Err(true)).await;
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_doubtful() {
    for body in ["[]", "{}", "<html>", r#"{"id":"k1"}"#, r#"{"id":"k1","key":""}"#] {
        let strange = Answer::bytes(body.as_bytes().to_vec());
        check(Api::Company, calls::CREATE, vec![strange], 1, Err(true)).await;
    }
}

#[tokio::test]
async fn what_surely_made_nothing_is_tried_again() {
    for call in [calls::CREATE, calls::INVITE] {
        let (slow, unknown) = (Answer::failing(429), Answer::failing(401));
        check(Api::Company, call, vec![slow], 2, Ok(())).await;
        check(Api::Company, call, vec![unknown], 2, Ok(())).await;
    }
}

#[tokio::test]
async fn a_refusal_leaves_no_doubt() {
    for status in [400, 402, 403, 404, 409, 413, 418] {
        let answer = vec![Answer::failing(status)];
        check(Api::Company, calls::CREATE, answer, 1, Err(false)).await;
    }
    let later = Answer::failing(429).header("retry-after", "60");
    check(Api::Company, calls::CREATE, vec![later], 1, Err(false)).await;
}

#[tokio::test]
async fn what_was_never_sent_leaves_no_doubt() {
    let url = "http://127.0.0.1:1".parse().unwrap();
    let settings = crate::claude::Settings {
        company_id: Some("org_1".to_owned()),
        ..settings(Api::Company, url)
    };
    for call in [calls::CREATE, calls::INVITE, calls::REVOKE] {
        let error = call(&client_with(settings.clone()).0).await.unwrap_err();
        assert!(matches!(error, PollError::Unreachable { .. }), "{error}");
        assert!(!error.is_doubtful(), "{error}");
    }
}

/// Made twice they come to the same, so they are tried as reports are.
#[tokio::test]
async fn what_comes_to_the_same_is_tried_again() {
    use Api::{Admin, Company};
    let same = [
        (Admin, calls::WITHDRAW),
        (Admin, calls::UNLIMIT),
        (Admin, calls::RATE),
        (Company, calls::REVOKE),
        (Company, calls::SET_ROLE),
        (Company, calls::LIMIT),
    ];
    for (api, call) in same {
        for answer in [Answer::hung_up(), Answer::failing(502), Answer::failing(409)] {
            check(api, call, vec![answer], 2, Ok(())).await;
        }
        check(api, call, vec![Answer::failing(502); 3], 3, Err(true)).await;
    }
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_removed_by_it() {
    let gone = || Answer::failing(404);
    let deletes = [
        (Api::Admin, calls::REMOVE_MEMBER),
        (Api::Admin, calls::WITHDRAW),
        (Api::Admin, calls::UNLIMIT),
        (Api::Company, calls::REVOKE),
    ];
    for (api, call) in deletes {
        check(api, call, vec![Answer::hung_up(), gone()], 2, Ok(())).await;
        check(api, call, vec![Answer::failing(502), gone()], 2, Ok(())).await;
        check(api, call, vec![Answer::failing(502), Answer::failing(429), gone()], 3, Ok(())).await;
        check(api, call, vec![gone()], 1, Err(false)).await;
        check(api, call, vec![Answer::failing(429), gone()], 2, Err(false)).await;
    }
    let change = vec![Answer::failing(502), gone()];
    check(Api::Company, calls::SET_ROLE, change, 2, Err(false)).await;
}

/// The API did not look at the later tries, so they say nothing of the first.
#[tokio::test]
async fn a_doubt_outlives_tries_that_were_never_looked_at() {
    let later = || Answer::failing(429).header("retry-after", "60");
    for (first, end) in [(Answer::failing(502), Err(true)), (Answer::failing(429), Err(false))] {
        check(Api::Company, calls::LIMIT, vec![first, later()], 2, end).await;
    }
    let refused = vec![Answer::failing(502), Answer::failing(403)];
    check(Api::Company, calls::LIMIT, refused, 2, Err(false)).await;
}

#[tokio::test]
async fn a_report_is_never_doubtful() {
    for answer in lost() {
        let fake = Fake::always(answer).await;
        let error = super::ask_usage(&admin(&fake)).await.unwrap_err();
        assert!(!error.is_doubtful(), "{error}");
        let error = company(&fake).users().await.unwrap_err();
        assert!(!error.is_doubtful(), "{error}");
    }
    let fake = Fake::always(Answer::json(EMPTY)).await;
    super::ask_usage(&admin(&fake)).await.unwrap();
}
