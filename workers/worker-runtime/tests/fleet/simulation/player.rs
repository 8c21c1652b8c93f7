//! One history: what is done next is drawn from the seed, and after everything that is done the books must balance.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use event_log::EventLog;
use read_store::{Client, SessionLimits, dead_letter};
use tokio_util::sync::CancellationToken;
use worker_runtime::{Decision, Projector, WorkError};

use super::{
    Played,
    faulty::Faulty,
    wire::{Break, Wire},
};
use crate::{
    fold::{Chain, Fault, replayed},
    ground::{Draw, Ground, SUBSCRIPTION, event, projector},
};

const PARTITIONS: u16 = 5;
const WORKERS_MAX: usize = 4;
/// So long that the server's own clock decides nothing; time passes by setting back what was written with it.
const LEASE: Duration = Duration::from_hours(5);

type Stepped = (Projector<Chain>, Result<usize, WorkError>);

/// A projector, at rest or frozen in the middle of a step.
enum State {
    Resting(Box<Projector<Chain>>),
    Frozen(Pin<Box<dyn Future<Output = Stepped>>>),
    /// Only while it is stepped.
    Away,
}

struct Worker {
    owner: u128,
    wire: Wire,
    fold: Arc<Chain>,
    state: State,
}

/// The history so far.
pub(super) struct Player<'a> {
    ground: &'a Ground,
    control: Client,
    log: Arc<Faulty>,
    faults: Arc<Mutex<HashMap<u128, Fault>>>,
    draw: Draw,
    workers: Vec<Worker>,
    owners: u128,
    events: u128,
    played: Played,
}

impl<'a> Player<'a> {
    pub(super) async fn new(ground: &'a Ground, seed: u64) -> Self {
        let tables =
            "truncate elite.hash_chain, elite.subscription_partition, elite.dead_letter, elite.worker";
        let control = ground.client().await;
        control.batch_execute(tables).await.unwrap();
        Self {
            ground,
            control,
            log: Faulty::new(PARTITIONS, seed ^ 0x5EED),
            faults: Arc::default(),
            draw: Draw(seed),
            workers: Vec::new(),
            owners: 0,
            events: 0,
            played: Played::default(),
        }
    }

    fn note(&mut self, what: &'static str, more: &str) {
        *self.played.told.entry(what).or_default() += 1;
        self.played.trace.push(format!("{what} {more}"));
    }

    fn index(&mut self) -> Option<usize> {
        let workers = u64::try_from(self.workers.len()).unwrap();
        (workers > 0).then(|| usize::try_from(self.draw.below(workers)).unwrap())
    }

    /// Does the next thing, whatever it is.
    pub(super) async fn act(&mut self) {
        match self.draw.below(30) {
            0..=2 if self.workers.len() < WORKERS_MAX => self.start().await,
            3 => self.crash(),
            4 => self.leave().await,
            5..=8 => self.append().await,
            9 | 10 => self.pass("expiry", LEASE + Duration::from_mins(1)).await,
            11..=13 => self.pass("upkeep", LEASE / 4).await,
            14 => self.redrive().await,
            15..=17 => self.freeze(),
            18 | 19 => self.zombie().await,
            _ => self.step().await,
        }
        self.settle().await;
        self.balance().await;
    }

    async fn start(&mut self) {
        self.owners += 1;
        let (owner, wire, fold) = (self.owners, Wire::new().await, Chain::sharing(&self.faults));
        let store = wire.store(self.ground, SessionLimits::below(LEASE));
        let log = Arc::clone(&self.log) as Arc<dyn EventLog>;
        let state = State::Resting(Box::new(projector(store, &log, &fold, owner, LEASE)));
        self.workers.push(Worker { owner, wire, fold, state });
        self.note("start", &owner.to_string());
    }

    /// Ends a worker where it is, which may be the middle of a step.
    fn crash(&mut self) {
        let Some(at) = self.index() else { return };
        let worker = self.workers.remove(at);
        self.played.cuts += worker.wire.cuts();
        self.note("crash", &worker.owner.to_string());
    }

    async fn leave(&mut self) {
        let Some(at) = self.index() else { return };
        if matches!(self.workers[at].state, State::Frozen(_)) {
            return;
        }
        let worker = self.workers.remove(at);
        worker.wire.disarm();
        self.played.cuts += worker.wire.cuts();
        if let State::Resting(projector) = worker.state {
            let stop = CancellationToken::new();
            stop.cancel();
            projector.run(stop).await;
        }
        self.note("leave", &worker.owner.to_string());
    }

    /// A few events; one in twenty cannot be folded until the end. An append that fails is repeated, as producers do.
    async fn append(&mut self) {
        let mut events = Vec::new();
        for _ in 0..=self.draw.below(12) {
            self.events += 1;
            if self.draw.below(20) == 0 {
                let fault = [Fault::Unreadable, Fault::Unwritable, Fault::PanicWhenApplied, Fault::PanicOnce];
                let fault = fault[usize::try_from(self.draw.below(4)).unwrap()];
                self.faults.lock().unwrap().insert(self.events, fault);
            }
            events.push(event(self.events, &format!("key-{}", self.draw.below(12))));
        }
        while self.log.append(events.clone()).await.is_err() {
            self.note("append again", "");
        }
        self.note("append", &format!("{} up to {}", events.len(), self.events));
    }

    /// Lets time pass, here and on the server.
    async fn pass(&mut self, what: &'static str, time: Duration) {
        let back = format!("- interval '{} seconds'", time.as_secs());
        let sql = format!(
            "update elite.subscription_partition set lease_until = lease_until {back} where isfinite(lease_until);
             update elite.worker set alive_until = alive_until {back}"
        );
        self.control.batch_execute(&sql).await.unwrap();
        tokio::time::advance(time).await;
        self.note(what, "");
    }

    async fn redrive(&mut self) {
        let letters = dead_letter::list(&self.control).await.unwrap();
        let Some(letter) = letters.first() else { return };
        // It may be healed by then, or not.
        if self.draw.below(2) == 0 {
            self.faults.lock().unwrap().remove(&letter.event_id.as_u128());
        }
        dead_letter::request_redrive(&self.control, SUBSCRIPTION, &letter.key).await.unwrap();
        self.note("redrive", &letter.key);
    }

    /// The next step of a worker stops in the middle.
    fn freeze(&mut self) {
        let Some(at) = self.index() else { return };
        if matches!(self.workers[at].state, State::Resting(_)) {
            self.workers[at].fold.preparing.close();
        }
    }

    /// Somebody frozen comes back after its lease ran out and another had its turn.
    async fn zombie(&mut self) {
        let frozen = |worker: &Worker| matches!(worker.state, State::Frozen(_));
        let Some(zombie) = self.workers.iter().position(frozen) else { return };
        let Some(other) = self.workers.iter().position(|worker| !frozen(worker)) else { return };
        self.pass("expiry", LEASE + Duration::from_mins(1)).await;
        self.step_of(other).await;
        self.settle().await;
        self.step_of(zombie).await;
    }

    async fn step(&mut self) {
        let Some(mut at) = self.index() else { return };
        // The frozen stay so for a while.
        if matches!(self.workers[at].state, State::Frozen(_)) && self.draw.below(3) > 0 {
            at = (at + 1) % self.workers.len();
        }
        self.step_of(at).await;
    }

    /// A step of one worker, or what is left of it; the connection may break at any request of it.
    async fn step_of(&mut self, at: usize) {
        let breaks = self.draw.below(3);
        let (requests, way) =
            (1 + self.draw.below(30), [Break::Before, Break::After][usize::from(breaks == 1)]);
        let worker = &mut self.workers[at];
        if breaks < 2 {
            worker.wire.arm(requests, way);
        }
        let mut stepping = match std::mem::replace(&mut worker.state, State::Away) {
            State::Resting(mut projector) => Box::pin(async move {
                let stepped = projector.step().await;
                (*projector, stepped)
            }),
            State::Frozen(stepping) => {
                worker.fold.preparing.open();
                stepping
            }
            State::Away => unreachable!("workers are stepped one at a time"),
        };
        let stepped = tokio::select! {
            biased;
            stepped = &mut stepping => Some(stepped),
            () = worker.fold.preparing.entered() => None,
        };
        let owner = worker.owner;
        let Some((projector, stepped)) = stepped else {
            worker.state = State::Frozen(stepping);
            return self.note("freeze", &owner.to_string());
        };
        worker.state = State::Resting(Box::new(projector));
        match stepped {
            Ok(events) => self.note("step", &format!("{owner} took {events}")),
            Err(error) => {
                assert_eq!(error.decision, Decision::Retry, "{error}");
                let fenced = error.reason.contains("another process owns");
                self.note(if fenced { "fenced" } else { "failed" }, &owner.to_string());
            }
        }
    }

    /// Waits until the server has dealt with whatever broke off.
    async fn settle(&mut self) {
        let busy = "select count(*) from pg_stat_activity where datname = current_database()
                    and pid <> pg_backend_pid() and backend_type = 'client backend' and state is distinct from 'idle'";
        while self.control.query_one(busy, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Every position is an event that was folded once or is parked, and everybody's state goes into the trace.
    async fn balance(&mut self) {
        let sql = "select coalesce((select sum(position)::int8 from elite.subscription_partition), 0),
                          coalesce((select sum(events)::int8 from elite.hash_chain), 0),
                          (select count(*) from elite.dead_letter)";
        let row = self.control.query_one(sql, &[]).await.unwrap();
        let (passed, folded, parked): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(passed, folded + parked, "seed's trace: {:#?}", self.played.trace);
        let mut line = format!("  {folded} folded, {parked} parked;");
        for state in read_store::lease::list(&self.control).await.unwrap() {
            let owner = state.owner.map_or(0, |owner| owner.as_u128());
            write!(line, " {}:{}/{}@{}", state.partition, owner, state.epoch, state.position).unwrap();
        }
        self.played.trace.push(line);
    }

    /// Everything is well again; what is left is folded, what was parked is redriven, and a clean replay says the same.
    pub(super) async fn finish(mut self) -> Played {
        while !self.workers.is_empty() {
            self.crash();
        }
        self.settle().await;
        let parked = dead_letter::list(&self.control).await.unwrap().len();
        self.log.heal();
        self.faults.lock().unwrap().clear();
        self.pass("expiry", LEASE * 2).await;
        self.start().await;
        let mut last = self.workers.remove(0);
        let State::Resting(projector) = &mut last.state else { unreachable!("it was just started") };
        projector.catch_up().await.unwrap();
        for letter in dead_letter::list(&self.control).await.unwrap() {
            *self.played.told.entry("parked").or_default() += 1;
            dead_letter::request_redrive(&self.control, SUBSCRIPTION, &letter.key).await.unwrap();
        }
        self.pass("upkeep", LEASE / 4).await;
        projector.catch_up().await.unwrap();
        self.ground.assert_clean(&*self.log, &format!("{:#?}", self.played.trace)).await;
        self.played.events = usize::try_from(self.events).unwrap();
        let chains: BTreeMap<_, _> = replayed(&*self.log).await;
        self.played.trace.push(format!("{parked} were parked; {chains:?}"));
        self.played
    }
}
