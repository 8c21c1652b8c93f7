//! Hearing of work from other processes through the database, long before anybody would look.

use std::time::{Duration, Instant};

use read_store::listen::{Heard, Listener};
use servers::PostgresServer;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use worker_runtime::Pace;

use crate::{
    fleet::{Fleet, ROLE, event, until},
    work::{OPEN, Work},
};

/// Nobody looks at a list unasked.
const NEVER: Pace = Pace { lease: Duration::from_hours(1), poll: Duration::from_hours(1) };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_elsewhere_wakes_the_loop_and_so_does_the_end_of_an_earlier_task_of_the_key() {
    let (fleet, work) = (Fleet::new(1).await, Work::shared(OPEN));
    let running = fleet.start(1, NEVER, work.clone());
    let listener = running.wakes.listen(&fleet.url).unwrap();
    until("it has looked once", || async { fleet.looked().await }).await;
    // Whoever folds rings no bell of this process.
    let mut projector = fleet.projector(9);
    let began = Instant::now();
    fleet.append(vec![event(1, "k"), event(2, "k")]).await;
    // One commit, and no look for more: the answer may be in the log by then, and its fold would free the second.
    assert_eq!(projector.step().await.unwrap(), 2);
    until("the first is answered", || async { fleet.tail().await == 3 }).await;
    for _ in 0..100 {
        assert_eq!(fleet.rows().await, 2, "the loop has looked again and found nothing");
    }
    // Nothing is inserted here: what wakes the loop is that the first task of the key is gone.
    projector.catch_up().await.unwrap();
    until("the second is answered", || async { fleet.tail().await == 4 }).await;
    println!(
        "two tasks of one key were heard of and done in {:.1?}, with looks every {:?}",
        began.elapsed(),
        NEVER.poll
    );
    projector.catch_up().await.unwrap();
    fleet.assert_done(2).await;
    drop(listener);
    running.stop.cancel();
    running.task.await.unwrap();
}

async fn heard(ears: &mut UnboundedReceiver<String>, what: &str) {
    let hearing = async { while ears.recv().await.unwrap() != what {} };
    tokio::time::timeout(Duration::from_mins(1), hearing).await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_server_was_away_everybody_is_woken_and_announcements_are_heard_again() {
    let mut server = PostgresServer::start();
    let url = server.database();
    let (sender, mut ears) = unbounded_channel();
    let _listener = Listener::start(&url, move |heard| {
        let said = match heard {
            Heard::Work(role) => role.to_owned(),
            Heard::Anything => "anything".to_owned(),
        };
        // The receiver is gone once the test has ended.
        drop(sender.send(said));
    })
    .unwrap();
    heard(&mut ears, "anything").await;
    let fleet = Fleet::on(&url, 1).await;
    fleet.append(vec![event(1, "k")]).await;
    fleet.projector(9).catch_up().await.unwrap();
    heard(&mut ears, ROLE).await;

    server.kill();
    server.restart();
    heard(&mut ears, "anything").await;
    fleet.append(vec![event(2, "k")]).await;
    until("it is folded", || async {
        // The pool finds its connections broken one by one.
        fleet.projector(9).catch_up().await.is_ok_and(|folded| folded == 1)
    })
    .await;
    heard(&mut ears, ROLE).await;
}
