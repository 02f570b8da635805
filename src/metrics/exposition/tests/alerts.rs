//! Alerts and budgets in a scrape.

use usagewarden_core::decide::{Decision, Judged, Rules, decide};
use usagewarden_core::period::Calendar;
use usagewarden_core::polling::{Identity, Stranger};
use usagewarden_core::route::Routes;

use super::*;
use crate::metrics::example::rules;

/// What is alerted on must exist before it moves: also before the first commit.
#[tokio::test]
async fn every_rule_and_severity_has_its_alerts_at_zero_before_anything_was_judged() {
    let text = text(&exposition(&["acme"])).await;
    let alerts: Vec<&str> =
        text.lines().filter(|line| line.starts_with("usagewarden_alerts{")).collect();
    let severities: usize = rules().iter().map(|(_, severities)| severities.len()).sum();
    assert_eq!(alerts.len(), (severities + 1) * 4, "{alerts:#?}");
    assert!(alerts.iter().all(|line| line.ends_with(" 0")), "{alerts:#?}");
    for (rule, severity, state) in
        [("month", "critical", "firing"), ("identity", "critical", "pending")]
    {
        let series = format!(
            "usagewarden_alerts{{organization=\"acme\",rule=\"{rule}\",severity=\"{severity}\",state=\"{state}\"}} 0"
        );
        assert!(alerts.contains(&series.as_str()), "{series} is not in {alerts:#?}");
    }
}

/// The built-in rule is judged by core; its series must be the one that stood at zero.
#[tokio::test]
async fn a_stranger_is_counted_where_the_zero_stood() {
    let exposition = exposition(&["acme"]);
    let before = series(&text(&exposition).await);
    let mut snapshot = full("acme");
    let stranger = Stranger { expected: "a".into(), heard: "b".into(), fix: "c".into() };
    snapshot.polling.identity = Identity::Wrong(stranger);
    let rules = Rules {
        calendar: Calendar::utc(),
        rules: [].into(),
        routes: Arc::new(Routes::everything_to_everyone([].into())),
        companies: Vec::new(),
        actions: Arc::default(),
        allow_actions: false,
    };
    let Decision { standings, .. } = decide(&rules, &snapshot, at());
    exposition.publish(&Judged { snapshot, standings });
    let text = text(&exposition).await;
    assert_eq!(series(&text), before);
    let firing = text
        .lines()
        .find(|line| line.contains("rule=\"identity\",severity=\"critical\",state=\"firing\""));
    assert!(firing.unwrap().ends_with(" 1"), "{firing:?}");
}

/// The alert series, without their values.
fn series(text: &str) -> Vec<String> {
    let alerts = text.lines().filter(|line| line.starts_with("usagewarden_alerts{"));
    alerts.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

#[tokio::test]
async fn beyond_the_cap_the_budgets_closest_to_their_limits_stay() {
    let judged = judged("acme");
    let exposition = Exposition::new(
        Registry::new(),
        [{
            // Room for the alerts, and for one budget with all six figures.
            let alerts = 4 * (1 + rules().iter().map(|(_, all)| all.len()).sum::<usize>());
            settings("acme", alerts + 6)
        }],
    );
    exposition.publish(&judged);
    let text = text(&exposition).await;
    let budgets: Vec<&str> =
        text.lines().filter(|line| line.starts_with("claude_budget_")).collect();
    assert_eq!(budgets.len(), 6, "{budgets:#?}");
    assert!(budgets.iter().all(|line| line.contains("rule=\"month\"")), "{budgets:#?}");
}
