//! What to ask, without the address and the key: a path, and what is said along with it.

use reqwest::Method;
use serde::Serialize;

use crate::claude::asked::Asked;
use crate::claude::pacing::Budget;
use crate::claude::retry::Again;

/// One question; a write is a question with a body, or one that deletes.
#[derive(Clone, Debug)]
pub(in crate::claude) struct Question {
    pub(in crate::claude) asked: Asked,
    pub(in crate::claude) method: Method,
    pub(in crate::claude) budget: Budget,
    /// Below `/v1`.
    pub(in crate::claude) path: Vec<String>,
    pub(in crate::claude) query: Vec<(&'static str, String)>,
    /// JSON, as it is sent.
    pub(in crate::claude) body: Option<Vec<u8>>,
    /// The preview it belongs to.
    pub(in crate::claude) beta: Option<&'static str>,
    pub(super) by_cursor: bool,
    pub(super) again: Again,
}

impl Question {
    pub(in crate::claude) fn new(asked: Asked, path: &[&str]) -> Self {
        Self {
            asked,
            method: Method::GET,
            budget: Budget::General,
            path: path.iter().map(|&step| step.to_owned()).collect(),
            query: Vec::new(),
            body: None,
            beta: None,
            by_cursor: false,
            again: Again::Harmless,
        }
    }

    /// A write that changes nothing more when it is made twice.
    pub(in crate::claude) fn write(
        asked: Asked,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Self {
        let body = serde_json::to_vec(body).expect("bodies are texts, numbers and lists of them");
        Self { method, body: Some(body), ..Self::new(asked, path) }
    }

    pub(in crate::claude) fn delete(asked: Asked, path: &[&str]) -> Self {
        Self { method: Method::DELETE, ..Self::new(asked, path) }
    }

    /// Made twice, this would make two of what it makes.
    pub(in crate::claude) fn once(self) -> Self {
        Self { again: Again::Doubles, ..self }
    }

    pub(in crate::claude) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(in crate::claude) fn each(self, name: &'static str, values: &[&str]) -> Self {
        values.iter().fold(self, |question, &value| question.with(name, value))
    }

    pub(in crate::claude) fn preview(mut self, beta: &'static str, budget: Budget) -> Self {
        (self.beta, self.budget) = (Some(beta), budget);
        self
    }

    /// The same question for the page at `cursor`.
    pub(in crate::claude) fn at(&self, parameter: &'static str, cursor: Option<&str>) -> Self {
        let Some(cursor) = cursor else { return self.clone() };
        Self { by_cursor: true, ..self.clone().with(parameter, cursor) }
    }

    /// Whether that there is no such thing is what was wanted.
    pub(super) fn removes(&self) -> bool {
        self.method == Method::DELETE
    }
}
