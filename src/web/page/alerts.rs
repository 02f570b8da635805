//! What is wrong, before everything else.

use std::fmt::{self, Write};

use jiff::Timestamp;
use usagewarden_core::subject::ChannelName;

use super::super::alerts::AlertShown;
use super::text::{Lasting, Prose, Text, When};

/// Nobody reads further.
const CARDS_MAX: usize = 50;

pub(super) fn write(out: &mut String, alerts: &[AlertShown], now: Timestamp) -> fmt::Result {
    if alerts.is_empty() {
        return Ok(());
    }
    out.push_str("<section class=\"alerts\" aria-label=\"Alerts\">\n");
    for alert in alerts.iter().take(CARDS_MAX) {
        card(out, alert, now)?;
    }
    let more = alerts.len().saturating_sub(CARDS_MAX);
    if more > 0 {
        writeln!(out, "<p>{more} more are in <a href=\"/api/v1/alerts\">the list</a>.</p>")?;
    }
    out.push_str("</section>\n");
    Ok(())
}

fn card(out: &mut String, alert: &AlertShown, now: Timestamp) -> fmt::Result {
    let (severity, state) = (alert.severity, alert.state);
    let since = When(Some(alert.since), &alert.figures.known.zone);
    let lasting = Lasting(now.duration_since(alert.since));
    let (organization, rule) = (alert.organization.as_str(), alert.figures.rule.as_str());
    writeln!(
        out,
        "<article class=\"alert {severity} {state}\"><p class=\"tag\"><b>{severity}</b> {state} \
         since {since} ({lasting}) · {} · {}</p>\n<h3>{}</h3>\n<p>{}</p>",
        Text(organization),
        Text(rule),
        Prose(&alert.summary),
        Prose(&alert.next_step)
    )?;
    for action in &alert.actions {
        writeln!(out, "<p>{}</p>", Prose(action))?;
    }
    if !alert.told.is_empty() {
        let told: Vec<&str> = alert.told.iter().map(ChannelName::as_str).collect();
        writeln!(out, "<p class=\"tag\">told: {}</p>", Text(&told.join(", ")))?;
    }
    out.push_str("</article>\n");
    Ok(())
}
