//! The three ways in which the APIs page.
//!
//! Cursors are opaque to clients and bound to their query: after any other
//! filter they are refused with a 400.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::query::Query;
use super::refusal::Refusal;

/// Dialect A: `after_id` or `before_id`, and a `limit` up to 1000.
pub(crate) fn by_id(query: &mut Query, rows: Vec<Value>) -> Result<Value, Refusal> {
    let id = |row: &Value| row["id"].clone();
    by_id_of(query, &rows, (20, 1_000), id, Value::clone)
}

/// Dialect A over things that become rows only when they are on the page; limits are the usual
/// one and the highest.
pub(crate) fn by_id_of<T, I: PartialEq<str> + Into<Value>>(
    query: &mut Query,
    things: &[T],
    (usual, most): (usize, usize),
    id: impl Fn(&T) -> I,
    row: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let (after, before) = (query.one("after_id")?, query.one("before_id")?);
    let limit = query.limit(usual, most)?;
    let place = |wanted: &str| {
        things.iter().position(|thing| id(thing) == *wanted).ok_or_else(|| {
            Refusal::invalid(format!("`{wanted}` is not in the list that this query gives"))
        })
    };
    let (page, has_more) = match (after, before) {
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid("after_id and before_id exclude each other"));
        }
        (None, Some(id)) => {
            let end = place(&id)?;
            let begin = end.saturating_sub(limit);
            (&things[begin..end], begin > 0)
        }
        (after, None) => {
            let begin = after.map(|id| place(&id)).transpose()?.map_or(0, |place| place + 1);
            let end = things.len().min(begin + limit);
            (&things[begin..end], end < things.len())
        }
    };
    let id = |thing: Option<&T>| thing.map_or(Value::Null, |thing| id(thing).into());
    let data: Vec<Value> = page.iter().map(row).collect();
    Ok(json!({
        "data": data, "has_more": has_more,
        "first_id": id(page.first()), "last_id": id(page.last()),
    }))
}

/// Dialect C: `page` and `limit`, an envelope without `has_more`. No `limit`: everything, if
/// `default` says so.
pub(crate) fn bare(
    query: &mut Query,
    rows: &[Value],
    default: Option<usize>,
) -> Result<Value, Refusal> {
    let [begin, _] = cursor(query)?.unwrap_or([0, 0]);
    let limit = query.limit(default.unwrap_or(1_000), 1_000)?;
    let begin = usize::try_from(begin).unwrap_or(0).min(rows.len());
    let end = rows.len().min(begin + limit);
    let next = (end < rows.len()).then(|| token(query, [end as i64, 0]));
    Ok(json!({ "data": rows[begin..end], "next_page": next }))
}

/// The cursor of `page`, if one was given: where to go on, and what it pins.
pub(crate) fn cursor(query: &mut Query) -> Result<Option<[i64; 2]>, Refusal> {
    let Some(token) = query.one("page")? else { return Ok(None) };
    let refused = || Refusal::invalid("page: the cursor does not belong to this query");
    let opened = token
        .strip_prefix("page_")
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(refused)?;
    let numbers: Vec<i64> = opened.split('.').filter_map(|part| part.parse().ok()).collect();
    match numbers[..] {
        [fingerprint, at, pinned]
            if fingerprint == query.fingerprint().cast_signed() && FITTING.contains(&at) =>
        {
            Ok(Some([at, pinned]))
        }
        _ => Err(refused()),
    }
}

/// What a cursor can point at: rows, or milliseconds of any year there is.
const FITTING: std::ops::Range<i64> = -377_705_116_800_000..253_402_207_200_000;

/// A cursor for `page`.
pub(crate) fn token(query: &Query, [at, pinned]: [i64; 2]) -> String {
    let fingerprint = query.fingerprint().cast_signed();
    format!("page_{}", URL_SAFE_NO_PAD.encode(format!("{fingerprint}.{at}.{pinned}")))
}
