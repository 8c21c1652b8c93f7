//! What waits to be written: bounded in bytes, and nobody waits longer than [`Limits::wait_max`].

use std::{sync::Arc, time::Duration};

use event_log::{Appended, LogError};
use event_model::PartitionId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use uuid::Uuid;

/// What every queued event costs besides its bytes.
const EVENT_OVERHEAD_BYTES: usize = 128;

/// How much may wait, and how long.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Events that wait or are being written, in bytes. One larger call is let through alone.
    pub(crate) bytes_max: u32,
    /// From the call to its answer.
    pub(crate) wait_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes_max: 8 << 20, wait_max: Duration::from_secs(30) }
    }
}

/// An event, encoded by its caller rather than by the writer.
pub(crate) struct Encoded {
    pub(crate) partition: PartitionId,
    pub(crate) id: Uuid,
    pub(crate) json: Vec<u8>,
}

/// The answer to one call.
pub(crate) type Answer = Result<Vec<Appended>, LogError>;

/// One call of `append`. Its room in the queue is free again when it is dropped.
pub(crate) struct Request {
    pub(crate) events: Vec<Encoded>,
    pub(crate) answer: oneshot::Sender<Answer>,
    pub(crate) size_bytes: u32,
    _room: OwnedSemaphorePermit,
}

/// The callers' end.
pub(crate) struct Queue {
    limits: Limits,
    room: Arc<Semaphore>,
    requests: mpsc::UnboundedSender<Request>,
}

impl Queue {
    /// A queue and the writer's end of it.
    pub(crate) fn new(limits: Limits) -> (Self, mpsc::UnboundedReceiver<Request>) {
        // Unbounded, because `room` bounds it: in bytes, which is what costs memory.
        let (requests, receiver) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(limits.bytes_max as usize));
        (Self { limits, room, requests }, receiver)
    }

    /// Waits for room, then for the answer.
    pub(crate) async fn submit(&self, events: Vec<Encoded>) -> Answer {
        let answered = tokio::time::timeout(self.limits.wait_max, self.enter(events)).await;
        answered.unwrap_or_else(|_| {
            let waited = self.limits.wait_max.as_secs();
            Err(LogError::Unavailable(format!(
                "the disk did not keep up for {waited} s; send it again later"
            )))
        })
    }

    async fn enter(&self, events: Vec<Encoded>) -> Answer {
        let stopped = || LogError::Unavailable("the log is closed".into());
        let size: usize = events.iter().map(|event| event.json.len() + EVENT_OVERHEAD_BYTES).sum();
        let size_bytes = u32::try_from(size).unwrap_or(u32::MAX).min(self.limits.bytes_max);
        let room = Arc::clone(&self.room).acquire_many_owned(size_bytes).await.map_err(|_| stopped())?;
        let (answer, answered) = oneshot::channel();
        let request = Request { events, answer, size_bytes, _room: room };
        self.requests.send(request).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    fn call(bytes: usize) -> Vec<Encoded> {
        vec![Encoded { partition: PartitionId(0), id: Uuid::nil(), json: vec![0; bytes] }]
    }

    #[tokio::test(start_paused = true)]
    async fn when_nothing_is_written_the_queue_takes_no_more_than_its_bound_and_everybody_hears_of_it() {
        let (queue, mut receiver) =
            Queue::new(Limits { bytes_max: 10_000, wait_max: Duration::from_secs(5) });
        let answers = join_all((0..100).map(|_| queue.submit(call(1_000)))).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(LogError::Unavailable(_)))));
        let mut entered = 0;
        while receiver.try_recv().is_ok() {
            entered += 1;
        }
        assert_eq!(entered, 10_000 / (1_000 + EVENT_OVERHEAD_BYTES));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_larger_than_the_whole_queue_enters_alone() {
        let (queue, mut receiver) = Queue::new(Limits { bytes_max: 1_000, wait_max: Duration::from_secs(5) });
        let writer = tokio::spawn(async move {
            let request = receiver.recv().await.unwrap();
            request.answer.send(Ok(Vec::new())).unwrap();
        });
        assert!(queue.submit(call(50_000)).await.is_ok());
        writer.await.unwrap();
        assert!(matches!(queue.submit(call(1)).await, Err(LogError::Unavailable(_))), "the writer is gone");
    }
}
