//! The client against a server that speaks Ollama's protocol, and against ones that do not keep to it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use inference::{Embedder, InferenceError, Message, Ollama, OllamaEmbedder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const TAGS: &str = r#"{"models":[{"name":"tiny:latest"},{"name":"big:7b"}]}"#;

/// A server that answers `/api/tags` with [`TAGS`] and `/api/chat` with what it is told, or never.
async fn server(chat: Option<(&'static str, &'static str)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, chat));
        }
    });
    format!("http://{address}/")
}

async fn answer(mut stream: TcpStream, chat: Option<(&'static str, &'static str)>) {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).await.unwrap();
    let asks_for_tags = request[..length].starts_with(b"GET /api/tags ");
    let (status, body) = match chat {
        _ if asks_for_tags => ("200 OK", TAGS),
        Some(answer) => answer,
        None => std::future::pending().await,
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.unwrap();
}

async fn ask(chat: Option<(&'static str, &'static str)>) -> Result<String, InferenceError> {
    let ollama = Ollama::new(&server(chat).await, None, Duration::from_millis(300));
    ollama.chat("tiny:latest", &[Message::user("hello")]).await
}

#[tokio::test]
async fn the_model_that_was_asked_for_is_found_with_or_without_its_tag() {
    let url = server(None).await;
    let model = |wanted: Option<&str>| {
        let ollama = Ollama::new(&url, wanted.map(str::to_owned), Duration::from_secs(1));
        async move { ollama.model().await }
    };
    assert_eq!(model(None).await.as_deref(), Some("tiny:latest"));
    assert_eq!(model(Some("tiny")).await.as_deref(), Some("tiny:latest"));
    assert_eq!(model(Some("big:7b")).await.as_deref(), Some("big:7b"));
    assert_eq!(model(Some("absent")).await, None);
    let nobody = Ollama::new("http://127.0.0.1:9", None, Duration::from_secs(1));
    assert_eq!(nobody.model().await, None);
}

#[tokio::test]
async fn an_answer_comes_whole() {
    let said = r#"{"model":"tiny","message":{"role":"assistant","content":"Grüße [1]"},"done":true}"#;
    assert_eq!(ask(Some(("200 OK", said))).await.unwrap(), "Grüße [1]");
}

#[tokio::test]
async fn every_way_to_fail_says_whether_another_try_may_help() {
    let busy = ask(Some(("503 Service Unavailable", r#"{"error":"server busy"}"#))).await.unwrap_err();
    assert!(busy.is_transient(), "{busy}");
    let hanging = ask(None).await.unwrap_err();
    assert!(hanging.is_transient(), "{hanging}");
    let garbage = ask(Some(("200 OK", "not json"))).await.unwrap_err();
    assert!(garbage.is_transient(), "{garbage}");
    let refused = ask(Some(("400 Bad Request", r#"{"error":"model is too large"}"#))).await.unwrap_err();
    assert!(!refused.is_transient() && refused.to_string().contains("model is too large"), "{refused}");
}

async fn embed(answer: Option<(&'static str, &'static str)>) -> Result<Vec<Vec<f32>>, InferenceError> {
    let server = Ollama::new(&server(answer).await, None, Duration::from_millis(300));
    OllamaEmbedder::new(server, "tiny".to_owned()).embed(&["one", "two"]).await
}

#[tokio::test]
async fn texts_become_vectors_of_length_one() {
    let said = r#"{"model":"tiny","embeddings":[[3.0,4.0],[0.0,5.0]]}"#;
    assert_eq!(embed(Some(("200 OK", said))).await.unwrap(), [[0.6, 0.8], [0.0, 1.0]]);
}

#[tokio::test]
async fn what_a_model_says_instead_of_vectors_is_never_taken_for_them() {
    for said in [
        r#"{"embeddings":[[1.0,0.0]]}"#,
        r#"{"embeddings":[[1.0,0.0],[1.0]]}"#,
        r#"{"embeddings":[[1.0,0.0],[0.0,0.0]]}"#,
        r#"{"embeddings":[[1.0,null],[1.0,0.0]]}"#,
        "not json",
    ] {
        let error = embed(Some(("200 OK", said))).await.unwrap_err();
        assert!(matches!(error, InferenceError::Malformed(_)) && error.is_transient(), "{error}");
    }
    let hanging = embed(None).await.unwrap_err();
    assert!(hanging.is_transient(), "{hanging}");
    let refused =
        embed(Some(("404 Not Found", r#"{"error":"model \"tiny\" not found"}"#))).await.unwrap_err();
    assert!(!refused.is_transient() && refused.to_string().contains("not found"), "{refused}");
}
