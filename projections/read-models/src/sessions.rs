//! Sessions: conversations, from start to end.

use async_trait::async_trait;
use event_model::Fact;
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    projection::{Projected, Projection},
    table::table_row,
};

const TABLE: &str = "sessions_v1";

/// The read model `sessions`.
pub(crate) struct Sessions;

table_row! {
    /// A conversation.
    struct SessionRow {
        id: Uuid,
        tenant: String,
        user_name: Option<String>,
        title: Option<String>,
        status: String,
        started_at: Timestamp,
        ended_at: Option<Timestamp>,
        interactions: i32,
        partition: i32,
        position: i64,
    }
}

#[async_trait]
impl Projection for Sessions {
    fn name(&self) -> &'static str {
        "sessions"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self, event_type: &str) -> bool {
        matches!(event_type, "session.started" | "session.ended" | "interaction.prompted")
    }

    fn create_sql(&self) -> &'static str {
        include_str!("sessions/create.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    async fn project(&self, tx: &Transaction<'_>, events: &[&Projected]) -> Result<u64, StoreError> {
        let ids = events.iter().filter_map(|event| session_of(event));
        let mut rows = Keyed::load(tx, TABLE, "id", ids, |row: &SessionRow| row.id).await?;
        for event in events {
            let Some(id) = session_of(event) else { continue };
            if let Some(row) = after(rows.get(id), id, event) {
                rows.put(id, row);
            }
        }
        rows.write(tx).await
    }
}

fn session_of(event: &Projected) -> Option<Uuid> {
    match event.fact.as_deref()? {
        Fact::InteractionPrompted(data) => Some(data.session),
        _ => event.subject,
    }
}

fn after(row: Option<&SessionRow>, id: Uuid, event: &Projected) -> Option<SessionRow> {
    let fact = event.fact.as_deref()?;
    let Some(row) = row else {
        let Fact::SessionStarted(data) = fact else { return None };
        return Some(SessionRow {
            id,
            tenant: event.tenant_column(),
            user_name: data.user.clone(),
            title: data.title.clone(),
            status: "open".to_owned(),
            started_at: event.event.recordedtime,
            ended_at: None,
            interactions: 0,
            partition: event.partition_column(),
            position: event.position_column(),
        });
    };
    if event.position_column() <= row.position {
        return None;
    }
    let mut row = SessionRow { position: event.position_column(), ..row.clone() };
    match fact {
        Fact::InteractionPrompted(_) => row.interactions = row.interactions.saturating_add(1),
        Fact::SessionEnded(_) if row.status == "open" => {
            "ended".clone_into(&mut row.status);
            row.ended_at = Some(event.event.recordedtime);
        }
        _ => return None,
    }
    Some(row)
}
