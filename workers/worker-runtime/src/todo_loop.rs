//! The to-do loop: claims rows of a role's list, does the work, appends the results.
//!
//! A row is deleted by the projector when it folds the result, never here. A crash after the append changes nothing,
//! because repeating the work gives a result with the same id.
//!
//! ```text
//!   row:   free --claim--> leased, under way --append--> leased, waits for its fold --fold--> gone
//!            ^               |  ^      |                   |  ^
//!            |               |  +beat--+                   |  +-- beat: every third of a lease
//!            +--- the lease of a worker that died or froze runs out
//! ```

mod attempt;
mod heartbeat;
mod settle;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::{EventLog, Keyring};
use event_model::{Event, SubjectKey};
use read_store::{
    Progress, Store, lease,
    todo::{self, Claims, Task},
};
use tokio::time::{MissedTickBehavior, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::{attempt::Attempts, heartbeat::Unfolded};
use crate::{Wakes, WorkError};

/// How long to wait before what could not be read is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// How long to wait for the fold before looking whether it still goes on.
const FOLD_WAIT: Duration = Duration::from_secs(2);
/// Longest wait between two tries of a task.
const RETRY_DELAY_MAX: Duration = Duration::from_mins(5);
/// Heartbeats in the length of a lease.
const BEATS: u32 = 3;

/// Bounds of a role.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Tasks worked on at the same time.
    pub concurrency: usize,
    /// Tries before a task is parked.
    pub attempts_max: u32,
    /// How long one try may take.
    pub time: Duration,
}

/// How often a loop makes itself heard.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a lease holds without being renewed: a dead worker's task is free after this long.
    pub lease: Duration,
    /// How often the list is looked at when nobody rings.
    pub poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { lease: Duration::from_secs(15), poll: Duration::from_secs(1) }
    }
}

/// What came of one cause.
#[derive(Clone, Debug)]
pub struct Worked {
    /// As [`Act::act`] gives them.
    pub results: Vec<Event>,
    /// As [`Act::follows`] gives it.
    pub follows: Vec<Event>,
}

/// What a role does with a cause.
#[async_trait]
pub trait Act: Send + Sync + 'static {
    /// The role's name, which is also its list's.
    fn role(&self) -> &'static str;

    /// Its bounds.
    fn limits(&self) -> Limits;

    /// Does the work `cause` asks for and returns what happened. The results name the cause, have ids derived from it, and
    /// MUST have its tenant and partition key. The data of `cause` is open; `key` opens the blobs it names, and seals new
    /// ones, if it is about a data subject. There is at least one: work without a result
    /// would be done again and again. It may be dropped at any await, when another worker has taken the task over.
    async fn act(&self, cause: &Event, key: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError>;

    /// What `cause` and its `results` mean for others, under partition keys of their own; nothing by default. It is appended
    /// before the results, sealed as they are, so that the task stays on the list until it is: the ids MUST be derived from what
    /// happened, and folding it twice MUST change nothing.
    async fn follows(&self, cause: &Event, results: &[Event]) -> Result<Vec<Event>, WorkError> {
        let _ = (cause, results);
        Ok(Vec::new())
    }

    /// Both together. A role that finds them in one piece of work does it here, and gives the results alone in `act`.
    async fn work(&self, cause: &Event, key: Option<&SubjectKey>) -> Result<Worked, WorkError> {
        let results = self.act(cause, key).await?;
        // Without a result nothing happened, so nothing follows; the loop says what is wrong.
        let follows = if results.is_empty() { Vec::new() } else { self.follows(cause, &results).await? };
        Ok(Worked { results, follows })
    }
}

/// Works off one role's list.
#[derive(Clone)]
pub struct TodoLoop {
    /// The log to read causes from and append results to.
    pub log: Arc<dyn EventLog>,
    /// The keys of data subjects.
    pub keyring: Arc<dyn Keyring>,
    /// Where the list is.
    pub store: Store,
    /// How far the log is folded.
    pub progress: Arc<Progress>,
    /// The bells of this process.
    pub wakes: Wakes,
    /// Who this process is, for leases.
    pub owner: Uuid,
}

/// A loop that runs, with what it has in hand.
struct Running {
    todo: TodoLoop,
    act: Arc<dyn Act>,
    pace: Pace,
    claims: Claims,
    attempts: Attempts,
    unfolded: Unfolded,
}

impl TodoLoop {
    /// Runs until `stop`; what is under way then is finished first, what was not begun is given back.
    pub async fn run(self, act: Arc<dyn Act>, stop: CancellationToken) {
        self.run_at(Pace::default(), act, stop).await;
    }

    /// As [`Self::run`], at another pace.
    pub async fn run_at(self, pace: Pace, act: Arc<dyn Act>, stop: CancellationToken) {
        tokio::select! {
            () = self.caught_up() => {}
            () = stop.cancelled() => return,
        }
        let claims = Claims::new(act.role(), self.owner, pace.lease);
        let (attempts, unfolded) = (Attempts::default(), Unfolded::default());
        Running { todo: self, act, pace, claims, attempts, unfolded }.run(&stop).await;
    }

    /// Waits until everything that is in the log now is folded: after a restore from nothing, work that was done before
    /// shows up as done before anybody does it again.
    async fn caught_up(&self) {
        let ends = self.ends().await;
        self.folded(ends).await;
    }

    /// Waits until `ends` are folded. A halted partition is not waited for; repeating its work changes nothing.
    async fn folded(&self, mut ends: Vec<(u16, u64)>) {
        loop {
            match self.progress.wait(&self.store, &ends, FOLD_WAIT).await.map_err(WorkError::from) {
                Ok(true) => return,
                Ok(false) => match self.halted().await {
                    Ok(halted) => ends.retain(|(partition, _)| !halted.contains(partition)),
                    Err(error) => {
                        tracing::warn!(%error, "halted partitions could not be read; it is tried again");
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "the checkpoints could not be read; it is tried again");
                    sleep(RETRY_DELAY).await;
                }
            }
        }
    }

    async fn ends(&self) -> Vec<(u16, u64)> {
        loop {
            match self.log.tails().await {
                Ok(tails) => return (0..).zip(tails.into_iter().map(|tail| tail.0)).collect(),
                Err(error) => {
                    tracing::warn!(%error, "the log's end could not be read; it is tried again");
                    sleep(RETRY_DELAY).await;
                }
            }
        }
    }

    async fn halted(&self) -> Result<BTreeSet<u16>, WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let states = lease::list(&client).await?.into_iter();
        let halted = states
            .filter(|state| state.subscription == self.progress.subscription() && state.halted.is_some());
        Ok(halted.filter_map(|state| u16::try_from(state.partition).ok()).collect())
    }
}

impl Running {
    async fn run(&mut self, stop: &CancellationToken) {
        let role = self.act.role();
        let mut beat = tokio::time::interval(self.pace.lease / BEATS);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = false;
        while !stopping || !self.attempts.is_empty() {
            if !stopping {
                self.begin_what_is_free(stop).await;
            }
            let wakes = self.todo.wakes.clone();
            tokio::select! {
                () = wakes.heard(role), if !stopping => {}
                () = sleep(self.pace.poll), if !stopping => {}
                Some(ended) = self.attempts.next() => self.settle(ended).await,
                _ = beat.tick() => self.beat().await,
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    let unbegun = self.attempts.withdraw_unbegun();
                    self.give_back(&unbegun).await;
                }
            }
            while let Some(ended) = self.attempts.try_next() {
                self.settle(ended).await;
            }
        }
    }

    /// Fills the free places.
    async fn begin_what_is_free(&mut self, stop: &CancellationToken) {
        let role = self.act.role();
        let claimed = match self.claim().await {
            Ok(tasks) => tasks,
            Err(error) => {
                tracing::warn!(role, %error, "the to-do list could not be read; it is tried again");
                Vec::new()
            }
        };
        metrics::gauge!("elite_worker_heartbeat_timestamp_seconds", "role" => role)
            .set(crate::projector::unix_seconds());
        if stop.is_cancelled() {
            self.give_back(&claimed).await;
            return;
        }
        for task in claimed {
            if !self.unfolded.renewed(&task) {
                self.attempts.begin(self.todo.clone(), Arc::clone(&self.act), task);
            }
        }
    }

    async fn claim(&mut self) -> Result<Vec<Task>, WorkError> {
        let free = self.act.limits().concurrency.saturating_sub(self.attempts.len());
        if free == 0 {
            return Ok(Vec::new());
        }
        let client = self.todo.store.client().await.map_err(WorkError::retry)?;
        Ok(self.claims.claim(&client, free).await?)
    }

    /// Gives back what was not begun, so that others need not wait for its lease to run out.
    async fn give_back(&self, tasks: &[Task]) {
        if tasks.is_empty() {
            return;
        }
        let given = async {
            let client = self.todo.store.client().await.map_err(WorkError::retry)?;
            let tasks: Vec<&Task> = tasks.iter().collect();
            Ok::<_, WorkError>(todo::give_back(&client, self.act.role(), &tasks).await?)
        };
        if let Err(error) = given.await {
            tracing::warn!(%error, "tasks could not be given back; their leases run out by themselves");
        }
    }
}
