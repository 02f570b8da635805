//! Bodies: parts of parts, and how their text is encoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::words::unquoted;
use super::{Part, find};

/// The first part of `part` that is plain text, at most `depth` levels down.
pub(super) fn plain_text(part: &Part<'_>, depth: usize) -> Option<String> {
    let kind = part.header("content-type").unwrap_or("text/plain");
    let name = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if name == "text/plain" {
        return Some(decoded(part));
    }
    if !name.starts_with("multipart/") || depth == 0 {
        return None;
    }
    let boundary = parameter(kind, "boundary")?;
    parts(part.body, &boundary).find_map(|inner| plain_text(&Part::read(inner), depth - 1))
}

fn decoded(part: &Part<'_>) -> String {
    let encoding = part.header("content-transfer-encoding").unwrap_or("7bit");
    let text = String::from_utf8_lossy(part.body);
    let bytes = match encoding.trim().to_ascii_lowercase().as_str() {
        "quoted-printable" => unquoted(&text.replace("=\r\n", "")),
        "base64" => {
            let letters: String = text.split_whitespace().collect();
            BASE64.decode(letters).unwrap_or_else(|_| part.body.to_vec())
        }
        _ => part.body.to_vec(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What stands between lines that begin with the boundary.
fn parts<'a>(body: &'a [u8], boundary: &str) -> impl Iterator<Item = &'a [u8]> {
    let line = format!("--{boundary}");
    // The line break before a boundary belongs to the boundary.
    let between = format!("\r\n{line}");
    let mut rest = match body.starts_with(line.as_bytes()) {
        true => Some(&body[line.len()..]),
        false => find(body, between.as_bytes()).map(|at| &body[at + between.len()..]),
    };
    std::iter::from_fn(move || {
        let here = rest?;
        if here.starts_with(b"--") {
            return None;
        }
        // Blanks may follow a boundary.
        let begins = find(here, b"\r\n").map_or(here.len(), |at| at + 2);
        // One that follows at once ends a part with nothing in it.
        let at = find(&here[begins.saturating_sub(2)..], between.as_bytes());
        let Some(end) = at.map(|at| at + begins.saturating_sub(2)) else {
            rest = None;
            return Some(&here[begins..]);
        };
        rest = Some(&here[end + between.len()..]);
        Some(&here[begins.min(end)..end])
    })
}

/// A parameter of a header, quoted or not.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let is_it = key.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
    })
}
