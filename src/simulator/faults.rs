//! What can be made to go wrong, in the words of `--faults` and `/__control`.
//!
//! A fault is a word, perhaps with a path before it and a count behind it:
//! `500`, `cost_report:500`, `cost_report:429-retry-after=2x3`. The path is any
//! part of a request's method and path, as in `POST /v1/organizations/invites`; the count is how often it strikes, and without one
//! it strikes always.

use std::fmt;
use std::str::FromStr;

use super::control::Asked;

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// Strikes where method and path contain this; `None`: everywhere.
    pub path: Option<String>,
    /// How many more times; `None`: always.
    pub times: Option<u32>,
}

/// What happens instead of, or to, the right answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 429, with or without `retry-after` seconds.
    RateLimited {
        retry_after: Option<u64>,
    },
    /// 429 of the usage tier's monthly cap, without `retry-after`.
    SpendCap,
    /// 429 of a cap in the contract.
    ContractCap,
    /// 429 for growth too fast.
    Ramp,
    /// 400 of the customer's own limit, to be known by its message alone.
    CustomerLimit,
    Unauthenticated,
    Forbidden,
    NotFound,
    /// 500, with `x-should-retry: true`.
    Internal,
    /// 500, with `x-should-retry: false`.
    InternalForGood,
    /// 529.
    Overloaded,
    /// 502 with a page of HTML, from an edge.
    HtmlBadGateway,
    /// 200 with a page of HTML.
    Html,
    /// No answer at all, for ten minutes.
    Timeout,
    /// The right answer, with a spoiled body.
    Spoiled(Spoil),
    /// What was asked for is done, and the connection breaks before any answer. Strikes only
    /// requests that change something.
    Lost,
    /// A body that does not end before a gigabyte.
    Endless,
    /// 410 for any request with a cursor.
    Gone,
    /// 400 for any request with a cursor.
    BadCursor,
    /// Error bodies lack their `type` and `request_id`.
    BareErrors,
    /// 307 to a sign-in page.
    Redirect,
}

/// What happens to a right body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// Half of it, as if that were all.
    Truncated,
    /// Half of it, and then the connection breaks.
    Dropped,
    /// All of it, drop by drop.
    Slow,
}

const WORDS: [(&str, FaultKind); 23] = [
    ("429", FaultKind::RateLimited { retry_after: None }),
    ("spend-cap", FaultKind::SpendCap),
    ("contract-cap", FaultKind::ContractCap),
    ("ramp", FaultKind::Ramp),
    ("customer-limit", FaultKind::CustomerLimit),
    ("401", FaultKind::Unauthenticated),
    ("403", FaultKind::Forbidden),
    ("404", FaultKind::NotFound),
    ("500", FaultKind::Internal),
    ("500-no-retry", FaultKind::InternalForGood),
    ("529", FaultKind::Overloaded),
    ("html-502", FaultKind::HtmlBadGateway),
    ("html", FaultKind::Html),
    ("timeout", FaultKind::Timeout),
    ("truncated", FaultKind::Spoiled(Spoil::Truncated)),
    ("dropped", FaultKind::Spoiled(Spoil::Dropped)),
    ("slow", FaultKind::Spoiled(Spoil::Slow)),
    ("lost", FaultKind::Lost),
    ("endless", FaultKind::Endless),
    ("410", FaultKind::Gone),
    ("bad-cursor", FaultKind::BadCursor),
    ("bare-errors", FaultKind::BareErrors),
    ("redirect", FaultKind::Redirect),
];
const RETRY_AFTER: &str = "429-retry-after=";

impl FaultKind {
    /// Whether it strikes only requests that go on with a cursor.
    const fn needs_cursor(self) -> bool {
        matches!(self, Self::Gone | Self::BadCursor)
    }

    const fn needs_write(self) -> bool {
        matches!(self, Self::Lost)
    }
}

impl Fault {
    /// Whether it strikes such a request now. Counts down when it does.
    pub(crate) fn strikes(&mut self, asked: &Asked) -> bool {
        let here = self.path.as_deref().is_none_or(|fragment| asked.line.contains(fragment))
            && (asked.with_cursor || !self.kind.needs_cursor())
            && (asked.writes || !self.kind.needs_write());
        match &mut self.times {
            _ if !here => false,
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::RateLimited { retry_after: Some(seconds) } = self {
            return write!(f, "{RETRY_AFTER}{seconds}");
        }
        let word = WORDS.iter().find(|(_, kind)| kind == self).map_or("", |(word, _)| word);
        f.pad(word)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path}:")?;
        }
        write!(f, "{}", self.kind)?;
        match self.times {
            Some(times) => write!(f, "x{times}"),
            None => Ok(()),
        }
    }
}

/// The text names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no fault; there are 429-retry-after=SECONDS, {}", known())]
pub struct UnknownFault {
    text: String,
}

fn known() -> String {
    WORDS.map(|(word, _)| word).join(", ")
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownFault { text: text.to_owned() };
        let (path, rest) = match text.rsplit_once(':') {
            Some((path, rest)) => (Some(path.to_owned()), rest),
            None => (None, text),
        };
        if let Some(kind) = kind(rest) {
            return Ok(Self { kind, path, times: None });
        }
        let (word, times) = rest.rsplit_once('x').ok_or_else(unknown)?;
        let kind = kind(word).ok_or_else(unknown)?;
        let times = times.parse().map_err(|_| unknown())?;
        Ok(Self { kind, path, times: Some(times) })
    }
}

fn kind(word: &str) -> Option<FaultKind> {
    if let Some(seconds) = word.strip_prefix(RETRY_AFTER) {
        let retry_after = Some(seconds.parse().ok()?);
        return Some(FaultKind::RateLimited { retry_after });
    }
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    #[test]
    fn faults_read_as_they_are_written() {
        for text in [
            "429",
            "429-retry-after=2",
            "cost_report:500",
            "cost_report:500x3",
            "usage_report/messages:429-retry-after=1x2",
            "529x2",
            "html-502",
            "bare-errors",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for (word, kind) in WORDS {
            assert_eq!(word.parse::<Fault>().unwrap().kind, kind, "{word}");
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_with_the_words_there_are() {
        for text in ["", "501", "500y3", "500x", "429-retry-after=soon", "cost_report"] {
            let shown = text.parse::<Fault>().unwrap_err().to_string();
            assert!(shown.contains("spend-cap"), "{text:?} gave: {shown}");
        }
    }

    #[test]
    fn a_counted_fault_strikes_that_often_and_only_there() {
        let mut fault: Fault = "cost_report:500x2".parse().unwrap();
        let struck = ["/v1/organizations/cost_report", "/v1/me", "/cost_report", "/cost_report"]
            .map(|path| fault.strikes(&Asked::new(&Method::GET, path, false)));
        assert_eq!(struck, [true, false, true, false]);
    }
}
