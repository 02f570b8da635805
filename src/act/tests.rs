//! Orders in a real store, carried out against a fake of the API.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::SignedDuration;
use prometheus::Registry;
use usagewarden_core::action::course::{Change, Sight};
use usagewarden_core::action::{ActionId, ActionState, Before, Order, Stage, Target};
use usagewarden_core::amount::Amount;
use usagewarden_core::decide::Plan;
use usagewarden_core::ledger::LedgerSettings;
use usagewarden_core::price::PriceTable;
use usagewarden_core::reading::{Findings, Reading, Report};
use usagewarden_core::roster::{ApiKey, Profile, SpendLimit, SpendLimitScope};
use usagewarden_core::rule::Severity;
use usagewarden_core::subject::{ApiKeyId, ChannelName, Subject};
use usagewarden_core::window::Width;

use super::api::Trouble;
use super::*;
use crate::clock::{Clock, ManualClock};
use crate::journal::{Line, Stage as Written};
use crate::store::SqliteStore;

mod doing;
mod killing;
mod together;
mod undoing;

/// What the next question meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Refused,
    Failed,
    /// It would be the same for everybody.
    Unreachable,
    /// It is done, and the answer is lost.
    Lost,
}

/// An organization as its API has it.
#[derive(Debug)]
struct World {
    keys: Mutex<BTreeMap<ApiKeyId, ApiKey>>,
    caps: Mutex<Vec<SpendLimit>>,
    /// For looks and changes, in their order; nothing more once it is empty.
    script: Mutex<VecDeque<Fault>>,
    /// Everything that was asked for.
    asked: Mutex<Vec<String>>,
    /// How often something really changed.
    moves: Mutex<usize>,
    /// Looks wait for it, where there is one.
    gate: Mutex<Option<Arc<Notify>>>,
    /// The organization that the key that may write belongs to.
    owner: Mutex<String>,
}

fn key(id: &str, workspace: &str) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: format!("the {id}"),
        status: "active".to_owned(),
        workspace: Some(workspace.into()),
        hint: None,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        created_by: None,
    }
}

impl World {
    fn new() -> Arc<Self> {
        let keys = [key("apikey_1", "wrkspc_1"), key("apikey_2", "wrkspc_1")];
        let keys = keys.into_iter().chain([key("apikey_3", "wrkspc_2")]);
        let cap = SpendLimit {
            id: "spl_1".to_owned(),
            scope: SpendLimitScope::Workspace("wrkspc_1".into()),
            amount: Some(dollars("80")),
            period: "monthly".to_owned(),
            enabled: true,
        };
        Arc::new(Self {
            keys: Mutex::new(keys.map(|key| (key.id.clone(), key)).collect()),
            caps: Mutex::new(vec![cap]),
            script: Mutex::default(),
            asked: Mutex::default(),
            moves: Mutex::default(),
            gate: Mutex::default(),
            owner: Mutex::new("org_acme".to_owned()),
        })
    }

    fn script(&self, faults: &[Fault]) {
        self.script.lock().unwrap().extend(faults);
    }

    fn change_key(&self, id: &str, change: impl FnOnce(&mut ApiKey)) {
        change(self.keys.lock().unwrap().get_mut(&id.into()).unwrap());
    }

    /// The keys that do not work, by id.
    fn off(&self) -> Vec<String> {
        let keys = self.keys.lock().unwrap();
        let off = keys.values().filter(|key| key.status != "active");
        off.map(|key| key.id.to_string()).collect()
    }

    fn cap(&self) -> String {
        self.caps.lock().unwrap()[0].amount.unwrap().to_string()
    }

    /// What was asked for since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn meets(&self, what: String) -> Result<Fault, Trouble> {
        self.asked.lock().unwrap().push(what);
        let fault = self.script.lock().unwrap().pop_front().unwrap_or(Fault::None);
        let failed = |everywhere| Trouble::Failed {
            said: "HTTP 503".to_owned(),
            hint: None,
            doubtful: false,
            everywhere,
        };
        match fault {
            Fault::None | Fault::Lost => Ok(fault),
            Fault::Refused => Err(Trouble::refused("HTTP 403: the key may not write")),
            Fault::Failed => Err(failed(false)),
            Fault::Unreachable => Err(failed(true)),
        }
    }

    fn apply(&self, change: &Change) {
        let mut moved = false;
        match change {
            Change::DisableKey { id } => self.change_key(id.as_str(), |key| {
                moved = std::mem::replace(&mut key.status, "inactive".to_owned()) != "inactive";
            }),
            Change::EnableKey { id } => self.change_key(id.as_str(), |key| {
                moved = std::mem::replace(&mut key.status, "active".to_owned()) != "active";
            }),
            Change::SetSpendLimit { amount, .. } => {
                moved = self.caps.lock().unwrap()[0].amount.replace(*amount) != Some(*amount);
            }
            other @ (Change::RemoveSpendLimit { .. }
            | Change::SetRateLimit { .. }
            | Change::Call { .. }) => panic!("nobody ordered {other:?}"),
        }
        *self.moves.lock().unwrap() += usize::from(moved);
    }
}

fn profile(id: &str) -> Profile {
    Profile {
        id: id.to_owned(),
        name: id.to_uppercase(),
        plan: None,
        created_at: None,
        features: Vec::new(),
        requests_per_minute: None,
        tokens_per_minute: None,
    }
}

#[async_trait]
impl Api for World {
    async fn owner(&self) -> Result<Profile, Trouble> {
        Ok(profile(&self.owner.lock().unwrap()))
    }

    async fn look(&self, target: &Target) -> Result<Sight, Trouble> {
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.notified().await;
        }
        self.meets(format!("look {}", target.named()))?;
        Ok(match target {
            Target::Key { id, .. } => Sight::Key(self.keys.lock().unwrap().get(id).cloned()),
            // An API of the guides, which has no workspaces, shows no limits.
            Target::SpendLimit { workspace: None, .. } => Sight::Blind,
            Target::SpendLimit { .. } => Sight::SpendLimits(self.caps.lock().unwrap().clone()),
            Target::RateLimit { .. } | Target::Webhook { .. } => Sight::Blind,
        })
    }

    /// A process can die before the change and after it.
    async fn make(&self, change: &Change) -> Result<(), Trouble> {
        let fault = self.meets(format!("{change:?}").split(' ').next().unwrap().to_owned())?;
        tokio::task::yield_now().await;
        self.apply(change);
        tokio::task::yield_now().await;
        if fault == Fault::Lost {
            let (said, hint) = ("no answer came".to_owned(), None);
            return Err(Trouble::Failed { said, hint, doubtful: true, everywhere: true });
        }
        Ok(())
    }
}

/// A program that is called, and remembers by whom.
#[derive(Debug, Default)]
struct Called(Mutex<Vec<String>>);

#[async_trait]
impl Call for Called {
    async fn call(&self, order: &Order, channel: &ChannelName) -> Result<(), Trouble> {
        tokio::task::yield_now().await;
        self.0.lock().unwrap().push(format!("{channel} {}", order.id.0));
        tokio::task::yield_now().await;
        Ok(())
    }
}

fn dollars(text: &str) -> Amount {
    Amount::from_dollars(text.parse().unwrap())
}

fn key_of(id: &str, workspace: &str) -> Target {
    Target::Key {
        id: id.into(),
        name: format!("the {id}"),
        workspace: workspace.into(),
        workspace_name: workspace.to_owned(),
    }
}

fn cap() -> Target {
    let workspace_name = Some("ingest".to_owned());
    Target::SpendLimit { workspace: Some("wrkspc_1".into()), workspace_name, to: dollars("50") }
}

/// Of the whole organization, on an API that does not show it.
fn blind_cap(to: &str) -> Target {
    Target::SpendLimit { workspace: None, workspace_name: None, to: dollars(to) }
}

/// A store, a journal, and `acme` with its keys.
struct Rig {
    directory: tempfile::TempDir,
    store: Arc<SqliteStore>,
    clock: Arc<ManualClock>,
    world: Arc<World>,
    called: Arc<Called>,
    registry: Registry,
    allowed: bool,
    wiring: Wiring,
    judge: Arc<Notify>,
}

impl Rig {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&directory.path().join("usagewarden.db")).unwrap());
        let clock = Arc::new(ManualClock::at("2026-11-22T10:00:00Z".parse().unwrap()));
        let (called, registry) = (Arc::new(Called::default()), Registry::new());
        let pairs = [("acme".into(), "stop".into())];
        let wiring = Wiring {
            store: store.clone(),
            clock: clock.clone(),
            journal: Journal::at(directory.path().join("journal.jsonl")),
            actions_moved: Arc::default(),
            call: called.clone(),
            metrics: ActMetrics::register(&registry, &pairs).unwrap(),
        };
        let (world, judge) = (World::new(), Arc::default());
        Self { directory, store, clock, world, called, registry, allowed: true, wiring, judge }
    }

    async fn order(&self, organization: &str, id: &str, targets: Vec<Target>) {
        let order = Order {
            id: ActionId(id.to_owned()),
            organization: organization.into(),
            action: "stop".into(),
            rule: "month".into(),
            subject: Subject::ORGANIZATION,
            step: "1".parse().unwrap(),
            period_from: None,
            decided_at: self.clock.now(),
            dry_run: false,
            severity: Severity::Critical,
            does: "stop it".to_owned(),
            nothing: None,
            targets,
        };
        let fence = self.store.acquire(&organization.into()).await.unwrap();
        self.store
            .commit_plan(&fence, Plan { orders: vec![order], ..Plan::default() })
            .await
            .unwrap();
    }

    /// The organization that is watched says who it is.
    async fn pin(&self) {
        let fence = self.store.acquire(&"acme".into()).await.unwrap();
        let prices = PriceTable {
            dated: jiff::civil::date(2026, 11, 1),
            batch: 1.into(),
            geo: [].into(),
            web_search: 0.into(),
            price: Vec::new(),
        };
        let settings = LedgerSettings {
            calendars: Vec::new(),
            rolling: Vec::new(),
            windows: Vec::new(),
            prices: Arc::new(prices),
            finest: Width::Minute,
        };
        let reading = Reading {
            organization: "acme".into(),
            report: Report::Company,
            heard_at: self.clock.now(),
            findings: Findings::Profile(profile("org_acme")),
        };
        self.store.commit_reading(&fence, &settings, reading).await.unwrap();
    }

    fn organization(&self, name: &str, world: &Arc<World>) -> Organization {
        let (api, judge) = (world.clone(), self.judge.clone());
        Organization { name: name.into(), api, allowed: self.allowed, judge }
    }

    fn actor(&self) -> Actor {
        Actor::new(self.wiring.clone(), vec![self.organization("acme", &self.world)])
    }

    /// Everything that is due, once.
    async fn pass(&self) {
        let mut actor = self.actor();
        actor.pass().await;
        actor.finish().await;
        self.wiring.metrics.count(&*self.store).await.unwrap();
    }

    /// Everything there is, however often it must be tried.
    async fn drain(&self) {
        for _ in 0..2_000 {
            let Some(due) = self.store.next_action_due().await.unwrap() else { return };
            self.clock.set(due.max(self.clock.now()));
            self.pass().await;
        }
        panic!("there is no end to it");
    }

    fn later(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    async fn record(&self, id: &str) -> ActionRecord {
        self.store.action(ActionId(id.to_owned())).await.unwrap().unwrap()
    }

    async fn undo(&self, id: &str) {
        let now = self.clock.now();
        self.store.undo_action(ActionId(id.to_owned()), now).await.unwrap().unwrap();
    }

    fn journal(&self) -> Vec<Line> {
        let text = std::fs::read_to_string(self.directory.path().join("journal.jsonl"));
        let text = text.unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn written(&self) -> Vec<Written> {
        self.journal().iter().map(|line| line.stage).collect()
    }

    fn journal_in_the_way(&mut self) -> PathBuf {
        let file = self.directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        self.wiring.journal = Journal::at(file.join("journal.jsonl"));
        file
    }

    /// The series of one state or outcome of `acme`.
    fn metric(&self, name: &str, label: &str) -> String {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        let has = |metric: &&prometheus::proto::Metric| {
            metric.get_label().iter().any(|pair| pair.value() == label)
        };
        let metric = family.get_metric().iter().find(has).unwrap();
        (metric.get_gauge().get_value() + metric.get_counter().get_value()).to_string()
    }
}
