//! What is to be limited: known, allowed to be limited, or refused before anybody is asked.

use usagewarden_core::roster::Workspace;
use usagewarden_core::subject::WorkspaceId;

use super::read::Limits;
use crate::claude::{Asked, PollError};
use crate::cli::naming::{self, Named};
use crate::cli::writing::{Writer, refused};
use crate::cli::{Exit, Terminal, several};
use crate::config::Config;

const NO_DEFAULT_LIMIT: &str = "The default workspace cannot be given limits: set the spend limit of the whole organization, \
     or move the traffic to a workspace of its own";

/// What the API does not offer is refused in the words of every refusal.
pub(super) fn refuse_if(
    is_refused: bool,
    asked: Asked,
    why: &'static str,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    match is_refused {
        true => Err(refused(&PollError::NotOffered { asked, why }, terminal)),
        false => Ok(()),
    }
}

/// All limits there are; one list that fails is reason enough to change nothing.
pub(super) async fn known(
    writer: &Writer<'_>,
    config: &Config,
    terminal: &mut Terminal,
) -> Result<Limits, Exit> {
    let organization = writer.organization;
    let limits = Limits::ask(&several::reader(organization), organization, config).await;
    match limits.failures.first() {
        Some(failure) => {
            several::unanswered(organization, failure, terminal);
            Err(Exit::No)
        }
        None => Ok(limits),
    }
}

/// The workspace of this id or name, if it may be given limits.
pub(super) fn workspace<'l>(
    wanted: &str,
    limits: &'l Limits,
    asked: Asked,
    terminal: &mut Terminal,
) -> Result<&'l Workspace, Exit> {
    if limits.workspaces.is_empty() && !limits.not_shown.is_empty() {
        terminal.error(format_args!("the workspace `{wanted}` cannot be looked up"));
        terminal.hint(limits.not_shown.join("; "));
        return Err(Exit::No);
    }
    let found = naming::find(wanted, &limits.workspaces, terminal)?;
    if found.archived {
        terminal.error(format_args!("the workspace {} is archived", found.shown()));
        terminal.hint("nothing is used in it any more, so it needs no limit");
        return Err(Exit::No);
    }
    let is_default = found.id.as_str() == WorkspaceId::DEFAULT;
    refuse_if(is_default, asked, NO_DEFAULT_LIMIT, terminal)?;
    Ok(found)
}
