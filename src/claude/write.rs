//! What changes an organization: keys, members, limits, on both APIs.
//!
//! It promises that nothing is sent that cannot be meant: an amount has whole cents and is
//! brought to the unit of its API here, an id is one step of a path and no more, and what an
//! API has no endpoint for is [`PollError::NotOffered`], with what to do instead. A change that
//! is the same however often it is made is tried again by the usual policy; a new key and an
//! invite only when the first try surely made nothing.
//!
//! It never asks whether a change is wise, and keeps no journal: whoever calls does. It fails
//! with a [`PollError`]; where [`is_doubtful`](PollError::is_doubtful), the change may have been
//! made all the same.

mod keys;
mod limits;
mod members;

use super::asked::Asked;
use super::error::PollError;

pub use keys::{KeyStatus, NewKey};
pub use limits::SpendScope;
pub use members::Invited;

/// No id is longer.
const ID_CHARS_MOST: usize = 200;

/// `id`, if it is one step of a path: anything else would be another address, and a secret in
/// the place of an id would end up in the logs of whoever is on the way.
fn step(asked: Asked, id: &str) -> Result<&str, PollError> {
    if id.contains("sk-ant-") {
        return Err(unsendable(asked, "a secret was given where an id belongs"));
    }
    let strange = |c: char| c.is_control() || c.is_whitespace() || "/\\?#%".contains(c);
    let usable = !matches!(id, "" | "." | "..") && !id.contains(strange);
    match usable && id.chars().count() <= ID_CHARS_MOST {
        true => Ok(id),
        false => Err(unsendable(asked, format!("`{}` is no id", id.escape_debug()))),
    }
}

fn unsendable(asked: Asked, why: impl Into<String>) -> PollError {
    PollError::Unsendable { asked, why: why.into() }
}

const fn not_offered<T>(asked: Asked, why: &'static str) -> Result<T, PollError> {
    Err(PollError::NotOffered { asked, why })
}
