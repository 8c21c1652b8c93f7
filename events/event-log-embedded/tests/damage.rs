//! Damaged journals: the end cut off at many places, and single bits turned.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use event_log::{CreationOptions, EventLog, LogError, ManualClock, Outcome, Position, RepeatWindow};
use event_log_embedded::EmbeddedLog;
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use servers::full;
use tempfile::TempDir;
use uuid::Uuid;

const OPTIONS: CreationOptions = CreationOptions { partitions: 2, repeats: RepeatWindow(1_000) };
const BATCHES: u128 = 30;
/// How much of the end of the journal is damaged, byte by byte or in steps.
const END_BYTES: usize = 4_096;

fn event(id: u128) -> Event {
    let draft = EventDraft {
        id: Uuid::from_u128(id),
        source: "/test".into(),
        subject: format!("session {}", id % 5),
        partitionkey: format!("session {}", id % 5),
        tenant: Tenant::default(),
        time: jiff::Timestamp::UNIX_EPOCH,
        data: SessionStarted { user: None, title: Some("a title of some length ".repeat(30)) },
    };
    draft.build().unwrap()
}

fn batch(number: u128) -> Vec<Event> {
    vec![event(number * 2), event(number * 2 + 1)]
}

fn journal(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ext| ext == "jnl")).max().unwrap()
}

/// What was written to the journal, without the zeros it was allocated with.
fn written(dir: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    fs::File::open(journal(dir)).unwrap().take(1 << 20).read_to_end(&mut bytes).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes.truncate(end);
    bytes
}

/// A closed log, and where each of its batches ends in the journal.
struct Written {
    dir: TempDir,
    journal: Vec<u8>,
    ends: Vec<usize>,
}

async fn written_log() -> Written {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), OPTIONS, &ManualClock::default()).unwrap();
    let mut ends = Vec::new();
    for number in 0..BATCHES {
        log.append(batch(number)).await.unwrap();
        ends.push(written(dir.path()).len());
    }
    drop(log);
    let journal = written(dir.path());
    Written { dir, journal, ends }
}

impl Written {
    /// The log with `bytes` for its journal, as after a crash of the machine.
    fn with_journal(&self, bytes: &[u8]) -> (TempDir, Result<EmbeddedLog, LogError>) {
        let copy = tempfile::tempdir().unwrap();
        copy_tree(self.dir.path(), copy.path());
        let name = journal(self.dir.path());
        fs::write(copy.path().join(name.file_name().unwrap()), bytes).unwrap();
        let opened = EmbeddedLog::open(copy.path(), OPTIONS, &ManualClock::default());
        (copy, opened)
    }

    fn batches_before(&self, offset: usize) -> usize {
        self.ends.iter().filter(|end| **end <= offset).count()
    }
}

/// All but the journals.
fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else if entry.path().extension().is_none_or(|ext| ext != "jnl") {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The number of whole batches, having checked that they are a prefix, gapless, and that the log goes on.
async fn batches_of(log: &EmbeddedLog) -> usize {
    let mut ids = Vec::new();
    for partition in [PartitionId(0), PartitionId(1)] {
        let recorded = log.read(partition, Position(1), 1_000).await.unwrap();
        assert!(recorded.iter().zip(1..).all(|(event, position)| event.position.0 == position));
        ids.extend(recorded.iter().map(|event| event.envelope().unwrap().id.as_u128()));
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..ids.len() as u128).collect::<Vec<_>>(), "what is left is a prefix");
    assert_eq!(ids.len() % 2, 0, "a batch is there or not");
    for number in 0..BATCHES {
        let answers = log.append(batch(number)).await.unwrap();
        let expected = if number < ids.len() as u128 / 2 { Outcome::Duplicate } else { Outcome::Added };
        assert!(
            answers.iter().all(|answer| answer.outcome == expected),
            "batch {number} of {}",
            ids.len() / 2
        );
    }
    ids.len() / 2
}

/// Whether readers whose checkpoints are at the last positions there were are told that something is gone.
async fn readers_notice(log: &EmbeddedLog) -> bool {
    let mut noticed = false;
    for (partition, count) in [(PartitionId(0), counted(0)), (PartitionId(1), counted(1))] {
        let read = log.read(partition, Position(count), 1).await;
        assert!(matches!(read, Ok(_) | Err(LogError::Missing { .. })), "{read:?}");
        noticed |= read.is_err();
    }
    noticed
}

/// Events of a partition of the whole log.
fn counted(partition: u16) -> u64 {
    (0..BATCHES * 2).filter(|id| event(*id).partition(OPTIONS.partitions) == PartitionId(partition)).count()
        as u64
}

#[tokio::test]
async fn a_journal_cut_anywhere_opens_with_every_batch_before_the_cut_and_readers_are_told() {
    let whole = written_log().await;
    let end = whole.journal.len();
    let step = if full() { 1 } else { 64 };
    let cuts: Vec<usize> = (0..20).chain((20..END_BYTES).step_by(step)).map(|lost| end - lost).collect();
    let mut noticed = 0;
    for cut in &cuts {
        // The rest of the file is missing, or still the zeros it was allocated with.
        for zeros in [0, 10_000] {
            let mut torn = whole.journal[..*cut].to_vec();
            torn.resize(cut + zeros, 0);
            let (_dir, opened) = whole.with_journal(&torn);
            let log = opened.unwrap_or_else(|error| panic!("cut at {cut} of {end}: {error}"));
            let told = readers_notice(&log).await;
            assert_eq!(told, whole.batches_before(*cut) < whole.ends.len(), "cut at {cut} of {end}");
            noticed += usize::from(told);
            assert_eq!(batches_of(&log).await, whole.batches_before(*cut), "cut at {cut} of {end}");
        }
    }
    println!(
        "journal cut at {} places of its last {END_BYTES} bytes, twice each: 0 panics, the prefix intact, readers told of all \
         {noticed} that lost a batch",
        cuts.len()
    );
}

#[tokio::test]
async fn sectors_that_a_power_loss_took_from_the_last_batch_are_no_damage_and_from_an_earlier_one_they_are() {
    let whole = written_log().await;
    // The last batch was written, and the power went before it was synced: nobody was told of it.
    let mut last = whole.journal.clone();
    let long = whole.ends.len() - 1;
    let (start, end) = (whole.ends[long - 1], whole.ends[long]);
    let sector = start.next_multiple_of(512)..start.next_multiple_of(512) + 512;
    assert!(sector.end <= end, "the last batch has a whole sector: {start} to {end}");
    last[sector].fill(0);
    let (_dir, opened) = whole.with_journal(&last);
    assert_eq!(batches_of(&opened.unwrap()).await, long, "the unfinished batch is taken back");
    let mut earlier = whole.journal.clone();
    let start = whole.ends[long - 4];
    earlier[start.next_multiple_of(512)..start.next_multiple_of(512) + 512].fill(0);
    let (_dir, opened) = whole.with_journal(&earlier);
    assert!(matches!(opened, Err(LogError::Damaged(_))), "later batches were synced after it");
}

#[tokio::test]
async fn a_turned_bit_in_the_journal_is_refused_as_damage_or_carried_nothing() {
    let whole = written_log().await;
    let end = whole.journal.len();
    let (mut refused, mut harmless) = (0, 0);
    for (at, bit) in (end - END_BYTES..end).step_by(if full() { 3 } else { 37 }).zip((0..8).cycle()) {
        let mut flipped = whole.journal.clone();
        flipped[at] ^= 1 << bit;
        let (_dir, opened) = whole.with_journal(&flipped);
        match opened {
            Err(LogError::Damaged(_)) => refused += 1,
            Err(other) => panic!("bit {bit} at {at}: {other}"),
            Ok(log) => {
                assert_eq!(batches_of(&log).await, whole.ends.len(), "bit {bit} at {at}");
                harmless += 1;
            }
        }
    }
    assert!(harmless * 20 < refused, "few bytes carry nothing that is read: {harmless}, {refused} refused");
    println!("bits turned in the journal: {refused} refused, {harmless} that carried nothing, 0 unnoticed");
}
