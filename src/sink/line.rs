//! Lines as SMTP has them: ended by CR and LF together, and no longer than agreed.
//!
//! Servers that disagree about what ends a line can be made to disagree about where a
//! mail ends. So a line feed alone ends a line here, but one that is marked.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Nobody sends a line of this length in good faith: the connection is given up.
const HOPELESS_BYTES: usize = 64 * 1024;

/// One line, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    /// It cannot be taken. `is_ended`: by CR and LF, as it should be.
    Flawed {
        flaw: Flaw,
        is_ended: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It holds a CR or a LF on its own.
    Bare,
    TooLong,
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines<R>(BufReader<R>);

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self(BufReader::new(reader))
    }

    /// The next line, of at most `most` bytes with its end; `None` at the end of all.
    pub(super) async fn next(&mut self, most: usize) -> io::Result<Option<Line>> {
        let (mut line, mut length, mut before) = (Vec::new(), 0, None);
        loop {
            let chunk = self.0.fill_buf().await?;
            if chunk.is_empty() {
                // What breaks off in the middle of a line was never said.
                return Ok(None);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n').map(|place| place + 1);
            let taken = end.unwrap_or(chunk.len());
            let text = &chunk[..taken - usize::from(end.is_some())];
            before = text.last().copied().or(before);
            let room = most.saturating_sub(line.len()).min(taken);
            line.extend_from_slice(&chunk[..room]);
            length += taken;
            self.0.consume(taken);
            if end.is_some() {
                return Ok(Some(judged(line, length > most, before == Some(b'\r'))));
            }
            if length > HOPELESS_BYTES {
                return Err(io::Error::other("a line that does not end"));
            }
        }
    }

    /// Whether the client has said more already.
    pub(super) fn is_ahead(&self) -> bool {
        !self.0.buffer().is_empty()
    }

    pub(super) fn get_mut(&mut self) -> &mut R {
        self.0.get_mut()
    }
}

fn judged(mut line: Vec<u8>, is_too_long: bool, is_ended: bool) -> Line {
    if is_too_long {
        return Line::Flawed { flaw: Flaw::TooLong, is_ended };
    }
    line.truncate(line.len() - if is_ended { 2 } else { 1 });
    if is_ended && !line.contains(&b'\r') {
        return Line::Whole(line);
    }
    Line::Flawed { flaw: Flaw::Bare, is_ended }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(sent: &[u8], expected: &[Option<Line>]) {
        // Two letters at a time, so that ends of lines are torn apart.
        let mut lines = Lines(BufReader::with_capacity(2, sent));
        for one in expected {
            assert_eq!(lines.next(10).await.unwrap(), *one, "{}", sent.escape_ascii());
        }
    }

    fn whole(text: &str) -> Option<Line> {
        Some(Line::Whole(text.as_bytes().to_vec()))
    }

    #[tokio::test]
    async fn only_both_letters_together_end_a_line_and_the_bound_counts_them() {
        check(b"12345678\r\n9\r\n", &[whole("12345678"), whole("9"), None]).await;
        let flawed = |flaw, is_ended| Some(Line::Flawed { flaw, is_ended });
        check(b"123456789\r\nx\r\n", &[flawed(Flaw::TooLong, true), whole("x"), None]).await;
        check(b"1234567890\nx\r\n", &[flawed(Flaw::TooLong, false), whole("x"), None]).await;
        check(b"one\ntwo\r\n", &[flawed(Flaw::Bare, false), whole("two"), None]).await;
        check(b"a\rb\r\n\r\n", &[flawed(Flaw::Bare, true), whole(""), None]).await;
        check(b"\n\r\n", &[flawed(Flaw::Bare, false), whole(""), None]).await;
        check(b"broken off", &[None]).await;
    }

    #[tokio::test]
    async fn a_line_that_does_not_end_is_given_up() {
        let endless = vec![b'x'; 2 * HOPELESS_BYTES];
        assert!(Lines::new(endless.as_slice()).next(10).await.is_err());
    }
}
