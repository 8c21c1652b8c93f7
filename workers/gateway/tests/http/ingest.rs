//! Handing documents in.

use std::{sync::atomic::Ordering, time::Duration};

use futures::{StreamExt, future::join_all, stream};
use gateway::Limits;
use reqwest::{Body, StatusCode};
use serde_json::Value;

use crate::harness::{LIMITS, Node, json_of, multipart, problem_of};

#[tokio::test]
async fn what_was_handed_in_can_be_read_back() {
    let node = Node::start().await;
    let (form, body) = multipart(&[("file", Some("notes.md"), b"alpha\nbeta\n")]);
    let sent = node.post("/ingest").header("content-type", form).body(body).send().await.unwrap();
    let document = json_of(sent, StatusCode::OK).await;
    assert_eq!((&document["status"], &document["name"]), (&"parsed".into(), &"notes.md".into()));
    assert_eq!((&document["duplicate"], &document["event"]["outcome"]), (&false.into(), &"added".into()));
    assert_eq!(document["event"]["durability"], "memory");

    let path = format!("/documents/{}", document["id"].as_str().unwrap());
    let read = node.read(&path).await;
    assert_eq!((&read["chunks"], &read["title"]), (&2.into(), &"NOTES.MD".into()));
    let content = node.get(&format!("{path}/content")).send().await.unwrap();
    assert_eq!(content.headers()["content-disposition"], "attachment; filename*=UTF-8''notes.md");
    assert_eq!(content.headers()["content-type"], "text/plain");
    assert_eq!(content.headers()["x-content-type-options"], "nosniff");
    assert_eq!(content.bytes().await.unwrap(), "alpha\nbeta\n");
    node.stop().await;
}

#[tokio::test]
async fn several_files_are_answered_together_and_all_or_none_are_recorded() {
    let node = Node::start().await;
    let files: [(&str, Option<&str>, &[u8]); 4] = [
        ("file", Some("../../etc/a.txt"), b"one"),
        ("note", None, b"ignored"),
        ("file", Some("b.bin"), b"\xff\xfe\xff"),
        ("file", Some("../../etc/a.txt"), b"one"),
    ];
    let (form, body) = multipart(&files);
    let sent = node.post("/ingest").header("content-type", form).body(body).send().await.unwrap();
    let answer = json_of(sent, StatusCode::OK).await;
    let documents = answer["documents"].as_array().unwrap();
    let states: Vec<_> = documents.iter().map(|document| document["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["parsed", "rejected", "parsed"]);
    assert_eq!(documents[0]["name"], "../../etc/a.txt", "a name is text, not a path");
    assert_eq!(documents[1]["rejection_reason"], "unsupported_type");
    assert_eq!((&documents[2]["duplicate"], &documents[2]["id"]), (&true.into(), &documents[0]["id"]));

    let before = node.events().await;
    let (form, body) = multipart(&[("file", Some("c.txt"), b"three"), ("file", Some("d.txt"), b"")]);
    let sent = node.post("/ingest").header("content-type", form).body(body).send().await.unwrap();
    problem_of(sent, StatusCode::BAD_REQUEST, "empty").await;
    assert_eq!(node.events().await, before, "nothing of a refused call is recorded");
    node.stop().await;
}

#[tokio::test]
async fn bad_uploads_are_refused_with_the_status_that_fits() {
    let node = Node::start().await;
    let raw = |form: &'static str| node.post("/ingest?name=x.txt").header("content-type", form).body("bytes");
    for form in ["image/png", "video/mp4", "application/x-executable", "application/x-unknown"] {
        problem_of(raw(form).send().await.unwrap(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown-type").await;
    }
    let nameless =
        node.post("/ingest").header("content-type", "text/plain").body("bytes").send().await.unwrap();
    let problem = problem_of(nameless, StatusCode::BAD_REQUEST, "malformed").await;
    assert_eq!(problem["field"], "name");
    let empty = node.post("/ingest?name=x.txt").header("content-type", "text/plain").send().await.unwrap();
    problem_of(empty, StatusCode::BAD_REQUEST, "empty").await;
    for name in ["%00", "%20", &"n".repeat(1025)] {
        let sent = node.post(&format!("/ingest?name={name}")).header("content-type", "text/plain").body("b");
        problem_of(sent.send().await.unwrap(), StatusCode::BAD_REQUEST, "malformed").await;
    }

    let (form, body) = multipart(&[("document", Some("a.txt"), b"one")]);
    let sent = node.post("/ingest").header("content-type", form).body(body).send().await.unwrap();
    assert_eq!(problem_of(sent, StatusCode::BAD_REQUEST, "malformed").await["field"], "file");
    let (form, body) = multipart(&[("file", None, b"one")]);
    let sent = node.post("/ingest").header("content-type", form).body(body).send().await.unwrap();
    assert_eq!(problem_of(sent, StatusCode::BAD_REQUEST, "malformed").await["field"], "file");
    for (form, body) in [
        ("multipart/form-data", b"--line\r\n".to_vec()),
        ("multipart/form-data; boundary=line", b"--line\r\nContent-Disposition: form-data; na".to_vec()),
        ("multipart/form-data; boundary=line", b"nothing of the kind".to_vec()),
        ("multipart/form-data; boundary=line", Vec::new()),
    ] {
        let sent = node.post("/ingest").header("content-type", form).body(body).send().await.unwrap();
        problem_of(sent, StatusCode::BAD_REQUEST, "malformed").await;
    }
    assert_eq!(node.events().await, 0);
    node.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length() {
    let limits = Limits { body_bytes_max: 200_000, ..LIMITS };
    let node = Node::start_with(limits, true).await;
    let pieces =
        |total: usize| stream::iter((0..total / 10_000).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 10_000])));
    let post = |form: &str| node.post("/ingest?name=big.txt").header("content-type", form);

    let said = post("text/plain").body(vec![b'x'; 200_001]).send().await.unwrap();
    let problem = problem_of(said, StatusCode::PAYLOAD_TOO_LARGE, "too-large").await;
    assert_eq!(problem["limit_bytes"], 200_000);
    let unsaid = post("text/plain").body(Body::wrap_stream(pieces(300_000))).send().await.unwrap();
    problem_of(unsaid, StatusCode::PAYLOAD_TOO_LARGE, "too-large").await;

    let (form, head) = multipart(&[("file", Some("big.txt"), b"")]);
    let head = head[..head.len() - "\r\n--line--\r\n".len()].to_vec();
    let body = stream::once(std::future::ready(Ok(head))).chain(pieces(300_000));
    let unsaid = post(form).body(Body::wrap_stream(body)).send().await.unwrap();
    problem_of(unsaid, StatusCode::PAYLOAD_TOO_LARGE, "too-large").await;
    let fits = post("text/plain").body(vec![b'x'; 200_000]).send().await.unwrap();
    json_of(fits, StatusCode::OK).await;
    node.stop().await;
}

#[tokio::test]
async fn the_same_bytes_under_the_same_name_are_one_document_however_many_send_them() {
    let node = Node::start().await;
    let pushes = join_all((0..40).map(|_| node.push("same.txt", "the same bytes"))).await;
    let ids: std::collections::HashSet<_> = pushes.iter().map(|pushed| pushed["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(
        pushes.iter().filter(|pushed| pushed["duplicate"] == false).count(),
        1,
        "one of them brought it"
    );
    assert!(pushes.iter().all(|pushed| pushed["status"] == "parsed"));
    let events = node.read_page("/events?type=document.received").await;
    assert_eq!(events["events"].as_array().unwrap().len(), 1);

    let id = pushes[0]["id"].as_str().unwrap();
    assert_eq!(node.push("same.txt", "the same bytes").await["duplicate"], true);
    assert_ne!(node.push("other.txt", "the same bytes").await["id"], id, "another name is another document");
    node.client.delete(format!("{}/documents/{id}", node.base)).send().await.unwrap();
    let again = node.push("same.txt", "the same bytes").await;
    assert_eq!(
        (&again["duplicate"], &again["status"]),
        (&false.into(), &"parsed".into()),
        "a deleted one comes back"
    );
    assert_eq!(again["id"], id);
    node.stop().await;
}

#[tokio::test]
async fn a_document_that_is_not_parsed_in_time_is_answered_202_with_its_place() {
    let limits = Limits { ingest_wait: Duration::from_millis(200), ..LIMITS };
    let node = Node::start_with(limits, false).await;
    let post = |text: &'static str| {
        node.post("/ingest?name=slow.txt").header("content-type", "text/plain").body(text)
    };
    let slow = post("slow").send().await.unwrap();
    let location = slow.headers()["location"].to_str().unwrap().to_owned();
    let body = json_of(slow, StatusCode::ACCEPTED).await;
    assert_eq!(location, format!("/documents/{}", body["id"].as_str().unwrap()));
    assert_eq!(node.read_when_there(&location).await["status"], "received");
    node.stop().await;

    let node = Node::start_with(LIMITS, false).await;
    let at_once = node
        .post("/ingest?name=a.txt")
        .header("content-type", "text/plain")
        .header("prefer", "wait=5, respond-async");
    let answered = at_once.body("x").send().await.unwrap();
    assert!(answered.headers().contains_key("location"));
    let body = json_of(answered, StatusCode::ACCEPTED).await;
    assert_eq!((&body["status"], &body["event"]["outcome"]), (&"received".into(), &"added".into()));
    node.stop().await;
}

#[tokio::test]
async fn a_document_that_comes_back_is_not_answered_with_what_it_was_before() {
    let node = Node::start().await;
    let id = node.push("back.txt", "words").await["id"].as_str().unwrap().to_owned();
    node.client.delete(format!("{}/documents/{id}", node.base)).send().await.unwrap();
    node.parts.projector_works.store(false, Ordering::SeqCst);
    let again = node.post("/ingest?name=back.txt").header("content-type", "text/plain").body("words");
    let again = again.header("prefer", "wait=1");
    let answer = json_of(again.send().await.unwrap(), StatusCode::ACCEPTED).await;
    assert_eq!((&answer["status"], &answer["event"]["outcome"]), (&"received".into(), &"added".into()));
    node.stop().await;
}

#[tokio::test]
async fn hundreds_of_pushes_at_once_are_all_answered_with_parsed_documents() {
    let node = Node::start().await;
    let pushes = (0..300).map(|number| {
        let node = &node;
        async move { node.push(&format!("{number}.txt"), &format!("document number {number}")).await }
    });
    let answers: Vec<Value> = stream::iter(pushes).buffer_unordered(150).collect().await;
    assert!(answers.iter().all(|answer| answer["status"] == "parsed"));
    assert_eq!(node.read("/status").await["documents"]["parsed"], 300);
    node.stop().await;
}

#[tokio::test]
async fn a_caller_may_wait_less_than_the_gateway_would() {
    let node = Node::start_with(LIMITS, false).await;
    let begun = std::time::Instant::now();
    let post = node.post("/ingest?name=a.txt").header("content-type", "text/plain");
    let answer = post.header("prefer", "respond-async, wait=1").body("text").send().await.unwrap();
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < LIMITS.ingest_wait / 2, "{waited:?}");
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(json_of(answer, StatusCode::ACCEPTED).await["status"], "received");
    assert_eq!(node.read_when_there(&location).await["status"], "received", "its own event can be read");
    node.stop().await;
}
