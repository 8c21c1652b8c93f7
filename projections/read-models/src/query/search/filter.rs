//! Which passages may be found at all.

use read_store::ToSql;
use uuid::Uuid;

use super::{SearchRequest, words::excluded};

/// Whose passages may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader<'a> {
    /// Everybody's.
    All,
    /// Those that are about nobody, and those about this data subject.
    Subject(Option<&'a str>),
}

/// Which passages are wanted; all where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Filter<'a> {
    /// In this document only.
    pub document: Option<Uuid>,
    /// In documents of this kind only: `prose`, `code` or `chat`.
    pub kind: Option<&'a str>,
    /// In documents in this language only, as BCP 47.
    pub language: Option<&'a str>,
    /// In documents that satisfy at least this share of the rules.
    pub quality_min: Option<f64>,
    /// Not in documents that were checked and have less support from trusted sources than this, 0 to 1, or of which nothing can be said.
    /// What is trusted itself is not checked.
    pub support_min: Option<f64>,
}

impl Filter<'_> {
    /// Whether it leaves passages out of a tenant's that a part of a search may have found before it knows.
    pub(super) fn is_narrow(&self) -> bool {
        *self != Self::default()
    }
}

/// The condition on a passage `c`. Its parameters are `$1` to `$8`; those of a part of the search begin with `$9`. What a minus
/// excludes is found by no part, be it as near in meaning as it may.
pub(super) const WANTED: &str = "c.tenant = $1
    and ($2::bool or not exists (select from elite.documents about where about.id = c.document_id
         and about.datasubject is not null and about.datasubject is distinct from $3::text))
    and ($4::uuid is null or c.document_id = $4)
    and (($5::text is null and ($6::float8[])[1] is null)
         or exists (select from elite.knowledge k where k.document_id = c.document_id
                    and ($5 is null or k.profile = $5) and ($6[1] is null or k.quality >= $6[1])))
    and ($6[2] is null or not exists (select from elite.checks k where k.id = c.document_id and k.kind = 'document'
                                      and coalesce(k.score, 0) < $6[2]))
    and ($7::text is null or c.language = $7)
    and ($8::text is null or not c.search @@ websearch_to_tsquery('elite.english', $8))";

/// The values of the parameters of [`WANTED`].
pub(super) struct Wanted<'a> {
    tenant: &'a str,
    all: bool,
    subject: Option<&'a str>,
    filter: Filter<'a>,
    /// The least quality, and the least support.
    scores_min: Vec<Option<f64>>,
    excluded: Option<String>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(request: &SearchRequest<'a>) -> Self {
        let (all, subject) = match request.readable_by {
            Reader::All => (true, None),
            Reader::Subject(subject) => (false, subject),
        };
        let (excluded, filter) = (excluded(request.query), request.filter);
        let scores_min = vec![filter.quality_min, filter.support_min];
        Self { tenant: request.tenant, all, subject, filter, scores_min, excluded }
    }

    /// The parameters, followed by `more`.
    pub(super) fn and<'s>(&'s self, more: &[&'s (dyn ToSql + Sync)]) -> Vec<&'s (dyn ToSql + Sync)> {
        let Filter { document, kind, language, .. } = &self.filter;
        let mut all: Vec<&(dyn ToSql + Sync)> = vec![
            &self.tenant,
            &self.all,
            &self.subject,
            document,
            kind,
            &self.scores_min,
            language,
            &self.excluded,
        ];
        all.extend_from_slice(more);
        all
    }
}
