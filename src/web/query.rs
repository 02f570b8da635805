//! The parameters of a question: each known, and given once.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use usagewarden_core::subject::OrganizationName;

use super::State;
use super::answer::refuse;

/// The pairs of a query, as they came.
pub(super) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// What was asked for, by parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked(BTreeMap<&'static str, String>);

/// What is wrong with a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mistake {
    #[error("the query could not be read")]
    Unreadable,
    #[error("there is no parameter `{name}`; known are {}", listed(known))]
    Unknown { name: String, known: &'static [&'static str] },
    #[error("`{0}` is given twice")]
    Twice(&'static str),
    #[error("`{parameter}` knows {}, not `{word}`", listed(known))]
    NoWord { parameter: &'static str, word: String, known: Vec<&'static str> },
    #[error("`{parameter}` is a number from 1 to {most}, not `{text}`")]
    NoCount { parameter: &'static str, text: String, most: usize },
    #[error("no organization is called `{0}` here")]
    NoOrganization(String),
}

/// `a`, `b` and `c`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => "none".to_owned(),
    }
}

impl Mistake {
    /// The parameter to look at.
    fn parameter(&self) -> Option<&str> {
        match self {
            Self::Unreadable => None,
            Self::Unknown { name, .. } => Some(name),
            Self::Twice(name)
            | Self::NoWord { parameter: name, .. }
            | Self::NoCount { parameter: name, .. } => Some(name),
            Self::NoOrganization(_) => Some("organization"),
        }
    }
}

impl IntoResponse for Mistake {
    fn into_response(self) -> Response {
        refuse(StatusCode::BAD_REQUEST, &self.to_string(), self.parameter())
    }
}

impl Asked {
    pub(super) fn read(pairs: Pairs, known: &'static [&'static str]) -> Result<Self, Mistake> {
        let Query(pairs) = pairs.map_err(|_| Mistake::Unreadable)?;
        let mut asked = BTreeMap::new();
        for (name, value) in pairs {
            let Some(parameter) = known.iter().find(|known| **known == name) else {
                return Err(Mistake::Unknown { name, known });
            };
            if asked.insert(*parameter, value).is_some() {
                return Err(Mistake::Twice(parameter));
            }
        }
        Ok(Self(asked))
    }

    pub(super) fn text(&self, parameter: &'static str) -> Option<&str> {
        self.0.get(parameter).map(String::as_str)
    }

    /// One of a few words, and what it means.
    pub(super) fn word<T: Copy>(
        &self,
        parameter: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, Mistake> {
        let Some(asked) = self.text(parameter) else { return Ok(None) };
        meaning(parameter, asked, words).map(Some)
    }

    /// Several of a few words, separated by commas; none where none is asked for.
    pub(super) fn words<T: Copy>(
        &self,
        parameter: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Vec<T>, Mistake> {
        let asked = self.text(parameter).unwrap_or_default().split(',');
        asked.filter(|word| !word.is_empty()).map(|word| meaning(parameter, word, words)).collect()
    }

    /// A count from one to `most`.
    pub(super) fn count(
        &self,
        parameter: &'static str,
        most: usize,
    ) -> Result<Option<usize>, Mistake> {
        let Some(text) = self.text(parameter) else { return Ok(None) };
        let count = text.parse().ok().filter(|count| (1..=most).contains(count));
        count.map(Some).ok_or_else(|| Mistake::NoCount { parameter, text: text.to_owned(), most })
    }

    /// An organization, or a company, that is known here.
    pub(super) fn organization(&self, state: &State) -> Result<Option<OrganizationName>, Mistake> {
        let Some(text) = self.text("organization") else { return Ok(None) };
        let name = OrganizationName::from(text);
        if state.organizations.contains_key(&name) || state.views.get(&name).is_some() {
            Ok(Some(name))
        } else {
            Err(Mistake::NoOrganization(text.to_owned()))
        }
    }
}

fn meaning<T: Copy>(
    parameter: &'static str,
    asked: &str,
    words: &[(&'static str, T)],
) -> Result<T, Mistake> {
    let found = words.iter().find(|(word, _)| *word == asked);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known = words.iter().map(|(word, _)| *word).collect();
        Mistake::NoWord { parameter, word: asked.to_owned(), known }
    })
}
