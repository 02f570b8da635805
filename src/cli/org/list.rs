//! `org list`: the organizations of the configuration, and those that the keys may see.

use serde::Serialize;
use usagewarden_core::roster::{Membership, Profile};

use super::allowed;
use crate::claude::PollError;
use crate::cli::wording::instant;
use crate::cli::{Exit, Global, Terminal, several};
use crate::config::{Api, Config, Organization};

/// One organization of the configuration.
#[derive(Serialize)]
struct Row<'a> {
    organization: &'a str,
    api: &'static str,
    /// As the API says; `None` where it did not answer.
    name: Option<String>,
    id: Option<String>,
    as_expected: Option<bool>,
    companies: Vec<&'a str>,
    /// Company API: the organizations that its key may see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sees: Vec<Seen>,
}

#[derive(Serialize)]
struct Seen {
    #[serde(flatten)]
    membership: Membership,
    /// Whether it is the one that is asked about.
    configured: bool,
}

pub(super) async fn run(
    global: &Global,
    config: &Config,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    let (mut rows, mut exit) = (Vec::new(), Ok(()));
    for organization in several::chosen(global, config, terminal)? {
        let mut row = row(organization, config);
        let client = several::reader(organization);
        match client.profile().await {
            Ok(profile) => exit = row.learn(organization, profile, terminal).and(exit),
            Err(error) => exit = failed(organization, &error, terminal),
        }
        if organization.api == Api::Company && row.id.is_some() {
            match client.memberships().await {
                Ok(memberships) => exit = row.see(organization, memberships, terminal).and(exit),
                Err(error) => exit = failed(organization, &error, terminal),
            }
        }
        rows.push(row);
    }
    if terminal.json() {
        terminal.value(&serde_json::json!({ "data": rows }));
    } else {
        print(&rows, terminal);
    }
    exit
}

fn failed(
    organization: &Organization,
    error: &PollError,
    terminal: &mut Terminal,
) -> Result<(), Exit> {
    several::unanswered(organization, error, terminal);
    Err(Exit::No)
}

fn row<'a>(organization: &'a Organization, config: &'a Config) -> Row<'a> {
    let companies =
        config.companies.iter().filter(|one| one.organizations.contains(&organization.name));
    Row {
        organization: organization.name.as_str(),
        api: allowed::api_word(organization),
        name: None,
        id: None,
        as_expected: None,
        companies: companies.map(|company| company.name.as_str()).collect(),
        sees: Vec::new(),
    }
}

impl Row<'_> {
    fn learn(
        &mut self,
        organization: &Organization,
        profile: Profile,
        terminal: &mut Terminal,
    ) -> Result<(), Exit> {
        let expected = allowed::expected(organization, &profile);
        self.as_expected = Some(expected.is_ok());
        (self.name, self.id) = (Some(profile.name), Some(profile.id));
        expected.map_err(|said| {
            allowed::tell_unexpected(&said, terminal);
            Exit::No
        })
    }

    /// The configured one is that of `id`, else the key's own.
    fn see(
        &mut self,
        organization: &Organization,
        memberships: Vec<Membership>,
        terminal: &mut Terminal,
    ) -> Result<(), Exit> {
        let own = organization.id.clone().or_else(|| self.id.clone());
        let seen = memberships.into_iter().map(|membership| Seen {
            configured: own.as_deref() == Some(membership.id.as_str()),
            membership,
        });
        self.sees = seen.collect();
        match own.filter(|_| !self.sees.iter().any(|one| one.configured)) {
            None => Ok(()),
            Some(own) => {
                let name = &organization.name;
                terminal.error(format_args!("{name}: its key does not see the organization {own}"));
                terminal.hint("correct `id`, or use a key of that organization");
                Err(Exit::No)
            }
        }
    }
}

fn print(rows: &[Row<'_>], terminal: &mut Terminal) {
    let told = |text: Option<&String>| text.cloned().unwrap_or_else(|| "not told".to_owned());
    let companies = rows.iter().any(|row| !row.companies.is_empty());
    let cells = |row: &Row<'_>| {
        let mut cells = vec![row.organization.to_owned(), row.api.to_owned()];
        cells.extend([told(row.name.as_ref()), told(row.id.as_ref())]);
        cells.extend(companies.then(|| row.companies.join(", ")));
        cells
    };
    let mut heads = vec!["organization", "api", "name", "id"];
    heads.extend(companies.then_some("company"));
    terminal.table(&heads, rows.iter().map(cells).collect(), &[]);
    for row in rows.iter().filter(|row| !row.sees.is_empty()) {
        terminal.line("");
        let head = format!("the key of {} sees", row.organization);
        let rows = row.sees.iter().map(seen_cells).collect();
        terminal.table(&[&head, "id", "role", "created", ""], rows, &[]);
    }
}

fn seen_cells(seen: &Seen) -> Vec<String> {
    let Membership { id, name, role, created_at } = &seen.membership;
    vec![
        name.clone(),
        id.clone(),
        role.clone(),
        created_at.map(instant).unwrap_or_default(),
        if seen.configured { "configured" } else { "" }.to_owned(),
    ]
}
