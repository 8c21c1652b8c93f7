//! Answers kept for producers that repeat a call with the same `Idempotency-Key`.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use serde_json::Value;

use crate::StoreError;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The caller has it now and must finish or release it.
    Taken,
    /// The same call was answered before.
    Answered(Value),
    /// The same call is being answered.
    InFlight,
    /// The key was used for something else.
    OtherPayload,
}

/// Takes `key` for a call with this `fingerprint`, for at most `term`. The answer will be about `datasubject`.
pub async fn claim(
    client: &impl GenericClient,
    tenant: &str,
    key: &str,
    fingerprint: &str,
    datasubject: Option<&str>,
    term: Duration,
) -> Result<Claim, StoreError> {
    let taken = client
        .execute(
            "insert into elite.idempotency_key as k (tenant, key, fingerprint, claimed_until, datasubject)
             values ($1, $2, $3, clock_timestamp() + $4 * interval '1 second', $5)
             on conflict (tenant, key) do update set claimed_until = excluded.claimed_until
             where k.fingerprint = excluded.fingerprint and k.answer is null and k.claimed_until < clock_timestamp()",
            &[&tenant, &key, &fingerprint, &term.as_secs_f64(), &datasubject],
        )
        .await?;
    if taken == 1 {
        return Ok(Claim::Taken);
    }
    let row = client
        .query_opt(
            "select fingerprint, answer from elite.idempotency_key where tenant = $1 and key = $2",
            &[&tenant, &key],
        )
        .await?;
    Ok(match row {
        Some(row) if row.get::<_, &str>(0) != fingerprint => Claim::OtherPayload,
        Some(row) => row.get::<_, Option<Value>>(1).map_or(Claim::InFlight, Claim::Answered),
        None => Claim::InFlight,
    })
}

/// Keeps the answer of a claimed key.
pub async fn finish(
    client: &impl GenericClient,
    tenant: &str,
    key: &str,
    answer: &Value,
) -> Result<(), StoreError> {
    client
        .execute(
            "update elite.idempotency_key set answer = $3 where tenant = $1 and key = $2",
            &[&tenant, &key, answer],
        )
        .await?;
    Ok(())
}

/// Gives a claimed key back after a failure, so that the call can be repeated at once.
pub async fn release(client: &impl GenericClient, tenant: &str, key: &str) -> Result<(), StoreError> {
    client
        .execute(
            "delete from elite.idempotency_key where tenant = $1 and key = $2 and answer is null",
            &[&tenant, &key],
        )
        .await?;
    Ok(())
}

/// Ends every claim without an answer, so that its call can be repeated at once; for a process that holds the data directory, where whoever had one is gone.
pub async fn release_all(client: &impl GenericClient) -> Result<(), StoreError> {
    client
        .execute("update elite.idempotency_key set claimed_until = '-infinity' where answer is null", &[])
        .await?;
    Ok(())
}
