//! Deliveries as people read them.

use jiff::Timestamp;
use serde::Deserialize;

use crate::cli::Terminal;
use crate::cli::terminal::Mark;
use crate::cli::wording::instant;

/// The parts of a delivery that are shown.
#[derive(Deserialize)]
pub(in crate::cli) struct Delivery {
    id: u64,
    title: String,
    channel: String,
    recipient: String,
    state: String,
    attempts: u32,
    queued_at: Timestamp,
    next_attempt_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// The table, and below it what went wrong: sentences do not fit into columns.
pub(in crate::cli) fn print(deliveries: &[Delivery], terminal: &mut Terminal) {
    let heads = ["delivery", "state", "to", "attempts", "queued", "next", "notice"];
    terminal.table(&heads, deliveries.iter().map(row).collect(), &[0, 3]);
    for delivery in deliveries.iter().filter(|delivery| delivery.state != "accepted") {
        if let Some(error) = &delivery.last_error {
            let bad = terminal.marked(Mark::Bad, "no");
            terminal.line(format_args!("{bad}  {}: {error}", delivery.id));
        }
    }
}

fn row(delivery: &Delivery) -> Vec<String> {
    vec![
        delivery.id.to_string(),
        delivery.state.replace('_', " "),
        format!("{} {}", delivery.channel, delivery.recipient),
        delivery.attempts.to_string(),
        instant(delivery.queued_at),
        delivery.next_attempt_at.map(instant).unwrap_or_default(),
        delivery.title.clone(),
    ]
}
