//! A mail for people who read HTML: the same words, a bar, and tables.
//!
//! Styles stand on the elements and the layout is tables, since that is what mail
//! programs agree on. There is nothing to load from anywhere.

use std::fmt::Write;

use rust_decimal::Decimal;
use usagewarden_core::rule::Severity;

use crate::deliver::email::story::{Spender, Story, whole_percent};

/// Lays `story` out. Every word in it is escaped.
pub(super) fn render(story: &Story) -> String {
    let color = color(story.severity);
    let mut rows = String::new();
    for (name, value) in &story.rows {
        // Writing to a String cannot fail, here and below.
        let _ = write!(
            rows,
            "<tr><td style=\"padding:3px 16px 3px 0;color:#667085;white-space:nowrap;vertical-align:top\">{}</td><td style=\"padding:3px 0\">{}</td></tr>\r\n",
            escaped(name),
            escaped(value)
        );
    }
    let advice: String =
        story.advice.iter().map(|advice| format!("<li>{}</li>\r\n", escaped(advice))).collect();
    let (subject, headline, lead) =
        (escaped(&story.subject), escaped(&story.headline), escaped(&story.lead));
    let (url, footer) = (escaped(&story.url), escaped(&story.footer));
    let (bar, spenders) = (bar(story.ratio, color, "12px"), spenders(&story.spenders, color));
    format!(
        "<!DOCTYPE html>\r\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{subject}</title></head>\r\n\
         <body style=\"margin:0;padding:24px;background:#ffffff;color:#101828;font:15px/1.5 system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif\">\r\n\
         <div style=\"max-width:640px\">\r\n\
         <p style=\"margin:0 0 12px;font-size:18px;font-weight:600\">{headline}</p>\r\n{bar}\
         <p style=\"margin:0 0 16px\">{lead}</p>\r\n\
         <table style=\"border-collapse:collapse;margin:0 0 8px\">\r\n{rows}</table>\r\n{spenders}\
         <p style=\"margin:16px 0 4px;font-weight:600\">What to do</p>\r\n\
         <ul style=\"margin:0 0 16px;padding-left:20px\">\r\n{advice}</ul>\r\n\
         <p style=\"margin:0 0 24px\"><a href=\"{url}\" style=\"color:#1570ef\">{url}</a></p>\r\n\
         <p style=\"margin:0;color:#667085;font-size:12px\">{footer}</p>\r\n\
         </div></body></html>\r\n"
    )
}

fn color(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#d92d20",
        Severity::Warning => "#dc6803",
        Severity::Info => "#1570ef",
    }
}

/// How full the budget is, drawn with two cells of a table.
fn bar(ratio: Decimal, color: &str, below: &str) -> String {
    let full = whole_percent(ratio).clamp(Decimal::ZERO, Decimal::ONE_HUNDRED);
    let rest = Decimal::ONE_HUNDRED - full;
    let cell = |width: Decimal, color: &str| {
        if width.is_zero() {
            return String::new();
        }
        format!(
            "<td style=\"width:{width}%;height:12px;background:{color};font-size:0\">&nbsp;</td>"
        )
    };
    let (used, left) = (cell(full, color), cell(rest, "#eaecf0"));
    format!(
        "<table role=\"presentation\" style=\"border-collapse:collapse;width:100%;margin:0 0 {below}\"><tr>{used}{left}</tr></table>\r\n"
    )
}

fn spenders(spenders: &[Spender], color: &str) -> String {
    if spenders.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for Spender { share, value, who } in spenders {
        let share = whole_percent(*share);
        let bar = bar(share / Decimal::ONE_HUNDRED, color, "0");
        let _ = write!(
            rows,
            "<tr><td style=\"padding:3px 12px 3px 0;text-align:right;white-space:nowrap\">{share} %</td><td style=\"padding:3px 16px 3px 0;text-align:right;white-space:nowrap\">{}</td><td style=\"padding:3px 16px 3px 0\">{}</td><td style=\"width:90px\">{bar}</td></tr>\r\n",
            escaped(value),
            escaped(who)
        );
    }
    format!(
        "<p style=\"margin:16px 0 4px;font-weight:600\">Who spent most</p>\r\n<table style=\"border-collapse:collapse;width:100%\">\r\n{rows}</table>\r\n"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
