//! What the traffic costs: list prices, modifiers, and the customer's discount.
//!
//! Charges are exact decimals in US cents. What the bill leaves out is left out
//! here: priority traffic, and models in no price list. Code execution is
//! charged but is in no usage report. A span must lie within one UTC day, since
//! prices change at midnight; [`days`] cuts longer ones. Nothing here can fail.

use jiff::Timestamp;
use rust_decimal::Decimal;
use usagewarden_core::reading::TokenType;

use super::figures::Figures;
use super::hash::{Draw, between, draw};
use super::prices::{ListPrice, PriceList};
use super::streams::{Flow, Stream};
use super::traffic::{DAY, HOUR, Traffic, instant};
use super::visible::seen;
use super::world::workspace;

/// What the customer pays of the list price: 12 % less, as negotiated.
pub(crate) const PAID: Decimal = Decimal::from_parts(88, 0, 0, false, 2);

/// What a line charges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Charged {
    Tokens(TokenType),
    WebSearch,
    CodeExecution,
    /// A kind that no documentation knows: the versioning policy allows it.
    Undocumented,
}

impl Charged {
    pub(crate) const fn cost_type(self) -> &'static str {
        match self {
            Self::Tokens(_) => "tokens",
            Self::WebSearch => "web_search",
            Self::CodeExecution => "code_execution",
            Self::Undocumented => "artifact_storage",
        }
    }

    pub(crate) const fn token_type(self) -> Option<&'static str> {
        match self {
            Self::Tokens(kind) => Some(wire_token_type(kind)),
            Self::WebSearch | Self::CodeExecution | Self::Undocumented => None,
        }
    }
}

const fn wire_token_type(kind: TokenType) -> &'static str {
    match kind {
        TokenType::UncachedInput => "uncached_input_tokens",
        TokenType::CacheRead => "cache_read_input_tokens",
        TokenType::CacheWrite5m => "cache_creation.ephemeral_5m_input_tokens",
        TokenType::CacheWrite1h => "cache_creation.ephemeral_1h_input_tokens",
        TokenType::Output => "output_tokens",
    }
}

/// One line of the bill, before anything is summed.
#[derive(Clone, Debug)]
pub(crate) struct Charge<'a> {
    pub(crate) workspace: usize,
    /// `None` for what no traffic causes.
    pub(crate) stream: Option<&'a Stream>,
    pub(crate) charged: Charged,
    /// Cents by the list.
    pub(crate) list: Decimal,
}

impl Charge<'_> {
    /// Cents after the discount.
    pub(crate) fn amount(&self) -> Decimal {
        self.list * PAID
    }
}

/// How much of the traffic to charge for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// Everything that happened until this instant.
    Happened(i64),
    /// What a report with this horizon shows.
    Shown(i64),
}

impl Reach {
    pub(crate) fn figures(
        self,
        traffic: &Traffic,
        stream: &Stream,
        (from, until): (i64, i64),
    ) -> Figures {
        match self {
            Self::Happened(now) => traffic.used(stream, from, until.min(now)),
            Self::Shown(horizon) => seen(traffic, stream, (from, until), horizon),
        }
    }

    const fn end(self) -> i64 {
        match self {
            Self::Happened(end) | Self::Shown(end) => end,
        }
    }
}

/// The UTC days of a span, the first and last perhaps cut.
pub(crate) fn days(from: i64, until: i64) -> impl Iterator<Item = (i64, i64)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let day = (at, until.min((at.div_euclid(DAY) + 1) * DAY));
        at = day.1;
        (day.0 < day.1).then_some(day)
    })
}

/// Everything charged for a span within one UTC day.
pub(crate) fn charges<'a>(
    traffic: &'a Traffic,
    prices: &PriceList,
    span: (i64, i64),
    reach: Reach,
) -> Vec<Charge<'a>> {
    let at = instant(span.0);
    let mut lines = Vec::new();
    for stream in traffic.streams().iter().filter(|stream| stream.tier != "priority") {
        if let Some(price) = prices.of(stream.model, at) {
            let figures = reach.figures(traffic, stream, span);
            charge_stream(&mut lines, stream, price, &figures);
        }
    }
    for extra in EXTRAS {
        let from = span.0.max(traffic.begins);
        let units = extra.units(traffic.seed, from, span.1.min(reach.end()));
        if units > 0 {
            let (workspace, charged) = (extra.workspace, extra.charged);
            let list = Decimal::from(units) * extra.cents;
            lines.push(Charge { workspace, stream: None, charged, list });
        }
    }
    lines
}

/// What a stream that never varies is charged for an hour, at the prices of `at`.
pub(crate) fn paid_an_hour(stream: &Stream, prices: &PriceList, at: Timestamp) -> Option<Decimal> {
    let Flow::Constant(figures) = &stream.flow else { return None };
    let mut lines = Vec::new();
    charge_stream(&mut lines, stream, prices.of(stream.model, at)?, figures);
    Some(lines.iter().map(Charge::amount).sum())
}

fn charge_stream<'a>(
    lines: &mut Vec<Charge<'a>>,
    stream: &'a Stream,
    price: &ListPrice,
    figures: &Figures,
) {
    let mut push = |charged, list| {
        lines.push(Charge { workspace: stream.workspace, stream: Some(stream), charged, list });
    };
    for kind in TokenType::ALL {
        let tokens = figures.of(kind);
        if tokens > 0 {
            push(
                Charged::Tokens(kind),
                Decimal::from(tokens) * cents_per_token(stream, price, kind),
            );
        }
    }
    if figures.searches() > 0 {
        // Ten dollars for a thousand: one cent each.
        push(Charged::WebSearch, Decimal::from(figures.searches()));
    }
}

/// Dollars per million are ten-thousandths of a cent each; batch is half, `us` a tenth more.
fn cents_per_token(stream: &Stream, price: &ListPrice, kind: TokenType) -> Decimal {
    let tier = if stream.tier == "batch" { Decimal::new(5, 1) } else { Decimal::ONE };
    let geo = if stream.geo == "us" { Decimal::new(11, 1) } else { Decimal::ONE };
    price.of(kind) * tier * geo * Decimal::new(1, 4)
}

/// What is billed without being in any usage report.
struct Extra {
    number: u64,
    workspace: usize,
    charged: Charged,
    /// The most of an hour.
    most: u64,
    /// Cents of one unit.
    cents: Decimal,
}

const EXTRAS: [Extra; 3] = [
    // Thousandths of a container-hour at five cents each.
    extra(1, workspace::ASSISTANT, Charged::CodeExecution, 900, 5, 3),
    extra(2, workspace::RESEARCH, Charged::CodeExecution, 400, 5, 3),
    extra(3, workspace::RESEARCH, Charged::Undocumented, 9, 1, 1),
];

const fn extra(
    number: u64,
    workspace: usize,
    charged: Charged,
    most: u64,
    cents: u32,
    scale: u32,
) -> Extra {
    Extra {
        number,
        workspace,
        charged,
        most,
        cents: Decimal::from_parts(cents, 0, 0, false, scale),
    }
}

impl Extra {
    fn units(&self, seed: u64, from: i64, until: i64) -> u64 {
        let mut sum = 0;
        let mut hour = from.div_euclid(HOUR);
        while hour * HOUR < until {
            let bits = draw(seed, Draw::Charge, [self.number, hour.unsigned_abs()]);
            let of_hour = between(bits, 0, self.most);
            let share = |at: i64| {
                of_hour * (at - hour * HOUR).clamp(0, HOUR).unsigned_abs() / HOUR.unsigned_abs()
            };
            sum += share(until) - share(from);
            hour += 1;
        }
        sum
    }
}
