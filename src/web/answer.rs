//! The forms that answers share: money, mistakes of the caller, failures of ours.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::Basis;

/// Money as programs read it: exact, and never without its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Money {
    value: String,
    unit: &'static str,
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        let exact = amount.dollars().normalize();
        let value = if exact.scale() < 2 { format!("{exact:.2}") } else { exact.to_string() };
        Self { value, unit: "USD" }
    }
}

pub(super) fn basis(basis: Option<Basis>) -> Option<&'static str> {
    basis.map(Basis::label)
}

/// Why a question cannot be answered.
#[derive(Debug, Serialize)]
struct Refusal<'a> {
    error: Mistake<'a>,
}

#[derive(Debug, Serialize)]
struct Mistake<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
}

pub(super) fn refuse(status: StatusCode, message: &str, parameter: Option<&str>) -> Response {
    (status, Json(Refusal { error: Mistake { message, parameter } })).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_and_has_at_least_its_cents() {
        for (dollars, expected) in [
            ("5000", "5000.00"),
            ("1.5", "1.50"),
            ("0.0001", "0.0001"),
            ("-2.10", "-2.10"),
            ("0", "0.00"),
        ] {
            let money = Money::from(Amount::from_dollars(dollars.parse().unwrap()));
            assert_eq!(money.value, expected);
        }
    }
}
