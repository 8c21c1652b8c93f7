//! Leases: kept while a task runs, taken over when its worker died or froze, given back when it was not begun.

use std::{sync::Arc, time::Duration};

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::{
    fleet::{Fleet, brisk, event, until},
    result::result,
    work::{OPEN, Work},
};

/// A beat of it may be late by more than two seconds, as on a busy machine, before it runs out.
const LEASE: Duration = Duration::from_secs(4);
/// More than two of them, by PostgreSQL's clock.
const TWO_LEASES: &str = "interval '9 seconds'";

/// A loop on threads of its own, which can be killed or frozen whole.
fn apart(fleet: &Fleet, owner: u128, lease: Duration, work: &Arc<Work>) -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let todo = fleet.todo(owner);
    runtime.spawn(todo.run_at(brisk(lease), work.clone(), CancellationToken::new()));
    runtime
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_task_keeps_its_lease_and_a_dead_worker_s_task_is_taken_over_within_two() {
    let (fleet, held, open) = (Fleet::new(1).await, Work::shared(0), Work::shared(OPEN));
    let folding = fleet.fold(9);
    let first = apart(&fleet, 1, LEASE, &held);
    fleet.append(vec![event(1, "k"), event(2, "k")]).await;
    until("it is begun", || async { held.begun() == [1] }).await;
    let second = fleet.start(2, brisk(LEASE), open.clone());
    let long = format!("select count(*) from elite.since where stamp < clock_timestamp() - {TWO_LEASES}");
    fleet.execute("create table elite.since as select clock_timestamp() as stamp").await;
    until("more than two leases have passed", || async { fleet.number(&long).await == 1 }).await;
    assert_eq!(open.begun(), [0_u128; 0], "the first renews its lease");

    let killed = std::time::Instant::now();
    first.shutdown_background();
    until("the second has it", || async { !open.begun().is_empty() }).await;
    let taken_over = open.begun_at(1).unwrap().duration_since(killed);
    println!("a dead worker's task was taken over after {taken_over:.1?}, with leases of {LEASE:.1?}");
    assert!(taken_over < 2 * LEASE, "{taken_over:?}");
    fleet.assert_done(2).await;
    second.stop.cancel();
    second.task.await.unwrap();
    folding.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_worker_s_late_result_has_no_effect() {
    let lease = Duration::from_millis(500);
    let (fleet, frozen, open) = (Fleet::new(1).await, Work::shared(OPEN), Work::shared(OPEN));
    let folding = fleet.fold(9);
    let thaw = frozen.freeze();
    let first = apart(&fleet, 1, lease, &frozen);
    fleet.append(vec![event(1, "k")]).await;
    until("it is begun", || async { frozen.begun() == [1] }).await;
    let second = fleet.start(2, brisk(lease), open.clone());
    until("the second has done it", || async { open.begun() == [1] }).await;
    fleet.assert_done(1).await;
    second.stop.cancel();
    second.task.await.unwrap();

    thaw.send(()).unwrap();
    // The thawed worker is as good as new.
    fleet.append(vec![event(2, "k"), event(3, "j")]).await;
    fleet.assert_done(3).await;
    let mut begun = frozen.begun();
    begun.sort_unstable();
    assert_eq!(begun, [1, 2, 3]);
    first.shutdown_background();
    folding.cancel();
}

/// A row that a worker had whose lease ran out, and an event of the log that nobody has folded yet.
pub(crate) const HAD_BEFORE: &str =
    "insert into elite.todo (role, cause_id, tenant, key, partition, position, enqueued_at, epoch)
     values ('act', '00000000-0000-0000-0000-000000000001', 'default', 'default/k', 0, 1, now(), 1)";

/// Whether the row is leased by who claimed it second.
pub(crate) const TAKEN_OVER: &str =
    "select count(*) from elite.todo where epoch = 2 and lease_until > clock_timestamp()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_worker_s_result_is_not_worked_out_again_because_its_fold_is_behind() {
    let (fleet, work) = (Fleet::new(1).await, Work::shared(OPEN));
    let running = fleet.start(1, brisk(LEASE), work.clone());
    until("it looks at its list", || async { fleet.looked().await }).await;
    fleet.append(vec![event(1, "k"), result(&event(1, "k"))]).await;
    fleet.execute(HAD_BEFORE).await;
    until("it has the row", || async { fleet.number(TAKEN_OVER).await == 1 }).await;
    let long = format!("select count(*) from elite.todo where enqueued_at < now() - {TWO_LEASES}");
    until("more than two leases have passed", || async { fleet.number(&long).await == 1 }).await;
    assert_eq!((work.begun(), fleet.number(TAKEN_OVER).await), (Vec::new(), 1));
    let folding = fleet.fold(9);
    fleet.assert_done(1).await;
    assert_eq!(work.begun(), [0_u128; 0]);
    running.stop.cancel();
    running.task.await.unwrap();
    folding.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_only_waits_for_its_fold_is_kept_and_not_done_again() {
    let (fleet, work) = (Fleet::new(1).await, Work::shared(OPEN));
    let pace = brisk(LEASE);
    let loops: Vec<_> = (1..=2).map(|owner| fleet.start(owner, pace, work.clone())).collect();
    until("somebody looks", || async { fleet.looked().await }).await;
    fleet.append(vec![event(1, "k")]).await;
    fleet.execute(&HAD_BEFORE.replace("now(), 1)", "now(), 0)")).await;
    let long = format!("select count(*) from elite.todo where enqueued_at < now() - {TWO_LEASES}");
    until("more than two leases have passed", || async { fleet.number(&long).await == 1 }).await;
    let kept = "select count(*) from elite.todo where epoch = 1 and lease_until > clock_timestamp()";
    assert_eq!((work.begun(), fleet.number(kept).await), (vec![1], 1));
    let folding = fleet.fold(9);
    fleet.assert_done(1).await;
    assert_eq!(work.begun(), [1]);
    for running in loops {
        running.stop.cancel();
        running.task.await.unwrap();
    }
    folding.cancel();
}
