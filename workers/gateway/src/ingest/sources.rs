//! The sources that uploads are versions of: whether bytes that are known are still the newest of theirs, and from when on a new
//! version counts as received after the last one.

use std::collections::HashMap;

use event_model::Event;
use jiff::{SignedDuration, Timestamp};
use read_models::query::{Document, newest_versions};
use uuid::Uuid;

use crate::{problem::Answer, state::App};

/// Rows hold times in microseconds.
const MOMENT: SignedDuration = SignedDuration::from_micros(1);

/// A name, and the person whom what has it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) datasubject: Option<String>,
}

/// What is newest of a source.
#[derive(Clone, Copy, Debug, Default)]
struct Newest {
    document: Option<Uuid>,
    received_at: Option<Timestamp>,
}

/// The sources that a call is about.
pub(super) struct Sources(HashMap<Source, Newest>);

impl Sources {
    /// Those with these names.
    pub(super) async fn named(app: &App, names: &[&str]) -> Answer<Self> {
        let client = app.store.client().await?;
        let found = newest_versions(&client, &app.tenant.0, names).await?;
        let newest = found.into_iter().map(|row| {
            let newest = Newest { document: row.document, received_at: Some(row.received_at) };
            (Source { name: row.name, datasubject: row.datasubject }, newest)
        });
        Ok(Self(newest.collect()))
    }

    /// The document that is newer than `row`, or that took its place; none if `row` is what `source` is now. Handing its bytes in
    /// again then makes them the newest.
    pub(super) fn replaced(&self, source: &Source, row: &Document) -> Option<Uuid> {
        let newest = self.newest(source).filter(|newest| *newest != row.id);
        newest.or(row.superseded_by.filter(|_| row.status == "superseded"))
    }

    /// Whether `row` is what `source` is now, so that handing its bytes in again changes nothing.
    pub(super) fn stands(&self, source: &Source, row: &Document) -> bool {
        row.status != "deleted" && self.replaced(source, row).is_none()
    }

    /// The newest document of `source` that was not deleted.
    pub(super) fn newest(&self, source: &Source) -> Option<Uuid> {
        self.0.get(source)?.document
    }

    /// `event` brings a version of `source`. It is recorded after what came before it, whatever this machine's clock says: which of two
    /// versions is the newer must not depend on a clock that was set back, or on which gateway took them in.
    pub(super) fn add(&mut self, source: Source, document: Uuid, event: &mut Event) {
        let newest = self.0.entry(source).or_default();
        let after = newest.received_at.and_then(|last| last.checked_add(MOMENT).ok());
        event.recordedtime = after.map_or(event.recordedtime, |after| after.max(event.recordedtime));
        *newest = Newest { document: Some(document), received_at: Some(event.recordedtime) };
    }
}
