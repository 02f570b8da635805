//! Answers of the company API: tokens of a period, dollars as numbers, lists without pages.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use usagewarden_core::roster::{ApiKey, DayTotals, Member, Membership, Profile, Quota};

use super::text::{Misread, dollars, moment, read};

#[derive(Deserialize)]
struct WireProfile {
    id: String,
    name: String,
    plan: Option<String>,
    created_at: Option<String>,
    #[serde(default)]
    settings: Option<WireSettings>,
}

#[derive(Default, Deserialize)]
struct WireSettings {
    rate_limits: Option<WireRateLimits>,
    features: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
struct WireRateLimits {
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
}

#[derive(Deserialize)]
struct WireQuota {
    tokens_used: u64,
    tokens_remaining: Option<u64>,
    tokens_limit: Option<u64>,
    reset_date: Option<String>,
}

#[derive(Deserialize)]
struct WireTotals<'a> {
    total_tokens: Option<u64>,
    input_tokens: u64,
    output_tokens: u64,
    #[serde(borrow)]
    estimated_cost: &'a RawValue,
}

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct WireKey {
    id: String,
    name: Option<String>,
    status: Option<String>,
    created_at: Option<String>,
    last_used_at: Option<String>,
}

#[derive(Deserialize)]
struct WireUser {
    #[serde(alias = "user_id")]
    id: Option<String>,
    email: String,
    name: Option<String>,
    role: String,
    status: Option<String>,
    last_active_at: Option<String>,
}

#[derive(Deserialize)]
struct WireMembership {
    id: String,
    name: String,
    role: String,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct WireMe {
    role: String,
    organization: WireNamed,
}

#[derive(Deserialize)]
struct WireNamed {
    name: String,
}

/// `/me` of the Admin API has the same two fields and no others.
pub(in crate::claude) fn decode_profile(body: &[u8]) -> Result<Profile, Misread> {
    let wire: WireProfile = read(body)?;
    let settings = wire.settings.unwrap_or_default();
    let rates = settings.rate_limits.unwrap_or_default();
    Ok(Profile {
        id: wire.id,
        name: wire.name,
        plan: wire.plan,
        created_at: moment(wire.created_at.as_deref())?,
        features: settings.features.unwrap_or_default(),
        requests_per_minute: rates.requests_per_minute,
        tokens_per_minute: rates.tokens_per_minute,
    })
}

/// Two of used, remaining and limit are enough: the guides list the first two and read the third.
pub(in crate::claude) fn decode_quota(body: &[u8]) -> Result<Quota, Misread> {
    let wire: WireQuota = read(body)?;
    let used = wire.tokens_used;
    let (remaining, limit) = match (wire.tokens_remaining, wire.tokens_limit) {
        (Some(remaining), Some(limit)) => (remaining, limit),
        (Some(remaining), None) => (remaining, used.saturating_add(remaining)),
        (None, Some(limit)) => (limit.saturating_sub(used), limit),
        (None, None) => {
            return Err(Misread::because("neither `tokens_remaining` nor `tokens_limit` is there"));
        }
    };
    Ok(Quota { used, remaining, limit, resets_at: moment(wire.reset_date.as_deref())? })
}

pub(in crate::claude) fn decode_totals(body: &[u8]) -> Result<DayTotals, Misread> {
    let wire: WireTotals<'_> = read(body)?;
    let sum = wire.input_tokens.saturating_add(wire.output_tokens);
    Ok(DayTotals {
        total_tokens: wire.total_tokens.unwrap_or(sum),
        input_tokens: wire.input_tokens,
        output_tokens: wire.output_tokens,
        estimated_cost: dollars(wire.estimated_cost)?,
    })
}

/// One of the two key lists has names, the other states; what a list leaves out is `None`.
pub(in crate::claude) struct ListedKey {
    pub(in crate::claude) name: Option<String>,
    pub(in crate::claude) key: ApiKey,
}

pub(in crate::claude) fn decode_keys(body: &[u8]) -> Result<Vec<ListedKey>, Misread> {
    let form = |wire: WireKey| {
        let key = ApiKey {
            name: wire.name.clone().unwrap_or_else(|| wire.id.clone()),
            id: wire.id.as_str().into(),
            status: wire.status.unwrap_or_else(|| "active".to_owned()),
            workspace: None,
            hint: None,
            created_at: moment(wire.created_at.as_deref())?,
            expires_at: None,
            last_used_at: moment(wire.last_used_at.as_deref())?,
            created_by: None,
        };
        Ok(ListedKey { name: wire.name, key })
    };
    read::<List<WireKey>>(body)?.data.into_iter().map(form).collect()
}

/// The guides imply an id of a member and never name it; the mail address is one too.
pub(in crate::claude) fn decode_users(body: &[u8]) -> Result<Vec<Member>, Misread> {
    let form = |wire: WireUser| {
        Ok(Member {
            id: wire.id.unwrap_or_else(|| wire.email.clone()),
            last_active_at: moment(wire.last_active_at.as_deref())?,
            email: wire.email,
            name: wire.name,
            role: wire.role,
            status: wire.status,
        })
    };
    read::<List<WireUser>>(body)?.data.into_iter().map(form).collect()
}

pub(in crate::claude) fn decode_memberships(body: &[u8]) -> Result<Vec<Membership>, Misread> {
    let form = |wire: WireMembership| {
        let created_at = moment(wire.created_at.as_deref())?;
        Ok(Membership { id: wire.id, name: wire.name, role: wire.role, created_at })
    };
    read::<List<WireMembership>>(body)?.data.into_iter().map(form).collect()
}

#[derive(Deserialize)]
struct WireNewKey {
    id: String,
    key: Option<SecretString>,
}

/// The id and the secret of a new key. What else is in the body is not said: it could be the
/// secret. A key that came without one is named, so that it can be revoked.
pub(in crate::claude) fn decode_new_key(body: &[u8]) -> Result<(String, SecretString), Misread> {
    let wire: WireNewKey =
        read(body).map_err(|_| Misread::because("no `id` and `key` of the new key in it"))?;
    match wire.key.filter(|key| !key.expose_secret().is_empty()) {
        Some(key) => Ok((wire.id, key)),
        None => Err(Misread::because(format!("the key `{}` was made without its secret", wire.id))),
    }
}

/// The role of the key, and the name of its organization.
pub(in crate::claude) fn decode_me(body: &[u8]) -> Result<(String, String), Misread> {
    let wire: WireMe = read(body)?;
    Ok((wire.role, wire.organization.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_needs_two_of_its_three_figures() {
        let cases = [
            (r#""tokens_remaining":30,"tokens_limit":100"#, Some((30, 100))),
            (r#""tokens_remaining":30"#, Some((30, 100))),
            (r#""tokens_limit":100"#, Some((30, 100))),
            (r#""tokens_limit":60"#, Some((0, 60))),
            (r#""new":1"#, None),
        ];
        for (fields, expected) in cases {
            let body = format!(r#"{{"tokens_used":70,{fields},"reset_date":"2026-12-01"}}"#);
            let quota = decode_quota(body.as_bytes()).ok().map(|q| (q.remaining, q.limit));
            assert_eq!(quota, expected, "{fields}");
        }
    }

    #[test]
    fn a_profile_may_be_bare_or_full() {
        let bare =
            decode_profile(br#"{"id":"5f0c","type":"organization","name":"Example"}"#).unwrap();
        assert_eq!((bare.plan, bare.requests_per_minute), (None, None));
        let full = decode_profile(
            br#"{"id":"org_1","name":"Example","plan":"enterprise","created_at":"2024-01-15T09:00:00Z",
                "settings":{"rate_limits":{"requests_per_minute":4000,"tokens_per_minute":400000},"features":["batch"]}}"#,
        )
        .unwrap();
        assert_eq!((full.requests_per_minute, full.features.len()), (Some(4000), 1));
    }

    #[test]
    fn estimated_cost_is_dollars_to_the_last_digit() {
        let body = br#"{"total_tokens":10,"input_tokens":7,"output_tokens":3,"estimated_cost":1234567.891234567891}"#;
        let totals = decode_totals(body).unwrap();
        assert_eq!(totals.estimated_cost.to_string(), "1234567.891234567891");
    }
}
