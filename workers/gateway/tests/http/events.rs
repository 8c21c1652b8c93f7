//! The log over HTTP.

use std::collections::HashSet;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Node, json_of, problem_of};

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

fn event(id: &str, title: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/tests", "type": "session.started",
        "subject": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "data": { "title": title },
    })
}

fn structured(node: &Node, event: &Value) -> RequestBuilder {
    node.post("/events").header("content-type", STRUCTURED).body(event.to_string())
}

#[tokio::test]
async fn events_are_taken_in_all_three_modes() {
    let node = Node::start().await;
    let single = json_of(structured(&node, &event("a", "one")).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!((&single["outcome"], &single["durability"]), (&"added".into(), &"memory".into()));
    assert!(single["id"].is_string() && single["partition"].is_u64() && single["position"].is_u64());

    let repeated = structured(&node, &event("a", "one")).send().await.unwrap();
    assert_eq!(repeated.headers()["idempotency-replayed"], "true");
    assert_eq!(json_of(repeated, StatusCode::OK).await["position"], single["position"]);
    let other = structured(&node, &event("a", "another title")).send().await.unwrap();
    problem_of(other, StatusCode::UNPROCESSABLE_ENTITY, "key-reused").await;

    let batch = json!([event("b", "two"), event("c", "three"), event("a", "one")]);
    let batch =
        node.post("/events").header("content-type", BATCH).body(batch.to_string()).send().await.unwrap();
    let answers = json_of(batch, StatusCode::OK).await;
    let outcomes: Vec<_> =
        answers["events"].as_array().unwrap().iter().map(|answer| &answer["outcome"]).collect();
    assert_eq!(outcomes, ["added", "added", "duplicate"]);

    let binary = node
        .post("/events")
        .header("content-type", "application/json; charset=utf-8")
        .header("ce-specversion", "1.0")
        .header("ce-id", "d%20e")
        .header("ce-source", "/tests")
        .header("ce-type", "session.started")
        .header("ce-subject", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
        .body(r#"{"title":"four"}"#);
    json_of(binary.send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(node.events().await, 4);
    node.stop().await;
}

#[tokio::test]
async fn an_invalid_event_is_named_and_nothing_is_appended() {
    let node = Node::start().await;
    let changed = |member: &str, value: Value| {
        let mut event = event("a", "one");
        event[member] = value;
        event
    };
    let wrong = [
        (changed("specversion", "0.3".into()), "specversion"),
        (changed("id", "".into()), "id"),
        (changed("source", "".into()), "source"),
        (changed("subject", "".into()), "subject"),
        (changed("subject", "not-an-id".into()), "subject"),
        (changed("type", "session.exploded".into()), "data"),
        (changed("data", json!({"title": 7})), "data"),
        (changed("datacontenttype", "text/xml".into()), "datacontenttype"),
    ];
    for (event, attribute) in wrong {
        let problem =
            problem_of(structured(&node, &event).send().await.unwrap(), StatusCode::BAD_REQUEST, "malformed")
                .await;
        assert_eq!(problem["attribute"], attribute, "{problem}");
    }
    for (event, named) in
        [(changed("colour", "red".into()), "colour"), (changed("time", "yesterday".into()), "time")]
    {
        let problem =
            problem_of(structured(&node, &event).send().await.unwrap(), StatusCode::BAD_REQUEST, "malformed")
                .await;
        assert!(problem["detail"].as_str().unwrap().contains(named) || named == "time", "{problem}");
    }
    let large = structured(&node, &event("a", &"x".repeat(70_000))).send().await.unwrap();
    problem_of(large, StatusCode::PAYLOAD_TOO_LARGE, "too-large").await;
    let batch = json!([event("a", "one"), changed("specversion", "2".into())]).to_string();
    let batch = node.post("/events").header("content-type", BATCH).body(batch).send().await.unwrap();
    let problem = problem_of(batch, StatusCode::BAD_REQUEST, "malformed").await;
    assert_eq!((&problem["index"], &problem["attribute"]), (&1.into(), &"specversion".into()));
    for body in ["", "[]", "{}", "[1]", "[", "nonsense"] {
        let sent = node.post("/events").header("content-type", BATCH).body(body).send().await.unwrap();
        problem_of(sent, StatusCode::BAD_REQUEST, "malformed").await;
    }
    for form in ["application/json", "text/plain"] {
        let sent = node.post("/events").header("content-type", form).body("{}").send().await.unwrap();
        problem_of(sent, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown-type").await;
    }
    assert_eq!(node.events().await, 0);
    node.stop().await;
}

#[tokio::test]
async fn pages_of_events_are_newest_first_and_complete() {
    let node = Node::start().await;
    for number in 0..6 {
        node.push(&format!("{number}.txt"), "text").await;
    }
    node.until(|| async { node.events().await == 18 }).await;
    node.until(|| async { node.read("/status").await["subscription"]["lag_events"] == 0 }).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = node.read_page(&format!("/events?limit=4{cursor}")).await;
        seen.extend(page["events"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let ids: HashSet<_> = seen.iter().map(|event| event["event_id"].to_string()).collect();
    assert_eq!((ids.len(), seen.len()), (18, 18), "every event once");
    assert!(seen.windows(2).all(|pair| pair[0]["recorded_at"].as_str() >= pair[1]["recorded_at"].as_str()));
    let parsed = node.read_page("/events?type=document.par").await;
    assert_eq!(parsed["events"].as_array().unwrap().len(), 6);
    let subject = seen[0]["subject"].as_str().unwrap();
    let one = node.read_page(&format!("/events?subject={subject}")).await;
    assert_eq!(one["events"].as_array().unwrap().len(), 3);
    node.stop().await;
}

/// Reads a stream until it has so many events; each as its id and its JSON.
async fn followed(mut response: Response, wanted: usize) -> Vec<(String, Value)> {
    let (mut text, mut events) = (String::new(), Vec::new());
    while events.len() < wanted {
        text.push_str(
            std::str::from_utf8(&response.chunk().await.unwrap().expect("the stream goes on")).unwrap(),
        );
        while let Some((message, rest)) = text.split_once("\n\n") {
            let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let Some(data) = field("data:") {
                let data: Value = serde_json::from_str(data).unwrap();
                assert_eq!(field("event:"), data["type"].as_str());
                events.push((field("id:").unwrap().to_owned(), data));
            }
            text = rest.to_owned();
        }
    }
    events
}

#[tokio::test]
async fn a_stream_resumes_exactly_where_it_broke_off() {
    let node = Node::start().await;
    for number in 0..5 {
        node.push(&format!("{number}.txt"), "text").await;
    }
    node.until(|| async { node.events().await == 15 }).await;
    let all = followed(node.get("/events?from=start").send().await.unwrap(), 15).await;
    let ids = |events: &[(String, Value)]| -> Vec<String> {
        events.iter().map(|(_, event)| event["id"].as_str().unwrap().to_owned()).collect()
    };
    for seen in [1, 7, 14] {
        let resumed = node.get("/events").header("last-event-id", &all[seen - 1].0).send().await.unwrap();
        assert_eq!(resumed.headers()["content-type"], "text/event-stream");
        let rest = followed(resumed, 15 - seen).await;
        let mut together = ids(&all[..seen]);
        together.extend(ids(&rest));
        assert_eq!(together.iter().collect::<HashSet<_>>().len(), 15, "none twice and none left out");
    }
    let received =
        followed(node.get("/events?from=start&type=document.received").send().await.unwrap(), 5).await;
    assert!(received.iter().all(|(_, event)| event["type"] == "document.received"));

    let live = node.get("/events?type=session.").send().await.unwrap();
    let (live, _) = tokio::join!(followed(live, 1), structured(&node, &event("a", "live")).send());
    assert_eq!(live[0].1["data"]["title"], "live");
    for wrong in ["1.2.3", "x", "9999.0.0.0"] {
        let answer = node.get("/events").header("last-event-id", wrong).send().await.unwrap();
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await;
    }
    node.stop().await;
}

#[tokio::test]
async fn what_a_person_said_is_sealed_in_the_log_and_open_in_the_read_model() {
    let node = Node::start().await;
    let session = json!({"title": "secret plans", "datasubject": "person-1"});
    let session = node.create("/sessions", &session, StatusCode::CREATED).await;
    assert_eq!(session["title"], "secret plans");
    let page = node.read_page("/events?type=session.").await;
    assert!(page["events"][0]["data"]["sealed"].is_string());
    assert!(!page.to_string().contains("secret"));
    let mut sealed = event("s", "also secret");
    sealed["datasubject"] = "person-1".into();
    json_of(structured(&node, &sealed).send().await.unwrap(), StatusCode::OK).await;
    let stream = followed(node.get("/events?from=start").send().await.unwrap(), 2).await;
    assert!(stream.iter().all(|(_, event)| !event.to_string().contains("secret")));

    event_log::Keyring::destroy(&*node.parts.keyring, &event_model::Tenant::default(), "person-1")
        .await
        .unwrap();
    sealed["id"] = "t".into();
    problem_of(structured(&node, &sealed).send().await.unwrap(), StatusCode::CONFLICT, "subject-erased")
        .await;
    node.stop().await;
}
