//! Pushing a folder: what is there is not sent again, and a push that was killed goes on where it was.

use std::{fs, time::Duration};

use acceptance::{Dice, Node, elite, elite_killed, write_folder};
use serde_json::Value;

const FILES: usize = 120;

async fn push(node: &Node, more: &[&str]) -> Value {
    let base = node.base();
    let args = [&["push", "folder", "--gateway", &base, "--json"], more].concat();
    elite(node.home(), &[], &args).await.expect(0).json()
}

#[tokio::test]
async fn a_push_that_was_killed_sends_only_the_rest() {
    let node = Node::start().await;
    let folder = node.home().join("folder");
    write_folder(&folder, FILES, &mut Dice::new(3));
    fs::write(folder.join(".eliteignore"), "secret.md\n").unwrap();
    fs::write(folder.join("secret.md"), "# Secret\n\nNobody is told of it.\n").unwrap();

    // Killed as soon as the gateway has some, and not all.
    let base = node.base();
    let args = ["push", "folder", "--gateway", &base, "--parallel", "1", "--no-wait", "--json"];
    elite_killed(node.home(), &args, Duration::from_mins(1), async || node.documents().await.len() > 5).await;
    let there = node.idle().await;
    let before = node.documents().await.len();
    assert!((6..FILES).contains(&before), "{before} documents: {there}");

    let told = push(&node, &[]).await;
    assert_eq!((&told["skipped"], &told["sent"]), (&before.into(), &(FILES - before).into()), "{told}");
    assert_eq!(told["ignored"], 1, "{told}");
    assert_eq!(node.documents().await.len(), FILES);
    node.idle().await;
    let events = node.told(&["events", "stats"]).await;
    assert_eq!(events["types"]["document.received"], FILES, "nothing is there twice: {events}");

    let again = push(&node, &[]).await;
    assert_eq!((&again["skipped"], &again["sent"]), (&FILES.into(), &0.into()), "{again}");
    let forced = push(&node, &["--force", "--no-ignore"]).await;
    assert_eq!((&forced["sent"], &forced["already_there"]), (&(FILES + 1).into(), &FILES.into()), "{forced}");
}
