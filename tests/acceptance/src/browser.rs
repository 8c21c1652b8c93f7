//! A headless Chromium, asked over its debugging port. Only what a test of a page needs: open an address, evaluate an
//! expression.

use std::{fs, io::ErrorKind, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use crate::until;

/// How long the browser may take to start.
const START_TIME_MAX: Duration = Duration::from_mins(1);
/// How long it may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// A browser with one page; ended when dropped.
pub struct Browser {
    socket: BufReader<TcpStream>,
    calls: u64,
    _child: Child,
    _profile: TempDir,
}

impl Browser {
    /// Opens a page; none if there is no Chromium on this machine.
    pub async fn open(address: &str) -> Option<Self> {
        let profile = tempfile::tempdir().expect("a directory can be made");
        let mut command = Command::new("chromium");
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        command.args(["--disable-dev-shm-usage", "--remote-debugging-port=0"]);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg(address);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = match command.spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            spawned => spawned.expect("chromium starts"),
        };
        let port_file = profile.path().join("DevToolsActivePort");
        let page = until("chromium has opened the page", START_TIME_MAX, async || {
            let port: u16 = fs::read_to_string(&port_file).ok()?.lines().next()?.parse().ok()?;
            let listed = reqwest::get(format!("http://127.0.0.1:{port}/json/list")).await.ok()?;
            let pages: Value = listed.json().await.ok()?;
            let page = pages.as_array()?.iter().find(|page| page["type"] == "page")?;
            Some(page["webSocketDebuggerUrl"].as_str()?.to_owned())
        })
        .await;
        Some(Self { socket: connect(&page).await, calls: 0, _child: child, _profile: profile })
    }

    /// The value of a JavaScript expression in the page.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        self.calls += 1;
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let call = json!({ "id": self.calls, "method": "Runtime.evaluate", "params": params });
        self.send(&call.to_string()).await;
        let number = self.calls;
        let answering = async {
            loop {
                let message: Value = serde_json::from_str(&self.receive().await).unwrap_or_default();
                if message["id"] == number {
                    return message["result"]["result"]["value"].clone();
                }
            }
        };
        timeout(ANSWER_TIME_MAX, answering).await.expect("the browser answers")
    }

    /// Sends a text frame. The mask is zero, so the text goes as it is; it only guards against old proxies.
    async fn send(&mut self, text: &str) {
        let length = u16::try_from(text.len()).expect("a call is short");
        let mut frame = vec![0x81, 0x80 | 0x7e];
        frame.extend(length.to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.socket.write_all(&frame).await.expect("the browser listens");
    }

    /// The text of the next frame. Chromium sends a message as one frame.
    async fn receive(&mut self) -> String {
        let gone = "the browser goes on";
        self.socket.read_u8().await.expect(gone);
        let length = match self.socket.read_u8().await.expect(gone) & 0x7f {
            126 => u64::from(self.socket.read_u16().await.expect(gone)),
            127 => self.socket.read_u64().await.expect(gone),
            short => u64::from(short),
        };
        let mut text = vec![0; usize::try_from(length).expect("a message fits into memory")];
        self.socket.read_exact(&mut text).await.expect(gone);
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Opens a WebSocket to `ws://HOST:PORT/PATH`.
async fn connect(address: &str) -> BufReader<TcpStream> {
    let rest = address.strip_prefix("ws://").expect("a page has a WebSocket address");
    let (host, path) = rest.split_once('/').expect("a WebSocket address has a path");
    let stream = TcpStream::connect(host).await.expect("the browser listens");
    let mut socket = BufReader::new(stream);
    let request = format!(
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGVzdHMgb2YgZWxpdGUhIQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.expect("the browser listens");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.expect("the browser answers"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    socket
}
