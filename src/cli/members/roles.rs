//! The roles that each API lets be given, and why others are not.

use crate::claude::{Asked, PollError};
use crate::cli::writing::refused;
use crate::cli::{Exit, Terminal};
use crate::config::{self, Api};

const ADMIN_API: [&str; 5] = ["user", "developer", "billing", "claude_code_user", "managed"];
const COMPANY_API: [&str; 3] = ["admin", "member", "billing"];

const NO_ADMIN_GIVEN: &str = "The Admin API never gives the role admin: use another role, and let an admin of the \
     organization raise it in the Console";
const NO_ADMIN_TAKEN: &str = "The Admin API never takes the role admin away: let an admin of the organization change \
     it in the Console";

/// Whether `role` can be given, or the refusal is told.
pub(super) fn may_give(
    role: &str,
    api: Api,
    asked: Asked,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let known: &[&str] = match api {
        Api::Admin if role == "admin" => {
            return Err(refused(&PollError::NotOffered { asked, why: NO_ADMIN_GIVEN }, terminal));
        }
        Api::Admin => &ADMIN_API,
        Api::Company => &COMPANY_API,
    };
    if known.contains(&role) {
        return Ok(());
    }
    terminal.error(format_args!("there is no role `{role}` that can be given"));
    if let Some(meant) = config::nearest(role, known) {
        terminal.hint(format_args!("did you mean {meant}?"));
    }
    terminal.hint(explained(api));
    Err(Exit::Usage)
}

/// Whether whoever has `role` may lose it.
pub(super) fn may_take(role: &str, api: Api, terminal: &mut Terminal) -> Result<(), Exit> {
    let (asked, why) = (Asked::SetRole, NO_ADMIN_TAKEN);
    match (api, role) {
        (Api::Admin, "admin") => Err(refused(&PollError::NotOffered { asked, why }, terminal)),
        (Api::Admin | Api::Company, _) => Ok(()),
    }
}

const fn explained(api: Api) -> &'static str {
    match api {
        Api::Admin => {
            "the Admin API gives user, developer, billing and claude_code_user, in a Claude \
             Enterprise organization user and managed; admin only the Console"
        }
        Api::Company => {
            "the company API gives admin (everything), member (using keys and seeing usage) and \
             billing (billing only)"
        }
    }
}
