//! Where secrets come from, and that they never show.

use secrecy::ExposeSecret;

use super::*;

/// The key that is read from `written`, beside a file `key` and credentials.
fn key_of(written: &str) -> Result<String, String> {
    let files = Files::new()
        .with("main.toml", format!("[[organization]]\nname = \"acme\"\nkey = {written}\n"))
        .with("key", "from-file\r\n")
        .with("empty", "\n")
        .with("two-lines", "first\nsecond\n")
        .with("not-text", [0xff, 0xfe])
        .with("credentials/plain", "from-credential\n")
        .with("credentials/usagewarden_long", "from-prefixed-credential")
        .with("credentials/both", "unprefixed")
        .with("credentials/usagewarden_both", "prefixed");
    let credentials = files.path("credentials");
    let variables = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap()), ("EMPTY", "")];
    match files.load_in(variables) {
        Ok(loaded) => Ok(loaded.config.organizations[0].key.expose_secret().to_owned()),
        Err(problems) => Err(files.shown(problems)),
    }
}

#[test]
fn secrets_come_from_where_they_are_said_to_be() {
    for (written, expected) in [
        ("\"plain\"", "plain"),
        ("{ env = \"KEY\" }", "sk-ant-admin01-test"),
        ("{ file = \"key\" }", "from-file"),
        ("{ credential = \"plain\" }", "from-credential"),
        ("{ credential = \"long\" }", "from-prefixed-credential"),
        ("{ credential = \"both\" }", "unprefixed"),
    ] {
        assert_eq!(key_of(written).as_deref(), Ok(expected), "{written}");
    }
}

#[test]
fn a_secret_that_cannot_be_had_is_explained() {
    for (written, expected) in [
        ("\"\"", "`key` is empty"),
        ("{ env = \"UNSET\" }", "the environment variable UNSET is not set"),
        ("{ env = \"EMPTY\" }", "the environment variable EMPTY is empty"),
        ("{ env = \"UNSET\" }", "set UNSET where usagewarden is started"),
        ("{ file = \"absent\" }", "cannot read absent: there is no such file"),
        ("{ file = \"credentials\" }", "credentials is a directory"),
        ("{ file = \"empty\" }", "`key` is empty"),
        ("{ file = \"two-lines\" }", "`key` contains a control character"),
        ("{ file = \"not-text\" }", "not-text is not UTF-8"),
        ("{ credential = \"absent\" }", "no credential absent in credentials"),
        ("{ credential = \"../key\" }", "must name a credential, not a path"),
        ("{ env = \"KEY\", file = \"key\" }", "exactly one of `env`, `file` and `credential`"),
        ("{}", "exactly one of `env`, `file` and `credential`"),
        ("{ evn = \"KEY\" }", "did you mean `env`?"),
        ("{ env = 1 }", "`env` must be a string, not an integer"),
        ("1", "`key` must be a string or a table, not an integer"),
        ("[\"plain\"]", "`key` must be a string or a table, not an array"),
    ] {
        let told = key_of(written).expect_err(written);
        assert!(told.contains(expected), "of {written}\nthis is said:\n{told}");
    }
}

#[test]
fn a_key_where_its_name_belongs_does_not_come_back() {
    let key = "sk-ant-admin01-hunter2";
    for written in ["{ env = \"KEY\" }", "{ file = \"KEY\" }", "{ credential = \"KEY\" }"] {
        let written = written.replace("KEY", key);
        let told =
            refused(format!("[[organization]]\nname = \"{key}\"\nkey = {written}\n{key} = 1"));
        assert!(!told.contains("hunter2"), "of {written}\nthis is said:\n{told}");
    }
}

#[test]
fn outside_systemd_a_credential_is_explained() {
    let told = refused("[[organization]]\nname = \"acme\"\nkey = { credential = \"key\" }");
    assert!(told.contains("$CREDENTIALS_DIRECTORY is not set"), "{told}");
    assert!(told.contains("LoadCredential="), "{told}");
}

#[test]
fn a_secret_in_a_file_that_others_can_read_is_a_warning() {
    let warnings = |mode, key: &str| -> Vec<String> {
        let source = format!("[[organization]]\nname = \"acme\"\nkey = {key}\n");
        let files = Files::new().mode("main.toml", source, mode).mode("key", "hunter2", mode);
        let loaded = files.load().unwrap();
        let exposed = loaded.warnings.iter().filter(|warning| warning.place.is_some());
        exposed.map(|warning| files.shown(warning)).collect()
    };
    insta::assert_snapshot!(warnings(0o644, "\"hunter2\"").join("\n"));
    assert!(warnings(0o644, "{ file = \"key\" }")[0].contains("others can read key"));
    assert!(warnings(0o644, "{ env = \"KEY\" }").is_empty());
    assert!(warnings(0o600, "\"hunter2\"").is_empty());
    assert!(warnings(0o600, "{ file = \"key\" }").is_empty());
}

#[test]
fn no_mistake_around_a_secret_shows_it() {
    let organization = |rest: &str| format!("[[organization]]\nname = \"acme\"\n{rest}\n");
    let channel = |rest: &str| format!("{ORGANIZATION}[channel.email.a]\n{rest}\n");
    let webhook = |rest: &str| format!("{ORGANIZATION}[channel.webhook.a]\n{rest}\n");
    let sources = [
        organization("kye = \"hunter2\""),
        organization("key = hunter2"),
        organization("key = \"hunter2"),
        organization("key = \"\"\"\nhunter2\n\\q hunter2\"\"\""),
        organization("key = { value = \"hunter2\" }"),
        organization("key = { env = \"hunter2\", file = 1 } # hunter2")
            .replace("env = \"hunter2\"", "env = 2"),
        organization("key = [\"hunter2\"]"),
        organization("key = \"hunter2\"\nkey = \"hunter2\""),
        "organization = [{ key = \"hunter2\" }]".to_owned(),
        "organization = [{ key = \"hunter2\", nmae = \"acme\" }]".to_owned(),
        "organization = { key = \"hunter2\" }".to_owned(),
        organization("key = \"hunter2\"\nbase_url = \"https://warden:hunter2@example.com\""),
        channel("server = \"smtp://warden:hunter2@example.com\""),
        channel("password = \"hunter2\" = 3"),
        channel("password = \"hunter2\\q\""),
        "channel.email.a.passwort = \"hunter2\"".to_owned(),
        webhook("url = \"https://warden:hunter2@example.com/\""),
        webhook("url = \"https://example.com/hunter2"),
        webhook("url = \"http://example.com/hunter2\""),
        webhook("url = \"example.com/hunter2\""),
        webhook("url = \"https://example.com/hunter2#\""),
        webhook("url = { value = \"https://example.com/hunter2\" }"),
        webhook("urk = \"https://example.com/hunter2\""),
        webhook("secret = \"hunter2\""),
        webhook("secret = [\"hunter2\", \"whsec_hunter2\"]"),
        webhook("secret = [{ evn = \"hunter2\" }, \"hunter2\"]"),
        webhook("secrets = [\"hunter2\"]"),
        format!("{ORGANIZATION}[heartbeat]\nurl = \"http://example.com/hunter2\"\n"),
        "hunter2".to_owned(),
        "password hunter2".to_owned(),
    ];
    for source in sources {
        let told = refused(&source);
        assert!(!told.contains("hunter2"), "of\n{source}\nthis is said:\n{told}");
    }
}

#[test]
fn a_configuration_in_a_log_shows_no_secret() {
    let config = accepted(
        "[[organization]]\nname = \"acme\"\nkey = \"hunter2\"\n\
         [channel.email.a]\nserver = \"mail.example.com\"\nusername = \"u\"\npassword = \"hunter2\"\n\
         from = \"a@example.com\"\nto = [\"b@example.com\"]\n\
         [channel.webhook.b]\nurl = \"https://example.com/hunter2?hunter2=hunter2\"\n\
         secret = \"whsec_hunter2hunter2hunter2hunter2hunt\"\n\
         [heartbeat]\nurl = \"https://example.com/hunter2\"\n",
    );
    let shown = format!("{config:?}");
    assert!(shown.contains("https://example.com/***") && !shown.contains("hunter2"), "{shown}");
}

mod slips_of_the_keyboard {
    use proptest::prelude::*;

    use super::*;

    const RIGHT: &str = r#"
[log]
level = "info"
[[organization]]
name = "acme"
key = "hunter2"
api = "admin" # hunter2
[channel.email.a]
server = "mail.example.com"
username = "warden"
password = 'hunter2'
from = "a@example.com"
to = ["b@example.com"]
[channel.webhook.b]
url = "https://example.com/hunter2"
secret = ["hunter2", { env = "KEY" }]
[[rule.budget]]
name = "month"
amount = "1 USD"
steps = [{ at = "80%" }]
"#;

    /// One slip: a character dropped (0), put in (1), or replaced (2).
    fn slip(text: &str, (place, typed, kind): (usize, char, u8)) -> String {
        let chars: Vec<char> = text.chars().collect();
        let place = place % chars.len();
        let (before, after) = (&chars[..place], &chars[place + usize::from(kind != 1)..]);
        let typed = (kind != 0).then_some(typed);
        before.iter().copied().chain(typed).chain(after.iter().copied()).collect()
    }

    fn slips() -> impl Strategy<Value = (usize, char, u8)> {
        let typed = prop::sample::select("=,{}[]\"'#\\\n .x1".chars().collect::<Vec<_>>());
        (any::<usize>(), typed, 0..3_u8)
    }

    proptest! {
        #[test]
        fn do_not_bring_a_secret_to_light(slips in prop::collection::vec(slips(), 1..4)) {
            let source = slips.into_iter().fold(RIGHT.to_owned(), |text, one| slip(&text, one));
            let files = Files::new().with("main.toml", &source);
            if let Err(problems) = files.load() {
                let told = files.shown(problems);
                prop_assert!(!told.contains("hunter2"), "of\n{source}\nthis is said:\n{told}");
            }
        }
    }
}
