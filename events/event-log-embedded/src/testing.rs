//! A small log and events for the unit tests of this crate.

use std::path::Path;

use event_log::{CreationOptions, ManualClock, RepeatWindow};
use event_model::{Event, EventDraft, Tenant, family::session::SessionEnded};
use uuid::Uuid;

use crate::EmbeddedLog;

/// A log of one partition that recognises the last ten ids.
pub(crate) fn open(dir: &Path) -> EmbeddedLog {
    let options = CreationOptions { partitions: 1, repeats: RepeatWindow(10) };
    EmbeddedLog::open(dir, options, &ManualClock::default()).unwrap()
}

/// An event.
pub(crate) fn event(id: u128) -> Event {
    let draft = EventDraft {
        id: Uuid::from_u128(id),
        source: "/test".into(),
        subject: "session".into(),
        partitionkey: "session".into(),
        tenant: Tenant::default(),
        time: jiff::Timestamp::UNIX_EPOCH,
        data: SessionEnded { reason: None },
    };
    draft.build().unwrap()
}
