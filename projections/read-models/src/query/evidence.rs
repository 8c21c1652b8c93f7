//! Passages of trusted and known sources that may speak of given ones: hybrid search, made for many passages at once.
//!
//! Words are looked up as for comparing (`candidates`): each sentence through its rarest. Meaning is looked up by the vectors that
//! passages have already. Both rankings are fused by place.

use std::collections::{BTreeSet, HashMap};

use event_model::family::check::TrustLevel;
use read_store::{GenericClient, Row, StoreError};
use uuid::Uuid;

use super::{
    candidates::{Lead, WordSample, best, leads_of, lexemes},
    search::{Fused, Place, Reader, VectorSupport, compared, indexed_rows, search_support},
    trust::{LEVEL, Trust, level},
};

/// Most passages given for one.
const EVIDENCE_MAX: i64 = 8;
/// Most that one ranking hands on.
const RANKED_MAX: usize = 12;
/// Most passages taken of those that hold one lead.
const HELD_BY_MAX: i64 = 40;
/// Vectors that are looked at before what is not trusted is left out.
const NEAR_MAX: i64 = 1_000;

/// Where evidence is looked for.
#[derive(Clone, Copy, Debug)]
pub struct EvidenceRequest<'a> {
    /// In whose documents.
    pub tenant: &'a str,
    /// Which of them may support anything.
    pub trust: &'a Trust,
    /// Who will read what is found.
    pub readable_by: Reader<'a>,
    /// The document that is checked, and its name: it and its other versions support nothing of it.
    pub beside: Option<(Uuid, &'a str)>,
    /// How common words are.
    pub sample: &'a WordSample,
}

/// A text that evidence is looked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Its sentences.
    pub sentences: Vec<&'a str>,
    /// Its vector by a model, if it has one.
    pub vector: Option<(&'a str, &'a [f32])>,
}

/// A passage that may support something.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The document.
    pub document_id: Uuid,
    /// Its name.
    pub name: String,
    /// The passage's number in it, from 0.
    pub ordinal: i32,
    /// First character of the document's text.
    pub start_char: i32,
    /// The passage.
    pub text: String,
    /// How far its source is trusted: known at least.
    pub trust: TrustLevel,
}

/// For each text up to eight passages that may speak of it, the most telling first.
pub async fn evidence(
    client: &impl GenericClient,
    request: &EvidenceRequest<'_>,
    texts: &[Asked<'_>],
) -> Result<Vec<Vec<Evidence>>, StoreError> {
    let sentences: Vec<Vec<&str>> = texts.iter().map(|text| text.sentences.clone()).collect();
    let lexemes = lexemes(client, &sentences).await?;
    let leads: Vec<Vec<Lead>> = lexemes.iter().map(|found| leads_of(found, request.sample)).collect();
    let held = holders(client, request, &leads).await?;
    let mut chosen = Vec::with_capacity(texts.len());
    for ((text, leads), held) in texts.iter().zip(&leads).zip(&held) {
        let worded = best(leads, held, RANKED_MAX);
        let meant = match text.vector {
            Some((model, vector)) => nearest(client, request, model, vector).await?,
            None => Vec::new(),
        };
        chosen.push(fused(&[worded, meant]));
    }
    let there = at(client, request, chosen.iter().flatten()).await?;
    let found = |places: Vec<Place>| places.iter().filter_map(|place| there.get(place).cloned()).collect();
    Ok(chosen.into_iter().map(found).collect())
}

/// The condition of what may be evidence: passage `c` of document `d`, which `r` brought. Its parameters are `$1` to `$7`.
fn may_support() -> String {
    format!(
        "c.tenant = $3 and d.status = 'parsed' and {LEVEL} > 0
         and ($4::bool or d.datasubject is null or d.datasubject is not distinct from $5::text)
         and ($6::uuid is null or (d.id <> $6 and d.name <> $7))"
    )
}

const SOURCES: &str =
    "join elite.documents d on d.id = c.document_id join elite.events r on r.event_id = d.received_event";

/// The values of the parameters of [`may_support`].
struct Given<'a> {
    request: &'a EvidenceRequest<'a>,
    all: bool,
    subject: Option<&'a str>,
    document: Option<Uuid>,
    name: Option<&'a str>,
}

impl<'a> Given<'a> {
    fn of(request: &'a EvidenceRequest<'a>) -> Self {
        let (all, subject) = match request.readable_by {
            Reader::All => (true, None),
            Reader::Subject(subject) => (false, subject),
        };
        let (document, name) = request.beside.unzip();
        Self { request, all, subject, document, name }
    }

    fn and<'s>(
        &'s self,
        more: &[&'s (dyn read_store::ToSql + Sync)],
    ) -> Vec<&'s (dyn read_store::ToSql + Sync)> {
        let [prefixes, levels] = self.request.trust.parameters();
        let mut all: Vec<&(dyn read_store::ToSql + Sync)> = vec![
            prefixes,
            levels,
            &self.request.tenant,
            &self.all,
            &self.subject,
            &self.document,
            &self.name,
        ];
        all.extend_from_slice(more);
        all
    }
}

/// For each text the passages that hold each of its leads.
async fn holders(
    client: &impl GenericClient,
    request: &EvidenceRequest<'_>,
    leads: &[Vec<Lead>],
) -> Result<Vec<Vec<(usize, Place)>>, StoreError> {
    let queries: Vec<&str> = leads.iter().flatten().map(|lead| lead.query.as_str()).collect();
    let owner = |(text, leads): (usize, &Vec<Lead>)| {
        (0..leads.len()).map(move |lead| (text, lead)).collect::<Vec<_>>()
    };
    let owners: Vec<(usize, usize)> = leads.iter().enumerate().flat_map(owner).collect();
    let mut held = vec![Vec::new(); leads.len()];
    if queries.is_empty() {
        return Ok(held);
    }
    let sql = format!(
        "select lead.number - 1, held.document_id, held.ordinal
         from unnest($8::text[]) with ordinality as lead(query, number)
         cross join lateral (
             select c.document_id, c.ordinal from elite.chunks c {SOURCES}
             where c.search @@ lead.query::tsquery and {} limit $9) as held",
        may_support()
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &Given::of(request).and(&[&queries, &HELD_BY_MAX])).await?;
    for row in &rows {
        let number = usize::try_from(row.get::<_, i64>(0)).unwrap_or_default();
        if let Some((text, lead)) = owners.get(number) {
            held[*text].push((*lead, (row.get(1), row.get(2))));
        }
    }
    Ok(held)
}

/// The passages that mean most alike.
async fn nearest(
    client: &impl GenericClient,
    request: &EvidenceRequest<'_>,
    model: &str,
    vector: &[f32],
) -> Result<Vec<Place>, StoreError> {
    let support = search_support(client, Some((model, vector.len()))).await?;
    let VectorSupport::Present { index, .. } = support.vectors else { return Ok(Vec::new()) };
    let column = compared(index, vector.len());
    let asked = column.replace("vector::", "$8::real[]::");
    let rows = indexed_rows(model, vector.len());
    let sql = format!(
        "select c.document_id, c.ordinal
         from (select document_id, ordinal, {column} <=> {asked} as distance from elite.embeddings
               where {rows} order by {column} <=> {asked} limit {NEAR_MAX}) as near
         join elite.chunks c on c.document_id = near.document_id and c.ordinal = near.ordinal {SOURCES}
         where {}
         order by near.distance, c.document_id, c.ordinal limit {RANKED_MAX}",
        may_support()
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &Given::of(request).and(&[&vector])).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The best places of two rankings.
fn fused(rankings: &[Vec<Place>]) -> Vec<Place> {
    let mut fused = Fused::default();
    for ranking in rankings {
        let ranked: Vec<(Place, f64)> = ranking.iter().map(|place| (*place, 0.0)).collect();
        fused.add(&ranked, |_, _| {});
    }
    fused.best(EVIDENCE_MAX).into_iter().map(|(place, ..)| place).collect()
}

/// The passages at these places.
async fn at(
    client: &impl GenericClient,
    request: &EvidenceRequest<'_>,
    places: impl Iterator<Item = &Place>,
) -> Result<HashMap<Place, Evidence>, StoreError> {
    let places: BTreeSet<Place> = places.copied().collect();
    let (documents, ordinals): (Vec<Uuid>, Vec<i32>) = places.into_iter().unzip();
    if documents.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select c.document_id, d.name, c.ordinal, c.start_char, c.text, {LEVEL} as level
         from unnest($8::uuid[], $9::int4[]) as place(document_id, ordinal)
         join elite.chunks c on c.document_id = place.document_id and c.ordinal = place.ordinal {SOURCES}
         where {}",
        may_support()
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &Given::of(request).and(&[&documents, &ordinals])).await?;
    Ok(rows.iter().map(of_row).map(|found| ((found.document_id, found.ordinal), found)).collect())
}

fn of_row(row: &Row) -> Evidence {
    Evidence {
        document_id: row.get(0),
        name: row.get(1),
        ordinal: row.get(2),
        start_char: row.get(3),
        text: row.get(4),
        trust: level(row.get(5)),
    }
}

/// The vectors of a document's passages by a model, by the passages' numbers.
pub async fn vectors_of(
    client: &impl GenericClient,
    document: Uuid,
    model: &str,
    ordinals: &[i32],
) -> Result<HashMap<i32, Vec<f32>>, StoreError> {
    let sql = "select ordinal, vector from elite.embeddings
               where document_id = $1 and model = $2 and in_use and ordinal = any($3)";
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, &[&document, &model, &ordinals]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_rankings_have_comes_first_and_few_are_given() {
        let place = |number: u128| (Uuid::from_u128(number), 0);
        let found = fused(&[vec![place(1), place(3)], vec![place(2), place(3)]]);
        assert_eq!(found, [place(3), place(1), place(2)]);
        assert_eq!(fused(&[(0..40).map(place).collect()]).len(), 8);
    }
}
