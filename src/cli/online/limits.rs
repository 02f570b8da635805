//! Whether budgets by the API's own limits find any: without one they are unknown.

use std::sync::Arc;

use jiff::Timestamp;
use usagewarden_core::decide::has_limit;
use usagewarden_core::rule::{BudgetAmount, Condition, Rule};
use usagewarden_core::snapshot::{Roster, Snapshot, together};

use super::{Finding, Standing};
use crate::claude::Client;
use crate::config::{Api, Config, Organization};

/// One finding for each rule without a limit. A report that fails says so itself.
pub(super) async fn ask(
    client: &Client,
    organization: &Organization,
    config: &Config,
    now: Timestamp,
) -> Vec<Finding> {
    let by_api: Vec<&Rule> = config
        .rules
        .iter()
        .filter(|rule| is_by_api(rule) && rule.covers(&organization.name))
        .collect();
    if by_api.is_empty() {
        return Vec::new();
    }
    let Some(known) = known(client, organization, now).await else { return Vec::new() };
    by_api.into_iter().filter_map(|rule| finding(rule, &known)).collect()
}

fn is_by_api(rule: &Rule) -> bool {
    matches!(&rule.condition, Condition::Budget(budget) if budget.amount == BudgetAmount::Api)
}

/// What the API reports of limits, and the names that scopes may use. `None` when it cannot
/// be asked now.
async fn known(client: &Client, organization: &Organization, now: Timestamp) -> Option<Snapshot> {
    let limits = match organization.api {
        Api::Admin => match client.spend_limits().await {
            Ok(limits) => limits,
            Err(error) if error.not_granted() => Vec::new(),
            Err(_) => return None,
        },
        // It has no such report.
        Api::Company => Vec::new(),
    };
    let workspaces = match organization.api {
        Api::Admin => client.workspaces().await.ok()?,
        Api::Company => Vec::new(),
    };
    let roster = Roster {
        spend_limits: Some(Arc::new(limits)),
        workspaces: Some(Arc::new(workspaces)),
        ..Roster::default()
    };
    Some(Snapshot { roster, ..together(organization.name.clone(), &[], now) })
}

fn finding(rule: &Rule, known: &Snapshot) -> Option<Finding> {
    let Condition::Budget(budget) = &rule.condition else { return None };
    (!has_limit(known, budget)).then(|| Finding {
        about: format!("organization {}, rule {}", known.organization, rule.name),
        standing: Standing::Absent,
        said: "the API reports no limit for `amount = \"api\"`: until it does, the rule is unknown and tells nothing"
            .to_owned(),
        cause: None,
        fix: None,
    })
}
