//! The house rules that a compiler does not check: who may use whom, and what is absent.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What any room may use: they know nothing of the domain.
const COMMON: [&str; 3] = ["clock", "chain", "supervisor"];

/// Each room, and the rooms it may use besides `usagewarden_core` and [`COMMON`].
const MAY_USE: [(&str, &[&str]); 20] = [
    ("act", &["claude", "journal", "store"]),
    (
        "app",
        &[
            "act", "claude", "config", "deliver", "engine", "journal", "metrics", "poll",
            "schedule", "store", "web",
        ],
    ),
    ("build", &[]),
    ("chain", &[]),
    ("claude", &[]),
    ("cli", &["app", "claude", "config", "journal", "simulator", "sink"]),
    ("clock", &[]),
    ("config", &["schedule"]),
    ("deliver", &["store"]),
    ("engine", &["store"]),
    ("journal", &[]),
    ("metrics", &["store"]),
    ("poll", &["claude", "schedule", "store"]),
    ("schedule", &[]),
    ("simulator", &[]),
    ("sink", &[]),
    ("store", &[]),
    ("supervisor", &[]),
    ("web", &["metrics", "store"]),
    ("main", &["cli"]),
];

/// Names that say nothing.
const FORBIDDEN_NAMES: [&str; 6] = ["mod", "util", "utils", "common", "types", "helpers"];

/// Longest file of the product; a longer one is two rooms.
const LINES_MAX: usize = 400;

#[test]
fn no_import_crosses_a_wall() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut crossings = Vec::new();
    for file in sources("src") {
        let room = room_of(&file);
        if room == "lib" {
            continue;
        }
        let text = product_of(&file);
        for used in rooms_used(&text) {
            let may = allowed.get(room.as_str()).unwrap_or_else(|| panic!("{room} has no row"));
            if used != room && !COMMON.contains(&used.as_str()) && !may.contains(&used.as_str()) {
                crossings.push(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert!(crossings.is_empty(), "walls were crossed:\n{}", crossings.join("\n"));
}

#[test]
fn the_core_knows_no_runtime_no_socket_and_no_zone_database() {
    let manifest = fs::read_to_string(root().join("core/Cargo.toml")).unwrap();
    let listed: Vec<&str> = manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| !line.starts_with("[dev"))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
        .collect();
    assert_eq!(listed, ["jiff", "rust_decimal", "serde", "thiserror"]);
}

#[test]
fn only_the_supervisor_spawns_and_only_the_clock_tells_the_time() {
    let walls = [
        ("tokio::spawn(", "supervisor"),
        ("Timestamp::now()", "clock"),
        ("SystemTime::now()", "clock"),
        ("env::var", "config"),
    ];
    let mut found = Vec::new();
    for file in sources("src").into_iter().chain(sources("core/src")) {
        let text = product_of(&file);
        for (call, room) in walls {
            if text.contains(call) && room_of(&file) != room {
                found.push(format!("{} calls {call}", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_are_named_for_what_they_hold_and_fit_a_reader() {
    let mut found = Vec::new();
    for file in sources("src").into_iter().chain(sources("core/src")) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if FORBIDDEN_NAMES.contains(&name.as_str()) {
            found.push(format!("{} has a name that says nothing", file.display()));
        }
        let text = fs::read_to_string(&file).unwrap();
        if !text.starts_with("//!") {
            found.push(format!("{} does not say what it is for", file.display()));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            found.push(format!("{} has {lines} lines", file.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_ignored_or_silenced_without_a_reason() {
    let needles = [concat!("#[ig", "nore"), concat!("#[al", "low("), concat!("to", "do!(")];
    let mut found = Vec::new();
    for file in ["src", "core/src", "tests", "benches"].into_iter().flat_map(sources) {
        let text = fs::read_to_string(&file).unwrap();
        for needle in needles {
            if text.contains(needle) {
                found.push(format!("{} has {needle}", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_snapshot_is_made_by_a_test() {
    let code: String = ["src", "core/src", "tests"]
        .into_iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let orphans: Vec<String> = ["src", "core/src", "tests"]
        .into_iter()
        .flat_map(|folder| files(folder, "snap"))
        .filter(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let name = name.rsplit("__").next().unwrap();
            // The second snapshot of a test is named after it, with a number.
            let test = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
            let made = [format!("fn {name}("), format!("fn {test}("), format!("\"{name}\"")];
            // Or the beginning of its name is written, and the test puts the end to it.
            let begun = name
                .match_indices('_')
                .any(|(at, _)| code.contains(&format!("\"{}_{{", &name[..at])));
            !begun && !made.iter().any(|made| code.contains(made.as_str()))
        })
        .map(|file| file.display().to_string())
        .collect();
    assert!(orphans.is_empty(), "no test makes these:\n{}", orphans.join("\n"));
}

#[test]
fn the_map_names_every_room() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (room, _) in MAY_USE {
        assert!(map.contains(&format!("`{room}`")), "ARCHITECTURE.md does not name `{room}`");
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`.
fn sources(folder: &str) -> Vec<PathBuf> {
    files(folder, "rs")
}

/// Every file below `folder` whose name ends so.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The room a file stands in: its folder below `src`, or its own name.
fn room_of(file: &Path) -> String {
    let below = file.strip_prefix(root()).unwrap();
    let inside: Vec<_> = below.iter().skip_while(|part| *part != "src").skip(1).collect();
    inside[0].to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// What a file adds to the product. Tests may use any room: they stand outside the house.
fn product_of(file: &Path) -> String {
    let below = file.strip_prefix(root()).unwrap();
    if below.iter().any(|part| part == "tests" || part == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(file).unwrap();
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// The rooms named after `crate::` or `usagewarden::`, also in a group.
fn rooms_used(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut used = Vec::new();
    for start in ["crate::", "usagewarden::"] {
        for after in code.split(start).skip(1) {
            match after.strip_prefix('{') {
                Some(group) => used.extend(names_in_group(group)),
                None => used.push(first_word(after)),
            }
        }
    }
    used.retain(|name| !name.is_empty() && name.starts_with(|c: char| c.is_ascii_lowercase()));
    used.sort();
    used.dedup();
    used
}

/// The first names of a `{a::b, c}` group, without what nests deeper.
fn names_in_group(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut at_name) = (0_usize, Vec::new(), true);
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_name = true,
            letter if at_name && letter.is_alphabetic() => {
                names.push(first_word(&group[place..]));
                at_name = false;
            }
            _ => {}
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
