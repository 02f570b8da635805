//! Keys as they may be shown, and texts with the keys taken out.
//!
//! Nothing an API says is shown before it went through [`Scrub`]: a proxy may
//! well repeat the key it refuses. What remains is bounded in length, too.

use secrecy::{ExposeSecret, SecretString};

const PREFIX: &str = "sk-ant-";
const TAIL: usize = 4;
/// A shorter text would be given away by its tail.
const TAIL_SHOWN_FROM: usize = 16;
/// Of a message of theirs. Enough for a sentence or two.
const MESSAGE_CHARS_MOST: usize = 300;

/// A key as it may be shown: `sk-ant-...xxxx`.
pub fn mask(key: &str) -> String {
    let known = key.strip_prefix(PREFIX);
    let secret = known.unwrap_or(key);
    let length = key.chars().count();
    let tail: String = match length >= TAIL_SHOWN_FROM {
        true => secret.chars().skip(secret.chars().count() - TAIL).collect(),
        false => String::new(),
    };
    format!("{}...{tail}", if known.is_some() { PREFIX } else { "" })
}

/// Takes keys out of texts.
#[derive(Clone, Debug)]
pub(super) struct Scrub(SecretString);

impl Scrub {
    pub(super) const fn new(key: SecretString) -> Self {
        Self(key)
    }

    /// The key it guards, masked.
    pub(super) fn masked(&self) -> String {
        mask(self.0.expose_secret())
    }

    /// A message of theirs, cut to a readable length.
    pub(super) fn clean(&self, text: &str) -> String {
        self.text(text, MESSAGE_CHARS_MOST)
    }

    /// `text` on one line, without keys and control characters, cut to `chars_most`.
    pub(super) fn text(&self, text: &str, chars_most: usize) -> String {
        let key = self.0.expose_secret();
        let own = if key.is_empty() { text.to_owned() } else { text.replace(key, &mask(key)) };
        let words = own.split(|c: char| c.is_whitespace() || c.is_control());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).map(mask_within).collect();
        let line = words.join(" ");
        match line.char_indices().nth(chars_most) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// Masks whatever in `word` looks like a key, ours or not.
fn mask_within(word: &str) -> String {
    let Some((before, found)) = word.find(PREFIX).map(|at| word.split_at(at)) else {
        return word.to_owned();
    };
    let ends = found.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let (key, after) = found.split_at(ends.unwrap_or(found.len()));
    let shown = if key.starts_with("sk-ant-...") { key.to_owned() } else { mask(key) };
    format!("{before}{shown}{}", mask_within(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_show_their_kind_and_tail_at_most() {
        let cases = [
            ("sk-ant-admin01-abcdefghij-QwEr", "sk-ant-...QwEr"),
            ("sk-ant-x", "sk-ant-..."),
            ("a-gateway-token-of-ours", "...ours"),
            ("short", "..."),
            ("", "..."),
        ];
        for (key, shown) in cases {
            assert_eq!(mask(key), shown, "for {key:?}");
        }
    }

    #[test]
    fn texts_lose_our_key_and_anybody_elses() {
        let scrub = Scrub::new("gateway-secret-0042".into());
        let cases = [
            ("no key gateway-secret-0042 here", "no key ...0042 here"),
            ("bad \"sk-ant-admin01-abcdefghijkl\", sorry", "bad \"sk-ant-...ijkl\", sorry"),
            (
                "two sk-ant-admin01-aaaabbbb,sk-ant-admin01-ccccdddd",
                "two sk-ant-...bbbb,sk-ant-...dddd",
            ),
            ("already sk-ant-...ijkl", "already sk-ant-...ijkl"),
            ("lines\n of\ttext", "lines of text"),
        ];
        for (text, expected) in cases {
            assert_eq!(scrub.clean(text), expected);
        }
        assert_eq!(scrub.clean(&"x".repeat(5_000)).chars().count(), MESSAGE_CHARS_MOST + 1);
    }
}
