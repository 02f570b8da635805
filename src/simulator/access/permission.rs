//! What each key may ask for.
//!
//! The Admin API and the company API are told apart by their paths. A scoped key of the Admin
//! API is refused with the scopes it has and the one it would need; a key of the company API
//! with the roles that may.

use axum::http::Method;

use super::{Caller, Role};
use crate::simulator::refusal::Refusal;

/// What the key that reads carries.
const SCOPES: &str = "read:members, read:spend_limits, read:analytics, read:compliance_activities";

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surface {
    /// The Admin API and the compliance feed.
    Admin,
    Company(Need),
    Models,
}

/// Who may use a part of the company API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    AnyRole,
    AdminOrBilling,
    Admin,
}

impl Surface {
    fn of(path: &str) -> Self {
        match path {
            "/v1/models" => return Self::Models,
            "/v1/me" => return Self::Company(Need::AnyRole),
            _ => {}
        }
        let Some(rest) = path.strip_prefix("/v1/organizations") else { return Self::Admin };
        match rest {
            "" | "/company" | "/company/usage" => Self::Company(Need::AnyRole),
            _ if rest.starts_with("/company") => Self::Company(Need::AdminOrBilling),
            _ if rest.starts_with("/org_") => {
                Self::Company(match rest.rsplit_once('/').map_or("", |(_, last)| last) {
                    "usage" => Need::AnyRole,
                    "billing" => Need::AdminOrBilling,
                    _ => Need::Admin,
                })
            }
            _ => Self::Admin,
        }
    }
}

pub(crate) fn is_compliance(path: &str) -> bool {
    path.starts_with("/v1/compliance/")
}

/// Refuses whoever may not ask for this.
pub(crate) fn allow(caller: Caller, method: &Method, path: &str) -> Result<(), Refusal> {
    let ordinary = || {
        Refusal::forbidden(
            "This endpoint needs an administrator's key; the key sent is an ordinary one",
        )
    };
    match (Surface::of(path), caller) {
        (Surface::Admin, Caller::Administrator) => Ok(()),
        (Surface::Admin, Caller::Reader) => scoped(method, path),
        (Surface::Admin, Caller::Company(_) | Caller::Key { .. } | Caller::Workspace) => {
            Err(ordinary())
        }
        (Surface::Company(_), Caller::Administrator) => Ok(()),
        (Surface::Company(_), Caller::Reader | Caller::Workspace) => Err(ordinary()),
        (Surface::Company(need), Caller::Company(_) | Caller::Key { .. }) => {
            role(need, caller.role())
        }
        (Surface::Models, Caller::Company(_) | Caller::Key { .. } | Caller::Workspace) => Ok(()),
        (Surface::Models, Caller::Administrator | Caller::Reader) => {
            Err(Refusal::forbidden("This endpoint needs a key of a workspace"))
        }
    }
}

fn role(need: Need, role: Role) -> Result<(), Refusal> {
    let (may, needed) = match need {
        Need::AnyRole => (true, ""),
        Need::AdminOrBilling => (role != Role::Member, "admin or billing"),
        Need::Admin => (role == Role::Admin, "admin"),
    };
    let label = role.label();
    let why = format!("This endpoint needs the role {needed}; the key's role is {label}");
    if may { Ok(()) } else { Err(Refusal::forbidden(&why)) }
}

/// Everything may be read. For what no scope is known, only an administrator may write.
fn scoped(method: &Method, path: &str) -> Result<(), Refusal> {
    if *method == Method::GET {
        return Ok(());
    }
    let has = |part: &str| path.contains(part);
    let needed = if has("/users") || has("/invites") {
        "write:members"
    } else if has("/spend_limits") {
        "write:spend_limits"
    } else {
        "org:admin"
    };
    let why = format!("Missing scope. Scopes present: {SCOPES}. Scopes needed: {needed}");
    Err(Refusal::forbidden(&why))
}
