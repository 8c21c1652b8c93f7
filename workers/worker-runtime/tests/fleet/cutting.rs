//! Connections cut around a COMMIT: before the server got it, after it answered, and racing with it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use read_store::{SessionLimits, Store};
use servers::{Direction, Proxy, Verdict};
use worker_runtime::Decision;

use crate::{
    fold::Chain,
    ground::{Ground, dealt, memory, projector},
};

const LEASE: Duration = Duration::from_mins(1);
/// The simple query that ends a transaction, as it is on the wire.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Before,
    After,
    Racing,
}

/// Cuts three of four commits, each in another way.
#[derive(Debug, Default)]
struct Cutter {
    commits: AtomicU64,
    /// What becomes of the answer that is under way.
    unanswered: Mutex<bool>,
    cuts: Mutex<Vec<Cut>>,
}

impl Cutter {
    fn rule(&self, way: Direction, bytes: &[u8]) -> Verdict {
        if way == Direction::ToClient {
            let cut = std::mem::take(&mut *self.unanswered.lock().unwrap());
            return if cut { Verdict::Cut } else { Verdict::Pass };
        }
        if !bytes.ends_with(COMMIT) {
            return Verdict::Pass;
        }
        let (cut, verdict) = match self.commits.fetch_add(1, Ordering::SeqCst) % 4 {
            0 => (Cut::Before, Verdict::Cut),
            1 => (Cut::After, Verdict::Pass),
            2 => (Cut::Racing, Verdict::PassThenCut),
            _ => return Verdict::Pass,
        };
        *self.unanswered.lock().unwrap() = cut == Cut::After;
        self.cuts.lock().unwrap().push(cut);
        verdict
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_cut_loses_nothing_and_repeats_nothing() {
    let ground = Ground::new().await;
    let (log, fold, cutter) = (memory(4), Chain::new(), Arc::new(Cutter::default()));
    let rule = Arc::clone(&cutter);
    let proxy = Proxy::start(servers::postgres().address(), move |way, bytes| rule.rule(way, bytes)).await;
    let direct = format!(":{}/", servers::postgres().address().port());
    assert!(ground.url.contains(&direct), "{}", ground.url);
    let url = ground.url.replace(&direct, &format!(":{}/", proxy.address().port()));
    // One connection, so that the next answer is the one to the commit.
    let store = Store::connect_with(&url, 1, SessionLimits::below(LEASE)).unwrap();
    let mut projector = projector(store, &log, &fold, 1, LEASE);

    let wanted = if servers::full() { 300 } else { 45 };
    let (mut number, mut errors) = (0, 0_usize);
    while cutter.cuts.lock().unwrap().len() < wanted {
        log.append(dealt(number + 1..=number + 3, 7)).await.unwrap();
        number += 3;
        while let Err(error) = projector.catch_up().await {
            assert_eq!(error.decision, Decision::Retry, "{error}");
            errors += 1;
        }
    }
    ground.assert_clean(&*log, "after all cuts").await;
    let cuts = cutter.cuts.lock().unwrap().clone();
    let of = |kind| cuts.iter().filter(|cut| **cut == kind).count();
    let (before, after, racing) = (of(Cut::Before), of(Cut::After), of(Cut::Racing));
    let again: usize = fold.tries.lock().unwrap().values().map(|tries| *tries as usize - 1).sum();
    println!(
        "commits cut: {before} before, {after} after, {racing} racing; {errors} tried again, 0 lost, 0 doubled"
    );
    assert!(
        errors >= before && errors <= before + racing,
        "{errors}: an answer that was lost is read, not guessed"
    );
    let mut reported = fold.committed.lock().unwrap().clone();
    reported.sort_unstable();
    let once = reported.len();
    reported.dedup();
    assert_eq!(reported.len(), once, "what was not committed is not reported");
    assert!(once + 3 * racing >= usize::try_from(number).unwrap(), "{once} of {number} are reported");
    assert!(
        again <= 3 * errors,
        "{again} events were written again: a commit that went through is not repeated"
    );
}
