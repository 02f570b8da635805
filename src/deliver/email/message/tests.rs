//! The whole mail, as it goes over the wire.

mod hostile;

use usagewarden_core::notice::Facts;

use super::*;
use crate::deliver::email::samples::{exceeded, gallery, news, notice, notice_of, settings, stale};

fn facts(notice: &mut Notice) -> &mut Facts {
    &mut notice.news[0].facts
}

fn composed(notice: &Notice) -> String {
    let recipient = "finops@example.com".parse().unwrap();
    let mail = Mail::compose(&settings(), &recipient, notice).unwrap();
    String::from_utf8(mail.bytes).unwrap().replace("\r\n", "\n")
}

/// The first body, with soft line breaks and codes undone.
fn text_of(mail: &str) -> String {
    let boundary =
        mail.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let part = mail.split(&format!("--{boundary}\n")).nth(1).unwrap();
    let body = part.split_once("\n\n").unwrap().1;
    body.split(&format!("--{boundary}")).next().unwrap().replace("=\n", "")
}

#[test]
fn a_mail_has_the_headers_that_keep_it_whole_and_quiet() {
    let mail = composed(&notice());
    let headers = mail.split("\n\n").next().unwrap();
    insta::assert_snapshot!(headers, @r#"
    From: UsageWarden <warden@example.com>
    Message-ID: <160b0acd21f4a5da73ae639e989ecc1c@example.com>
    Date: Sat, 21 Nov 2026 14:07:11 +0000
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: All
    List-Id: <acme.usagewarden.example.com>
    To: "Fin Ops" <finops@example.com>, cto@example.com
    Subject: acme: month at 80 % ($4,012.55 of $5,000.00)
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="160b0acd21f4a5da73ae639e989ecc1c"
    "#);
}

#[test]
fn a_mail_says_what_whose_how_much_and_what_to_do() {
    insta::assert_snapshot!(text_of(&composed(&notice())), @r#"
    acme has spent $4,012.55 of the $5,000.00 that the budget `month` allows:
    80.2 %.

    This crosses the 80 % step (warning). The next step is 100 %.

      Spent        $4,012.55, billed in part, the newest part estimated from
                   tokens and prices
      Budget       $5,000.00, $987.45 left
      Used         80.2 %
      On average   $194.91 a day so far
      Period       Sun 1 Nov 2026, 00:00 UTC to Tue 1 Dec 2026, 00:00 UTC;
                   starts again in 9 days 9 hours
      Data until   Sat 21 Nov 2026, 14:05 UTC, 2 minutes before this notice
      Known since  Sat 21 Nov 2026, 14:07 UTC

    Who spent most

       61 %  $2,447.66  ingest-prod, claude-opus-5-5, key ci-runner
       24 %    $963.01  Default, claude-opus-5-5, without a key
       15 %    $601.88  research & development, claude-opus-5-5, key notebook-7

    What to do

      - Ask who spends in ingest-prod, key ci-runner: 61 % of all. Is that meant
        to be?
      - If it is not, stop it at its source, or make its API key inactive.
      - If it is, raise `amount` of the rule `month`: you will hear of the steps
        above it again.

    Look here: https://warden.example.com/

    --=20
    Sent by usagewarden, which watches acme by the rule `month`. Notice
    month:acme:organization:20261101T000000Z:0:80.
    "#);
}

/// Every kind, to be read from top to bottom.
#[test]
fn a_mail_of_each_kind_reads_well() {
    let mut shown = String::new();
    for (case, notice) in gallery() {
        let story = Story::of(&notice, "https://warden.example.com/");
        let subject = story.subject.clone();
        let text = text::render(&story).replace("\r\n", "\n");
        shown.push_str(&format!("=== {case}\nSubject: {subject}\n\n{text}\n"));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn an_outage_is_told_of_all_reports() {
    let mut notice = notice_of("2026-11-21T14:07:11Z", vec![news(Effect::Resolved, stale())]);
    facts(&mut notice).subject = usagewarden_core::subject::Subject::detail("all reports");
    let mail = composed(&notice);
    assert!(mail.contains("blind: data come again"), "{mail}");
    assert!(text_of(&mail).contains("all reports"), "{mail}");
}

#[test]
fn only_new_and_critical_news_are_of_high_importance() {
    let critical = |effect| notice_of("2026-11-21T14:07:11Z", vec![news(effect, exceeded())]);
    let cases = [
        (critical(Effect::Fired), true),
        (critical(Effect::Reminded), false),
        (critical(Effect::Resolved), false),
        (notice(), false),
    ];
    for (notice, expected) in cases {
        let mail = composed(&notice);
        assert_eq!(mail.contains("\nImportance: high\n"), expected, "{mail}");
    }
}

#[test]
fn a_mail_about_several_episodes_answers_each_of_them() {
    let mut several = gallery().pop().unwrap().1;
    let roots: Vec<Notice> = ["one", "two"]
        .map(|name| Notice { id: NoticeId(name.to_owned()), ..notice() })
        .into_iter()
        .collect();
    for (news, root) in several.news.iter_mut().zip(&roots) {
        news.facts.root = Some(root.reference());
    }
    for news in several.news.iter_mut().skip(roots.len()) {
        news.facts.root = None;
    }
    let id = |mail: &str| mail.lines().nth(1).unwrap().replace("Message-ID: ", "");
    let ids: Vec<String> = roots.iter().map(|root| id(&composed(root))).collect();
    let mail = composed(&several);
    assert!(mail.contains(&format!("\nIn-Reply-To: {}\n", ids[0])), "{mail}");
    let references = mail.split("\nReferences: ").nth(1).unwrap();
    let references: Vec<&str> = references.split_whitespace().take(2).collect();
    assert_eq!(references, ids);
}

#[test]
fn a_mail_sent_again_is_the_same_mail() {
    assert_eq!(composed(&notice()), composed(&notice()));
}

#[test]
fn every_recipient_has_a_mail_of_its_own_with_all_names_in_the_header() {
    let compose = |recipient: &str| {
        Mail::compose(&settings(), &recipient.parse().unwrap(), &notice()).unwrap()
    };
    let (one, other) = (compose("finops@example.com"), compose("cto@example.com"));
    assert_eq!(one.envelope.to().len(), 1);
    assert_eq!(other.envelope.to()[0].to_string(), "cto@example.com");
    let (one, other) =
        (String::from_utf8(one.bytes).unwrap(), String::from_utf8(other.bytes).unwrap());
    for mail in [&one, &other] {
        assert!(mail.contains("To: \"Fin Ops\" <finops@example.com>, cto@example.com"), "{mail}");
    }
    let id =
        |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID")).map(str::to_owned);
    assert_ne!(id(&one), id(&other));
}

#[test]
fn later_notices_of_an_episode_answer_the_first() {
    let first = composed(&notice());
    let mut later = notice();
    later.id = NoticeId("month:acme:organization:20261101T000000Z:0:100".to_owned());
    let later = composed(&later);
    let root = first.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    assert!(!first.contains("In-Reply-To"));
    assert!(later.contains(&format!("\nIn-Reply-To: {root}\n")), "{later}");
    assert!(later.contains(&format!("\nReferences: {root}\n")), "{later}");
    assert!(!later.contains(&format!("\nMessage-ID: {root}\n")), "{later}");
}

#[test]
fn no_name_from_outside_can_add_a_header_or_a_tag() {
    let mut notice = notice();
    notice.organization = "acme\r\nBcc: thief@example.org\r\n\r\nHello".into();
    facts(&mut notice).rule = "month\r\nBcc: thief@example.org".into();
    facts(&mut notice).contributors[0].workspace = "<script>\r\n.\r\nMAIL".to_owned();
    let mail = composed(&notice);
    let headers = mail.split("\n\n").next().unwrap();
    assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
    assert!(headers.contains("Content-Type: multipart/alternative"), "{headers}");
    let html = mail.split("text/html").nth(1).unwrap();
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
    assert!(!mail.lines().any(|line| line == "."), "{mail}");
}

#[test]
fn the_same_step_decided_at_another_time_is_another_mail() {
    let mut again = notice();
    again.decided_at += jiff::SignedDuration::from_secs(1);
    let id = |mail: String| mail.lines().nth(1).map(str::to_owned);
    assert_ne!(id(composed(&notice())), id(composed(&again)));
}

#[test]
fn neither_settings_nor_errors_show_the_password() {
    assert!(!format!("{:?}", settings()).contains("horse"));
}
