//! A very large upload: streamed to the blob store, refused by the parsers in words, and never held in memory.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{convert::Infallible, fs, time::Instant};

use acceptance::{Node, full};
use futures::stream;
use reqwest::Body;

const MIB: usize = 1024 * 1024;
/// Most memory that an upload may add, whatever its size.
const GROWTH_KIB_MAX: u64 = 64 * 1024;

/// The most memory the node ever held, in KiB.
fn peak_kib(node: &Node) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", node.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A body of so many MiB, made as it is sent.
fn body(mib: usize) -> Body {
    let line = b"One line of a very long file that nobody will ever want to read to its end.\n";
    let piece: Vec<u8> = line.iter().copied().cycle().take(MIB).collect();
    Body::wrap_stream(stream::iter((0..mib).map(move |_| Ok::<_, Infallible>(piece.clone()))))
}

#[tokio::test]
async fn a_large_upload_streams_in_flat_memory() {
    let mib = if full() { 1024 } else { 96 };
    let mut node = Node::start().await;
    // What is needed once for any upload is there before the measurement.
    node.upload("small.md", "# Small\n\nA small one first.\n").await.expect(200);
    node.idle().await;
    let before = peak_kib(&node);

    let begun = Instant::now();
    let request = node.posting("/ingest").query(&[("name", "long.txt")]);
    let sent = request.header("content-type", "text/plain").body(body(mib));
    let answer = node.ask(sent).await.expect(200);
    let seconds = begun.elapsed().as_secs_f64();
    let growth = peak_kib(&node) - before;
    println!("{mib} MiB in {seconds:.1} s; the peak of memory was {before} KiB and grew by {growth} KiB");
    assert_eq!(
        (&answer["status"], &answer["rejection_reason"]),
        (&"rejected".into(), &"too_large".into()),
        "{answer}"
    );
    assert_eq!(answer["size_bytes"], mib * MIB, "{answer}");
    assert!(growth < GROWTH_KIB_MAX, "the peak of memory grew by {growth} KiB");

    // Sending it back is no different.
    let content = format!("/documents/{}/content", answer["id"].as_str().unwrap());
    let mut download = node.getting(&content).send().await.unwrap();
    let mut received = 0;
    while let Some(piece) = download.chunk().await.unwrap() {
        received += piece.len();
    }
    let growth = peak_kib(&node) - before;
    println!("sent back; the peak of memory grew by {growth} KiB");
    assert_eq!(received, mib * MIB);
    assert!(growth < GROWTH_KIB_MAX, "the peak of memory grew by {growth} KiB");
    assert_eq!(
        node.upload("after.md", "# After\n\nAnd a small one.\n").await.expect(200)["status"],
        "parsed"
    );
    assert!(node.stop().await.success());
}
