//! A TCP proxy that cuts connections where a rule says so.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// What becomes of some bytes and their connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They go on.
    Pass,
    /// They are lost, and both sides are closed.
    Cut,
    /// They go on, then both sides are closed.
    PassThenCut,
}

type Rule = dyn Fn(Direction, &[u8]) -> Verdict + Send + Sync;

/// A running proxy; it closes everything when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    cuts: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
    _alive: watch::Sender<()>,
}

impl Proxy {
    /// Starts a proxy to `upstream`. `rule` sees the bytes as they arrive: small messages mostly whole, large ones in parts.
    pub async fn start(
        upstream: SocketAddr,
        rule: impl Fn(Direction, &[u8]) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let (alive, watching) = watch::channel(());
        let cuts = Arc::new(AtomicU64::new(0));
        let (rule, counting): (Arc<Rule>, _) = (Arc::new(rule), Arc::clone(&cuts));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let connection = Connection {
                    rule: Arc::clone(&rule),
                    cuts: Arc::clone(&counting),
                    alive: watching.clone(),
                };
                tokio::spawn(connection.serve(client, upstream));
            }
        });
        Self { address, cuts, accepting, _alive: alive }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections its rule has cut.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

#[derive(Clone)]
struct Connection {
    rule: Arc<Rule>,
    cuts: Arc<AtomicU64>,
    alive: watch::Receiver<()>,
}

impl Connection {
    /// Passes bytes both ways until either side ends, the rule cuts, or the proxy is dropped.
    async fn serve(self, client: TcpStream, upstream: SocketAddr) {
        let Ok(server) = TcpStream::connect(upstream).await else { return };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("a connection can be told not to wait");
        }
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let mut alive = self.alive.clone();
        tokio::select! {
            _ = self.pass(Direction::ToServer, from_client, to_server) => {}
            _ = self.pass(Direction::ToClient, from_server, to_client) => {}
            _ = alive.changed() => {}
        }
    }

    async fn pass(&self, way: Direction, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let bytes = from.read(&mut buffer).await?;
            if bytes == 0 {
                return Ok(());
            }
            let verdict = (self.rule)(way, &buffer[..bytes]);
            if verdict != Verdict::Cut {
                to.write_all(&buffer[..bytes]).await?;
            }
            if verdict != Verdict::Pass {
                self.cuts.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
        }
    }
}
