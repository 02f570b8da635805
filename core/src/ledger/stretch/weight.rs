//! By what a bill is shared out to a part of its day: estimated cost.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::Charge;
use crate::reading::Dimensions;
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
    pub(super) fn add(&mut self, used: &'a Dimensions, cost: Amount) {
        let line = (&used.workspace, &used.model);
        *self.payers.entry((line, &used.key, &used.tier)).or_default() += cost;
        *self.lines.entry(line).or_default() += cost;
        self.all += cost;
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
