//! What is thought of a document's text.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use uuid::Uuid;

use super::row;

row! {
    /// The judgement on a document's text.
    Knowledge {
        /// The document.
        document_id: Uuid = "document_id",
        /// Whether every rule that decides passed.
        accepted: Option<bool> = "accepted",
        /// Kind of text the rules were chosen for: `prose`, `code` or `chat`.
        profile: Option<String> = "profile",
        /// Version of the set of rules.
        rules_version: Option<i32> = "rules_version",
        /// Share of the rules that passed, 0 to 1.
        quality: Option<f64> = "quality",
        /// Hash of the normalised text; equal for exact duplicates.
        text_hash: Option<String> = "text_hash",
        /// A person's verdict, `accepted` or `rejected`.
        review: Option<String> = "review",
        /// Who gave it.
        reviewer: Option<String> = "reviewer",
        /// What they said.
        review_comment: Option<String> = "review_comment",
        /// Why the validators could not judge.
        failure: Option<String> = "failure",
        /// When it was judged.
        validated_at: Option<Timestamp> = "validated_at",
        /// The event that judged it.
        event_id: Option<Uuid> = "event_id",
    }
}

row! {
    /// What one rule found.
    ValidationScore {
        /// The rule.
        rule: String = "rule",
        /// Version of the rule.
        version: i32 = "version",
        /// Whether the text satisfies it.
        passed: bool = "passed",
        /// What was measured.
        value: f64 = "value",
        /// The bound it was held against.
        threshold: f64 = "threshold",
        /// What shows it.
        evidence: Option<String> = "evidence",
        /// The event that says so.
        event_id: Uuid = "event_id",
    }
}

/// The judgement on one document.
pub async fn knowledge(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
) -> Result<Option<Knowledge>, StoreError> {
    let sql = format!("{} from elite.knowledge where tenant = $1 and document_id = $2", Knowledge::COLUMNS);
    Ok(client.query_opt(&sql, &[&tenant, &document]).await?.as_ref().map(Knowledge::read))
}

/// What every rule of the newest version found in one document: failures first, then by name.
pub async fn validation_scores(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
) -> Result<Vec<ValidationScore>, StoreError> {
    let sql = format!(
        "{} from elite.validation_scores where tenant = $1 and document_id = $2 and rules_version =
             (select max(rules_version) from elite.validation_scores where document_id = $2)
         order by passed, rule",
        ValidationScore::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenant, &document]).await?;
    Ok(rows.iter().map(ValidationScore::read).collect())
}
