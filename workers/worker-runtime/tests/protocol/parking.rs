//! Work that fails: tried again, parked with its reason, its key blocked until it goes back on the list.

use read_store::dead_letter;

use crate::{
    log::memory,
    result::result,
    support::{Database, ROLE, dealt, event, until},
    work::{Fault, Process, Work},
    working::{OPEN, assert_done, rows},
};

#[tokio::test]
async fn work_that_fails_costs_its_key_and_nothing_else() {
    let database = Database::start().await;
    a_task_that_keeps_failing_is_parked_and_blocks_its_key(&database).await;
    a_panic_costs_one_try_and_not_the_loop(&database).await;
    a_result_answers_a_cause_that_was_parked(&database).await;
    database.server.stop().await;
}

async fn a_task_that_keeps_failing_is_parked_and_blocks_its_key(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(2), Work::new(OPEN));
    let faults = [(1, vec![Fault::Fail; 2]), (2, vec![Fault::Refuse]), (3, vec![Fault::NoResult])];
    *work.faults.lock().unwrap() = faults.into();
    let mut process = Process::start(database, &log, &work, 1);
    process.fold(database, &log);
    log.append(dealt(1..=8, &["a", "b", "c", "d"])).await.unwrap();
    until("three are parked", || async { database.letters().await.len() == 3 && rows(database).await == 3 })
        .await;
    let letters = database.letters().await;
    let told: Vec<(&str, u32, &str)> =
        letters.iter().map(|letter| (letter.key.as_str(), letter.attempts, letter.reason.as_str())).collect();
    assert_eq!(told[..2], [("a", 2, "not\u{fffd}now"), ("b", 1, "never")]);
    assert!(told[2].2.contains("no result"), "{told:?}");
    assert!(
        letters.iter().all(|letter| letter.subscription == ROLE && letter.event_type == "session.started")
    );
    let mut begun = work.begun();
    begun.sort_unstable();
    assert_eq!(begun, [1, 1, 2, 3, 4, 8], "the key `d` goes on, the others wait");

    for key in ["a", "b", "c"] {
        assert_eq!(dead_letter::requeue(&database.client().await, ROLE, key).await.unwrap(), 1);
    }
    assert_done(database, &log, 8).await;
    process.stop().await;
}

async fn a_panic_costs_one_try_and_not_the_loop(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(2), Work::new(OPEN));
    *work.faults.lock().unwrap() = [(1, vec![Fault::Panic]), (2, vec![Fault::Panic; 2])].into();
    let mut process = Process::start(database, &log, &work, 1);
    process.fold(database, &log);
    log.append(dealt(1..=3, &["a", "b", "c"])).await.unwrap();
    // The lease would hold for twenty minutes.
    until("the second is parked", || async {
        database.letters().await.len() == 1 && rows(database).await == 0
    })
    .await;
    let letters = database.letters().await;
    assert_eq!((letters[0].reason.as_str(), letters[0].attempts), ("it panicked: 2 is too much", 2));
    assert_eq!(letters[0].event_type, "session.started");
    dead_letter::requeue(&database.client().await, ROLE, "b").await.unwrap();
    assert_done(database, &log, 3).await;
    process.stop().await;
}

async fn a_result_answers_a_cause_that_was_parked(database: &Database) {
    database.empty().await;
    let (log, work) = (memory(1), Work::new(OPEN));
    work.faults.lock().unwrap().insert(1, vec![Fault::Refuse]);
    let mut process = Process::start(database, &log, &work, 1);
    process.fold(database, &log);
    let cause = event(1, "a");
    log.append(vec![cause.clone()]).await.unwrap();
    until("it is parked", || async { database.letters().await.len() == 1 }).await;
    // The append that seemed to fail had gone through.
    log.append(vec![result(&cause)]).await.unwrap();
    until("the key is free", || async { database.letters().await.is_empty() }).await;
    assert_done(database, &log, 1).await;
    process.stop().await;
}
