//! What was never billed, what is in no list, and what the bill leaves out.

use rust_decimal::Decimal;
use usagewarden::simulator::{PriceList, Settings};
use usagewarden_core::ledger::Basis;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::{TokenType, Tokens};

use super::ours::{By, Said, true_money};
use super::rig::{Rig, Setup, prices, window};
use super::truth::{ESTIMATE, Table};

const NEW: &str = "claude-fable-5-2";
const PREVIEW: &str = "claude-mythos-preview";
/// What the bill of the simulated organization is of the listed prices.
const DISCOUNT: Decimal = Decimal::from_parts(88, 0, 0, false, 2);

/// What `tokens` of the new model cost by the table that ships, and nothing off.
fn listed(tokens: &Tokens) -> Decimal {
    let now = "2026-11-20T14:00:00Z".parse().unwrap();
    let rate = |kind| {
        let (tier, geo) = ("standard".into(), "global".into());
        prices().rate(&NEW.into(), kind, &tier, &geo, now).unwrap()
    };
    TokenType::ALL.iter().map(|&kind| rate(kind) * Decimal::from(tokens.of(kind))).sum()
}

/// The list that bills are made from, without the new model.
fn without_the_new_model() -> PriceList {
    let at = "2026-11-20T14:00:00Z".parse().unwrap();
    let all = PriceList::default();
    let models = ["claude-opus-5-5", "claude-sonnet-5-5", "claude-sonnet-4-6", "claude-haiku-4-5"];
    PriceList::new(models.iter().map(|model| all.of(model, at).unwrap().clone()).collect())
}

#[tokio::test]
async fn a_model_never_billed_costs_its_listed_price_times_the_learned_discount() {
    let simulator = Settings { prices_listed: without_the_new_model(), ..Settings::default() };
    let rig = Rig::start(Setup { simulator, ..Setup::default() }).await;
    let said = Said::by(&rig).await;
    assert_eq!(said.snapshot.price_discount, Some(DISCOUNT), "as the bills have it");

    let month = rig.calendar().period(PeriodKind::Month, rig.now());
    let ours = said.money(month, By::Model)[NEW];
    let used = rig.used(month, NEW).await;
    assert!(used.total() > 0);
    let mut table = Table::default();
    table.line(NEW, listed(&used) * DISCOUNT, ours, Decimal::new(1, 9));
    table.check(rig.now());
    let charges = said.days.iter().flat_map(|day| &day.charges);
    let new = charges.filter(|charge| charge.model.as_ref().is_some_and(|it| it.as_str() == NEW));
    assert!(new.clone().count() > 0);
    assert!(new.into_iter().all(|charge| charge.basis == Basis::Estimated), "never billed");
    rig.stop().await;
}

#[tokio::test]
async fn what_nothing_prices_is_counted_as_unpriced_and_moves_no_spend() {
    let rig = Rig::start(Setup::default()).await;
    let said = Said::by(&rig).await;
    let month = rig.calendar().period(PeriodKind::Month, rig.now());

    let money = said.money(month, By::Model);
    assert_eq!(money.get(PREVIEW), None, "{money:?}");
    let priority = said.days.iter().flat_map(|day| &day.charges);
    let priority: Decimal = priority
        .filter(|charge| charge.tier.as_str() == "priority")
        .map(|charge| charge.amount.dollars())
        .sum();
    assert_eq!(priority, Decimal::ZERO);

    let unpriced = |model: &str| {
        let all = &said.snapshot.unpriced;
        all.iter().find(|(it, _)| it.as_str() == model).map_or(0, |(_, tokens)| *tokens)
    };
    assert_eq!(unpriced(PREVIEW), rig.used(month, PREVIEW).await.total());
    let opus = unpriced("claude-opus-5-5");
    assert!(opus > 0 && opus < rig.used(month, "claude-opus-5-5").await.total() / 4, "{opus}");
    let priced = ["claude-sonnet-5-5", "claude-sonnet-4-6", "claude-haiku-4-5", NEW];
    assert_eq!(priced.map(unpriced), [0; 4]);

    let text = rig.metrics().await;
    // What came before first contact is shown, but not counted.
    let line =
        format!("claude_unpriced_tokens_total{{organization=\"acme\",model=\"{PREVIEW}\"}} 0");
    assert!(text.lines().any(|it| it == line), "no {line}");
    rig.stop().await;
}

#[tokio::test]
async fn a_price_that_the_table_has_wrong_is_learned_from_the_first_bill() {
    let at = "2026-11-20T14:00:00Z".parse().unwrap();
    let model = "claude-sonnet-5-5";
    let mut dearer = PriceList::default().of(model, at).unwrap().clone();
    dearer.output *= Decimal::from(3);
    let list = PriceList::new(vec![dearer]);
    let simulator = Settings { prices_listed: list, ..Settings::default() };
    let rig = Rig::start(Setup { simulator, ..Setup::default() }).await;
    let said = Said::by(&rig).await;
    let today =
        window("2026-11-20T00:00:00Z".parse().unwrap(), "2026-11-21T00:00:00Z".parse().unwrap());
    let truth = rig.truth(today, "model").await;
    let expected = true_money(&truth, By::Model, "visible", "");
    let mut table = Table::default();
    table.line(model, expected[model], said.money(today, By::Model)[model], ESTIMATE);
    table.check(rig.now());
    rig.stop().await;
}

/// On October 7 cache reads of Sonnet 5.5 became cheaper, and the table knows.
#[tokio::test]
async fn a_change_of_the_list_is_followed_before_the_first_bill_of_its_day() {
    let model = "claude-sonnet-5-5";
    let rig = Rig::start(Setup { at: "2026-10-07T14:08:30Z", ..Setup::default() }).await;
    let today = rig.calendar().period(PeriodKind::Day, rig.now());
    let truth = rig.truth(today, "model").await;
    let expected = true_money(&truth, By::Model, "visible", "");
    let said = Said::by(&rig).await;
    let mut table = Table::default();
    table.line(model, expected[model], said.money(today, By::Model)[model], ESTIMATE);
    table.check(rig.now());
    rig.stop().await;
}
