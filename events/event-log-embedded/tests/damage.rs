//! Damaged journals: the end cut off at many places, and single bits turned.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use event_log::{CreationOptions, EventLog, LogError, ManualClock, Outcome, Position, RepeatWindow};
use event_log_embedded::EmbeddedLog;
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
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
        data: SessionStarted { user: None, title: Some("a title of some length".into()) },
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

#[tokio::test]
async fn a_journal_cut_anywhere_opens_with_every_batch_before_the_cut() {
    let whole = written_log().await;
    let end = whole.journal.len();
    let cuts = (0..50).chain((50..END_BYTES).step_by(101));
    for cut in cuts.map(|lost| end - lost) {
        // The rest of the file is missing, or still the zeros it was allocated with.
        for zeros in [0, 10_000] {
            let mut torn = whole.journal[..cut].to_vec();
            torn.resize(cut + zeros, 0);
            let (_dir, opened) = whole.with_journal(&torn);
            let log = opened.unwrap_or_else(|error| panic!("cut at {cut} of {end}: {error}"));
            assert_eq!(batches_of(&log).await, whole.batches_before(cut), "cut at {cut} of {end}");
        }
    }
}

#[tokio::test]
async fn a_turned_bit_is_refused_as_damage_or_ends_the_log_there_or_carried_nothing() {
    let whole = written_log().await;
    let end = whole.journal.len();
    let (mut refused, mut shorter, mut harmless) = (0, 0, 0);
    for (at, bit) in (end - END_BYTES..end).step_by(37).zip((0..8).cycle()) {
        let mut flipped = whole.journal.clone();
        flipped[at] ^= 1 << bit;
        let (_dir, opened) = whole.with_journal(&flipped);
        match opened {
            Err(LogError::Damaged(_)) => refused += 1,
            Err(other) => panic!("bit {bit} at {at}: {other}"),
            Ok(log) => {
                let left = batches_of(&log).await;
                if left == whole.ends.len() {
                    harmless += 1;
                } else {
                    shorter += 1;
                    assert_eq!(left, whole.batches_before(at), "bit {bit} at {at}");
                }
            }
        }
    }
    assert!(refused > 0 && shorter > 0, "both happen: {refused} refused, {shorter} shorter");
    assert!(
        harmless * 20 < refused,
        "few bytes carry nothing that is read: {harmless} of {}",
        refused + shorter
    );
}
