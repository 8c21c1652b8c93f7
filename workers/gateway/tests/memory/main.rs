//! An upload's memory, measured in a process that does nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]
#![expect(dead_code, reason = "the harness serves the other tests too")]

#[path = "../http/harness.rs"]
mod harness;
#[path = "../http/roles.rs"]
mod roles;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::{StreamExt, stream};
use reqwest::{Body, StatusCode};

use crate::harness::{Node, json_of};

#[tokio::test]
async fn a_long_upload_streams_through_in_flat_memory() {
    const PIECE_BYTES: usize = 1024 * 1024;
    const PIECES: usize = 64;
    let node = Node::start().await;
    node.push("warm-up.txt", "so that everything is started").await;
    let (before, most) = (resident_bytes(), Arc::new(AtomicU64::new(0)));
    let watched = most.clone();
    let pieces = stream::iter(0..PIECES).map(move |_| {
        watched.fetch_max(resident_bytes(), Ordering::SeqCst);
        Ok::<_, std::io::Error>(vec![0_u8; PIECE_BYTES])
    });
    let post = node.post("/ingest?name=zeros.bin").header("content-type", "application/octet-stream");
    let document = json_of(post.body(Body::wrap_stream(pieces)).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(document["status"], "rejected");
    assert_eq!(document["size_bytes"], PIECE_BYTES * PIECES);
    let grown = most.load(Ordering::SeqCst).saturating_sub(before) / (1024 * 1024);
    println!("an upload of {PIECES} MiB grew the process by {grown} MiB");
    assert!(grown < 48, "memory grew by {grown} MiB");
    node.stop().await;
}

/// Bytes of this process that are in memory.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
