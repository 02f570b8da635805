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
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // A whole number is a number too.
    let wider = if kind == "integer" { "number" } else { kind };
    let is_kind = |described: &Value| described == kind || described == wider;
    is_kind(described) || described.as_array().is_some_and(|kinds| kinds.iter().any(is_kind))
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

/// A path as it is described: its fourth step is an id.
fn with_id(path: &str) -> String {
    let steps: Vec<&str> = path.split('/').collect();
    let named =
        steps.iter().enumerate().map(|(place, step)| if place == 4 { "{id}" } else { step });
    named.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn the_description_and_the_answers_agree_field_by_field() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let warden = Warden::start().await;
    let broken = Warden::with(Shelf::broken().await).await;
    let alert = "/api/v1/alerts/blind:acme:cost:20261121T135500Z";
    let cases = [
        (&warden, "/api/v1/status", "", "get", 200),
        (&warden, "/api/v1/spend?by=workspace,model,key,day", "", "get", 200),
        (&warden, "/api/v1/spend", "", "get", 200),
        (&warden, "/api/v1/spend?to=never", "", "get", 400),
        (&broken, "/api/v1/spend", "", "get", 503),
        (&broken, "/api/v1/status", "", "get", 200),
        (&warden, "/api/v1/alerts", "", "get", 200),
        (&warden, "/api/v1/alerts?state=quiet", "", "get", 400),
        (&warden, alert, "{id}", "get", 200),
        (&warden, "/api/v1/alerts/none", "{id}", "get", 404),
        (&warden, "/api/v1/deliveries", "", "get", 200),
        (&warden, "/api/v1/deliveries?limit=0", "", "get", 400),
        (&broken, "/api/v1/deliveries", "", "get", 503),
        (&warden, "/api/v1/deliveries/1/retry", "{id}", OPS, 200),
        (&warden, "/api/v1/deliveries/1/retry", "{id}", OPS, 404),
        (&warden, "/api/v1/deliveries/1/retry", "{id}", READER, 403),
        (&warden, "/api/v1/deliveries/1/retry", "{id}", "wrong", 401),
        (&broken, "/api/v1/deliveries/1/retry", "{id}", OPS, 503),
        (&warden, "/api/v1/actions", "", "get", 200),
        (&warden, "/api/v1/actions?limit=0", "", "get", 400),
        (&broken, "/api/v1/actions", "", "get", 503),
        (&warden, "/api/v1/actions/month:acme:dry:1", "{id}", "get", 200),
        (&warden, "/api/v1/actions/none", "{id}", "get", 404),
        (&broken, "/api/v1/actions/none", "{id}", "get", 503),
        (&warden, "/api/v1/actions/month:acme:a%2Fb,c:stop:1/undo", "{id}", STOPPER, 200),
        (&warden, "/api/v1/actions/month:acme:dry:1/undo", "{id}", STOPPER, 409),
        (&warden, "/api/v1/actions/none/undo", "{id}", STOPPER, 404),
        (&warden, "/api/v1/actions/none/undo", "{id}", READER, 403),
        (&warden, "/api/v1/actions/none/undo", "{id}", "wrong", 401),
        (&broken, "/api/v1/actions/none/undo", "{id}", STOPPER, 503),
        (&warden, "/api/v1/deliveries/retry", "", OPS, 200),
        (&warden, "/api/v1/deliveries/retry", "", READER, 403),
        (&warden, "/api/v1/deliveries/retry", "", "wrong", 401),
        (&broken, "/api/v1/deliveries/retry", "", OPS, 503),
    ];
    let (mut seen, mut asked) = (Seen::new(), Vec::new());
    for (warden, question, id, token, status) in cases {
        let path = question.split('?').next().unwrap();
        let described = if id.is_empty() { path.to_owned() } else { with_id(path) };
        let (method, answer) = match token {
            "get" => ("get", warden.get(question).await),
            token => ("post", warden.post(question, token, "").await),
        };
        assert_eq!(answer.status, status, "{question}");
        let responses = &description["paths"][&described][method]["responses"];
        let schema = &responses[status.to_string()]["content"]["application/json"]["schema"];
        compare(&description, schema, &answer.json(), question, &mut seen);
        asked.push(described);
    }
    let paths: Vec<&String> = description["paths"].as_object().unwrap().keys().collect();
    assert!(paths.iter().all(|path| asked.contains(path)), "{paths:?}");
    assert_eq!(seen.len(), described_fields(&description), "a described field never came");
}

#[tokio::test]
async fn every_described_parameter_is_known() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let warden = Warden::start().await;
    for path in ["/api/v1/spend", "/api/v1/alerts", "/api/v1/deliveries", "/api/v1/actions"] {
        let parameters = &description["paths"][path]["get"]["parameters"];
        for parameter in parameters.as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let answer = warden.get(&format!("{path}?{name}=")).await;
            let message = answer.json()["error"]["message"].to_string();
            assert!(!message.contains("there is no parameter"), "{path} {name}");
        }
    }
}
