//! The page people see, in a real browser.

use std::time::Duration;

use acceptance::{Browser, Node, full};
use tokio::time::{interval, timeout};

const SHOWN_TIME_MAX: Duration = Duration::from_secs(30);

/// Waits until the page shows `name`.
async fn shows(browser: &mut Browser, name: &str) {
    let looking = async {
        let mut looks = interval(Duration::from_millis(100));
        loop {
            looks.tick().await;
            let shown = browser.evaluate("document.documentElement.outerHTML").await;
            if shown.as_str().is_some_and(|page| page.contains(name)) {
                return;
            }
        }
    };
    let shown = timeout(SHOWN_TIME_MAX, looking).await.is_ok();
    assert!(shown, "`{name}` is not in the page: {}", browser.evaluate("document.body.innerText").await);
}

#[tokio::test]
async fn the_page_shows_a_document_that_was_pushed() {
    let mut node = Node::start().await;
    let before = node.upload("heron-colony.md", "# Herons\n\nThe colony nests above the weir.\n").await;
    assert_eq!(before.expect(200)["status"], "parsed");
    let Some(mut browser) = Browser::open(&format!("{}/", node.base())).await else {
        assert!(!full(), "chromium is missing; ./tests/run installs it");
        println!("NOT RUN: chromium is missing; ./tests/run installs it");
        return;
    };
    shows(&mut browser, "heron-colony.md").await;
    // What arrives later appears without anybody reloading the page.
    let later = node.upload("bittern-census.md", "# Bitterns\n\nFour were heard at dawn.\n").await;
    assert_eq!(later.expect(200)["status"], "parsed");
    shows(&mut browser, "bittern-census.md").await;
    drop(browser);
    assert!(node.stop().await.success());
}
