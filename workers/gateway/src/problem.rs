//! Errors as people and programs get them: RFC 9457 `application/problem+json`.

mod kind;
mod sources;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

pub(crate) use kind::ProblemKind;

/// Seconds after which trying again makes sense when something is overloaded or restarting.
const RETRY_AFTER_SECONDS: u64 = 1;
/// Seconds after which it makes sense when people have to do something first.
const RETRY_AFTER_HEALING_SECONDS: u64 = 30;

/// An error, as it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) detail: String,
    extensions: Map<String, Value>,
    retry_after_seconds: Option<u64>,
}

/// The answer of a handler that can fail.
pub(crate) type Answer<T = Response> = Result<T, Problem>;

impl Problem {
    /// A problem whose `detail` names the input and the fix.
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let retry = matches!(kind.status(), StatusCode::SERVICE_UNAVAILABLE) || kind == ProblemKind::InFlight;
        let retry_after_seconds = retry.then_some(RETRY_AFTER_SECONDS);
        Self { kind, detail: detail.into(), extensions: Map::new(), retry_after_seconds }
    }

    /// The log takes nothing until its operator has done something about `error`.
    pub(crate) fn log_to_heal(error: &impl std::fmt::Display) -> Self {
        let detail = format!("the log takes no events until its operator heals it: {error}");
        let retry_after_seconds = Some(RETRY_AFTER_HEALING_SECONDS);
        Self { retry_after_seconds, ..Self::new(ProblemKind::LogUnavailable, detail) }
    }

    /// Bad input.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Malformed, detail)
    }

    /// No such thing.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(ProblemKind::NotFound, format!("there is no {what} `{id}`"))
    }

    /// A member of its own, for programs.
    #[must_use]
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "type": format!("/problems/{}", self.kind.slug()),
            "title": self.kind.title(),
            "status": self.kind.status().as_u16(),
            "detail": self.detail,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(self.extensions.clone());
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.kind.status(), self.body().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
