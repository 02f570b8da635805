//! What is forgotten, and what is not.

use jiff::SignedDuration;
use usagewarden_core::ledger::{Changes, DayPage, Needs, PeriodSum, SumKey};
use usagewarden_core::outbox::EntryState;
use usagewarden_core::period::PeriodKind;

use usagewarden_core::outbox::{Onward, Standing};

use super::*;

const KEEP: Keep = Keep {
    minutes: SignedDuration::from_hours(48),
    hours: SignedDuration::from_hours(60 * 24),
    days: SignedDuration::from_hours(3 * 365 * 24),
};

const NOW: &str = "2026-11-20T14:00:00Z";

/// Rows of each width, one for each of `count` buckets back from now.
async fn fill(fixture: &Fixture, count: i64) {
    fixture.acme().await;
    let bucket = |width: Width, ago: i64| {
        let from = at(NOW) - width.duration() * i32::try_from(ago).unwrap();
        UsageBucket::new(width, from, [(series("default"), output(1))])
    };
    let usage = [Width::Minute, Width::Hour]
        .into_iter()
        .flat_map(|width| (1..=count).map(move |ago| bucket(width, ago)))
        .collect();
    let days = (1..=count).map(|ago| DayPage {
        day: bucket(Width::Day, ago).from(),
        usage: Vec::new(),
        bill: None,
        counted: Vec::new(),
        charges: Vec::new(),
        unpriced: Vec::new(),
    });
    let changes = Changes { usage, days: days.collect(), ..Changes::default() };
    fixture.store.writer.run("fill", move |c| rows::write(c, 1, &changes)).await.unwrap();
}

async fn left(fixture: &Fixture) -> [usize; 3] {
    let ever = window("2000-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
    let needs =
        Needs { minutes: vec![ever], hours: vec![ever], days: vec![ever], ..Needs::default() };
    let load = move |c: &Connection| rows::load(c, 1, &needs);
    let rows = fixture.store.reader.run("load", load).await.unwrap();
    [rows.minutes.len(), rows.hours.len(), rows.days.len()]
}

#[tokio::test]
async fn readings_are_kept_for_as_long_as_configured_and_no_longer() {
    let fixture = Fixture::new();
    fill(&fixture, 3_000).await;
    fixture.store.prune(KEEP, at(NOW)).await.unwrap();
    // Of days, the one that begins before the edge is gone: the edge is at 14:00.
    assert_eq!(left(&fixture).await, [48 * 60, 60 * 24, 3 * 365 - 1]);

    fixture.store.prune(KEEP, at(NOW)).await.unwrap();
    assert_eq!(
        left(&fixture).await,
        [48 * 60, 60 * 24, 3 * 365 - 1],
        "pruning twice is pruning once"
    );
}

/// A rolling period has one sum, which begins with time and is not old.
#[tokio::test]
async fn sums_of_long_ended_periods_are_forgotten_and_rolling_ones_are_not() {
    let fixture = Fixture::new();
    fixture.acme().await;
    let day = window("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let cases = [
        (PeriodKind::Month, at("2026-08-01T00:00:00Z")),
        (PeriodKind::Month, at("2026-10-01T00:00:00Z")),
        (PeriodKind::Rolling(366), Timestamp::UNIX_EPOCH),
    ];
    let sums: Vec<(SumKey, PeriodSum)> = cases
        .map(|(kind, from)| {
            let sum = PeriodSum {
                period: day,
                days: vec![day.from()],
                charges: Vec::new(),
                tokens: Tokens::default(),
                unpriced: Vec::new(),
            };
            (SumKey { calendar: Calendar::utc().key(), kind, from }, sum)
        })
        .into();
    let changes = Changes { sums: sums.clone(), ..Changes::default() };
    fixture.store.writer.run("fill", move |c| rows::write(c, 1, &changes)).await.unwrap();

    fixture.store.prune(KEEP, at(NOW)).await.unwrap();

    let keys: Vec<SumKey> = sums.iter().map(|(key, _)| key.clone()).collect();
    let load = move |c: &Connection| rows::sums(c, 1, &keys);
    let left = fixture.store.reader.run("load", load).await.unwrap();
    assert_eq!(left.into_iter().collect::<Vec<_>>(), sums[1..]);
}

#[tokio::test]
async fn space_is_given_back_to_the_file_system() {
    let fixture = Fixture::new();
    let shell = fixture.shell();
    shell.execute_batch("CREATE TABLE ballast (bytes BLOB)").unwrap();
    shell.execute("INSERT INTO ballast VALUES (zeroblob(20 * 1024 * 1024))", []).unwrap();
    shell.execute_batch("DROP TABLE ballast").unwrap();
    let pages =
        || shell.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0)).unwrap();
    assert!(pages() > 5_000);
    fixture.store.prune(KEEP, at(NOW)).await.unwrap();
    assert!(pages() < 1_100, "{} pages are left", pages());
}

#[tokio::test]
async fn an_entry_is_kept_until_nobody_can_want_it() {
    let cases = [
        (EntryState::Accepted, "2026-10-20T00:00:00Z", 0),
        (EntryState::Accepted, "2026-11-01T00:00:00Z", 1),
        (EntryState::Refused, "2026-10-01T00:00:00Z", 1),
        (EntryState::GivenUp, "2026-10-01T00:00:00Z", 1),
        (EntryState::Refused, "2026-07-01T00:00:00Z", 0),
        (EntryState::GivenUp, "2026-07-01T00:00:00Z", 0),
        (EntryState::Retrying, "2020-01-01T00:00:00Z", 1),
        (EntryState::Queued, "2020-01-01T00:00:00Z", 1),
    ];
    for (state, decided_at, expected) in cases {
        let fixture = Fixture::new();
        let fence = fixture.acme().await;
        let plan = tells(notice("n1", Severity::Info, decided_at), &[to("ops", "https://one")]);
        fixture.store.commit_plan(&fence, plan).await.unwrap();
        let entry = fixture.store.entries(1).await.unwrap().remove(0);
        let standing = Standing { state, attempts: 1, ..Standing::untried(&entry) };
        let settled = Settled { entry: entry.id, standing, onward: Onward::default() };
        fixture.store.settle(settled).await.unwrap();

        fixture.store.prune(KEEP, at(NOW)).await.unwrap();

        let shell = fixture.shell();
        let count = |sql| shell.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM entry"), expected, "{state:?} of {decided_at}");
        assert_eq!(count("SELECT count(*) FROM notice"), expected, "{state:?} of {decided_at}");
    }
}
