//! Every situation a rotation can be found in, and what follows.

use usagewarden_core::subject::OrganizationName;

use super::*;
use crate::cli::keys::find::tests::sample;
use crate::cli::keys::rotate::state::{End, Making};
use crate::cli::keys::secret::Handing;

const NOW: &str = "2026-11-22T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Name, status, made, last used: times of today, or of the days before, as in `-2 10:00`.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>);

fn moment(text: &str) -> Timestamp {
    let (days, time) = text.split_once(' ').unwrap_or(("0", text));
    let days: i64 = days.parse().unwrap();
    at(&format!("2026-11-22T{time}:00Z")) + SignedDuration::from_hours(24 * days)
}

fn sight(rows: &[Row]) -> Sight {
    let keys = rows.iter().zip(1..).map(|(&(name, status, made, used), number)| ApiKey {
        created_at: Some(moment(made)),
        last_used_at: used.map(moment),
        ..sample(&format!("key_{number}"), name, status)
    });
    Sight::told(keys.collect(), at(NOW))
}

fn new() -> Named {
    Named { id: "key_2".into(), name: "ci-new".to_owned() }
}

fn rotation(stage: Stage) -> Rotation {
    let making = Making {
        name: "ci-new".to_owned(),
        scopes: Vec::new(),
        handing: Handing::File("/run/ci.key".into()),
    };
    Rotation {
        organization: OrganizationName::new("acme"),
        old: Named { id: "key_1".into(), name: "ci".to_owned() },
        end: End::Revoke,
        begun_at: at("2026-11-22T09:00:00Z"),
        making: Some(making),
        stage,
    }
}

const TERMS: Terms = Terms { idle: SignedDuration::from_hours(24), force: false };

/// The only caller.
#[track_caller]
fn check(stage: Stage, rows: &[Row], delivered: bool, expected: Step) {
    let step = next(&rotation(stage.clone()), &sight(rows), delivered, &TERMS);
    assert_eq!(step, expected, "{stage:?}, delivered: {delivered}, {rows:?}");
}

const OLD: Row = ("ci", "active", "-90 09:00", Some("11:59"));
const OLD_IDLE: Row = ("ci", "active", "-90 09:00", Some("-2 11:00"));
const UNUSED: Row = ("ci-new", "active", "09:01", None);
const USED: Row = ("ci-new", "active", "09:01", Some("11:59"));

#[test]
fn a_key_is_made_where_none_was_and_a_lost_one_goes_first() {
    let lost = || Step::Clear(vec!["key_2".into()]);
    for stage in [Stage::Planned, Stage::Making] {
        check(stage.clone(), &[OLD], false, Step::Make);
        check(stage.clone(), &[OLD, UNUSED], false, lost());
        // What has the name and was there before, or is cut, is not of this rotation.
        check(stage.clone(), &[OLD, ("ci-new", "active", "08:00", None)], false, Step::Make);
        check(stage.clone(), &[OLD, ("ci-new", "archived", "09:01", None)], false, Step::Make);
        let stranger = Trouble::Stranger { id: "key_2".into() };
        check(stage.clone(), &[OLD, USED], false, Step::Stop(stranger));
        check(stage.clone(), &[OLD], true, Step::Stop(Trouble::FileIsThere));
        let gone = ("ci", "archived", "-90 09:00", None);
        check(stage, &[gone], false, Step::Stop(Trouble::OldIsCutAlready));
    }
}

#[test]
fn a_key_whose_secret_may_be_lost_goes_unless_somebody_has_it() {
    let made = || Stage::Made { new: "key_2".into() };
    check(made(), &[OLD, UNUSED], false, Step::Clear(vec!["key_2".into()]));
    check(made(), &[OLD, UNUSED], true, Step::NoteHandedOver(new()));
    check(made(), &[OLD, USED], false, Step::NoteHandedOver(new()));
    check(made(), &[OLD], false, Step::StartOver);
    let gone = Trouble::NewIsGone { new: new(), status: None };
    check(made(), &[OLD], true, Step::Stop(gone));
}

#[test]
fn the_old_key_goes_when_the_new_one_works_and_it_is_idle() {
    let used = |text| Why::OldInUse { last: moment(text) };
    for stage in [Stage::HandedOver { new: new() }, Stage::Cutting { new: new() }] {
        let cut = Step::Cut { new: new() };
        let check = |rows: &[Row], step| check(stage.clone(), rows, true, step);
        check(&[OLD_IDLE, USED], cut.clone());
        check(&[("ci", "active", "-90 09:00", None), USED], cut);
        check(&[OLD, UNUSED], Step::Wait(Why::NewUnused));
        check(&[OLD_IDLE, UNUSED], Step::Wait(Why::NewUnused));
        check(&[OLD, USED], Step::Wait(used("11:59")));
        check(
            &[("ci", "active", "-90 09:00", Some("-1 12:01")), USED],
            Step::Wait(used("-1 12:01")),
        );
        // Somebody tried the new key once, and then nothing used either.
        let tried = ("ci-new", "active", "-4 09:00", Some("-3 09:00"));
        check(&[OLD_IDLE, tried], Step::Wait(Why::NewUnused));
    }
}

#[test]
fn neither_key_is_cut_when_the_new_one_cannot_take_over() {
    let stage = || Stage::HandedOver { new: new() };
    for status in ["inactive", "archived", "expired"] {
        let trouble = Trouble::NewIsGone { new: new(), status: Some(status.to_owned()) };
        let rows = [OLD_IDLE, ("ci-new", status, "09:01", Some("11:00"))];
        check(stage(), &rows, true, Step::Stop(trouble.clone()));
        let terms = Terms { force: true, ..TERMS };
        let forced = next(&rotation(stage()), &sight(&rows), true, &terms);
        assert_eq!(forced, Step::Stop(trouble), "not by force either");
    }
    let gone = Trouble::NewIsGone { new: new(), status: None };
    check(stage(), &[OLD_IDLE], true, Step::Stop(gone));
}

#[test]
fn a_key_that_is_cut_already_ends_it_and_a_second_new_key_goes() {
    let stage = || Stage::Cutting { new: new() };
    let done = || Step::Finish(Ending::OldIsCut { new: new() });
    check(stage(), &[("ci", "inactive", "-90 09:00", None), USED], true, done());
    check(stage(), &[OLD_IDLE, USED, UNUSED], true, Step::Clear(vec!["key_3".into()]));
    check(stage(), &[OLD_IDLE, USED, USED], true, Step::Cut { new: new() });
}

#[test]
fn force_waits_for_nothing() {
    let terms = Terms { force: true, ..TERMS };
    let step =
        next(&rotation(Stage::HandedOver { new: new() }), &sight(&[OLD, UNUSED]), true, &terms);
    assert_eq!(step, Step::Cut { new: new() });
}

#[test]
fn who_watches_is_told_of_changes_alone() {
    let used = |text| Why::OldInUse { last: moment(text) };
    let unknown = |text: Option<&str>| Why::UsageUnknown { until: text.map(moment) };
    let cases = [
        (None, Why::NewUnused, true),
        (Some((Why::NewUnused, "10:00")), Why::NewUnused, false),
        (Some((Why::NewUnused, "10:00")), used("10:00"), true),
        // It is in use all the time.
        (Some((used("09:59"), "10:00")), used("10:00"), false),
        (Some((used("09:00"), "10:00")), used("09:00"), false),
        (Some((used("09:00"), "10:00")), used("10:00"), true),
        (Some((unknown(None), "10:00")), unknown(Some("09:00")), false),
        (Some((unknown(None), "10:00")), Why::NewUnused, true),
    ];
    for (before, now, expected) in cases {
        let before = before.map(|(why, then)| (why, moment(then)));
        assert_eq!(is_news(before, now), expected, "{before:?}, {now:?}");
    }
}
