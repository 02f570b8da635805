//! An organization that spends, for tests of budgets and quotas.

use super::*;
use crate::action::ActionRecord;
use crate::snapshot::Heard;
use crate::stretch::WindowUse;

/// An organization, its budgets, and what the store would remember of both.
pub(super) struct World {
    pub(super) rules: Rules,
    /// Spend by start of period.
    pub(super) spent: BTreeMap<Timestamp, Amount>,
    /// What other workspaces spent, by start of period.
    pub(super) others: BTreeMap<(Timestamp, &'static str), Amount>,
    pub(super) alerts: Vec<AlertRecord>,
    pub(super) first_heard_at: Option<Timestamp>,
    /// Since when hours of usage have been read.
    pub(super) read_from: Option<Timestamp>,
    /// The days of usage and the bill were not heard yet.
    pub(super) awaits_bill: bool,
    /// How far the data reach; `None`: to where their period begins.
    pub(super) data_until: Option<Timestamp>,
    pub(super) roster: Roster,
    pub(super) windows: Vec<WindowUse>,
    /// What was ordered, newest first, and how far it is.
    pub(super) actions: Vec<ActionRecord>,
}

impl World {
    pub(super) fn new(budget: Budget) -> Self {
        Self::of(rule("month", budget))
    }

    pub(super) fn of(rule: Rule) -> Self {
        let rules = Rules {
            calendar: Calendar::utc(),
            rules: [rule].into(),
            routes: Arc::new(Routes::everything_to_everyone(BTreeMap::new())),
            companies: Vec::new(),
            actions: Arc::default(),
            allow_actions: false,
        };
        Self {
            rules,
            spent: BTreeMap::new(),
            others: BTreeMap::new(),
            alerts: Vec::new(),
            first_heard_at: None,
            read_from: None,
            awaits_bill: false,
            data_until: None,
            roster: Roster::default(),
            windows: Vec::new(),
            actions: Vec::new(),
        }
    }

    pub(super) fn budget(&mut self, budget: Budget) {
        self.rules.rules = [rule("month", budget)].into();
    }

    pub(super) fn spend(&mut self, period_from: &str, amount: u32) {
        self.spent.insert(at(period_from), dollars(amount));
    }

    pub(super) fn spend_elsewhere(&mut self, period_from: &str, who: &'static str, amount: u32) {
        self.others.insert((at(period_from), who), dollars(amount));
    }

    pub(super) fn snapshot(&self, now: Timestamp) -> Snapshot {
        let elsewhere = self.others.keys().map(|(from, _)| from);
        let starts: std::collections::BTreeSet<&Timestamp> =
            self.spent.keys().chain(elsewhere).collect();
        Snapshot {
            organization: "acme".into(),
            revision: 1,
            at: now,
            roster: self.roster.clone(),
            first_heard_at: self.first_heard_at,
            heard: self.bill_heard(now).into_iter().collect(),
            coverage: self.coverage(now),
            counters: Counters::default(),
            spends: starts.into_iter().map(|from| self.period(*from, now)).collect(),
            price_discount: None,
            price_error: None,
            unpriced: Vec::new(),
            minutes: Vec::new(),
            hour: None,
            windows: self.windows.clone(),
            alerts: self.alerts.clone(),
            groups: Vec::new(),
            actions: self.actions.clone(),
            polling: Polling::default(),
        }
    }

    fn coverage(&self, now: Timestamp) -> BTreeMap<(Report, Width), Coverage> {
        let hours = self.read_from.map(|from| hours_since(from, now));
        let days = hours.filter(|_| !self.awaits_bill);
        let days = days.map(|((report, _), read)| ((report, Width::Day), read));
        hours.into_iter().chain(days).collect()
    }

    fn bill_heard(&self, now: Timestamp) -> Option<(Report, Heard)> {
        let heard = Heard { heard_at: now, data_until: None, granted: true };
        (!self.awaits_bill).then_some((Report::Cost, heard))
    }

    fn period(&self, from: Timestamp, now: Timestamp) -> PeriodSpend {
        let rule = &self.rules.rules[0];
        let calendar = rule.calendar(&self.rules.calendar).unwrap_or_else(Calendar::utc);
        let kind = if let Condition::Budget(budget) = &rule.condition {
            budget.kind()
        } else {
            PeriodKind::Month
        };
        let begun = if let PeriodKind::Rolling(_) = kind { now } else { from };
        let own = self.spent.get(&from).map(|amount| charge("wrkspc_1", *amount));
        let others = self.others.iter().filter(|((start, _), _)| *start == from);
        let others = others.map(|((_, who), amount)| charge(who, *amount));
        PeriodSpend {
            calendar: calendar.key(),
            kind,
            period: calendar.period(kind, begun),
            charges: own.into_iter().chain(others).collect(),
            tokens: Tokens::default(),
            data_until: self.data_until.or(Some(from)),
        }
    }

    /// One tick, committed and read again from its packed form.
    pub(super) fn tick(&mut self, now: &str) -> Vec<News> {
        let snapshot = self.snapshot(at(now));
        let plan = decide(&self.rules, &snapshot, at(now)).plan;
        for alert in plan.alerts {
            self.alerts.retain(|old| (&old.rule, &old.subject) != (&alert.rule, &alert.subject));
            if !alert.is_blank() {
                let packed = postcard::to_stdvec(&alert).unwrap();
                self.alerts.push(postcard::from_bytes(&packed).unwrap());
            }
        }
        for order in plan.orders {
            if !self.actions.iter().any(|known| known.order.id == order.id) {
                self.actions.insert(0, ActionRecord::new(order));
            }
        }
        let again = decide(&self.rules, &self.snapshot(at(now)), at(now)).plan;
        assert!(again.is_empty(), "the second tick of {now} moved: {again:?}");
        plan.notices.into_iter().flat_map(|(notice, _)| notice.news).collect()
    }

    /// The shares told by one tick, in percent, `late` ones marked.
    #[track_caller]
    pub(super) fn check(&mut self, now: &str, expected: &[&str]) {
        let told: Vec<String> = self.tick(now).iter().map(shown).collect();
        assert_eq!(told, expected, "at {now}");
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.alerts.iter().all(|alert| alert.state == AlertState::Quiet)
    }

    pub(super) fn standing(&self, now: &str, subject: &str) -> Standing {
        let standings = decide(&self.rules, &self.snapshot(at(now)), at(now)).standings;
        let found = standings.into_iter().find(|one| one.facts.subject.to_string() == subject);
        found.unwrap_or_else(|| panic!("{subject} has no standing"))
    }

    /// Lets people who hold state hear of ends.
    pub(super) fn tell_period_ends(&mut self) {
        let mut routes = Routes::clone(&self.rules.routes);
        for route in &mut routes.routes {
            route.send_period_end = true;
        }
        self.rules.routes = Arc::new(routes);
    }
}

pub(super) fn charge(workspace: &str, amount: Amount) -> Charge {
    Charge {
        workspace: workspace.into(),
        model: Some("claude-opus-5-5".into()),
        key: "apikey_1".into(),
        tier: "standard".into(),
        basis: Basis::Estimated,
        amount,
    }
}

fn hours_since(from: Timestamp, now: Timestamp) -> ((Report, Width), Coverage) {
    let read = Window::new(from, now).unwrap();
    ((Report::Usage, Width::Hour), Coverage { read, heard_at: now, refreshed_at: None })
}
