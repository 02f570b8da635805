//! `check --online --key-env NAME`: the key of a deployment pipeline, before it deploys.
//!
//! The key is asked who it is, and the configured key is asked what there is to compare that
//! with: the organization, and where it may list keys, when this one expires. The key is shown
//! as `sk-ant-...xxxx` alone. That it cannot be told whose the key is, is a failure too: a
//! pipeline must not go on in doubt.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Serialize;
use usagewarden_core::roster::{ApiKey, Profile, Workspace};

use super::{Finding, Standing};
use crate::app;
use crate::claude::{self, Client, Inspection, PollError, matches_hint};
use crate::cli::wording::{instant, length};
use crate::clock::{Clock, SystemClock};
use crate::config::Organization;

/// Whoever deploys wants to know this long before.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What the key is expected to be.
pub(in crate::cli) struct Wanted<'a> {
    pub(in crate::cli) variable: &'a str,
    pub(in crate::cli) workspace: Option<&'a str>,
}

/// What was found, with the facts for a program.
#[derive(Default, Serialize)]
pub(in crate::cli) struct Checked {
    organization: String,
    /// Masked.
    key: Option<String>,
    key_id: Option<String>,
    active: bool,
    organization_id: Option<String>,
    organization_name: Option<String>,
    workspace_id: Option<String>,
    workspace: Option<String>,
    role: Option<String>,
    expires_at: Option<Timestamp>,
    pub(in crate::cli) findings: Vec<Finding>,
}

impl Checked {
    pub(in crate::cli) fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.standing != Standing::Failed)
    }
}

pub(in crate::cli) async fn check(
    organization: &Organization,
    key: &SecretString,
    wanted: &Wanted<'_>,
) -> Checked {
    let mut checked = Checked { organization: organization.name.to_string(), ..Checked::default() };
    let about = format!("key in ${}", wanted.variable);
    let clock = Arc::new(SystemClock);
    let inspection = match app::inspect_key(organization, key.clone(), clock.clone()).await {
        Ok(inspection) => inspection,
        Err(error) => {
            checked.findings.push(Finding::failed(about, &error));
            return checked;
        }
    };
    let configured = app::client(organization, clock.clone());
    let workspaces = configured.workspaces().await.unwrap_or_default();
    let listed = listed(&configured, key, &inspection, &workspaces).await;
    let now = clock.now();
    checked.findings.push(standing(about, &inspection, listed.as_ref(), now));
    checked.active = inspection.standing == claude::Standing::Active;
    if checked.active {
        let profile = configured.profile().await;
        checked.findings.push(identity(organization, &inspection, profile));
        checked.findings.extend(environment(&inspection, &workspaces, wanted.workspace));
    }
    checked.findings.extend(listed.as_ref().and_then(|key| expiry(key, now)));
    checked.workspace = inspection.workspace_id.as_deref().map(|id| named(id, &workspaces));
    checked.key_id = listed.as_ref().map(|key| key.id.to_string());
    checked.expires_at = listed.and_then(|key| key.expires_at);
    let Inspection { key, organization_id, organization_name, workspace_id, role, .. } = inspection;
    checked.key = Some(key);
    (checked.organization_id, checked.organization_name) = (organization_id, organization_name);
    (checked.workspace_id, checked.role) = (workspace_id, role);
    checked
}

/// The key as the organization's list has it: the only one whose hint fits. Where the configured
/// key may not list keys, nothing is lost but when this one expires.
async fn listed(
    configured: &Client,
    secret: &SecretString,
    inspection: &Inspection,
    workspaces: &[Workspace],
) -> Option<ApiKey> {
    let own = inspection.workspace_id.as_deref().map(|id| match workspace(id, workspaces) {
        Some(known) => known.id.as_str(),
        None => id,
    });
    let fits = |key: &ApiKey| {
        key.hint.as_deref().is_some_and(|hint| matches_hint(secret, hint))
            && own.is_none_or(|own| key.workspace.as_ref().is_none_or(|id| id.as_str() == own))
    };
    let mut fitting = configured.keys().await.ok()?.into_iter().filter(fits);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Whether it is let in, and if not, what the list says of it.
fn standing(
    about: String,
    inspection: &Inspection,
    listed: Option<&ApiKey>,
    now: Timestamp,
) -> Finding {
    let key = &inspection.key;
    let known = listed.map(|listed| {
        let expired = listed.expires_at.filter(|at| *at <= now);
        let expired = expired.map(|at| format!(", expired {}", instant(at))).unwrap_or_default();
        format!(
            "the organization lists it as {} ({}): {}{expired}",
            listed.name, listed.id, listed.status
        )
    });
    let (said, fix) = match &inspection.standing {
        claude::Standing::Active => {
            let role = inspection.role.as_ref().map(|role| format!(", with the role {role}"));
            let name = listed.map(|listed| format!(", {} ({})", listed.name, listed.id));
            let more = [name, role].into_iter().flatten().collect::<String>();
            return Finding::good(about, format!("{key} is active{more}"));
        }
        claude::Standing::Refused { message } => (
            format!("{key} was refused (HTTP 401): {message}"),
            "Give the pipeline an active key of this organization",
        ),
        claude::Standing::NotAllowed { message } => (
            format!("{key} is known and not allowed (HTTP 403): {message}"),
            "Give the pipeline a key that may do its work, or widen what this one may",
        ),
    };
    Finding { about, standing: Standing::Failed, said, cause: known, fix: Some(fix.to_owned()) }
}

/// Whether it belongs to the organization that is configured.
fn identity(
    organization: &Organization,
    inspection: &Inspection,
    profile: Result<Profile, PollError>,
) -> Finding {
    let about = format!("organization {}", organization.name);
    let profile = profile.as_ref();
    let expected = organization.expect_name.as_ref();
    let id = organization.id.as_ref().or(profile.ok().map(|profile| &profile.id));
    let name = expected.or(profile.ok().map(|profile| &profile.name));
    let its = (inspection.organization_id.as_ref(), inspection.organization_name.as_ref());
    let said = match its {
        (Some(id), Some(name)) => format!("{name} ({id})"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    match belongs((id, name), its) {
        Some(true) => {
            if let (Some(expected), Ok(ours)) = (expected, profile)
                && ours.name != *expected
            {
                return stranger(about, &ours.name, expected);
            }
            let name = name.map(|name| format!("the key belongs to {name}"));
            Finding::good(about, name.unwrap_or_else(|| format!("the key belongs to {said}")))
        }
        Some(false) => {
            let ours = [name, id].into_iter().flatten().map(String::as_str).collect::<Vec<_>>();
            Finding {
                about,
                standing: Standing::Failed,
                said: format!("the key belongs to {said}, not to {}", ours.join(", ")),
                cause: Some("the pipeline has the key of another organization".to_owned()),
                fix: Some("Give the pipeline a key of the organization you mean, or name that one with --organization".to_owned()),
            }
        }
        None => Finding {
            about,
            standing: Standing::Failed,
            said: "whether the key belongs to it cannot be told".to_owned(),
            cause: Some(match profile {
                Err(error) => error.advice().cause,
                Ok(_) => "the API did not say whose the key is".to_owned(),
            }),
            fix: Some("Let `key` of this organization be one that the API answers".to_owned()),
        },
    }
}

/// It is of the same organization as the configured key, and that is not the expected one.
fn stranger(about: String, ours: &str, expected: &str) -> Finding {
    Finding {
        about,
        standing: Standing::Failed,
        said: format!("the key belongs to {ours}, not to {expected}"),
        cause: Some(
            "so does the configured key: both are of another organization, or that one was renamed"
                .to_owned(),
        ),
        fix: Some("Use keys of the organization you mean, or correct `expect_name`".to_owned()),
    }
}

/// By the id where both are known in one form (an organization has two), else by the name.
/// `None`: there is nothing to compare.
fn belongs(
    (id, name): (Option<&String>, Option<&String>),
    (its_id, its_name): (Option<&String>, Option<&String>),
) -> Option<bool> {
    let is_tagged = |id: &String| id.starts_with("org_");
    match (id, its_id, name, its_name) {
        (Some(id), Some(its), _, _) if is_tagged(id) == is_tagged(its) => Some(id == its),
        (_, _, Some(name), Some(its)) => Some(name == its),
        (_, _, None, _) | (_, _, _, None) => None,
    }
}

/// Which workspace it is of, and whether that is the one that was meant.
fn environment(
    inspection: &Inspection,
    workspaces: &[Workspace],
    wanted: Option<&str>,
) -> Option<Finding> {
    let about = "workspace".to_owned();
    let failed = |said: String, fix: &str| {
        let (standing, fix) = (Standing::Failed, Some(fix.to_owned()));
        Some(Finding { about: "workspace".to_owned(), standing, said, cause: None, fix })
    };
    let fix = "Give the pipeline a key of the workspace you mean, or correct --expect-workspace";
    match (inspection.workspace_id.as_deref(), wanted) {
        (None, None) => None,
        (None, Some(wanted)) => failed(
            format!(
                "the API does not say of which workspace the key is, so not that it is of {wanted}"
            ),
            fix,
        ),
        (Some(id), Some(wanted)) if !is_called(id, wanted, workspaces) => {
            failed(format!("the key is of {}, not of {wanted}", named(id, workspaces)), fix)
        }
        (Some(id), _) => {
            Some(Finding::good(about, format!("the key is of {}", named(id, workspaces))))
        }
    }
}

fn workspace<'a>(id: &str, workspaces: &'a [Workspace]) -> Option<&'a Workspace> {
    workspaces.iter().find(|one| one.api_id == id)
}

fn is_called(id: &str, wanted: &str, workspaces: &[Workspace]) -> bool {
    id == wanted
        || workspace(id, workspaces)
            .is_some_and(|known| known.name == wanted || known.id.as_str() == wanted)
}

fn named(id: &str, workspaces: &[Workspace]) -> String {
    workspace(id, workspaces).map_or(id, |known| &known.name).to_owned()
}

/// Worth saying, and no reason to stop a deployment.
fn expiry(key: &ApiKey, now: Timestamp) -> Option<Finding> {
    let at = key.expires_at?;
    let left = at.duration_since(now);
    if !left.is_positive() {
        return None;
    }
    let said = format!("expires {}, in {}", instant(at), length(left));
    let mut finding = Finding::good("expiry".to_owned(), said);
    if left < SOON {
        finding.fix =
            Some(format!("It is time for another one: `usagewarden keys rotate {}`", key.id));
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_where_its_id_says_else_where_its_name_does() {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let cases = [
            // Ours by id and name, its by id and name.
            ("5f0c", "Acme", "5f0c", "", Some(true)),
            ("5f0c", "Acme", "77aa", "Acme", Some(false)),
            ("org_1", "Acme", "5f0c", "Acme", Some(true)),
            ("org_1", "Acme", "5f0c", "Labs", Some(false)),
            ("org_1", "Acme", "5f0c", "", None),
            ("", "Acme", "5f0c", "Acme", Some(true)),
            ("", "", "5f0c", "Acme", None),
            ("5f0c", "Acme", "", "", None),
        ];
        for (id, name, its_id, its_name, expected) in cases {
            let (id, name, its_id, its_name) = (text(id), text(name), text(its_id), text(its_name));
            let ours = (id.as_ref(), name.as_ref());
            assert_eq!(belongs(ours, (its_id.as_ref(), its_name.as_ref())), expected, "{ours:?}");
        }
    }
}
