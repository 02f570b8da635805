//! `[http] tokens`: who may change something.

use secrecy::ExposeSecret;

use super::*;
use crate::config::Permission;

fn file(tokens: &str) -> String {
    format!("http = {{ tokens = {{ {tokens} }} }}\n{ORGANIZATION}")
}

#[test]
fn a_token_has_a_name_a_secret_and_what_it_allows() {
    let source = file(
        "ops = { token = \"a-secret-of-the-operators\", may = [\"deliveries\", \"reload\"] }, \
         bot = { token = { env = \"KEY\" }, may = [\"silence\"] }",
    );
    let tokens = accepted(&source).http.tokens;
    let [bot, ops] = <[_; 2]>::try_from(tokens).unwrap();
    assert_eq!((&*ops.name, &*bot.name), ("ops", "bot"));
    assert_eq!(ops.may, [Permission::Deliveries, Permission::Reload]);
    assert_eq!(bot.may, [Permission::Silence]);
    assert_eq!(bot.token.expose_secret(), "sk-ant-admin01-test");
}

/// Every way to get it wrong, and the words that must help.
#[test]
fn wrong_tokens_are_refused_with_a_hint_and_never_shown() {
    let secret = "token = \"hunter2-hunter2-hunter2\"";
    let cases = [
        (format!("ops = {{ {secret}, may = [\"delivries\"] }}"), "did you mean \"deliveries\"?"),
        (format!("ops = {{ {secret}, may = [\"everything\"] }}"), "write one of silence, ack"),
        (format!("ops = {{ {secret}, may = [] }}"), "`may` allows nothing"),
        (format!("ops = {{ {secret} }}"), "`may` is missing in [http.tokens.ops]"),
        (format!("\"o p s\" = {{ {secret}, may = [\"ack\"] }}"), "the name of a token cannot be"),
        ("ops = { may = [\"ack\"] }".to_owned(), "`token` is missing in [http.tokens.ops]"),
        ("ops = { token = \"hunter2\", may = [\"ack\"] }".to_owned(), "shorter than 16 characters"),
        ("ops = \"hunter2\"".to_owned(), "`ops` must be a table, not a string"),
        (format!("ops = {{ {secret}, may = [\"ack\"], must = 1 }}"), "unknown key `must`"),
    ];
    for (tokens, words) in cases {
        let told = refused(file(&tokens));
        assert!(told.contains(words), "for {tokens}, got:\n{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
