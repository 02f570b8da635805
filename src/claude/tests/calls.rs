//! Every write there is, once, to be made on either API.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use usagewarden_core::amount::Amount;

use super::fake::Fake;
use super::{admin, company};
use crate::claude::{Api, Client, KeyStatus, PollError, SpendScope};

/// A write, as a value of a table.
pub(super) type Call = for<'c> fn(&'c Client) -> BoxFuture<'c, Result<(), PollError>>;

pub(super) fn client(api: Api, fake: &Fake) -> Client {
    match api {
        Api::Admin => admin(fake),
        Api::Company => company(fake),
    }
}

pub(super) fn usd(text: &str) -> Amount {
    Amount::parse_configured(&format!("{text} USD")).unwrap()
}

pub(super) const DISABLE: Call = |client| {
    async { client.set_key_status(&"apikey_1".into(), KeyStatus::Inactive).await.map(drop) }.boxed()
};
pub(super) const ENABLE: Call = |client| {
    async { client.set_key_status(&"apikey_1".into(), KeyStatus::Active).await.map(drop) }.boxed()
};
pub(super) const CREATE: Call = |client| {
    async {
        let scopes = ["api:read".to_owned(), "api:write".to_owned()];
        client.create_key("batch", &scopes).await.map(drop)
    }
    .boxed()
};
pub(super) const REVOKE: Call =
    |client| async { client.revoke_key(&"apikey_1".into()).await }.boxed();
pub(super) const INVITE: Call =
    |client| async { client.invite("new@example.test", "billing").await.map(drop) }.boxed();
pub(super) const SET_ROLE: Call = |client| client.set_role("user_1", "billing").boxed();
pub(super) const REMOVE_MEMBER: Call = |client| client.remove_member("user_1").boxed();
pub(super) const WITHDRAW: Call = |client| client.withdraw_invite("invite_1").boxed();
pub(super) const LIMIT: Call = |client| {
    async { client.set_spend_limit(&SpendScope::Organization, usd("2500.50")).await.map(drop) }
        .boxed()
};
pub(super) const LIMIT_WORKSPACE: Call = |client| {
    async {
        let scope = SpendScope::Workspace("wrkspc_1".into());
        client.set_spend_limit(&scope, usd("1200")).await.map(drop)
    }
    .boxed()
};
pub(super) const UNLIMIT: Call = |client| client.remove_spend_limit("spl_1").boxed();
pub(super) const RATE: Call = |client| {
    async {
        let limits =
            [("requests_per_minute".to_owned(), Some(50)), ("tokens_per_minute".to_owned(), None)];
        client.set_rate_limit(&"wrkspc_1".into(), "rl_1", &limits).await
    }
    .boxed()
};
