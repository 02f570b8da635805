//! What a client may say, and what each of it is answered when it is wrong.

/// An answer in one line, without its end.
pub(super) type Reply = &'static str;

/// A path of RFC 5321 is no longer.
const PATH_BYTES_MAX: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Ehlo,
    Helo,
    /// The sender, empty for mails nobody may answer; and the size, where it was said.
    Mail {
        from: String,
        size: Option<u64>,
    },
    Rcpt {
        to: String,
    },
    Data,
    Reset,
    Noop,
    Verify,
    Quit,
}

/// Reads one command, or says what is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<Command, Reply> {
    let text = std::str::from_utf8(line)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()))
        .ok_or("500 5.5.2 commands are printable ASCII")?;
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => named(rest, Command::Ehlo),
        "HELO" => named(rest, Command::Helo),
        "MAIL" => mail(rest),
        "RCPT" => recipient(rest),
        "DATA" => alone(rest, Command::Data),
        "RSET" => alone(rest, Command::Reset),
        "QUIT" => alone(rest, Command::Quit),
        // Whatever follows these is no reason to refuse.
        "NOOP" => Ok(Command::Noop),
        "VRFY" => Ok(Command::Verify),
        "STARTTLS" | "AUTH" | "EXPN" | "HELP" | "BDAT" => Err("502 5.5.1 not offered here"),
        _ => Err("500 5.5.2 no such command"),
    }
}

fn named(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.trim().is_empty() { Err("501 5.5.4 say who you are") } else { Ok(command) }
}

fn alone(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.trim().is_empty() { Ok(command) } else { Err("501 5.5.4 nothing may follow") }
}

fn mail(rest: &str) -> Result<Command, Reply> {
    let (from, parameters) = path(rest, "FROM:").ok_or("501 5.1.7 write MAIL FROM:<address>")?;
    if !from.is_empty() && !is_address(from) {
        return Err("501 5.1.7 that is no address");
    }
    let mut size = None;
    for parameter in parameters.split_ascii_whitespace() {
        match parameter.to_ascii_uppercase().split_once('=') {
            Some(("BODY", "7BIT" | "8BITMIME")) => {}
            Some(("SIZE", digits)) if size.is_none() => {
                size = Some(digits.parse().map_err(|_| "501 5.5.4 SIZE is a number")?);
            }
            _ => return Err("555 5.5.4 that parameter is not offered"),
        }
    }
    Ok(Command::Mail { from: from.to_owned(), size })
}

fn recipient(rest: &str) -> Result<Command, Reply> {
    let (to, parameters) = path(rest, "TO:").ok_or("501 5.1.3 write RCPT TO:<address>")?;
    if !is_address(to) {
        return Err("501 5.1.3 that is no address");
    }
    if !parameters.trim().is_empty() {
        return Err("555 5.5.4 that parameter is not offered");
    }
    Ok(Command::Rcpt { to: to.to_owned() })
}

/// What stands between the brackets, and what follows them.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (word, rest) = rest.split_at_checked(keyword.len())?;
    let (path, parameters) = rest.strip_prefix('<')?.split_once('>')?;
    let is_apart = parameters.is_empty() || parameters.starts_with(' ');
    (word.eq_ignore_ascii_case(keyword) && is_apart && path.len() <= PATH_BYTES_MAX)
        .then_some((path, parameters))
}

fn is_address(text: &str) -> bool {
    let is_clean = |part: &str| !part.is_empty() && !part.contains(['<', ' ', ',', ';']);
    text.rsplit_once('@').is_some_and(|(name, domain)| is_clean(name) && is_clean(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case_and_with_their_parameters() {
        let from = |from: &str, size| Ok(Command::Mail { from: from.to_owned(), size });
        let to = |to: &str| Ok(Command::Rcpt { to: to.to_owned() });
        let cases = [
            ("EHLO warden", Ok(Command::Ehlo)),
            ("helo [127.0.0.1]", Ok(Command::Helo)),
            ("MAIL FROM:<a@b.test>", from("a@b.test", None)),
            ("mail from:<> BODY=8BITMIME SIZE=77", from("", Some(77))),
            ("RCPT TO:<finops@example.com>", to("finops@example.com")),
            ("data", Ok(Command::Data)),
            ("NOOP what for", Ok(Command::Noop)),
            ("QUIT", Ok(Command::Quit)),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_refused_with_the_code_for_it() {
        let long = format!("RCPT TO:<{}@b.test>", "a".repeat(PATH_BYTES_MAX));
        let cases = [
            ("", "500"),
            ("HELLO", "500"),
            ("EHLO", "501"),
            ("EHLO w\u{e4}rter", "500"),
            ("EHLO a\tb", "500"),
            ("MAIL", "501"),
            ("MAIL FROM: <a@b.test>", "501"),
            ("MAIL FROM:a@b.test", "501"),
            ("MAIL FROM:<nobody>", "501"),
            ("MAIL FROM:<a@b.test>SIZE=1", "501"),
            ("MAIL FROM:<a@b.test> SIZE=many", "501"),
            ("MAIL FROM:<a@b.test> SMTPUTF8", "555"),
            ("RCPT TO:<>", "501"),
            ("RCPT TO:<a@b.test> NOTIFY=NEVER", "555"),
            ("RCPT TO:<a@b.test,c@d.test>", "501"),
            (&long, "501"),
            ("DATA now", "501"),
            ("STARTTLS", "502"),
            ("AUTH PLAIN AGEAYg==", "502"),
        ];
        for (line, code) in cases {
            let reply = parse(line.as_bytes()).unwrap_err();
            assert!(reply.starts_with(code), "{line:?} was answered {reply}");
        }
    }
}
