//! What a receiver said, fit to be shown: one line, bounded, without its own address.

use crate::deliver::http::Address;

/// The longest that is kept; an answer can be a page.
const CHARS_MOST: usize = 300;

/// Shorter parts of an address are words, such as `hooks`, and no secrets.
const SECRET_LENGTH: usize = 6;

/// The beginning of `body`. Receivers like to repeat the address they were asked for.
pub(super) fn line(body: &[u8], address: &Address) -> String {
    let mut text = String::from_utf8_lossy(body).into_owned();
    for secret in secrets(address) {
        text = text.replace(&secret, "***");
    }
    clean(&text)
}

/// One line, bounded, nothing invisible.
pub(super) fn clean(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = line.chars().filter(|letter| !is_invisible(*letter));
    let kept: String = letters.by_ref().take(CHARS_MOST).collect();
    if letters.next().is_some() { format!("{kept}…") } else { kept }
}

/// Control characters, and those that turn the direction of what follows.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The parts of an address that only those know who may post there, longest first.
fn secrets(address: &Address) -> Vec<String> {
    let url = address.url();
    let path = url.path().split('/').map(str::to_owned);
    let query =
        url.query().into_iter().flat_map(|query| query.split(['&', '='])).map(str::to_owned);
    let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
    let mut secrets: Vec<String> =
        path.chain(query).chain(decoded).filter(|part| part.len() >= SECRET_LENGTH).collect();
    secrets.sort_by_key(|part| std::cmp::Reverse(part.len()));
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_visible_line() {
        assert_eq!(clean("no\r\n\tsuch \u{1b}[31mhook\u{202e}\0"), "no such [31mhook");
        let long = clean(&"x".repeat(5_000));
        assert_eq!(long.chars().count(), CHARS_MOST + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn an_answer_that_repeats_the_address_does_not_show_it() {
        let url = "https://example.com/hooks/T00000001/s%20ecret?key=hunter%2B2&v=1";
        let address = Address::new(url.parse().unwrap());
        let body = format!("Cannot POST {url} (hunter+2) in /hooks");
        let shown = line(body.as_bytes(), &address);
        assert_eq!(
            shown,
            "Cannot POST https://example.com/hooks/***/***?key=***&v=1 (***) in /hooks"
        );
    }
}
