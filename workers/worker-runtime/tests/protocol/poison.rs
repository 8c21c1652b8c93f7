//! Events that cannot be folded: parked with their reason, their key blocked in order, every other key complete.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use event_model::partition_of;
use read_store::{
    Store,
    dead_letter::{self, DeadLetter},
    migrate,
};
use serde_json::json;
use uuid::Uuid;
use worker_runtime::preview_redrive;

use crate::{
    chain::Chain,
    log::memory,
    support::{Database, Draw, SUBSCRIPTION, chains, dealt, event, projector, reference},
};

#[tokio::test]
async fn poison_blocks_its_key_and_nothing_else() {
    let database = Database::start().await;
    for batch in [7, 500] {
        exactly_the_poisoned_keys_are_parked_in_order(&database, batch).await;
    }
    a_redrive_that_fails_again_stays_parked_with_its_reason(&database).await;
    a_preview_shows_the_rows_and_changes_none(&database).await;
    a_redrive_takes_what_was_parked_after_it_was_asked_for(&database).await;
    a_redrive_without_its_event_is_refused_and_stops_nobody(&database).await;
    database.server.stop().await;
}

/// One event in a hundred is poison, each of another key, on a real server: exactly those are parked for their own sake.
#[tokio::test]
async fn one_poisoned_event_in_a_hundred_is_parked_and_comes_back_in_order() {
    let (events, keys) = if servers::full() { (50_000, 5_000) } else { (5_000, 500) };
    let store = Store::connect(&servers::postgres().database(), 4).unwrap();
    migrate::apply(&store).await.unwrap();
    let client = store.client().await.unwrap();
    let table = "create table elite.chain (key text primary key, numbers text not null)";
    client.batch_execute(table).await.unwrap();
    let (log, fold) = (memory(8), Arc::new(Chain::default()));
    let names: Vec<String> = (0..keys).map(|key| format!("key-{key:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    log.append(dealt(1..=events, &names)).await.unwrap();
    // The event of key `k` in round `r` is `r * keys + k + 1`; every tenth key is poisoned in a round of its own.
    let poison: HashSet<u128> =
        (0..keys).step_by(10).map(|key| (key / 10 % (events / keys)) * keys + key + 1).collect();
    assert_eq!(poison.len() as u128, events / 100);
    fold.unreadable.lock().unwrap().extend(&poison);
    projector(&store, &log, &fold, 1, 1_000).catch_up().await.unwrap();

    let letters = dead_letter::list(&client).await.unwrap();
    let (own, behind): (Vec<_>, Vec<_>) =
        letters.iter().partition(|letter| letter.reason.contains("cannot be read"));
    assert_eq!(own.iter().map(|letter| number(letter)).collect::<HashSet<_>>(), poison);
    assert!(behind.iter().all(|letter| letter.reason == "waits behind a parked event"));
    let whole = reference(&*log).await;
    let (folded, parked) = split(&whole, &poison);
    assert_eq!(letters.iter().map(number).collect::<Vec<_>>(), parked, "by key, in order");
    assert_eq!(chains(&client).await, folded, "everything else is folded, in order");
    println!("{events} events: {} parked, {} behind them", own.len(), behind.len());

    fold.unreadable.lock().unwrap().clear();
    for key in letters.iter().map(|letter| letter.key.as_str()).collect::<HashSet<_>>() {
        dead_letter::request_redrive(&client, SUBSCRIPTION, key).await.unwrap();
    }
    projector(&store, &log, &fold, 2, 1_000).catch_up().await.unwrap();
    assert_eq!(dead_letter::list(&client).await.unwrap(), []);
    assert_eq!(chains(&client).await, whole, "as a clean replay");
}

async fn a_preview_shows_the_rows_and_changes_none(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(1), Arc::new(Chain::default()));
    log.append(dealt(1..=6, &["a", "b"])).await.unwrap();
    fold.unreadable.lock().unwrap().insert(3);
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    let (letters, before) = (database.letters().await, database.chains().await);
    let preview = async || preview_redrive(&*log, database.store(), &*fold, &letters).await.unwrap();

    let fails = preview().await;
    assert!(fails.changes.is_empty() && fails.would_fail.unwrap().contains("3 cannot be read"));
    fold.unreadable.lock().unwrap().clear();
    fold.unwritable.lock().unwrap().insert(5);
    assert!(preview().await.would_fail.unwrap().contains("division by zero"));
    fold.unwritable.lock().unwrap().clear();

    let shown = preview().await;
    assert_eq!(shown.events.iter().map(Uuid::as_u128).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(shown.would_fail, None);
    let (chain, todo): (Vec<_>, Vec<_>) = shown.changes.iter().partition(|change| change.table == "chain");
    let (old, new) = (json!({"key": "a", "numbers": "1"}), json!({"key": "a", "numbers": "1 3 5"}));
    assert_eq!((&chain[0].before, &chain[0].after, chain.len()), (&Some(old), &Some(new), 1));
    assert!(todo.len() == 2 && todo.iter().all(|change| change.table == "todo" && change.before.is_none()));

    assert_eq!(
        (database.letters().await, database.chains().await),
        (letters.clone(), before),
        "nothing changed"
    );
    let left = "select count(*) from pg_trigger where not tgisinternal";
    assert_eq!(database.number(left).await, 0);
    // Connections are used again, and a preview leaves nothing in them.
    assert_eq!(preview().await.changes, shown.changes);
    database.redrive("default/a").await;
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();
    assert_eq!(database.chains().await["a"], "1 3 5");
}

fn number(letter: &DeadLetter) -> u128 {
    letter.event_id.as_u128()
}

/// Each key's numbers before its first poisoned event and from it on.
fn split(whole: &BTreeMap<String, String>, poison: &HashSet<u128>) -> (BTreeMap<String, String>, Vec<u128>) {
    let (mut folded, mut parked) = (BTreeMap::new(), Vec::new());
    for (key, numbers) in whole {
        let numbers: Vec<u128> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
        let first = numbers.iter().position(|number| poison.contains(number)).unwrap_or(numbers.len());
        let text: Vec<String> = numbers[..first].iter().map(u128::to_string).collect();
        if first > 0 {
            folded.insert(key.clone(), text.join(" "));
        }
        parked.extend(&numbers[first..]);
    }
    (folded, parked)
}

async fn exactly_the_poisoned_keys_are_parked_in_order(database: &Database, batch: usize) {
    database.empty().await;
    let (log, fold) = (memory(4), Arc::new(Chain::default()));
    let keys: Vec<String> = (0..40).map(|key| format!("key-{key:02}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    log.append(dealt(1..=600, &keys)).await.unwrap();
    let mut draw = Draw(7);
    fold.unreadable.lock().unwrap().extend((0..6).map(|_| u128::from(1 + draw.below(600))));
    fold.unwritable.lock().unwrap().extend((0..3).map(|_| u128::from(1 + draw.below(600))));
    let mut poison = fold.unreadable.lock().unwrap().clone();
    poison.extend(&*fold.unwritable.lock().unwrap());
    projector(database.store(), &log, &fold, 1, batch).catch_up().await.unwrap();

    let whole = reference(&*log).await;
    let (folded, parked) = split(&whole, &poison);
    assert!(
        parked.len() > poison.len()
            && folded.values().filter(|chain| chain.split(' ').count() == 15).count() > 25
    );
    assert_eq!(database.chains().await, folded);
    let letters = database.letters().await;
    assert_eq!(letters.iter().map(number).collect::<Vec<_>>(), parked, "by key, in order");
    for letter in &letters {
        let expected = match number(letter) {
            number if fold.unreadable.lock().unwrap().contains(&number) => "cannot be read",
            number if fold.unwritable.lock().unwrap().contains(&number) => "division by zero",
            _ => "waits behind a parked event",
        };
        let behind = letter.reason == "waits behind a parked event";
        assert!(behind || letter.reason.contains(expected), "{}: {}", number(letter), letter.reason);
    }

    fold.unreadable.lock().unwrap().clear();
    fold.unwritable.lock().unwrap().clear();
    for key in letters.iter().map(|letter| letter.key.as_str()).collect::<HashSet<_>>() {
        assert!(database.redrive(key).await > 0);
    }
    projector(database.store(), &log, &fold, 2, batch).catch_up().await.unwrap();
    assert_eq!(database.letters().await, []);
    assert_eq!(database.chains().await, whole);
}

async fn a_redrive_that_fails_again_stays_parked_with_its_reason(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(1), Arc::new(Chain::default()));
    log.append(dealt(1..=6, &["a", "b"])).await.unwrap();
    fold.unreadable.lock().unwrap().insert(1);
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    fold.unreadable.lock().unwrap().clear();
    fold.unwritable.lock().unwrap().insert(3);
    assert_eq!(database.redrive("default/a").await, 3);
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();

    let letters = database.letters().await;
    assert_eq!(
        letters.iter().map(|letter| (number(letter), letter.attempts)).collect::<Vec<_>>(),
        [(1, 2), (3, 2), (5, 2)]
    );
    assert!(letters[0].reason.contains("division by zero"), "{}", letters[0].reason);
    assert_eq!(database.chains().await.get("a"), None, "all of a key or nothing");
    assert_eq!(database.chains().await["b"], "2 4 6");
    let asked = "select count(*) from elite.dead_letter where redrive_requested_at is not null";
    assert_eq!(database.number(asked).await, 0, "it is not tried again by itself");
}

async fn a_redrive_takes_what_was_parked_after_it_was_asked_for(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(1), Arc::new(Chain::default()));
    log.append(vec![event(1, "a")]).await.unwrap();
    fold.unreadable.lock().unwrap().insert(1);
    let mut running = projector(database.store(), &log, &fold, 1, 500);
    running.catch_up().await.unwrap();
    database.redrive("default/a").await;
    log.append(vec![event(2, "a")]).await.unwrap();
    running.catch_up().await.unwrap();
    fold.unreadable.lock().unwrap().clear();
    // What the running one parked behind the first event was not there when the redrive was asked for.
    let late = "update elite.dead_letter set redrive_requested_at = case when position = 1 then now() end";
    database.client().await.batch_execute(late).await.unwrap();
    projector(database.store(), &log, &fold, 2, 500).catch_up().await.unwrap();
    assert_eq!(database.letters().await, []);
    assert_eq!(database.chains().await["a"], "1 2");
}

async fn a_redrive_without_its_event_is_refused_and_stops_nobody(database: &Database) {
    database.empty().await;
    let (log, fold) = (memory(2), Arc::new(Chain::default()));
    let names = ["a", "b", "c", "d", "e", "f"];
    let partition = |key: &str| partition_of(&event_model::Tenant::default(), key, 2).0;
    let mine = names.into_iter().find(|key| partition(key) == 0).unwrap();
    let other = names.into_iter().find(|key| partition(key) == 1).unwrap();
    let beside = names.into_iter().find(|key| partition(key) == 0 && *key != mine).unwrap();
    let events = vec![event(1, mine), event(2, mine), event(4, beside), event(3, other)];
    log.append(events).await.unwrap();
    fold.unreadable.lock().unwrap().insert(1);
    projector(database.store(), &log, &fold, 1, 500).catch_up().await.unwrap();
    // A letter of a place that holds another event, of the next place, and of one that the log has lost.
    for place in [2, 3, 9] {
        let moved = format!(
            "update elite.dead_letter set position = {place} + 1 where event_id = '{}'",
            uuid::Uuid::from_u128(1)
        );
        database.client().await.batch_execute(&moved).await.unwrap();
        database.redrive(&format!("default/{mine}")).await;
        let next: u128 = 100 + place;
        log.append(vec![event(next, other)]).await.unwrap();
        let mut projector = projector(database.store(), &log, &fold, 1 + place, 500);
        assert_eq!(projector.catch_up().await.unwrap(), 1, "the other partition goes on");
        let letters = database.letters().await;
        assert_eq!(letters.len(), 2, "nothing is forgotten");
        assert!(
            letters
                .iter()
                .any(|letter| letter.reason.contains("position") || letter.reason.contains("parked"))
        );
        let asked = "select count(*) from elite.dead_letter where redrive_requested_at is not null";
        assert_eq!(database.number(asked).await, 0);
    }
}
