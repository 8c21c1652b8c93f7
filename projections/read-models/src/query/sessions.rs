//! Conversations.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use uuid::Uuid;

use super::{Before, row};

row! {
    /// A conversation.
    Session {
        /// Its id.
        id: Uuid = "id",
        /// The person whose key seals it, if it has one.
        datasubject: Option<String> = "datasubject",
        /// Who, if known.
        user_name: Option<String> = "user_name",
        /// What it is about.
        title: Option<String> = "title",
        /// `open` or `ended`.
        status: String = "status",
        /// When it began.
        started_at: Timestamp = "started_at",
        /// When it ended.
        ended_at: Option<Timestamp> = "ended_at",
        /// How many questions were asked.
        interactions: i32 = "interactions",
    }
}

/// One session.
pub async fn session(
    client: &impl GenericClient,
    tenant: &str,
    id: Uuid,
) -> Result<Option<Session>, StoreError> {
    let sql = format!("{} from elite.sessions where tenant = $1 and id = $2", Session::COLUMNS);
    Ok(client.query_opt(&sql, &[&tenant, &id]).await?.as_ref().map(Session::read))
}

/// Up to `limit` sessions, newest first, that are older than `before`.
pub async fn sessions(
    client: &impl GenericClient,
    tenant: &str,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "{} from elite.sessions where tenant = $1
         and ($2::timestamptz is null or (started_at, id) < ($2, $3::uuid))
         order by started_at desc, id desc limit $4",
        Session::COLUMNS
    );
    let (time, id) = (before.map(|before| before.time), before.map(|before| before.id));
    let rows = client.query(&sql, &[&tenant, &time, &id, &limit]).await?;
    Ok(rows.iter().map(Session::read).collect())
}
