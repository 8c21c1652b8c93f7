//! What people think of answers.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use serde_json::Value;
use uuid::Uuid;

use super::row;

row! {
    /// One verdict on an answer.
    Feedback {
        /// Its id.
        id: Uuid = "id",
        /// The session.
        session_id: Uuid = "session_id",
        /// The interaction that is judged.
        interaction_id: Uuid = "interaction_id",
        /// `thumbs`, `rating`, `correction`, `preference` or `labels`.
        kind: String = "kind",
        /// The verdict.
        verdict: Value = "verdict",
        /// Who, if known.
        user_name: Option<String> = "user_name",
        /// What they said.
        comment: Option<String> = "comment",
        /// Whether it no longer holds.
        withdrawn: bool = "withdrawn",
        /// When it was given.
        given_at: Timestamp = "given_at",
        /// The event that gave it.
        event_id: Uuid = "event_id",
    }
}

/// One piece of feedback.
pub async fn feedback(
    client: &impl GenericClient,
    tenant: &str,
    id: Uuid,
) -> Result<Option<Feedback>, StoreError> {
    let sql = format!("{} from elite.feedback where tenant = $1 and id = $2", Feedback::COLUMNS);
    Ok(client.query_opt(&sql, &[&tenant, &id]).await?.as_ref().map(Feedback::read))
}

/// The feedback of a session, in the order it was given.
pub async fn feedback_of(
    client: &impl GenericClient,
    tenant: &str,
    session: Uuid,
) -> Result<Vec<Feedback>, StoreError> {
    let sql = format!(
        "{} from elite.feedback where tenant = $1 and session_id = $2 order by given_at, id",
        Feedback::COLUMNS
    );
    Ok(client.query(&sql, &[&tenant, &session]).await?.iter().map(Feedback::read).collect())
}
