//! Single bits turned anywhere in the files of a log: its journals, tables, events beside the tables, and keys.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use event_log::{
    CreationOptions, EventLog, Keyring, LogError, ManualClock, Outcome, Position, Recorded, RepeatWindow,
};
use event_log_embedded::EmbeddedLog;
use event_model::{Event, EventDraft, PartitionId, SubjectKey, Tenant, family::session::SessionStarted};
use servers::full;
use tempfile::TempDir;
use uuid::Uuid;

const OPTIONS: CreationOptions = CreationOptions { partitions: 2, repeats: RepeatWindow(1_000_000) };
const BATCH_EVENTS: u128 = 100;
const TITLE_BYTES: usize = 4_000;
const SUBJECTS: [&str; 3] = ["ada", "bob", "cyd"];
/// Larger files are never written again, so copies of the directory share them.
const SHARED_BYTES_MIN: u64 = 64 << 10;
/// Tables are written in the background.
const TABLES_TIME_MAX: Duration = Duration::from_mins(1);

fn event(id: u128) -> Event {
    let draft = EventDraft {
        id: Uuid::from_u128(id),
        source: "/test".into(),
        subject: format!("session {}", id % 5),
        partitionkey: format!("session {}", id % 5),
        tenant: Tenant::default(),
        time: jiff::Timestamp::UNIX_EPOCH,
        data: SessionStarted { user: None, title: Some("x".repeat(TITLE_BYTES)) },
    };
    draft.build().unwrap()
}

fn open(dir: &Path) -> Result<EmbeddedLog, LogError> {
    EmbeddedLog::open(dir, OPTIONS, &ManualClock::default())
}

/// A closed log with tables as well as a journal, and what it holds.
struct Whole {
    dir: TempDir,
    events: Vec<Recorded>,
    keys: BTreeMap<&'static str, SubjectKey>,
    /// The files, and how much of each was written.
    files: Vec<(PathBuf, u64)>,
}

impl Whole {
    async fn written() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path()).unwrap();
        let mut keys = BTreeMap::new();
        for subject in SUBJECTS {
            keys.insert(subject, log.keyring().create(&Tenant::default(), subject).await.unwrap().unwrap());
        }
        let (mut next, begun) = (0, Instant::now());
        // Until there are tables and events beside them, and a little further, which is in a journal only.
        while !has_tables(dir.path()) {
            assert!(begun.elapsed() < TABLES_TIME_MAX, "no table was written");
            log.append((next..next + BATCH_EVENTS).map(event).collect()).await.unwrap();
            next += BATCH_EVENTS;
        }
        log.append((next..next + BATCH_EVENTS).map(event).collect()).await.unwrap();
        let events = all(&log).await.unwrap();
        assert_eq!(events.len() as u128, next + BATCH_EVENTS);
        drop(log);
        let files = files_below(dir.path());
        Self { dir, events, keys, files }
    }

    /// A copy of the directory, with one bit turned: of which file, in which byte, and which of that.
    fn copy(&self, turned: Option<(usize, u64, u8)>) -> TempDir {
        let copy = tempfile::tempdir_in(self.dir.path().parent().unwrap()).unwrap();
        for (number, (path, written)) in self.files.iter().enumerate() {
            let target = copy.path().join(path.strip_prefix(self.dir.path()).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            let turned = turned.filter(|(file, ..)| *file == number);
            if turned.is_none() && *written > SHARED_BYTES_MIN && !is_journal(path) {
                fs::hard_link(path, &target).unwrap();
                continue;
            }
            let (mut bytes, mut copied) = (Vec::new(), File::create(&target).unwrap());
            let mut original = File::open(path).unwrap();
            (&mut original).take(*written).read_to_end(&mut bytes).unwrap();
            copied.write_all(&bytes).unwrap();
            copied.set_len(original.metadata().unwrap().len()).unwrap();
            if let Some((_, at, bit)) = turned {
                copied.seek(SeekFrom::Start(at)).unwrap();
                copied.write_all(&[bytes[usize::try_from(at).unwrap()] ^ (1 << bit)]).unwrap();
            }
        }
        copy
    }

    /// What one turned bit does.
    async fn judge(&self, dir: &Path) -> Verdict {
        let log = match open(dir) {
            Ok(log) => log,
            Err(error) => return Verdict::Refused(error.to_string()),
        };
        for (subject, key) in &self.keys {
            match log.keyring().get(&Tenant::default(), subject).await {
                Ok(found) => assert_eq!(found.as_ref(), Some(key), "{subject} has the key it had"),
                Err(error) => return Verdict::Refused(error.to_string()),
            }
        }
        let found = match all(&log).await {
            Ok(found) => found,
            Err(error) => return Verdict::Refused(error.to_string()),
        };
        for partition in [PartitionId(0), PartitionId(1)] {
            let of = |events: &[Recorded]| -> Vec<Recorded> {
                events.iter().filter(|event| event.partition == partition).cloned().collect()
            };
            let (wanted, found) = (of(&self.events), of(&found));
            assert!(
                found.len() <= wanted.len() && wanted.starts_with(&found),
                "what is read is what was written"
            );
            if found.len() < wanted.len() {
                let checkpoint = Position(wanted.len() as u64);
                let read = log.read(partition, checkpoint, 1).await;
                assert!(
                    matches!(read, Err(LogError::Missing { .. })),
                    "a reader at the end is told: {read:?}"
                );
                return Verdict::Refused("a reader at the end is told".into());
            }
        }
        let repeats = (0..self.events.len() as u128).step_by(97).map(event).collect();
        match log.append(repeats).await {
            Ok(answers) => {
                assert!(
                    answers.iter().all(|answer| answer.outcome == Outcome::Duplicate),
                    "repeats are known"
                );
                Verdict::Harmless
            }
            Err(error) => Verdict::Refused(error.to_string()),
        }
    }
}

enum Verdict {
    /// Opening, reading or appending says so.
    Refused(String),
    /// Everything is as it was: the bit carried nothing that is read.
    Harmless,
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jnl")
}

/// Whether something was written besides journals.
fn has_tables(dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            has_tables(&path)
        } else {
            !is_journal(&path) && fs::metadata(&path).is_ok_and(|file| file.len() > 1 << 20)
        }
    })
}

/// Every file, with its length without the zeros at its end.
fn files_below(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            let last = fs::read(&path).unwrap().iter().rposition(|byte| *byte != 0);
            found.push((path, last.map_or(0, |last| last as u64 + 1)));
        }
    }
    found.sort();
    found
}

async fn all(log: &EmbeddedLog) -> Result<Vec<Recorded>, LogError> {
    let mut events = Vec::new();
    for (partition, tail) in log.tails().await?.into_iter().enumerate() {
        let mut next = Position(1);
        while next <= tail {
            let read = log.read(PartitionId(u16::try_from(partition).unwrap()), next, 500).await?;
            next = read.last().unwrap().position.next();
            events.extend(read);
        }
    }
    Ok(events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turned_bit_anywhere_is_noticed_or_carried_nothing() {
    let flips = if full() { 1_000 } else { 60 };
    let whole = Whole::written().await;
    assert!(matches!(whole.judge(whole.copy(None).path()).await, Verdict::Harmless), "a copy is as good");
    let written: Vec<usize> = (0..whole.files.len()).filter(|file| whole.files[*file].1 > 0).collect();
    let total: u64 = whole.files.iter().map(|(_, bytes)| bytes).sum();
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut roll = |below: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % below
    };
    let (mut refused, mut harmless) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for flip in 0..flips {
        // Each file as often as any other, and every second time each byte.
        let file = if flip % 2 == 0 {
            written[usize::try_from(flip / 2).unwrap() % written.len()]
        } else {
            let mut byte = roll(total);
            let find = |(_, bytes): &(PathBuf, u64)| {
                let here = byte < *bytes;
                byte = byte.saturating_sub(*bytes);
                here
            };
            whole.files.iter().position(find).unwrap()
        };
        let (path, bytes) = &whole.files[file];
        let (at, bit) = (roll(*bytes), u8::try_from(roll(8)).unwrap());
        let dir = whole.copy(Some((file, at, bit)));
        let name = path.strip_prefix(whole.dir.path()).unwrap().display().to_string();
        match whole.judge(dir.path()).await {
            Verdict::Refused(words) if words.is_empty() => panic!("{name} was refused without a word"),
            Verdict::Refused(_) => *refused.entry(name).or_default() += 1,
            Verdict::Harmless => *harmless.entry(name).or_default() += 1,
        }
    }
    let count = |map: &BTreeMap<String, usize>| map.values().sum::<usize>();
    println!(
        "{flips} bits turned in {} files: 0 panics, {} noticed, {} carried nothing ({harmless:?}), 0 unnoticed",
        written.len(),
        count(&refused),
        count(&harmless)
    );
    assert_eq!(count(&refused) + count(&harmless), usize::try_from(flips).unwrap());
}
