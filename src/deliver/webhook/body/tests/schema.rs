//! `docs/webhook.schema.json`, as far as it uses JSON Schema.
//!
//! A library for all of it would bring thirty crates for the dozen words used here. A
//! word that this does not know is a failure, so the schema cannot outgrow it unseen.

use std::collections::BTreeSet;

use serde_json::Value;

pub(super) struct Schema(Value);

/// The words that check nothing.
const ANNOTATIONS: [&str; 4] = ["$schema", "title", "description", "$defs"];

type Checked = Result<(), String>;

impl Schema {
    pub(super) fn of_the_documentation() -> Self {
        let text = include_str!("../../../../../docs/webhook.schema.json");
        Self(serde_json::from_str(text).unwrap())
    }

    /// Checks `body`, and notes which described fields it has.
    pub(super) fn check(&self, body: &Value, met: &mut BTreeSet<String>) -> Checked {
        self.compare(&self.0, body, "", met)
    }

    /// Every described field.
    pub(super) fn fields(&self) -> BTreeSet<String> {
        let mut fields = BTreeSet::new();
        self.collect(&self.0, "", &mut fields);
        fields
    }

    fn collect(&self, schema: &Value, place: &str, fields: &mut BTreeSet<String>) {
        let schema = self.resolved(schema);
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            self.collect(field, &place, fields);
            fields.insert(place);
        }
        if let Some(items) = schema.get("items") {
            self.collect(items, &format!("{place}[]"), fields);
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.0.pointer(name.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    fn compare(
        &self,
        schema: &Value,
        value: &Value,
        place: &str,
        met: &mut BTreeSet<String>,
    ) -> Checked {
        let schema = self.resolved(schema);
        for (word, wanted) in schema.as_object().unwrap() {
            if !ANNOTATIONS.contains(&word.as_str()) {
                self.word(schema, (word, wanted), value, place, met)?;
            }
        }
        Ok(())
    }

    fn word(
        &self,
        schema: &Value,
        (word, wanted): (&str, &Value),
        value: &Value,
        place: &str,
        met: &mut BTreeSet<String>,
    ) -> Checked {
        let holds = match word {
            "type" => wanted == kind(value) || (wanted == "number" && value.is_number()),
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "minimum" => value.as_i64() >= wanted.as_i64(),
            "minItems" => value.as_array().is_some_and(|all| all.len() as u64 >= number(wanted)),
            "maxItems" => value.as_array().is_some_and(|all| all.len() as u64 <= number(wanted)),
            "pattern" => matches(wanted.as_str().unwrap(), value.as_str().unwrap_or_default()),
            "format" => formatted(wanted.as_str().unwrap(), value.as_str().unwrap_or_default()),
            "required" => {
                let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                wanted.as_array().unwrap().iter().all(has)
            }
            "additionalProperties" => {
                assert_eq!(wanted, &Value::Bool(false));
                let known = schema["properties"].as_object().unwrap();
                value.as_object().is_some_and(|fields| fields.keys().all(|k| known.contains_key(k)))
            }
            "items" => {
                for element in value.as_array().into_iter().flatten() {
                    self.compare(wanted, element, &format!("{place}[]"), met)?;
                }
                true
            }
            "properties" => {
                for (name, field) in value.as_object().into_iter().flatten() {
                    let Some(described) = wanted.get(name) else { continue };
                    let place = format!("{place}.{name}");
                    self.compare(described, field, &place, met)?;
                    met.insert(place);
                }
                true
            }
            unknown => panic!("the schema uses `{unknown}`, which this test does not know"),
        };
        if holds { Ok(()) } else { Err(format!("{place}: {word} is {wanted}, met {value}")) }
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The patterns that the schema uses, each spelled out.
fn matches(pattern: &str, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let decimal = |text: &str| match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    };
    match pattern {
        r"^-?\d+(\.\d+)?$" => decimal(text.strip_prefix('-').unwrap_or(text)),
        r"^\d+(\.\d+)?%$" => text.strip_suffix('%').is_some_and(decimal),
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$" => {
            let like = "0000-00-00T00:00:00Z";
            let alike = |(here, there): (u8, u8)| match there {
                b'0' => here.is_ascii_digit(),
                other => here == other,
            };
            text.len() == like.len() && text.bytes().zip(like.bytes()).all(alike)
        }
        unknown => panic!("the schema uses the pattern {unknown}, which this test does not know"),
    }
}

fn formatted(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "uri" => text.parse::<reqwest::Url>().is_ok(),
        unknown => panic!("the schema uses the format {unknown}, which this test does not know"),
    }
}
