//! A database that is ahead of its log, or will not open, is set aside and rebuilt from the log.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use acceptance::{Dice, Node, markdown};
use serde_json::Value;

/// Pushes documents with the numbers `from..to`.
async fn push(node: &Node, from: u64, to: u64) {
    for number in from..to {
        let text = markdown(&mut Dice::new(number), &format!("Report {number}"));
        assert_eq!(node.upload(&format!("report-{number}.md"), text).await.expect(200)["status"], "parsed");
    }
    node.idle().await;
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The first file of this name below `folder`.
fn find(folder: &Path, name: &str) -> Option<std::path::PathBuf> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.map(|entry| entry.path()).partition(|path| path.is_dir());
    let here = files.into_iter().find(|path| path.file_name().is_some_and(|found| found == name));
    here.or_else(|| folders.iter().find_map(|folder| find(folder, name)))
}

async fn names(node: &Node) -> Vec<String> {
    let name = |document: &Value| document["name"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = node.documents().await.iter().map(name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_database_ahead_of_its_log_is_set_aside_and_rebuilt() {
    let mut node = Node::start().await;
    push(&node, 0, 6).await;
    let before = node.documents().await;
    assert!(node.stop().await.success());
    let (log, old) = (node.data_dir().join("log"), node.home().join("old-log"));
    copy(&log, &old);

    node.restart().await;
    push(&node, 6, 10).await;
    assert_eq!(names(&node).await.len(), 10);
    assert!(node.stop().await.success());
    fs::remove_dir_all(&log).unwrap();
    fs::rename(&old, &log).unwrap();

    node.restart().await;
    assert!(node.data_dir().join("postgres.set-aside-1").is_dir(), "{}", node.logged());
    assert!(node.logged().contains("ahead of the log"), "{}", node.logged());
    node.idle().await;
    assert_eq!(node.documents().await, before, "the rows are those of the log");
    node.verify().await;
    push(&node, 20, 22).await;
    assert_eq!(names(&node).await.len(), 8);
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn a_database_that_will_not_open_is_set_aside_and_rebuilt() {
    let mut node = Node::start().await;
    push(&node, 0, 4).await;
    let before = node.documents().await;
    assert!(node.stop().await.success());
    let control = find(&node.data_dir().join("postgres"), "pg_control").expect("a cluster has a pg_control");
    fs::write(control, vec![0xa5; 8192]).unwrap();

    node.restart().await;
    assert!(node.data_dir().join("postgres.set-aside-1").is_dir(), "{}", node.logged());
    node.idle().await;
    assert_eq!(node.documents().await, before, "the rows are those of the log");
    node.verify().await;
    assert!(node.stop().await.success());
}
