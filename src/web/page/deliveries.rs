//! Notices that wait, or did not get through.

use std::fmt::{self, Write};

use usagewarden_core::outbox::EntryState;

use super::super::State;
use super::super::deliveries::{DeliveryShown, listed};
use super::text::{Text, When};
use crate::store::Listing;

/// More are in the list.
const ROWS_MAX: usize = 20;

/// What has not been accepted, open ones first; `None` while the store cannot be read.
pub(super) async fn open(state: &State) -> Option<Vec<DeliveryShown>> {
    let unaccepted = EntryState::ALL.into_iter().filter(|state| *state != EntryState::Accepted);
    let listing = Listing { states: unaccepted.collect(), channel: None, limit: ROWS_MAX };
    // That it fails is logged by the counts, which are asked for at the same time.
    listed(state, listing).await.ok()
}

pub(super) fn write(out: &mut String, deliveries: Option<&[DeliveryShown]>) -> fmt::Result {
    let Some(deliveries) = deliveries else {
        out.push_str("<section><h2>Deliveries</h2><p><strong>The outbox cannot be read.</strong></p></section>\n");
        return Ok(());
    };
    if deliveries.is_empty() {
        return Ok(());
    }
    out.push_str("<section><h2>Deliveries</h2>\n<div class=\"wide\"><table><thead><tr><th>notice</th><th>to</th><th>state</th><th>next</th></tr></thead><tbody>\n");
    for delivery in deliveries {
        row(out, delivery)?;
    }
    out.push_str("</tbody></table></div></section>\n");
    Ok(())
}

fn row(out: &mut String, delivery: &DeliveryShown) -> fmt::Result {
    let (title, channel) = (Text(&delivery.title), Text(delivery.channel.as_str()));
    let (recipient, attempts) = (Text(&delivery.recipient), delivery.attempts);
    let state = delivery.state.replace('_', " ");
    let state = if delivery.next_attempt_at.is_some() {
        state
    } else {
        format!("<strong>{state}</strong>")
    };
    let (queued, next) =
        (When(Some(delivery.queued_at), "UTC"), When(delivery.next_attempt_at, "UTC"));
    write!(
        out,
        "<tr><td>{title}<br><span class=\"small\">queued {queued}</span></td>\
         <td>{channel}<br><span class=\"small\">{recipient}</span></td><td>{state}"
    )?;
    if attempts > 0 {
        write!(out, " after {attempts}")?;
    }
    if let Some(error) = &delivery.last_error {
        write!(out, "<br><span class=\"small error\">{}</span>", Text(error))?;
    }
    writeln!(out, "</td><td>{next}</td></tr>")
}
