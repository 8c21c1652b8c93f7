//! How tasks leave a loop other than by their result: given back, asked for by an erased person, or astray.

use std::{sync::Arc, time::Duration};

use event_log::{Keyring, sealed};
use event_model::Tenant;

use crate::{
    fleet::{Fleet, ROLE, brisk, event, until},
    keeping::{HAD_BEFORE, TAKEN_OVER},
    work::{OPEN, Work},
};

const LEASE: Duration = Duration::from_mins(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_loop_gives_back_at_once_what_it_has_not_begun() {
    let (fleet, work) = (Fleet::new(1).await, Work::shared(OPEN));
    let running = fleet.start(1, brisk(LEASE), work.clone());
    until("it looks at its list", || async { fleet.looked().await }).await;
    // Nobody folds, so the loop waits before it begins what another had before.
    fleet.append(vec![event(1, "k")]).await;
    fleet.execute(HAD_BEFORE).await;
    until("it has the row", || async { fleet.number(TAKEN_OVER).await == 1 }).await;
    running.stop.cancel();
    running.task.await.unwrap();
    let free = "select count(*) from elite.todo where owner is null and lease_until < clock_timestamp() and attempts = 0";
    assert_eq!((fleet.number(free).await, work.begun()), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_erased_person_asked_for_leaves_the_list_and_blocks_nothing() {
    let (fleet, work) = (Fleet::new(1).await, Work::shared(OPEN));
    let mut asked = event(1, "k");
    asked.datasubject = Some("ada".into());
    fleet.append(vec![sealed(&*fleet.keyring, asked).await.unwrap(), event(2, "k")]).await;
    fleet.keyring.destroy(&Tenant("default".into()), "ada").await.unwrap();
    let folding = fleet.fold(9);
    let running = fleet.start(1, brisk(LEASE), work.clone());
    until("the list is empty", || async { fleet.rows().await == 0 && fleet.tail().await == 3 }).await;
    assert_eq!((work.begun(), fleet.letters().await), (vec![2], Vec::new()));
    running.stop.cancel();
    running.task.await.unwrap();
    folding.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_with_another_key_than_its_cause_is_refused_in_words() {
    let mut astray = Work::new(OPEN);
    astray.astray = Some("elsewhere");
    let fleet = Fleet::new(4).await;
    fleet.append(vec![event(1, "k")]).await;
    let folding = fleet.fold(9);
    let running = fleet.start(1, brisk(LEASE), Arc::new(astray));
    until("it is parked", || async { fleet.letters().await.len() == 1 }).await;
    let letters = fleet.letters().await;
    assert_eq!((letters[0].subscription.as_str(), letters[0].attempts), (ROLE, 1));
    let told = "the role gave a result `session.ended` with the key `default/elsewhere` for a cause with the key `default/k`";
    assert!(letters[0].reason.starts_with(told), "{}", letters[0].reason);
    assert_eq!(fleet.tail().await, 1, "nothing was appended");
    running.stop.cancel();
    running.task.await.unwrap();
    folding.cancel();
}
