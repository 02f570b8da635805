//! The wire: what the bytes of both APIs say, brought to core's forms.
//!
//! Structs are typed and tolerant: unknown fields are skipped, unknown words of an
//! enum stay text or become the variant for what we do not know, and whatever the
//! documentation calls nullable may be null or absent. Both shapes of keys and rate
//! limits are read, whichever API version an answer speaks.
//!
//! Money is read from its text, never through a float. A figure that cannot be
//! trusted makes the whole page unreadable: nothing is guessed and nothing skipped.

pub(super) mod activities;
pub(super) mod analytics;
pub(super) mod company;
pub(super) mod cost;
mod envelope;
pub(super) mod keys;
pub(super) mod limits;
pub(super) mod roster;
mod text;
pub(super) mod usage;

pub use text::Misread;
pub use usage::decode_usage_page;
