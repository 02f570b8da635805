//! What was spent in the current periods, and what is in none of the figures.

use std::fmt::{self, Write};

use usagewarden_core::quantity::{Quantity, percent};

use super::super::status::OrganizationStatus;
use super::text::{Text, When};

pub(super) fn write(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    out.push_str("<div class=\"tiles\">\n");
    for period in &organization.spend {
        let until = When(period.data_timestamp, &organization.zone);
        let name = if period.period == "day" {
            "today".to_owned()
        } else {
            format!("this {}", period.period)
        };
        write!(out, "<div class=\"tile\"><p>{name}</p>")?;
        let Some(total) = period.total else {
            out.push_str(
                "<p class=\"amount\">–</p><p class=\"small\">nothing known yet</p></div>\n",
            );
            continue;
        };
        let basis = period.basis.unwrap_or("nothing spent");
        writeln!(
            out,
            "<p class=\"amount\">{total}</p><p class=\"small\">{basis} · data until {until}</p></div>"
        )?;
    }
    out.push_str("</div>\n");
    hour(out, organization)?;
    cap(out, organization)?;
    unpriced(out, organization)
}

/// The newest closed hour, and what is usual for it.
fn hour(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    let Some(hour) = &organization.hour else { return Ok(()) };
    let from = When(Some(hour.from), &organization.zone);
    let (spent, usual) = hour.amounts;
    write!(out, "<p class=\"small\">In the hour from {from}: {spent}, estimated")?;
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
    let Some(ratio) = month.total.and_then(|total| total.ratio_of(limit)) else { return Ok(()) };
    writeln!(
        out,
        "<p class=\"small\">This month is at {} % of the limit of {limit} that the API reports</p>",
        percent(ratio)
    )
}

/// What is in none of the figures above, and why.
fn unpriced(out: &mut String, organization: &OrganizationStatus) -> fmt::Result {
    for one in &organization.unpriced {
        let (tokens, model) = (Quantity::tokens(one.tokens), Text(&one.model));
        writeln!(
            out,
            "<p class=\"small\"><strong>Not in these figures:</strong> {tokens} of {model} this month; no price is known for them at their tier</p>"
        )?;
    }
    Ok(())
}
