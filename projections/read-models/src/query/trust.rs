//! How far each source is trusted. A setting, so that nothing that is folded depends on it: it is applied when something is looked for.
//!
//! A document's source is its producer and its name, `PRODUCER/NAME`: `/gateway/guides/start.md` was handed in at the gateway.

use event_model::{BlobRef, family::check::TrustLevel};
use read_store::{GenericClient, StoreError, ToSql};

/// The sources that are trusted, each with all that is below it; of two that hold a document's source the longer one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    prefixes: Vec<String>,
    levels: Vec<i32>,
}

impl Trust {
    /// Trust in these sources. Each ends where a name ends: `/gateway/guides` holds `/gateway/guides/a.md`, and not
    /// `/gateway/guides-of-others/a.md`.
    pub fn new(sources: impl IntoIterator<Item = (String, TrustLevel)>) -> Self {
        let mut sources: Vec<(String, i32)> =
            sources.into_iter().map(|(source, level)| (below(&source), level as i32)).collect();
        sources.sort();
        let (prefixes, levels) = sources.into_iter().unzip();
        Self { prefixes, levels }
    }

    /// Whether it names no source that may support anything.
    pub fn is_empty(&self) -> bool {
        self.levels.iter().all(|level| *level == TrustLevel::Unknown as i32)
    }

    /// Changes with every setting.
    pub fn digest(&self) -> String {
        let lines =
            self.prefixes.iter().zip(&self.levels).map(|(prefix, level)| format!("{level} {prefix}\n"));
        BlobRef::of(lines.collect::<String>().as_bytes()).hex()[..16].to_owned()
    }

    /// The parameters that [`LEVEL`] looks at.
    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 2] {
        [&self.prefixes, &self.levels]
    }
}

/// What every source begins with that is this one or below it.
fn below(source: &str) -> String {
    if source.ends_with(['/', ':']) { source.to_owned() } else { format!("{source}/") }
}

/// How far the source of document `d` is trusted, whose `document.received` is `r`. Its parameters are `$1` and `$2`.
pub(super) const LEVEL: &str =
    "coalesce((select trust.level from unnest($1::text[], $2::int4[]) as trust(prefix, level)
    where starts_with(r.source || '/' || d.name || '/', trust.prefix)
    order by length(trust.prefix) desc limit 1), 0)";

/// The level that a row says.
pub(super) fn level(number: i32) -> TrustLevel {
    match number {
        2 => TrustLevel::Trusted,
        1 => TrustLevel::Known,
        _ => TrustLevel::Unknown,
    }
}

/// How many documents in use are of trusted and of known sources.
pub async fn trusted_documents(client: &impl GenericClient, trust: &Trust) -> Result<(u64, u64), StoreError> {
    let sql = format!(
        "select count(*) filter (where level = 2), count(*) filter (where level = 1)
         from (select {LEVEL} as level from elite.documents d join elite.events r on r.event_id = d.received_event
               where d.status = 'parsed') as levels"
    );
    let statement = client.prepare_cached(&sql).await?;
    let row = client.query_one(&statement, &trust.parameters()).await?;
    Ok((row.get::<_, i64>(0).unsigned_abs(), row.get::<_, i64>(1).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(sources: &[(&str, TrustLevel)]) -> Trust {
        Trust::new(sources.iter().map(|(source, level)| ((*source).to_owned(), *level)))
    }

    #[test]
    fn a_source_ends_where_a_name_ends() {
        let sources = [("/gateway/guides", TrustLevel::Trusted), ("urn:docs:", TrustLevel::Known)];
        assert_eq!(trust(&sources).prefixes, ["/gateway/guides/", "urn:docs:"]);
    }

    #[test]
    fn the_digest_changes_with_level_and_source_and_not_with_the_order() {
        let (one, other) = (("/a", TrustLevel::Trusted), ("/b", TrustLevel::Known));
        assert_eq!(trust(&[one, other]).digest(), trust(&[other, one]).digest());
        assert_ne!(trust(&[one]).digest(), trust(&[("/a", TrustLevel::Known)]).digest());
        assert_ne!(trust(&[one]).digest(), trust(&[("/b", TrustLevel::Trusted)]).digest());
    }

    #[test]
    fn what_nobody_trusts_asks_for_nothing() {
        assert!(Trust::default().is_empty() && trust(&[("/a", TrustLevel::Unknown)]).is_empty());
        assert!(!trust(&[("/a", TrustLevel::Known)]).is_empty());
        assert_eq!([0, 1, 2].map(level), [TrustLevel::Unknown, TrustLevel::Known, TrustLevel::Trusted]);
    }
}
