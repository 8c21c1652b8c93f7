//! Conflicts over HTTP: listing, deciding, and closing when a document goes.

use event_log::{Clock, EventLog, SystemClock};
use event_model::{
    EventDraft, Tenant, TextRange, conflict_id, detected_event_id,
    family::conflict::{ConflictDetected, Passage},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Node, json_of, problem_of};

fn passage(document: &Value, text: &str) -> Passage {
    let end = u32::try_from(text.len()).unwrap();
    Passage {
        document: document["id"].as_str().unwrap().parse().unwrap(),
        range: TextRange { start: 0, end },
        text: text.into(),
        span: Some(TextRange { start: 13, end: 15 }),
        heading_path: vec!["Limits".into()],
        chunk: Some(0),
    }
}

/// Two documents that contradict each other, as a worker would say it, and the conflict's id.
async fn conflict(node: &Node, number: u32) -> (Value, Value, Uuid) {
    let texts = [format!("The limit is 10. {number}"), format!("The limit is 20. {number}")];
    let left = node.push(&format!("left-{number}.txt"), &texts[0]).await;
    let right = node.push(&format!("right-{number}.txt"), &texts[1]).await;
    let (one, other) = (passage(&left, &texts[0]), passage(&right, &texts[1]));
    let tenant = Tenant::default();
    let id = conflict_id(&tenant, (one.document, &one.text), (other.document, &other.text));
    let data = ConflictDetected {
        left: one,
        right: other,
        kind: "number".into(),
        confidence: 0.9,
        rules_version: Some(1),
    };
    // Both documents' comparisons say it.
    for _ in 0..2 {
        let draft = EventDraft {
            id: detected_event_id(id, 1),
            source: "/test".into(),
            subject: id.to_string(),
            partitionkey: id.to_string(),
            tenant: tenant.clone(),
            time: SystemClock.now(),
            data: data.clone(),
        };
        node.parts.log.append(vec![draft.build().unwrap()]).await.unwrap();
    }
    node.read_when_there(&format!("/conflicts/{id}")).await;
    (left, right, id)
}

async fn listed(node: &Node, query: &str) -> Vec<Value> {
    node.read(&format!("/conflicts?{query}")).await["conflicts"].as_array().unwrap().clone()
}

fn path(document: &Value) -> String {
    format!("/knowledge/{}/review", document["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_conflict_is_listed_until_a_person_decides_and_the_last_decision_holds() {
    let node = Node::start().await;
    let (left, right, id) = conflict(&node, 1).await;
    let open = listed(&node, "").await;
    assert_eq!(open.len(), 1);
    assert_eq!((&open[0]["state"], &open[0]["kind"]), (&"open".into(), &"number".into()));
    assert_eq!(open[0]["left"]["span"], json!({ "start": 13, "end": 15 }));
    let judged = node.read_when_there(&format!("/knowledge/{}", left["id"].as_str().unwrap())).await;
    assert_eq!(judged["conflicts"][0]["id"], id.to_string());

    let decision = json!({ "conflict": id, "holds": "other", "reviewer": "ada", "comment": "newer" });
    let decided = node.create(&path(&left), &decision, StatusCode::OK).await;
    assert_eq!(decided["conflict"]["keep"], right["id"]);
    assert_eq!(decided["conflict"]["state"], "decided");
    assert!(listed(&node, "").await.is_empty());
    let events = node.events().await;
    node.create(&path(&left), &decision, StatusCode::OK).await;
    assert_eq!(node.events().await, events, "saying it again says nothing new");

    let both = json!({ "conflict": id, "holds": "both", "reviewer": "bob" });
    node.create(&path(&right), &both, StatusCode::OK).await;
    let decided = listed(&node, "state=decided").await;
    assert_eq!((&decided[0]["keep"], &decided[0]["resolved_by"]), (&Value::Null, &"bob".into()));
    node.stop().await;
}

#[tokio::test]
async fn a_conflict_is_outdated_while_a_document_is_gone() {
    let node = Node::start().await;
    let (left, _, id) = conflict(&node, 1).await;
    let document = format!("{}/documents/{}", node.base, left["id"].as_str().unwrap());
    json_of(node.client.delete(document).send().await.unwrap(), StatusCode::OK).await;
    assert!(listed(&node, "").await.is_empty());
    assert_eq!(listed(&node, "state=outdated").await[0]["left_status"], "deleted");
    node.push("left-1.txt", "The limit is 10. 1").await;
    assert_eq!(listed(&node, "").await[0]["id"], id.to_string(), "what comes back brings its conflicts back");
    node.stop().await;
}

#[tokio::test]
async fn the_list_is_paged_and_filtered() {
    let node = Node::start().await;
    let mut made = Vec::new();
    for number in 0..3 {
        made.push(conflict(&node, number).await);
    }
    let first = node.read("/conflicts?limit=2").await;
    let next = first["next"].as_str().unwrap();
    let rest = node.read(&format!("/conflicts?limit=2&cursor={next}")).await;
    assert_eq!(rest["conflicts"][0]["id"], made[0].2.to_string());
    assert_eq!(rest["next"], Value::Null);
    let document = made[1].1["id"].as_str().unwrap();
    let of_document = listed(&node, &format!("document={document}&kind=number")).await;
    assert_eq!((of_document.len(), &of_document[0]["id"]), (1, &made[1].2.to_string().into()));
    assert!(listed(&node, "kind=date").await.is_empty());
    for (query, field) in [("state=closed", "state"), ("kind=odd", "kind"), ("limit=0", "limit")] {
        let answer = node.get(&format!("/conflicts?{query}")).send().await.unwrap();
        assert_eq!(problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await["field"], field);
    }
    node.stop().await;
}

#[tokio::test]
async fn a_decision_that_makes_no_sense_is_refused_in_words() {
    let node = Node::start().await;
    let (left, _, id) = conflict(&node, 1).await;
    let (other, _, _) = conflict(&node, 2).await;
    for (document, decision, field) in [
        (&left, json!({ "conflict": id, "reviewer": "a" }), "accepted"),
        (&left, json!({ "conflict": id, "holds": "this", "accepted": true, "reviewer": "a" }), "accepted"),
        (&left, json!({ "conflict": id, "holds": "this", "reviewer": " " }), "reviewer"),
        (
            &left,
            json!({ "conflict": id, "holds": "this", "reviewer": "a", "datasubject": "b" }),
            "datasubject",
        ),
        (&other, json!({ "conflict": id, "holds": "this", "reviewer": "a" }), "conflict"),
    ] {
        let answer = node.post(&path(document)).json(&decision).send().await.unwrap();
        assert_eq!(
            problem_of(answer, StatusCode::BAD_REQUEST, "malformed").await["field"],
            field,
            "{decision}"
        );
    }
    let absent = json!({ "conflict": Uuid::nil(), "holds": "both", "reviewer": "a" });
    let answer = node.post(&path(&left)).json(&absent).send().await.unwrap();
    problem_of(answer, StatusCode::NOT_FOUND, "not-found").await;
    assert_eq!(listed(&node, "").await.len(), 2);
    node.stop().await;
}
