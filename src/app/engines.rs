//! Who is judged: every organization by its own readings, every company by its members.

use std::sync::Arc;

use usagewarden_core::rule::Rule;
use usagewarden_core::subject::OrganizationName;

use super::start::Parts;
use super::{publish, translate};
use crate::config::Company;
use crate::engine::{self, Engine, Publish};
use crate::schedule::Bell;
use crate::supervisor::Supervisor;

impl Parts {
    pub(super) fn start_engines(&self, supervisor: &Supervisor) {
        let rules: Arc<[Rule]> = self.config.rules.clone().into();
        let routes = translate::routes(&self.config);
        let actions = translate::actions(&self.config);
        for organization in &self.config.organizations {
            let name = &organization.name;
            let settings = engine::Settings {
                organization: name.clone(),
                source: engine::Source::Readings {
                    paces: translate::paces(organization, &self.config, &self.ledgers[name]),
                    ledger: self.ledgers[name].clone(),
                },
                rules: translate::rules(organization, &self.config, &rules, &routes, &actions),
            };
            self.start_engine(supervisor, settings, self.told_to_companies(name));
        }
        for company in &self.config.companies {
            let settings = engine::Settings {
                organization: company.name.clone(),
                source: self.members(company),
                rules: translate::rules_of_company(company, &rules, &routes),
            };
            self.start_engine(supervisor, settings, self.ticks.noting(self.front.publisher()));
        }
    }

    fn start_engine(&self, supervisor: &Supervisor, settings: engine::Settings, publish: Publish) {
        let name = settings.organization.clone();
        let board = self.board.clone();
        let wiring = engine::Wiring {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            readings_grew: Arc::clone(&self.readings[&name]),
            outbox_grew: Arc::clone(&self.outbox),
            actions_grew: Arc::clone(&self.actions),
            publish,
            polls: Arc::new(move |name| publish::polling(&board, name)),
            metrics: self.counted.engine.clone(),
        };
        let engine = Engine::new(settings, self.fences[&name].clone(), wiring);
        supervisor.start("engine", |stop| engine.run(stop));
    }

    /// Publishes, and rings for the companies that the organization belongs to.
    fn told_to_companies(&self, name: &OrganizationName) -> Publish {
        let publish = self.ticks.noting(self.front.publisher());
        let companies = self.config.companies.iter();
        let own = companies.filter(|company| company.organizations.contains(name));
        let bells: Vec<Bell> =
            own.map(|company| Arc::clone(&self.readings[&company.name])).collect();
        Arc::new(move |judged| {
            publish(judged);
            bells.iter().for_each(|bell| bell.notify_one());
        })
    }

    fn members(&self, company: &Company) -> engine::Source {
        let views = Arc::clone(&self.front.views);
        engine::Source::Members {
            names: company.organizations.clone(),
            latest: Arc::new(move |name| views.get(name)),
        }
    }
}
