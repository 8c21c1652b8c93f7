//! The admin socket: one request as a line of JSON, answered by lines of JSON, the last of them `done` or `failed`.
//!
//! Files of a data directory belong to one process. Every other command finds the socket and asks that process.

use std::{io, path::Path};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::{
    execute::execute,
    lifecycle::Node,
    request::{Failure, Reply, Request},
};

/// Replies that may wait for a slow reader.
const REPLIES_MAX: usize = 64;

/// Opens the socket; one that a dead process left is replaced, because we hold the directory's lock.
pub(crate) fn listen(path: &Path) -> Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("failed to replace `{}`", path.display()));
        }
        _ => {}
    }
    UnixListener::bind(path).with_context(|| {
        format!("failed to open the admin socket `{}`; a socket's path has at most 107 bytes", path.display())
    })
}

/// Answers until `stop`.
pub(crate) async fn serve(listener: UnixListener, node: Node, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (node, stop) = (node.clone(), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        answered = answer(stream, &node) => {
                            if let Err(error) = answered {
                                tracing::debug!(%error, "an admin connection ended early");
                            }
                        }
                        () = stop.cancelled() => {}
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "the admin socket could not accept a connection"),
        }
    }
}

async fn answer(stream: UnixStream, node: &Node) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read).read_line(&mut line).await?;
    let request = match serde_json::from_str::<Request>(&line) {
        Ok(request) => request,
        Err(error) => {
            let message =
                format!("this node does not know the request ({error}); use the same release for both");
            return send(&mut write, &Reply::Failed { failure: Failure::wrong_use(message) }).await;
        }
    };
    let (replies, mut outgoing) = mpsc::channel(REPLIES_MAX);
    let working = async move {
        let last = match execute(node, request, &replies).await {
            Ok(result) => Reply::Done { result },
            Err(failure) => Reply::Failed { failure },
        };
        // The reader may be gone; then nobody misses the answer.
        replies.send(last).await.ok();
    };
    let sending = async move {
        while let Some(reply) = outgoing.recv().await {
            send(&mut write, &reply).await?;
        }
        Ok(())
    };
    // Sending ends after the last reply, or when the reader hangs up, which also stops what they asked for.
    tokio::pin!(working, sending);
    tokio::select! {
        sent = &mut sending => return sent,
        () = &mut working => {}
    }
    sending.await
}

async fn send(write: &mut OwnedWriteHalf, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    write.write_all(&line).await
}

/// A connection to the node that runs on a data directory.
pub(crate) struct Client {
    replies: tokio::io::Lines<BufReader<OwnedReadHalf>>,
    _write: OwnedWriteHalf,
}

impl Client {
    /// Sends `request`; `None` if no node runs there.
    pub(crate) async fn ask(socket: &Path, request: &Request) -> Result<Option<Self>> {
        let Ok(stream) = UnixStream::connect(socket).await else { return Ok(None) };
        let (read, mut write) = stream.into_split();
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        write.write_all(&line).await?;
        Ok(Some(Self { replies: BufReader::new(read).lines(), _write: write }))
    }

    /// The next line of the answer; `None` if the node ended without one.
    pub(crate) async fn next(&mut self) -> Result<Option<Reply>> {
        match self.replies.next_line().await? {
            Some(line) => Ok(Some(serde_json::from_str(&line)?)),
            None => Ok(None),
        }
    }
}
