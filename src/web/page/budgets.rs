//! What is allowed and what of it is used, as bars.

use std::fmt::{self, Write};

use rust_decimal::Decimal;
use usagewarden_core::notice::Kind;
use usagewarden_core::quantity::percent;

use super::super::status::BudgetStatus;
use super::text::{Text, When, drawn};

/// With a budget for every key the page would be megabytes long.
const ROWS_MAX: usize = 100;

/// The lists, in the order they are shown in.
const LISTS: [(&str, &[Kind]); 3] = [
    ("Budgets", &[Kind::Budget, Kind::Quota]),
    ("Headroom", &[Kind::RateLimit]),
    ("Thresholds", &[Kind::Threshold]),
];

pub(super) fn write(out: &mut String, budgets: &[BudgetStatus]) -> fmt::Result {
    for (title, kinds) in LISTS {
        let of_kind = budgets.iter().filter(|budget| kinds.contains(&budget.kind));
        let rows: Vec<&BudgetStatus> = of_kind.collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(out, "<h3>{title}</h3>")?;
        for budget in rows.iter().take(ROWS_MAX) {
            row(out, budget)?;
        }
        let more = rows.len().saturating_sub(ROWS_MAX);
        if more > 0 {
            writeln!(out, "<p>{more} more are in <a href=\"/api/v1/status\">the status</a>.</p>")?;
        }
    }
    Ok(())
}

fn row(out: &mut String, budget: &BudgetStatus) -> fmt::Result {
    let (figures, known) = (&budget.figures, &budget.figures.known);
    let severity = budget.severity.unwrap_or("quiet");
    write!(
        out,
        "<div class=\"budget {severity}\"><p class=\"line\"><span><b>{}</b>",
        Text(figures.rule.as_str())
    )?;
    let whose = figures.subject.words();
    if !whose.is_empty() {
        write!(out, " {}", Text(&whose))?;
    }
    out.push_str("</span><span class=\"figure\">");
    match (known.value, known.limit) {
        (Some(value), Some(limit)) => write!(out, "{value} of {limit}")?,
        (Some(value), None) => write!(out, "{value}")?,
        (None, Some(limit)) => write!(out, "? of {limit}")?,
        (None, None) => {}
    }
    if let Some(ratio) = known.ratio {
        write!(out, " <b>{} %</b>", percent(ratio))?;
    }
    out.push_str("</span></p>\n");
    bar(out, budget)?;
    small_print(out, budget)?;
    out.push_str("</div>\n");
    Ok(())
}

/// What is used, behind it what is expected, and where the limit is.
fn bar(out: &mut String, budget: &BudgetStatus) -> fmt::Result {
    let known = &budget.figures.known;
    let Some(used) = known.ratio else { return Ok(()) };
    let forecast = known.forecast.zip(known.limit).and_then(|(f, limit)| f.ratio_of(limit));
    let longest = forecast.unwrap_or(used).max(used).max(Decimal::ONE);
    let scaled = |share: Decimal| drawn(share.checked_div(longest).unwrap_or_default());
    write!(
        out,
        "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{} % used\"><rect class=\"track\" width=\"100\" height=\"10\"/>",
        percent(used)
    )?;
    if let Some(forecast) = forecast {
        write!(out, "<rect class=\"expected\" width=\"{}\" height=\"10\"/>", scaled(forecast))?;
    }
    write!(out, "<rect class=\"used\" width=\"{}\" height=\"10\"/>", scaled(used))?;
    if longest > Decimal::ONE {
        let limit = scaled(Decimal::ONE);
        write!(out, "<path class=\"limit\" d=\"M{limit} 0V10\"/>")?;
    }
    out.push_str("</svg>\n");
    Ok(())
}

fn small_print(out: &mut String, budget: &BudgetStatus) -> fmt::Result {
    let figures = &budget.figures;
    let zone = &figures.known.zone;
    let mut parts: Vec<String> = Vec::new();
    if let Some(unknown) = budget.unknown {
        parts.push(format!("<strong>{unknown}</strong>"));
    }
    if let Some(expected) = figures.known.forecast {
        parts.push(format!("{expected} expected by the end"));
    }
    if let Some(at) = figures.forecast.as_ref().and_then(|forecast| forecast.exhausted_at) {
        parts.push(format!("used up {}", When(Some(at), zone)));
    }
    if let Some(period) = figures.period {
        parts.push(format!("resets {}", When(Some(period.until), zone)));
    }
    if let Some(basis) = figures.basis {
        parts.push(basis.to_owned());
    }
    if !parts.is_empty() {
        writeln!(out, "<p class=\"small\">{}</p>", parts.join(" · "))?;
    }
    Ok(())
}
