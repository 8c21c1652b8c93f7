//! The role that acts in tests, and the result of its work.

use event_log::{Clock, ManualClock};
use event_model::{Event, EventDraft, family::session::SessionEnded, result_event_id};

pub(crate) const ROLE: &str = "act";

/// The result of `cause`; always the same but for its time.
pub(crate) fn result(cause: &Event) -> Event {
    let draft = EventDraft {
        id: result_event_id(ROLE, 1, cause.id, 0),
        source: "/roles/act/1".into(),
        subject: cause.subject.to_string(),
        partitionkey: cause.partitionkey.to_string(),
        tenant: cause.tenant.clone(),
        time: ManualClock::default().now(),
        data: SessionEnded { reason: None },
    };
    draft.build().unwrap().caused_by(cause)
}
