//! `limits set rate`: one limiter of one workspace, below what the organization may ask.

use clap::Args;
use usagewarden_core::roster::{RateLimit, Workspace};
use usagewarden_core::subject::WorkspaceId;

use super::read::Limits;
use super::spend::refuse_if;
use super::{Caution, table};
use crate::claude::Asked;
use crate::cli::naming::{self, Named};
use crate::cli::writing::{Change, Writer};
use crate::cli::{Exit, Global, Terminal, several};
use crate::config::{Api, Config, Environment};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// Which workspace, by its id or name
    #[arg(long, value_name = "WORKSPACE")]
    workspace: String,
    /// Which group, as `limits list` shows it; or a model of it
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
const NO_DEFAULT_LIMIT: &str = "The default workspace cannot be given limits: move the traffic to \
                                a workspace of its own";

pub(super) async fn run(
    global: &Global,
    options: &Options,
    config: &Config,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let writer = Writer::new(global, config, environment, options.caution.dry_run, terminal)?;
    let is_company = writer.organization.api == Api::Company;
    refuse_if(is_company, Asked::SetRateLimit, NO_RATE_LIMITS, terminal)?;
    let limits =
        Limits::ask(&several::reader(writer.organization), writer.organization, config).await;
    if let Some(failure) = limits.failures.first() {
        several::unanswered(writer.organization, failure, terminal);
        return Err(Exit::No);
    }
    let workspace = naming::find(&options.workspace, &limits.workspaces, terminal)?;
    let is_default = workspace.id.as_str() == WorkspaceId::DEFAULT;
    refuse_if(is_default, Asked::SetRateLimit, NO_DEFAULT_LIMIT, terminal)?;
    if workspace.archived {
        terminal.error(format_args!("the workspace {} is archived", workspace.shown()));
        terminal.hint("nothing is asked in it any more, so it needs no limit");
        return Err(Exit::No);
    }
    let groups = groups(&limits);
    let group = naming::find(&options.group, &groups, terminal)?;
    let whole = limiter(group, &options.limiter, terminal)?;
    let own = limits.rate_limits.iter().find(|limit| {
        limit.workspace.as_ref() == Some(&workspace.id)
            && !limit.inherited
            && (&limit.group, &limit.limiter) == (&whole.group, &whole.limiter)
    });
    let Wanted(wanted) = options.value;
    let change = change(workspace, whole, own.and_then(|own| own.value), wanted);
    if own.and_then(|own| own.value) == wanted {
        let words = match wanted {
            Some(value) => format!("It is {} already.", table::value(Some(value))),
            None => "It has none of its own.".to_owned(),
        };
        writer.unchanged(&change, &words, terminal);
        return Ok(());
    }
    let Some(id) = &whole.id else {
        terminal.error(format_args!("the API does not say how to name the group {}", group.name));
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

/// A group of models that share their limits, or another thing that is limited.
struct Group<'l> {
    name: &'l str,
    ids: Vec<&'l str>,
    limits: Vec<&'l RateLimit>,
}

impl Named for Group<'_> {
    const KIND: &'static str = "group of rate limits";

    fn ids(&self) -> Vec<&str> {
        self.ids.clone()
    }

    fn name(&self) -> &str {
        self.name
    }

    /// By its name, its type, or a model of it.
    fn is_called(&self, wanted: &str) -> bool {
        let limit = self.limits[0];
        self.name == wanted
            || limit.group_type == wanted
            || limit.models.iter().any(|model| model.as_str() == wanted)
    }

    fn shown(&self) -> String {
        let group_type = &self.limits[0].group_type;
        match self.name == group_type || group_type == "model_group" {
            true => self.name.to_owned(),
            false => format!("{} ({group_type})", self.name),
        }
    }
}

/// The organization's groups: a workspace's limits are set by their entries.
fn groups(limits: &Limits) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for limit in limits.rate_limits.iter().filter(|limit| limit.workspace.is_none()) {
        match groups
            .iter_mut()
            .find(|group| group.limits[0].id == limit.id && group.name == limit.group)
        {
            Some(group) => group.limits.push(limit),
            None => groups.push(Group {
                name: &limit.group,
                ids: limit.id.as_deref().into_iter().collect(),
                limits: vec![limit],
            }),
        }
    }
    groups
}

fn limiter<'l>(
    group: &Group<'l>,
    wanted: &str,
    terminal: &mut Terminal,
) -> Result<&'l RateLimit, Exit> {
    let found = group.limits.iter().find(|limit| limit.limiter == wanted);
    found.copied().ok_or_else(|| {
        terminal.error(format_args!("the group {} has no limiter `{wanted}`", group.name));
        let known: Vec<String> = group.limits.iter().map(|limit| limit.limiter.clone()).collect();
        terminal.hint(format_args!("it has {}", naming::listed(&known)));
        Exit::Usage
    })
}

fn change(
    workspace: &Workspace,
    whole: &RateLimit,
    before: Option<u64>,
    after: Option<u64>,
) -> Change {
    let what =
        format!("{} of {} in the workspace {}", whole.limiter, whole.group, workspace.shown());
    let inherited = format!("{} (inherited)", table::value(whole.value));
    let said =
        |value: Option<u64>| value.map_or_else(|| inherited.clone(), |own| table::value(Some(own)));
    let mut notes = vec![format!("limit: {} → {}", said(before), said(after))];
    if let (Some(after), Some(whole)) = (after, whole.value.filter(|whole| after > Some(*whole))) {
        notes.push(format!(
            "The organization's own limit is {}: {} would not hold, the lower one does.",
            table::value(Some(whole)),
            table::value(Some(after)),
        ));
    }
    if after == Some(0) {
        notes.push("Zero lets nothing of this group through in this workspace.".to_owned());
    }
    notes.push("The API acts on it within about an hour.".to_owned());
    let sentence = match after {
        Some(value) => format!("Set {what} to {}.", table::value(Some(value))),
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
