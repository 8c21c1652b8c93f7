//! What was checked, and what was not.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use serde_json::Value;
use uuid::Uuid;

use super::{
    row,
    trust::{LEVEL, Trust},
    unanswered::Unanswered,
};

row! {
    /// How far trusted sources support a text.
    Check {
        /// The document, or the interaction whose answer it is.
        id: Uuid = "c.id",
        /// `document` or `answer`.
        kind: String = "c.kind",
        /// The mean of the claims that have a score, 0 to 1; none if nothing can be said.
        score: Option<f64> = "c.score",
        /// Lower end of its 95 % interval.
        low: Option<f64> = "c.low",
        /// Upper end of it.
        high: Option<f64> = "c.high",
        /// Why there is no score.
        cannot_say: Option<String> = "c.cannot_say",
        /// Claims of the text.
        claims: i32 = "c.claims",
        /// Those that are supported.
        supported: i32 = "c.supported",
        /// Those that are not.
        unsupported: i32 = "c.unsupported",
        /// Those whose score tells neither.
        unclear: i32 = "c.unclear",
        /// Those of which nothing can be said.
        unsaid: i32 = "c.unsaid",
        /// What the verdicts are by: `support/VERSION` or `ollama:MODEL`.
        judge: String = "c.judge",
        /// Version of how it was checked.
        checker_version: i32 = "c.checker_version",
        /// Digest of which sources were trusted.
        trust: String = "c.trust",
        /// Documents of trusted and known sources that there were.
        evidence_documents: i64 = "c.evidence_documents",
        /// The claims with their evidence, the least supported first, and what was left out.
        detail: Value = "c.detail",
        /// When it was checked.
        checked_at: Timestamp = "c.checked_at",
        /// The event that says so.
        event_id: Uuid = "c.event_id",
    }
}

/// The check of a document's text as it is now.
pub async fn check_of_document(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
) -> Result<Option<Check>, StoreError> {
    let sql = format!(
        "{} from elite.checks c where c.tenant = $1 and c.id = $2 and c.kind = 'document'",
        Check::COLUMNS
    );
    Ok(client.query_opt(&sql, &[&tenant, &document]).await?.as_ref().map(Check::read))
}

/// The checks of the answers of a session.
pub async fn checks_of_session(
    client: &impl GenericClient,
    tenant: &str,
    session: Uuid,
) -> Result<Vec<Check>, StoreError> {
    let sql = format!(
        "{} from elite.checks c join elite.interactions i on i.id = c.id and i.answered_event = c.answered_event
         where c.tenant = $1 and c.session_id = $2 and i.tenant = $1",
        Check::COLUMNS
    );
    Ok(client.query(&sql, &[&tenant, &session]).await?.iter().map(Check::read).collect())
}

/// The event of the last check of a document or an answer.
pub async fn last_check(
    client: &impl GenericClient,
    tenant: &str,
    id: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    let sql = "select event_id from elite.checks where tenant = $1 and id = $2";
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query_opt(&statement, &[&tenant, &id]).await?.map(|row| row.get(0)))
}

/// What a check has to be of for its text not to be checked again.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted<'a> {
    /// The list that unchecked texts are put on.
    pub role: &'a str,
    /// Version of how it is checked.
    pub checker_version: i32,
    /// Which sources are trusted.
    pub trust: &'a Trust,
    /// The model that judges, if one is set.
    pub model: Option<&'a str>,
    /// Documents of trusted and known sources there are: where a check knew a third fewer, or half as many again,
    /// it is made again. So is one whose evidence is not in use any more.
    pub evidence_documents: i64,
    /// The model whose vectors a document's passages should have first, if one is set, and from when on they are waited for.
    pub vectors: Option<(&'a str, Timestamp)>,
}

/// The condition of a row that lacks a check `c` and is not on the list, nor parked.
const LACKING: &str = "not exists (select from elite.checks c
        where c.id = cause.id and c.checker_version = $4 and c.trust = $5 and c.model is not distinct from $6
          and c.evidence_documents * 3 >= $7::int8 * 2 and c.evidence_documents * 2 <= $7 * 3
          and not exists (select from elite.documents s where s.id = any(c.supporting) and s.status <> 'parsed')
          and (c.kind = 'document' or c.answered_event = cause.event_id))
    and not exists (select from elite.todo t where t.role = $3 and t.cause_id = cause.event_id)
    and not exists (select from elite.dead_letter l where l.subscription = $3 and l.event_id = cause.event_id)";

/// Up to `limit` texts that are not checked as `wanted`: of documents those in use that say something in prose, are judged, are about
/// nobody, and whose source is not trusted itself; and every answer.
pub async fn unchecked(
    client: &impl GenericClient,
    wanted: &Wanted<'_>,
    limit: i64,
) -> Result<Vec<Unanswered>, StoreError> {
    let sql = format!(
        "select cause.id, cause.tenant, cause.partitionkey, cause.event_id, cause.partition, cause.position, cause.recorded_at
         from (
             select d.id, e.tenant, e.partitionkey, e.event_id, e.partition, e.position, e.recorded_at
             from elite.documents d
             join elite.knowledge k on k.document_id = d.id and k.event_id is not null and k.profile <> 'code'
             join elite.events r on r.event_id = d.received_event
             join elite.events e on e.event_id = d.decided_event
             where d.status = 'parsed' and d.chunks > 0 and d.datasubject is null and {LEVEL} < 2
               and ($8::text is null or e.recorded_at < $9 or exists (
                   select from elite.embeddings v where v.document_id = d.id and v.model = $8 and v.in_use))
             union all
             select i.id, e.tenant, e.partitionkey, e.event_id, e.partition, e.position, e.recorded_at
             from elite.interactions i join elite.events e on e.event_id = i.answered_event
             where i.status = 'answered') as cause
         where {LACKING}
         order by cause.recorded_at, cause.event_id limit $10"
    );
    let statement = client.prepare_cached(&sql).await?;
    let [prefixes, levels] = wanted.trust.parameters();
    let (trust, vectors) = (wanted.trust.digest(), wanted.vectors.map(|(model, _)| model));
    let waited_for = wanted.vectors.map(|(_, since)| since);
    let rows = client
        .query(
            &statement,
            &[
                prefixes,
                levels,
                &wanted.role,
                &wanted.checker_version,
                &trust,
                &wanted.model,
                &wanted.evidence_documents,
                &vectors,
                &waited_for,
                &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(Unanswered::read).collect())
}
