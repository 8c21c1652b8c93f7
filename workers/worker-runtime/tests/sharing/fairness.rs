//! One producer floods a list: whom does it keep waiting?

use std::time::{Duration, Instant};

use read_store::todo::{Claims, Task};
use uuid::Uuid;

use crate::fleet::{Fleet, ROLE};

fn flood() -> u32 {
    if servers::full() { 100_000 } else { 10_000 }
}

async fn fill(fleet: &Fleet, tenant: &str, key: &str, rows: u32, after: u32) {
    let sql = format!(
        "insert into elite.todo (role, cause_id, tenant, key, partition, position, enqueued_at)
         select '{ROLE}', gen_random_uuid(), '{tenant}', {key}, abs(hashtext({key})) % 8, {after} + n,
                timestamptz '2026-01-01' + ({after} + n) * interval '1 ms'
         from generate_series(1, {rows}) n; analyze elite.todo"
    );
    fleet.execute(&sql).await;
}

/// Claims as one worker does, one row at a time, until a row satisfies `wanted`; returns how many came before it.
async fn waits(fleet: &Fleet, wanted: impl Fn(&Task) -> bool) -> usize {
    let client = fleet.store.client().await.unwrap();
    let mut claims = Claims::new(ROLE, Uuid::from_u128(1), Duration::from_mins(10));
    let mut before = 0;
    loop {
        let claimed = claims.claim(&client, 1).await.unwrap();
        assert_eq!(claimed.len(), 1, "there is always something to do");
        if claimed.iter().any(&wanted) {
            return before;
        }
        before += 1;
    }
}

async fn older(fleet: &Fleet, key: &str) -> i64 {
    let sql = format!(
        "select count(*) from elite.todo where enqueued_at < (select min(enqueued_at) from elite.todo where key = '{key}')"
    );
    fleet.number(&sql).await
}

#[tokio::test]
async fn a_tenant_that_floods_keeps_only_itself_waiting() {
    let fleet = Fleet::new(8).await;
    fill(&fleet, "big", "'big/' || n % 1000", flood(), 0).await;
    fill(&fleet, "small", "'small/k'", 1, flood()).await;
    fill(&fleet, "tiny", "'tiny/k'", 1, flood() + 1).await;
    let unfair = older(&fleet, "tiny/k").await;
    let began = Instant::now();
    let waited = waits(&fleet, |task| task.tenant == "tiny").await;
    println!(
        "rows before the newest tenant's only row: {waited}; oldest first: {unfair}; {:.1?} a claim",
        began.elapsed() / u32::try_from(waited + 1).unwrap()
    );
    assert!(waited <= 2, "{waited}");
}

#[tokio::test]
async fn a_key_that_floods_keeps_only_itself_waiting() {
    let fleet = Fleet::new(8).await;
    fill(&fleet, "default", "'default/' || n % 2", flood(), 0).await;
    fill(&fleet, "default", "'default/k'", 1, flood()).await;
    let unfair = older(&fleet, "default/k").await;
    let began = Instant::now();
    let waited = waits(&fleet, |task| task.key == "default/k").await;
    println!(
        "rows before the only one of its key: {waited}; in the list: {unfair}; in {:.1?}",
        began.elapsed()
    );
    assert!(waited <= 2, "one row of each of the two keys that flood: {waited}");
}

#[tokio::test]
async fn tenants_take_turns_row_by_row() {
    let fleet = Fleet::new(8).await;
    fill(&fleet, "a", "'a/' || n", 40, 0).await;
    fill(&fleet, "b", "'b/' || n", 20, 100).await;
    fill(&fleet, "c", "'c/' || n", 4, 200).await;
    let client = fleet.store.client().await.unwrap();
    let mut claims = Claims::new(ROLE, Uuid::from_u128(1), Duration::from_mins(10));
    let mut tenants = String::new();
    for portion in [1, 2, 3, 4, 5, 9, 16, 60] {
        let claimed = claims.claim(&client, portion).await.unwrap();
        tenants.extend(claimed.iter().map(|task| task.tenant.as_str()));
    }
    assert_eq!(tenants, format!("{}{}{}", "abc".repeat(4), "ab".repeat(16), "a".repeat(20)));
}
