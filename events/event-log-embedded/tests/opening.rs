//! Opening: what is refused, what is kept, and who may have the directory.

use event_log::{CreationOptions, EventLog, LogError, ManualClock, RepeatWindow};
use event_log_embedded::EmbeddedLog;

const OPTIONS: CreationOptions = CreationOptions { partitions: 4, repeats: RepeatWindow(10) };

#[test]
fn another_number_of_partitions_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let clock = ManualClock::default();
    drop(EmbeddedLog::open(dir.path(), OPTIONS, &clock).unwrap());
    let refused = EmbeddedLog::open(dir.path(), CreationOptions { partitions: 8, ..OPTIONS }, &clock);
    let Err(LogError::Refused(words)) = refused else { panic!("8 partitions were taken") };
    assert!(words.contains("made with 4 partitions and is opened with 8"), "{words}");
    let none = tempfile::tempdir().unwrap();
    let refused = EmbeddedLog::open(none.path(), CreationOptions { partitions: 0, ..OPTIONS }, &clock);
    assert!(matches!(refused, Err(LogError::Refused(_))));
}

#[test]
fn a_log_that_exists_keeps_its_creation_record() {
    let dir = tempfile::tempdir().unwrap();
    let clock = ManualClock::default();
    let made = EmbeddedLog::open(dir.path(), OPTIONS, &clock).unwrap().creation().clone();
    let wanted = CreationOptions { repeats: RepeatWindow(99), ..OPTIONS };
    assert_eq!(EmbeddedLog::open(dir.path(), wanted, &clock).unwrap().creation(), &made);
}

#[test]
fn a_directory_that_is_open_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let clock = ManualClock::default();
    let _open = EmbeddedLog::open(dir.path(), OPTIONS, &clock).unwrap();
    let Err(LogError::Refused(words)) = EmbeddedLog::open(dir.path(), OPTIONS, &clock) else {
        panic!("the directory was opened twice")
    };
    assert!(words.contains(&dir.path().display().to_string()), "{words}");
}

#[test]
fn a_directory_that_cannot_be_made_is_not_available() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    let opened = EmbeddedLog::open(&file, OPTIONS, &ManualClock::default());
    assert!(matches!(opened, Err(LogError::Unavailable(_))));
}
