//! What has to be true after anything: nothing lost, nothing twice, the order of every key kept, rows that a replay of the
//! log makes again, and nobody missing at any partition.

use std::{collections::BTreeMap, time::Instant};

use event_log::{EventLog, Position};
use event_model::PartitionId;
use serde_json::Value;
use uuid::Uuid;

use crate::{Conversation, Fleet, Rows, events_of, open_log};

/// Events read at once.
const READ_EVENTS_MAX: usize = 1000;

/// Ids of events by key, in order.
type Told = BTreeMap<String, Vec<Uuid>>;

/// What `elite projection verify` must say: every table equal to a replay, and no key blocked.
#[track_caller]
pub(crate) fn assert_verified(report: &Value) {
    let projections = report["projections"].as_array().expect("projections are a list");
    assert!(projections.len() >= 10, "{report}");
    assert!(projections.iter().all(|projection| projection["equal"] == true), "{report}");
    assert_eq!(report["blocked_keys"].as_array().map(Vec::len), Some(0), "{report}");
}

impl Fleet {
    /// Waits until everything is folded and done; then every conversation is in the log and in the rows exactly as it was
    /// told, there are `further_events` about other things, each was folded once (see [`Fleet::take_notes`]), and a replay
    /// ends in the same rows.
    pub async fn told_exactly(&self, conversations: &[Conversation], further_events: usize) {
        self.idle().await;
        let keyed = |one: &Conversation| {
            (one.session.to_string(), one.events.iter().map(|event| event.id).collect::<Vec<_>>())
        };
        let wanted: Told = conversations.iter().map(keyed).collect();
        same(&wanted, &self.in_the_log().await, "in the log");
        same(&wanted, &self.in_the_rows(), "folded");
        let (wanted, found) = (Rows::of(conversations), self.rows());
        assert_eq!(wanted.sessions, found.sessions);
        assert_eq!(wanted.interactions, found.interactions);
        assert_eq!(wanted.feedback, found.feedback);
        self.folded_once_and_in_order(events_of(conversations) + further_events);
        let begun = Instant::now();
        let report = self.verify().await;
        assert_eq!(report["events_replayed"], events_of(conversations) + further_events, "{report}");
        assert_eq!(report["events_skipped"], 0, "{report}");
        assert_eq!(self.told(&["dead-letter", "list"]).await, Value::Array(Vec::new()));
        let (events, seconds) = (&report["events_replayed"], begun.elapsed().as_secs_f64());
        println!(
            "0 lost, 0 doubled, order kept; a replay of {events} events ends in the same rows ({seconds:.1} s)"
        );
    }

    /// What the log holds, looked at from beside the workers.
    async fn in_the_log(&self) -> Told {
        let log = open_log(&self.redis.url()).await;
        let mut told = Told::new();
        for partition in (0..log.creation().partitions).map(PartitionId) {
            let mut from = Position(1);
            loop {
                let records = log.read(partition, from, READ_EVENTS_MAX).await.expect("the log can be read");
                let Some(last) = records.last() else { break };
                from = last.position.next();
                for record in &records {
                    let event = record.envelope().expect("it is an event");
                    told.entry(event.partitionkey.to_string()).or_default().push(event.id);
                }
            }
        }
        told
    }

    /// What the read model `events` holds.
    fn in_the_rows(&self) -> Told {
        let lines =
            self.sql("select partitionkey || ' ' || event_id from elite.events order by partition, position");
        let mut told = Told::new();
        for (key, id) in lines.lines().filter_map(|line| line.split_once(' ')) {
            told.entry(key.to_owned()).or_default().push(id.parse().expect("it is an id"));
        }
        told
    }

    fn rows(&self) -> Rows {
        let rows = |columns: &str, table: &str| -> BTreeMap<Uuid, String> {
            let lines = self.sql(&format!("select id, {columns} from elite.{table}"));
            let parts = lines.lines().filter_map(|line| line.split_once('|'));
            parts.map(|(id, rest)| (id.parse().expect("it is an id"), rest.to_owned())).collect()
        };
        Rows {
            sessions: rows("status, interactions", "sessions"),
            interactions: rows("status, answer", "interactions"),
            feedback: rows("withdrawn", "feedback"),
        }
    }
}

/// Fails unless every key that is wanted has its events, in order.
#[track_caller]
fn same(wanted: &Told, found: &Told, place: &str) {
    for (key, wanted) in wanted {
        let found = found.get(key).map_or(&[][..], Vec::as_slice);
        let differs = wanted.iter().zip(found).position(|(wanted, found)| wanted != found);
        assert_eq!(differs, None, "session {key} is {place} in another order, or with a hole or a repeat");
        assert_eq!(wanted.len(), found.len(), "session {key} is {place} with events missing, or too many");
    }
}
