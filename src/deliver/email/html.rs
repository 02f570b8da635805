//! A mail for people who read HTML: the same words, a bar, and tables.
//!
//! What mail programs agree on is tables with styles on the elements, so that is the
//! layout; a style sheet in the head only adds dark colors where they are understood.
//! Outlook does not know `max-width` and gets a table of its own around it. There is
//! nothing to load from anywhere, and every word is escaped.

mod color;
mod part;

use usagewarden_core::words::whole_percent;

use crate::deliver::email::story::Story;
use crate::deliver::email::text::left_out;
use color::{Colors, DARK};

const FONT: &str =
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/// Lays `story` out. Every word in it is escaped.
pub(super) fn render(story: &Story) -> String {
    let colors = Colors::of(story.tone);
    let (subject, preview) = (escaped(&story.subject), escaped(preview(story)));
    let card = card(story, &colors);
    let footer = marked(&story.footer);
    format!(
        "<!DOCTYPE html>\r\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta charset=\"utf-8\">\r\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\r\n\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">\r\n\
         <title>{subject}</title>\r\n<style>{DARK}</style></head>\r\n\
         <body class=\"page\" style=\"margin:0;padding:0;background:#f2f4f7\">\r\n\
         <div style=\"display:none;max-height:0;overflow:hidden;font-size:1px;line-height:1px;color:#f2f4f7\">{preview}</div>\r\n\
         <table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#f2f4f7\" style=\"background:#f2f4f7\">\r\n\
         <tr><td align=\"center\" style=\"padding:24px 12px\">\r\n\
         <!--[if mso]><table role=\"presentation\" width=\"640\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td><![endif]-->\r\n\
         {card}\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"max-width:640px\">\r\n\
         <tr><td class=\"soft\" style=\"padding:16px 28px;color:#667085;font-size:12px;line-height:18px;word-break:break-word;{FONT}\">{footer}</td></tr></table>\r\n\
         <!--[if mso]></td></tr></table><![endif]-->\r\n\
         </td></tr></table>\r\n</body></html>\r\n"
    )
}

/// What an inbox shows beside the subject.
fn preview(story: &Story) -> &str {
    story.items.first().map_or(&story.headline, |item| &item.lead)
}

fn card(story: &Story, colors: &Colors) -> String {
    let accent = colors.accent;
    let is_single = story.items.len() == 1 && story.left_out == 0;
    let organization = escaped(&story.organization);
    let head = match story.items.first() {
        Some(first) if is_single => part::pill(&first.label, colors),
        Some(_) | None => String::new(),
    };
    let parts: String = if is_single {
        story.items.iter().map(|item| part::single(item, colors)).collect()
    } else {
        story.items.iter().map(part::one_of_several).collect()
    };
    let more = if story.left_out > 0 { part::paragraph(&left_out(story)) } else { String::new() };
    let headline = marked(&story.headline);
    let button = button(&story.url);
    format!(
        "<table role=\"presentation\" class=\"card\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#ffffff\" style=\"max-width:640px;background:#ffffff;border:1px solid #e4e7ec;border-radius:12px;border-collapse:separate;overflow:hidden\">\r\n\
         <tr><td height=\"6\" bgcolor=\"{accent}\" style=\"height:6px;line-height:6px;font-size:0;background:{accent};border-radius:12px 12px 0 0\">&nbsp;</td></tr>\r\n\
         <tr><td class=\"text\" style=\"padding:24px 28px 28px;color:#101828;font-size:15px;line-height:23px;word-break:break-word;{FONT}\">\r\n\
         <div class=\"soft\" style=\"margin:0 0 10px;color:#667085;font-size:13px;line-height:22px\">{head}{organization}</div>\r\n\
         <div role=\"heading\" aria-level=\"1\" style=\"margin:0 0 16px;font-size:20px;line-height:28px;font-weight:600\">{headline}</div>\r\n\
         {parts}{more}{button}</td></tr></table>\r\n"
    )
}

fn button(url: &str) -> String {
    let url = escaped(url);
    format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:24px 0 8px\"><tr>\
         <td class=\"button\" bgcolor=\"#101828\" style=\"background:#101828;border-radius:8px\">\
         <a class=\"button\" href=\"{url}\" style=\"display:inline-block;padding:10px 18px;border-radius:8px;color:#ffffff;font-size:14px;line-height:20px;font-weight:600;text-decoration:none;{FONT}\">Open the status page</a>\
         </td></tr></table>\r\n\
         <div class=\"soft\" style=\"color:#667085;font-size:12px;line-height:18px\">{url}</div>\r\n"
    )
}

/// Text between tags: what stands between backticks is set as code, and no number is
/// parted from its `%`.
fn marked(text: &str) -> String {
    let text = escaped(text).replace(" %", "&nbsp;%");
    let parts: Vec<&str> = text.split('`').collect();
    // A name from outside may hold one of a pair.
    if parts.len().is_multiple_of(2) {
        return text;
    }
    let code = |part: &str| {
        format!(
            "<code style=\"font-family:ui-monospace,Menlo,Consolas,monospace;font-size:92%\">{part}</code>"
        )
    };
    let marked = parts.iter().enumerate();
    marked
        .map(|(place, part)| if place % 2 == 1 { code(part) } else { (*part).to_owned() })
        .collect()
}

/// Text between tags or in quotes.
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
