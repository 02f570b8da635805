//! A mail for people who read plain text.

use crate::deliver::email::story::{Spender, Story, whole_percent};

/// Lines that most mail programs leave alone.
const WIDTH: usize = 76;

/// Lays `story` out in lines. The line breaks are those of mail: CR and LF.
pub(super) fn render(story: &Story) -> String {
    let mut lines = wrapped(&story.headline, "", "");
    lines.push(String::new());
    lines.extend(wrapped(&story.lead, "", ""));
    lines.push(String::new());
    let names = story.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in &story.rows {
        let first = format!("  {name:names$}  ");
        lines.extend(wrapped(value, &first, &" ".repeat(first.len())));
    }
    lines.extend(spenders(&story.spenders));
    lines.extend(["".to_owned(), "What to do".to_owned(), "".to_owned()]);
    for advice in &story.advice {
        lines.extend(wrapped(advice, "  - ", "    "));
    }
    lines.extend(["".to_owned(), format!("Look here: {}", story.url), "".to_owned()]);
    lines.push("-- ".to_owned());
    lines.extend(wrapped(&story.footer, "", ""));
    lines.push(String::new());
    lines.join("\r\n")
}

fn spenders(spenders: &[Spender]) -> Vec<String> {
    if spenders.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), "Who spent most".to_owned(), String::new()];
    let values = spenders.iter().map(|spender| spender.value.len()).max().unwrap_or(0);
    for Spender { share, value, who } in spenders {
        let percent = whole_percent(*share).to_string();
        let first = format!("  {percent:>3} %  {value:>values$}  ");
        lines.extend(wrapped(who, &first, &" ".repeat(first.len())));
    }
    lines
}

/// Breaks `text` at spaces; a word that is too long stays whole.
fn wrapped(text: &str, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut is_fresh) = (first.to_owned(), true);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !is_fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(word);
        is_fresh = false;
    }
    lines.push(line);
    lines
}
