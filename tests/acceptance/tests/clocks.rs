//! Workers whose clocks are an hour ahead, an hour behind, or too fast: only PostgreSQL's clock decides who owns what.

use std::{fs, path::PathBuf, time::Duration};

use acceptance::{Coverage, Fleet, Place, Producing, Storm, conversations, full};
use futures::future::join_all;
use serde_json::Value;

const SEED: u64 = 0x0e11_7e04;
const LEASE: Duration = Duration::from_secs(1);
const PRODUCERS: usize = 4;
/// The library of the Debian package `libfaketime`, in the folder of the machine's architecture.
const LIBRARY: &str = "faketime/libfaketime.so.1";

fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join(LIBRARY)).find(|path| path.exists())
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_whose_clocks_are_wrong_lose_double_and_reorder_nothing() {
    let Some(library) = library() else {
        assert!(!full(), "the long run needs `{LIBRARY}`; as root, run: apt-get install faketime");
        println!("NOT RUN: there is no `{LIBRARY}` here; as root, run: apt-get install faketime");
        return;
    };
    let (count, events, kills, freezes) = if full() { (200, 100, 40, 20) } else { (60, 30, 3, 2) };
    let fleet = Fleet::start(&[("ELITE_LEASE_SECONDS", "1"), ("LOG_FORMAT", "json")]).await;
    fleet.take_notes();
    let library = library.to_str().expect("the path is text");
    let clocks = ["+1h", "-1h", "+0 x1.5"].map(|clock| [("LD_PRELOAD", library), ("FAKETIME", clock)]);
    let place = |environment| Place { roles: &["project"], environment };
    let mut workers: Vec<Place<'_>> = clocks.iter().map(|clock| place(&clock[..])).collect();
    workers.push(place(&[]));
    let told = conversations(count, events, SEED);
    let coverage = Coverage::watch(fleet.environment()[1].1);
    let producing = Producing::start(&fleet.redis.url(), &told, PRODUCERS).await;
    let (workers, coverage) = (&workers, &coverage);
    let storm = Storm { fleet: &fleet, coverage, workers, kills, freezes, lease: LEASE, seed: SEED };
    let raged = storm.rage(|blow| producing.allow(blow, storm.blows() + 1)).await;
    let produced = producing.finish().await;
    fleet.idle().await;
    coverage.full().await;
    println!(
        "{} events with clocks at +1 h, -1 h, x1.5 and right, {kills} kills, {freezes} freezes; no live owner for at most \
         {:.2} s, with leases of {} s",
        produced.events,
        coverage.longest_gap().as_secs_f64(),
        LEASE.as_secs()
    );
    fleet.told_exactly(&told, 0).await;
    for ended in join_all(raged.workers.into_iter().map(acceptance::Process::stop)).await {
        assert!(ended.success(), "{ended}");
    }
    the_clocks_were_wrong(&fleet);
}

/// The last words of each worker carry the time that it believed it was.
fn the_clocks_were_wrong(fleet: &Fleet) {
    let logged = fleet.logged();
    let said = logged.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let stopping = |line: &Value| line["message"].as_str().is_some_and(|said| said.starts_with("stopping"));
    let believed = said.filter(stopping).filter_map(|line| Some(line["timestamp"].as_str()?.to_owned()));
    let ahead = believed.map(|time| {
        let ahead =
            fleet.sql(&format!("select extract(epoch from timestamptz '{time}' - clock_timestamp())"));
        ahead.parse::<f64>().expect("it is a number")
    });
    let mut ahead: Vec<f64> = ahead.collect();
    ahead.sort_by(f64::total_cmp);
    println!("at the end their clocks were ahead by {ahead:.1?} s");
    assert!(
        matches!(ahead[..], [behind, right, fast, hour] if
        behind < -3500.0 && right < 0.0 && fast > 0.5 && hour > 3500.0),
        "{ahead:?}"
    );
}
