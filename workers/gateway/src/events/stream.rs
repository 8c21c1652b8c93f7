//! Following the log as server-sent events. Nothing is queued: the log is read as fast as the reader takes it.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::response::{Sse, sse};
use event_log::{LogError, Position, Recorded};
use event_model::PartitionId;
use futures::{Stream, stream};
use metrics::gauge;

use super::places::Places;
use crate::state::Shared;

/// How often a comment shows that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);
/// Events read of one partition at once.
const READ_EVENTS_MAX: usize = 100;

/// Which events are sent.
pub(super) struct Filter {
    pub(super) type_prefix: Option<String>,
    pub(super) subject: Option<String>,
}

struct Follower {
    app: Shared,
    /// The last position of each partition that was looked at.
    seen: Vec<u64>,
    filter: Filter,
    ready: VecDeque<sse::Event>,
    _open: Open,
}

/// Counts a stream while it is open.
struct Open;

impl Open {
    fn new() -> Self {
        gauge!("elite_realtime_connections", "transport" => "sse").increment(1.0);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!("elite_realtime_connections", "transport" => "sse").decrement(1.0);
    }
}

/// Everything after `seen`, for ever.
pub(super) fn follow(
    app: Shared,
    seen: Vec<u64>,
    filter: Filter,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    // The first message carries the place, so that a reader that breaks off before the first event resumes there too.
    let hello = sse::Event::default().id(Places(seen.clone()).to_string()).retry(RETRY).comment("following");
    let follower = Follower { app, seen, filter, ready: VecDeque::from([hello]), _open: Open::new() };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Sse::new(events).keep_alive(sse::KeepAlive::new().interval(HEARTBEAT).text("heartbeat"))
}

impl Follower {
    /// The next event to send; none when the process stops or the log cannot be read, so that the reader comes again.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let version = self.app.log.version();
            match self.read().await {
                Ok(true) => {}
                Ok(false) => tokio::select! {
                    () = self.app.log.changed(version) => {}
                    () = self.app.stopping.cancelled() => return None,
                },
                Err(error) => {
                    tracing::warn!(%error, "a stream of events ends because the log cannot be read");
                    return None;
                }
            }
            if self.app.stopping.is_cancelled() {
                return None;
            }
        }
    }

    /// Reads a portion of every partition that has more; false if none has.
    async fn read(&mut self) -> Result<bool, LogError> {
        let tails = self.app.log.tails().await?;
        let mut advanced = false;
        for (partition, tail) in (0..).map(PartitionId).zip(tails) {
            let Some(seen) = self.seen.get(usize::from(partition.0)).copied() else { break };
            if tail.0 > seen {
                let next = Position(seen).next();
                let recorded = self.app.log.read(partition, next, READ_EVENTS_MAX).await?;
                advanced |= !recorded.is_empty();
                for recorded in &recorded {
                    self.take(recorded);
                }
            }
        }
        Ok(advanced)
    }

    fn take(&mut self, recorded: &Recorded) {
        if let Some(seen) = self.seen.get_mut(usize::from(recorded.partition.0)) {
            *seen = recorded.position.0;
        }
        let (Ok(event), Ok(json)) = (recorded.envelope(), std::str::from_utf8(&recorded.json)) else {
            return;
        };
        let wanted =
            self.filter.type_prefix.as_deref().is_none_or(|prefix| event.event_type.starts_with(prefix))
                && self.filter.subject.as_deref().is_none_or(|subject| *event.subject == *subject)
                && event.tenant == self.app.tenant;
        if wanted {
            let id = Places(self.seen.clone()).to_string();
            self.ready.push_back(sse::Event::default().id(id).event(&*event.event_type).data(json));
        }
    }
}
