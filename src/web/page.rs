//! The page for people: what was spent, how fresh that is, what is wrong.
//!
//! It works without a script and reloads itself. Everything that came from outside is
//! escaped; there is no other way to write text than [`Text`].

use std::fmt::{self, Display, Write};

use axum::extract::State as Extracted;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::State;
use super::status::{OrganizationStatus, ReportStatus, Status, status};

/// Nobody reads further, and a fleet would make the page megabytes long.
const SECTIONS_MAX: usize = 100;

const STYLE: &str = include_str!("page.css");

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn show(Extracted(state): Extracted<State>) -> Html<String> {
    let mut html = String::new();
    // Writing to a `String` cannot fail.
    let _ = page(&mut html, &status(&state));
    Html(html)
}

fn page(out: &mut String, status: &Status) -> fmt::Result {
    out.push_str(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"60\">\
         <title>usagewarden</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>\n",
    );
    let state = if status.ready { "running" } else { "not ready" };
    let (version, at) = (status.version, When(Some(status.at), "UTC"));
    writeln!(
        out,
        "<header><h1>usagewarden</h1><p>{state} · version {version} · {at}</p></header><main>"
    )?;
    if status.data.is_empty() {
        out.push_str("<p>No organization is configured.</p>\n");
    }
    for organization in status.data.iter().take(SECTIONS_MAX) {
        section(out, organization)?;
    }
    let more = status.data.len().saturating_sub(SECTIONS_MAX);
    if more > 0 {
        writeln!(out, "<p>{more} more organizations are in the status.</p>")?;
    }
    out.push_str(
        "</main><footer><a href=\"/metrics\">metrics</a> <a href=\"/api/v1/status\">status</a> \
         <a href=\"/api/v1/spend?by=workspace,model\">spend of this month</a> \
         <a href=\"/-/ready\">readiness</a></footer>\n</body></html>\n",
    );
    Ok(())
}

fn section(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    write!(out, "<section><h2>{}</h2>", Text(organization.organization.as_str()))?;
    let facts = [&organization.name, &organization.id, &organization.plan];
    let facts: Vec<&str> = facts.into_iter().flatten().map(String::as_str).collect();
    writeln!(out, "<p>{}</p>", Text(&facts.join(" · ")))?;
    if let Some(trouble) = &organization.trouble {
        writeln!(out, "<p><strong>{}</strong></p>", Text(trouble))?;
    }
    if organization.spend.is_empty() {
        out.push_str("<p>Nothing has been read yet.</p>\n");
    } else {
        spend(out, organization)?;
    }
    reports(out, organization)?;
    out.push_str("</section>\n");
    Ok(())
}

fn spend(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    out.push_str("<table><caption>Spend so far</caption><thead><tr><th>period</th><th class=\"n\">amount</th><th>basis</th><th>data until</th></tr></thead><tbody>\n");
    for period in &organization.spend {
        let until = When(period.data_timestamp, &organization.zone);
        let total = period.total;
        let name = if period.period == "day" {
            "today".to_owned()
        } else {
            format!("this {}", period.period)
        };
        let basis = period.basis.unwrap_or("–");
        writeln!(
            out,
            "<tr><td>{name}</td><td class=\"n\">{total}</td><td>{basis}</td><td>{until}</td></tr>"
        )?;
    }
    out.push_str("</tbody></table>\n");
    hour(out, organization)?;
    cap(out, organization)?;
    unpriced(out, organization)
}

/// The newest closed hour, and what is usual for it.
fn hour(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    let Some(hour) = &organization.hour else { return Ok(()) };
    let from = When(Some(hour.from), &organization.zone);
    let (spent, usual) = hour.amounts;
    write!(out, "<p>In the hour from {from}: {spent}, estimated")?;
    if let Some(usual) = usual {
        let weeks = hour.weeks;
        let weeks = if weeks == 1 { "week".to_owned() } else { format!("{weeks} weeks") };
        write!(out, "; usual in the last {weeks}: {usual}")?;
    }
    out.push_str("</p>\n");
    Ok(())
}

/// The month against the organization's own cap, where the API reports one.
fn cap(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    let caps = organization.limits.spend.iter();
    let own =
        caps.filter(|cap| cap.enabled && matches!(&*cap.scope, "organization" | "usage_tier"));
    let lowest = own.filter_map(|cap| cap.amount).min();
    let month = organization.spend.iter().find(|spend| spend.period == "month");
    let (Some(limit), Some(month)) = (lowest, month) else { return Ok(()) };
    let Some(ratio) = month.total.ratio_of(limit) else { return Ok(()) };
    let percent = (ratio * Decimal::ONE_HUNDRED).round_dp(1);
    let level = percent.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED);
    writeln!(
        out,
        "<p><meter min=\"0\" max=\"100\" low=\"80\" high=\"95\" optimum=\"0\" value=\"{level}\"></meter> \
         {percent} % of the limit of {limit} that the API reports</p>"
    )
}

/// What is in none of the figures above, and why.
fn unpriced(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    for one in &organization.unpriced {
        let (tokens, model) = (one.tokens, Text(&one.model));
        writeln!(
            out,
            "<p><strong>Not in these figures:</strong> {tokens} tokens of {model} this month; \
             no price is known for them at their tier</p>"
        )?;
    }
    Ok(())
}

fn reports(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    if organization.reports.is_empty() {
        return Ok(());
    }
    out.push_str("<table><caption>Reports</caption><thead><tr><th>report</th><th>state</th><th>heard</th><th>data until</th></tr></thead><tbody>\n");
    for report in &organization.reports {
        let zone = &organization.zone;
        let (heard, data) = (When(report.heard_at, zone), When(report.data_timestamp, zone));
        write!(out, "<tr><td>{}</td><td>", report.report)?;
        state(out, report)?;
        writeln!(out, "</td><td>{heard}</td><td>{data}</td></tr>")?;
    }
    out.push_str("</tbody></table>\n");
    Ok(())
}

fn state(out: &mut String, report: &ReportStatus) -> fmt::Result {
    match (&report.cause, &report.fix) {
        (Some(cause), fix) => {
            let fix = fix.as_deref().unwrap_or_default();
            write!(out, "<strong>{}</strong> {}", Text(cause), Text(fix))?;
        }
        (None, _) if report.granted == Some(false) => out.push_str("not granted"),
        (None, _) => out.push_str(report.outcome.unwrap_or("–")),
    }
    if let Some(percent) = report.backfill.iter().map(|fill| fill.percent).min() {
        write!(out, " · reading the past, {percent} %")?;
    }
    Ok(())
}

/// Text from outside, harmless in an element and in a quoted attribute.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A time in a zone, and the zone.
struct When<'a>(Option<Timestamp>, &'a str);

impl Display for When<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = self.0 else { return f.write_str("–") };
        // The zone was known when the configuration was read; UTC is never wrong.
        let zone = crate::clock::zone(self.1).unwrap_or(TimeZone::UTC);
        let shown = at.to_zoned(zone);
        write!(f, "<time datetime=\"{at}\">{}</time>", shown.strftime("%Y-%m-%d %H:%M %Z"))
    }
}
