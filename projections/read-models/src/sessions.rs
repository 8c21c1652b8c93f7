//! Sessions: conversations, from start to end.

use async_trait::async_trait;
use event_model::{EventData, Fact, family::interaction::InteractionPrompted};
use jiff::Timestamp;
use read_store::{StoreError, Transaction};
use uuid::Uuid;

use crate::{
    keyed::Keyed,
    projection::{Belonging, OWNED, Projected, Projection},
    table::table_row,
};

const TABLE: &str = "sessions_v2";

/// The read model `sessions`.
pub(crate) struct Sessions;

table_row! {
    /// A conversation.
    struct SessionRow {
        id: Uuid,
        tenant: String,
        datasubject: Option<String>,
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
        2
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

    fn reader_indexes(&self) -> &'static [&'static str] {
        &["sessions_v2_listing"]
    }

    fn belongings(&self) -> &'static [Belonging] {
        &[Belonging { table: TABLE, rows: OWNED }]
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

/// A question is counted whoever asked and whether or not it can still be read, so its session is taken from its key.
fn session_of(event: &Projected) -> Option<Uuid> {
    if is_question(event) { event.event.partitionkey.parse().ok() } else { event.subject }
}

fn is_question(event: &Projected) -> bool {
    &*event.event.event_type == InteractionPrompted::TYPE
}

fn after(row: Option<&SessionRow>, id: Uuid, event: &Projected) -> Option<SessionRow> {
    let Some(row) = row else { return started(id, event) };
    if event.position_column() <= row.position {
        return None;
    }
    let mine = event.may_touch(row.datasubject.as_deref());
    let mut next = SessionRow { position: event.position_column(), ..row.clone() };
    match event.fact.as_deref() {
        _ if is_question(event) => next.interactions = next.interactions.saturating_add(1),
        Some(Fact::SessionEnded(_)) if row.status == "open" && mine => {
            "ended".clone_into(&mut next.status);
            next.ended_at = Some(event.event.recordedtime);
        }
        Some(Fact::SessionStarted(_)) if event.may_replace(row.datasubject.as_deref()) => {
            return started(id, event);
        }
        _ => return None,
    }
    Some(next)
}

fn started(id: Uuid, event: &Projected) -> Option<SessionRow> {
    let Fact::SessionStarted(data) = event.fact.as_deref()? else { return None };
    Some(SessionRow {
        id,
        tenant: event.tenant_column(),
        datasubject: event.datasubject_column(),
        user_name: data.user.clone(),
        title: data.title.clone(),
        status: "open".to_owned(),
        started_at: event.event.recordedtime,
        ended_at: None,
        interactions: 0,
        partition: event.partition_column(),
        position: event.position_column(),
    })
}
