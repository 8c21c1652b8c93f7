//! Versions of a source: the documents of one tenant and data subject that have one name. The one received last is the newest.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use uuid::Uuid;

use super::row;

row! {
    /// What is newest of a source.
    NewestVersion {
        /// The name of its documents.
        name: String = "d.name",
        /// The person whom they are about.
        datasubject: Option<String> = "d.datasubject",
        /// When the last of its versions was received, be it deleted or not.
        received_at: Timestamp = "max(d.received_at)",
        /// The last one that is not deleted.
        document: Option<Uuid> = "(array_agg(d.id order by d.received_at desc, d.received_event desc)
            filter (where d.status <> 'deleted'))[1]",
    }
}

/// What is newest of the sources with these names. One name may be several sources: one of each data subject, and one of nobody.
pub async fn newest_versions(
    client: &impl GenericClient,
    tenant: &str,
    names: &[&str],
) -> Result<Vec<NewestVersion>, StoreError> {
    let sql = format!(
        "{} from elite.documents d
         where d.tenant = $1 and d.name = any($2)
           and md5(d.name) = any(array(select md5(wanted) from unnest($2::text[]) as wanted))
         group by d.name, d.datasubject",
        NewestVersion::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    Ok(client.query(&statement, &[&tenant, &names]).await?.iter().map(NewestVersion::read).collect())
}

row! {
    /// Another version beside a given one, neither deleted nor superseded.
    OtherVersion {
        /// The document.
        id: Uuid = "o.id",
        /// The event that brought it.
        received_event: Uuid = "o.received_event",
        /// Whether its text is in use.
        is_parsed: bool = "o.status = 'parsed'",
        /// Whether it is older than the given one.
        is_older: bool = "(o.received_at, o.received_event) < (d.received_at, d.received_event)",
        /// The event that brought the given one.
        given_received_event: Uuid = "d.received_event",
    }
}

/// The versions of its source that stand beside `document`, oldest first; none if it is not itself one that stands, or if
/// `event` neither brought it nor parsed it as it is now.
pub async fn other_versions(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
    event: Uuid,
) -> Result<Vec<OtherVersion>, StoreError> {
    let sql = format!(
        "{} from elite.documents d
         join elite.documents o on o.tenant = d.tenant and md5(o.name) = md5(d.name) and o.name = d.name
             and o.datasubject is not distinct from d.datasubject and o.id <> d.id
         where d.tenant = $1 and d.id = $2 and $3 in (d.received_event, d.decided_event)
           and d.status in ('received', 'parsed', 'rejected') and o.status in ('received', 'parsed', 'rejected')
         order by o.received_at, o.received_event",
        OtherVersion::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenant, &document, &event]).await?;
    Ok(rows.iter().map(OtherVersion::read).collect())
}

row! {
    /// A version in the history of a source. Bytes that came back after another version are a version again.
    Version {
        /// Its number in the history, from 1.
        version: i64 = "v.version",
        /// The document.
        document_id: Uuid = "v.id",
        /// When it was received.
        received_at: Timestamp = "v.recorded_at",
        /// The event that brought it.
        received_event: Uuid = "v.event_id",
        /// `received`, `parsed`, `rejected`, `superseded` or `deleted`.
        status: String = "case when v.came_back then 'superseded' else v.status end",
        /// The blob of its bytes.
        content: String = "v.content",
        /// Number of bytes.
        size_bytes: i64 = "v.size_bytes",
        /// Media type found by looking at the bytes.
        media_type: Option<String> = "v.media_type",
        /// Title.
        title: Option<String> = "v.title",
        /// Characters of text.
        characters: Option<i64> = "v.characters",
        /// Why it was rejected, for programs.
        rejection_reason: Option<String> = "v.rejection_reason",
        /// Why it was rejected and what to do, for people.
        rejection_detail: Option<String> = "v.rejection_detail",
    }
}

/// The versions of the source of `document`, newest first: `limit` of those with a number below `below`.
pub async fn versions_of(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
    below: i64,
    limit: i64,
) -> Result<Vec<Version>, StoreError> {
    let sql = format!(
        "with received as (
             select o.*, e.event_id, e.recorded_at, lag(o.id) over (order by e.recorded_at, e.event_id) as id_before
             from elite.documents d
             join elite.documents o on o.tenant = d.tenant and md5(o.name) = md5(d.name) and o.name = d.name
                 and o.datasubject is not distinct from d.datasubject
             join elite.events e on e.tenant = o.tenant and e.subject = o.id::text and e.type = 'document.received'
             where d.tenant = $1 and d.id = $2),
         v as (
             select received.*, row_number() over (order by recorded_at, event_id) as version,
                    lead(event_id) over (partition by id order by recorded_at, event_id) is not null as came_back
             from received where id_before is distinct from id)
         {} from v where v.version < $3 order by v.version desc limit $4",
        Version::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenant, &document, &below, &limit]).await?;
    Ok(rows.iter().map(Version::read).collect())
}
