//! A server that speaks Ollama's protocol, without a model: texts with words in common have vectors that point alike ways, which is
//! what hashing words into a few hundred numbers gives, and a claim whose words its passage has is judged to be supported. It counts what
//! it is asked, and can be told to fail.

mod judging;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
    time::timeout,
};

/// The model that it says it has.
const MODEL: &str = "judge:latest";
const DIMENSIONS: usize = 256;
/// Between two bytes of an answer that drips.
const DRIP: Duration = Duration::from_millis(200);

/// How the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Well,
    /// With status 503.
    Unavailable,
    /// With something that is neither a vector nor a judgement.
    Garbage,
    /// As it should, but what it quotes of a passage is not there.
    Invents,
    /// As it should, but each time it is asked it says something else.
    Disagrees,
    /// A byte now and then, until it answers differently.
    Drips,
    /// Not until it answers differently; then it hangs up.
    Hangs,
}

struct Shared {
    manner: watch::Sender<Manner>,
    texts: Mutex<usize>,
    chats: Mutex<usize>,
}

/// A server of models; gone when dropped.
pub struct ModelServer {
    base_url: String,
    shared: Arc<Shared>,
    serving: AbortHandle,
}

impl ModelServer {
    /// Starts it on a free port of this machine.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let base_url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let shared = Arc::new(Shared {
            manner: watch::Sender::new(Manner::Well),
            texts: Mutex::new(0),
            chats: Mutex::new(0),
        });
        let served = Arc::clone(&shared);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = Arc::clone(&served);
                // Who hangs up hears no answer.
                tokio::spawn(async move { answer(stream, &served).await.ok() });
            }
        });
        Self { base_url, shared, serving: serving.abort_handle() }
    }

    /// `http://ADDRESS`, as `OLLAMA_BASE_URL` wants it.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Answers differently from now on.
    pub fn answers(&self, manner: Manner) {
        self.shared.manner.send_replace(manner);
    }

    /// How many texts it was asked for; a text that came twice counts twice.
    pub fn texts(&self) -> usize {
        *self.shared.texts.lock().expect("nobody panics")
    }

    /// How often it was asked to say something.
    pub fn chats(&self) -> usize {
        *self.shared.chats.lock().expect("nobody panics")
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let (path, body) = read(&mut stream).await?;
    let mut manners = shared.manner.subscribe();
    let manner = *manners.borrow_and_update();
    let (status, body) = match manner {
        Manner::Hangs => {
            manners.changed().await.ok();
            return Ok(());
        }
        Manner::Unavailable => ("503 Service Unavailable", r#"{"error":"loading"}"#.to_owned()),
        _ if path == "/api/tags" => ("200 OK", json!({ "models": [{ "name": MODEL }] }).to_string()),
        _ if path == "/api/chat" => {
            *shared.chats.lock().expect("nobody panics") += 1;
            ("200 OK", judging::said(&body, manner))
        }
        Manner::Garbage => ("200 OK", r#"{"embeddings":[["four",null]]}"#.to_owned()),
        _ if path == "/api/embed" => ("200 OK", embeddings(&body, shared)),
        _ => ("404 Not Found", r#"{"error":"no such thing"}"#.to_owned()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    if manner == Manner::Drips {
        for byte in format!("{head}{body}").bytes() {
            stream.write_all(&[byte]).await?;
            if timeout(DRIP, manners.changed()).await.is_ok() {
                break;
            }
        }
        return Ok(());
    }
    stream.write_all(format!("{head}{body}").as_bytes()).await
}

/// The path and the body of a request.
async fn read(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut request = Vec::new();
    loop {
        let head = request.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(end) = head {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or_default();
            if request.len() >= end + 4 + length {
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                return Ok((path, request[end + 4..].to_vec()));
            }
        }
        let mut more = vec![0; 16_384];
        match stream.read(&mut more).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => request.extend_from_slice(&more[..read]),
        }
    }
}

fn embeddings(request: &[u8], shared: &Shared) -> String {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let texts = request["input"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
    *shared.texts.lock().expect("nobody panics") += texts.len();
    let vectors: Vec<Vec<f32>> = texts.iter().map(|text| vector(text)).collect();
    json!({ "model": request["model"], "embeddings": vectors }).to_string()
}

/// Each word, and each beginning of one that has four letters, counts in a place of its own.
fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.01; DIMENSIONS];
    for word in text.to_lowercase().split(|character: char| !character.is_alphanumeric()) {
        for part in [word, word.get(..4).unwrap_or_default()].iter().filter(|part| !part.is_empty()) {
            // FNV-1a.
            let hash = part.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            vector[usize::try_from(hash % DIMENSIONS as u64).unwrap_or_default()] += 1.0;
        }
    }
    vector
}
