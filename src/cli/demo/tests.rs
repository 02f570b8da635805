//! What counts as shown, and the story itself around every edge of the calendar.

use jiff::Timestamp;

use super::*;
use crate::clock::Clock;

/// Longer than any story here: one that does not end must not hang.
const DEADLINE: Duration = Duration::from_secs(120);

#[test]
fn only_what_was_shown_whole_or_stopped_by_hand_is_a_success() {
    use Ending::{Asked, PartEnded};
    let stuck = Ending::Stuck { parts: 1 };
    let cases = [
        ([Asked, Asked], End::Over, true, 0),
        ([Asked, Asked], End::Over, false, 1),
        ([Asked, Asked], End::Asked, false, 0),
        ([Asked, Asked], End::Unsent, false, 1),
        ([Asked, Asked], End::Unread, false, 1),
        ([Asked, Asked], End::Broken, true, 70),
        ([PartEnded, Asked], End::Over, true, 70),
        ([Asked, PartEnded], End::Over, true, 70),
        ([stuck, Asked], End::Asked, true, 75),
        ([PartEnded, stuck], End::Over, true, 75),
    ];
    for (endings, end, is_whole, code) in cases {
        let verdict = judge(endings, end, is_whole);
        assert_eq!(verdict.exit().code(), code, "{endings:?}, {end:?}, {is_whole}");
        assert_eq!(verdict.why(&Told::default()).is_none(), code == 0);
    }
}

#[test]
fn a_story_needs_some_time() {
    assert_eq!(read_time("15s"), Ok(Duration::from_secs(15)));
    assert_eq!(read_time("14s"), Err("the story takes at least 15s".to_owned()));
    assert!(read_time("soon").is_err());
}

/// The machine's clock, set to another day.
#[derive(Debug)]
struct Elsewhen(SignedDuration);

impl Clock for Elsewhen {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

/// The whole story as if it were told on another day: the subjects of its mails.
async fn subjects(at: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::new_below(directory.path()).unwrap();
    let at: Timestamp = at.parse().unwrap();
    let clock = Arc::new(Elsewhen(at.duration_since(SystemClock.now())));
    let crossed_after = Duration::from_secs(20);
    let (mut stage, daemon) = Stage::build(folder, crossed_after, clock).await.unwrap();
    let url = format!("http://{}", daemon.address());
    let mut subjects = Vec::new();
    let told = async {
        while !story::is_read(&url).await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stage.simulator.unleash();
        while subjects.len() < STEPS.len() {
            subjects.push(stage.mails.recv().await.unwrap().letter.subject);
        }
    };
    let told = async { tokio::time::timeout(DEADLINE, told).await.expect("three mails") };
    assert_eq!(daemon.finish(told).await, Ending::Asked);
    stage.outside.finish(async {}, STOP_GRACE).await;
    subjects
}

#[tokio::test(flavor = "multi_thread")]
async fn when_simulator_or_mail_server_end_the_story_does() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::new_below(directory.path()).unwrap();
    let clock = Arc::new(SystemClock);
    let (stage, daemon) = Stage::build(folder, Duration::from_secs(20), clock).await.unwrap();
    stage.outside.start("hasty", |_| async {});
    let environment = Environment::default();
    let mut terminal = Terminal::of_process(&environment, true);
    let mut story = Story {
        stage,
        show: Show::new(&mut terminal, &environment),
        daemon_url: format!("http://{}", daemon.address()),
        shown_for: None,
        opener: None,
        told: Told::default(),
    };
    let told = story.tell(std::future::pending());
    assert_eq!(tokio::time::timeout(DEADLINE, told).await, Ok(End::Broken));
    assert_eq!(daemon.finish(async {}).await, Ending::Asked);
}

/// The figure after `at`, in whole percent.
fn percent(subject: &str) -> u32 {
    let after = subject.split(" at ").nth(1).unwrap_or_else(|| panic!("{subject}"));
    after.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_mails_come_in_order_over_midnight_and_in_the_first_second_of_a_year() {
    // As the command line does for the program.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (month_ends, year_begins) =
        tokio::join!(subjects("2026-11-30T23:59:50Z"), subjects("2027-01-01T00:00:01Z"));
    for subjects in [month_ends, year_begins] {
        let percents: Vec<u32> = subjects.iter().map(|subject| percent(subject)).collect();
        let [half, most, all] = percents[..] else { panic!("{subjects:?}") };
        assert!(
            (50..80).contains(&half) && (80..100).contains(&most) && all >= 100,
            "{subjects:?}"
        );
    }
}
