//! The events that every test program folds and works on.

use event_log::{Clock, ManualClock};
use event_model::{Event, EventDraft, Tenant, family::session::SessionStarted};
use uuid::Uuid;

/// An event; its number is its id and must be above 0.
pub(crate) fn event(number: u128, key: &str) -> Event {
    let draft = EventDraft {
        id: Uuid::from_u128(number),
        source: "/test".into(),
        subject: key.into(),
        partitionkey: key.into(),
        tenant: Tenant::default(),
        time: ManualClock::default().now(),
        data: SessionStarted { user: None, title: None },
    };
    draft.build().unwrap()
}
