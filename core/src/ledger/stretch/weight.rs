//! By what a bill is shared out to a part of its day: estimated cost.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::Charge;
use crate::ledger::estimate::Rates;
use crate::reading::{Counts, Dimensions};
use crate::subject::{ApiKeyId, ModelId, ServiceTier, WorkspaceId};

type Line<'a> = (&'a WorkspaceId, &'a ModelId);

/// Estimated cost of a payer, of all keys of a workspace and model, and of all together.
#[derive(Default)]
pub(super) struct Weights<'a> {
    payers: BTreeMap<(Line<'a>, &'a ApiKeyId, &'a ServiceTier), Amount>,
    lines: BTreeMap<Line<'a>, Amount>,
    all: Amount,
}

impl<'a> Weights<'a> {
    pub(super) fn of(
        rates: &Rates<'_>,
        day: Timestamp,
        rows: impl Iterator<Item = (&'a Dimensions, &'a Counts)>,
    ) -> Self {
        let mut weights = Self::default();
        for (used, counts) in rows {
            let cost = rates.row(used, counts, day).amount;
            let line = (&used.workspace, &used.model);
            *weights.payers.entry((line, &used.key, &used.tier)).or_default() += cost;
            *weights.lines.entry(line).or_default() += cost;
            weights.all += cost;
        }
        weights
    }

    /// How much of a charge of `whole` is for this part, by the most telling weight there is.
    pub(super) fn share_of(&self, whole: &Self, charge: &Charge) -> Option<Decimal> {
        let line = charge.model.as_ref().map(|model| (&charge.workspace, model));
        let payer = line.map(|line| (line, &charge.key, &charge.tier));
        let payers =
            payer.and_then(|payer| Some((self.payers.get(&payer), *whole.payers.get(&payer)?)));
        let lines = line.and_then(|line| Some((self.lines.get(&line), *whole.lines.get(&line)?)));
        [payers, lines, Some((Some(&self.all), whole.all))]
            .into_iter()
            .flatten()
            .find_map(|(part, whole)| part.copied().unwrap_or_default().ratio_of(whole))
    }
}
