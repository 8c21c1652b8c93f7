//! A worker that stands still in the middle of a transaction, as one that is stopped does: the server cuts it off, and the
//! next owner is not held up.

use std::time::{Duration, Instant};

use read_store::{SessionLimits, Store};

use crate::{
    fold::Chain,
    ground::{Ground, Member, dealt, folded, memory},
};

const LEASE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_freezes_in_a_transaction_holds_nobody_up() {
    let ground = Ground::new().await;
    let log = memory(2);
    for round in 0..3_u128 {
        log.append(dealt(round * 20 + 1..=round * 20 + 20, 5)).await.unwrap();
        let (frozen, other) = (Chain::new(), Chain::new());
        frozen.applying.close();
        let mut stopped = ground.projector(&log, &frozen, 10 * round + 1, LEASE);
        let stopped = tokio::spawn(async move { stopped.step().await });
        frozen.applying.entered().await;
        let begun = Instant::now();
        let member = Member::start(ground.projector(&log, &other, 10 * round + 2, LEASE), 10 * round + 2);
        folded(&ground, &*log).await;
        let took = begun.elapsed();
        println!("frozen in a transaction: taken over after {took:?} with leases of {LEASE:?}");
        assert!(took <= 2 * LEASE + LEASE / 2, "{took:?}");
        frozen.applying.open();
        let error = stopped.await.unwrap().unwrap_err();
        assert_eq!(error.decision, worker_runtime::Decision::Retry, "{error}");
        ground.assert_clean(&*log, "after the frozen one came back").await;
        member.leave().await;
        ground.expire().await;
    }
}

#[tokio::test]
async fn sessions_are_limited_by_the_server() {
    let ground = Ground::new().await;
    let store = Store::connect_with(&ground.url, 1, SessionLimits::below(LEASE)).unwrap();
    let client = store.client().await.unwrap();
    for (setting, value) in [
        ("idle_in_transaction_session_timeout", "500ms"),
        ("lock_timeout", "500ms"),
        ("statement_timeout", "1s"),
        ("application_name", "elite"),
    ] {
        let row = client.query_one("select current_setting($1)", &[&setting]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), value, "{setting}");
    }
    // Whoever migrates waits for as long as it takes, and leaves no session without limits behind.
    read_store::migrate::apply(&ground.store).await.unwrap();
    let row = ground.client().await.query_one("select current_setting('lock_timeout')", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "30s");
}
