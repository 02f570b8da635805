//! The steps of a budget or quota.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use toml::de::DeValue;
use usagewarden_core::rule::{Severity, Share, Step, StepOf};
use usagewarden_core::subject::ActionName;

use super::super::document::Position;
use super::super::problem::Complaint;
use super::super::table::{At, Table};
use super::super::value::{self, Bounds};

/// What people are told of a rule for which no steps are written.
const STEPS_DEFAULT: [(u32, Severity); 3] =
    [(50, Severity::Info), (80, Severity::Warning), (100, Severity::Critical)];

const REMIND_EVERY: Bounds = Bounds {
    least: SignedDuration::from_mins(1),
    most: SignedDuration::from_hours(31 * 24),
    why: "people are told once more each time it has passed",
};

/// Those of what is used, then those of the forecast; each rising, each share once.
pub(super) fn read(table: &Table<'_>, severity: Severity, forecast: bool) -> Vec<Step> {
    if !table.has("steps") {
        return default_steps();
    }
    let mut seen: BTreeMap<(StepOf, Share), (Position<'_>, Step)> = BTreeMap::new();
    let written = table.tables("steps");
    if table.is_empty_array("steps") {
        let complaint = Complaint::new(format!("`steps` is empty in {}", table.header))
            .hint("leave it out for 50%, 80% and 100%, or write steps, as in [{ at = \"80%\" }]");
        table.notes.error(table.position, complaint);
    }
    for table in &written {
        let Some(At { value: step, position }) = read_step(table, severity, forecast) else {
            continue;
        };
        let key = (step.of, step.at);
        if let Some((first, _)) = seen.get(&key) {
            let hint = format!("the same step stands on {}; remove one", first.seen_from(position));
            let message = format!("the step {} is written twice", step.at);
            table.notes.error(position.public(), Complaint::new(message).hint(hint));
        } else {
            seen.insert(key, (position, step));
        }
    }
    seen.into_values().map(|(_, step)| step).collect()
}

fn read_step<'a>(table: &Table<'a>, severity: Severity, forecast: bool) -> Option<At<'a, Step>> {
    let has_forecast = forecast && table.has("forecast");
    let at = if has_forecast {
        table.optional("at", value::share)
    } else {
        table.required("at", "\"80%\"", value::share)
    };
    let foreseen = if forecast { table.optional("forecast", value::share) } else { None };
    let own = table.optional("severity", value::severity).map(|own| own.value);
    let remind_every = table.optional("remind_every", remind_every).map(|every| every.value);
    let action = table.optional("action", value::name);
    if let (Some(_), Some(At { position, .. })) = (&at, &foreseen) {
        let complaint = Complaint::new("a step is either `at` a share or of the `forecast`")
            .hint("make two steps of it");
        table.notes.error(position.public(), complaint);
        return None;
    }
    if let (Some(_), Some(At { position, .. })) = (&foreseen, &action) {
        let complaint = Complaint::new("a step of the `forecast` takes no action")
            .hint("a forecast can be wrong; let a step `at` a share take it");
        table.notes.error(position.public(), complaint);
        return None;
    }
    let at = at.map(|at| (at, StepOf::Used));
    let (At { value: share, position }, of) = at.or(foreseen.map(|at| (at, StepOf::Forecast)))?;
    let severity = own.unwrap_or(severity);
    let action = action.map(|name| ActionName::new(name.value));
    Some(At { value: Step { at: share, of, severity, remind_every, action }, position })
}

fn remind_every(value: &DeValue<'_>) -> Result<SignedDuration, Complaint> {
    value::duration(value, REMIND_EVERY)
}

fn default_steps() -> Vec<Step> {
    let step = |(percent, severity): (u32, Severity)| {
        let at = Share::of_percent(percent.into()).expect("the constants are above zero");
        Step::used(at, severity)
    };
    STEPS_DEFAULT.into_iter().map(step).collect()
}
