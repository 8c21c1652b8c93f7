//! `Idempotency-Key`: a call that is repeated gets the answer it got before.

use std::time::Duration;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use event_log::{Appended, Outcome};
use read_store::idempotency::{self, Claim};
use serde_json::{Value, json};

use crate::{
    extract::header_text,
    problem::{Answer, Problem, ProblemKind},
    state::App,
};

/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_BYTES_MAX: usize = 255;
/// Added to the longest wait of a call: after this a call that never ended can be repeated.
const TERM_EXTRA: Duration = Duration::from_secs(30);

/// The caller's key, quoted as the header's draft has it, or bare as most send it.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(text) = header_text(headers, "idempotency-key")? else { return Ok(None) };
    let text = text.trim();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if bare.is_empty() || bare.len() > KEY_BYTES_MAX {
        return Err(Problem::malformed(format!(
            "`Idempotency-Key` must have 1 to {KEY_BYTES_MAX} characters"
        )));
    }
    Ok(Some(bare.to_owned()))
}

/// The header that says so, if the event of this answer was there before.
pub(crate) fn replayed(appended: &Appended) -> HeaderMap {
    let repeated = appended.outcome == Outcome::Duplicate;
    repeated.then_some((REPLAYED, HeaderValue::from_static("true"))).into_iter().collect()
}

/// An answer that can be kept and given again.
pub(crate) struct KeptAnswer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) body: Value,
}

impl KeptAnswer {
    fn to_value(&self) -> Value {
        json!({ "status": self.status.as_u16(), "location": self.location, "body": self.body })
    }

    fn from_value(mut kept: Value) -> Self {
        let status = kept["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        Self {
            status: status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK),
            location: kept["location"].as_str().map(str::to_owned),
            body: kept["body"].take(),
        }
    }
}

impl IntoResponse for KeptAnswer {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        if let Some(location) = self.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// Answers a call once for each key: `answer` runs only if the key is new or its last holder never ended. What is kept of it
/// is about `datasubject`.
pub(crate) async fn once(
    app: &App,
    key: Option<&str>,
    fingerprint: &str,
    datasubject: Option<&str>,
    answer: impl Future<Output = Answer<KeptAnswer>>,
) -> Answer {
    let Some(key) = key else { return Ok(answer.await?.into_response()) };
    match claim(app, key, fingerprint, datasubject).await? {
        Claim::Taken => {}
        Claim::Answered(kept) => {
            let mut response = KeptAnswer::from_value(kept).into_response();
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            return Ok(response);
        }
        Claim::InFlight => {
            let detail = format!("a call with the idempotency key `{key}` is being answered");
            return Err(Problem::new(ProblemKind::InFlight, detail));
        }
        Claim::OtherPayload => {
            let detail = format!("the idempotency key `{key}` was used for another payload");
            return Err(Problem::new(ProblemKind::KeyReused, detail));
        }
    }
    let answered = answer.await;
    let client = app.store.client().await?;
    match answered {
        Ok(kept) => {
            idempotency::finish(&client, &app.tenant.0, key, &kept.to_value()).await?;
            Ok(kept.into_response())
        }
        Err(problem) => {
            idempotency::release(&client, &app.tenant.0, key).await?;
            Err(problem)
        }
    }
}

async fn claim(app: &App, key: &str, fingerprint: &str, datasubject: Option<&str>) -> Answer<Claim> {
    let client = app.store.client().await?;
    let term = app.limits.ingest_wait + TERM_EXTRA;
    Ok(idempotency::claim(&client, &app.tenant.0, key, fingerprint, datasubject, term).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_quoted_or_bare() {
        let key = |text: &str| {
            let value = HeaderValue::from_str(text).unwrap();
            idempotency_key(&HeaderMap::from_iter([(HeaderName::from_static("idempotency-key"), value)]))
        };
        assert_eq!(key("\"8e03\"").unwrap().as_deref(), Some("8e03"));
        assert_eq!(key(" 8e03 ").unwrap().as_deref(), Some("8e03"));
        assert_eq!(key("\"\"").unwrap_err().kind, ProblemKind::Malformed);
        assert_eq!(key(&"k".repeat(256)).unwrap_err().kind, ProblemKind::Malformed);
        assert!(idempotency_key(&HeaderMap::new()).unwrap().is_none());
    }
}
