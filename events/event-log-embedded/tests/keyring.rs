//! Keys of data subjects across restarts, and what erasing leaves on the disk.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{fs, path::Path};

use event_log::{CreationOptions, KeptKey, Keyring, ManualClock, RepeatWindow};
use event_log_embedded::EmbeddedLog;
use event_model::Tenant;

const OPTIONS: CreationOptions = CreationOptions { partitions: 1, repeats: RepeatWindow(10) };

fn open(dir: &Path) -> EmbeddedLog {
    EmbeddedLog::open(dir, OPTIONS, &ManualClock::default()).unwrap()
}

fn tenant(name: &str) -> Tenant {
    Tenant(name.into())
}

#[tokio::test]
async fn a_subject_keeps_its_key_across_restarts_and_shares_it_with_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let keyring = log.keyring();
    assert_eq!(keyring.get(&tenant("a"), "ada").await.unwrap(), None);
    let ada = keyring.create(&tenant("a"), "ada").await.unwrap().unwrap();
    let others = [("a", "bob"), ("b", "ada"), ("", "aada")];
    for (name, subject) in others {
        assert_ne!(keyring.create(&tenant(name), subject).await.unwrap().unwrap(), ada);
    }
    drop((keyring, log));
    let keyring = open(dir.path()).keyring();
    assert_eq!(keyring.create(&tenant("a"), "ada").await.unwrap(), Some(ada.clone()));
    assert_eq!(keyring.get(&tenant("a"), "ada").await.unwrap(), Some(ada));
}

#[tokio::test]
async fn an_erased_subject_never_gets_a_key_again() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let keyring = log.keyring();
    keyring.create(&tenant("a"), "ada").await.unwrap().unwrap();
    assert!(keyring.destroy(&tenant("a"), "ada").await.unwrap());
    assert!(!keyring.destroy(&tenant("a"), "ada").await.unwrap(), "there is no key any more");
    assert!(!keyring.destroy(&tenant("a"), "never seen").await.unwrap());
    drop((keyring, log));
    let keyring = open(dir.path()).keyring();
    for subject in ["ada", "never seen"] {
        assert_eq!(keyring.get(&tenant("a"), subject).await.unwrap(), None);
        assert_eq!(keyring.create(&tenant("a"), subject).await.unwrap(), None, "{subject} was erased");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_events_of_a_new_subject_get_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for subject in 0..10 {
        let made = (0..8).map(|_| {
            let keyring = log.keyring();
            tokio::spawn(
                async move { keyring.create(&tenant("a"), &subject.to_string()).await.unwrap().unwrap() },
            )
        });
        let keys = futures::future::try_join_all(made.collect::<Vec<_>>()).await.unwrap();
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

#[tokio::test]
async fn the_bytes_of_a_destroyed_key_leave_every_file() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let keyring = log.keyring();
    let gone = keyring.create(&tenant("a"), "ada").await.unwrap().unwrap();
    let kept = keyring.create(&tenant("a"), "bob").await.unwrap().unwrap();
    assert_eq!(files_with(dir.path(), &gone.0), 1);
    keyring.destroy(&tenant("a"), "ada").await.unwrap();
    assert_eq!(files_with(dir.path(), &gone.0), 0);
    drop((keyring, log));
    drop(open(dir.path()));
    assert_eq!((files_with(dir.path(), &gone.0), files_with(dir.path(), &kept.0)), (0, 1));
}

/// Number of files below `dir` that hold `bytes`.
fn files_with(dir: &Path, bytes: &[u8]) -> usize {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            if path.is_dir() {
                return files_with(&path, bytes);
            }
            usize::from(fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes))
        })
        .sum()
}

#[tokio::test]
async fn a_backup_brings_keys_back_but_not_those_that_were_destroyed_since() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (log, wiped) = (open(from.path()), open(to.path()));
    let (keyring, restored) = (log.keyring(), wiped.keyring());
    let ada = keyring.create(&tenant("a"), "ada").await.unwrap();
    keyring.create(&tenant("a"), "bob").await.unwrap();
    keyring.create(&tenant("a"), "eve").await.unwrap();
    keyring.destroy(&tenant("a"), "bob").await.unwrap();
    let json = serde_json::to_string(&keyring.export().await.unwrap()).unwrap();
    assert!(!json.contains("ada"), "it tells no names: {json}");
    let kept: Vec<KeptKey> = serde_json::from_str(&json).unwrap();
    restored.destroy(&tenant("a"), "eve").await.unwrap();
    assert_eq!(restored.import(&kept).await.unwrap(), 2);
    assert_eq!(restored.import(&kept).await.unwrap(), 0);
    assert_eq!(restored.get(&tenant("a"), "ada").await.unwrap(), ada);
    for erased in ["bob", "eve"] {
        assert_eq!(restored.create(&tenant("a"), erased).await.unwrap(), None, "{erased}");
    }
}
