//! How much the client bears: sizes, tries, waits.
//!
//! Everything that comes from outside has a bound here, with its reason.

use std::time::Duration;

/// The bounds of one client.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    /// To open a connection, TLS included.
    pub(super) connect: Duration,
    /// Without a single byte arriving.
    pub(super) silence: Duration,
    /// For one answer, from the question to its last byte. A 20 MB page over a slow line takes half of it.
    pub(super) answer: Duration,
    /// For all pages of one report. A back-fill of 400 days is 13 pages, of a busy month by the hour 75.
    pub(super) walk: Duration,
    /// No further try begins later than this after the first.
    pub(super) retries: Duration,
    /// Tries of one question. What three do not mend, the next poll may.
    pub(super) tries: u32,
    pub(super) backoff_first: Duration,
    pub(super) backoff_longest: Duration,
    /// Of one page, after decompression. The largest seen in practice is a third of it.
    pub(super) page_bytes: usize,
    /// Of all pages of one walk. Whoever needs more asks for a shorter window.
    pub(super) walk_bytes: usize,
    /// Of one walk; at a thousand rows a page this is two million rows.
    pub(super) pages: u32,
    /// Of one walk, when the report changes under it.
    pub(super) restarts: u32,
}

/// Of the body of a refusal. Error bodies are a few hundred bytes.
pub(super) const REFUSAL_BYTES_MOST: usize = 64 * 1024;

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(20),
            answer: Duration::from_secs(60),
            walk: Duration::from_mins(10),
            retries: Duration::from_secs(30),
            tries: 3,
            backoff_first: Duration::from_millis(500),
            backoff_longest: Duration::from_secs(8),
            page_bytes: 64 << 20,
            walk_bytes: 512 << 20,
            pages: 2_000,
            restarts: 3,
        }
    }
}
