//! What steps had done about them, and how it comes back.

use std::fmt::{self, Write};

use super::super::State;
use super::super::actions::{ActionShown, newest};
use super::text::{Text, When};

/// More are in the list.
const ROWS_MAX: usize = 20;

/// `None` while the store cannot be read.
pub(super) async fn shown(state: &State) -> Option<Vec<ActionShown>> {
    newest(state, ROWS_MAX).await
}

pub(super) fn write(out: &mut String, actions: Option<&[ActionShown]>) -> fmt::Result {
    let Some(actions) = actions else {
        out.push_str("<section><h2>Actions</h2><p><strong>The actions cannot be read.</strong></p></section>\n");
        return Ok(());
    };
    if actions.is_empty() {
        return Ok(());
    }
    out.push_str("<section><h2>Actions</h2>\n<div class=\"wide\"><table><thead><tr><th>action</th><th>organization</th><th>state</th><th>to bring it back</th></tr></thead><tbody>\n");
    for action in actions {
        row(out, action)?;
    }
    out.push_str("</tbody></table></div></section>\n");
    Ok(())
}

fn row(out: &mut String, action: &ActionShown) -> fmt::Result {
    let (name, does) = (Text(action.action.as_str()), Text(&action.does));
    let (organization, rule) = (Text(action.organization.as_str()), Text(action.rule.as_str()));
    let decided = When(Some(action.decided_at), "UTC");
    write!(
        out,
        "<tr><td>{name}: {does}<br><span class=\"small\">ordered {decided} by {rule}</span></td>\
         <td>{organization}</td><td>"
    )?;
    let state = action.state.replace('_', " ");
    match action.state {
        "refused" | "given_up" => write!(out, "<strong>{state}</strong>")?,
        _ => out.push_str(&state),
    }
    if action.attempts > 1 {
        write!(out, " after {}", action.attempts)?;
    }
    if let Some(next) = action.next_attempt_at {
        write!(out, ", next {}", When(Some(next), "UTC"))?;
    }
    if let Some(error) = &action.last_error {
        write!(out, "<br><span class=\"small error\">{}</span>", Text(error))?;
    }
    out.push_str("</td><td>");
    if action.no_undo.is_none() {
        write!(out, "<code>usagewarden actions undo {}</code>", Text(&action.id.0))?;
    }
    out.push_str("</td></tr>\n");
    Ok(())
}
