//! Connections that are cut while a COMMIT is under way, once before the server got it and once after it carried it out.
//! Whether it was carried out is read, never guessed.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use event_log::EventLog;
use read_store::Store;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

use crate::{
    chain::Chain,
    log::memory,
    support::{Database, dealt, projector, reference},
};

/// The simple query that ends a transaction, as it is on the wire.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// Cuts every third connection's COMMIT before the server gets it and every third one's after the server answered it.
#[derive(Default)]
struct Cutter {
    commits: AtomicU64,
    lost: AtomicU64,
    unanswered: AtomicU64,
}

impl Cutter {
    async fn serve(self: Arc<Self>, listener: UnixListener, server: std::path::PathBuf) {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = UnixStream::connect(&server).await.unwrap();
            // One at a time, as the server serves them.
            self.carry(client, server).await;
        }
    }

    async fn carry(&self, mut client: UnixStream, mut server: UnixStream) {
        let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let asked = &asked[..read.unwrap_or(0)];
                    if asked.is_empty() {
                        return;
                    }
                    if asked.ends_with(COMMIT) {
                        match self.commits.fetch_add(1, Ordering::SeqCst) % 3 {
                            0 => {
                                self.lost.fetch_add(1, Ordering::SeqCst);
                                return;
                            }
                            1 => {
                                server.write_all(asked).await.unwrap();
                                // The answer's last message says that no transaction is open any more.
                                let mut answer = Vec::new();
                                while !answer.ends_with(b"Z\0\0\0\x05I") {
                                    assert!(server.read_buf(&mut answer).await.unwrap() > 0);
                                }
                                self.unanswered.fetch_add(1, Ordering::SeqCst);
                                return;
                            }
                            _ => {}
                        }
                    }
                    server.write_all(asked).await.unwrap();
                }
                read = server.read(&mut answered) => {
                    let read = read.unwrap_or(0);
                    if read == 0 || client.write_all(&answered[..read]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// A store whose connections go through the cutter.
fn through(cutter: &Arc<Cutter>, directory: &Path, server: &Path) -> Store {
    let listener = UnixListener::bind(directory.join(".s.PGSQL.5432")).unwrap();
    tokio::spawn(Arc::clone(cutter).serve(listener, server.join(".s.PGSQL.5432")));
    let url = format!("host={} port=5432 user=postgres dbname=template1", directory.display());
    Store::connect(&url, 1).unwrap()
}

#[tokio::test]
async fn a_connection_cut_during_commit_loses_nothing_and_repeats_nothing() {
    let database = Database::start().await;
    // The server serves one connection; the cutter's has to be it.
    database.store().close();
    let directory = tempfile::Builder::new().prefix("elite-cut-").tempdir().unwrap();
    let cutter = Arc::new(Cutter::default());
    let store = through(&cutter, directory.path(), database.server.socket_directory());

    let log: Arc<dyn EventLog> = memory(4);
    let fold = Arc::new(Chain::default());
    log.append(dealt(1..=120, &["a", "b", "c", "d", "e"])).await.unwrap();
    let mut projector = projector(&store, &log, &fold, 1, 8);
    let mut errors = 0;
    while let Err(error) = projector.catch_up().await {
        assert_eq!(error.decision, worker_runtime::Decision::Retry, "{error}");
        errors += 1;
    }
    assert_eq!(crate::support::chains(&store.client().await.unwrap()).await, reference(&*log).await);
    let (lost, unanswered) = (cutter.lost.load(Ordering::SeqCst), cutter.unanswered.load(Ordering::SeqCst));
    assert!(lost > 5 && unanswered > 5, "{lost} and {unanswered}");
    assert_eq!(errors, lost, "a commit that went through is recognised and goes on");
    assert_eq!(fold.committed.lock().unwrap().len(), 120);
    store.close();
    database.server.stop().await;
}
