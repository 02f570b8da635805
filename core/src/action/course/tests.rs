//! Every way a target can be found, and what follows from it.

use super::*;
use crate::action::{ActionId, Order, Target};
use crate::roster::SpendLimitScope;
use crate::subject::Subject;

mod records;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn dollars(text: &str) -> Amount {
    Amount::from_dollars(text.parse().unwrap())
}

pub(super) fn key_target() -> Target {
    Target::Key {
        id: "apikey_1".into(),
        name: "batch-worker".to_owned(),
        workspace: "wrkspc_1".into(),
        workspace_name: "ingest-prod".to_owned(),
    }
}

fn found(id: &str, workspace: Option<&str>, status: &str) -> Sight {
    Sight::Key(Some(ApiKey {
        id: id.into(),
        name: "batch-worker".to_owned(),
        status: status.to_owned(),
        workspace: workspace.map(Into::into),
        hint: None,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        created_by: None,
    }))
}

fn status(status: &str) -> Sight {
    found("apikey_1", Some("wrkspc_1"), status)
}

fn cap_target() -> Target {
    Target::SpendLimit {
        workspace: Some("wrkspc_1".into()),
        workspace_name: Some("ingest-prod".to_owned()),
        to: dollars("50"),
    }
}

/// The caps of two workspaces and of the tier; `None`: the first has none.
fn caps(own: Option<&str>) -> Sight {
    let cap = |id: &str, scope, amount: &str, enabled| SpendLimit {
        id: id.to_owned(),
        scope,
        amount: Some(dollars(amount)),
        period: "monthly".to_owned(),
        enabled,
    };
    let of = |workspace: &str| SpendLimitScope::Workspace(workspace.into());
    let mut limits = vec![
        cap("spl_2", of("wrkspc_2"), "1", true),
        cap("spl_3", of("wrkspc_1"), "2", false),
        cap("spl_4", SpendLimitScope::UsageTier, "3", true),
        cap("spl_5", SpendLimitScope::Organization, "4", true),
    ];
    limits.extend(own.map(|amount| cap("spl_1", of("wrkspc_1"), amount, true)));
    Sight::SpendLimits(limits)
}

fn rate_target() -> Target {
    Target::RateLimit {
        workspace: "wrkspc_1".into(),
        workspace_name: "ingest-prod".to_owned(),
        limit_id: "rl_1".to_owned(),
        group: "Sonnet".to_owned(),
        limiter: "requests_per_minute".to_owned(),
        to: 100,
    }
}

/// What the organization and the workspace have.
fn rates(id: &str, wide: Option<u64>, own: Option<u64>) -> Sight {
    let rate = |workspace: Option<&str>, group: &str, value| RateLimit {
        id: workspace.is_none().then(|| id.to_owned()),
        workspace: workspace.map(Into::into),
        group_type: "model_group".to_owned(),
        group: group.to_owned(),
        models: Vec::new(),
        limiter: "requests_per_minute".to_owned(),
        value,
        inherited: false,
    };
    let mut limits = vec![
        rate(None, "Sonnet", wide),
        rate(Some("wrkspc_1"), "Opus", Some(1)),
        rate(Some("wrkspc_2"), "Sonnet", Some(2)),
    ];
    limits.extend(own.map(|value| rate(Some("wrkspc_1"), "Sonnet", Some(value))));
    Sight::RateLimits(limits)
}

pub(super) fn was(status: &str) -> Before {
    Before::Key { status: status.to_owned() }
}

fn capped(amount: Option<&str>) -> Before {
    Before::SpendLimit { amount: amount.map(dollars) }
}

fn disable() -> Change {
    Change::DisableKey { id: "apikey_1".into() }
}

fn cap_at(amount: &str) -> Change {
    Change::SetSpendLimit { workspace: Some("wrkspc_1".into()), amount: dollars(amount) }
}

fn rate_at(value: Option<u64>) -> Change {
    let (limit_id, limiter) = ("rl_1".to_owned(), "requests_per_minute".to_owned());
    Change::SetRateLimit { workspace: "wrkspc_1".into(), limit_id, limiter, value }
}

/// What is expected to follow.
#[derive(Debug)]
enum Expected {
    Make(Before, Change),
    Settle(Stage),
    /// With a sentence that has these words.
    Says(Stage, &'static str),
}
use Expected::{Make, Says, Settle};

#[track_caller]
fn compare(step: Step, expected: Expected) {
    match (&step, &expected) {
        (Step::Make { before, change }, Make(was, wanted)) => {
            assert_eq!((before, change), (was, wanted));
        }
        (Step::Settle { stage, said: None }, Settle(wanted)) => assert_eq!(stage, wanted),
        (Step::Settle { stage, said: Some(said) }, Says(wanted, words)) => {
            assert!(stage == wanted && said.contains(words), "{step:?}, not {expected:?}");
        }
        _ => panic!("{step:?}, not {expected:?}"),
    }
}

/// A target that has come to `stage`, found as `sight` says, on the way there.
#[track_caller]
fn check(target: &Target, stage: Stage, before: Option<Before>, sight: &Sight, then: Expected) {
    let doing = Doing { before, stage, said: None };
    compare(forward(target, &doing, sight), then);
}

/// The same on the way back.
#[track_caller]
fn check_back(target: &Target, stage: Stage, before: Before, sight: &Sight, then: Expected) {
    let doing = Doing { before: Some(before), stage, said: None };
    compare(backward(target, &doing, sight), then);
}

#[test]
fn an_active_key_of_the_workspace_is_disabled_and_no_other() {
    let key = key_target();
    let waiting = |sight, then| check(&key, Stage::Waiting, None, &sight, then);
    waiting(status("active"), Make(was("active"), disable()));
    waiting(status("inactive"), Settle(Stage::Left));
    waiting(status("archived"), Settle(Stage::Left));
    waiting(Sight::Key(None), Says(Stage::Refused, "no such key"));
    let elsewhere = found("apikey_1", Some("wrkspc_2"), "active");
    waiting(elsewhere, Says(Stage::Refused, "it belongs to workspace wrkspc_2 now"));
    waiting(found("apikey_1", None, "active"), Says(Stage::Refused, "nobody says that it belongs"));
    let other = found("apikey_2", Some("wrkspc_1"), "active");
    waiting(other, Says(Stage::Refused, "another key (apikey_2)"));
    let renamed = |status| {
        let Sight::Key(Some(key)) = self::status(status) else { panic!("it is a key") };
        Sight::Key(Some(ApiKey { name: "frontend".to_owned(), ..key }))
    };
    waiting(renamed("active"), Says(Stage::Refused, "it is called frontend now"));
    waiting(renamed("inactive"), Settle(Stage::Left));
    waiting(Sight::Blind, Says(Stage::Refused, "not touched"));
    waiting(caps(None), Says(Stage::Refused, "not touched"));
}

#[test]
fn a_key_that_was_begun_is_done_once_it_is_inactive_and_its_status_stays_known() {
    let key = key_target();
    let begun = |sight, then| check(&key, Stage::Begun, Some(was("active")), &sight, then);
    begun(status("inactive"), Settle(Stage::Done));
    begun(status("active"), Make(was("active"), disable()));
    begun(status("archived"), Settle(Stage::Left));
    begun(found("apikey_1", Some("wrkspc_2"), "inactive"), Says(Stage::Refused, "wrkspc_2"));
}

#[test]
fn a_spend_limit_is_only_ever_lowered() {
    let cap = cap_target();
    let waiting = |sight, then| check(&cap, Stage::Waiting, None, &sight, then);
    waiting(caps(None), Make(capped(None), cap_at("50")));
    waiting(caps(Some("80")), Make(capped(Some("80")), cap_at("50")));
    waiting(caps(Some("50")), Settle(Stage::Left));
    waiting(caps(Some("20")), Settle(Stage::Left));
    waiting(Sight::Blind, Make(Before::Unknown, cap_at("50")));
    // What was set from here last is all that is known.
    for amount in ["80", "50"] {
        waiting(Sight::SetHere(dollars(amount)), Make(Before::Unknown, cap_at("50")));
    }
    waiting(Sight::SetHere(dollars("20")), Says(Stage::Refused, "it was set to $20.00 from here"));
    let ours = Sight::SetHere(dollars("20"));
    check(&cap, Stage::Begun, Some(Before::Unknown), &ours, Make(Before::Unknown, cap_at("50")));
    let begun = |sight, then| check(&cap, Stage::Begun, Some(capped(Some("80"))), &sight, then);
    begun(caps(Some("50")), Settle(Stage::Done));
    begun(caps(Some("20")), Settle(Stage::Left));
    // Somebody raised it in between: what is brought back is what was there at first.
    begun(caps(Some("90")), Make(capped(Some("80")), cap_at("50")));
    // Somebody lowered it in between: an undo must not raise it above that.
    begun(caps(Some("70")), Make(capped(Some("70")), cap_at("50")));
    let unlimited = Some(capped(None));
    check(&cap, Stage::Begun, unlimited, &caps(Some("70")), Make(capped(Some("70")), cap_at("50")));
    begun(caps(None), Make(capped(Some("80")), cap_at("50")));
}

#[test]
fn a_rate_limit_is_only_ever_lowered() {
    let rate = rate_target();
    let before = |value| Before::RateLimit { value };
    let waiting = |sight, then| check(&rate, Stage::Waiting, None, &sight, then);
    waiting(rates("rl_1", Some(500), None), Make(before(None), rate_at(Some(100))));
    waiting(rates("rl_1", Some(500), Some(200)), Make(before(Some(200)), rate_at(Some(100))));
    waiting(rates("rl_1", None, None), Make(before(None), rate_at(Some(100))));
    waiting(rates("rl_1", Some(500), Some(100)), Settle(Stage::Left));
    waiting(rates("rl_1", Some(500), Some(50)), Settle(Stage::Left));
    waiting(rates("rl_1", Some(90), None), Settle(Stage::Left));
    waiting(rates("rl_2", Some(500), None), Says(Stage::Refused, "no such rate limit"));
    let begun = |sight, then| check(&rate, Stage::Begun, Some(before(None)), &sight, then);
    begun(rates("rl_1", Some(500), Some(100)), Settle(Stage::Done));
    begun(rates("rl_1", Some(500), None), Make(before(None), rate_at(Some(100))));
    let lowered = Make(before(Some(200)), rate_at(Some(100)));
    begun(rates("rl_1", Some(500), Some(200)), lowered);
}

#[test]
fn a_webhook_is_called_again_after_a_crash() {
    let hook = Target::Webhook { channel: "ops".into() };
    let call = || Make(Before::Nothing, Change::Call { channel: "ops".into() });
    check(&hook, Stage::Waiting, None, &Sight::Blind, call());
    check(&hook, Stage::Begun, Some(Before::Nothing), &Sight::Blind, call());
    let never = Says(Stage::Kept, "cannot be taken back");
    check_back(&hook, Stage::Done, Before::Nothing, &Sight::Blind, never);
}

#[test]
fn a_key_goes_back_to_the_status_it_had_unless_somebody_changed_it_since() {
    let key = key_target();
    let done = |sight, then| check_back(&key, Stage::Done, was("active"), &sight, then);
    let enable = || Make(was("active"), Change::EnableKey { id: "apikey_1".into() });
    done(status("inactive"), enable());
    done(status("active"), Says(Stage::Kept, "active again already"));
    done(status("archived"), Says(Stage::Kept, "somebody changed it since: it is archived now"));
    done(Sight::Key(None), Says(Stage::Kept, "no such key any more"));
    done(found("apikey_1", Some("wrkspc_2"), "inactive"), Says(Stage::Kept, "wrkspc_2"));
    let returning = |sight, then| check_back(&key, Stage::Returning, was("active"), &sight, then);
    returning(status("inactive"), enable());
    returning(status("active"), Settle(Stage::Undone));
    // An undo may come before it is known whether the change was made.
    let begun = |sight, then| check_back(&key, Stage::Begun, was("active"), &sight, then);
    begun(status("inactive"), enable());
    begun(status("active"), Says(Stage::Kept, "it was not changed"));
}

#[test]
fn a_spend_limit_goes_back_or_away() {
    let cap = cap_target();
    let done = |before, sight, then| check_back(&cap, Stage::Done, capped(before), &sight, then);
    done(Some("80"), caps(Some("50")), Make(capped(Some("80")), cap_at("80")));
    let removed = Change::RemoveSpendLimit { id: "spl_1".to_owned() };
    done(None, caps(Some("50")), Make(capped(None), removed));
    done(Some("80"), caps(Some("80")), Says(Stage::Kept, "as it was before already"));
    done(None, caps(None), Says(Stage::Kept, "as it was before already"));
    done(Some("80"), caps(Some("70")), Says(Stage::Kept, "it is $70.00 now"));
    done(Some("80"), caps(None), Says(Stage::Kept, "somebody removed it"));
    done(None, Sight::SetHere(dollars("50")), Says(Stage::Stuck, "`usagewarden limits set spend`"));
    done(None, Sight::Blind, Says(Stage::Stuck, "`usagewarden limits set spend`"));
    check_back(&cap, Stage::Returning, capped(None), &caps(None), Settle(Stage::Undone));
    let lost = Says(Stage::Kept, "it was not changed");
    check_back(&cap, Stage::Begun, capped(Some("80")), &caps(Some("80")), lost);
}

#[test]
fn a_rate_limit_goes_back_or_away() {
    let rate = rate_target();
    let before = |value| Before::RateLimit { value };
    let done = |value, sight, then| check_back(&rate, Stage::Done, before(value), &sight, then);
    done(Some(200), rates("rl_1", None, Some(100)), Make(before(Some(200)), rate_at(Some(200))));
    done(None, rates("rl_1", None, Some(100)), Make(before(None), rate_at(None)));
    done(None, rates("rl_1", None, None), Says(Stage::Kept, "as it was before already"));
    done(Some(200), rates("rl_1", None, None), Says(Stage::Kept, "somebody removed it"));
    done(None, rates("rl_1", None, Some(70)), Says(Stage::Kept, "it is 70 now"));
    let returning = rates("rl_1", None, Some(200));
    check_back(&rate, Stage::Returning, before(Some(200)), &returning, Settle(Stage::Undone));
}
