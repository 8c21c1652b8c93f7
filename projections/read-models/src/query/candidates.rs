//! Passages that may speak of the same as given ones, found by the index through their rarest words. Not a judgement: who asks
//! compares the texts. What a passage costs does not grow with the corpus, since words that many passages hold lead nowhere.

mod leads;
mod sample;

use std::collections::{BTreeSet, HashMap};

use read_store::{GenericClient, StoreError};
use uuid::Uuid;

pub(super) use self::leads::{Lead, best, leads_of};
pub use self::sample::WordSample;
use super::{row, search::without_marks};

/// Most passages given for one.
const CANDIDATES_MAX: usize = 8;
/// Most that are looked up for one, of which some may be nobody's to compare.
const LOOKED_UP_MAX: usize = 12;
/// Most passages taken of those that hold one lead.
const HELD_BY_MAX: i64 = 40;

row! {
    /// A passage that may be compared: of a document that is in use and about nobody.
    Comparable {
        /// The document.
        document_id: Uuid = "c.document_id",
        /// The document's name.
        name: String = "d.name",
        /// Its number in the document, from 0.
        ordinal: i32 = "c.ordinal",
        /// Headings above it, outermost first.
        heading_path: Vec<String> = "c.heading_path",
        /// First character of the document's text.
        start_char: i32 = "c.start_char",
        /// The passage.
        text: String = "c.text",
    }
}

const FROM: &str = "from elite.chunks c join elite.documents d on d.id = c.document_id and d.status = 'parsed' and d.datasubject is null";

/// Up to `limit` passages of a document from `ordinal` on; none of one that is not in use or about a data subject.
pub async fn comparable_passages(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
    ordinal: i32,
    limit: i64,
) -> Result<Vec<Comparable>, StoreError> {
    let sql = format!(
        "{} {FROM} where c.tenant = $1 and c.document_id = $2 and c.ordinal >= $3 order by c.ordinal limit $4",
        Comparable::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenant, &document, &ordinal, &limit]).await?;
    Ok(rows.iter().map(Comparable::read).collect())
}

/// For each of some passages of one document, given as their sentences, up to eight passages of other sources that share rare words
/// with one of its sentences, the most telling first.
pub async fn candidates(
    client: &impl GenericClient,
    tenant: &str,
    (document, name): (Uuid, &str),
    passages: &[Vec<&str>],
    sample: &WordSample,
) -> Result<Vec<Vec<Comparable>>, StoreError> {
    let lexemes = lexemes(client, passages).await?;
    let leads: Vec<Vec<Lead>> = lexemes.iter().map(|sentences| leads_of(sentences, sample)).collect();
    let holders = holders(client, tenant, document, &leads).await?;
    let chosen: Vec<Vec<(Uuid, i32)>> =
        leads.iter().zip(&holders).map(|(leads, held)| best(leads, held, LOOKED_UP_MAX)).collect();
    let there = at(client, tenant, name, chosen.iter().flatten()).await?;
    let found = |places: Vec<(Uuid, i32)>| {
        places.iter().filter_map(|place| there.get(place).cloned()).take(CANDIDATES_MAX).collect()
    };
    Ok(chosen.into_iter().map(found).collect())
}

/// The words of each sentence as they are indexed.
pub(super) async fn lexemes(
    client: &impl GenericClient,
    passages: &[Vec<&str>],
) -> Result<Vec<Vec<Vec<String>>>, StoreError> {
    let sentences: Vec<String> = passages.iter().flatten().map(|text| without_marks(text)).collect();
    let statement = client
        .prepare_cached(
            "select tsvector_to_array(to_tsvector('elite.english', left(text, 10000)))
             from unnest($1::text[]) with ordinality as sentence(text, number) order by number",
        )
        .await?;
    let rows = client.query(&statement, &[&sentences]).await?;
    let mut words = rows.iter().map(|row| row.get::<_, Vec<String>>(0));
    Ok(passages.iter().map(|sentences| words.by_ref().take(sentences.len()).collect()).collect())
}

/// For each passage the other documents' passages that hold each of its leads.
async fn holders(
    client: &impl GenericClient,
    tenant: &str,
    document: Uuid,
    leads: &[Vec<Lead>],
) -> Result<Vec<Vec<(usize, (Uuid, i32))>>, StoreError> {
    let queries: Vec<&str> = leads.iter().flatten().map(|lead| lead.query.as_str()).collect();
    let owners: Vec<(usize, usize)> = leads
        .iter()
        .enumerate()
        .flat_map(|(passage, leads)| (0..leads.len()).map(move |lead| (passage, lead)))
        .collect();
    let mut held = vec![Vec::new(); leads.len()];
    if queries.is_empty() {
        return Ok(held);
    }
    let statement = client
        .prepare_cached(
            "select lead.number - 1, held.document_id, held.ordinal
             from unnest($3::text[]) with ordinality as lead(query, number)
             cross join lateral (
                 select c.document_id, c.ordinal from elite.chunks c
                 where c.search @@ lead.query::tsquery and c.tenant = $1 and c.document_id <> $2 limit $4) as held",
        )
        .await?;
    let rows = client.query(&statement, &[&tenant, &document, &queries, &HELD_BY_MAX]).await?;
    for row in &rows {
        let number = usize::try_from(row.get::<_, i64>(0)).unwrap_or_default();
        if let Some((passage, lead)) = owners.get(number) {
            held[*passage].push((*lead, (row.get(1), row.get(2))));
        }
    }
    Ok(held)
}

/// The passages at these places, but for those of versions of the source `name`, which take each other's place anyway.
async fn at(
    client: &impl GenericClient,
    tenant: &str,
    name: &str,
    places: impl Iterator<Item = &(Uuid, i32)>,
) -> Result<HashMap<(Uuid, i32), Comparable>, StoreError> {
    let places: BTreeSet<(Uuid, i32)> = places.copied().collect();
    let (documents, ordinals): (Vec<Uuid>, Vec<i32>) = places.into_iter().unzip();
    if documents.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "{} {FROM} join unnest($3::uuid[], $4::int4[]) as place(document_id, ordinal)
             on place.document_id = c.document_id and place.ordinal = c.ordinal
         where c.tenant = $1 and d.name <> $2",
        Comparable::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenant, &name, &documents, &ordinals]).await?;
    let found = rows.iter().map(Comparable::read);
    Ok(found.map(|passage| ((passage.document_id, passage.ordinal), passage)).collect())
}

/// Moves what was indexed last to where it is looked up quickly. Without it each lookup reads the whole list of what came since the
/// database cleared up by itself, which the embedded one never does. Says nothing about what is found.
pub async fn settle_index(client: &impl GenericClient) -> Result<(), StoreError> {
    let sql = "select gin_clean_pending_list(i.indexrelid::regclass)
        from pg_catalog.pg_index i
        join pg_catalog.pg_class c on c.oid = i.indexrelid
        join pg_catalog.pg_am a on a.oid = c.relam and a.amname = 'gin'
        join pg_catalog.pg_class t on t.oid = i.indrelid
        join pg_catalog.pg_namespace n on n.oid = t.relnamespace and n.nspname = 'elite'
        where t.relname like 'chunks\\_v%'";
    client.query(sql, &[]).await?;
    Ok(())
}
