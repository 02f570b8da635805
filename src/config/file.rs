//! The files of a configuration: the main one, and those of a fleet beside it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;
use usagewarden_core::route::Route;
use usagewarden_core::rule::Rule;
use usagewarden_core::subject::{ChannelName, OrganizationName};

use super::action::{self, Takers};
use super::channel::{self, Channels};
use super::company::Company;
use super::document::{Document, Position};
use super::environment::Environment;
use super::heartbeat::Heartbeat;
use super::organization::Organization;
use super::poll::Written;
use super::prices;
use super::problem::{Complaint, Notes};
use super::server::{Http, Log, Store};
use super::table::{At, Table};
use super::{Config, route, rule, server, value};

/// The configuration in the file at `path`; `None` when it cannot be made, which is noted.
pub(super) fn read(path: &Path, environment: &Environment, notes: &Notes) -> Option<Config> {
    let document = open(0, path, notes)?;
    let parsed = parse(&document, notes);
    let root = root(&document, &parsed, notes);

    let http = Http::read(root.table("http").as_ref(), environment);
    let external_url = root.optional("external_url", value::public_url);
    let general = Written::read(root.table("poll").as_ref());
    let fleet = read_fleet(&root, notes);
    let fleet: Vec<_> = fleet.iter().map(|file| (file, parse(file, notes))).collect();
    let mut tables = root.tables("organization");
    for (document, parsed) in &fleet {
        tables.extend(self::root(document, parsed, notes).tables("organization"));
    }
    if tables.is_empty() {
        let complaint = Complaint::new("there is no [[organization]], so nothing to watch")
            .hint("add [[organization]] with `name` and `key`");
        notes.absence(None, complaint);
    }
    let organizations = read_organizations(&tables, &general, environment, notes);
    let Channels { emails, webhooks } = channel::read(&root, environment, notes);
    let mail: Vec<ChannelName> = emails.iter().map(|channel| channel.name.clone()).collect();
    let hooks: Vec<ChannelName> = webhooks.iter().map(|channel| channel.name.clone()).collect();
    let routes = route::read(&root, &[&mail[..], &hooks[..]].concat());
    let companies = read_companies(&root, &organizations, notes);
    let actions = action::read(&root, action::Channels { emails: &mail, webhooks: &hooks });
    let known =
        rule::Known { organizations: &organizations, companies: &companies, actions: &actions };
    let mut rules = read_rules(&root, known, &routes, notes);
    let default_rules =
        if rules.is_empty() { rule::defaults::rules(&organizations) } else { Vec::new() };
    route::warn_unheard(&routes, &default_rules, &judged(known), !actions.is_empty(), notes);
    rules.extend(default_rules.iter().map(|default| default.rule.clone()));
    let store = Store::read(root.table("store").as_ref(), environment);
    let config = Config {
        journal: server::read_journal(root.table("journal").as_ref(), &store),
        external_url: external_url.map_or_else(|| http.own_url(), |url| url.value),
        http,
        store,
        log: Log::read(root.table("log").as_ref()),
        organizations,
        companies,
        prices: prices::read(root.table("prices").as_ref()),
        emails,
        routes,
        webhooks,
        heartbeat: Heartbeat::read(root.table("heartbeat"), environment),
        actions: actions.into_iter().map(|action| action.value).collect(),
        rules,
        default_rules,
    };
    config.warn(notes);
    Some(config)
}

fn open(number: usize, path: &Path, notes: &Notes) -> Option<Document> {
    match Document::read(number, path) {
        Ok(document) => Some(document),
        Err(complaint) => {
            notes.unreadable(number, complaint);
            None
        }
    }
}

/// What can be made of a file, with everything that is wrong with its syntax noted.
fn parse<'a>(document: &'a Document, notes: &Notes) -> Spanned<DeTable<'a>> {
    /// A file that is no TOML has a mistake on every line; the first ones tell as much.
    const TOLD_MAX: usize = 20;
    let (parsed, errors) = DeTable::parse_recoverable(&document.text);
    for error in errors.iter().take(TOLD_MAX) {
        let position = document.position(error.span().unwrap_or(0..0));
        notes.syntax(position, Complaint::new(error.message()).hint(syntax_hint(error.message())));
    }
    if let Some(left) = errors.len().checked_sub(TOLD_MAX).filter(|left| *left > 0) {
        let position = document.position(document.text.len()..document.text.len());
        notes.syntax(position, Complaint::new(format!("{left} more lines could not be read")));
    }
    parsed
}

fn syntax_hint(message: &str) -> &'static str {
    if message.contains("duplicate key") {
        "each key and each [table] is written once; only [[…]] can be repeated"
    } else {
        "this is not TOML: text stands in quotes; other values are 1, true, [\"…\"] and { … }"
    }
}

fn root<'a>(
    document: &'a Document,
    parsed: &'a Spanned<DeTable<'a>>,
    notes: &'a Notes,
) -> Table<'a> {
    Table::new("the top level", parsed.get_ref(), document.position(0..0), notes)
}

/// The files in `organizations_dir`, in the order of their names.
fn read_fleet(root: &Table<'_>, notes: &Notes) -> Vec<Document> {
    let Some(At { value: directory, position }) = root.path("organizations_dir") else {
        return Vec::new();
    };
    match list(&directory) {
        Ok(paths) => {
            let numbered = (1..).zip(paths);
            numbered.filter_map(|(number, path)| open(number, &path, notes)).collect()
        }
        Err(error) => {
            let shown = directory.display();
            let complaint = Complaint::new(format!(
                "`organizations_dir`: cannot list {shown}: {error}"
            ))
            .hint("make the directory, or leave the key out; relative paths start at this file");
            notes.error(position.public(), complaint);
            Vec::new()
        }
    }
}

fn list(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        // Editors leave hidden copies beside what they edit.
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_organizations(
    tables: &[Table<'_>],
    general: &Written<'_>,
    environment: &Environment,
    notes: &Notes,
) -> Vec<Organization> {
    let read: Vec<At<'_, Organization>> =
        tables.iter().filter_map(|table| Organization::read(table, general, environment)).collect();
    let names = read.iter().map(|found| (found.value.name.as_str(), found.position));
    refuse_duplicates("organization", names, notes);
    read.into_iter().map(|found| found.value).collect()
}

/// Companies, which share their names with no organization.
fn read_companies(root: &Table<'_>, organizations: &[Organization], notes: &Notes) -> Vec<Company> {
    let tables = root.tables("company");
    let read: Vec<At<'_, Company>> =
        tables.iter().filter_map(|table| Company::read(table, organizations)).collect();
    let names = read.iter().map(|found| (found.value.name.as_str(), found.position));
    refuse_duplicates("company", names, notes);
    for At { value: Company { name, .. }, position } in &read {
        if organizations.iter().any(|organization| organization.name == *name) {
            let message = format!("the company `{name}` has the name of an organization");
            notes.error(position.public(), Complaint::new(message).hint("rename one of them"));
        }
    }
    read.into_iter().map(|found| found.value).collect()
}

fn read_rules(
    root: &Table<'_>,
    known: rule::Known<'_>,
    routes: &[Route],
    notes: &Notes,
) -> Vec<Rule> {
    let mut takers = Takers::default();
    let table = root.table("rule");
    let read = table.map(|table| rule::read(&table, known, &mut takers)).unwrap_or_default();
    takers.warn_untaken(known.actions, notes);
    let names = read.iter().map(|found| (found.value.name.as_str(), found.position));
    refuse_duplicates("rule", names, notes);
    route::refuse_unheard(routes, &read, &judged(known), notes);
    read.into_iter().map(|found| found.value).collect()
}

/// Organizations with the companies they belong to, and companies.
fn judged(known: rule::Known<'_>) -> route::Judged {
    let companies_of = |name: &OrganizationName| {
        let own = known.companies.iter().filter(|company| company.organizations.contains(name));
        own.map(|company| company.name.clone()).collect()
    };
    let organizations = known.organizations.iter().map(|one| &one.name);
    let members = organizations.map(|name| (name.clone(), companies_of(name)));
    let companies = known.companies.iter().map(|one| (one.name.clone(), vec![one.name.clone()]));
    members.chain(companies).collect()
}

pub(super) fn refuse_duplicates<'n, 'p>(
    kind: &str,
    names: impl Iterator<Item = (&'n str, Position<'p>)>,
    notes: &Notes,
) {
    let mut first_places: HashMap<&str, Position<'_>> = HashMap::new();
    for (name, position) in names {
        if let Some(first) = first_places.get(name) {
            let complaint = Complaint::new(format!("there are two of the {kind} `{name}`"))
                .hint(format!("the first stands on {}; rename one", first.seen_from(position)));
            notes.error(position.public(), complaint);
        } else {
            first_places.insert(name, position);
        }
    }
}
