//! Sending one file, again and again while the gateway asks for patience.

use std::time::{Duration, Instant};

use reqwest::{Body, Response, StatusCode, header};
use serde_json::Value;
use tokio::time::sleep;

use super::{
    Push,
    files::{Content, File},
    patience::{Patience, TRIES_MAX},
};

/// Between looks at a document that the gateway would not wait for any longer.
const LOOK_FIRST: Duration = Duration::from_millis(100);
const LOOK_LAST: Duration = Duration::from_secs(1);

/// How one file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is a document and parsed.
    Parsed,
    /// It was a document before.
    AlreadyThere,
    /// It is taken in; parsing goes on.
    Pending,
    /// Nobody can read it.
    Rejected(String),
    /// It could not be handed over.
    Failed(String),
    /// The gateway had stopped answering.
    NotSent,
}

/// What to do after one send.
enum Next {
    Done(Outcome),
    Look(String),
    Again(Duration, String),
    Silence(String),
}

impl Push<'_> {
    /// Sends `file`; if documents are waited for, until it is parsed or rejected, or for so long after it was sent.
    pub(super) async fn upload(&self, file: &File) -> Outcome {
        let (mut patience, mut silent) = (Patience::default(), true);
        loop {
            if self.is_gone() {
                return Outcome::NotSent;
            }
            let sent = Instant::now();
            let (asked, reason) = match self.send(file).await {
                Next::Done(outcome) => return outcome,
                Next::Look(id) => {
                    let left = self.wait.unwrap_or_default().saturating_sub(sent.elapsed());
                    return self.look(&id, left).await;
                }
                Next::Again(asked, reason) => {
                    silent = false;
                    (Some(asked), reason)
                }
                Next::Silence(reason) => (None, reason),
            };
            if patience.wait(asked).await {
                continue;
            }
            // One file that cannot be sent, as when it changes meanwhile, is not the gateway's end.
            if silent && !self.answers().await {
                self.gone();
                return Outcome::NotSent;
            }
            return Outcome::Failed(format!("{reason}; given up after {TRIES_MAX} tries"));
        }
    }

    /// What becomes of a document that was there before, waited for if it is not parsed.
    pub(super) async fn outcome_of(&self, document: &Value) -> Outcome {
        let outcome = match (decided(document), self.wait) {
            (Some(outcome), _) => outcome,
            (None, Some(wait)) => self.look(document["id"].as_str().unwrap_or_default(), wait).await,
            (None, None) => Outcome::Pending,
        };
        if outcome == Outcome::Parsed { Outcome::AlreadyThere } else { outcome }
    }

    async fn send(&self, file: &File) -> Next {
        let body = match body(file).await {
            Ok(body) => body,
            Err(error) => return Next::Done(Outcome::Failed(format!("it cannot be read: {error}"))),
        };
        let prefer = match self.wait {
            // The gateway has a bound of its own, and the shorter one holds.
            Some(wait) => format!("wait={}", wait.as_secs()),
            None => "respond-async".to_owned(),
        };
        let request = self
            .client
            .post(format!("{}/ingest", self.gateway))
            .query(&[("name", file.name.as_str())])
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, file.size_bytes)
            .header("Prefer", prefer)
            .body(body);
        match request.send().await {
            Ok(response) => judge(response, self.wait.is_some()).await,
            Err(error) => Next::Silence(format!("the gateway did not answer: {error}")),
        }
    }

    /// Waits for a document that the gateway would not wait for any longer.
    async fn look(&self, id: &str, limit: Duration) -> Outcome {
        let (begun, mut pause) = (Instant::now(), LOOK_FIRST);
        loop {
            let answer = self.client.get(format!("{}/documents/{id}", self.gateway)).send().await;
            if let Ok(response) = answer {
                let document: Value = response.json().await.unwrap_or_default();
                if let Some(outcome) = decided(&document) {
                    return outcome;
                }
            }
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Outcome::Pending;
            }
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LOOK_LAST);
        }
    }
}

async fn body(file: &File) -> std::io::Result<Body> {
    Ok(match &file.content {
        Content::InMemory(bytes) => Body::from(bytes.clone()),
        Content::OnDisk(path) => Body::from(tokio::fs::File::open(path).await?),
    })
}

async fn judge(response: Response, wait: bool) -> Next {
    let status = response.status();
    let asked =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let answer: Value = response.json().await.unwrap_or_default();
    match status {
        StatusCode::OK => Next::Done(decided(&answer).unwrap_or(Outcome::Pending)),
        StatusCode::ACCEPTED if wait => Next::Look(answer["id"].as_str().unwrap_or_default().to_owned()),
        StatusCode::ACCEPTED => Next::Done(Outcome::Pending),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT => {
            Next::Again(Duration::from_secs(asked.unwrap_or(0)), told(status, &answer))
        }
        _ => Next::Done(Outcome::Failed(told(status, &answer))),
    }
}

fn told(status: StatusCode, answer: &Value) -> String {
    let detail = answer["detail"].as_str().or_else(|| answer["title"].as_str());
    detail.map_or_else(|| format!("the gateway answered {status}"), |detail| format!("{detail} ({status})"))
}

/// How a document ended, if it has.
fn decided(document: &Value) -> Option<Outcome> {
    match document["status"].as_str()? {
        "rejected" => {
            let part = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
            Some(Outcome::Rejected(format!("{}: {}", part("rejection_reason"), part("rejection_detail"))))
        }
        "received" => None,
        _ if document["duplicate"] == true => Some(Outcome::AlreadyThere),
        _ => Some(Outcome::Parsed),
    }
}
