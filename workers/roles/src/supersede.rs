//! What a decision about one version of a source means for its other versions: a parsed one takes the place of every older
//! one. Not a role of its own: `validate` finds it out of what was parsed, and `parse` of what it rejects.
//!
//! Versions have keys of their own, so no fold can see two of them; whoever decides looks at the rows of all. None is missed:
//! every version of a source looks after its row is there, and of an older one and a parsed newer one at least one looks after
//! both rows are as they end.
//!
//! ```text
//!   newer  received ---- parsed, folded -- looks: every older one that it sees is superseded
//!   older  received ---------------------- rejects, looks: superseded if it sees a newer one that is parsed
//!   older  received ---- parsed, folded -- looks: the same
//! ```
//!
//! An older version whose row was there when the newer one looked was seen then. One whose row was not there yet looks later
//! itself, and sees that the newer one is parsed. Two that see each other say the same: the event's id is derived from the pair.

use event_log::Clock;
use event_model::{Event, EventDraft, family::document::DocumentSuperseded, superseded_event_id};
use read_models::query::{OtherVersion, other_versions};
use read_store::Store;
use uuid::Uuid;
use worker_runtime::WorkError;

use crate::ActingRole;

/// Which versions are out of use now that `cause` made of its document what it is: parsed or not.
pub(crate) async fn superseded(
    store: &Store,
    role: &ActingRole,
    cause: &Event,
    is_parsed: bool,
    clock: &dyn Clock,
) -> Result<Vec<Event>, WorkError> {
    let document: Uuid = cause.subject.parse().map_err(WorkError::dead_letter)?;
    let client = store.client().await.map_err(WorkError::retry)?;
    let others = other_versions(&client, &cause.tenant.0, document, cause.id).await?;
    drop(client);
    pairs(document, &others, is_parsed).map(|pair| pair.event(role, cause, clock)).collect()
}

/// An older version, and one that took its place; each with the event that brought it.
#[derive(Debug, PartialEq, Eq)]
struct Pair {
    older: (Uuid, Uuid),
    newer: (Uuid, Uuid),
}

/// `others` are in order, oldest first: of several newer ones the next is named.
fn pairs(document: Uuid, others: &[OtherVersion], is_parsed: bool) -> impl Iterator<Item = Pair> {
    let older = others.iter().filter(move |other| is_parsed && other.is_older).map(move |other| Pair {
        older: (other.id, other.received_event),
        newer: (document, other.given_received_event),
    });
    let newer = others.iter().find(|other| !other.is_older && other.is_parsed).map(move |other| Pair {
        older: (document, other.given_received_event),
        newer: (other.id, other.received_event),
    });
    older.chain(newer)
}

impl Pair {
    fn event(&self, role: &ActingRole, cause: &Event, clock: &dyn Clock) -> Result<Event, WorkError> {
        let subject = self.older.0.to_string();
        let draft = EventDraft {
            id: superseded_event_id(self.older.1, self.newer.1),
            source: format!("/roles/{}/{}", role.name, role.version),
            partitionkey: subject.clone(),
            subject,
            tenant: cause.tenant.clone(),
            time: clock.now(),
            data: DocumentSuperseded { superseded_by: self.newer.0, received: Some(self.older.1) },
        };
        draft.build().map_err(WorkError::dead_letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(id: u128, is_older: bool, is_parsed: bool) -> OtherVersion {
        let (id, received_event) = (Uuid::from_u128(id), Uuid::from_u128(100 + id));
        OtherVersion { id, received_event, is_parsed, is_older, given_received_event: Uuid::from_u128(103) }
    }

    fn found(others: &[OtherVersion], is_parsed: bool) -> Vec<(u128, u128)> {
        let pairs = pairs(Uuid::from_u128(3), others, is_parsed);
        pairs.map(|pair| (pair.older.0.as_u128(), pair.newer.0.as_u128())).collect()
    }

    #[test]
    fn a_parsed_version_takes_the_place_of_every_older_one_whatever_became_of_that() {
        assert_eq!(found(&[other(1, true, true), other(2, true, false)], true), [(1, 3), (2, 3)]);
        assert_eq!(found(&[], true), []);
    }

    #[test]
    fn a_rejected_version_takes_nobodys_place() {
        assert_eq!(found(&[other(1, true, true), other(2, true, false)], false), []);
    }

    #[test]
    fn a_version_that_is_decided_late_gives_way_to_the_next_that_is_parsed() {
        let others =
            [other(1, true, true), other(4, false, false), other(5, false, true), other(6, false, true)];
        assert_eq!(found(&others, true), [(1, 3), (3, 5)]);
        assert_eq!(found(&others, false), [(3, 5)]);
        assert_eq!(found(&[other(4, false, false)], true), []);
    }

    #[test]
    fn both_of_a_pair_say_it_in_the_same_event() {
        let by_newer = pairs(Uuid::from_u128(3), &[other(1, true, true)], true).next().unwrap();
        let seen_by_older = OtherVersion {
            id: Uuid::from_u128(3),
            received_event: Uuid::from_u128(103),
            is_parsed: true,
            is_older: false,
            given_received_event: Uuid::from_u128(101),
        };
        let by_older = pairs(Uuid::from_u128(1), &[seen_by_older], true).next().unwrap();
        assert_eq!(by_newer, by_older);
    }
}
