//! The rule `freshness`.

use super::*;
use crate::polling::Failing;
use crate::rule::Freshness;
use crate::snapshot::Heard;

fn blind() -> Freshness {
    Freshness {
        older_than: [(Report::Usage, minutes(30)), (Report::Cost, minutes(36 * 60))].into(),
        failing_for: Some(minutes(10)),
        severity: Severity::Warning,
    }
}

fn only_old() -> Freshness {
    Freshness { failing_for: None, ..blind() }
}

impl Post {
    fn watching(freshness: Freshness) -> Self {
        let mut post = Self::new(Condition::Freshness(freshness));
        let read = Window::new(at(NOON) - minutes(60), at(NOON)).unwrap();
        let coverage = Coverage { read, heard_at: at(NOON), refreshed_at: None };
        post.heard.coverage = [((Report::Usage, Width::Minute), coverage)].into();
        for report in [Report::Company, Report::Usage, Report::Cost, Report::Keys] {
            post.answer(0, report);
        }
        post
    }

    /// The report answers at `minute`, with data up to five minutes before.
    fn answer(&mut self, minute: i64, report: Report) {
        let heard_at = at(NOON) + minutes(minute);
        let data_until = Some(heard_at - minutes(5));
        self.heard.heard.insert(report, Heard { heard_at, data_until, granted: true });
        self.heard.polling.failing.remove(&report);
        self.heard.polling.answering.insert(report);
    }

    fn fail(&mut self, minute: i64, report: Report) {
        self.fail_as(minute, report, false);
    }

    fn fail_as(&mut self, minute: i64, report: Report, refused: bool) {
        let since = at(NOON) + minutes(minute);
        let (cause, fix) = ("gone".to_owned(), "mend it".to_owned());
        self.heard.polling.answering.remove(&report);
        self.heard.polling.failing.entry(report).or_insert(Failing { since, refused, cause, fix });
    }

    /// The daemon starts again: the polls know nothing.
    fn restart(&mut self) {
        self.heard.polling = Polling::default();
    }
}

#[test]
fn a_report_that_fails_alone_is_told_after_a_while_and_resolved_when_it_answers() {
    let mut post = Post::watching(blind());
    post.fail(1, Report::Keys);
    post.check(1, &[]);
    post.answer(5, Report::Usage);
    post.check(10, &[]);
    post.check(11, &["fired keys"]);
    post.check(500, &["fired usage"]);
    post.answer(501, Report::Keys);
    post.answer(501, Report::Usage);
    post.check(501, &["resolved keys", "resolved usage"]);
}

#[test]
fn a_short_failure_stays_silent() {
    let mut post = Post::watching(blind());
    post.fail(1, Report::Usage);
    post.check(1, &[]);
    post.answer(9, Report::Usage);
    post.check(9, &[]);
    post.fail(10, Report::Usage);
    post.check(10, &[]);
    post.check(19, &[]);
}

#[test]
fn an_outage_is_one_alert_however_its_reports_fail_one_after_another() {
    let mut post = Post::watching(blind());
    post.fail(1, Report::Usage);
    post.check(1, &[]);
    post.fail(3, Report::Cost);
    post.check(3, &[]);
    post.check(10, &[]);
    post.check(11, &["fired all reports"]);
    post.fail(20, Report::Company);
    post.check(20, &[]);
    post.fail(60, Report::Keys);
    post.check(60, &[]);
    post.check(4_000, &[]);
    post.answer(4_001, Report::Usage);
    post.check(4_001, &["resolved all reports"]);
    post.answer(4_003, Report::Cost);
    post.answer(4_003, Report::Company);
    post.check(4_010, &[]);
    post.check(4_011, &["fired keys"]);
}

#[test]
fn the_end_of_a_wait_is_judged_even_if_nothing_is_heard() {
    let mut post = Post::watching(blind());
    post.fail(1, Report::Usage);
    post.check(1, &[]);
    let again_at = |post: &Post, minute| {
        let now = at(NOON) + minutes(minute);
        decide(&post.rules, &post.snapshot(now), now).again_at
    };
    assert_eq!(again_at(&post, 1), Some(at(NOON) + minutes(11)));
    post.check(11, &["fired usage"]);
    assert_eq!(again_at(&post, 11), None);
}

#[test]
fn an_outage_that_one_report_told_of_is_not_told_again() {
    let mut post = Post::watching(blind());
    post.fail(1, Report::Usage);
    post.check(1, &[]);
    post.check(11, &["fired usage"]);
    post.fail(12, Report::Cost);
    post.fail(12, Report::Company);
    post.check(12, &[]);
    post.check(120, &[]);
    post.restart();
    post.fail(125, Report::Company);
    post.check(125, &[]);
    post.check(300, &[]);
    for report in [Report::Company, Report::Usage, Report::Cost] {
        post.answer(301, report);
    }
    post.check(301, &["resolved usage"]);
}

#[test]
fn old_trouble_of_one_report_does_not_hide_an_outage() {
    let mut post = Post::watching(blind());
    post.fail(1, Report::Keys);
    post.check(1, &[]);
    post.answer(2, Report::Usage);
    post.check(11, &["fired keys"]);
    post.answer(20, Report::Usage);
    post.fail(21, Report::Usage);
    post.fail(21, Report::Cost);
    post.check(21, &[]);
    post.check(31, &["fired all reports"]);
}

#[test]
fn a_refused_key_tells_at_once_and_is_critical() {
    let mut post = Post::watching(blind());
    post.fail_as(1, Report::Company, true);
    post.check(1, &["fired critical all reports"]);
    post.fail_as(2, Report::Usage, true);
    post.fail_as(3, Report::Cost, true);
    post.check(3, &[]);
    post.answer(9, Report::Company);
    post.answer(9, Report::Usage);
    post.answer(9, Report::Cost);
    post.check(9, &["resolved critical all reports"]);
}

#[test]
fn a_failure_that_turns_out_a_refusal_is_told_again_as_critical() {
    let mut post = Post::watching(blind());
    post.fail(1, Report::Keys);
    post.check(1, &[]);
    post.check(11, &["fired keys"]);
    post.heard.polling.failing.clear();
    post.fail_as(12, Report::Keys, true);
    post.check(12, &["fired critical keys"]);
}

#[test]
fn old_data_are_told_past_the_time_they_take_to_settle() {
    let mut post = Post::watching(only_old());
    post.check(30, &[]);
    let news = post.tick(31);
    assert_eq!(news.iter().map(told).collect::<Vec<_>>(), ["fired usage"]);
    let (age, allowed) = (news[0].facts.value.unwrap(), news[0].facts.limit.unwrap());
    assert_eq!(format!("{age} of {allowed}"), "36 min of 35 min");
    post.answer(32, Report::Usage);
    post.check(32, &["resolved usage"]);
    post.check_standing(32, &["usage quiet", "cost quiet"]);
}

#[test]
fn a_failure_alone_is_not_told_unless_that_is_asked_for() {
    let mut post = Post::watching(only_old());
    post.fail(1, Report::Keys);
    post.fail(1, Report::Usage);
    post.check(1, &[]);
    post.check(30, &[]);
    post.check(31, &["fired all reports"]);
}

#[test]
fn after_a_restart_old_data_wait_for_the_first_poll() {
    let mut post = Post::watching(blind());
    post.restart();
    post.check(300, &[]);
    post.answer(300, Report::Company);
    post.check(300, &[]);
    post.answer(301, Report::Usage);
    post.check(301, &[]);
}

#[test]
fn after_a_restart_old_data_are_told_when_polls_keep_failing() {
    let mut post = Post::watching(blind());
    post.restart();
    post.check(300, &[]);
    post.fail(300, Report::Company);
    post.check(300, &[]);
    post.check(302, &["fired all reports"]);
    post.restart();
    post.check(400, &[]);
    post.fail(401, Report::Company);
    post.check(401, &[]);
    post.answer(402, Report::Company);
    post.check(402, &["resolved all reports"]);
    post.answer(403, Report::Usage);
    post.check(403, &[]);
}

#[test]
fn reports_that_are_not_granted_or_unknown_here_are_not_missed() {
    let mut post = Post::watching(Freshness {
        older_than: [(Report::Analytics, minutes(60)), (Report::Quota, minutes(60))].into(),
        ..blind()
    });
    let heard_at = at(NOON);
    let refused = Heard { heard_at, data_until: None, granted: false };
    post.heard.heard.insert(Report::Analytics, refused);
    post.heard.polling.answering.insert(Report::Analytics);
    post.check(0, &[]);
    post.check(5_000, &[]);
}

#[test]
fn a_day_of_the_company_api_is_as_fresh_as_it_was_heard() {
    let mut post = Post::watching(only_old());
    post.heard.coverage.clear();
    post.check(35, &[]);
    post.check(36, &["fired usage"]);
}
