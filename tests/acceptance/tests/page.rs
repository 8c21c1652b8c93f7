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

/// Waits until a JavaScript expression is true.
async fn holds(browser: &mut Browser, expression: &str) {
    let looking = async {
        let mut looks = interval(Duration::from_millis(100));
        while browser.evaluate(expression).await != true {
            looks.tick().await;
        }
    };
    let held = timeout(SHOWN_TIME_MAX, looking).await.is_ok();
    assert!(held, "`{expression}` is not so: {}", browser.evaluate("document.body.innerText").await);
}

/// Leaves for another page. The old one answers until the browser has it, so that its address is waited for.
async fn turn_to(browser: &mut Browser, address: &str) {
    browser.evaluate(&format!("location.href = '{address}'")).await;
    holds(browser, &format!("location.href === '{address}'")).await;
}

macro_rules! sample {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../samples/", $name)).as_slice())
    };
}

/// Hands in a file and gives the address of its page.
async fn shown(node: &Node, (name, bytes): (&str, &[u8]), status: &str) -> String {
    let document = node.upload(name, bytes).await.expect(200);
    assert_eq!(document["status"], status, "{document}");
    format!("{}/documents/{}", node.base(), document["id"].as_str().expect("a document has an id"))
}

const MARKED: &str = "document.querySelectorAll('.block.marked').length === 1";

#[tokio::test]
async fn a_document_is_shown_beside_its_extract_with_the_block_under_the_cursor_marked() {
    let mut node = Node::start().await;
    let text = shown(&node, sample!("troubleshooting.md"), "parsed").await;
    let page = shown(&node, sample!("retention.html"), "parsed").await;
    let pdf = shown(&node, sample!("incident-2041.pdf"), "parsed").await;
    let rejected = shown(&node, sample!("cut-off.pdf"), "rejected").await;
    let Some(mut browser) = Browser::open(&text).await else {
        assert!(!full(), "chromium is missing; ./tests/run installs it");
        println!("NOT RUN: chromium is missing; ./tests/run installs it");
        return;
    };
    let point = |block: u32| {
        let over = "new MouseEvent('mouseover', { bubbles: true })";
        format!("Boolean(document.querySelector('[data-block=\"{block}\"].block')?.dispatchEvent({over}))")
    };
    holds(&mut browser, &point(3)).await;
    holds(&mut browser, MARKED).await;
    let same = "document.querySelector('.source .marked').textContent.includes(document.querySelector('.block.marked pre').textContent.slice(0, 20))";
    holds(&mut browser, same).await;
    holds(&mut browser, "document.querySelectorAll('.block.unseen').length === 0").await;

    turn_to(&mut browser, &page).await;
    holds(&mut browser, &point(1)).await;
    let outlined = "document.querySelector('iframe.shown').contentDocument.querySelectorAll('[style*=outline]').length === 1";
    holds(&mut browser, outlined).await;

    turn_to(&mut browser, &pdf).await;
    holds(&mut browser, &point(3)).await;
    holds(&mut browser, "document.querySelectorAll('#map rect.marked').length === 1").await;
    holds(&mut browser, "document.querySelector('.block.marked .place').textContent.startsWith('p. 1')")
        .await;

    turn_to(&mut browser, &rejected).await;
    holds(&mut browser, "document.querySelector('#alert').textContent.startsWith('Rejected (')").await;
    drop(browser);
    assert!(node.stop().await.success());
}
