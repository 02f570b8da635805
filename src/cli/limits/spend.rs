//! `limits set spend`: what may be spent a month.
//!
//! The change is shown with what holds now, what is spent already, and whether the new limit
//! stops everything at once.

mod spent;

use clap::Args;
use rust_decimal::Decimal;
use usagewarden_core::amount::Amount;
use usagewarden_core::roster::{SpendLimit, SpendLimitScope};

use super::read::{Limits, WHOLE, set_here};
use super::{Caution, table, target};
use crate::claude::{Asked, Client, SpendScope};
use crate::cli::naming::Named;
use crate::cli::writing::{Change, Writer};
use crate::cli::{Exit, Global, Terminal, several};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Api, Config, Environment};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// Of this workspace, by its id or name, instead of the whole organization (Admin API)
    #[arg(long, value_name = "WORKSPACE")]
    workspace: Option<String>,
    /// Dollars a month, as in 500 or 499.50; `none` removes the limit (Admin API)
    #[arg(value_name = "AMOUNT", value_parser = read_wanted)]
    amount: Wanted,
    /// USD is the only one there is
    #[arg(value_name = "CURRENCY", value_parser = ["USD"], hide_possible_values = true)]
    currency: Option<String>,
    #[command(flatten)]
    caution: Caution,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Removed,
    Amount(Amount),
}

/// `500`, `500 USD`, `none`.
fn read_wanted(text: &str) -> Result<Wanted, String> {
    if text == "none" {
        return Ok(Wanted::Removed);
    }
    let is_bare = !text.contains(char::is_alphabetic);
    let amount = config::money(&if is_bare { format!("{text} USD") } else { text.to_owned() })?;
    match amount.dollars().checked_mul(Decimal::ONE_HUNDRED).map(|cents| cents.fract()) {
        Some(rest) if rest.is_zero() => Ok(Wanted::Amount(amount)),
        Some(_) => Err("a limit has whole cents".to_owned()),
        None => Err("no limit is as high".to_owned()),
    }
}

/// Whose limit is changed, and what is known of it.
struct Situation {
    scope: SpendScope,
    /// In sentences: `the organization`, `the workspace ingest-prod (wrkspc_01…)`.
    whose: String,
    now: Now,
    /// Caps that hold besides: of the usage tier, and of the organization for a workspace.
    wider: Vec<(String, Amount)>,
}

/// What holds before the change.
enum Now {
    Limit(SpendLimit),
    /// No limit of its own.
    None,
    /// In words.
    NotKnown(String),
}

pub(super) async fn run(
    global: &Global,
    options: &Options,
    config: &Config,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let writer = Writer::new(global, config, environment, options.caution.dry_run, terminal)?;
    let reader = several::reader(writer.organization);
    let situation = match writer.organization.api {
        Api::Admin => of_admin(&writer, options, config, terminal).await?,
        Api::Company => of_company(&writer, options, terminal)?,
    };
    let change = change(&reader, &writer, &situation, options.amount).await;
    let client = writer.client();
    match (options.amount, &situation.now) {
        (Wanted::Amount(amount), Now::Limit(limit))
            if limit.amount == Some(amount) && limit.enabled =>
        {
            writer.unchanged(&change, &format!("It is {amount} already."), terminal);
            Ok(())
        }
        (Wanted::Amount(amount), Now::Limit(_) | Now::None | Now::NotKnown(_)) => {
            writer.agree(&change, terminal)?;
            let asking = client.set_spend_limit(&situation.scope, amount);
            let set = writer.make(&change, asking, terminal).await?;
            writer.done(&change, set.map(|limit| limit.id).as_deref(), terminal);
            Ok(())
        }
        (Wanted::Removed, Now::Limit(limit)) => {
            writer.agree(&change, terminal)?;
            writer.make(&change, client.remove_spend_limit(&limit.id), terminal).await?;
            writer.done(&change, Some(&limit.id), terminal);
            Ok(())
        }
        (Wanted::Removed, Now::None) => {
            writer.unchanged(&change, "There is none.", terminal);
            Ok(())
        }
        (Wanted::Removed, Now::NotKnown(why)) => {
            terminal.error(format_args!("which limit to remove is {why}"));
            terminal.hint("remove it in the Console, or ask the account team for access");
            Err(Exit::No)
        }
    }
}

async fn of_admin(
    writer: &Writer<'_>,
    options: &Options,
    config: &Config,
    terminal: &mut Terminal,
) -> Result<Situation, Exit> {
    let limits = target::known(writer, config, terminal).await?;
    let (scope, whose) = match &options.workspace {
        None => (SpendScope::Organization, "the organization".to_owned()),
        Some(wanted) => {
            let found = target::workspace(wanted, &limits, Asked::SetSpendLimit, terminal)?;
            let whose = format!("the workspace {}", found.shown());
            (SpendScope::Workspace(found.id.clone()), whose)
        }
    };
    let is_own = |limit: &&SpendLimit| match (&limit.scope, &scope) {
        (SpendLimitScope::Organization, SpendScope::Organization) => true,
        (SpendLimitScope::Workspace(id), SpendScope::Workspace(wanted)) => id == wanted,
        (
            SpendLimitScope::Organization
            | SpendLimitScope::Workspace(_)
            | SpendLimitScope::UsageTier
            | SpendLimitScope::Other(_),
            SpendScope::Organization | SpendScope::Workspace(_),
        ) => false,
    };
    let now = match (limits.spend_limits.iter().find(is_own), limits.spend_limits.is_empty()) {
        (Some(own), _) => Now::Limit(own.clone()),
        (None, true) if !limits.not_shown.is_empty() => {
            Now::NotKnown(format!("not known ({})", limits.not_shown.join("; ")))
        }
        (None, _) => Now::None,
    };
    let wider = wider(&limits, &scope);
    Ok(Situation { scope, whose, now, wider })
}

/// What holds for everything, besides the limit itself.
fn wider(limits: &Limits, scope: &SpendScope) -> Vec<(String, Amount)> {
    let is_wider = |limit: &&SpendLimit| match (&limit.scope, scope) {
        (SpendLimitScope::UsageTier, _)
        | (SpendLimitScope::Organization, SpendScope::Workspace(_)) => limit.enabled,
        (
            SpendLimitScope::Organization
            | SpendLimitScope::Workspace(_)
            | SpendLimitScope::Other(_),
            _,
        ) => false,
    };
    let all = limits.spend_limits.iter().filter(is_wider);
    all.filter_map(|limit| Some((limits.scope(&limit.scope), limit.amount?))).collect()
}

fn of_company(
    writer: &Writer<'_>,
    options: &Options,
    terminal: &mut Terminal,
) -> Result<Situation, Exit> {
    let no_workspaces = "The company API of the guides knows no workspaces: leave --workspace out \
                         to set the limit of the whole organization";
    target::refuse_if(options.workspace.is_some(), Asked::SetSpendLimit, no_workspaces, terminal)?;
    let no_removal = "The company API of the guides can set a spend limit and not remove one: set \
                      a higher one instead";
    let is_removal = options.amount == Wanted::Removed;
    target::refuse_if(is_removal, Asked::RemoveSpendLimit, no_removal, terminal)?;
    let known = match set_here(writer.journal(), writer.organization) {
        Ok(set) => table::set_here_in_words(set.as_ref()),
        Err(error) => format!("not known: the API cannot be asked, and {error}"),
    };
    let whose = "the organization".to_owned();
    Ok(Situation {
        scope: SpendScope::Organization,
        whose,
        now: Now::NotKnown(known),
        wider: Vec::new(),
    })
}

async fn change(
    reader: &Client,
    writer: &Writer<'_>,
    situation: &Situation,
    wanted: Wanted,
) -> Change {
    let Situation { scope, whose, now, wider } = situation;
    let (before, said) = match now {
        Now::Limit(limit) => (limit.amount.map(words), in_words(limit)),
        Now::None => (None, "none".to_owned()),
        Now::NotKnown(why) => (None, why.clone()),
    };
    let (after, sentence) = match wanted {
        Wanted::Amount(amount) => {
            (Some(amount), format!("Set the spend limit of {whose} to {amount} a month."))
        }
        Wanted::Removed => (None, format!("Remove the spend limit of {whose}.")),
    };
    let to = after.map_or_else(|| "none".to_owned(), |amount| amount.to_string());
    let mut notes = vec![match now {
        Now::Limit(_) | Now::None => format!("limit: {said} → {to}"),
        Now::NotKnown(_) => format!("limit now: {said}"),
    }];
    let spent = spent::this_month(reader, writer.organization.api, scope, SystemClock.now()).await;
    notes.extend(spent::notes(spent, after));
    for (of, cap) in wider.iter().filter(|(_, cap)| after.is_none_or(|after| after > *cap)) {
        notes.push(format!("The cap of the {of}, {cap}, holds all the same."));
    }
    Change {
        command: "limits set spend",
        target: match scope {
            SpendScope::Organization => WHOLE.to_owned(),
            SpendScope::Workspace(_) => format!("spend limit of {whose}"),
        },
        sentence,
        notes,
        before,
        after: after.map(words),
    }
}

fn in_words(limit: &SpendLimit) -> String {
    match limit.amount {
        Some(amount) if limit.enabled => amount.to_string(),
        Some(amount) => format!("{amount} (off)"),
        None => "no cap".to_owned(),
    }
}

/// As journals and programs read it.
fn words(amount: Amount) -> String {
    format!("{} USD", amount.plain())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_dollars_with_whole_cents() {
        let shown = |text| match read_wanted(text) {
            Ok(Wanted::Amount(amount)) => amount.to_string(),
            Ok(Wanted::Removed) => "removed".to_owned(),
            Err(why) => why,
        };
        let cases = [
            ("500", "$500.00"),
            ("1_500.50", "$1,500.50"),
            ("500 USD", "$500.00"),
            ("none", "removed"),
            ("0.005", "a limit has whole cents"),
            ("0", "must be above zero"),
            ("-5", "must be above zero"),
            ("79228162514264337593543950335", "no limit is as high"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert!(shown("500 EUR").contains("EUR"), "{}", shown("500 EUR"));
        assert!(shown("much").contains("much"), "{}", shown("much"));
    }
}
