//! Whatever names and answers hold, a mail stays the mail it was meant to be.

use proptest::prelude::*;
use usagewarden_core::notice::{Contributor, Matter, News, NoticeRef};

use super::*;

const PIECES: [&str; 30] = [
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\r\n.\r\n",
    "Bcc: thief@example.org",
    "\r\nBcc: thief@example.org",
    "=?utf-8?q?=0d=0aBcc:_x?=",
    "<script>",
    "</td></table>",
    "<img src=x onerror=alert(1)>",
    "\"",
    "'",
    "&amp;",
    "`",
    "{}",
    "%0d%0a",
    "\u{202E}",
    "\u{2028}",
    "\u{0}",
    "\u{85}",
    "\u{7f}",
    "é",
    "名前",
    " ",
    "plain",
    "a@b.example",
    "https://evil.example/",
    "-->",
    "--=",
];

/// What begins headers, ends bodies, opens tags, turns text around, or is too long.
fn hostile() -> impl Strategy<Value = String> {
    let long =
        proptest::sample::select(vec!["a".repeat(3_000), "名".repeat(1_500), "x ".repeat(900)]);
    let short = proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned);
    proptest::collection::vec(prop_oneof![20 => short, 1 => long], 0..6)
        .prop_map(|pieces| pieces.concat())
}

/// Puts `names` wherever something from outside can stand.
fn infected(notice: &Notice, names: &[String]) -> Notice {
    let mut names = names.iter().cycle().cloned();
    let mut name = || names.next().unwrap_or_default();
    let mut infected = notice.clone();
    infected.organization = name().as_str().into();
    infected.id = NoticeId(name());
    for news in &mut infected.news {
        infect(news, &mut name);
    }
    infected
}

fn infect(news: &mut News, name: &mut impl FnMut() -> String) {
    let facts = &mut news.facts;
    facts.rule = name().as_str().into();
    facts.zone_name = name();
    facts.root = Some(NoticeRef { id: NoticeId(name()), decided_at: facts.since });
    facts.subject.workspace = Some(name().as_str().into());
    facts.subject.model = Some(name().as_str().into());
    facts.subject.key = Some(name().as_str().into());
    facts.subject.detail = Some(name().into());
    (facts.names.workspace, facts.names.api_key) = (Some(name()), None);
    for contributor in &mut facts.contributors {
        let Contributor { workspace, model, api_key, .. } = contributor;
        (*workspace, *model, *api_key) = (name(), Some(name()), name());
    }
    match &mut facts.matter {
        Matter::RateLimit { group, limiter, .. } => (*group, *limiter) = (name(), name()),
        Matter::Stale { cause, fix, .. } => (*cause, *fix) = (Some(name()), Some(name())),
        Matter::Changed { what, before, after } => {
            (*what, *before, *after) = (name(), Some(name()), Some(name()));
        }
        Matter::Stranger { expected, heard, fix } => {
            (*expected, *heard, *fix) = (name(), name(), name());
        }
        Matter::Undelivered { channel, recipient, error } => {
            (*channel, *recipient, *error) = (name(), name(), name());
        }
        Matter::Key { command, .. } => *command = name(),
        Matter::Person { who, .. } => *who = name(),
        Matter::Activity { activity, actor, details, .. } => {
            (*activity, *actor) = (name(), name());
            *details = [(name(), name())].into();
        }
        Matter::Acted { does, error, .. } => (*does, *error) = (name(), Some(name())),
        Matter::Step { .. } | Matter::Bound { .. } | Matter::Test => {}
    }
}

const HEADERS: [&str; 13] = [
    "From",
    "Message-ID",
    "Date",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "Importance",
    "To",
    "In-Reply-To",
    "References",
    "Subject",
    "MIME-Version",
    "Content-Type",
];

/// Each header is one of ours, each is there once, and no line is too long or broken.
fn check_wire(bytes: &[u8]) {
    let mail = std::str::from_utf8(bytes).unwrap();
    assert!(mail.is_ascii(), "{mail}");
    for line in mail.split("\r\n") {
        assert!(line.len() < 998, "{} bytes: {line}", line.len());
        // A lonely dot is doubled on its way, as SMTP wants.
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    let headers = mail.split("\r\n\r\n").next().unwrap();
    let begins = headers.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    let mut names: Vec<&str> = begins.map(|line| line.split_once(": ").expect(line).0).collect();
    assert!(names.iter().all(|name| HEADERS.contains(name)), "{headers}");
    names.sort_unstable();
    let many = names.len();
    names.dedup();
    assert_eq!(names.len(), many, "{headers}");
}

const TAGS: [&str; 19] = [
    "!DOCTYPE",
    "!--[if",
    "![endif]--",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tr",
    "td",
    "span",
    "p",
    "ul",
    "li",
    "a",
    "code",
];

/// Tags are ours, and lead nowhere but to our page.
fn check_html(html: &str) {
    for tag in html.split('<').skip(1) {
        let begins = tag.trim_start_matches('/');
        let name: String =
            begins.chars().take_while(|letter| !letter.is_whitespace() && *letter != '>').collect();
        assert!(TAGS.contains(&name.as_str()), "<{tag}");
        let inside = tag.split('>').next().unwrap_or_default();
        assert!(!inside.contains("onerror") && !inside.contains("evil.example"), "<{inside}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_from_outside_adds_a_header_a_line_or_a_tag(
        names in proptest::collection::vec(hostile(), 1..24),
        kind in 0..gallery().len(),
    ) {
        let notice = infected(&gallery()[kind].1, &names);
        let recipient = "finops@example.com".parse().unwrap();
        let mail = Mail::compose(&settings(), &recipient, &notice).unwrap();
        check_wire(&mail.bytes);
        let story = Story::of(&notice, "https://warden.example.com/");
        check_html(&html::render(&story));
        prop_assert!(!story.subject.contains(['\r', '\n']));
    }
}

#[test]
fn a_mail_about_hundreds_stays_a_mail_that_can_be_sent() {
    let one = notice().news.remove(0);
    let mut many = notice();
    many.news = (0..500)
        .map(|place| {
            let mut news = one.clone();
            let id = NoticeId(format!("root {place}"));
            news.facts.root = Some(NoticeRef { id, decided_at: news.facts.since });
            news
        })
        .collect();
    let recipient = "finops@example.com".parse().unwrap();
    check_wire(&Mail::compose(&settings(), &recipient, &many).unwrap().bytes);
    let story = Story::of(&many, "https://warden.example.com/");
    let html = html::render(&story);
    // Beyond 102 kB Gmail cuts a mail off.
    assert!(html.len() < 102_000, "{} bytes", html.len());
    assert!(html.contains("which the status page has."));
}
