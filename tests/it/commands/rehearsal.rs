//! An organization to manage: the simulator, and a configuration that names it four times, by
//! keys that may more or less.

use serde_json::Value;
use usagewarden::simulator::{COMPANY_MEMBER_KEY, READER_KEY};

use super::{Said, run, with};
use crate::support::process::{House, Simulated};

#[derive(Debug)]
pub(super) struct Rehearsal {
    pub(super) simulated: Simulated,
    pub(super) house: House,
}

/// `acme` may everything, `labs` as well and through the company API; `reader` may read and
/// writes with another key; `guest` is a member of the company.
pub(super) const EVERYBODY: [&str; 4] = ["acme", "labs", "reader", "guest"];

impl Rehearsal {
    pub(super) fn start() -> Self {
        Self::with("")
    }

    /// `acme` has `more` besides, in TOML.
    pub(super) fn with(more: &str) -> Self {
        let simulated = Simulated::start(&[]);
        let base_url = &simulated.base_url;
        let another = |name: &str, api: &str, key: &str| {
            format!(
                "[[organization]]\nname = {name:?}\napi = {api:?}\nbase_url = {base_url:?}\n\
                 key = {{ env = {key:?} }}\n"
            )
        };
        let more = [
            more.to_owned(),
            another("labs", "company", "COMPANY_KEY"),
            another("reader", "admin", "READER_KEY"),
            "write_key = { env = \"ANTHROPIC_ADMIN_KEY\" }\n".to_owned(),
            another("guest", "company", "MEMBER_KEY"),
            "[[company]]\nname = \"group\"\norganizations = [\"acme\", \"labs\"]\n".to_owned(),
        ];
        let house = House::with(base_url, &more.concat());
        Self { simulated, house }
    }

    pub(super) fn keys(&self) -> [(&'static str, &str); 4] {
        [
            ("ANTHROPIC_ADMIN_KEY", &self.simulated.admin_key),
            ("COMPANY_KEY", &self.simulated.company_key),
            ("READER_KEY", READER_KEY),
            ("MEMBER_KEY", COMPANY_MEMBER_KEY),
        ]
    }

    /// What the program says; no key is ever in it.
    pub(super) fn ask(&self, arguments: &[&str]) -> Said {
        let mut command = with(Some(&self.house.config()), arguments);
        let said = run(command.envs(self.keys()).env("USER", "ada"));
        for (_, key) in self.keys() {
            said.never_shows(key);
        }
        said
    }

    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let said = self.ask(&[arguments, &["--json"]].concat());
        let value = serde_json::from_str(&said.stdout);
        value.unwrap_or_else(|error| panic!("{error}: {}{}", said.stdout, said.stderr))
    }

    /// Many commands in the order they are given, each with all that it says.
    pub(super) fn story(&self, commands: &[&str]) -> String {
        let said = commands.iter().map(|line| {
            let said = self.ask(&words(line)).kept(&[]);
            format!("$ usagewarden {line}\n{}", super::narrow(&said))
        });
        said.collect::<Vec<_>>().join("\n\n")
    }

    /// What the journal has, without what changes from run to run.
    pub(super) fn journal(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.house.file("journal.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The stages of the journal's lines, once it is sure that both lines of a write agree.
    pub(super) fn stages(&self) -> Vec<String> {
        let lines = self.journal();
        for pair in lines.chunks(2) {
            for field in ["write", "by", "organization", "command", "target", "before", "after"] {
                assert_eq!(pair[0][field], pair[pair.len() - 1][field], "{field}");
            }
        }
        lines.iter().map(|line| line["stage"].as_str().unwrap().to_owned()).collect()
    }
}

/// As a shell would cut a line; quotes are `'`.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    let cut = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    cut.collect()
}

/// Days that change with the day, and times that change with the second.
pub(super) fn dateless(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<String> = line.split(' ').map(dateless_word).collect();
        words.join(" ")
    });
    let mut text = lines.collect::<Vec<_>>().join("\n");
    // The longest numbers first: `97 min ago` is not a nine and `7 min ago`.
    for number in (1..=200).rev() {
        for unit in ["s", "min", "h", "days"] {
            text = text.replace(&format!("{number} {unit} ago"), "SPAN ago");
            text = text.replace(&format!("in {number} {unit}"), "in SPAN");
        }
    }
    text
}

fn dateless_word(word: &str) -> String {
    let is_like = |pattern: &str| {
        word.len() >= pattern.len()
            && word.chars().zip(pattern.chars()).all(|(letter, like)| match like {
                '9' => letter.is_ascii_digit(),
                other => letter == other,
            })
    };
    if is_like("9999-99-99") {
        "DATE".to_owned()
    } else if is_like("99:99") {
        "TIME".to_owned()
    } else {
        word.to_owned()
    }
}
