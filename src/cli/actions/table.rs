//! Actions as people read them.

use jiff::Timestamp;
use serde::Deserialize;

use crate::cli::Terminal;
use crate::cli::terminal::Mark;
use crate::cli::wording::instant;

/// The parts of an action that are shown.
#[derive(Deserialize)]
pub(super) struct Action {
    id: String,
    pub(super) organization: String,
    action: String,
    does: String,
    state: String,
    decided_at: Timestamp,
    next_attempt_at: Option<Timestamp>,
    pub(super) no_undo: Option<String>,
    pub(super) last_error: Option<String>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    before: Option<String>,
    after: Option<String>,
    stage: String,
}

/// The table, and below it what went wrong and what can be taken back: neither sentences nor
/// ids fit into columns.
pub(super) fn print(actions: &[Action], terminal: &mut Terminal) {
    let heads = ["organization", "action", "state", "ordered", "next", "what"];
    terminal.table(&heads, actions.iter().map(row).collect(), &[]);
    for action in actions {
        if let Some(error) = &action.last_error {
            let is_bad = matches!(action.state.as_str(), "refused" | "given_up");
            let mark = if is_bad { Mark::Bad } else { Mark::Warn };
            let word = terminal.marked(mark, if is_bad { "no" } else { "note" });
            terminal.line(format_args!("{word}  {}: {error}", action.id));
        }
    }
    for action in actions.iter().filter(|action| action.no_undo.is_none()) {
        let undo = terminal.marked(Mark::Faint, "undo");
        terminal.line(format_args!("{undo}  usagewarden actions undo {}", action.id));
    }
}

fn row(action: &Action) -> Vec<String> {
    vec![
        action.organization.clone(),
        action.action.clone(),
        action.state.replace('_', " "),
        instant(action.decided_at),
        action.next_attempt_at.map(instant).unwrap_or_default(),
        action.does.clone(),
    ]
}

/// What an undo will do, target by target.
pub(super) fn print_undo(action: &Action, terminal: &mut Terminal) {
    let Action { organization, action: name, does, .. } = action;
    terminal.line(format_args!("{organization}: Undo the action {name} ({does})."));
    for target in &action.targets {
        let name = &target.name;
        let after = target.after.as_deref().unwrap_or("called");
        let before = target.before.as_deref().unwrap_or("as it was before");
        match target.stage.as_str() {
            "done" | "returning" | "stuck" => {
                terminal.line(format_args!("  {name}: {after} → {before}"));
            }
            "begun" => terminal.line(format_args!("  {name}: {before}, if it was changed at all")),
            "waiting" => terminal.line(format_args!("  {name}: not changed, and will not be")),
            _ => terminal.line(format_args!("  {name}: left alone ({})", target.stage)),
        }
    }
    terminal.line("  What somebody else has changed since is left alone.");
}
