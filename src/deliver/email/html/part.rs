//! One piece of news as HTML.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::color::Colors;
use super::{escaped, marked, whole_percent};
use crate::deliver::email::story::{Item, Spender};
use crate::deliver::email::text::{DONE, TO_DO};

/// The only one of a mail, whose sentence is the headline above it.
pub(super) fn single(item: &Item, colors: &Colors) -> String {
    format!("{}{}", drawn(item, colors), body(item, colors))
}

/// One of several: a line above it, and its own heading.
pub(super) fn one_of_several(item: &Item) -> String {
    let colors = Colors::of(item.tone);
    let (pill, heading) = (pill(&item.label, &colors), marked(&item.heading));
    format!(
        "<div class=\"line\" style=\"margin:24px 0 0;padding:20px 0 0;border-top:1px solid #e4e7ec\">\r\n\
         <div style=\"margin:0 0 8px\">{pill}</div>\r\n\
         <div role=\"heading\" aria-level=\"2\" style=\"margin:0 0 8px;font-size:17px;line-height:24px;font-weight:600\">{heading}</div>\r\n\
         {}{}{}</div>\r\n",
        paragraph(&item.sentence),
        drawn(item, &colors),
        body(item, &colors)
    )
}

/// A word on its color.
pub(super) fn pill(label: &str, colors: &Colors) -> String {
    let (Colors { ink, tint, .. }, label) = (colors, escaped(label));
    format!(
        "<span style=\"display:inline-block;margin:0 8px 0 0;padding:0 10px;border-radius:11px;background:{tint};color:{ink};font-size:12px;line-height:22px;font-weight:600\">{label}</span>"
    )
}

pub(super) fn paragraph(text: &str) -> String {
    format!("<p style=\"margin:0 0 16px\">{}</p>\r\n", marked(text))
}

fn drawn(item: &Item, colors: &Colors) -> String {
    item.ratio.map(|ratio| bar(ratio, colors.accent, "0 0 16px", 12)).unwrap_or_default()
}

fn body(item: &Item, colors: &Colors) -> String {
    let lead = paragraph(&item.lead);
    let (rows, spenders) = (rows(item), spenders(&item.spenders, colors));
    let (done, to_do) = (points(DONE, &item.actions), points(TO_DO, &item.advice));
    format!("{lead}{rows}{spenders}{done}{to_do}")
}

fn rows(item: &Item) -> String {
    let mut rows = String::new();
    for (name, value) in &item.rows {
        // Writing to a String cannot fail, here and below.
        let _ = write!(
            rows,
            "<tr><td class=\"soft\" valign=\"top\" style=\"padding:3px 16px 3px 0;color:#667085;white-space:nowrap\">{}</td><td valign=\"top\" style=\"padding:3px 0\">{}</td></tr>\r\n",
            escaped(name),
            marked(value)
        );
    }
    format!(
        "<table cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:collapse;margin:0;font-size:14px;line-height:21px\">\r\n{rows}</table>\r\n"
    )
}

/// How full it is, drawn with two cells of a table.
fn bar(ratio: Decimal, accent: &str, margin: &str, height: u32) -> String {
    let full = whole_percent(ratio).clamp(Decimal::ZERO, Decimal::ONE_HUNDRED);
    let cell = |width: Decimal, class: &str, color: &str| {
        if width.is_zero() {
            return String::new();
        }
        format!(
            "<td class=\"{class}\" width=\"{width}%\" height=\"{height}\" bgcolor=\"{color}\" style=\"width:{width}%;height:{height}px;line-height:{height}px;background:{color};font-size:0\">&nbsp;</td>"
        )
    };
    let (used, left) =
        (cell(full, "used", accent), cell(Decimal::ONE_HUNDRED - full, "rest", "#eaecf0"));
    format!(
        "<table role=\"presentation\" aria-hidden=\"true\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:separate;border-radius:{}px;overflow:hidden;width:100%;margin:{margin}\"><tr>{used}{left}</tr></table>\r\n",
        height / 2
    )
}

fn title(text: &str) -> String {
    format!("<div style=\"margin:20px 0 6px;font-weight:600\">{text}</div>\r\n")
}

fn spenders(spenders: &[Spender], colors: &Colors) -> String {
    if spenders.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for Spender { share, value, who } in spenders {
        let share = whole_percent(*share);
        let bar = bar(share / Decimal::ONE_HUNDRED, colors.accent, "0", 8);
        let _ = write!(
            rows,
            "<tr><td align=\"right\" valign=\"top\" style=\"padding:4px 12px 4px 0;white-space:nowrap\">{share} %</td><td align=\"right\" valign=\"top\" style=\"padding:4px 16px 4px 0;white-space:nowrap\">{}</td><td valign=\"top\" style=\"padding:4px 16px 4px 0\">{}</td><td width=\"90\" valign=\"top\" style=\"width:90px;padding:11px 0 0\">{bar}</td></tr>\r\n",
            escaped(value),
            escaped(who)
        );
    }
    format!(
        "{}<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:collapse;width:100%;font-size:14px;line-height:21px\">\r\n{rows}</table>\r\n",
        title("Who spent most")
    )
}

fn points(title: &str, points: &[String]) -> String {
    if points.is_empty() {
        return String::new();
    }
    let points: String = points
        .iter()
        .map(|point| format!("<li style=\"margin:0 0 4px\">{}</li>\r\n", marked(point)))
        .collect();
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:20px 0 0\"><tr>\
         <td class=\"box\" bgcolor=\"#f9fafb\" style=\"padding:14px 18px 10px;background:#f9fafb;border-radius:8px;font-size:14px;line-height:21px\">\
         <div style=\"margin:0 0 6px;font-weight:600\">{title}</div>\r\n\
         <ul style=\"margin:0;padding:0 0 0 20px\">\r\n{points}</ul></td></tr></table>\r\n"
    )
}
