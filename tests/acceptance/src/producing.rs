//! Producers that write conversations straight into the log, as fast as they are allowed to, and send again whatever was
//! not answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use event_log::{CreationOptions, EventLog, LogError, RepeatWindow, SystemClock};
use event_log_redis::{RedisLog, RedisLogOptions};
use event_model::Event;
use tokio::{sync::watch, task::JoinSet};

use crate::{Conversation, Dice, events_of, pass};

/// Partitions of a fleet's log.
const PARTITIONS: u16 = 16;
/// Most events sent at once.
const BATCH_EVENTS_MAX: usize = 40;
/// Most events of one conversation that are sent at once.
const RUN_EVENTS_MAX: u64 = 4;
/// How long a producer waits before it sends again.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// The log on the Redis at `url`, opened beside the workers.
pub async fn open_log(url: &str) -> RedisLog {
    let creation = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow::default() };
    let options = RedisLogOptions { url: url.to_owned(), creation, create: false };
    RedisLog::open(options, &SystemClock).await.expect("the log is there")
}

/// Producers under way.
pub struct Producing {
    allowed: watch::Sender<usize>,
    counts: Arc<Counts>,
    producers: JoinSet<()>,
    events: usize,
    begun: Instant,
}

#[derive(Default)]
struct Counts {
    /// Events that producers took to send.
    taken: AtomicUsize,
    acknowledged: AtomicUsize,
    sends: AtomicU64,
    failures: AtomicU64,
}

/// What producers did.
#[derive(Clone, Copy, Debug)]
pub struct Produced {
    /// Events that were acknowledged.
    pub events: usize,
    /// Appends.
    pub sends: u64,
    /// Appends that were answered with an error, and sent again.
    pub failures: u64,
    /// From the first to the last.
    pub seconds: f64,
}

impl Producing {
    /// Starts `producers` that share out `conversations`. They may send nothing yet.
    pub async fn start(url: &str, conversations: &[Conversation], producers: usize) -> Self {
        let (allowed, allowance) = watch::channel(0);
        let (counts, mut tasks) = (Arc::new(Counts::default()), JoinSet::new());
        for number in 0..producers {
            let own = conversations.iter().skip(number).step_by(producers);
            let waiting = own.map(|one| one.events.clone().into_iter()).collect();
            let (log, dice) = (open_log(url).await, Dice::new(number as u64));
            let (allowance, counts) = (allowance.clone(), Arc::clone(&counts));
            let producer = Producer { log, dice, waiting, allowance, counts };
            tasks.spawn(producer.run());
        }
        let (events, begun) = (events_of(conversations), Instant::now());
        Self { allowed, counts, producers: tasks, events, begun }
    }

    /// Lets them go on until this share of all events is sent.
    pub fn allow(&self, parts: usize, of: usize) {
        let events = self.events * parts.min(of) / of;
        self.allowed.send_if_modified(|allowed| {
            let more = events > *allowed;
            *allowed = events.max(*allowed);
            more
        });
    }

    /// How many events are acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.counts.acknowledged.load(Ordering::Relaxed)
    }

    /// Lets them send the rest, and waits until everything is acknowledged.
    pub async fn finish(mut self) -> Produced {
        self.allow(1, 1);
        while let Some(ended) = self.producers.join_next().await {
            ended.expect("a producer ends well");
        }
        let (sends, failures) = (&self.counts.sends, &self.counts.failures);
        let produced = Produced {
            events: self.acknowledged(),
            sends: sends.load(Ordering::Relaxed),
            failures: failures.load(Ordering::Relaxed),
            seconds: self.begun.elapsed().as_secs_f64(),
        };
        assert_eq!(produced.events, self.events);
        produced
    }
}

struct Producer {
    log: RedisLog,
    dice: Dice,
    /// What is left of each conversation.
    waiting: Vec<std::vec::IntoIter<Event>>,
    allowance: watch::Receiver<usize>,
    counts: Arc<Counts>,
}

impl Producer {
    async fn run(mut self) {
        loop {
            let batch = self.next_batch();
            if batch.is_empty() {
                return;
            }
            let upto = self.counts.taken.fetch_add(batch.len(), Ordering::Relaxed) + batch.len();
            self.allowance.wait_for(|allowed| *allowed >= upto).await.expect("the test lasts longer");
            self.send(batch).await;
        }
    }

    /// Runs of several conversations, each in order.
    fn next_batch(&mut self) -> Vec<Event> {
        let mut batch = Vec::new();
        while batch.len() < BATCH_EVENTS_MAX && !self.waiting.is_empty() {
            let one = usize::try_from(self.dice.below(self.waiting.len() as u64)).expect("an index fits");
            let run = usize::try_from(1 + self.dice.below(RUN_EVENTS_MAX)).expect("a run is short");
            batch.extend(self.waiting[one].by_ref().take(run));
            self.waiting.retain(|conversation| conversation.len() > 0);
        }
        batch
    }

    /// Sends until it is acknowledged: what is next of a conversation is sent only when what was before is there.
    async fn send(&self, batch: Vec<Event>) {
        loop {
            self.counts.sends.fetch_add(1, Ordering::Relaxed);
            match self.log.append(batch.clone()).await {
                Ok(answers) => {
                    assert_eq!(answers.len(), batch.len());
                    self.counts.acknowledged.fetch_add(batch.len(), Ordering::Relaxed);
                    return;
                }
                Err(error) => {
                    assert!(matches!(error, LogError::Unavailable(_)), "it cannot be tried again: {error}");
                    self.counts.failures.fetch_add(1, Ordering::Relaxed);
                    pass(RETRY_DELAY).await;
                }
            }
        }
    }
}
