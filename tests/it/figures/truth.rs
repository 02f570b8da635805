//! Holding day, week and month against the truth of the simulator.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::Value;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::{TokenType, Tokens};
use usagewarden_core::window::{Width, Window};

use super::ours::{By, Money, Said, is_billed, money, tokens, true_money};
use super::rig::{Rig, window};

/// How far an estimate may be off, per model.
pub(super) const ESTIMATE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);
/// Code execution of a workspace that is not billed yet: an hour of it is under five cents.
const UNTOLD: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// A table of what was expected and what there was; only what is wrong fails.
#[derive(Default)]
pub(super) struct Table {
    lines: String,
    wrong: usize,
}

impl Table {
    /// Every name of either side. `off`: the share of the expected that ours may be off.
    pub(super) fn compare(&mut self, what: &str, expected: &Money, ours: &Money, off: Decimal) {
        self.compare_with(what, expected, ours, off, Decimal::ZERO);
    }

    /// And by so many dollars more.
    fn compare_with(
        &mut self,
        what: &str,
        expected: &Money,
        ours: &Money,
        off: Decimal,
        more: Decimal,
    ) {
        for name in expected.keys().chain(ours.keys().filter(|it| !expected.contains_key(*it))) {
            let of = |money: &Money| money.get(name).copied().unwrap_or_default();
            let allowed = of(expected) * off + more;
            self.put(&format!("{what} {name}"), of(expected), of(ours), allowed);
        }
    }

    pub(super) fn line(&mut self, what: &str, expected: Decimal, ours: Decimal, off: Decimal) {
        self.put(what, expected, ours, expected * off);
    }

    /// `allowed`: how many tokens or dollars ours may be off.
    pub(super) fn put(&mut self, what: &str, expected: Decimal, ours: Decimal, allowed: Decimal) {
        let wrong = (ours - expected).abs() > allowed;
        self.wrong += usize::from(wrong);
        let mark = if wrong { "WRONG" } else { "" };
        let (expected, ours) = (expected.normalize(), ours.normalize());
        writeln!(self.lines, "{what:<72} {expected:>22} {ours:>22} ±{allowed:.4} {mark}").unwrap();
    }

    #[track_caller]
    pub(super) fn check(self, at: Timestamp) {
        let heading = format!("{:<72} {:>22} {:>22}", "", "expected", "ours");
        assert!(self.wrong == 0, "{} wrong at {at}:\n{heading}\n{}", self.wrong, self.lines);
    }
}

/// Current day, week and month of the organization's calendar against the truth: billed
/// days exactly, later ones as estimates of what the reports show, tokens exactly.
///
/// Only for calendars whose days are those of the bill.
pub(super) async fn check(rig: &Rig) {
    let mut table = Table::default();
    let said = Said::by(rig).await;
    let mut truth = Truth::of(rig, &said);
    for kind in PeriodKind::ALL {
        let period = rig.calendar().period(kind, rig.now());
        let spend = said.snapshot.spend(&rig.calendar().key(), kind).unwrap();
        let label = kind.label();
        for by in By::ALL {
            let what = format!("{label} by snapshot and by day, {}", by.word());
            let days = said.money(period, by);
            table.compare(&what, &days, &money(&spend.charges, by), Decimal::ZERO);
        }
        let (closed, open) = split(rig, &said, period);
        let mut used = Tokens::default();
        if let Some(closed) = closed {
            billed(&mut table, &mut truth, &label, closed).await;
            used += truth.tokens(closed).await;
        }
        estimated(&mut table, &mut truth, &label, open).await;
        used += truth.tokens(open).await;
        for kind in TokenType::ALL {
            let what = format!("{label} tokens, {}", kind.label());
            let (expected, ours) = (used.of(kind).into(), spend.tokens.of(kind).into());
            table.line(&what, expected, ours, Decimal::ZERO);
        }
    }
    table.check(rig.now());
}

/// The billed days of a period, and those after.
fn split(rig: &Rig, said: &Said, period: Window) -> (Option<Window>, Window) {
    let until = Width::Day.ceil(rig.now());
    let open = said.within(period).find(|day| !is_billed(day));
    let open = open.map_or(until, |day| day.window.from());
    // Read a day and a half after its end, a bill is final.
    let must = Width::Day.floor(rig.now() - SignedDuration::from_hours(36)).max(period.from());
    assert!(open >= must, "at {} nothing is billed since {open}", rig.now());
    (Window::new(period.from(), open), window(open, until))
}

async fn billed(table: &mut Table, truth: &mut Truth<'_>, label: &str, closed: Window) {
    for by in By::ALL {
        let what = format!("{label} billed, {}", by.word());
        let expected = truth.money(closed, by, "billed").await;
        table.compare(&what, &expected, &truth.said.money(closed, by), Decimal::ZERO);
    }
}

async fn estimated(table: &mut Table, truth: &mut Truth<'_>, label: &str, open: Window) {
    for by in By::ALL {
        let what = format!("{label} estimated, {}", by.word());
        let mut expected = truth.money(open, by, "visible").await;
        let ours = truth.said.money(open, by);
        match by {
            // What no tokens can tell is what the bill said of it so far.
            By::Model => {
                expected.remove("none");
                expected.extend(truth.money(open, by, "billed").await.remove_entry("none"));
                table.compare(&what, &expected, &ours, ESTIMATE);
            }
            By::Workspace => table.compare_with(&what, &expected, &ours, ESTIMATE, UNTOLD),
        }
    }
}

/// What the simulator knows now, asked for once; minutes cost it time.
struct Truth<'a> {
    rig: &'a Rig,
    said: &'a Said,
    told: BTreeMap<(Window, &'static str), Value>,
}

impl<'a> Truth<'a> {
    const fn of(rig: &'a Rig, said: &'a Said) -> Self {
        Self { rig, said, told: BTreeMap::new() }
    }

    async fn told(&mut self, window: Window, by: By) -> &Value {
        match self.told.entry((window, by.word())) {
            Entry::Occupied(told) => told.into_mut(),
            Entry::Vacant(place) => place.insert(self.rig.truth(window, by.word()).await),
        }
    }

    async fn money(&mut self, window: Window, by: By, column: &str) -> Money {
        let default = self.said.default_workspace();
        true_money(self.told(window, by).await, by, column, default)
    }

    async fn tokens(&mut self, window: Window) -> Tokens {
        tokens(&self.told(window, By::Model).await["total"]["visible"])
    }
}
