//! Bills, prices and what is neither.

use crate::amount::Amount;
use crate::ledger::desk::{Desk, at, bill, billed, cost, usage, usd, used};
use crate::ledger::{Basis, Book, DayPage};
use crate::reading::{BillSource, ChargeKind, Counts, Dimensions};
use crate::window::Width::{Day, Hour, Minute};

const DAY: (&str, &str) = ("2026-11-20", "2026-11-21");
const NEXT: (&str, &str) = ("2026-11-21", "2026-11-22");
const OLD: &str = "2026-11-25";

/// A settled day with this usage.
fn day_of(day: &str, rows: Vec<(Dimensions, Counts)>) -> Desk {
    let mut desk = Desk::new();
    let until = at(day) + Day.duration();
    desk.hear(&usage(Day, (day, &until.to_string()), "2026-11-25", &[(day, rows)]));
    desk
}

/// Plays `(heard at, dollars, billed after it)` for one day of the cost report.
#[track_caller]
fn check_billed(rows: &[(&str, &str, bool)]) {
    let mut desk = day_of("2026-11-20", vec![used("w opus", 1_000)]);
    for (heard_at, dollars, expected) in rows {
        let lines = if dollars.is_empty() { vec![] } else { vec![billed("w opus", dollars)] };
        desk.hear(&cost(DAY, heard_at, &[("2026-11-20", lines)]));
        assert_eq!(desk.page("2026-11-20").is_billed(), *expected, "${dollars} at {heard_at}");
    }
}

#[test]
fn a_day_is_billed_once_two_readings_an_hour_apart_agree() {
    check_billed(&[
        ("2026-11-21T06:00", "1", false),
        ("2026-11-21T06:59:59Z", "1", false),
        ("2026-11-21T07:00", "1", true),
    ]);
    check_billed(&[
        ("2026-11-21T06:00", "1", false),
        ("2026-11-21T07:00", "2", false),
        ("2026-11-21T08:00", "2", true),
    ]);
}

#[test]
fn figures_of_an_unfinished_day_agree_with_nothing() {
    check_billed(&[
        ("2026-11-20T20:00", "1", false),
        ("2026-11-21T05:30", "1", false),
        ("2026-11-21T06:00", "1", false),
        ("2026-11-21T06:30", "1", true),
    ]);
}

#[test]
fn an_old_day_is_billed_as_it_stands() {
    check_billed(&[("2026-11-22T11:59", "1", false), ("2026-11-22T12:00", "2", true)]);
}

#[test]
fn no_money_for_a_day_with_usage_is_late_rather_than_true() {
    check_billed(&[
        ("2026-11-21T06:00", "", false),
        ("2026-11-21T09:00", "", false),
        ("2026-11-22T12:00", "", true),
    ]);
}

#[test]
fn until_billed_the_larger_of_bill_and_estimate_is_shown_by_model() {
    let usage = vec![used("w opus", 1_000), used("w haiku", 1_000)];
    let mut desk = day_of("2026-11-20", usage);
    assert_eq!(desk.spent(DAY.0, DAY.1), usd("1.1"));
    let mut execution = billed("w opus", "0.3");
    execution.0.kind = ChargeKind::CodeExecution;
    let lines = vec![billed("w opus", "0.5"), billed("w haiku", "0.25"), execution];
    desk.hear(&cost(DAY, "2026-11-21T01:00", &[("2026-11-20", lines)]));
    assert_eq!(desk.spent(DAY.0, DAY.1), usd("1.55"));
}

#[test]
fn a_bill_is_shared_out_by_key_and_to_the_cent() {
    let mut desk = day_of(
        "2026-11-20",
        vec![used("w opus a", 1_000), used("w opus b", 1_000), used("w opus c", 1_000)],
    );
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "1")])]));
    let page = desk.page("2026-11-20");
    let total: Amount = page.charges.iter().map(|charge| charge.amount).sum();
    assert_eq!((page.charges.len(), total), (3, usd("1")));
    assert!(page.charges.iter().all(|charge| charge.basis == Basis::Billed));
}

#[test]
fn prices_are_learned_and_so_is_the_discount() {
    let mut desk = day_of("2026-11-20", vec![used("w opus", 10_000)]);
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "8")])]));
    assert_eq!(desk.book.prices.discount, Some("0.8".parse().unwrap()));
    assert_eq!(desk.book.prices.error, Some("0.25".parse().unwrap()));
    let next = vec![
        used("w opus", 1_000),
        used("other opus", 1_000),
        used("w haiku", 1_000),
        used("w opus k1 priority", 1_000),
        used("w brand-new", 7),
    ];
    desk.hear(&usage(Day, NEXT, "2026-11-25", &[(NEXT.0, next)]));
    let value = desk.part(super::super::desk::window(NEXT.0, NEXT.1));
    let total: Amount = value.charges.iter().map(|charge| charge.amount).sum();
    assert_eq!(total, usd("1.68"), "learned, learned elsewhere, listed times the discount");
    assert_eq!(value.unpriced, [("brand-new".into(), 7), ("opus".into(), 1_000)]);
}

#[test]
fn a_day_teaches_only_once_all_its_usage_is_known() {
    let mut desk = Desk::new();
    let half = ("2026-11-20T12:00", DAY.1);
    let late = ("2026-11-20T12:00", vec![used("w opus", 10_000)]);
    desk.hear(&usage(Hour, half, "2026-11-21T02:00", &[late]));
    let lines = [("2026-11-20", vec![billed("w opus", "16")])];
    desk.hear(&cost(DAY, OLD, &lines));
    assert_eq!(desk.book.prices.lessons.len(), 0);
    let early = (DAY.0, vec![used("w opus", 10_000)]);
    desk.hear(&usage(Hour, (DAY.0, half.0), OLD, &[early]));
    let rate = desk.book.prices.lessons.values().next().unwrap().rate();
    assert_eq!(rate, Some("0.0008".parse().unwrap()));
}

#[test]
fn a_poor_lesson_does_not_displace_a_good_one() {
    let mut desk = day_of("2026-11-20", vec![used("w opus", 10_000)]);
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "8")])]));
    desk.hear(&usage(Day, NEXT, "2026-11-25", &[(NEXT.0, vec![used("w opus", 3)])]));
    desk.hear(&cost(NEXT, OLD, &[(NEXT.0, vec![billed("w opus", "0.01")])]));
    let lesson = desk.book.prices.lessons.values().next().unwrap();
    assert_eq!((lesson.day, lesson.tokens), (at("2026-11-20"), 10_000));
}

#[test]
fn tokens_that_no_line_speaks_of_are_unpriced_and_cost_nothing() {
    let mut desk = day_of("2026-11-20", vec![used("w opus", 500), used("w opus k1 priority", 40)]);
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "1")])]));
    assert_eq!(desk.page("2026-11-20").unpriced, [("opus".into(), 40)]);
    assert_eq!(desk.spent(DAY.0, DAY.1), usd("1"));
}

#[test]
fn analytics_bills_up_to_its_refresh_and_estimates_after_it() {
    let mut desk = Desk::new();
    let hour = |from: &'static str| (from, vec![used("w opus", 1_000)]);
    let told = [hour("2026-11-20T00:00"), hour("2026-11-20T01:00"), hour("2026-11-20T02:00")];
    desk.hear(&usage(Hour, (DAY.0, "2026-11-20T03:00"), "2026-11-20T03:30", &told));
    let lines = [
        ("2026-11-20T00:00", vec![billed("w opus", "0.6")]),
        ("2026-11-20T01:00", vec![billed("w opus", "0.6")]),
        ("2026-11-20T02:00", vec![billed("w opus", "0.1")]),
    ];
    let span = (DAY.0, "2026-11-20T03:00");
    let refreshed = Some("2026-11-20T02:40");
    desk.hear(&bill(BillSource::Analytics, Hour, span, "2026-11-20T03:30", refreshed, &lines));
    let value = desk.part(super::super::desk::window(DAY.0, DAY.1));
    let parts: Vec<_> = value.charges.iter().map(|it| (it.basis, it.amount)).collect();
    assert_eq!(parts, [(Basis::Billed, usd("1.2")), (Basis::Estimated, usd("1"))]);
}

#[test]
fn a_day_billed_by_analytics_is_not_overwritten_by_the_cost_report() {
    let mut desk = Desk::new();
    let lines = [("2026-11-20T00:00", vec![billed("w opus", "3")])];
    let refreshed = Some("2026-11-21T00:00");
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "1")])]));
    desk.hear(&bill(BillSource::Analytics, Hour, DAY, "2026-11-25T01:00", refreshed, &lines));
    desk.hear(&cost(DAY, "2026-11-25T02:00", &[("2026-11-20", vec![billed("w opus", "1")])]));
    assert_eq!(desk.spent(DAY.0, DAY.1), usd("3"));
    assert!(desk.page("2026-11-20").is_billed());
}

#[test]
fn a_part_of_analytics_does_not_displace_a_billed_day() {
    let mut desk = Desk::new();
    let lines = [("2026-11-20T00:00", vec![billed("w opus", "3")])];
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "4")])]));
    let refreshed = Some("2026-11-20T10:00");
    desk.hear(&bill(BillSource::Analytics, Hour, DAY, "2026-11-25T01:00", refreshed, &lines));
    assert_eq!(desk.spent(DAY.0, DAY.1), usd("4"));
}

#[test]
fn the_figure_of_the_company_is_an_estimate_of_nobody_in_particular() {
    let mut desk = Desk::with(vec![crate::period::Calendar::utc()], Day);
    let mut told = |heard_at: &str, dollars: &str| {
        let mut line = billed("default unknown", dollars);
        line.0.kind = ChargeKind::Other;
        line.0.model = None;
        let lines = [("2026-11-20", vec![line])];
        desk.hear(&bill(BillSource::Company, Day, DAY, heard_at, None, &lines));
        let tokens = [("2026-11-20", vec![used("default unknown", 10)])];
        desk.hear(&usage(Day, DAY, heard_at, &tokens));
        desk.clone()
    };
    told("2026-11-20T10:00", "5");
    told("2026-11-20T11:00", "7");
    let desk = told("2026-11-20T12:00", "8.5");
    let value = desk.part(super::super::desk::window(DAY.0, DAY.1));
    let charge = &value.charges[0];
    let model = charge.model.as_ref().unwrap().as_str();
    assert_eq!((model, charge.basis, charge.amount), ("unknown", Basis::Estimated, usd("8.5")));
    assert_eq!(value.unpriced, []);
    assert_eq!(desk.shown_cost("default unknown"), Some(usd("3.5")), "since first contact");
}

#[test]
fn book_and_page_survive_the_store() {
    let mut desk = day_of("2026-11-20", vec![used("w opus a", 900), used("w opus b", 1_700)]);
    desk.hear(&usage(Minute, NEXT, "2026-11-21T12:00", &[(NEXT.0, vec![used("w opus", 9)])]));
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "1.000000000001")])]));
    let book: Book = postcard::from_bytes(&postcard::to_allocvec(&desk.book).unwrap()).unwrap();
    assert_eq!(book, desk.book);
    let page = desk.page("2026-11-20");
    let copy: DayPage = postcard::from_bytes(&postcard::to_allocvec(page).unwrap()).unwrap();
    assert_eq!(copy, *page);
}

#[test]
fn a_day_of_credits_does_not_make_prices_negative() {
    let mut desk = day_of("2026-11-20", vec![used("w opus", 1_000), used("w haiku", 1_000)]);
    let credit = vec![billed("w opus", "-5")];
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", credit)]));
    assert!(desk.page("2026-11-20").is_billed());
    desk.hear(&usage(Day, NEXT, OLD, &[("2026-11-21", vec![used("w haiku", 1_000)])]));
    assert_eq!(desk.spent("2026-11-21", "2026-11-22"), usd("0.1"));
}

#[test]
fn absurd_figures_are_absurd_and_break_nothing() {
    let most = "9999999999999";
    let mut desk = day_of("2026-11-20", vec![used("w opus", 1)]);
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", most)])]));
    let rows: Vec<_> =
        ["k1", "k2", "k3"].map(|key| used(&format!("w opus {key}"), u64::MAX)).into();
    desk.hear(&usage(Day, NEXT, OLD, &[("2026-11-21", rows.clone())]));
    assert!(desk.spent("2026-11-21", "2026-11-22") > usd(most));
    desk.figures(at(OLD));
    desk.hear(&cost(NEXT, OLD, &[("2026-11-21", vec![billed("w opus", most)])]));
    desk.hear(&usage(Day, NEXT, OLD, &[("2026-11-21", rows[..1].to_vec())]));
    assert_eq!(desk.spent("2026-11-21", "2026-11-22"), usd(most));
}

#[test]
fn an_answer_without_a_single_bucket_takes_nothing_back() {
    let mut desk = day_of("2026-11-20", vec![used("w opus", 1_000)]);
    desk.hear(&cost(DAY, OLD, &[("2026-11-20", vec![billed("w opus", "2")])]));
    desk.hear(&usage(Day, DAY, OLD, &[]));
    desk.hear(&cost(DAY, OLD, &[]));
    assert_eq!(desk.spent("2026-11-20", "2026-11-21"), usd("2"));
    assert_eq!(desk.page("2026-11-20").usage.len(), 1);

    let mut desk = Desk::new();
    let (span, noon) = (("2026-11-20T13:50", "2026-11-20T14:30"), "2026-11-20T14:00");
    desk.hear(&usage(Minute, span, "2026-11-20T14:02", &[(noon, vec![used("w opus", 1_000)])]));
    desk.hear(&usage(Minute, span, "2026-11-20T14:03", &[]));
    assert_eq!(desk.spent("2026-11-20", "2026-11-21"), usd("1"));
    desk.hear(&usage(Minute, span, "2026-11-20T14:04", &[(noon, vec![])]));
    assert_eq!(desk.spent("2026-11-20", "2026-11-21"), usd("0"));
}
