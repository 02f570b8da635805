//! `usagewarden check`: is the configuration right, and with `--online`, does it work.
//!
//! The file is loaded by the very code that `run` uses. Online, every organization's key is
//! tried on every report it will be asked for, every mail server is logged in to, and every
//! webhook's host is connected to; all failures are shown in one run, each with its cause
//! and what to do. With `--key-env` only the key in that variable is asked about.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use crate::cli::online::{self, Finding, Standing, pipeline};
use crate::cli::terminal::Mark;
use crate::cli::wording::count;
use crate::cli::writing::one_organization;
use crate::cli::{Exit, Global, Terminal, block_on, load};
use crate::config::{Config, DefaultRule, Environment, Loaded};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Also ask the API, the mail servers and the hosts of webhooks
    #[arg(long)]
    online: bool,
    /// Only the key in this environment variable: is it of this organization, and let in
    #[arg(long, value_name = "NAME", requires = "online")]
    key_env: Option<String>,
    /// The workspace, by its name or id, that the key in --key-env must belong to
    #[arg(long, value_name = "WORKSPACE", requires = "key_env")]
    expect_workspace: Option<String>,
}

pub(super) fn run(
    global: &Global,
    options: &Options,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Exit {
    let loaded = match load(global, environment, terminal) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    if let Some(variable) = &options.key_env {
        let wanted = pipeline::Wanted { variable, workspace: options.expect_workspace.as_deref() };
        return check_key(global, &loaded.config, environment, &wanted, terminal);
    }
    let findings =
        if options.online { block_on(online::ask_everyone(&loaded.config)) } else { Vec::new() };
    if terminal.json() {
        terminal.value(&Report::of(&loaded, &findings));
    } else {
        terminal.warnings(&loaded.warnings);
        summary(&loaded, terminal);
        for finding in &findings {
            show(finding, terminal);
        }
    }
    let failed = findings.iter().any(|finding| finding.standing == Standing::Failed);
    if failed { Exit::No } else { Exit::Done }
}

/// Nothing else is asked online.
fn check_key(
    global: &Global,
    config: &Config,
    environment: &Environment,
    wanted: &pipeline::Wanted<'_>,
    terminal: &mut Terminal,
) -> Exit {
    let organization = match one_organization(global, config, terminal) {
        Ok(organization) => organization,
        Err(exit) => return exit,
    };
    let Some(key) = environment.text(wanted.variable) else {
        terminal.error(format_args!("${} is not set, or is empty", wanted.variable));
        terminal.hint("let the pipeline export the key under this name before it calls this");
        return Exit::No;
    };
    let checked = block_on(pipeline::check(organization, &key.into(), wanted));
    if terminal.json() {
        terminal.value(&checked);
    } else {
        checked.findings.iter().for_each(|finding| show(finding, terminal));
    }
    if checked.is_good() { Exit::Done } else { Exit::No }
}

/// What a program is told.
#[derive(Serialize)]
struct Report<'a> {
    source: String,
    warnings: Vec<String>,
    /// Names and words of the rules that hold because none is written.
    default_rules: BTreeMap<String, &'static str>,
    findings: &'a [Finding],
}

impl<'a> Report<'a> {
    fn of(loaded: &Loaded, findings: &'a [Finding]) -> Self {
        let warnings = loaded.warnings.iter().map(ToString::to_string).collect();
        let defaults = loaded.config.default_rules.iter();
        let default_rules = defaults.map(|one| (one.rule.name.to_string(), one.words)).collect();
        Self { source: loaded.source.to_string(), warnings, default_rules, findings }
    }
}

fn summary(loaded: &Loaded, terminal: &mut Terminal) {
    let Config { organizations, rules, default_rules, .. } = &loaded.config;
    let counted = [
        count(organizations.len(), "organization"),
        count(loaded.config.channels().count(), "channel"),
        count(rules.len() - default_rules.len(), "rule"),
    ];
    let good = terminal.marked(Mark::Good, "ok");
    terminal.line(format_args!("{good}  {}: {}", loaded.source, counted.join(", ")));
    if default_rules.is_empty() {
        return;
    }
    terminal.line("      No rule is written, so people are told of:");
    for DefaultRule { rule, words } in default_rules {
        terminal.line(format_args!("      {}: {words}", rule.name));
    }
}

fn show(finding: &Finding, terminal: &mut Terminal) {
    let mark = match finding.standing {
        Standing::Good => terminal.marked(Mark::Good, "ok"),
        Standing::Absent => terminal.marked(Mark::Faint, "--"),
        Standing::Failed => terminal.marked(Mark::Bad, "no"),
    };
    terminal.line(format_args!("{mark}  {}: {}", finding.about, finding.said));
    for advice in [&finding.cause, &finding.fix].into_iter().flatten() {
        terminal.line(format_args!("      {advice}"));
    }
}
