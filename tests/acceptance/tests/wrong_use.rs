//! Exit codes and words for wrong use and for gateways that do not answer.

use std::fs;

use acceptance::{Ended, Node, elite, elite_unread};

/// The command ended with this code, and said on standard error what is wrong.
#[track_caller]
fn refused(ended: Ended, code: i32, word: &str) {
    let ended = ended.expect(code);
    assert!(ended.stderr.contains(word), "`{word}` is not in: {}", ended.stderr);
    assert!(ended.stdout.is_empty(), "results only go to standard output: {}", ended.stdout);
}

#[tokio::test]
async fn wrong_use_and_unreachable_gateways_have_their_exit_codes() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(here.join("a.md"), "# A\n\nSome text.\n").unwrap();
    refused(elite(here, &[], &["dance"]).await, 2, "dance");
    refused(elite(here, &[], &["up", "--what"]).await, 2, "--what");
    refused(elite(here, &[], &["push"]).await, 2, "PATH");
    refused(
        elite(here, &[], &["push", "absent.md", "--gateway", "http://127.0.0.1:9"]).await,
        2,
        "absent.md",
    );
    refused(elite(here, &[], &["push", "a.md", "--gateway", "http://127.0.0.1:9"]).await, 3, "elite up");
    refused(
        elite(here, &[("REDIS_URL", "redis://127.0.0.1")], &["events", "stats"]).await,
        2,
        "DATABASE_URL",
    );
    refused(elite(here, &[("ELITE_PARTITIONS", "none")], &["events", "stats"]).await, 2, "ELITE_PARTITIONS");
    refused(elite(here, &[], &["dead-letter", "drop", "not-an-id", "--reason", "x"]).await, 2, "not-an-id");
    assert!(!here.join(".elite").exists(), "wrong use leaves nothing behind");

    for shell in ["bash", "zsh", "fish"] {
        let completions = elite(here, &[], &["completions", shell]).await.expect(0);
        assert!(completions.stdout.contains("elite"), "{shell}");
    }
    assert!(elite(here, &[], &["man"]).await.expect(0).stdout.contains(".TH elite"));
    assert!(elite(here, &[], &["--version"]).await.expect(0).stdout.starts_with("elite "));
    let parsed = elite(here, &[], &["parse", "a.md", "--json"]).await.expect(0).json();
    assert_eq!(parsed["title"], "A", "{parsed}");
}

#[tokio::test]
async fn a_data_directory_belongs_to_one_node() {
    let mut node = Node::start().await;
    refused(node.elite(&["search", " "]).await, 2, "query is empty");
    refused(node.elite(&["up", "--listen", "127.0.0.1:0"]).await, 1, "in use by another elite process");
    refused(
        node.elite(&["events", "show", "4f349202-3f22-5461-a708-6ac00fe757a1"]).await,
        1,
        "not in the log",
    );
    let taken = node.base().replace("http://", "");
    let other = tempfile::tempdir().unwrap();
    refused(elite(other.path(), &[], &["up", "--listen", &taken]).await, 3, "--listen");
    // The node is none the worse for it.
    assert_eq!(node.upload("after.md", "# After\n\nIt still works.\n").await.expect(200)["status"], "parsed");
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_reason_to_panic() {
    let home = tempfile::tempdir().unwrap();
    for args in [&["events", "stats"][..], &["events", "stats", "--json"], &["man"], &["completions", "zsh"]]
    {
        let ended = elite_unread(home.path(), args).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(141), ""), "{args:?}");
    }
}
