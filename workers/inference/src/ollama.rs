//! Chat with a model that Ollama serves. Whole answers, bounded in time and length.

mod embedding;

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::embedding::OllamaEmbedder;

/// How long a server may take to say that it is there.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest answer to a chat that is read: a character of JSON may take six bytes.
const CHAT_BYTES_MAX: usize = 1 << 20;
/// Tokens of one answer.
const ANSWER_TOKENS_MAX: u32 = 1024;
/// How freely a model speaks that is asked several times: samples that are all the same tell nothing of how sure it is.
const SAMPLE_TEMPERATURE: f32 = 0.7;

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Message {
    /// What the operator says.
    pub fn system(content: &str) -> Self {
        Self { role: "system".into(), content: content.to_owned() }
    }

    /// What the person says.
    pub fn user(content: &str) -> Self {
        Self { role: "user".into(), content: content.to_owned() }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The server did not answer, or not in time; another try may help.
    #[error("no answer from Ollama at {url}: {source}")]
    Unreachable {
        /// Where it was expected.
        url: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// The server is busy; another try may help.
    #[error("Ollama is busy ({0})")]
    Busy(StatusCode),
    /// The server refused.
    #[error("Ollama refused: {0}")]
    Refused(String),
    /// A model's files are missing or of the wrong kind.
    #[error("no usable model: {0}")]
    Unusable(String),
    /// What it said is no answer; another try may help.
    #[error("the model's answer cannot be used: {0}")]
    Malformed(String),
}

impl InferenceError {
    /// Whether another try may help.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Unusable(_))
    }
}

/// A model on an Ollama server.
#[derive(Clone, Debug)]
pub struct Ollama {
    client: Client,
    base_url: String,
    model: Option<String>,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Tags {
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Serialize)]
struct ChatRequest<'a> {
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
    /// The JSON schema that the answer has to follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a Value>,
    options: Options,
}

#[derive(Serialize)]
struct Options {
    num_predict: u32,
    temperature: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
}

#[derive(Deserialize)]
struct ChatResponse {
    message: Message,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Ollama {
    /// The server at `base_url`; without a `model`, the first one it has.
    pub fn new(base_url: &str, model: Option<String>, timeout: Duration) -> Self {
        Self { client: Client::new(), base_url: base_url.trim_end_matches('/').to_owned(), model, timeout }
    }

    /// The model that would answer; `None` when the server does not answer or has no such model.
    pub async fn model(&self) -> Option<String> {
        let url = format!("{}/api/tags", self.base_url);
        let answer = self.client.get(url).timeout(PROBE_TIMEOUT).send().await.ok()?;
        let tags: Tags = answer.error_for_status().ok()?.json().await.ok()?;
        let mut names = tags.models.into_iter().map(|tag| tag.name);
        match &self.model {
            None => names.next(),
            Some(wanted) => names.find(|name| name == wanted || name.strip_suffix(":latest") == Some(wanted)),
        }
    }

    /// The model's answer to a conversation.
    pub async fn chat(&self, model: &str, messages: &[Message]) -> Result<String, InferenceError> {
        let options = Options { num_predict: ANSWER_TOKENS_MAX, temperature: 0.0, seed: None };
        self.said(&ChatRequest { model, messages, stream: false, format: None, options }).await
    }

    /// One of several answers that differ by their `seed`, each in the form of a JSON schema as far as the server keeps to it.
    pub async fn sample(
        &self,
        model: &str,
        messages: &[Message],
        form: &Value,
        seed: u32,
    ) -> Result<String, InferenceError> {
        let options =
            Options { num_predict: 2 * ANSWER_TOKENS_MAX, temperature: SAMPLE_TEMPERATURE, seed: Some(seed) };
        self.said(&ChatRequest { model, messages, stream: false, format: Some(form), options }).await
    }

    async fn said(&self, request: &ChatRequest<'_>) -> Result<String, InferenceError> {
        let answer = self.post("/api/chat", request, CHAT_BYTES_MAX).await?;
        let response: ChatResponse = serde_json::from_slice(&answer)
            .map_err(|error| InferenceError::Malformed(format!("no message: {error}")))?;
        Ok(response.message.content)
    }

    /// The answer to a request, whole, and of at most `bytes_max`.
    async fn post(
        &self,
        path: &str,
        request: &impl Serialize,
        bytes_max: usize,
    ) -> Result<Vec<u8>, InferenceError> {
        let unreachable = |source| InferenceError::Unreachable { url: self.base_url.clone(), source };
        let request =
            self.client.post(format!("{}{path}", self.base_url)).timeout(self.timeout).json(request);
        let mut answer = request.send().await.map_err(unreachable)?;
        let (status, mut body) = (answer.status(), Vec::new());
        while let Some(bytes) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + bytes.len() > bytes_max {
                return Err(InferenceError::Malformed(format!("more than {bytes_max} bytes")));
            }
            body.extend_from_slice(&bytes);
        }
        match status {
            status if status.is_success() => Ok(body),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                Err(InferenceError::Busy(status))
            }
            status => {
                let told = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.error);
                let told = told.unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned());
                Err(InferenceError::Refused(format!("{told} ({status})")))
            }
        }
    }
}
