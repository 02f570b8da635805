//! `docs/openapi.json` against real answers.

use super::*;

const DESCRIPTION: &str = include_str!("../../../docs/openapi.json");

/// The described fields that were met, by where their description lies.
type Seen = std::collections::BTreeSet<*const Value>;

/// Compares a value with its schema: every field is described, every required one is there.
fn compare(description: &Value, schema: &Value, value: &Value, place: &str, seen: &mut Seen) {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.strip_prefix('#').unwrap();
        let target = description.pointer(pointer).unwrap_or_else(|| panic!("no {name}"));
        return compare(description, target, value, place, seen);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let choice = choices.iter().find(|choice| (choice["type"] == "null") == value.is_null());
        return compare(description, choice.unwrap(), value, place, seen);
    }
    assert!(allows(&schema["type"], value), "{place} is {value}, described as {}", schema["type"]);
    if let Some(words) = schema["enum"].as_array().filter(|_| !value.is_null()) {
        assert!(words.contains(value), "{place} is {value}, described as {words:?}");
    }
    if let Some(fields) = value.as_object() {
        for (name, field) in fields {
            let described = &schema["properties"][name];
            assert!(described.is_object(), "{place}.{name} is not described");
            seen.insert(std::ptr::from_ref(described));
            compare(description, described, field, &format!("{place}.{name}"), seen);
        }
        for name in schema["required"].as_array().unwrap() {
            assert!(fields.contains_key(name.as_str().unwrap()), "{place} lacks {name}");
        }
    }
    for element in value.as_array().into_iter().flatten() {
        compare(description, &schema["items"], element, &format!("{place}[]"), seen);
    }
}

fn allows(described: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    described == kind || described.as_array().is_some_and(|kinds| kinds.contains(&kind.into()))
}

/// How often each field of the description must be met: every one, at least once.
fn described_fields(description: &Value) -> usize {
    fn count(schema: &Value) -> usize {
        let fields = schema["properties"].as_object();
        let own = fields.map_or(0, serde_json::Map::len);
        let below: usize = fields.into_iter().flat_map(|f| f.values()).map(count).sum();
        own + below + schema.get("items").map_or(0, count)
    }
    description["components"]["schemas"].as_object().unwrap().values().map(count).sum()
}

#[tokio::test]
async fn the_description_and_the_answers_agree_field_by_field() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let warden = Warden::start().await;
    let broken = Warden::with(Shelf::broken().await).await;
    let cases = [
        (&warden, "/api/v1/status", 200),
        (&warden, "/api/v1/spend?by=workspace,model,key,day", 200),
        (&warden, "/api/v1/spend", 200),
        (&warden, "/api/v1/spend?to=never", 400),
        (&broken, "/api/v1/spend", 503),
    ];
    let (mut seen, mut asked) = (Seen::new(), Vec::new());
    for (warden, question, status) in cases {
        let path = question.split('?').next().unwrap();
        let answer = warden.get(question).await;
        assert_eq!(answer.status, status, "{question}");
        let responses = &description["paths"][path]["get"]["responses"];
        let schema = &responses[status.to_string()]["content"]["application/json"]["schema"];
        compare(&description, schema, &answer.json(), question, &mut seen);
        asked.push(path.to_owned());
    }
    let paths: Vec<&String> = description["paths"].as_object().unwrap().keys().collect();
    assert!(paths.iter().all(|path| asked.contains(path)), "{paths:?}");
    assert_eq!(seen.len(), described_fields(&description), "a described field never came");
}

#[tokio::test]
async fn every_described_parameter_is_known() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let warden = Warden::start().await;
    let parameters = &description["paths"]["/api/v1/spend"]["get"]["parameters"];
    for parameter in parameters.as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        let answer = warden.get(&format!("/api/v1/spend?{name}=")).await;
        let message = answer.json()["error"]["message"].to_string();
        assert!(!message.contains("there is no parameter"), "{name}");
    }
}
