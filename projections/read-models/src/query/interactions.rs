//! Questions and their answers.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use serde_json::Value;
use uuid::Uuid;

use super::row;

row! {
    /// A question and, once there is one, its answer.
    Interaction {
        /// Its id.
        id: Uuid = "id",
        /// The session it belongs to.
        session_id: Uuid = "session_id",
        /// The person whose key seals it, if it has one.
        datasubject: Option<String> = "datasubject",
        /// The question.
        prompt: String = "prompt",
        /// `prompted`, `answered` or `failed`.
        status: String = "status",
        /// What answered: `extractive` or a model's name.
        model: Option<String> = "model",
        /// The answer.
        answer: Option<String> = "answer",
        /// The passages it rests on, best first.
        citations: Option<Value> = "citations",
        /// Why there is no answer.
        failure: Option<String> = "failure",
        /// When it was asked.
        prompted_at: Timestamp = "prompted_at",
        /// When it was answered.
        answered_at: Option<Timestamp> = "answered_at",
        /// The event that asked.
        prompted_event: Uuid = "prompted_event",
        /// The event that answered.
        answered_event: Option<Uuid> = "answered_event",
    }
}

/// One interaction.
pub async fn interaction(
    client: &impl GenericClient,
    tenant: &str,
    id: Uuid,
) -> Result<Option<Interaction>, StoreError> {
    let sql = format!("{} from elite.interactions where tenant = $1 and id = $2", Interaction::COLUMNS);
    let statement = client.prepare_cached(&sql).await?;
    Ok(client.query_opt(&statement, &[&tenant, &id]).await?.as_ref().map(Interaction::read))
}

/// The interactions of a session, in the order they were asked.
pub async fn interactions_of(
    client: &impl GenericClient,
    tenant: &str,
    session: Uuid,
) -> Result<Vec<Interaction>, StoreError> {
    let sql = format!(
        "{} from elite.interactions where tenant = $1 and session_id = $2 order by prompted_at, id",
        Interaction::COLUMNS
    );
    Ok(client.query(&sql, &[&tenant, &session]).await?.iter().map(Interaction::read).collect())
}
