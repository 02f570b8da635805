//! `limits set rate`: one limiter of one workspace, below what the organization may ask.

use clap::Args;
use usagewarden_core::roster::{RateLimit, Workspace};

use super::{Caution, group, target};
use crate::claude::Asked;
use crate::cli::naming::Named;
use crate::cli::wording::grouped;
use crate::cli::writing::{Change, Writer};
use crate::cli::{Exit, Global, Terminal};
use crate::config::{Api, Config, Environment};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// Which workspace, by its id or name
    #[arg(long, value_name = "WORKSPACE")]
    workspace: String,
    /// Which group, as `limits list` shows it, or by its type or a model of it
    #[arg(long, value_name = "GROUP")]
    group: String,
    /// Which limiter, as in requests_per_minute
    #[arg(long, value_name = "LIMITER")]
    limiter: String,
    /// A count, as in 50_000; `none` removes the workspace's own, so that it inherits
    #[arg(value_name = "VALUE", value_parser = read_wanted)]
    value: Wanted,
    #[command(flatten)]
    caution: Caution,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted(Option<u64>);

fn read_wanted(text: &str) -> Result<Wanted, String> {
    if text == "none" {
        return Ok(Wanted(None));
    }
    let count = text.replace('_', "").parse().map_err(|_| "write a count, or none".to_owned())?;
    Ok(Wanted(Some(count)))
}

const NO_RATE_LIMITS: &str = "The company API of the guides shows rate limits and cannot change \
                              them: ask whoever runs it";
pub(super) async fn run(
    global: &Global,
    options: &Options,
    config: &Config,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let writer = Writer::new(global, config, environment, options.caution.dry_run, terminal)?;
    let is_company = writer.organization.api == Api::Company;
    target::refuse_if(is_company, Asked::SetRateLimit, NO_RATE_LIMITS, terminal)?;
    let limits = target::known(&writer, config, terminal).await?;
    let workspace = target::workspace(&options.workspace, &limits, Asked::SetRateLimit, terminal)?;
    let (group, whole) = group::find(&options.group, &options.limiter, &limits, terminal)?;
    let Wanted(wanted) = options.value;
    let own = limits.own(&workspace.id, whole).and_then(|own| own.value);
    let change = change(&group, workspace, whole, (own, wanted));
    if own == wanted {
        let words = match wanted {
            Some(value) => format!("It is {} already.", grouped(value)),
            None => "It has none of its own.".to_owned(),
        };
        writer.unchanged(&change, &words, terminal);
        return Ok(());
    }
    let Some(id) = &whole.id else {
        terminal.error(format_args!("the API does not say by which id {group} is changed"));
        terminal.hint("change it in the Console");
        return Err(Exit::No);
    };
    writer.agree(&change, terminal)?;
    let (client, limits) = (writer.client(), [(whole.limiter.clone(), wanted)]);
    let asking = client.set_rate_limit(&workspace.id, id, &limits);
    writer.make(&change, asking, terminal).await?;
    writer.done(&change, Some(id), terminal);
    Ok(())
}

fn change(
    group: &str,
    workspace: &Workspace,
    whole: &RateLimit,
    (before, after): (Option<u64>, Option<u64>),
) -> Change {
    let what = format!("{} of {group} in the workspace {}", whole.limiter, workspace.shown());
    let inherited = match whole.value {
        Some(value) => format!("{} (inherited)", grouped(value)),
        None => "none (inherited)".to_owned(),
    };
    let said = |value: Option<u64>| value.map_or_else(|| inherited.clone(), grouped);
    let mut notes = vec![format!("limit: {} → {}", said(before), said(after))];
    if let (Some(after), Some(whole)) = (after, whole.value)
        && after > whole
    {
        let (after, whole) = (grouped(after), grouped(whole));
        notes.push(format!(
            "The organization's own limit is {whole}, which is lower than {after}: the lower one holds."
        ));
    }
    if after == Some(0) {
        notes.push("Zero lets nothing of this group through in this workspace.".to_owned());
    }
    notes.push("The API acts on it within about an hour.".to_owned());
    let sentence = match after {
        Some(value) => format!("Set {what} to {}.", grouped(value)),
        None => format!("Remove {what}, so that it inherits the organization's."),
    };
    Change {
        command: "limits set rate",
        target: what,
        sentence,
        notes,
        before: before.map(|value| value.to_string()),
        after: after.map(|value| value.to_string()),
    }
}
