//! Who uses what: the streams of traffic that make up the organization.
//!
//! A stream is one workspace, key, model, tier and geography. Together they
//! cover what a client must keep apart, with a model that appeared only a day
//! ago, one that is in no price list, and a tier that the bill leaves out.

use super::rhythm::Rhythm;
use super::world::{World, key, workspace};

#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) number: u64,
    pub(crate) workspace: usize,
    /// `None`: traffic without a key.
    pub(crate) key: Option<usize>,
    pub(crate) model: &'static str,
    pub(crate) tier: &'static str,
    pub(crate) geo: &'static str,
    pub(crate) context: &'static str,
    pub(crate) flow: Flow,
    /// Milliseconds since 1970 between which it runs.
    pub(crate) from: i64,
    pub(crate) until: i64,
    /// When it would end if nobody interfered.
    pub(crate) ends: i64,
}

/// How much a stream carries.
#[derive(Clone, Debug)]
pub(crate) enum Flow {
    /// Tokens of a usual hour, mixed and timed by habit.
    Usual { hourly: u64, mix: Mix, rhythm: Rhythm },
    /// The same in every hour.
    Constant(super::figures::Figures),
}

/// What a stream's tokens are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mix {
    /// Ten-thousandths of each kind, in the order of `TokenType::ALL`.
    pub(crate) kinds: [u64; 5],
    pub(crate) tokens_per_request: u64,
    /// Searches in a thousand requests.
    pub(crate) searches: u64,
}

const CACHED: Mix =
    Mix { kinds: [900, 7_900, 500, 150, 550], tokens_per_request: 14_000, searches: 0 };
const CHAT: Mix =
    Mix { kinds: [1_900, 6_200, 900, 0, 1_000], tokens_per_request: 6_000, searches: 0 };
const SEARCH: Mix =
    Mix { kinds: [3_000, 5_000, 900, 0, 1_100], tokens_per_request: 9_000, searches: 120 };
const JOBS: Mix =
    Mix { kinds: [7_600, 1_000, 0, 400, 1_000], tokens_per_request: 5_000, searches: 0 };
const LONG: Mix =
    Mix { kinds: [1_500, 7_600, 0, 700, 200], tokens_per_request: 320_000, searches: 0 };

type Row = (usize, Option<usize>, &'static str, &'static str, &'static str, u64, Mix, Rhythm);

/// Workspace, key, model, tier, geography, tokens of a usual hour, mix, rhythm.
const USUAL: &[Row] = {
    use Rhythm::{Flat, Night, Office, Sparse};
    use workspace::{ASSISTANT, DEFAULT, INGEST, RESEARCH};
    const SONNET: &str = "claude-sonnet-5-5";
    const SONNET_OLD: &str = "claude-sonnet-4-6";
    const OPUS: &str = "claude-opus-5-5";
    const HAIKU: &str = "claude-haiku-4-5";
    &[
        (INGEST, Some(key::INGEST_EU), SONNET, "standard", "global", 2_400_000, CACHED, Flat),
        (INGEST, Some(key::INGEST_US), SONNET, "standard", "us", 1_100_000, CACHED, Flat),
        (INGEST, Some(key::INGEST_US), HAIKU, "standard", "not_available", 1_600_000, CACHED, Flat),
        (INGEST, Some(key::BATCH), SONNET_OLD, "batch", "global", 800_000, JOBS, Night),
        (INGEST, Some(key::BATCH), HAIKU, "batch", "not_available", 600_000, JOBS, Night),
        (ASSISTANT, Some(key::WEB), OPUS, "standard", "global", 500_000, CHAT, Office),
        (ASSISTANT, Some(key::WEB), HAIKU, "standard", "not_available", 450_000, CHAT, Office),
        (ASSISTANT, Some(key::WEB), OPUS, "priority", "global", 60_000, CHAT, Office),
        (ASSISTANT, Some(key::MOBILE), OPUS, "standard", "us", 180_000, CHAT, Office),
        (ASSISTANT, Some(key::MOBILE), SONNET, "standard", "global", 350_000, SEARCH, Office),
        (RESEARCH, Some(key::EVALS), SONNET, "batch", "global", 300_000, JOBS, Night),
        (DEFAULT, Some(key::CI), SONNET_OLD, "standard", "global", 150_000, CHAT, Office),
        (DEFAULT, None, SONNET, "standard", "global", 60_000, CHAT, Sparse),
        (DEFAULT, None, OPUS, "standard", "global", 30_000, SEARCH, Sparse),
    ]
};

/// In no published price list, and not billed: a preview.
const PREVIEW: &str = "claude-mythos-preview";
/// Listed, but used only since yesterday.
const NEW: &str = "claude-fable-5-2";
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Every stream of the organization, whatever the scenario adds.
pub(crate) fn usual(begins: i64, start: i64) -> Vec<Stream> {
    use workspace::{PILOT, RESEARCH};
    let whole_hour = start - start.rem_euclid(HOUR);
    let mut streams: Vec<Stream> = USUAL.iter().map(|row| stream(row, begins)).collect();
    let long = (
        RESEARCH,
        Some(key::NOTEBOOKS),
        "claude-opus-5-5",
        "standard",
        "global",
        300_000,
        LONG,
        Rhythm::Office,
    );
    streams.push(Stream { context: "200k-1M", ..stream(&long, begins) });
    let new = (RESEARCH, Some(key::EVALS), NEW, "standard", "global", 90_000, CHAT, Rhythm::Office);
    streams.push(Stream { from: whole_hour - 26 * HOUR, ..stream(&new, begins) });
    let preview = (
        RESEARCH,
        Some(key::NOTEBOOKS),
        PREVIEW,
        "standard",
        "global",
        40_000,
        CHAT,
        Rhythm::Office,
    );
    streams.push(Stream { from: whole_hour - 20 * DAY, ..stream(&preview, begins) });
    let pilot = (
        PILOT,
        Some(key::PILOT),
        "claude-sonnet-4-6",
        "standard",
        "global",
        200_000,
        CHAT,
        Rhythm::Office,
    );
    let ended = begins + (World::HISTORY_DAYS - World::PILOT_ENDED_DAYS) * DAY;
    streams.push(Stream { until: ended, ends: ended, ..stream(&pilot, begins) });
    for (number, stream) in (0..).zip(&mut streams) {
        stream.number = number;
    }
    streams
}

fn stream(&(workspace, key, model, tier, geo, hourly, mix, rhythm): &Row, from: i64) -> Stream {
    let flow = Flow::Usual { hourly, mix, rhythm };
    Stream {
        number: 0,
        workspace,
        key,
        model,
        tier,
        geo,
        context: "0-200k",
        flow,
        from,
        until: i64::MAX,
        ends: i64::MAX,
    }
}
