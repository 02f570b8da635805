//! What is not offered, cannot be sent, or is declined: said in words, and most of it before
//! anything is sent.

use futures_util::FutureExt;
use reqwest::StatusCode;

use super::calls::{self, Call, client, usd};
use super::fake::{Answer, Fake};
use super::{EMPTY, KEY};
use crate::chain::Chain;
use crate::claude::{Api, PollError, SpendScope};

const TAKE_ADMIN: Call = |client| client.set_role("user_admin", "user").boxed();
const MAKE_ADMIN: Call = |client| client.set_role("user_1", "admin").boxed();
const INVITE_ADMIN: Call =
    |client| async { client.invite("a@example.test", "admin").await.map(drop) }.boxed();
const LIMIT_DEFAULT: Call = |client| {
    async {
        let scope = SpendScope::Workspace("default".into());
        client.set_spend_limit(&scope, usd("1")).await.map(drop)
    }
    .boxed()
};
const RATE_DEFAULT: Call = |client| {
    async {
        let limits = [("requests_per_minute".to_owned(), Some(1))];
        client.set_rate_limit(&"default".into(), "rl_1", &limits).await
    }
    .boxed()
};

#[tokio::test]
async fn what_an_api_has_no_endpoint_for_says_what_to_do_instead() {
    use Api::{Admin, Company};
    let cases: &[(Api, Call, &str)] = &[
        (Admin, calls::CREATE, "made in the Console alone"),
        (Admin, INVITE_ADMIN, "invite with another role"),
        (Admin, MAKE_ADMIN, "never gives the role admin"),
        (Admin, TAKE_ADMIN, "never takes the role admin away"),
        (Admin, LIMIT_DEFAULT, "default workspace cannot be given limits"),
        (Admin, RATE_DEFAULT, "default workspace cannot be given limits"),
        (Company, calls::DISABLE, "`usagewarden keys revoke` ends one for good"),
        (Company, calls::REMOVE_MEMBER, "removes nobody"),
        (Company, calls::WITHDRAW, "no list of invites"),
        (Company, calls::LIMIT_WORKSPACE, "knows no workspaces"),
        (Company, calls::UNLIMIT, "set a higher one instead"),
        (Company, calls::RATE, "shows rate limits and cannot change them"),
    ];
    for (api, call, expected) in cases {
        let fake = Fake::always(Answer::json(r#"{"id":"user_admin","role":"admin"}"#)).await;
        let error = call(&client(*api, &fake)).await.unwrap_err();
        assert!(matches!(error, PollError::NotOffered { .. }), "{error}");
        let fix = error.advice().fix;
        assert!(fix.contains(expected), "expected {expected}, got {fix}");
        assert!(!fix.contains("  "), "{fix}");
        assert!(
            fake.seen().iter().all(|seen| seen.method == "GET"),
            "{expected}: something was sent"
        );
        assert!(!error.is_doubtful());
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_not_sent() {
    use Api::{Admin, Company};
    let cases: &[(Api, Call, &str)] = &[
        (Admin, |c| limit(c, "10.005"), "10.005 USD are not whole cents"),
        (Company, |c| limit(c, "10.005"), "10.005 USD are not whole cents"),
        (Company, |c| limit(c, "-1"), "a limit cannot be below zero"),
        (Admin, |c| c.remove_member("").boxed(), "`` is no id"),
        (Admin, |c| c.remove_member("..").boxed(), "`..` is no id"),
        (Admin, |c| c.withdraw_invite("a/b").boxed(), "`a/b` is no id"),
        (Admin, |c| c.remove_spend_limit("a\nb").boxed(), r"`a\nb` is no id"),
        (Company, |c| c.set_role("u 1", "member").boxed(), "`u 1` is no id"),
        (
            Company,
            |c| async { c.revoke_key(&"sk-ant-admin01-very-secret-QwEr".into()).await }.boxed(),
            "a secret was given where an id belongs",
        ),
        (Company, |c| async { c.create_key(" ", &[]).await.map(drop) }.boxed(), "needs a name"),
        (
            Admin,
            |c| async { c.invite("rin", "user").await.map(drop) }.boxed(),
            "`rin` is no address",
        ),
        (Admin, |c| rates(c, 0), "0 limiters are not 1 to 16"),
        (Admin, |c| rates(c, 17), "17 limiters are not 1 to 16"),
    ];
    for (api, call, expected) in cases {
        let fake = Fake::always(Answer::json(EMPTY)).await;
        let error = call(&client(*api, &fake)).await.unwrap_err();
        assert!(matches!(error, PollError::Unsendable { .. }), "{error}");
        assert!(error.to_string().contains(expected), "expected {expected}, got {error}");
        assert_eq!(fake.seen().len(), 0, "{expected}");
    }
}

type Made<'c> = futures_util::future::BoxFuture<'c, Result<(), PollError>>;

fn limit<'c>(client: &'c crate::claude::Client, dollars: &'static str) -> Made<'c> {
    async move { client.set_spend_limit(&SpendScope::Organization, usd(dollars)).await.map(drop) }
        .boxed()
}

fn rates(client: &crate::claude::Client, count: usize) -> Made<'_> {
    async move {
        let limits = vec![("requests_per_minute".to_owned(), Some(1)); count];
        client.set_rate_limit(&"wrkspc_1".into(), "rl_1", &limits).await
    }
    .boxed()
}

/// Which status goes with a code is not documented for all of them, so any will do.
#[tokio::test]
async fn every_code_of_the_documentation_has_words_of_its_own() {
    let cases: &[(Api, Call, u16, &str, &str)] = &[
        (Api::Admin, calls::INVITE, 400, "already_member", "is a member already"),
        (Api::Admin, calls::INVITE, 409, "invite_already_exists", "is pending already"),
        (Api::Admin, calls::INVITE, 403, "email_domain_not_allowed", "this mail domain"),
        (
            Api::Admin,
            calls::INVITE,
            400,
            "cannot_invite_emails_with_unverified_domains",
            "verified",
        ),
        (Api::Admin, calls::INVITE, 400, "org_member_limit_exceeded", "as many members"),
        (Api::Company, calls::CREATE, 400, "org_api_key_limit_exceeded", "as many API keys"),
        (Api::Admin, calls::ENABLE, 400, "workspace_api_key_limit_exceeded", "as many API keys"),
        (Api::Admin, calls::LIMIT, 403, "spend_limits_admin_api_writes_not_enabled", "granted"),
        (Api::Admin, calls::LIMIT, 400, "organization_type_not_supported", "of this type"),
    ];
    for (api, call, status, code, expected) in cases {
        let refusal = Answer::refusal(*status, "x", Some(code), "example text");
        let fake = Fake::new(move |seen, _| match seen.method.as_str() {
            "GET" => Answer::json(EMPTY),
            _ => refusal.clone(),
        })
        .await;
        let error = call(&client(*api, &fake)).await.unwrap_err();
        let PollError::Declined { reason, status: said, .. } = &error else { panic!("{error}") };
        assert_eq!((reason.code(), said.as_u16()), (*code, *status));
        let cause = error.advice().cause;
        assert!(cause.contains(expected), "expected {expected}, got {cause}");
        let writes = fake.seen().iter().filter(|seen| seen.method != "GET").count();
        assert_eq!(writes, 1, "{code}: asking again changes nothing");
    }
}

/// A code that says no is still how most organizations hear that they have no spend limits.
#[tokio::test]
async fn a_declined_list_is_one_that_is_not_granted() {
    let code = Some("organization_type_not_supported");
    let fake = Fake::always(Answer::refusal(400, "x", code, "example text")).await;
    assert!(client(Api::Admin, &fake).spend_limits().await.unwrap_err().not_granted());
    assert!(!calls::LIMIT(&client(Api::Admin, &fake)).await.unwrap_err().not_granted());
}

#[tokio::test]
async fn advice_for_writes_speaks_of_the_key_that_writes() {
    for status in [401, 403] {
        let fake = Fake::always(Answer::failing(status)).await;
        let advice = calls::REMOVE_MEMBER(&client(Api::Admin, &fake)).await.unwrap_err().advice();
        assert!(advice.fix.contains("`write_key`"), "{status}: {}", advice.fix);
        assert!(advice.cause.contains("nothing was changed"), "{status}: {}", advice.cause);
    }
}

/// Every refusal of every write, by something that repeats all it was sent.
#[tokio::test]
async fn no_write_shows_a_key() {
    let every = [
        (Api::Admin, calls::DISABLE),
        (Api::Admin, calls::LIMIT),
        (Api::Admin, calls::INVITE),
        (Api::Company, calls::CREATE),
        (Api::Company, calls::REVOKE),
    ];
    let new = "sk-ant-api03-new-and-secret-0001";
    for (api, call) in every {
        for status in [200, 201, 400, 401, 403, 404, 409, 500] {
            let said = format!("refused {KEY} and {new}");
            let refusal = Answer::refusal(status, KEY, Some(new), &said);
            let fake = Fake::always(refusal).await;
            let Err(error) = call(&client(api, &fake)).await else { continue };
            let shown = format!("{} {error:?} {:?}", Chain(&error), error.advice());
            assert!(!shown.contains("very-secret"), "{status}: {shown}");
            assert!(!shown.contains("new-and-secret"), "{status}: {shown}");
        }
    }
}

/// A gateway's keys need not look like keys, so nothing of a new key's answer is repeated.
#[tokio::test]
async fn a_new_key_that_cannot_be_read_is_not_shown() {
    for body in
        [r#"{"id":1,"key":"hush-hush"}"#, r#"{"id":"k1","key":["hush-hush"]}"#, r#""hush-hush""#]
    {
        let fake = Fake::always(Answer::created(body)).await;
        let error = calls::CREATE(&client(Api::Company, &fake)).await.unwrap_err();
        let shown = format!("{} {error:?} {:?}", Chain(&error), error.advice());
        assert!(!shown.contains("hush-hush"), "{shown}");
    }
    let fake = Fake::always(Answer::created(r#"{"id":"k1","key":"hush-hush"}"#)).await;
    let new = client(Api::Company, &fake).create_key("batch", &[]).await.unwrap();
    assert!(!format!("{new:?}").contains("hush-hush"));
    let nameless = Fake::always(Answer::created(r#"{"id":"k7"}"#)).await;
    let error = calls::CREATE(&client(Api::Company, &nameless)).await.unwrap_err();
    assert!(error.to_string().contains("the key `k7` was made without its secret"), "{error}");
}

#[test]
fn a_conflict_is_an_answer_and_a_timeout_on_the_way_is_none() {
    let asked = crate::claude::Asked::CreateKey;
    for (status, doubtful) in [(409, false), (408, true), (500, true), (529, true)] {
        let status = StatusCode::from_u16(status).unwrap();
        let error = PollError::Failed { asked, status, message: String::new() };
        assert_eq!(error.is_doubtful(), doubtful, "{status}");
    }
}
