//! Health, metrics, the description of the API, headers and the page.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Node, json_of, problem_of};

#[tokio::test]
async fn readiness_says_why_not_and_liveness_looks_only_at_the_process() {
    let node = Node::start().await;
    node.push("a.txt", "text").await;
    node.until(|| async { node.get("/readyz").send().await.unwrap().status() == StatusCode::OK }).await;
    let client = node.parts.store.client().await.unwrap();
    let halt = "update elite.subscription_partition set halted = 'the log lost its tail' where partition = 2";
    client.execute(halt, &[]).await.unwrap();
    drop(client);
    let problem =
        problem_of(node.get("/readyz").send().await.unwrap(), StatusCode::SERVICE_UNAVAILABLE, "not-serving")
            .await;
    assert!(problem["reasons"][0].as_str().unwrap().contains("the log lost its tail"), "{problem}");
    assert_eq!(
        node.read("/status").await["subscription"]["partitions"][2]["halted"],
        "the log lost its tail"
    );
    assert_eq!(node.read("/healthz").await["status"], "ok");
    let metrics = node.get("/metrics").send().await.unwrap();
    assert!(metrics.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    assert_eq!(metrics.text().await.unwrap(), "elite_build_info 1\n");
    node.stop().await;
}

#[tokio::test]
async fn numbers_for_a_page_may_be_a_second_old_and_all_others_are_new() {
    let node = Node::start().await;
    let glance = || async {
        let asked = node.get("/status").header("cache-control", "max-age=1").send().await.unwrap();
        json_of(asked, StatusCode::OK).await["documents"]["parsed"].as_u64()
    };
    assert_eq!(glance().await, None);
    node.push("a.txt", "text").await;
    assert_eq!(node.read("/status").await["documents"]["parsed"], 1);
    node.until(|| async { glance().await == Some(1) }).await;
    node.stop().await;
}

fn operations(api: &Value) -> BTreeSet<String> {
    let paths = api["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        item.as_object().unwrap().keys().map(|method| format!("{method} {path}")).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test]
async fn the_description_lists_every_route_and_resolves() {
    let node = Node::start().await;
    let api = node.read("/openapi.json").await;
    let expected = [
        "delete /documents/{id}",
        "delete /feedback/{id}",
        "get /conflicts",
        "get /conflicts/{id}",
        "get /datasets",
        "get /datasets/{id}",
        "get /datasets/{id}/export",
        "get /datasets/{id}/manifest",
        "get /documents",
        "get /documents/{id}",
        "get /documents/{id}/blocks",
        "get /documents/{id}/chunks",
        "get /documents/{id}/content",
        "get /documents/{id}/markdown",
        "get /documents/{id}/versions",
        "get /events",
        "get /healthz",
        "get /knowledge/{id}",
        "get /metrics",
        "get /openapi.json",
        "get /readyz",
        "get /search",
        "get /sessions",
        "get /sessions/{id}",
        "get /sessions/{id}/interactions/{interaction}",
        "get /status",
        "post /datasets",
        "post /documents/known",
        "post /events",
        "post /feedback",
        "post /ingest",
        "post /knowledge/{id}/review",
        "post /sessions",
        "post /sessions/{id}/interactions",
    ];
    assert_eq!(operations(&api), expected.iter().map(ToString::to_string).collect());
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = BTreeSet::new();
    for item in api["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "operation ids are unique");
            assert!(operation["summary"].is_string() && operation["tags"][0].is_string());
            let default = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(default["schema"]["$ref"], "#/components/schemas/Problem");
        }
    }
    let text = api.to_string();
    for (at, _) in text.match_indices("#/components/schemas/") {
        let name: String = text[at + 21..].chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(api["components"]["schemas"][&name].is_object(), "schema {name} is there");
    }
    node.stop().await;
}

#[tokio::test]
async fn every_answer_is_safe_in_a_browser_and_can_be_traced() {
    let node = Node::start().await;
    for path in ["/", "/documents", "/nowhere", "/ui/app.js"] {
        let answer = node.get(path).send().await.unwrap();
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers.contains_key("x-request-id"));
    }
    let traced = node.get("/healthz").header("x-request-id", "trace-7").send().await.unwrap();
    assert_eq!(traced.headers()["x-request-id"], "trace-7");
    node.stop().await;
}

#[tokio::test]
async fn the_page_and_all_it_needs_come_from_the_binary_and_are_cached() {
    let node = Node::start().await;
    let page = node.get("/").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let etag = page.headers()["etag"].clone();
    let html = page.text().await.unwrap();
    assert!(
        !html.contains("http://") && !html.contains("https://") && !html.contains("style="),
        "nothing from elsewhere"
    );
    let known = node.get("/").header("if-none-match", etag).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);

    let mut wanted: Vec<String> =
        html.split('"').filter(|part| part.starts_with("/ui/")).map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    while let Some(path) = wanted.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let file = node.get(&path).send().await.unwrap();
        assert_eq!(file.status(), StatusCode::OK, "{path}");
        if path.strip_suffix(".js").is_some() {
            assert_eq!(file.headers()["content-type"], "text/javascript; charset=utf-8");
            let text = file.text().await.unwrap();
            let imports = text.lines().filter(|line| line.starts_with("import"));
            let files =
                imports.filter_map(|line| line.split("\"./").nth(1)?.strip_suffix("\";").map(str::to_owned));
            wanted.extend(files.map(|file| format!("/ui/{file}")));
        }
    }
    assert!(seen.len() >= 12, "{seen:?}");
    node.stop().await;
}

#[tokio::test]
async fn every_problem_leads_to_a_page_about_it() {
    let node = Node::start().await;
    let problem =
        problem_of(node.get("/nowhere").send().await.unwrap(), StatusCode::NOT_FOUND, "not-found").await;
    let about = node.get(problem["type"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(about.status(), StatusCode::OK);
    assert!(about.text().await.unwrap().contains("There is no such thing"));
    node.stop().await;
}
