//! Pages of other sites must not change anything here with the help of a visitor's browser.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::{Problem, ProblemKind};

/// Refuses requests that change something and that a browser says come from elsewhere. Programs send neither header.
pub(crate) async fn refuse_other_origins(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || same_origin(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    let detail = "a browser says that this request was made by a page of another origin";
    Problem::new(ProblemKind::CrossOrigin, detail).into_response()
}

fn same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host =
        text(header::HOST.as_str()).or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let of_origin = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    of_origin.is_some() && of_origin == host
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn allowed(headers: &[(&'static str, &'static str)]) -> bool {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        same_origin(&headers.iter().map(pair).collect(), &Uri::from_static("/ingest"))
    }

    #[test]
    fn only_programs_and_the_gateways_own_page_may_change_things() {
        assert!(allowed(&[("host", "127.0.0.1:8080")]), "a program");
        assert!(allowed(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")]));
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(!allowed(&[("sec-fetch-site", "cross-site")]));
        assert!(!allowed(&[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:3000")]));
        assert!(!allowed(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:3000")]));
        assert!(!allowed(&[("host", "127.0.0.1:8080"), ("origin", "null")]));
        assert!(!allowed(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080.evil.example")]));
    }
}
