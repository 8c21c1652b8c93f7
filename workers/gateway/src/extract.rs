//! What handlers take from a request, with refusals that are problems.

use axum::{
    RequestPartsExt,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::problem::{Answer, Problem, ProblemKind};

/// The id at the end of, or inside, the path. What is not an id names nothing, so it is not found.
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let text = parts.extract::<Path<String>>().await.map(|Path(text)| text).unwrap_or_default();
        text.parse().map(Self).map_err(|_| {
            Problem::new(
                ProblemKind::NotFound,
                format!("there is nothing with the id `{text}`; ids are UUIDs"),
            )
        })
    }
}

/// The query string.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(value)| Self(value)).map_err(|error| Problem::malformed(error.body_text()))
    }
}

/// A parameter that is one of a few words, if it is given.
pub(crate) fn one_of<'a>(
    name: &'static str,
    value: Option<&'a str>,
    known: &[&str],
) -> Answer<Option<&'a str>> {
    match value.filter(|value| !known.contains(value)) {
        None => Ok(value),
        Some(value) => {
            let detail = format!("`{name}` is `{value}`; it is one of {}", known.join(", "));
            Err(Problem::malformed(detail).with("field", name))
        }
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media_type = media_type(request.headers());
        if media_type.as_deref().is_none_or(|found| found != "application/json" && !found.ends_with("+json"))
        {
            let found = media_type.unwrap_or_else(|| "none".into());
            return Err(Problem::new(
                ProblemKind::UnknownType,
                format!("the body's Content-Type is `{found}`; send `application/json`"),
            ));
        }
        let bytes = whole_body(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Problem::malformed(format!("the body is not what is expected: {error}")))
    }
}

/// A JSON body that may be left out.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let length =
            request.headers().get(header::CONTENT_LENGTH).map_or("0", |value| value.to_str().unwrap_or("?"));
        let none = length == "0" && !request.headers().contains_key(header::TRANSFER_ENCODING);
        if none {
            return Ok(Self(T::default()));
        }
        Body::from_request(request, state).await.map(|Body(value)| Self(value))
    }
}

/// A body that is small enough to hold; the route's limit applies.
pub(crate) async fn whole_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(ProblemKind::TooLarge, "the body is larger than this path takes")
        } else {
            Problem::malformed(format!("the body broke off: {}", error.body_text()))
        }
    })
}

/// The media type of the body, lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Whether the caller prefers `application/json` to a stream of events, or the other way round; `None` if neither is
/// named.
pub(crate) fn wants_stream(headers: &HeaderMap) -> Option<bool> {
    let accept = headers.get(header::ACCEPT)?.to_str().ok()?.to_ascii_lowercase();
    let stream = accept.find("text/event-stream");
    match (stream, accept.find("application/json")) {
        (None, None) => None,
        (Some(stream), Some(json)) => Some(stream < json),
        (stream, _) => Some(stream.is_some()),
    }
}

/// Whether the caller is a browser that is to show something: it names HTML, and no JSON before it.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = |media_type: &str| accept.find(media_type);
    named("text/html").is_some_and(|html| named("application/json").is_none_or(|json| html < json))
}

/// The value of a header as text; a value that is not visible ASCII is refused.
pub(crate) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let text = |value: &'a axum::http::HeaderValue| {
        value.to_str().map_err(|_| Problem::malformed(format!("header `{name}` is not visible ASCII")))
    };
    headers.get(name).map(text).transpose()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_first_named_form_wins() {
        let wants = |accept: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).unwrap())]);
            wants_stream(&headers)
        };
        assert_eq!(wants("text/event-stream"), Some(true));
        assert_eq!(wants("application/json, text/event-stream"), Some(false));
        assert_eq!(wants("*/*"), None);
        assert_eq!(wants_stream(&HeaderMap::new()), None);
    }

    #[test]
    fn only_a_browser_gets_a_page() {
        let wants = |accept: &'static str| {
            wants_page(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert!(wants("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!wants("application/json, text/html") && !wants("*/*") && !wants_page(&HeaderMap::new()));
    }

    #[test]
    fn a_media_type_has_no_parameters_and_no_case() {
        let value = HeaderValue::from_static("Application/JSON; charset=utf-8");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value)]);
        assert_eq!(media_type(&headers).as_deref(), Some("application/json"));
    }
}
