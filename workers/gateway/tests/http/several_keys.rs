//! Idempotency keys hold across gateways, and a gateway that dies does not keep them.

use std::{sync::atomic::Ordering, time::Duration};

use gateway::Limits;
use reqwest::StatusCode;

use crate::{
    fleet::{Fleet, Gateway},
    harness::{LIMITS, json_of, problem_of},
};

const WAIT: Duration = Duration::from_secs(3);

fn keyed(gateway: &Gateway, text: &str) -> impl Future<Output = reqwest::Result<reqwest::Response>> + use<> {
    gateway.push("a.txt", text).header("idempotency-key", "key-1").send()
}

/// Whether the key is claimed, and for how many seconds more.
async fn claimed_for(fleet: &Fleet) -> Option<f64> {
    let left =
        "select extract(epoch from claimed_until - clock_timestamp())::float8 from elite.idempotency_key";
    let client = fleet.parts.store.client().await.unwrap();
    client.query_opt(left, &[]).await.unwrap().map(|row| row.get(0))
}

async fn until_claimed(fleet: &Fleet) -> f64 {
    loop {
        match claimed_for(fleet).await {
            Some(left) => return left,
            None => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn a_key_means_the_same_to_every_gateway() {
    let fleet = Fleet::start(&servers::postgres().database(), None).await;
    let limits = Limits { ingest_wait: WAIT, ..LIMITS };
    let (here, there) = (fleet.gateway(limits), fleet.gateway(limits));
    fleet.parts.projector_works.store(false, Ordering::SeqCst);
    let slow = tokio::spawn(keyed(&here, "one"));
    until_claimed(&fleet).await;
    problem_of(keyed(&there, "one").await.unwrap(), StatusCode::CONFLICT, "in-flight").await;
    let other = keyed(&there, "two").await.unwrap();
    problem_of(other, StatusCode::UNPROCESSABLE_ENTITY, "key-reused").await;
    let first = json_of(slow.await.unwrap().unwrap(), StatusCode::ACCEPTED).await;
    let again = keyed(&there, "one").await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(json_of(again, StatusCode::ACCEPTED).await, first);
    fleet.stop().await;
}

#[tokio::test]
async fn a_key_of_a_gateway_that_died_comes_free_by_itself() {
    let fleet = Fleet::start(&servers::postgres().database(), None).await;
    let limits = Limits { ingest_wait: WAIT, ..LIMITS };
    let (here, there) = (fleet.gateway(limits), fleet.gateway(LIMITS));
    fleet.parts.projector_works.store(false, Ordering::SeqCst);
    let lost = tokio::spawn(keyed(&here, "one"));
    let left = until_claimed(&fleet).await;
    let longest = WAIT.as_secs_f64() + 31.0;
    assert!((0.0..longest).contains(&left), "claimed for {left} s; a call takes less than {longest} s");
    here.kill();
    assert!(lost.await.unwrap().is_err(), "nobody answers any more");
    fleet.parts.projector_works.store(true, Ordering::SeqCst);
    problem_of(keyed(&there, "one").await.unwrap(), StatusCode::CONFLICT, "in-flight").await;
    // The server's clock goes on by as much as is left; it is the only one that counts.
    let later = "update elite.idempotency_key set claimed_until = claimed_until - $1 * interval '1 second'";
    let client = fleet.parts.store.client().await.unwrap();
    client.execute(later, &[&longest]).await.unwrap();
    drop(client);
    let other = keyed(&there, "two").await.unwrap();
    problem_of(other, StatusCode::UNPROCESSABLE_ENTITY, "key-reused").await;
    let document = json_of(keyed(&there, "one").await.unwrap(), StatusCode::OK).await;
    assert_eq!((&document["status"], &document["duplicate"]), (&"parsed".into(), &false.into()));
    fleet.stop().await;
}
