//! Organizations of a given size, believable in shape: ten models, two tiers, five token types.

use std::collections::BTreeMap;

use jiff::Timestamp;
use usagewarden_core::ledger::{Counted, Counters, TokenSeries};
use usagewarden_core::polling::Polling;
use usagewarden_core::snapshot::{Roster, Snapshot};
use usagewarden_core::subject::OrganizationName;

const TOKEN_TYPES: usize = 5;
const MODELS: usize = 10;
const TIERS: [&str; 2] = ["standard", "batch"];

/// `series` series in all, shared out over `organizations`.
pub(super) fn snapshots(series: usize, organizations: usize) -> Vec<Snapshot> {
    let each = series / organizations;
    (0..organizations).map(|n| snapshot(&format!("organization-{n:04}"), each)).collect()
}

fn snapshot(name: &str, series: usize) -> Snapshot {
    let counters =
        Counters { tokens: (0..series / TOKEN_TYPES).map(tokens).collect(), ..Counters::default() };
    Snapshot {
        organization: OrganizationName::from(name),
        revision: 1,
        at: Timestamp::UNIX_EPOCH,
        roster: Roster::default(),
        first_heard_at: None,
        heard: BTreeMap::new(),
        coverage: BTreeMap::new(),
        counters,
        spends: Vec::new(),
        price_discount: None,
        price_error: None,
        unpriced: Vec::new(),
        minutes: Vec::new(),
        hour: None,
        windows: Vec::new(),
        alerts: Vec::new(),
        groups: Vec::new(),
        actions: Vec::new(),
        polling: Polling::default(),
    }
}

fn tokens(n: usize) -> (TokenSeries, [Counted<i64>; TOKEN_TYPES]) {
    let (tier, model, workspace) =
        (n % TIERS.len(), n / TIERS.len() % MODELS, n / TIERS.len() / MODELS);
    let series = TokenSeries {
        workspace: format!("wrkspc_01JwQvzr7rXLA5AGx3HK{workspace:04}").as_str().into(),
        model: format!("claude-model-{model}").as_str().into(),
        tier: TIERS[tier].into(),
    };
    // Spread out, so that gzip has something to do.
    let count = (n as i64 + 1).wrapping_mul(2_654_435_761) & 0xffff_ffff;
    (series, [count; TOKEN_TYPES].map(|count| Counted { sum: count, shown: count }))
}
