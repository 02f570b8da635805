//! A store in memory, for tests: it loads what is asked for and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::amount::Amount;
use crate::ledger::{
    Book, Changes, DayPage, Figures, LedgerSettings, Needs, PeriodSum, Rows, Span, SumKey,
    TokenSeries, history, needs, outlook, post, spends, sum_keys, value,
};
use crate::period::Calendar;
use crate::price::{ListPrice, PriceTable};
use crate::reading::{
    BillBucket, BillDimensions, BillSource, ChargeKind, Counts, Dimensions, Findings, Reading,
    Report, RequestBucket, TokenType, Tokens, UsageBucket,
};
use crate::stretch::{Buckets, Wanted, WindowUse};
use crate::window::{Width, Window};

#[derive(Clone)]
pub(super) struct Desk {
    pub book: Book,
    pub settings: LedgerSettings,
    pub store: Rows,
}

pub(super) fn at(text: &str) -> Timestamp {
    let text = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        _ => text.to_owned(),
    };
    text.parse().unwrap()
}

pub(super) fn window(from: &str, until: &str) -> Window {
    Window::new(at(from), at(until)).unwrap()
}

pub(super) fn usd(text: &str) -> Amount {
    Amount::from_dollars(text.parse().unwrap())
}

/// `workspace model key tier`, tokens of input.
pub(super) fn used(who: &str, tokens: u64) -> (Dimensions, Counts) {
    let words: Vec<&str> = who.split(' ').collect();
    let dimensions = Dimensions {
        workspace: words[0].into(),
        model: words[1].into(),
        key: words.get(2).copied().unwrap_or("k1").into(),
        tier: words.get(3).copied().unwrap_or("standard").into(),
        geo: "global".into(),
    };
    let tokens = Tokens { uncached_input: tokens, ..Tokens::default() };
    (dimensions, Counts { tokens, web_searches: 0 })
}

/// `workspace model`, dollars for its input tokens.
pub(super) fn billed(what: &str, dollars: &str) -> (BillDimensions, Amount) {
    let words: Vec<&str> = what.split(' ').collect();
    let line = BillDimensions {
        workspace: words[0].into(),
        kind: ChargeKind::Tokens(TokenType::UncachedInput),
        model: Some(words[1].into()),
        key: None,
        tier: Some(words.get(2).copied().unwrap_or("standard").into()),
        geo: Some("global".into()),
    };
    (line, usd(dollars))
}

pub(super) fn reading(report: Report, heard_at: &str, findings: Findings) -> Reading {
    Reading { organization: "acme".into(), report, heard_at: at(heard_at), findings }
}

type Told<'a> = &'a [(&'a str, Vec<(Dimensions, Counts)>)];

pub(super) fn usage(width: Width, span: (&str, &str), heard_at: &str, told: Told<'_>) -> Reading {
    let buckets =
        told.iter().map(|(from, rows)| UsageBucket::new(width, at(from), rows.clone())).collect();
    let window = window(span.0, span.1);
    reading(Report::Usage, heard_at, Findings::Usage { width, window, buckets })
}

type Lines<'a> = &'a [(&'a str, Vec<(BillDimensions, Amount)>)];

pub(super) fn cost(span: (&str, &str), heard_at: &str, told: Lines<'_>) -> Reading {
    bill(BillSource::CostReport, Width::Day, span, heard_at, None, told)
}

pub(super) fn bill(
    source: BillSource,
    width: Width,
    span: (&str, &str),
    heard_at: &str,
    refreshed_at: Option<&str>,
    told: Lines<'_>,
) -> Reading {
    let buckets =
        told.iter().map(|(from, rows)| BillBucket::new(width, at(from), rows.clone())).collect();
    let report = match source {
        BillSource::Company | BillSource::CostReport => Report::Cost,
        BillSource::Analytics => Report::Analytics,
    };
    let window = window(span.0, span.1);
    let refreshed_at = refreshed_at.map(at);
    reading(report, heard_at, Findings::Bill { source, width, window, refreshed_at, buckets })
}

/// Opus costs a dollar and haiku a dime per thousand tokens.
pub(super) fn table() -> PriceTable {
    let price = |model: &str, million: i64| ListPrice {
        model: model.into(),
        from: None,
        uncached_input: million.into(),
        cache_write_5m: million.into(),
        cache_write_1h: million.into(),
        cache_read: million.into(),
        output: million.into(),
        geo: false,
        uncertain: false,
    };
    PriceTable {
        dated: jiff::civil::date(2026, 11, 1),
        batch: Decimal::new(5, 1),
        geo: BTreeMap::new(),
        web_search: Decimal::new(1, 2),
        price: vec![price("opus", 1_000), price("haiku", 100)],
    }
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(vec![Calendar::utc()], Width::Minute)
    }

    pub(super) fn with(calendars: Vec<Calendar>, finest: Width) -> Self {
        let settings = LedgerSettings {
            calendars,
            rolling: Vec::new(),
            windows: Vec::new(),
            prices: Arc::new(table()),
            finest,
        };
        Self { book: Book::default(), settings, store: Rows::default() }
    }

    pub(super) fn hear(&mut self, reading: &Reading) -> Changes {
        let rows = self.load(&needs(&self.book, &self.settings, reading));
        let changes = post(&mut self.book, &self.settings, reading, &rows);
        self.write(changes.clone());
        changes
    }

    fn load(&self, needs: &Needs) -> Rows {
        let mut rows = Rows {
            minutes: within(&self.store.minutes, &needs.minutes),
            hours: within(&self.store.hours, &needs.hours),
            days: within(&self.store.days, &needs.days),
            hour_bills: within(&self.store.hour_bills, &needs.hour_bills),
            hour_requests: within(&self.store.hour_requests, &needs.hour_requests),
            spans: needs.spans.iter().map(|span| (*span, self.span(*span))).collect(),
            sums: BTreeMap::new(),
        };
        rows.sums = self.sums(&needs.sums);
        rows
    }

    fn span(&self, span: Span) -> Vec<(Dimensions, Counts)> {
        let buckets = match span.width {
            Width::Minute => within(&self.store.minutes, &[span.window]),
            Width::Hour => within(&self.store.hours, &[span.window]),
            Width::Day => panic!("days are pages"),
        };
        let rows = buckets.values().flat_map(|bucket| bucket.rows().iter().cloned());
        UsageBucket::new(span.width, span.window.from(), rows).rows().to_vec()
    }

    fn sums(&self, keys: &[SumKey]) -> BTreeMap<SumKey, PeriodSum> {
        let known = |key: &SumKey| Some((key.clone(), self.store.sums.get(key)?.clone()));
        keys.iter().filter_map(known).collect()
    }

    fn write(&mut self, changes: Changes) {
        for bucket in changes.usage {
            let rows = match bucket.width() {
                Width::Minute => &mut self.store.minutes,
                Width::Hour => &mut self.store.hours,
                Width::Day => panic!("days are pages"),
            };
            put(rows, bucket.from(), bucket.rows().is_empty(), bucket);
        }
        for bill in changes.hour_bills {
            put(&mut self.store.hour_bills, bill.from(), bill.rows().is_empty(), bill);
        }
        for requests in changes.hour_requests {
            let empty = requests.rows.is_empty();
            put::<RequestBucket>(&mut self.store.hour_requests, requests.from, empty, requests);
        }
        self.store.days.extend(changes.days.into_iter().map(|page| (page.day, page)));
        self.store.sums.extend(changes.sums);
    }

    pub(super) fn figures(&self, now: Timestamp) -> Figures {
        let sums = self.sums(&sum_keys(&self.settings, now));
        let mut rows = self.load(&outlook(&self.book, &self.settings, &sums, now));
        rows.sums = sums;
        spends(&self.book, &self.settings, &rows, now)
    }

    /// What the last `length` came to.
    pub(super) fn stretch(
        &self,
        length: SignedDuration,
        buckets: Buckets,
        at: Timestamp,
    ) -> WindowUse {
        let mut desk = self.clone();
        desk.settings.windows = vec![Wanted { length, buckets }];
        desk.figures(at).windows.remove(0)
    }

    /// What a window within one day came to.
    pub(super) fn part(&self, part: Window) -> crate::ledger::Value {
        let rows = self.load(&history(&self.book, part));
        value(&self.book, &self.settings, &rows, part)
    }

    pub(super) fn spent(&self, from: &str, until: &str) -> Amount {
        self.part(window(from, until)).charges.iter().map(|charge| charge.amount).sum()
    }

    pub(super) fn page(&self, day: &str) -> &DayPage {
        &self.store.days[&at(day)]
    }

    /// Input tokens that the counter of workspace and model shows.
    pub(super) fn shown(&self, who: &str) -> Option<i64> {
        let (used, _) = used(who, 0);
        let series = TokenSeries { workspace: used.workspace, model: used.model, tier: used.tier };
        self.book.counters.tokens.get(&series).map(|kinds| kinds[0].shown)
    }

    pub(super) fn shown_unpriced(&self, model: &str) -> Option<i64> {
        self.book.counters.unpriced.get(&model.into()).map(|counted| counted.shown)
    }

    pub(super) fn shown_cost(&self, who: &str) -> Option<Amount> {
        let (used, _) = used(who, 0);
        let counted = self.book.counters.cost.get(&(used.workspace, used.model))?;
        Some(counted.shown)
    }
}

fn within<T: Clone>(rows: &BTreeMap<Timestamp, T>, windows: &[Window]) -> BTreeMap<Timestamp, T> {
    let wanted = rows.iter().filter(|(from, _)| windows.iter().any(|w| w.contains(**from)));
    wanted.map(|(from, row)| (*from, row.clone())).collect()
}

fn put<T>(rows: &mut BTreeMap<Timestamp, T>, from: Timestamp, empty: bool, row: T) {
    if empty {
        rows.remove(&from);
    } else {
        rows.insert(from, row);
    }
}
