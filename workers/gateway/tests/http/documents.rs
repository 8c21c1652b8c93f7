//! Reading documents, passages, judgements and search results.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Node, json_of, problem_of};

fn names(page: &Value) -> Vec<&str> {
    page["documents"].as_array().unwrap().iter().map(|document| document["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_hold_every_document_once_newest_first() {
    let node = Node::start().await;
    for number in 0..7 {
        node.push(&format!("{number}.txt"), &format!("text {number}")).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = node.read(&format!("/documents?limit=3{cursor}")).await;
        seen.extend(names(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["6.txt", "5.txt", "4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]);
    let by_name = node.read("/documents?q=3.T&status=parsed").await;
    assert_eq!(names(&by_name), ["3.txt"]);
    assert_eq!(
        names(&node.read("/documents?q=%25").await),
        [] as [&str; 0],
        "a percent sign is a percent sign"
    );
    for wrong in ["status=lost", "limit=0", "limit=x", "cursor=x", "colour=red"] {
        let answer = node.get(&format!("/documents?{wrong}")).send().await.unwrap();
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await;
    }
    node.stop().await;
}

#[tokio::test]
async fn a_deleted_document_is_gone_from_everywhere_but_the_log() {
    let node = Node::start().await;
    let id = node.push("gone.txt", "ephemeral words").await["id"].as_str().unwrap().to_owned();
    let url = format!("{}/documents/{id}", node.base);
    assert_eq!(node.read("/search?q=ephemeral").await["hits"].as_array().unwrap().len(), 1);
    let deleted = node.client.delete(&url).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::OK);
    for path in ["", "/content", "/chunks", "/blocks", "/markdown"] {
        let answer = node.get(&format!("/documents/{id}{path}")).send().await.unwrap();
        problem_of(answer, StatusCode::NOT_FOUND, "not-found").await;
    }
    let again = node.client.delete(&url).send().await.unwrap();
    problem_of(again, StatusCode::NOT_FOUND, "not-found").await;
    assert_eq!(node.read("/search?q=ephemeral").await["hits"], json!([]));
    assert_eq!(names(&node.read("/documents").await), [] as [&str; 0]);
    assert_eq!(names(&node.read("/documents?status=deleted").await), ["gone.txt"]);
    node.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_on_every_path() {
    let node = Node::start().await;
    let absent = "00000000-0000-4000-8000-000000000000";
    let paths = [
        format!("/documents/{absent}"),
        format!("/documents/{absent}/content"),
        format!("/documents/{absent}/chunks"),
        format!("/documents/{absent}/blocks"),
        format!("/documents/{absent}/markdown"),
        "/documents/not-an-id".to_owned(),
        "/documents/..%2f..%2fetc".to_owned(),
        format!("/knowledge/{absent}"),
        format!("/sessions/{absent}"),
        format!("/sessions/{absent}/interactions/{absent}"),
        format!("/datasets/{absent}"),
        format!("/datasets/{absent}/export"),
        "/nowhere".to_owned(),
        "/ui/../Cargo.toml".to_owned(),
        "/problems/none".to_owned(),
    ];
    for path in paths {
        let answer = node.get(&path).send().await.unwrap();
        problem_of(answer, StatusCode::NOT_FOUND, "not-found").await;
    }
    for (method, path) in [(Method::PUT, "/documents"), (Method::GET, "/ingest"), (Method::POST, "/healthz")]
    {
        let answer = node.client.request(method, format!("{}{path}", node.base)).send().await.unwrap();
        assert!(answer.headers().contains_key("allow"));
        problem_of(answer, StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed").await;
    }
    node.stop().await;
}

#[tokio::test]
async fn passages_come_in_order_with_their_places() {
    let node = Node::start().await;
    let id = node.push("lines.txt", "first line\nsecond line\nthird line\n").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = node.read(&format!("/documents/{id}/chunks?limit=2")).await;
    assert_eq!((page["chunks"][1]["text"].as_str(), &page["next"]), (Some("second line\n"), &2.into()));
    assert_eq!((&page["chunks"][1]["start_char"], &page["chunks"][1]["end_char"]), (&11.into(), &23.into()));
    let rest = node.read(&format!("/documents/{id}/chunks?limit=2&cursor=2")).await;
    assert_eq!((rest["chunks"][0]["ordinal"].as_i64(), &rest["next"]), (Some(2), &Value::Null));
    node.stop().await;
}

#[tokio::test]
async fn what_was_extracted_is_read_block_by_block_or_whole() {
    let node = Node::start().await;
    let id = node.push("lines.txt", "erste\nzweite\nd\u{e9}rni\u{e8}re\n").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = node.read(&format!("/documents/{id}/blocks?limit=2")).await;
    assert_eq!((&page["total"], &page["next"]), (&3.into(), &2.into()));
    let second = &page["blocks"][1];
    assert_eq!(
        (&second["ordinal"], &second["kind"], &second["page"]),
        (&1.into(), &"quote".into(), &1.into())
    );
    assert_eq!((&second["text"], &second["markdown"]), (&"zweite".into(), &"> zweite".into()));
    let rest = node.read(&format!("/documents/{id}/blocks?limit=2&cursor=2")).await;
    assert_eq!((&rest["blocks"][0]["text"], &rest["next"]), (&"d\u{e9}rni\u{e8}re".into(), &Value::Null));
    let markdown = node.get(&format!("/documents/{id}/markdown")).send().await.unwrap();
    assert_eq!(markdown.headers()["content-type"], "text/markdown; charset=utf-8");
    assert!(markdown.text().await.unwrap().ends_with("> d\u{e9}rni\u{e8}re\n"));

    let noise =
        node.post("/ingest?name=noise.txt").header("content-type", "text/plain").body(&b"\xff\xfe\x00"[..]);
    let rejected = json_of(noise.send().await.unwrap(), StatusCode::OK).await;
    let rejected = rejected["id"].as_str().unwrap();
    for path in ["blocks", "markdown"] {
        let answer = node.get(&format!("/documents/{rejected}/{path}")).send().await.unwrap();
        let problem = problem_of(answer, StatusCode::NOT_FOUND, "not-found").await;
        assert!(problem["detail"].as_str().unwrap().contains("is not a text"), "{problem}");
    }
    node.stop().await;
}

#[tokio::test]
async fn a_browser_gets_a_page_and_bytes_stay_an_attachment_unless_they_are_safe_to_show() {
    let node = Node::start().await;
    let id = node.push("page.txt", "<script>alert(1)</script>\n").await["id"].as_str().unwrap().to_owned();
    let path = format!("/documents/{id}");
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    let page = node.get(&path).header("accept", browser).send().await.unwrap();
    assert_eq!(
        (&page.headers()["content-type"], &page.headers()["vary"]),
        (&"text/html; charset=utf-8".parse().unwrap(), &"accept".parse().unwrap())
    );
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(node.read(&path).await["name"], "page.txt", "programs get JSON");
    for query in ["", "?inline=true"] {
        let bytes = node.get(&format!("{path}/content{query}")).send().await.unwrap();
        assert!(bytes.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert!(bytes.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    }
    let wrong = node.get(&format!("{path}/content?inline=perhaps")).send().await.unwrap();
    problem_of(wrong, StatusCode::BAD_REQUEST, "malformed").await;
    node.stop().await;
}

#[tokio::test]
async fn search_finds_words_and_falls_back_to_some_of_them() {
    let node = Node::start().await;
    node.push("rust.txt", "the borrow checker rejects <b>two</b> mutable borrows\n").await;
    node.push("tea.txt", "green tea needs cooler water\nblack tea needs boiling water\n").await;
    let found = node.read("/search?q=borrowed%20mutable").await;
    assert_eq!((found["matched"].as_str(), found["hits"].as_array().unwrap().len()), (Some("all"), 1));
    let hit = &found["hits"][0];
    assert_eq!(hit["name"], "rust.txt");
    let highlight = hit["highlight"].as_str().unwrap();
    assert!(
        highlight.contains("<mark>borrow</mark>") && highlight.contains("&lt;b&gt;two&lt;/b&gt;"),
        "{highlight}"
    );
    assert_eq!((&hit["heading_path"], &hit["range"]["start"]), (&json!(["Notes"]), &0.into()));

    let question = node.read("/search?q=How%20do%20I%20make%20black%20tea%3F").await;
    assert_eq!(question["matched"], "some");
    let texts: Vec<_> =
        question["hits"].as_array().unwrap().iter().map(|hit| hit["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        ["black tea needs boiling water\n", "green tea needs cooler water\n"],
        "most words first"
    );
    let odd = node.read("/search?q=it%27s%20%27%20%5C%20%26%20%7C%20%21%20%28%20%3A%2A%20tea").await;
    assert!(!odd["hits"].as_array().unwrap().is_empty(), "operators in a question are only characters");
    assert_eq!(node.read("/search?q=%21%3F").await["hits"], json!([]));
    node.push("types.txt", "a list of names is a Vec<Utf8PathBuf>\n").await;
    for query in ["Utf8PathBuf", "Vec%3CUtf8PathBuf%3E"] {
        let typed = node.read(&format!("/search?q={query}")).await;
        assert_eq!(typed["hits"][0]["name"], "types.txt", "what stands in angle brackets is found");
    }
    for wrong in ["", "?q=", "?q=%20%20", "?q=%00", "?q=tea&limit=0", "?q=tea&document=x"] {
        let answer = node.get(&format!("/search{wrong}")).send().await.unwrap();
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await;
    }
    node.stop().await;
}

#[tokio::test]
async fn a_judgement_has_every_score_and_a_persons_verdict() {
    let node = Node::start().await;
    let first = node.push("one.txt", "the very same text").await["id"].as_str().unwrap().to_owned();
    let second = node.push("two.txt", "the very same text").await["id"].as_str().unwrap().to_owned();
    node.until(|| async { node.get(&format!("/knowledge/{second}")).send().await.unwrap().status() == 200 })
        .await;
    let judged = node.read(&format!("/knowledge/{second}")).await;
    assert_eq!(judged["scores"][0]["rule"], "b_rule", "failures come first");
    assert_eq!((&judged["quality"], &judged["accepted"]), (&0.5.into(), &false.into()));
    assert_eq!(
        judged["duplicates"][0],
        json!({"document_id": second, "duplicate_of": first, "kind": "exact"})
    );
    let (cluster, least) = (&judged["cluster"], first.as_str().min(second.as_str()));
    assert_eq!(
        (&cluster["id"], &cluster["size"], &cluster["complete"]),
        (&least.into(), &2.into(), &true.into())
    );
    assert_eq!(cluster["members"][0]["document_id"], least);
    assert_eq!(judged["earlier"], json!([]), "one version of the rules judged it");
    let listed = node.read("/documents").await;
    assert_eq!(listed["duplicates"][0]["document_id"], second);

    let path = format!("/knowledge/{second}/review");
    let verdict = json!({"accepted": true, "reviewer": "ada", "comment": "it is fine"});
    let reviewed = node.create(&path, &verdict, StatusCode::OK).await;
    assert_eq!((&reviewed["review"], &reviewed["reviewer"]), (&"accepted".into(), &"ada".into()));
    for wrong in [
        json!({"accepted": true}),
        json!({"accepted": "yes", "reviewer": "a"}),
        json!({"accepted": true, "reviewer": ""}),
    ] {
        let answer = node.post(&path).json(&wrong).send().await.unwrap();
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await;
    }
    node.stop().await;
}
