//! Rotations that are interrupted, before and after every single step, and gone on with.
//!
//! The outside is a world in memory: keys, whoever takes the secret, services that use it, and
//! the file the rotation is kept in. An interruption is as hard as `kill -9`: the step it
//! strikes never returns, and everything that was in memory is gone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::pending;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use usagewarden_core::roster::ApiKey;

use super::*;
use crate::cli::keys::find::tests::sample;
use crate::cli::keys::rotate::state::End;
use crate::cli::keys::secret::Handing;

/// Of one world: what differs between them.
#[derive(Clone, Copy, Debug)]
struct Lot {
    /// The secret goes to a file that can be looked at, else to a command.
    to_file: bool,
    /// The answer to the first request for a key is lost; the key is made.
    loses_answer: bool,
    /// The first hand-over fails.
    fails_handing: bool,
    /// Services take up the new secret while nobody is at the rotation.
    takes_up_early: bool,
}

struct World {
    lot: Lot,
    now: Timestamp,
    keys: Vec<ApiKey>,
    /// What the file of the secret holds, and how often it was written.
    taken: Option<String>,
    taken_times: u32,
    /// The key that services use.
    in_use: ApiKeyId,
    kept: Option<Rotation>,
    /// Steps begun and ended in this run; it is struck where they are as many.
    steps: usize,
    struck_at: Option<usize>,
    asked: u32,
    handed: u32,
    is_over: bool,
}

struct Fake<'a>(&'a RefCell<World>);

impl Fake<'_> {
    /// Does something, and is perhaps struck before or after.
    async fn step<T>(&self, does: impl FnOnce(&mut World) -> T) -> T {
        self.mark().await;
        let done = does(&mut self.0.borrow_mut());
        self.mark().await;
        done
    }

    async fn mark(&self) {
        let is_struck = {
            let mut world = self.0.borrow_mut();
            world.steps += 1;
            world.struck_at == Some(world.steps)
        };
        if is_struck {
            pending::<()>().await;
        }
    }
}

impl World {
    fn new(lot: Lot) -> Self {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let old = ApiKey { last_used_at: Some(now), ..sample("old", "ci", "active") };
        Self {
            lot,
            now,
            keys: vec![old],
            taken: None,
            taken_times: 0,
            in_use: "old".into(),
            kept: None,
            steps: 0,
            struck_at: None,
            asked: 0,
            handed: 0,
            is_over: false,
        }
    }

    fn key(&mut self, id: &ApiKeyId) -> Option<&mut ApiKey> {
        self.keys.iter_mut().find(|key| key.id == *id)
    }

    /// Services do their work, with the secret they were given last.
    fn work(&mut self) {
        if let Some(secret) = &self.taken {
            self.in_use = secret.trim_start_matches("secret of ").into();
        }
        let (now, id) = (self.now, self.in_use.clone());
        let key = self.key(&id).unwrap_or_else(|| panic!("{id} is in use, and was cut"));
        key.last_used_at = Some(now);
    }

    fn make(&mut self, making: &Making) -> Answer {
        self.asked += 1;
        let id = format!("new_{}", self.asked);
        let made = ApiKey { created_at: Some(self.now), ..sample(&id, &making.name, "active") };
        self.keys.push(made);
        let secret = format!("secret of {id}").into();
        let key = NewKey { id: id.as_str().into(), name: making.name.clone(), secret };
        match self.lot.loses_answer && self.asked == 1 {
            true => Answer::Doubtful,
            false => Answer::Made(key),
        }
    }

    fn take(&mut self, key: &NewKey) -> Result<(), Exit> {
        use secrecy::ExposeSecret;
        self.handed += 1;
        if self.lot.fails_handing && self.handed == 1 {
            return Err(Exit::No);
        }
        assert!(!self.lot.to_file || self.taken.is_none(), "a file is never overwritten");
        self.taken = Some(key.secret.expose_secret().to_owned());
        self.taken_times += 1;
        Ok(())
    }
}

impl Outside for Fake<'_> {
    async fn look(&mut self) -> Result<Sight, Exit> {
        self.step(|world| Ok(Sight::told(world.keys.clone(), world.now))).await
    }

    async fn make(&mut self, making: &Making) -> Result<Answer, Exit> {
        self.step(|world| Ok(world.make(making))).await
    }

    async fn hand_over(&mut self, _making: &Making, key: &NewKey) -> Result<(), Exit> {
        self.step(|world| world.take(key)).await
    }

    async fn is_delivered(&mut self, _making: &Making) -> bool {
        let world = self.0.borrow();
        world.lot.to_file && world.taken.is_some()
    }

    async fn clear(&mut self, key: &ApiKeyId) -> Result<(), Exit> {
        self.step(|world| {
            assert_ne!(world.in_use, *key, "a key in use was taken for a lost one");
            world.keys.retain(|one| one.id != *key);
            Ok(())
        })
        .await
    }

    async fn cut(&mut self, rotation: &Rotation, _new: &Named) -> Result<(), Exit> {
        self.step(|world| {
            assert_ne!(world.in_use, rotation.old.id, "the old key was cut while in use");
            world.keys.retain(|one| one.id != rotation.old.id);
            Ok(())
        })
        .await
    }

    async fn keep(&mut self, rotation: &Rotation) -> Result<(), Exit> {
        self.step(|world| {
            world.kept = Some(rotation.clone());
            Ok(())
        })
        .await
    }

    async fn forget(&mut self, _rotation: &Rotation) -> Result<(), Exit> {
        self.step(|world| {
            (world.kept, world.is_over) = (None, true);
            Ok(())
        })
        .await
    }

    async fn pause(&mut self) -> bool {
        self.step(|world| {
            world.now += SignedDuration::from_hours(7);
            let most: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
            assert!(world.now < most, "it waits for what never comes");
            world.work();
        })
        .await;
        true
    }

    fn tell(&mut self, _event: &Event<'_>) {}
}

fn planned(lot: Lot) -> Rotation {
    let handing = match lot.to_file {
        true => Handing::File("/run/ci.key".into()),
        false => Handing::Command(vec!["vault".to_owned()]),
    };
    let making = Making { name: "ci-2".to_owned(), scopes: Vec::new(), handing };
    Rotation {
        organization: "acme".into(),
        old: Named { id: "old".into(), name: "ci".to_owned() },
        end: End::Revoke,
        begun_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        making: Some(making),
        stage: Stage::Planned,
    }
}

/// One run of the command, until it ends or is struck. `None`: it was struck.
fn run(world: &RefCell<World>, struck_at: Option<usize>) -> Option<Result<(), Exit>> {
    let kept = {
        let mut world = world.borrow_mut();
        (world.steps, world.struck_at) = (0, struck_at);
        world.kept.clone().unwrap_or_else(|| planned(world.lot))
    };
    let terms = Terms { idle: SignedDuration::from_hours(24), force: false };
    let patience = Patience::ToTheEnd;
    let mut outside = Fake(world);
    async {
        outside.keep(&kept).await?;
        Course { rotation: kept, terms, patience, outside: &mut outside }.run().await
    }
    .now_or_never()
}

/// Runs it to its end, struck in each run where `strikes` says, and looks at what is left.
fn check(lot: Lot, strikes: &[usize]) -> usize {
    let world = RefCell::new(World::new(lot));
    let mut strikes_left = strikes.iter().copied();
    let mut runs = 0;
    while !world.borrow().is_over {
        runs += 1;
        assert!(runs < 12, "{lot:?}, struck at {strikes:?}: it never ends");
        let ended = run(&world, strikes_left.next());
        let mut world = world.borrow_mut();
        if ended.is_none() && lot.takes_up_early {
            world.now += SignedDuration::from_mins(5);
            world.work();
        }
    }
    let mut world = world.into_inner();
    world.work();
    let left: BTreeMap<&str, &str> =
        world.keys.iter().map(|key| (key.id.as_str(), key.name.as_str())).collect();
    let taken = world.taken.as_deref().unwrap().trim_start_matches("secret of ");
    let expected = BTreeMap::from([(taken, "ci-2")]);
    assert_eq!(left, expected, "{lot:?}, struck at {strikes:?}");
    assert!(!lot.to_file || world.taken_times == 1, "{lot:?}, struck at {strikes:?}");
    world.steps
}

fn lots() -> Vec<Lot> {
    let both = [false, true];
    let mut lots = Vec::new();
    for to_file in both {
        for loses_answer in both {
            for fails_handing in both {
                for takes_up_early in both {
                    lots.push(Lot { to_file, loses_answer, fails_handing, takes_up_early });
                }
            }
        }
    }
    lots
}

#[test]
fn a_rotation_that_nothing_disturbs_replaces_one_key_by_one() {
    for lot in lots() {
        check(lot, &[]);
    }
}

#[test]
fn interrupted_at_every_step_it_ends_with_one_key_handed_over_and_the_old_one_cut() {
    for lot in lots() {
        for first in 1..60 {
            check(lot, &[first]);
        }
    }
}

#[test]
fn interrupted_twice_at_any_two_steps_it_ends_the_same() {
    for lot in lots() {
        for first in 1..45 {
            for second in 1..45 {
                check(lot, &[first, second]);
            }
        }
    }
}
