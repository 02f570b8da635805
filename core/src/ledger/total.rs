//! Adding up charges, exactly, and taking them out again.

use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::ledger::{Basis, Charge, DayPage, PeriodSum, Value};
use crate::reading::{TokenType, Tokens};
use crate::subject::{ApiKeyId, ModelId, ServiceTier, WorkspaceId};

type Payer = (WorkspaceId, Option<ModelId>, ApiKeyId, ServiceTier, Basis);

/// A sum of charges, tokens and unpriced tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Total {
    charges: BTreeMap<Payer, Amount>,
    pub tokens: Tokens,
    unpriced: BTreeMap<ModelId, u64>,
}

impl Total {
    pub(super) fn charge(&mut self, charge: Charge) {
        let Charge { workspace, model, key, tier, basis, amount } = charge;
        *self.charges.entry((workspace, model, key, tier, basis)).or_default() += amount;
    }

    pub(super) fn unpriced(&mut self, model: &ModelId, tokens: u64) {
        if tokens > 0 {
            let sum = self.unpriced.entry(model.clone()).or_default();
            *sum = sum.saturating_add(tokens);
        }
    }

    pub(super) fn add(&mut self, value: &Value) {
        value.charges.iter().cloned().for_each(|charge| self.charge(charge));
        value.unpriced.iter().for_each(|(model, tokens)| self.unpriced(model, *tokens));
        self.tokens += value.tokens;
    }

    pub(super) fn subtract(&mut self, value: &Value) {
        for charge in &value.charges {
            self.charge(Charge { amount: -charge.amount, ..charge.clone() });
        }
        for (model, tokens) in &value.unpriced {
            let sum = self.unpriced.entry(model.clone()).or_default();
            *sum = sum.saturating_sub(*tokens);
        }
        for kind in TokenType::ALL {
            let rest = self.tokens.of(kind).saturating_sub(value.tokens.of(kind));
            *self.tokens.of_mut(kind) = rest;
        }
    }

    pub(super) fn into_value(self) -> Value {
        let charges = self.charges.into_iter().filter(|(_, amount)| !amount.is_zero());
        Value {
            charges: charges
                .map(|((workspace, model, key, tier, basis), amount)| Charge {
                    workspace,
                    model,
                    key,
                    tier,
                    basis,
                    amount,
                })
                .collect(),
            tokens: self.tokens,
            unpriced: self.unpriced.into_iter().filter(|(_, tokens)| *tokens > 0).collect(),
        }
    }
}

impl DayPage {
    /// What a billed day came to.
    pub(super) fn billed_value(&self) -> Value {
        Value {
            charges: self.charges.clone(),
            tokens: self.tokens(),
            unpriced: self.unpriced.clone(),
        }
    }

    pub(super) fn tokens(&self) -> Tokens {
        self.usage.iter().fold(Tokens::default(), |sum, (_, counts)| sum + counts.tokens)
    }

    pub(super) fn is_billed(&self) -> bool {
        self.bill.as_ref().is_some_and(|bill| bill.billed)
    }
}

impl PeriodSum {
    pub(super) fn value(&self) -> Value {
        Value {
            charges: self.charges.clone(),
            tokens: self.tokens,
            unpriced: self.unpriced.clone(),
        }
    }
}
