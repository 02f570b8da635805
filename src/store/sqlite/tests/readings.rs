//! Readings and what follows from them.

use jiff::SignedDuration;
use usagewarden_core::ledger::{Changes, Needs};
use usagewarden_core::period::PeriodKind;
use usagewarden_core::roster::{Member, Profile, Quota, SpendLimit, SpendLimitScope};
use usagewarden_core::stretch::{Buckets, Wanted};

use super::*;

fn profile(name: &str) -> Findings {
    Findings::Profile(Profile {
        id: "org_1".to_owned(),
        name: name.to_owned(),
        plan: Some("scale".to_owned()),
        created_at: Some(at("2024-05-01T10:00:00Z")),
        features: vec!["batch".to_owned()],
        requests_per_minute: Some(4_000),
        tokens_per_minute: None,
    })
}

fn quota(used: u64) -> Findings {
    Findings::Quota(Quota { used, remaining: 100 - used, limit: 100, resets_at: None })
}

async fn commit(fixture: &Fixture, readings: impl IntoIterator<Item = Reading>) {
    let fence = fixture.acme().await;
    for reading in readings {
        fixture.store.commit_reading(&fence, &settings(), reading).await.unwrap();
    }
}

async fn snapshot(fixture: &Fixture, now: &str) -> Snapshot {
    fixture.store.snapshot(&acme(), &settings(), at(now)).await.unwrap()
}

#[tokio::test]
async fn inventories_stand_as_they_were_last_heard() {
    let fixture = Fixture::new();
    let member = Member {
        id: "user_1".to_owned(),
        email: "a@example.com".to_owned(),
        name: None,
        role: "admin".to_owned(),
        status: None,
        last_active_at: None,
    };
    let people = Findings::Members { members: vec![member.clone()], invites: Vec::new() };
    commit(
        &fixture,
        [
            inventory(Report::Company, profile("Acme"), "2026-11-20T14:00:00Z"),
            inventory(Report::Quota, quota(10), "2026-11-20T14:00:00Z"),
            inventory(Report::Members, people, "2026-11-20T14:00:00Z"),
            inventory(Report::Quota, quota(11), "2026-11-20T14:01:00Z"),
        ],
    )
    .await;
    let fixture = fixture.reopen();
    let now = snapshot(&fixture, "2026-11-20T14:02:00Z").await;
    assert_eq!(now.roster.quota.unwrap().used, 11);
    assert_eq!(*now.roster.members.unwrap(), [member]);
    assert_eq!(*now.roster.invites.unwrap(), []);
    assert!(now.roster.keys.is_none() && now.roster.rate_limits.is_none(), "never heard");
    assert_eq!(now.heard[&Report::Quota].heard_at, at("2026-11-20T14:01:00Z"));
    assert_eq!(now.heard[&Report::Quota].data_until, Some(at("2026-11-20T14:01:00Z")));
    assert_eq!(fixture.store.profile(&acme()).await.unwrap().unwrap().name, "Acme");
}

#[tokio::test]
async fn a_report_that_is_not_granted_clears_nothing() {
    let fixture = Fixture::new();
    commit(
        &fixture,
        [
            inventory(Report::Company, profile("Acme"), "2026-11-20T14:00:00Z"),
            inventory(Report::Company, Findings::NotGranted, "2026-11-20T15:00:00Z"),
            inventory(Report::SpendLimits, Findings::NotGranted, "2026-11-20T15:00:00Z"),
        ],
    )
    .await;
    let now = snapshot(&fixture, "2026-11-20T15:02:00Z").await;
    assert_eq!(now.roster.profile.unwrap().name, "Acme");
    assert!(!now.heard[&Report::Company].granted);
    assert!(!now.heard[&Report::SpendLimits].granted);
}

#[tokio::test]
async fn caps_that_are_no_longer_told_are_not_known_any_more() {
    let fixture = Fixture::new();
    let cap = SpendLimit {
        id: "spl_1".to_owned(),
        scope: SpendLimitScope::Organization,
        amount: None,
        period: "monthly".to_owned(),
        enabled: true,
    };
    let hear = |findings, at| inventory(Report::SpendLimits, findings, at);
    let known = || hear(Findings::SpendLimits(vec![cap.clone()]), "2026-11-20T14:00:00Z");
    let lost = || hear(Findings::NotGranted, "2026-11-20T15:00:00Z");
    for (heard, expected) in [(known(), true), (lost(), false), (known(), true)] {
        commit(&fixture, [heard]).await;
        let now = snapshot(&fixture, "2026-11-20T15:02:00Z").await;
        assert_eq!(now.roster.spend_limits.is_some(), expected);
        assert_eq!(now.heard[&Report::SpendLimits].data_until.is_some(), expected);
    }
}

#[tokio::test]
async fn an_inventory_that_did_not_change_only_moves_the_time_it_was_heard() {
    let fixture = Fixture::new();
    commit(&fixture, [inventory(Report::Company, profile("Acme"), "2026-11-20T14:00:00Z")]).await;
    fixture
        .shell()
        .execute_batch(
            "CREATE TRIGGER unchanged BEFORE UPDATE ON roster
             BEGIN SELECT raise(ABORT, 'written again'); END",
        )
        .unwrap();
    commit(&fixture, [inventory(Report::Company, profile("Acme"), "2026-11-20T15:00:00Z")]).await;
    let now = snapshot(&fixture, "2026-11-20T15:02:00Z").await;
    assert_eq!(now.heard[&Report::Company].heard_at, at("2026-11-20T15:00:00Z"));
}

#[tokio::test]
async fn usage_comes_back_as_it_was_written() {
    let fixture = Fixture::new();
    fixture.acme().await;
    let minute = at("2026-11-20T14:00:00Z");
    let rows = [(series("default"), output(u64::MAX)), (series("wrkspc_1"), output(7))];
    let bucket = UsageBucket::new(Width::Minute, minute, rows);
    let written = Changes { usage: vec![bucket.clone()], ..Changes::default() };
    fixture.store.writer.run("write", move |c| rows::write(c, 1, &written)).await.unwrap();

    let fixture = fixture.reopen();
    let wanted = Needs { minutes: vec![bucket.window()], ..Needs::default() };
    let loaded = fixture.store.reader.run("load", move |c| rows::load(c, 1, &wanted)).await;
    assert_eq!(loaded.unwrap().minutes, [(minute, bucket)].into());
}

#[tokio::test]
async fn a_bucket_without_rows_is_deleted() {
    let fixture = Fixture::new();
    fixture.acme().await;
    let minute = at("2026-11-20T14:00:00Z");
    for rows in [vec![(series("default"), output(1))], Vec::new()] {
        let usage = vec![UsageBucket::new(Width::Minute, minute, rows)];
        let written = Changes { usage, ..Changes::default() };
        fixture.store.writer.run("write", move |c| rows::write(c, 1, &written)).await.unwrap();
    }
    let count = "SELECT count(*) FROM usage";
    assert_eq!(fixture.shell().query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[tokio::test]
async fn a_reading_that_says_nothing_new_writes_no_row_again() {
    let fixture = Fixture::new();
    let minute = usage("acme", Width::Minute, at("2026-11-20T14:00:00Z"), 5);
    let hour = usage("acme", Width::Hour, at("2026-11-20T13:00:00Z"), 900);
    commit(&fixture, [hour.clone(), minute.clone(), minute.clone()]).await;
    for table in ["usage", "page", "baseline"] {
        let sql = format!(
            "CREATE TRIGGER unchanged_{table} BEFORE UPDATE ON {table}
             BEGIN SELECT raise(ABORT, 'written again'); END"
        );
        fixture.shell().execute_batch(&sql).unwrap();
    }
    commit(&fixture, [hour, minute]).await;
}

#[tokio::test]
async fn freshness_speaks_of_closed_data_only() {
    let fixture = Fixture::new();
    let mut reading = usage("acme", Width::Minute, at("2026-11-20T14:00:00Z"), 5);
    reading.heard_at = at("2026-11-20T14:06:30Z");
    commit(&fixture, [reading.clone()]).await;
    let heard = snapshot(&fixture, "2026-11-20T14:07:00Z").await.heard[&Report::Usage];
    assert_eq!(heard.data_until, Some(at("2026-11-20T14:01:00Z")));

    let mut early = usage("acme", Width::Minute, at("2026-11-20T14:01:00Z"), 5);
    early.heard_at = at("2026-11-20T14:06:50Z");
    commit(&fixture, [early]).await;
    let heard = snapshot(&fixture, "2026-11-20T14:07:00Z").await.heard[&Report::Usage];
    assert_eq!(heard.heard_at, at("2026-11-20T14:06:50Z"));
    assert_eq!(heard.data_until, Some(at("2026-11-20T14:01:00Z")), "14:01 has not settled");
}

#[tokio::test]
async fn the_past_is_told_by_utc_day_and_no_more_of_it_than_was_asked_for() {
    let fixture = Fixture::new();
    let days = ["2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"];
    let settled = days.map(|day| {
        let mut reading = usage("acme", Width::Day, at(day), 1_000_000);
        reading.heard_at += SignedDuration::from_hours(26);
        reading
    });
    commit(&fixture, settled).await;
    let asked = window("2026-11-18T00:00:00Z", "2026-11-20T00:00:00Z");
    let spent = fixture.store.spend(&acme(), &settings(), asked).await.unwrap();
    let shown: Vec<(String, u64, String)> = spent
        .iter()
        .map(|day| {
            let money: Amount = day.charges.iter().map(|charge| charge.amount).sum();
            (day.window.from().to_string(), day.tokens.output, money.to_string())
        })
        .collect();
    let expected = days[1..].iter().map(|day| ((*day).to_owned(), 1_000_000, "$15.00".to_owned()));
    assert_eq!(shown, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_usual_is_the_median_of_the_same_hour_of_past_weeks() {
    let fixture = Fixture::new();
    let hours = [
        ("2026-10-30T14:00:00Z", 1_000_000),
        ("2026-11-06T14:00:00Z", 9_000_000),
        ("2026-11-13T14:00:00Z", 2_000_000),
        ("2026-11-13T15:00:00Z", 7_000_000),
        ("2026-11-20T14:00:00Z", 5_000_000),
    ];
    let now = "2026-11-20T15:45:00Z";
    fixture.acme().await;
    assert_eq!(snapshot(&fixture, now).await.hour, None);
    commit(&fixture, hours.map(|(hour, tokens)| usage("acme", Width::Hour, at(hour), tokens)))
        .await;
    // Those answers came ten minutes after the hour: too early to be believed.
    assert_eq!(snapshot(&fixture, now).await.hour, None);

    let settled = hours.map(|(hour, tokens)| {
        let mut reading = usage("acme", Width::Hour, at(hour), tokens);
        reading.heard_at += SignedDuration::from_mins(30);
        reading
    });
    commit(&fixture, settled).await;

    let hour = snapshot(&fixture.reopen(), now).await.hour.unwrap();
    assert_eq!(hour.hour, window("2026-11-20T14:00:00Z", "2026-11-20T15:00:00Z"));
    assert_eq!((hour.used.tokens, hour.used.cost.to_string()), (5_000_000, "$75.00".to_owned()));
    let usual = hour.usual.unwrap();
    assert_eq!((usual.weeks, usual.total.tokens), (3, 2_000_000));
    assert_eq!(usual.total.cost.to_string(), "$30.00");
    assert_eq!(usual.workspaces[&"default".into()], usual.total);
}

#[tokio::test]
async fn stretches_and_rolling_periods_are_told_as_the_settings_want_them() {
    let fixture = Fixture::new();
    let bucket = |width: Width, from: &str, tokens| {
        UsageBucket::new(width, at(from), [(series("default"), output(tokens))])
    };
    let minutes = vec![
        bucket(Width::Minute, "2026-11-20T12:36:00Z", 1_000),
        bucket(Width::Minute, "2026-11-20T14:36:00Z", 1),
    ];
    let read = |width, window, buckets| Reading {
        organization: acme(),
        report: Report::Usage,
        heard_at: at("2026-11-20T14:37:00Z"),
        findings: Findings::Usage { width, window, buckets },
    };
    let noon = window("2026-11-20T12:00:00Z", "2026-11-20T14:37:00Z");
    let morning = window("2026-11-19T00:00:00Z", "2026-11-20T12:00:00Z");
    let hours = vec![bucket(Width::Hour, "2026-11-19T15:00:00Z", 20_000)];
    let readings = [read(Width::Minute, noon, minutes), read(Width::Hour, morning, hours)];
    commit(&fixture, readings).await;
    let mut settings = settings();
    settings.rolling = vec![(Calendar::utc(), 2)];
    settings.windows = [(24, Buckets::Open), (2, Buckets::Open), (2, Buckets::Closed)]
        .map(|(hours, buckets)| Wanted { length: SignedDuration::from_hours(hours), buckets })
        .into();
    let now = at("2026-11-20T14:37:10Z");
    let snapshot = fixture.store.snapshot(&acme(), &settings, now).await.unwrap();
    let shown = snapshot
        .windows
        .iter()
        .map(|stretch| (stretch.wanted, stretch.covered, stretch.sum(|_| true).tokens.output));
    let expected = [(true, 21_001), (true, 1), (true, 1_000)];
    let expected = settings.windows.iter().zip(expected).map(|(w, (c, n))| (*w, c, n));
    assert_eq!(shown.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let rolling = snapshot.spend(&Calendar::utc().key(), PeriodKind::Rolling(2)).unwrap();
    assert_eq!(rolling.tokens.output, 21_001);
}
