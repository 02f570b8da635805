//! Sentences about data that do not come.

use crate::decide::ALL_REPORTS;
use crate::notice::{Effect, Matter, News};
use crate::reading::Report;
use crate::subject::OrganizationName;
use crate::words::name::{data_name, report_name};
use crate::words::sentence;

/// What keeps the data away.
enum Trouble<'a> {
    /// The key is refused.
    Refused(Option<&'a str>),
    /// The polls fail.
    Failing(&'a str),
    /// They answer, and what they bring is old.
    Old,
}

/// What cannot be read, and what is in it: one report, or all at once.
fn named(news: &News, report: Report) -> (&'static str, &'static str) {
    if news.facts.subject.detail.as_deref() == Some(ALL_REPORTS) {
        ("the reports", "data")
    } else {
        (report_name(report), data_name(report))
    }
}

fn trouble(news: &News) -> Option<(Report, Trouble<'_>)> {
    let Matter::Stale { report, refused, cause, .. } = &news.facts.matter else { return None };
    // A cause may begin with what was asked for: that is said already.
    let name = report_name(*report);
    let bare = |cause: &'_ str| -> usize {
        cause
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(": "))
            .map_or(0, |rest| cause.len() - rest.len())
    };
    let cause = cause.as_deref().map(|cause| cause.get(bare(cause)..).unwrap_or(cause));
    let trouble = match (*refused, cause) {
        (true, cause) => Trouble::Refused(cause),
        (false, Some(cause)) => Trouble::Failing(cause),
        (false, None) => Trouble::Old,
    };
    Some((*report, trouble))
}

pub(super) fn title(news: &News) -> String {
    let rule = &news.facts.rule;
    let Some((report, trouble)) = trouble(news) else { return rule.to_string() };
    let (name, data) = named(news, report);
    if news.effect == Effect::Resolved {
        return format!("{rule}: {data} come again");
    }
    match (trouble, news.facts.value, news.facts.limit) {
        (Trouble::Refused(_), _, _) => format!("{rule}: the key is refused for {name}"),
        (Trouble::Failing(_), _, _) => format!("{rule}: {name} cannot be read"),
        (Trouble::Old, Some(age), Some(limit)) => {
            format!("{rule}: {data} are {age} old ({limit} allowed)")
        }
        (Trouble::Old, Some(age), None) => format!("{rule}: {data} are {age} old"),
        (Trouble::Old, None, _) => format!("{rule}: {data} are too old"),
    }
}

pub(super) fn summary(organization: &OrganizationName, news: &News) -> String {
    let rule = &news.facts.rule;
    let Some((report, trouble)) = trouble(news) else { return super::title(organization, news) };
    let (name, data) = named(news, report);
    let still = match news.effect {
        Effect::Reminded => "still ",
        Effect::Resolved => return sentence(&format!("{data} of {organization} come again")),
        Effect::Fired | Effect::Test => "",
    };
    match (trouble, news.facts.value, news.facts.limit) {
        (Trouble::Refused(cause), _, _) => {
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            sentence(&format!("the API {still}refuses the key of {organization} for {name}{cause}"))
        }
        (Trouble::Failing(cause), _, _) => {
            let cannot = if still.is_empty() { "cannot" } else { "still cannot" };
            sentence(&format!("{name} of {organization} {cannot} be read: {cause}"))
        }
        (Trouble::Old, Some(age), Some(limit)) => sentence(&format!(
            "the newest {data} of {organization} are {still}{age} old, and the rule `{rule}` allows {limit}"
        )),
        (Trouble::Old, _, _) => sentence(&format!(
            "the newest {data} of {organization} are {still}older than the rule `{rule}` allows"
        )),
    }
}

pub(super) fn next_step(fix: Option<&str>) -> String {
    match fix {
        Some(fix) => sentence(fix),
        None => "See on the status page whether polls of this report fail; if none does, the API itself is late: look at https://status.claude.com."
            .to_owned(),
    }
}
