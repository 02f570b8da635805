//! What stands around the rows of a page, in all three dialects.

use jiff::Timestamp;
use serde::Deserialize;

use super::text::Misread;
use crate::claude::paging::{Dialect, Page};

#[derive(Debug, Deserialize)]
#[serde(expecting = "a page with `data`")]
pub(super) struct Envelope<T> {
    data: Vec<T>,
    has_more: Option<bool>,
    next_page: Option<String>,
    last_id: Option<String>,
    data_refreshed_at: Option<Timestamp>,
}

impl<T> Envelope<T> {
    /// The page, with its rows brought to their form by `form`. More to come without a
    /// cursor to get it by is half a report, and half a report is an error.
    pub(super) fn into_page<U>(
        self,
        dialect: Dialect,
        form: impl FnMut(T) -> Result<U, Misread>,
    ) -> Result<Page<U>, Misread> {
        let next = self.next(dialect)?;
        let items = self.data.into_iter().map(form).collect::<Result<_, _>>()?;
        Ok(Page { items, next, refreshed_at: self.data_refreshed_at })
    }

    fn next(&self, dialect: Dialect) -> Result<Option<String>, Misread> {
        let cursor = match dialect {
            Dialect::Id => &self.last_id,
            Dialect::Report | Dialect::Bare => &self.next_page,
        };
        let more = match dialect {
            Dialect::Id | Dialect::Report => self.has_more.unwrap_or(self.next_page.is_some()),
            Dialect::Bare => cursor.is_some(),
        };
        match (more, cursor) {
            (false, _) => Ok(None),
            (true, Some(cursor)) => Ok(Some(cursor.clone())),
            (true, None) => Err(Misread::because("more pages are announced, but no way to them")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::wire::text::read;

    #[track_caller]
    fn check(dialect: Dialect, body: &str, expected: Result<Option<&str>, ()>) {
        let page = read::<Envelope<u32>>(body.as_bytes()).unwrap().into_page(dialect, Ok);
        let next = page.map(|page| page.next).map_err(|_| ());
        assert_eq!(next, expected.map(|next| next.map(str::to_owned)), "{dialect:?}: {body}");
    }

    #[test]
    fn every_dialect_says_where_the_next_page_is() {
        let cases = [
            (Dialect::Id, r#"{"data":[1],"has_more":true,"last_id":"u2"}"#, Ok(Some("u2"))),
            (Dialect::Id, r#"{"data":[1],"has_more":false,"last_id":"u2"}"#, Ok(None)),
            (Dialect::Id, r#"{"data":[1],"has_more":true,"last_id":null}"#, Err(())),
            (Dialect::Report, r#"{"data":[],"has_more":true,"next_page":"p"}"#, Ok(Some("p"))),
            (Dialect::Report, r#"{"data":[],"has_more":false,"next_page":null}"#, Ok(None)),
            (Dialect::Report, r#"{"data":[],"has_more":true,"next_page":null}"#, Err(())),
            (Dialect::Report, r#"{"data":[],"next_page":"p"}"#, Ok(Some("p"))),
            (Dialect::Bare, r#"{"data":[],"next_page":"p"}"#, Ok(Some("p"))),
            (Dialect::Bare, r#"{"data":[],"next_page":null,"new":1}"#, Ok(None)),
            (Dialect::Bare, r#"{"data":[]}"#, Ok(None)),
        ];
        for (dialect, body, expected) in cases {
            check(dialect, body, expected);
        }
    }
}
