//! Turning what a role found into the event that records it.

use event_log::Clock;
use event_model::{Event, EventData, EventDraft, Fact, result_event_id};
use uuid::Uuid;
use worker_runtime::WorkError;

use crate::ActingRole;

/// The event that records `data` as the result of `cause`.
pub(crate) fn result<T: EventData>(
    role: &ActingRole,
    cause: &Event,
    clock: &dyn Clock,
    data: T,
) -> Result<Event, WorkError> {
    result_with_id(result_event_id(role.name, role.version, cause.id, 0), role, cause, clock, data)
}

/// The same, where more than role and cause decide what the result is, and so its id.
pub(crate) fn result_with_id<T: EventData>(
    id: Uuid,
    role: &ActingRole,
    cause: &Event,
    clock: &dyn Clock,
    data: T,
) -> Result<Event, WorkError> {
    let draft = EventDraft {
        id,
        source: format!("/roles/{}/{}", role.name, role.version),
        subject: cause.subject.to_string(),
        partitionkey: cause.partitionkey.to_string(),
        tenant: cause.tenant.clone(),
        time: clock.now(),
        data,
    };
    draft.build().map_err(WorkError::dead_letter)
}

/// The payload of a cause.
pub(crate) fn fact(cause: &Event) -> Result<Fact, WorkError> {
    Fact::decode(&cause.event_type, &cause.dataschema, &cause.data).map_err(WorkError::dead_letter)
}

/// A role was handed a cause that is not its own, which only a fault in the catalogue can do.
pub(crate) fn foreign(role: &ActingRole, cause: &Event) -> WorkError {
    WorkError::dead_letter(format!("role {} cannot act on {}", role.name, &*cause.event_type))
}
