//! Clusters of near duplicates: documents in use that share a `MinHash` band, directly or through others.
//!
//! Found when somebody asks, along the index on bands, and kept nowhere. So a cluster is the same in whatever order its documents
//! came, and what is deleted or superseded connects nobody any more. Each document of a cluster is read once, each band looked
//! up once; a cluster that is larger than its bound is said to be so, and has no name.

use std::collections::{BTreeMap, BTreeSet};

use read_store::{GenericClient, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// Most documents that a cluster is followed to.
pub const CLUSTER_MEMBERS_MAX: usize = 500;
/// Bands that are looked up at once. Each is found through the index by itself: of many in one condition the planner thinks that
/// they are in every row.
const BANDS_AT_ONCE: usize = 250;
/// Most look-ups. Documents of one cluster mostly share a band with each other.
const STEPS_MAX: usize = 100;
/// Most members that are named.
const NAMED_MAX: usize = 50;

/// A cluster of near duplicates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cluster {
    /// Its smallest document id, which every member tells alike; nothing if it was not followed to its end.
    pub id: Option<Uuid>,
    /// Documents that were found.
    pub size: usize,
    /// Whether these are all.
    pub complete: bool,
    /// The first of them, by id.
    pub members: Vec<ClusterMember>,
}

/// A document of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClusterMember {
    /// The document.
    pub document_id: Uuid,
    /// Its name.
    pub name: String,
}

/// What was found of a cluster, and where to look on.
struct Found {
    names: BTreeMap<Uuid, String>,
    bands: BTreeSet<i64>,
    frontier: Vec<i64>,
}

/// The cluster of a document, of up to `members_max`; none if the document is not in use or not judged. One whose text is too
/// short to have bands is with those that have the very same.
pub async fn cluster_of(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
    members_max: usize,
) -> Result<Option<Cluster>, StoreError> {
    let sql = "select d.name, k.bands, k.text_hash from elite.knowledge k
               join elite.documents d on d.id = k.document_id and d.status = 'parsed'
               where k.tenant = $1 and k.document_id = $2 and k.text_hash is not null";
    let statement = client.prepare_cached(sql).await?;
    let Some(row) = client.query_opt(&statement, &[&tenant, &document]).await? else { return Ok(None) };
    let (frontier, hash): (Vec<i64>, String) = (row.get(1), row.get(2));
    let names = BTreeMap::from([(document, row.get(0))]);
    let mut found = Found { names, bands: frontier.iter().copied().collect(), frontier };
    let complete = if found.frontier.is_empty() {
        found.with_the_same_text(client, tenant, &hash, members_max).await?
    } else {
        found.follow(client, tenant, members_max).await?
    };
    Ok(Some(found.cluster(complete)))
}

impl Found {
    /// Goes on as long as there is something new. Whether it came to the end.
    async fn follow(
        &mut self,
        client: &impl GenericClient,
        tenant: &str,
        members_max: usize,
    ) -> Result<bool, StoreError> {
        // Left to itself the planner begins with the documents, all of them.
        let sql = "with near as materialized (
                       select distinct k.document_id, k.bands from unnest($2::int8[]) as wanted(band)
                       cross join lateral (select document_id, bands from elite.knowledge
                                           where tenant = $1 and bands @> array[wanted.band] offset 0) as k)
                   select near.document_id, d.name, near.bands from near
                   join elite.documents d on d.id = near.document_id and d.status = 'parsed' limit $3";
        let statement = client.prepare_cached(sql).await?;
        let limit = i64::try_from(members_max).unwrap_or(i64::MAX).saturating_add(1);
        for _ in 0..STEPS_MAX {
            if self.frontier.is_empty() {
                return Ok(true);
            }
            let bands = self.frontier.split_off(self.frontier.len().saturating_sub(BANDS_AT_ONCE));
            for row in client.query(&statement, &[&tenant, &bands, &limit]).await? {
                self.names.insert(row.get(0), row.get(1));
                let new = row.get::<_, Vec<i64>>(2).into_iter().filter(|band| self.bands.insert(*band));
                self.frontier.extend(new);
            }
            if self.names.len() > members_max {
                return Ok(false);
            }
        }
        Ok(self.frontier.is_empty())
    }

    async fn with_the_same_text(
        &mut self,
        client: &impl GenericClient,
        tenant: &str,
        hash: &str,
        members_max: usize,
    ) -> Result<bool, StoreError> {
        let sql = "select k.document_id, d.name from elite.knowledge k
                   join elite.documents d on d.id = k.document_id and d.status = 'parsed'
                   where k.tenant = $1 and k.text_hash = $2 order by k.document_id limit $3";
        let statement = client.prepare_cached(sql).await?;
        let limit = i64::try_from(members_max).unwrap_or(i64::MAX).saturating_add(1);
        let rows = client.query(&statement, &[&tenant, &hash, &limit]).await?;
        let complete = rows.len() <= members_max;
        self.names.extend(rows.iter().take(members_max).map(|row| (row.get(0), row.get(1))));
        Ok(complete)
    }

    fn cluster(self, complete: bool) -> Cluster {
        let id = self.names.keys().next().copied().filter(|_| complete);
        let size = self.names.len();
        let member = |(document_id, name)| ClusterMember { document_id, name };
        Cluster { id, size, complete, members: self.names.into_iter().map(member).take(NAMED_MAX).collect() }
    }
}
