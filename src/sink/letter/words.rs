//! Words of a header that are not ASCII: RFC 2047.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Decodes every encoded word; what is none stays as it stands.
pub(super) fn decoded(text: &str) -> String {
    let (mut out, mut rest, mut after_word) = (String::new(), text, false);
    while let Some(start) = rest.find("=?") {
        let (before, here) = rest.split_at(start);
        let Some((word, behind)) = first_word(here) else {
            out.push_str(before);
            out.push_str("=?");
            (rest, after_word) = (&here[2..], false);
            continue;
        };
        // White space between two encoded words is there for the folding alone.
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&word);
        (rest, after_word) = (behind, true);
    }
    out.push_str(rest);
    out
}

/// The encoded word that `text` begins with, and what follows it.
fn first_word(text: &str) -> Option<(String, &str)> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (encoded, behind) = rest.split_once("?=")?;
    let is_known = ["utf-8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known));
    let bytes = match encoding {
        _ if !is_known => return None,
        "b" | "B" => BASE64.decode(encoded).ok()?,
        "q" | "Q" => unquoted(&encoded.replace('_', " ")),
        _ => return None,
    };
    Some((String::from_utf8_lossy(&bytes).into_owned(), behind))
}

/// `=C3=A9` as the bytes it stands for; an equals sign that begins nothing is one.
pub(super) fn unquoted(text: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, others @ ..] = rest {
        let escaped = (*first == b'=').then(|| others.split_at_checked(2)).flatten();
        match escaped.and_then(|(digits, behind)| Some((byte(digits)?, behind))) {
            Some((byte, behind)) => {
                out.push(byte);
                rest = behind;
            }
            None => {
                out.push(*first);
                rest = others;
            }
        }
    }
    out
}

fn byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}
