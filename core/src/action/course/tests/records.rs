//! A whole order, over passes, patience and an undo.

use super::*;
use crate::rule::Severity;

const HOUR: i64 = 3_600;

/// An order of second 0 for as many keys as there are stages.
fn record(stages: &[Stage]) -> ActionRecord {
    let order = Order {
        id: ActionId("month:acme:stop".to_owned()),
        organization: "acme".into(),
        action: "stop".into(),
        rule: "month".into(),
        subject: Subject::ORGANIZATION,
        step: "1".parse().unwrap(),
        period_from: None,
        decided_at: at(0),
        dry_run: false,
        severity: Severity::Critical,
        does: "stop it".to_owned(),
        nothing: None,
        targets: vec![key_target(); stages.len()],
    };
    let mut record = ActionRecord::new(order);
    for (doing, stage) in record.doings.iter_mut().zip(stages) {
        let touched = !matches!(stage, Stage::Waiting | Stage::Left | Stage::Refused);
        *doing = Doing { before: touched.then(|| was("active")), stage: *stage, said: None };
    }
    record
}

fn failed() -> Option<Setback> {
    Some(Setback::default())
}

/// What a pass over targets that are now at `stages` makes of the order.
#[track_caller]
fn ends(errand: Errand, stages: &[Stage], expected: ActionState) {
    let mut record = record(stages);
    record.conclude(errand, failed(), at(5));
    assert_eq!(record.state, expected, "{errand:?} with {stages:?}");
}

#[test]
fn an_order_ends_as_its_targets_do() {
    use Stage::{Done, Kept, Left, Refused, Stuck, Undone, Waiting};
    ends(Errand::Do, &[Done, Left], ActionState::Done);
    ends(Errand::Do, &[Done, Refused], ActionState::Refused);
    ends(Errand::Do, &[], ActionState::Refused);
    ends(Errand::Do, &[Done, Waiting], ActionState::Retrying);
    ends(Errand::Undo, &[Undone, Kept, Waiting, Left, Refused], ActionState::Undone);
    ends(Errand::Undo, &[Undone, Stuck], ActionState::Refused);
}

#[test]
fn what_may_heal_is_tried_again_later_and_later_for_a_day() {
    let mut record = record(&[Stage::Waiting]);
    let mut tried_at = vec![0];
    while record.state.is_open() {
        let due = record.next_attempt_at;
        record.fail(0, "HTTP 503".to_owned());
        record.conclude(Errand::Do, failed(), due);
        tried_at.push(record.next_attempt_at.as_second());
    }
    assert_eq!(tried_at[..6], [0, 1, 3, 7, 15, 31]);
    assert_eq!(tried_at[10..13], [811, 1_111, 1_411]);
    assert_eq!(record.state, ActionState::GivenUp);
    assert_eq!(record.state_since, at(24 * HOUR), "the last try is at the very end");
    let said = "key batch-worker of workspace ingest-prod: HTTP 503";
    assert_eq!(record.last_error.as_deref(), Some(said));
    assert_eq!(record.undoable(), Err(NoUndo::Unchanged));
}

#[test]
fn a_long_stop_uses_up_no_patience_unseen() {
    let (mut record, late) = (record(&[Stage::Waiting]), 48 * HOUR);
    record.conclude(Errand::Do, failed(), at(late));
    assert_eq!((record.state, record.next_attempt_at), (ActionState::Retrying, at(late + 1)));
    record.conclude(Errand::Do, failed(), at(late + 1));
    assert_eq!(record.state, ActionState::GivenUp);
}

#[test]
fn a_hint_is_believed_inside_our_bounds() {
    for (hint, expected) in [(45, 50), (31_536_000, 305)] {
        let mut record = record(&[Stage::Waiting]);
        let hint = Some(Duration::from_secs(hint));
        record.conclude(Errand::Do, Some(Setback { hint }), at(5));
        assert_eq!(record.next_attempt_at, at(expected));
    }
}

#[test]
fn a_pass_that_a_stop_broke_off_counts_for_nothing() {
    let mut record = record(&[Stage::Done, Stage::Waiting]);
    record.conclude(Errand::Do, None, at(5));
    assert_eq!((record.state, record.attempts), (ActionState::Queued, 0));
}

#[test]
fn an_undo_cancels_what_waits_and_returns_what_was_done() {
    use Stage::{Begun, Done, Left, Refused, Waiting};
    let mut record = record(&[Waiting, Begun, Done, Left, Refused]);
    assert_eq!(record.errand(), Some(Errand::Do));
    assert_eq!(record.open(Errand::Do), [0, 1]);
    record.undo_asked_at = Some(at(9));
    assert_eq!(record.errand(), Some(Errand::Undo));
    assert_eq!(record.open(Errand::Undo), [1, 2]);
    record.fail(0, "HTTP 503".to_owned());
    record.attempts = 9;
    record.turn_back(at(10));
    assert_eq!((record.state, record.attempts), (ActionState::Undoing, 0));
    record.begin(2, Errand::Undo, was("active"));
    assert_eq!(record.doings[2].stage, Stage::Returning);
    record.made(2, Errand::Undo);
    record.settle(1, Stage::Kept, Some("it was not changed".to_owned()));
    record.conclude(Errand::Undo, None, at(11));
    assert_eq!((record.state, record.errand()), (ActionState::Undone, None));
    let said = "key batch-worker of workspace ingest-prod: it was not changed";
    assert_eq!(record.last_error.as_deref(), Some(said));
}

#[test]
fn an_undo_that_is_given_up_or_refused_is_over_and_says_so() {
    let mut given_up = record(&[Stage::Done]);
    given_up.undo_asked_at = Some(at(0));
    given_up.turn_back(at(0));
    for second in [0, 24 * HOUR] {
        given_up.next_attempt_at = at(second);
        given_up.conclude(Errand::Undo, failed(), at(second));
    }
    assert_eq!((given_up.state, given_up.errand()), (ActionState::GivenUp, None));
    // Somebody has found out why, and asks once more.
    assert_eq!(given_up.undoable(), Ok(()));
    let again = 48 * HOUR;
    given_up.ask_undo(at(again));
    let ActionRecord { state, attempts, undo_asked_at, next_attempt_at, .. } = &given_up;
    assert_eq!((*state, *attempts), (ActionState::Undoing, 0));
    assert_eq!((*undo_asked_at, *next_attempt_at), (Some(at(again)), at(again)));
    assert_eq!(given_up.open(Errand::Undo), [0]);
    given_up.conclude(Errand::Undo, failed(), at(again));
    assert_eq!((given_up.state, given_up.errand()), (ActionState::Undoing, Some(Errand::Undo)));
    assert_eq!(given_up.undoable(), Err(NoUndo::Undoing));
    given_up.ask_undo(at(again + 1));
    assert_eq!(given_up.undo_asked_at, Some(at(again)), "asked twice, the first counts");
    given_up.made(0, Errand::Undo);
    given_up.conclude(Errand::Undo, None, at(again + 2));
    given_up.ask_undo(at(again + 3));
    assert_eq!((given_up.state, given_up.undoable()), (ActionState::Undone, Err(NoUndo::Undone)));

    let mut refused = record(&[Stage::Done]);
    refused.undo_asked_at = Some(at(0));
    refused.turn_back(at(0));
    refused.refuse(0, Errand::Undo, "HTTP 403".to_owned(), false);
    refused.conclude(Errand::Undo, None, at(1));
    assert_eq!((refused.state, refused.errand()), (ActionState::Refused, None));
    assert!(refused.is_undone());
}

#[test]
fn only_what_changed_something_can_be_undone_and_once() {
    use Stage::{Begun, Done, Left, Refused};
    let mut cases = Vec::new();
    for (state, stages, expected) in [
        (ActionState::Queued, &[Stage::Waiting][..], Ok(())),
        (ActionState::Retrying, &[Begun], Ok(())),
        (ActionState::Done, &[Done, Left], Ok(())),
        (ActionState::Done, &[Left], Err(NoUndo::Unchanged)),
        (ActionState::Refused, &[Refused], Err(NoUndo::Unchanged)),
        (ActionState::Refused, &[Done, Refused], Ok(())),
        (ActionState::GivenUp, &[Begun], Ok(())),
        (ActionState::DryRun, &[Stage::Waiting], Err(NoUndo::DryRun)),
        (ActionState::Undoing, &[Done], Err(NoUndo::Undoing)),
        (ActionState::Undone, &[Stage::Undone], Err(NoUndo::Undone)),
    ] {
        cases.push((ActionRecord { state, ..record(stages) }, expected));
    }
    let asked = ActionRecord { undo_asked_at: Some(at(1)), ..record(&[Done]) };
    cases.push((asked, Err(NoUndo::Undoing)));
    let mut called = ActionRecord { state: ActionState::Done, ..record(&[Done]) };
    called.doings[0].before = Some(Before::Nothing);
    cases.push((called.clone(), Err(NoUndo::Called)));
    // What the API does not show cannot be brought back; that is known before anybody tries.
    called.doings[0].before = Some(Before::Unknown);
    cases.push((called, Err(NoUndo::Unknown)));
    for (record, expected) in cases {
        assert_eq!(record.undoable(), expected, "{:?} {:?}", record.state, record.doings);
    }
}

#[test]
fn many_troubles_are_told_in_few_sentences() {
    let mut record = record(&[Stage::Refused; 8]);
    for place in 0..8 {
        record.refuse(place, Errand::Do, format!("no {place}"), false);
    }
    record.conclude(Errand::Do, None, at(1));
    let said = record.last_error.unwrap();
    assert!(said.contains("no 4") && said.ends_with("; and 3 more"), "{said}");
}
