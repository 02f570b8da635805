//! How fresh the data are, and what keeps them from being fresher.

use std::fmt::{self, Write};

use jiff::Timestamp;

use super::super::status::{OrganizationStatus, ReportStatus};
use super::text::{Lasting, Text, When};

/// Folded away while nothing is wrong.
pub(super) fn write(
    out: &mut String,
    organization: &OrganizationStatus,
    now: Timestamp,
) -> fmt::Result {
    let reports = &organization.reports;
    if reports.is_empty() {
        return Ok(());
    }
    let failing = reports.iter().filter(|report| report.cause.is_some()).count();
    let open = if failing > 0 { " open" } else { "" };
    write!(out, "<details{open}><summary>{} reports", reports.len())?;
    if failing > 0 {
        write!(out, ", <strong>{failing} failing</strong>")?;
    }
    if let Some(newest) = reports.iter().filter_map(|report| report.data_timestamp).max() {
        write!(out, ", newest data {} old", Lasting(now.duration_since(newest)))?;
    }
    out.push_str("</summary>\n<div class=\"wide\"><table><thead><tr><th>report</th><th>state</th><th>heard</th><th>data until</th></tr></thead><tbody>\n");
    for report in reports {
        let zone = &organization.zone;
        let (heard, data) = (When(report.heard_at, zone), When(report.data_timestamp, zone));
        write!(out, "<tr><td>{}</td><td>", report.report)?;
        state(out, report)?;
        writeln!(out, "</td><td>{heard}</td><td>{data}</td></tr>")?;
    }
    out.push_str("</tbody></table></div></details>\n");
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
