//! Partitions shared out fairly: when somebody joins, leaves or is gone without a word, at once and without back and forth.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use event_log::EventLog;
use read_store::{
    lease::{self, Term},
    worker::{self, Announcement},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use uuid::Uuid;

use crate::{
    fold::Chain,
    ground::{Draw, Ground, Member, SUBSCRIPTION, dealt, folded, memory, until},
};

const LEASE: Duration = Duration::from_secs(2);
/// What the issue allows: two lengths of a lease.
const SETTLE_MAX: Duration = Duration::from_secs(4);

#[tokio::test]
async fn shares_add_up_to_all_partitions_whoever_is_there() {
    let ground = Ground::new().await;
    let client = ground.client().await;
    let term = Term::Expires(Duration::from_mins(10));
    // Not a projector: it has no share and takes none away.
    worker::announce(&client, &Announcement::new(Uuid::from_u128(99), "parse"), term).await.unwrap();
    for partitions in [1_u16, 2, 3, 5, 8, 13, 64] {
        lease::register(&client, SUBSCRIPTION, partitions).await.unwrap();
        let mut before: Vec<u16> = Vec::new();
        for workers in 1..=9_u16 {
            let newest = Announcement::new(Uuid::from_u128(workers.into()), SUBSCRIPTION);
            worker::announce(&client, &newest, term).await.unwrap();
            let mut shares = Vec::new();
            for owner in 1..=workers {
                let share = lease::share(&client, SUBSCRIPTION, Uuid::from_u128(owner.into())).await.unwrap();
                shares.push(share.unwrap());
            }
            let (floor, ceil) = (partitions / workers, partitions.div_ceil(workers));
            assert!(shares.iter().all(|share| (floor..=ceil).contains(share)), "{shares:?} of {partitions}");
            assert_eq!(shares.iter().sum::<u16>(), partitions, "{shares:?}");
            let grown = before.iter().zip(&shares).any(|(before, now)| now > before);
            assert!(!grown, "a newcomer makes nobody's share larger: {before:?}, then {shares:?}");
            before = shares;
        }
        assert_eq!(lease::share(&client, SUBSCRIPTION, Uuid::from_u128(99)).await.unwrap(), None);
        client
            .batch_execute("delete from elite.worker where owner <> '00000000-0000-0000-0000-000000000063'")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_claim_takes_first_what_has_been_nobodys_for_longest() {
    let ground = Ground::new().await;
    let client = ground.client().await;
    lease::register(&client, SUBSCRIPTION, 4).await.unwrap();
    ground
        .run("update elite.subscription_partition set lease_until = clock_timestamp() - interval '1 hour' * (1 + partition)")
        .await;
    let (owner, term) = (Uuid::from_u128(1), Term::Expires(LEASE));
    for expected in [3, 2, 1, 0] {
        let claimed = lease::claim(&client, SUBSCRIPTION, owner, 1, term).await.unwrap();
        assert_eq!(claimed.iter().map(|lease| lease.partition).collect::<Vec<_>>(), [expected]);
    }
}

#[tokio::test]
async fn the_registry_tells_who_is_there_and_what_they_own() {
    let ground = Ground::new().await;
    let client = ground.client().await;
    let term = Term::Expires(Duration::from_mins(10));
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    lease::register(&client, SUBSCRIPTION, 3).await.unwrap();
    let told = Announcement {
        roles: vec!["parse".into(), SUBSCRIPTION.into()],
        host: "ada".into(),
        process_id: 7,
        ..Announcement::new(one, SUBSCRIPTION)
    };
    worker::announce(&client, &told, term).await.unwrap();
    lease::claim(&client, SUBSCRIPTION, one, 2, term).await.unwrap();
    worker::announce(&client, &Announcement::new(two, SUBSCRIPTION), term).await.unwrap();
    client
        .batch_execute("update elite.worker set alive_until = now() - interval '1 minute' where host = ''")
        .await
        .unwrap();

    let listed = worker::list(&client).await.unwrap();
    let said: Vec<(Uuid, bool, usize)> =
        listed.iter().map(|worker| (worker.owner, worker.alive, worker.partitions.len())).collect();
    assert_eq!(said, [(one, true, 2), (two, false, 0)]);
    assert_eq!((listed[0].host.as_str(), listed[0].process_id, listed[0].roles.len()), ("ada", 7, 2));

    // Back after a long silence it is the youngest; a row nobody heard of for hours goes.
    client
        .batch_execute("update elite.worker set alive_until = now() - interval '2 hours' where host = 'ada'")
        .await
        .unwrap();
    worker::announce(&client, &Announcement::new(two, SUBSCRIPTION), term).await.unwrap();
    assert_eq!(worker::list(&client).await.unwrap().len(), 1);
    let rows = client.query_one("select count(*) from elite.worker", &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 1);
    worker::leave(&client, two).await.unwrap();
    assert!(worker::list(&client).await.unwrap().is_empty());
}

/// Projectors at work, and somebody who watches that no partition is left alone.
struct Fleet {
    ground: Arc<Ground>,
    log: Arc<dyn EventLog>,
    fold: Arc<Chain>,
    members: Vec<Member>,
    started: u128,
    longest_alone: Arc<Mutex<Duration>>,
    _watching: AbortOnDropHandle<()>,
    _appending: AbortOnDropHandle<()>,
    quiet: CancellationToken,
}

impl Fleet {
    async fn new(partitions: u16) -> Self {
        let ground = Arc::new(Ground::new().await);
        let log = memory(partitions);
        let (longest_alone, quiet) = (Arc::default(), CancellationToken::new());
        let watching = tokio::spawn(watch(Arc::clone(&ground), Arc::clone(&longest_alone)));
        let appending = tokio::spawn(append(Arc::clone(&log), quiet.clone()));
        Self {
            ground,
            log,
            fold: Chain::new(),
            members: Vec::new(),
            started: 0,
            longest_alone,
            _watching: AbortOnDropHandle::new(watching),
            _appending: AbortOnDropHandle::new(appending),
            quiet,
        }
    }

    fn join(&mut self) {
        self.started += 1;
        let projector = self.ground.projector(&self.log, &self.fold, self.started, LEASE);
        self.members.push(Member::start(projector, self.started));
    }

    fn take(&mut self, draw: &mut Draw) -> Member {
        let chosen = draw.below(self.members.len().try_into().unwrap());
        self.members.remove(chosen.try_into().unwrap())
    }

    /// Waits until every member holds its share and nobody else holds anything; returns how long that took.
    async fn settled(&self, what: &str) -> Duration {
        until(what, || async {
            let partitions = self.ground.partitions().await;
            let mut held: HashMap<Uuid, usize> = HashMap::new();
            for owner in partitions.iter().filter_map(|state| state.owner) {
                *held.entry(owner).or_default() += 1;
            }
            let all = usize::from(self.log.creation().partitions);
            let (floor, ceil) = (all / self.members.len(), all.div_ceil(self.members.len()));
            let of = |member: &Member| held.get(&member.owner).copied().unwrap_or_default();
            let shares: Vec<usize> = self.members.iter().map(of).collect();
            shares.iter().all(|share| (floor..=ceil).contains(share)) && shares.iter().sum::<usize>() == all
        })
        .await
    }

    /// Nothing moves while nobody comes or goes.
    async fn assert_still(&self) {
        let epochs = |states: Vec<lease::PartitionState>| states.iter().map(|state| state.epoch).sum::<i64>();
        let before = epochs(self.ground.partitions().await);
        let begun = Instant::now();
        until("a lease length has passed", || async { begun.elapsed() >= LEASE }).await;
        assert_eq!(epochs(self.ground.partitions().await), before, "partitions move to and fro");
    }

    async fn finish(self) {
        self.quiet.cancel();
        folded(&self.ground, &*self.log).await;
        self.ground.assert_clean(&*self.log, "after all that").await;
        for member in self.members {
            member.leave().await;
        }
        let owned = self.ground.partitions().await.iter().filter(|state| state.owner.is_some()).count();
        assert_eq!(owned, 0, "whoever leaves gives everything back");
    }
}

/// Looks at every partition, from the moment it has an owner, and remembers how long one was without a live one.
async fn watch(ground: Arc<Ground>, longest: Arc<Mutex<Duration>>) {
    let mut look = tokio::time::interval(Duration::from_millis(20));
    let mut owned: BTreeMap<i32, Instant> = BTreeMap::new();
    loop {
        look.tick().await;
        let sql = "select partition, owner is not null and lease_until > clock_timestamp() from elite.subscription_partition";
        for row in ground.client().await.query(sql, &[]).await.unwrap() {
            let (partition, live): (i32, bool) = (row.get(0), row.get(1));
            if let Some(last) = owned.get(&partition) {
                let mut longest = longest.lock().unwrap();
                *longest = last.elapsed().max(*longest);
            }
            if live {
                owned.insert(partition, Instant::now());
            }
        }
    }
}

/// Adds a few events every few milliseconds.
async fn append(log: Arc<dyn EventLog>, quiet: CancellationToken) {
    let mut next = tokio::time::interval(Duration::from_millis(5));
    for round in 0_u128.. {
        next.tick().await;
        if quiet.is_cancelled() {
            return;
        }
        log.append(dealt(round * 10 + 1..=round * 10 + 10, 50)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_to_eight_workers_share_twelve_partitions_whoever_comes_and_goes() {
    let mut fleet = Fleet::new(12).await;
    let mut draw = Draw(3);
    let mut slowest = BTreeMap::new();
    let mut note = |what: &'static str, took: Duration| {
        assert!(took <= SETTLE_MAX, "{what}: settled after {took:?}");
        let slowest: &mut Duration = slowest.entry(what).or_default();
        *slowest = took.max(*slowest);
    };
    for _ in 1..=8 {
        fleet.join();
        note("join", fleet.settled("a newcomer has its share").await);
    }
    fleet.assert_still().await;
    let rounds = if servers::full() { 60 } else { 5 };
    for round in 0..rounds {
        match round % 4 {
            0 => {
                fleet.take(&mut draw).leave().await;
                note("leave", fleet.settled("what a leaver had is taken over").await);
            }
            1 => {
                fleet.take(&mut draw).crash();
                note("crash", fleet.settled("what a lost one had is taken over").await);
            }
            2 => {
                for _ in 0..=draw.below(3) {
                    fleet.take(&mut draw).crash();
                }
                note("crash of several", fleet.settled("what the lost ones had is taken over").await);
            }
            _ => {
                let newcomers = 8 - fleet.members.len();
                (0..newcomers).for_each(|_| fleet.join());
                note("join of several", fleet.settled("newcomers have their shares").await);
            }
        }
        if round % 5 == 4 {
            fleet.assert_still().await;
        }
    }
    // Down to one.
    while fleet.members.len() > 1 {
        fleet.take(&mut draw).leave().await;
        note("leave", fleet.settled("what a leaver had is taken over").await);
    }
    let alone = *fleet.longest_alone.lock().unwrap();
    assert!(alone <= SETTLE_MAX, "a partition had no owner for {alone:?}");
    println!("fair share, lease {LEASE:?}: slowest settling {slowest:?}, longest without an owner {alone:?}");
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_workers_than_partitions_leave_the_rest_idle_until_they_are_needed() {
    let mut fleet = Fleet::new(3).await;
    (0..5).for_each(|_| fleet.join());
    fleet.settled("three of five have one each").await;
    fleet.assert_still().await;
    for _ in 0..3 {
        // The ones that own something.
        let owners: Vec<Option<Uuid>> =
            fleet.ground.partitions().await.into_iter().map(|state| state.owner).collect();
        let owner = fleet.members.iter().position(|member| owners.contains(&Some(member.owner))).unwrap();
        fleet.members.remove(owner).leave().await;
        let took = fleet.settled("an idle one takes over").await;
        assert!(took <= SETTLE_MAX, "{took:?}");
    }
    fleet.finish().await;
}
