//! A company: judged by what its members came to, once all of them were judged.

use std::collections::BTreeMap;

use usagewarden_core::subject::OrganizationName;

use super::*;

/// Two organizations, the company that they make, and what each was judged to mean last.
struct Family {
    house: House,
    judged: Arc<Mutex<BTreeMap<OrganizationName, Arc<Judged>>>>,
}

const MEMBERS: [&str; 2] = ["acme", "labs"];

impl Family {
    fn new() -> Self {
        Self { house: House::new(), judged: Arc::default() }
    }

    /// What was judged is not stored: it is gone after a restart.
    fn restart(self) -> Self {
        Self { house: self.house.restart(), judged: Arc::default() }
    }

    async fn used(&self, name: &str, millions: u64) {
        let fence = self.house.store.acquire(&name.into()).await.unwrap();
        self.house.read(&fence, name, millions).await;
    }

    /// Judges one of them once. Answers whether anything could be judged.
    async fn tick(&self, name: &str) -> bool {
        let fence = self.house.store.acquire(&name.into()).await.unwrap();
        let (judged, own) = (self.judged.clone(), OrganizationName::new(name));
        let before = judged.lock().unwrap().remove(&own);
        let publish = move |one: Arc<Judged>| {
            judged.lock().unwrap().insert(own.clone(), one);
        };
        let wiring = Wiring { publish: Arc::new(publish), ..self.house.wiring() };
        Engine::new(self.settings(name), fence, wiring).tick().await.unwrap();
        let mut judged = self.judged.lock().unwrap();
        let is_judged = judged.contains_key(&OrganizationName::new(name));
        if let Some(before) = before {
            judged.entry(name.into()).or_insert(before);
        }
        is_judged
    }

    fn settings(&self, name: &str) -> Settings {
        let known = self.judged.clone();
        let source = match name {
            "group" => Source::Members {
                names: MEMBERS.map(OrganizationName::new).into(),
                latest: Arc::new(move |name| known.lock().unwrap().get(name).cloned()),
            },
            _ => Source::Readings { ledger: ledger(), paces: Vec::new() },
        };
        let own = settings();
        let mut rules = Rules::clone(&own.rules);
        rules.rules = rules_of_both();
        rules.companies = vec!["group".into()];
        Settings { organization: name.into(), source, rules: Arc::new(rules) }
    }

    async fn tick_all(&self) {
        for name in ["acme", "labs", "group"] {
            assert!(self.tick(name).await, "{name} was not judged");
        }
    }
}

/// A budget of the company that only both together cross, and one of each organization
/// that the company would cross, were it one.
fn rules_of_both() -> Arc<[Rule]> {
    let [month] = &*settings().rules.rules else { unreachable!("there is one rule") };
    let Condition::Budget(budget) = &month.condition else { unreachable!("it is a budget") };
    let amount = BudgetAmount::Fixed(Amount::from_dollars(Decimal::from(10_000)));
    let own = Condition::Budget(Budget { amount, ..budget.clone() });
    let company = Rule { whose: Whose::Company("group".into()), ..month.clone() };
    [company, Rule { name: "own".into(), condition: own, ..month.clone() }].into()
}

#[tokio::test]
async fn a_company_is_judged_with_all_its_members_and_told_once_over_restarts() {
    let mut family = Family::new();
    // 4,050 and 1,500 USD: of 5,000 the one alone would be over 80 %, too.
    family.used("acme", 270).await;
    family.used("labs", 100).await;
    assert!(!family.tick("group").await, "no member was judged yet");
    assert!(family.tick("acme").await);
    assert!(!family.tick("group").await, "labs was not judged yet");
    assert!(family.house.queued().await.is_empty());
    for _ in 0..2 {
        family.tick_all().await;
        family.tick_all().await;
        let told = "month:group:organization:20261101T000000Z:0:80 finops@example.com";
        assert_eq!(family.house.queued().await, [told]);
        family = family.restart();
        assert!(!family.tick("group").await, "after a restart, no member was judged yet");
    }
}

#[tokio::test]
async fn a_company_is_judged_by_the_rules_that_name_it_alone() {
    let family = Family::new();
    family.used("acme", 270).await;
    family.used("labs", 100).await;
    family.tick_all().await;
    let judged = family.judged.lock().unwrap();
    let rules_of = |name: &str| -> Vec<String> {
        let standings = judged[&OrganizationName::new(name)].standings.iter();
        standings.map(|standing| standing.facts.rule.to_string()).collect()
    };
    assert_eq!(rules_of("group"), ["month"]);
    assert_eq!(rules_of("acme"), ["own"]);
    assert_eq!(rules_of("labs"), ["own"]);
}

#[tokio::test]
async fn neither_member_alone_crosses_what_the_company_does() {
    let family = Family::new();
    family.used("acme", 150).await;
    family.used("labs", 10).await;
    family.tick_all().await;
    assert!(family.house.queued().await.is_empty());
    family.used("labs", 120).await;
    family.tick_all().await;
    let told = "month:group:organization:20261101T000000Z:0:80 finops@example.com";
    assert_eq!(family.house.queued().await, [told]);
}
