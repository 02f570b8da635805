//! The page for people: what is wrong, what was spent of what, how fresh that is.
//!
//! It works without a script and reloads itself. Everything that came from outside is
//! escaped: there is no other way to write text than `text`. It is made from the same
//! commit as metrics and status; of the outbox and of past days it asks the store, and
//! says so where that cannot be read.

use std::fmt::{self, Write};

use axum::extract::State as Extracted;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::State;
use super::actions::ActionShown;
use super::alerts::{self as listed_alerts, AlertShown};
use super::deliveries::DeliveryShown;
use super::status::{OrganizationStatus, Status, status};
use chart::Chart;
use text::{Text, When};

mod actions;
mod alerts;
mod budgets;
mod chart;
mod deliveries;
mod reports;
mod spend;
mod text;

/// Nobody reads further, and a fleet would make the page megabytes long.
const SECTIONS_MAX: usize = 100;

const STYLE: &str = include_str!("page.css");

/// Everything that is shown.
struct Shown {
    status: Status,
    alerts: Vec<AlertShown>,
    /// `None` while the store cannot be read.
    deliveries: Option<Vec<DeliveryShown>>,
    /// `None` while the store cannot be read.
    actions: Option<Vec<ActionShown>>,
    /// By place of the organization.
    charts: Vec<Option<Chart>>,
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn show(Extracted(state): Extracted<State>) -> Html<String> {
    let status = status(&state).await;
    let shown = Shown {
        alerts: listed_alerts::everywhere(&state),
        deliveries: deliveries::open(&state).await,
        actions: actions::shown(&state).await,
        charts: chart::of_all(&state, &status.data).await,
        status,
    };
    let mut html = String::new();
    // Writing to a `String` cannot fail.
    let _ = page(&mut html, &shown);
    Html(html)
}

fn page(out: &mut String, shown: &Shown) -> fmt::Result {
    let Shown { status, alerts, deliveries, actions, charts } = shown;
    out.push_str(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"60\">\
         <title>usagewarden</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>\n",
    );
    head(out, status, alerts)?;
    out.push_str("<main>\n");
    self::alerts::write(out, alerts, status.at)?;
    if status.data.is_empty() {
        out.push_str("<p>No organization is configured.</p>\n");
    }
    let charts = charts.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    for (organization, chart) in status.data.iter().zip(charts).take(SECTIONS_MAX) {
        section(out, organization, chart, status.at)?;
    }
    let more = status.data.len().saturating_sub(SECTIONS_MAX);
    if more > 0 {
        writeln!(out, "<p>{more} more organizations are in the status.</p>")?;
    }
    self::actions::write(out, actions.as_deref())?;
    deliveries::write(out, deliveries.as_deref())?;
    out.push_str(
        "</main><footer><a href=\"/metrics\">metrics</a> <a href=\"/api/v1/status\">status</a> \
         <a href=\"/api/v1/alerts\">alerts</a> <a href=\"/api/v1/deliveries\">deliveries</a> \
         <a href=\"/api/v1/actions\">actions</a> \
         <a href=\"/api/v1/spend?by=workspace,model\">spend of this month</a> \
         <a href=\"/-/ready\">readiness</a></footer>\n</body></html>\n",
    );
    Ok(())
}

fn head(out: &mut String, status: &Status, alerts: &[AlertShown]) -> fmt::Result {
    let firing = alerts.iter().filter(|alert| alert.is_firing()).count();
    let state = match (status.ready, firing) {
        (false, _) => "not ready".to_owned(),
        (true, 0) => "nothing fires".to_owned(),
        (true, 1) => "1 alert fires".to_owned(),
        (true, more) => format!("{more} alerts fire"),
    };
    // The most urgent comes first.
    let urgency = match alerts.first() {
        Some(alert) if alert.is_firing() => alert.severity,
        Some(_) | None if !status.ready => "warning",
        Some(_) | None => "quiet",
    };
    let (version, at) = (status.version, When(Some(status.at), "UTC"));
    writeln!(
        out,
        "<header><h1>usagewarden</h1><p class=\"state {urgency}\">{state}</p>\
         <p class=\"small\">{at} · version {version}</p></header>"
    )
}

fn section(
    out: &mut String,
    organization: &OrganizationStatus,
    chart: Option<&Chart>,
    now: jiff::Timestamp,
) -> fmt::Result {
    write!(out, "<section><h2>{}</h2>", Text(organization.organization.as_str()))?;
    let facts = [&organization.name, &organization.id, &organization.plan];
    let facts: Vec<&str> = facts.into_iter().flatten().map(String::as_str).collect();
    writeln!(out, "<p class=\"small\">{}</p>", Text(&facts.join(" · ")))?;
    if let Some(trouble) = &organization.trouble {
        writeln!(out, "<p><strong>{}</strong></p>", Text(trouble))?;
    }
    if organization.spend.is_empty() && organization.budgets.is_empty() {
        out.push_str("<p>Nothing has been read yet.</p>\n");
    }
    budgets::write(out, &organization.budgets)?;
    if !organization.spend.is_empty() {
        out.push_str("<h3>Spend</h3>\n");
        if let Some(chart) = chart {
            chart.write(out)?;
        }
        spend::write(out, organization)?;
    }
    reports::write(out, organization, now)?;
    out.push_str("</section>\n");
    Ok(())
}
