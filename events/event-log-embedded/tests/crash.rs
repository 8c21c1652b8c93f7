//! Processes that die or whose disk fails while they append. Runs itself as the child, so it has its own `main`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use event_log::{CreationOptions, EventLog, LogError, Outcome, Position, RepeatWindow, SystemClock};
use event_log_embedded::EmbeddedLog;
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};
use uuid::Uuid;

const OPTIONS: CreationOptions = CreationOptions { partitions: 3, repeats: RepeatWindow(1_000_000) };
const ROUNDS: u128 = 8;
const APPENDERS: u128 = 4;
/// Large enough that tables are written while the process is killed.
const PADDING_BYTES: usize = 6_000;
/// Sent when a file would grow past its limit.
const SIGXFSZ: i32 = 25;
/// What a failing disk answers.
const EIO: u32 = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = Runtime::new().unwrap();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "append", dir, round] => {
            runtime.block_on(append_until_killed(dir.as_ref(), round.parse().unwrap()));
        }
        [_, "fail-writes", dir] => runtime.block_on(append_while_a_write_fails(dir.as_ref())),
        [_, "fail-syncs", dir] => runtime.block_on(append_while_no_sync_succeeds(dir.as_ref())),
        _ => {
            runtime.block_on(nothing_acknowledged_is_lost_when_the_process_is_killed());
            for fault in ["fail-writes", "fail-syncs"] {
                runtime.block_on(after_a_fault_nothing_is_acknowledged_until_the_log_is_opened_again(fault));
            }
        }
    }
}

fn open(dir: &Path) -> Result<EmbeddedLog, LogError> {
    EmbeddedLog::open(dir, OPTIONS, &SystemClock)
}

fn event(id: u128, key: u128) -> Event {
    let draft = EventDraft {
        id: Uuid::from_u128(id),
        source: "/test".into(),
        subject: format!("session {key}"),
        partitionkey: format!("session {key}"),
        tenant: Tenant::default(),
        time: jiff::Timestamp::UNIX_EPOCH,
        data: SessionStarted { user: None, title: Some("x".repeat(PADDING_BYTES)) },
    };
    draft.build().unwrap()
}

/// Prints each acknowledged event as `id partition position`.
async fn append_and_print(log: &EmbeddedLog, events: Vec<Event>) -> Result<(), LogError> {
    let answers = log.append(events).await?;
    let mut lines = String::new();
    for answer in answers {
        writeln!(lines, "{} {} {}", answer.id.as_u128(), answer.partition, answer.position).unwrap();
    }
    std::io::stdout().lock().write_all(lines.as_bytes()).unwrap();
    Ok(())
}

/// Child: four appenders, batches of one to four events, for ever.
async fn append_until_killed(dir: &Path, round: u128) {
    let log = Arc::new(open(dir).unwrap());
    let appenders = (0..APPENDERS).map(|appender| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut next = (round << 64) + (appender << 32);
            loop {
                let size = next % 4 + 1;
                let events = (next..next + size).map(|id| event(id, id % 7)).collect();
                append_and_print(&log, events).await.unwrap();
                next += size;
            }
        })
    });
    futures::future::join_all(appenders.collect::<Vec<_>>()).await;
}

/// Child: appends, lets a write fail once, and shows that everything after is refused although the disk is well again.
async fn append_while_a_write_fails(dir: &Path) {
    // Without a handler the signal would end the process; with one, the write fails.
    let _ignored = signal(SignalKind::from_raw(SIGXFSZ)).unwrap();
    let log = open_with_twenty_events(dir).await;
    let (soft, hard) = rlimit::getrlimit(rlimit::Resource::FSIZE).unwrap();
    rlimit::setrlimit(rlimit::Resource::FSIZE, 4_096, hard).unwrap();
    let failed = append_and_print(&log, vec![event(20, 20)]).await;
    rlimit::setrlimit(rlimit::Resource::FSIZE, soft, hard).unwrap();
    assert!(matches!(failed, Err(LogError::Unavailable(_))), "the write failed: {failed:?}");
    assert_nothing_is_acknowledged(&log).await;
}

/// Child: appends on a disk that takes writes and never says that they are safe.
async fn append_while_no_sync_succeeds(dir: &Path) {
    let log = open_with_twenty_events(dir).await;
    let refuse = |syscall| (syscall, Vec::new());
    let filter = SeccompFilter::new(
        [refuse(libc::SYS_fdatasync), refuse(libc::SYS_fsync)].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(EIO),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter_all_threads(&program).unwrap();
    let failed = append_and_print(&log, vec![event(20, 20)]).await;
    assert!(matches!(failed, Err(LogError::Unavailable(_))), "nothing was synced: {failed:?}");
    assert_nothing_is_acknowledged(&log).await;
}

async fn open_with_twenty_events(dir: &Path) -> EmbeddedLog {
    let log = open(dir).unwrap();
    for id in 0..20 {
        append_and_print(&log, vec![event(id, id)]).await.unwrap();
    }
    log
}

/// Neither a new event nor a repeat of an acknowledged one; reading goes on.
async fn assert_nothing_is_acknowledged(log: &EmbeddedLog) {
    for id in [21, 0] {
        let after = append_and_print(log, vec![event(id, id)]).await;
        assert!(matches!(after, Err(LogError::Unavailable(_))), "event {id} after the failure: {after:?}");
    }
    assert_eq!(recorded(log).await.len(), 20, "it can still be read");
    println!("survived");
}

fn child(arguments: &[&str]) -> Child {
    let this = std::env::current_exe().unwrap();
    Command::new(this).args(arguments).stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap()
}

/// What a child acknowledged; kills it after `lines` of it.
fn acknowledged(mut child: Child, lines: usize) -> HashMap<u128, (u16, u64)> {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = HashMap::new();
    let mut line = String::new();
    let mut seen = 0;
    while output.read_line(&mut line).unwrap() > 0 {
        seen += 1;
        if seen == lines {
            child.kill().unwrap();
        }
        let numbers: Vec<u128> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        // The last line may have been cut by the kill.
        if let ([id, partition, position], true) = (&numbers[..], line.ends_with('\n')) {
            let place = (u16::try_from(*partition).unwrap(), u64::try_from(*position).unwrap());
            acknowledged.insert(*id, place);
        }
        line.clear();
    }
    child.wait().unwrap();
    assert!(seen >= lines, "the child ended by itself after {seen} lines");
    acknowledged
}

/// Every event of the log by id, having checked that positions are gapless and no id is there twice.
async fn recorded(log: &EmbeddedLog) -> HashMap<u128, (u16, u64)> {
    let mut all = HashMap::new();
    for (partition, tail) in (0..).zip(log.tails().await.unwrap()) {
        let mut next = Position(1);
        while next <= tail {
            for event in log.read(PartitionId(partition), next, 500).await.unwrap() {
                assert_eq!(event.position, next, "positions are gapless");
                next = next.next();
                let id = event.envelope().unwrap().id.as_u128();
                assert_eq!(all.insert(id, (partition, event.position.0)), None, "event {id} is there twice");
            }
        }
    }
    all
}

async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = HashMap::new();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..ROUNDS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lines = usize::try_from((seed >> 33) % 700).unwrap() + 1;
        let child = child(&["append", dir.path().to_str().unwrap(), &round.to_string()]);
        all.extend(acknowledged(child, lines));
        let log = open(dir.path()).unwrap();
        let recorded = recorded(&log).await;
        for (id, place) in &all {
            assert_eq!(recorded.get(id), Some(place), "round {round}: acknowledged event {id}");
        }
        let (id, place) = all.iter().next().unwrap();
        let again = log.append(vec![event(*id, id % 7)]).await.unwrap();
        assert_eq!((again[0].outcome, again[0].position.0), (Outcome::Duplicate, place.1));
    }
    println!("nothing_acknowledged_is_lost_when_the_process_is_killed: {ROUNDS} kills, {} events", all.len());
}

async fn after_a_fault_nothing_is_acknowledged_until_the_log_is_opened_again(fault: &str) {
    let dir = tempfile::tempdir().unwrap();
    let output = child(&[fault, dir.path().to_str().unwrap()]).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.ends_with("survived\n"), "the child failed: {text}");
    assert_eq!(text.lines().count(), 21, "twenty acknowledged events, and the last line");
    let log = open(dir.path()).unwrap();
    let recorded = recorded(&log).await;
    assert!((0..20).all(|id| recorded.contains_key(&id)), "what was acknowledged is there: {recorded:?}");
    let again = log.append(vec![event(21, 21)]).await.unwrap();
    assert_eq!(again[0].outcome, Outcome::Added, "the reopened log takes events, and had not taken this one");
    println!("after_a_fault_nothing_is_acknowledged_until_the_log_is_opened_again: {fault}");
}
