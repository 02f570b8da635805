//! A mail as people read it: who wrote it, what about, and its plain text.
//!
//! Takes any bytes. What cannot be read is shown as it stands, and nothing that could
//! move a cursor or ring a bell comes out: terminals obey what is printed on them.

mod body;
mod words;

/// Parts of parts, and so on. Ours have one level.
const DEPTH_MAX: usize = 4;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// The header's words, as in `UsageWarden <warden@example.com>`.
    pub from: String,
    pub subject: String,
    /// The first part that is plain text; empty when there is none.
    pub text: String,
}

/// A header and what follows it: of a mail, or of a part of one.
struct Part<'a> {
    headers: Vec<(String, String)>,
    body: &'a [u8],
}

impl Letter {
    pub(super) fn read(mail: &[u8]) -> Self {
        let part = Part::read(mail);
        let decoded = |name| one_line(&words::decoded(part.header(name).unwrap_or_default()));
        Self {
            from: decoded("from"),
            subject: decoded("subject"),
            text: printable(&body::plain_text(&part, DEPTH_MAX).unwrap_or_default()),
        }
    }
}

impl<'a> Part<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let (head, body) = match find(bytes, b"\r\n\r\n") {
            // A part may begin with the empty line: then it has no header.
            _ if bytes.starts_with(b"\r\n") => (&bytes[..0], &bytes[2..]),
            Some(end) => (&bytes[..end], &bytes[end + 4..]),
            None => (bytes, &bytes[bytes.len()..]),
        };
        // A line that begins with white space goes on with the one before.
        let unfolded = String::from_utf8_lossy(head).replace("\r\n ", " ").replace("\r\n\t", " ");
        let field = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        Self { headers: unfolded.split("\r\n").filter_map(field).collect(), body }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Where `wanted` begins.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn one_line(text: &str) -> String {
    printable(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without what terminals obey: control characters, and what turns the direction of text.
fn printable(text: &str) -> String {
    let obeyed = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text = text.replace("\r\n", "\n");
    text.chars().filter(|letter| *letter == '\n' || !obeyed(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mail: &str, subject: &str, text: &str) {
        let letter = Letter::read(mail.replace('\n', "\r\n").as_bytes());
        assert_eq!((letter.subject.as_str(), letter.text.as_str()), (subject, text));
    }

    #[test]
    fn the_first_plain_part_is_found_and_decoded() {
        check("Subject: hello\n\nplain\n", "hello", "plain\n");
        check(
            "subject: two\n parts\nContent-Type: multipart/alternative;\n boundary=\"--b\"\n\n\
             preamble\n----b\nContent-Type: text/html\n\n<p>no\n----b\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
             caf=C3=A9 =\nau lait=3D\n----b--\nepilogue\n",
            "two parts",
            "caf\u{e9} au lait=",
        );
        check(
            "Subject: =?utf-8?b?QWNtw6k=?=: =?UTF-8?Q?80_=25?= =?utf-8?q?_us?= =?utf-8?q?ed?=\n\
             Content-Transfer-Encoding: base64\n\nY2Fmw6kN\nCg==\n",
            "Acm\u{e9}: 80 % used",
            "caf\u{e9}\n",
        );
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_it_stands_and_nothing_panics() {
        check(
            "Subject: =?utf-8?x?zz?= =?utf-8?b?!?= =?utf-8?q?=zz?=\n\n",
            "=?utf-8?x?zz?= =?utf-8?b?!?= =zz",
            "",
        );
        check("Content-Type: multipart/mixed\n\nno boundary\n", "", "");
        check("Content-Type: text/html\n\n<p>only\n", "", "");
        check("", "", "");
        check("no header at all", "", "");
        let level =
            |number| format!("Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n");
        let nested = |levels| (0..levels).map(level).collect::<String>() + "\ntext\n";
        check(&nested(DEPTH_MAX), "", "text\n");
        check(&nested(DEPTH_MAX + 1), "", "");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_comes_out() {
        check(
            "Subject: =?utf-8?q?a=1B[2Jb=0D=0Ac=E2=80=AEd?=\n\nbell \u{7} and \u{1b}]0;title\n",
            "a[2Jb cd",
            "bell  and ]0;title\n",
        );
    }
}
