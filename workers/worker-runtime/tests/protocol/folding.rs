//! Folding once and in order: restarts, owners that lost their partitions, repeats, keys nobody thought of.

use std::{collections::HashMap, sync::Arc};

use event_log::EventLog;
use read_store::{checkpoint, lease, lease::Term};
use uuid::Uuid;

use crate::{
    chain::Chain,
    log::{Broker, memory},
    support::{Database, SUBSCRIPTION, dealt, event, projector, reference},
};

const KEYS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

#[tokio::test]
async fn every_event_is_folded_once_and_in_order() {
    let database = Database::start().await;
    a_restart_goes_on_at_the_checkpoint(&database).await;
    a_stale_owner_changes_nothing_and_drops_its_lease(&database).await;
    one_lost_partition_does_not_keep_the_others(&database).await;
    a_claim_whose_answer_was_lost_is_made_again(&database).await;
    others_keep_what_they_hold(&database).await;
    a_repeat_within_the_window_changes_nothing(&database).await;
    a_key_that_postgresql_cannot_hold_stops_nobody(&database).await;
    database.server.stop().await;
}

async fn a_restart_goes_on_at_the_checkpoint(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(4), Arc::new(Chain::default()));
    for (owner, batch) in [(1, 1), (2, 3), (3, 500)] {
        let first = owner * 1_000;
        log.append(dealt(first..=first + 99, &KEYS)).await.unwrap();
        let mut projector = projector(database.store(), &log, &fold, owner, batch);
        assert_eq!(projector.catch_up().await.unwrap(), 100);
        assert_eq!(projector.catch_up().await.unwrap(), 0);
    }
    assert_eq!(database.chains().await, reference(&*log).await);
    assert_eq!(fold.committed.lock().unwrap().len(), 300);
}

async fn a_stale_owner_changes_nothing_and_drops_its_lease(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(4), Arc::new(Chain::default()));
    log.append(dealt(1..=50, &KEYS)).await.unwrap();
    let mut stale = projector(database.store(), &log, &fold, 1, 20);
    stale.catch_up().await.unwrap();
    log.append(dealt(51..=100, &KEYS)).await.unwrap();
    let mut owner = projector(database.store(), &log, &fold, 2, 20);
    owner.catch_up().await.unwrap();
    log.append(dealt(101..=150, &KEYS)).await.unwrap();

    let before = database.chains().await;
    let error = stale.catch_up().await.unwrap_err();
    assert!(error.reason.contains("another process owns"), "{error}");
    assert_eq!(database.chains().await, before, "it was rolled back");
    assert_eq!(stale.catch_up().await.unwrap(), 50, "it claims anew and goes on");
    assert!(owner.catch_up().await.is_err(), "now the other is stale");
    assert_eq!(database.chains().await, reference(&*log).await);
}

async fn one_lost_partition_does_not_keep_the_others(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(4), Arc::new(Chain::default()));
    let mut owner = projector(database.store(), &log, &fold, 1, 500);
    owner.catch_up().await.unwrap();
    let steal = "update elite.subscription_partition set owner = null, epoch = epoch + 1, lease_until = 'infinity' where partition = 1";
    database.client().await.batch_execute(steal).await.unwrap();
    log.append(dealt(1..=50, &KEYS)).await.unwrap();

    assert!(owner.catch_up().await.is_err(), "the commit of all partitions is refused");
    assert_eq!(database.chains().await.len(), 0);
    owner.catch_up().await.unwrap();
    assert_eq!(database.chains().await, reference(&*log).await);
}

async fn a_claim_whose_answer_was_lost_is_made_again(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(2), Arc::new(Chain::default()));
    log.append(dealt(1..=10, &KEYS)).await.unwrap();
    let client = database.client().await;
    lease::register(&client, SUBSCRIPTION, 2).await.unwrap();
    lease::claim(&client, SUBSCRIPTION, Uuid::from_u128(1), 2, Term::DataDirectoryLock).await.unwrap();
    drop(client);
    let mut same = projector(database.store(), &log, &fold, 1, 500);
    assert_eq!(same.catch_up().await.unwrap(), 10);
}

async fn others_keep_what_they_hold(database: &Database) {
    database.empty().await;
    let client = database.client().await;
    let term = Term::Expires(std::time::Duration::from_mins(10));
    lease::register(&client, SUBSCRIPTION, 3).await.unwrap();
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let first = lease::claim(&client, SUBSCRIPTION, one, 2, term).await.unwrap();
    let second = lease::claim(&client, SUBSCRIPTION, two, 3, term).await.unwrap();
    assert_eq!((first.len(), second.len()), (2, 1));
    let known = |lease: &lease::Lease| (lease.partition, lease.epoch);
    lease::forget(&client, SUBSCRIPTION, one, &[known(&first[0])]).await.unwrap();
    let both = [known(&first[0]), known(&first[1])];
    assert_eq!(lease::renew(&client, SUBSCRIPTION, one, &both, term).await.unwrap(), [0]);
    assert_eq!(lease::renew(&client, SUBSCRIPTION, two, &[known(&second[0])], term).await.unwrap(), [2]);
    assert_eq!(
        lease::renew(&client, SUBSCRIPTION, two, &both, term).await.unwrap(),
        [0_u16; 0],
        "not its own"
    );
    let (partition, epoch) = both[0];
    let later = [(partition, epoch + 1)];
    assert_eq!(lease::renew(&client, SUBSCRIPTION, one, &later, term).await.unwrap(), [0_u16; 0]);
    lease::forget(&client, SUBSCRIPTION, one, &later).await.unwrap();
    assert_eq!(
        lease::renew(&client, SUBSCRIPTION, one, &both, term).await.unwrap(),
        [0_u16; 0],
        "in an epoch it does not know it is not its own either"
    );
}

async fn a_repeat_within_the_window_changes_nothing(database: &Database) {
    // The last 2 is nine places after the first, and five after the one that was a repeat itself.
    let numbers = [1, 2, 3, 2, 4, 2, 5, 6, 7, 8, 2, 9, 9, 10];
    for batch in [1, 2, 5, 500] {
        database.empty().await;
        let broker: Arc<dyn EventLog> = Broker::new(1, 5);
        let fold = Arc::new(Chain::default());
        broker.append(numbers.map(|number| event(number, "k")).to_vec()).await.unwrap();
        let mut projector = projector(database.store(), &broker, &fold, 1, batch);
        assert_eq!(projector.catch_up().await.unwrap(), numbers.len());
        let once = HashMap::from([("k".to_owned(), "1 2 3 4 5 6 7 8 2 9 10".to_owned())]);
        let chains: HashMap<_, _> = database.chains().await.into_iter().collect();
        assert_eq!(chains, once, "in batches of {batch}");
        let remembered = database.number("select count(*) from elite.recent_event").await;
        assert!(remembered <= 5, "{remembered} ids are kept for a window of 5");
    }
}

async fn a_key_that_postgresql_cannot_hold_stops_nobody(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(1), Arc::new(Chain::default()));
    let mut draw = crate::support::Draw(1);
    let endless: String =
        (0..9_000).map(|_| char::from_digit(u32::try_from(draw.below(36)).unwrap(), 36).unwrap()).collect();
    let events = [event(1, "a"), event(2, "nul\0"), event(3, &endless), event(4, "nul\0"), event(5, "a")];
    log.append(events.to_vec()).await.unwrap();
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    assert_eq!(database.chains().await.into_iter().collect::<Vec<_>>(), [("a".to_owned(), "1 5".to_owned())]);
    let parked: Vec<u64> = database.letters().await.iter().map(|letter| letter.position).collect();
    assert_eq!(parked.len(), 3, "{parked:?}");
    let rows = checkpoint::read(&database.client().await, SUBSCRIPTION).await.unwrap();
    assert_eq!(rows[0].2.position, 5);
}
