//! `keys list`: every key with its age, last use, expiry, owner and workspace.
//!
//! Names of owners and workspaces are worth asking for, and not worth failing for: where the
//! key may not see them, their ids stand.

use std::collections::{BTreeSet, HashMap};

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use usagewarden_core::roster::{ApiKey, Workspace};

use super::Call;
use super::find::is_active;
use super::is_now;
use super::sight::{LastUse, Sight};
use crate::claude::PollError;
use crate::cli::terminal::Mark;
use crate::cli::wording::{age, count, length};
use crate::cli::writing::one_organization;
use crate::cli::{Exit, Terminal, naming, several};
use crate::clock::{Clock, SystemClock};
use crate::config::Organization;

/// Expiry is marked from here on.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// Only keys of this status: active, inactive, archived, expired
    #[arg(long)]
    status: Option<String>,
    /// Only keys of this workspace, by its id or name
    #[arg(long)]
    workspace: Option<String>,
}

/// The keys of one organization, and what people call things there.
struct Listed<'a> {
    organization: &'a Organization,
    sight: Sight,
    owners: HashMap<String, String>,
}

pub(super) async fn run(call: Call<'_>, options: &Options) -> Result<(), Exit> {
    let Call { global, config, terminal, .. } = call;
    let mut exit = Ok(());
    let (mut values, mut shown) = (Vec::new(), 0);
    let chosen = match &options.workspace {
        None => several::chosen(global, config, terminal)?,
        // A workspace belongs to one of them.
        Some(_) => vec![one_organization(global, config, terminal)?],
    };
    for organization in chosen {
        let listed = match Listed::ask(organization).await {
            Ok(listed) => listed,
            Err(error) => {
                several::unanswered(organization, &error, terminal);
                exit = Err(Exit::No);
                continue;
            }
        };
        let workspace = listed.named(options.workspace.as_deref(), terminal)?;
        let status = options.status.as_deref();
        let keys = listed.keys(status, workspace);
        if terminal.json() {
            values.extend(keys.iter().map(|key| listed.value(key)));
            listed.hint_statuses(status, terminal);
            continue;
        }
        if shown > 0 {
            terminal.line("");
        }
        shown += 1;
        listed.print(&keys, config.organizations.len() > 1, terminal);
        listed.hint_statuses(status, terminal);
    }
    if terminal.json() {
        terminal.value(&json!({ "data": values }));
    }
    exit
}

impl<'a> Listed<'a> {
    async fn ask(organization: &'a Organization) -> Result<Self, PollError> {
        let client = several::reader(organization);
        let sight = Sight::take(&client, SignedDuration::ZERO, SystemClock.now()).await?;
        let sight = sight.with_names(&client).await?;
        let owners = match client.users().await {
            Ok(users) => users.into_iter().map(|user| (user.id, user.email)).collect(),
            Err(PollError::Forbidden { .. } | PollError::NotFound { .. }) => HashMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { organization, sight, owners })
    }

    /// The workspace that is called so, if one is named.
    fn named(
        &self,
        wanted: Option<&str>,
        terminal: &mut Terminal,
    ) -> Result<Option<&Workspace>, Exit> {
        let Some(wanted) = wanted else { return Ok(None) };
        let all = &self.sight.workspaces;
        if all.is_empty() {
            terminal.error(format_args!("{} shows no workspaces", self.organization.name));
            terminal
                .hint("leave --workspace out, or name another organization with --organization");
            return Err(Exit::Usage);
        }
        naming::find(wanted, all, terminal).map(Some)
    }

    /// Those that were asked for: the active ones first, then by name.
    fn keys(&self, status: Option<&str>, workspace: Option<&Workspace>) -> Vec<&ApiKey> {
        let is_wanted = |key: &&ApiKey| {
            status.is_none_or(|status| status == key.status)
                && workspace.is_none_or(|wanted| key.workspace.as_ref() == Some(&wanted.id))
        };
        let mut keys: Vec<&ApiKey> = self.sight.keys.iter().filter(is_wanted).collect();
        keys.sort_by_key(|key| (!is_active(key), key.status.clone(), key.name.clone()));
        keys
    }

    /// A status that no key has may be a slip of the pen.
    fn hint_statuses(&self, wanted: Option<&str>, terminal: &mut Terminal) {
        let known: BTreeSet<&str> = self.sight.keys.iter().map(|key| key.status.as_str()).collect();
        let Some(wanted) = wanted.filter(|wanted| !known.contains(wanted)) else { return };
        if known.is_empty() {
            return;
        }
        let known: Vec<&str> = known.into_iter().collect();
        terminal.hint(format_args!(
            "no key of {} has the status `{wanted}`; there are: {}",
            self.organization.name,
            known.join(", ")
        ));
    }

    fn workspace(&self, key: &ApiKey) -> String {
        self.sight.workspace(key).unwrap_or_default()
    }

    fn owner(&self, key: &ApiKey) -> String {
        let Some(id) = &key.created_by else { return String::new() };
        self.owners.get(id).unwrap_or(id).clone()
    }

    fn print(&self, keys: &[&ApiKey], among_several: bool, terminal: &mut Terminal) {
        if among_several {
            let name = terminal.marked(Mark::Strong, &self.organization.name);
            terminal.line(name);
        }
        if keys.is_empty() {
            terminal.line("No key fits.");
            return;
        }
        let heads = ["name", "id", "status", "age", "last use", "expires", "owner", "workspace"];
        let mut rows: Vec<Vec<String>> = keys.iter().map(|key| self.row(key, terminal)).collect();
        // The company API tells of neither expiry, nor owner, nor workspace.
        let kept: Vec<usize> =
            (0..heads.len()).filter(|&at| rows.iter().any(|row| !row[at].is_empty())).collect();
        let heads: Vec<&str> = kept.iter().map(|&at| heads[at]).collect();
        for row in &mut rows {
            *row = kept.iter().map(|&at| std::mem::take(&mut row[at])).collect();
        }
        terminal.table(&heads, rows, &[]);
        self.print_summary(keys, terminal);
    }

    fn print_summary(&self, keys: &[&ApiKey], terminal: &mut Terminal) {
        let active = keys.iter().filter(|key| is_active(key));
        let (active, silent): (Vec<&&ApiKey>, Vec<&&ApiKey>) =
            active.partition(|key| matches!(self.sight.last_use(&key.id), LastUse::At(_)));
        terminal.line("");
        let (used, unused) = (active.len(), silent.len());
        let silence = match unused {
            0 => String::new(),
            _ => format!(", {unused} of them without any use that is known"),
        };
        terminal.line(format_args!(
            "{}, {} active{silence}.",
            count(keys.len(), "key"),
            used + unused
        ));
    }

    fn row(&self, key: &ApiKey, terminal: &Terminal) -> Vec<String> {
        let now = self.sight.at;
        let status = match is_active(key) {
            true => key.status.clone(),
            false => terminal.marked(Mark::Faint, &key.status),
        };
        vec![
            key.name.clone(),
            key.id.to_string(),
            status,
            key.created_at.map(|at| length(now.duration_since(at))).unwrap_or_default(),
            last_use(self.sight.last_use(&key.id), now),
            key.expires_at.map(|at| expiry(at, now, terminal)).unwrap_or_default(),
            self.owner(key),
            self.workspace(key),
        ]
    }

    fn value(&self, key: &ApiKey) -> Value {
        let (used, since) = match self.sight.last_use(&key.id) {
            LastUse::At(at) => (Some(at), None),
            LastUse::NotSince(since) => (None, Some(since)),
            LastUse::Never => (None, None),
        };
        json!({
            "organization": self.organization.name.as_str(),
            "id": key.id, "name": key.name, "status": key.status, "hint": key.hint,
            "created_at": key.created_at, "expires_at": key.expires_at,
            "last_used_at": used, "not_used_since": since, "usage_known_until": self.sight.known_until,
            "workspace": key.workspace, "workspace_name": key.workspace.as_ref().map(|_| self.workspace(key)),
            "owner": key.created_by, "owner_email": key.created_by.as_ref().and_then(|id| self.owners.get(id)),
        })
    }
}

fn last_use(used: LastUse, now: Timestamp) -> String {
    match used {
        LastUse::At(at) if is_now(at, now) => "now".to_owned(),
        LastUse::At(at) => age(at, now),
        LastUse::NotSince(since) => format!("not in {}", length(now.duration_since(since))),
        LastUse::Never => "never".to_owned(),
    }
}

fn expiry(at: Timestamp, now: Timestamp, terminal: &Terminal) -> String {
    let left = at.duration_since(now);
    match left.is_positive() {
        false => terminal.marked(Mark::Bad, age(at, now)),
        true if left < SOON => {
            terminal.marked(Mark::Warn, format_args!("in {}, soon", length(left)))
        }
        true => format!("in {}", length(left)),
    }
}
