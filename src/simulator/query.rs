//! A query string, read strictly: each parameter is taken once, and what
//! nobody took is refused.

use axum::extract::{self, FromRequestParts};
use axum::http::request::Parts;
use jiff::Timestamp;

use super::refusal::Refusal;

/// The parameters that have not been taken yet.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    path: String,
    pairs: Vec<(String, String)>,
    /// Of all parameters but those that page: cursors are bound to it.
    fingerprint: u64,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let extract::Query(mut pairs) =
            extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
                .map_err(|_| Refusal::invalid("The query string is malformed"))?;
        // Older clients append it everywhere.
        pairs.retain(|(name, _)| name != "beta");
        let path = parts.uri.path().to_owned();
        let fingerprint = fingerprint(&path, &pairs);
        Ok(Self { path, pairs, fingerprint })
    }
}

fn fingerprint(path: &str, pairs: &[(String, String)]) -> u64 {
    const PAGING: [&str; 4] = ["page", "limit", "after_id", "before_id"];
    let mut filters: Vec<_> =
        pairs.iter().filter(|(name, _)| !PAGING.contains(&name.as_str())).collect();
    filters.sort();
    // FNV-1a: it must only tell queries apart.
    let text = format!("{path}{filters:?}");
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

impl Query {
    pub(crate) const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Takes a parameter that may be given once.
    pub(crate) fn one(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let mut values = self.take(name);
        let value = values.pop();
        if values.is_empty() {
            Ok(value)
        } else {
            Err(Refusal::invalid(format!("{name}: given more than once")))
        }
    }

    /// Takes a parameter in bracket notation, `name[]`, given as often as one likes.
    pub(crate) fn many(&mut self, name: &str) -> Vec<String> {
        self.take(&format!("{name}[]"))
    }

    /// As [`many`](Self::many), of known words only.
    pub(crate) fn words(&mut self, name: &str, known: &[&str]) -> Result<Vec<String>, Refusal> {
        let words = self.many(name);
        match words.iter().find(|word| !known.contains(&word.as_str())) {
            Some(word) => Err(unknown(name, word, known)),
            None => Ok(words),
        }
    }

    pub(crate) fn word(&mut self, name: &str, known: &[&str]) -> Result<Option<String>, Refusal> {
        let word = self.one(name)?;
        match word.as_deref().filter(|word| !known.contains(word)) {
            Some(other) => Err(unknown(name, other, known)),
            None => Ok(word),
        }
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Refusal> {
        Ok(self.word(name, &["true", "false"])?.is_some_and(|word| word == "true"))
    }

    pub(crate) fn timestamp(&mut self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Refusal::invalid(format!("{name}: Input should be a valid RFC 3339 date-time"))
        })
    }

    pub(crate) fn limit(&mut self, default: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.one("limit")? else { return Ok(default) };
        text.parse()
            .ok()
            .filter(|limit| (1..=most).contains(limit))
            .ok_or_else(|| Refusal::invalid(format!("limit: Input should be from 1 to {most}")))
    }

    /// Refuses what nobody has taken.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.pairs.first() {
            Some((name, _)) => Err(Refusal::invalid(format!(
                "{name}: Extra inputs are not permitted for {}",
                self.path
            ))),
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str) -> Vec<String> {
        let (taken, left) = std::mem::take(&mut self.pairs)
            .into_iter()
            .partition::<Vec<_>, _>(|(given, _)| given == name);
        self.pairs = left;
        taken.into_iter().map(|(_, value)| value).collect()
    }
}

fn unknown(name: &str, word: &str, known: &[&str]) -> Refusal {
    let known = known.join(", ");
    Refusal::invalid(format!("{name}: `{word}` is not one of {known}"))
}
