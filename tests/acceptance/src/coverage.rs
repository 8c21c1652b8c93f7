//! Who owns which partition, looked at ten times a second: how long a partition was nobody's.

use std::{
    fs,
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

use crate::pass;

/// The process that owns each partition under a lease that has not run out, in the order of partitions; 0 for none.
const OWNERS: &str =
    "select 'owners ' || coalesce(string_agg(coalesce(w.process_id, 0)::text, ' ' order by s.partition), '')
  from elite.subscription_partition s
  left join elite.worker w on w.owner = s.owner and s.lease_until > clock_timestamp()
  where s.subscription = 'project' \\watch 0.1\n";
/// How long it may take until every partition has an owner, on a busy machine.
const COVER_TIME_MAX: Duration = Duration::from_mins(1);
/// How long to wait before a server that went away is asked again.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// A look at the owners that goes on until it is dropped.
pub struct Coverage {
    looks: watch::Receiver<Look>,
    longest: Arc<Mutex<Duration>>,
    looking: JoinHandle<()>,
}

/// What one look saw.
#[derive(Clone, Copy, Debug)]
struct Look {
    at: Instant,
    covered: bool,
}

impl Coverage {
    /// Looks at the database at `url`.
    pub fn watch(url: &str) -> Self {
        let (seen, looks) = watch::channel(Look { at: Instant::now(), covered: false });
        let longest = Arc::new(Mutex::new(Duration::ZERO));
        let gaps = Gaps { since: Vec::new(), begun: false, longest: Arc::clone(&longest) };
        let url = url.to_owned();
        Self { looks, longest, looking: tokio::spawn(look_for_ever(url, gaps, seen)) }
    }

    /// Waits until a look that begins from now on sees a live owner of every partition; returns how long that took.
    pub async fn full(&self) -> Duration {
        let (begun, mut looks) = (Instant::now(), self.looks.clone());
        let covered = looks.wait_for(|look| look.covered && look.at > begun);
        let covered = timeout(COVER_TIME_MAX, covered).await.expect("every partition has an owner in time");
        drop(covered.expect("looking goes on"));
        begun.elapsed()
    }

    /// Forgets the longest gap so far.
    pub fn begin_anew(&self) {
        *self.longest.lock().expect("nobody panics with it") = Duration::ZERO;
    }

    /// The longest time that a partition had no live owner, after all had one for the first time.
    pub fn longest_gap(&self) -> Duration {
        *self.longest.lock().expect("nobody panics with it")
    }
}

impl Drop for Coverage {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Since when each partition has had no live owner.
struct Gaps {
    since: Vec<Option<Instant>>,
    /// Whether every partition had an owner once; what was before is the start, no gap.
    begun: bool,
    longest: Arc<Mutex<Duration>>,
}

impl Gaps {
    fn look(&mut self, owners: &[u32]) -> Look {
        let at = Instant::now();
        self.since.resize(owners.len(), None);
        for (since, owner) in self.since.iter_mut().zip(owners) {
            if runs(*owner) {
                *since = None;
            } else if !self.begun {
                since.get_or_insert(at);
            } else {
                let gap = at - *since.get_or_insert(at);
                let mut longest = self.longest.lock().expect("nobody panics with it");
                *longest = gap.max(*longest);
            }
        }
        let covered = !owners.is_empty() && self.since.iter().all(Option::is_none);
        self.begun |= covered;
        Look { at, covered }
    }
}

/// Whether the process is there and not frozen.
fn runs(process_id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    process_id != 0 && state.is_some_and(|state| matches!(state, 'R' | 'S' | 'D'))
}

/// One client of PostgreSQL after the other: it ends when the server does.
async fn look_for_ever(url: String, mut gaps: Gaps, seen: watch::Sender<Look>) {
    loop {
        let mut psql = Command::new(servers::program("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", &url]);
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut psql = psql.spawn().expect("psql starts");
        let (stdin, stdout) = (psql.stdin.take(), psql.stdout.take());
        let (mut stdin, stdout) = (stdin.expect("it is piped"), stdout.expect("it is piped"));
        // It may be gone already.
        stdin.write_all(OWNERS.as_bytes()).await.ok();
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let Some(owners) = line.strip_prefix("owners ") else { continue };
            let owners: Vec<u32> = owners.split_whitespace().filter_map(|one| one.parse().ok()).collect();
            seen.send_replace(gaps.look(&owners));
        }
        pass(RETRY_DELAY).await;
    }
}
