//! Bad input: every kind gets the answer it was promised, and nobody else notices.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use acceptance::{Answer, Node, Part, elite_fed, form};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

const EVENT: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
const BODY_BYTES_MAX: usize = 200_000;
/// A sound document, to be cut off.
const DOCX: &[u8] = include_bytes!("../../../samples/capacity-plan.docx");
const ABSENT: &str = "4f349202-3f22-5461-a708-6ac00fe757a1";

#[tokio::test]
async fn bad_input_gets_the_promised_answer_and_harms_nobody() {
    let limit = BODY_BYTES_MAX.to_string();
    let mut node = Node::start_with(&[("ELITE_BODY_BYTES_MAX", &limit)]).await;
    let witness = node.upload("witness.md", "# Witness\n\nIt was here before.\n").await.expect(200);
    files_nobody_can_read(&node).await;
    files_that_pretend(&node).await;
    calls_that_make_no_sense(&node).await;
    events_that_are_none(&node).await;
    repeats_and_reused_keys(&node).await;

    let good = node.upload("good.md", "# Good\n\nThe last one is as welcome as the first.\n").await;
    assert_eq!(good.expect(200)["status"], "parsed");
    let status = node.idle().await;
    assert_eq!(status["dead_letters"]["count"], 0, "{status}");
    let id = witness["id"].as_str().unwrap();
    assert_eq!(node.read(&format!("/documents/{id}")).await["parsed"], witness["parsed"]);
    node.verify().await;
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn a_refused_upload_does_not_spoil_the_call_after_it() {
    let mut node = Node::start_with(&[("ELITE_BODY_BYTES_MAX", "200000")]).await;
    for turn in 0..10 {
        // The refusal comes before the body is read; the client may use the connection again unless it is told not to.
        node.upload("long.txt", vec![b'a'; 300_000]).await.expect_problem(413, "too-large");
        let picture = node.posting("/ingest").query(&[("name", "a.png")]).header("content-type", "image/png");
        node.ask(picture.body(vec![b'a'; 150_000])).await.expect_problem(415, "unknown-type");
        let text = format!("# Turn {turn}\n\nThis one is fine.\n");
        assert_eq!(node.upload("fine.md", text).await.expect(200)["status"], "parsed");
    }
    assert!(node.stop().await.success());
}

/// A PDF with one empty page; `extra` goes into its trailer.
fn pdf(extra: &str) -> Vec<u8> {
    let mut parts = vec!["%PDF-1.4\n".to_owned()];
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    ];
    let mut table = vec!["xref\n0 4\n0000000000 65535 f \n".to_owned()];
    for (number, object) in (1..).zip(objects) {
        table.push(format!("{:010} 00000 n \n", parts.concat().len()));
        parts.push(format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = parts.concat().len();
    let trailer = format!("trailer\n<< /Size 4 /Root 1 0 R {extra} >>\nstartxref\n{start}\n%%EOF\n");
    [parts.concat(), table.concat(), trailer].concat().into_bytes()
}

async fn files_nobody_can_read(node: &Node) {
    node.upload("empty.md", "").await.expect_problem(400, "empty");
    let (media_type, body) = form(&[Part { field: "file", file: Some("empty.md"), bytes: b"" }]);
    let empty = node.posting("/ingest").header("content-type", media_type).body(body);
    node.ask(empty).await.expect_problem(400, "empty");

    let secret = "ab".repeat(32);
    let encrypt = format!(
        "/ID [<{secret}> <{secret}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{secret}> /U <{secret}> >>"
    );
    let nuls: Vec<u8> = (0..4096_u32).map(|at| if at % 3 == 0 { 0 } else { at.to_le_bytes()[0] }).collect();
    let cases = [
        ("cut-off.pdf", pdf("")[..120].to_vec(), "malformed"),
        ("encrypted.pdf", pdf(&encrypt), "encrypted"),
        ("nothing-to-read.pdf", pdf(""), "no_text"),
        ("all-ones.bin", vec![0xff; 64 * 1024], "unsupported_type"),
        ("all-ones.md", vec![0xff; 64 * 1024 + 1], "unsupported_type"),
        ("nuls.txt", nuls, "unsupported_type"),
        ("cut-off.docx", DOCX[..DOCX.len() / 2].to_vec(), "malformed"),
    ];
    for (name, bytes, reason) in cases {
        let answer = node.upload(name, bytes).await.expect(200);
        assert_eq!(
            (&answer["status"], &answer["rejection_reason"]),
            (&"rejected".into(), &reason.into()),
            "{answer}"
        );
        assert!(answer["rejection_detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer}");
        let read = node.read(&format!("/documents/{}", answer["id"].as_str().unwrap())).await;
        assert_eq!(read["rejection_reason"], reason, "{read}");
    }
}

async fn files_that_pretend(node: &Node) {
    let page = "<!DOCTYPE html><html><head><title>Not a PDF</title></head><body><p>It says so itself.</p></body></html>";
    let mislabelled = node.upload("report.pdf", page).await.expect(200);
    assert_eq!((&mislabelled["status"], &mislabelled["media_type"]), (&"parsed".into(), &"text/html".into()));

    let climbing = "../../../climbed.md";
    let (media_type, body) =
        form(&[Part { field: "file", file: Some(climbing), bytes: b"# Up\n\nNames are not paths.\n" }]);
    let sent = node.posting("/ingest").header("content-type", media_type).body(body);
    let climbed = node.ask(sent).await.expect(200);
    assert_eq!((&climbed["status"], &climbed["name"]), (&"parsed".into(), &climbing.into()));
    let content = format!("/documents/{}/content", climbed["id"].as_str().unwrap());
    let download = node.ask(node.getting(&content)).await;
    assert_eq!(download.headers["content-disposition"], "attachment; filename*=UTF-8''climbed.md");
    for folder in node.data_dir().ancestors().take(4) {
        assert!(!folder.join("climbed.md").exists(), "a file was written in {}", folder.display());
    }
    for name in ["", " ", &"n".repeat(2000)] {
        node.upload(name, "text").await.expect_problem(400, "malformed");
    }
}

async fn calls_that_make_no_sense(node: &Node) {
    let body = |bytes: usize| "a word or two ".repeat(bytes / 14 + 1);
    let problem = node.upload("long.txt", body(BODY_BYTES_MAX)).await.expect_problem(413, "too-large");
    assert_eq!(problem["limit_bytes"], BODY_BYTES_MAX, "{problem}");
    let long = body(BODY_BYTES_MAX);
    let (media_type, form_body) =
        form(&[Part { field: "file", file: Some("long.txt"), bytes: long.as_bytes() }]);
    let sent = node.posting("/ingest").header("content-type", media_type).body(form_body);
    node.ask(sent).await.expect_problem(413, "too-large");

    let picture = node.posting("/ingest").query(&[("name", "a.png")]).header("content-type", "image/png");
    node.ask(picture.body("text")).await.expect_problem(415, "unknown-type");
    let nameless = node.posting("/ingest").header("content-type", "text/plain").body("text");
    node.ask(nameless).await.expect_problem(400, "malformed");
    let (media_type, other_field) = form(&[Part { field: "upload", file: Some("a.md"), bytes: b"text" }]);
    let sent = node.posting("/ingest").header("content-type", media_type).body(other_field);
    assert_eq!(node.ask(sent).await.expect_problem(400, "malformed")["field"], "file");
    let broken = node.posting("/ingest").header("content-type", "multipart/form-data; boundary=edge");
    node.ask(broken.body("--edge\r\nContent-Disp")).await.expect_problem(400, "malformed");

    for path in [
        format!("/documents/{ABSENT}"),
        format!("/knowledge/{ABSENT}"),
        "/documents/not-an-id".to_owned(),
        "/nowhere".to_owned(),
    ] {
        node.ask(node.getting(&path)).await.expect_problem(404, "not-found");
    }
    for path in ["/documents?limit=0", "/documents?colour=red", "/search?q="] {
        node.ask(node.getting(path)).await.expect_problem(400, "malformed");
    }
    let wrong = node.client().put(format!("{}/ingest", node.base())).body("text");
    node.ask(wrong).await.expect_problem(405, "method-not-allowed");
    let foreign =
        node.posting("/ingest").query(&[("name", "a.md")]).header("origin", "http://elsewhere.example");
    node.ask(foreign.body("text")).await.expect_problem(403, "cross-origin");
}

fn event(id: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/acceptance", "type": "session.started", "subject": ABSENT,
        "datacontenttype": "application/json", "data": { "title": "a session" },
    })
}

async fn events_that_are_none(node: &Node) {
    let before = node.idle().await["log"]["events"].clone();
    let post = async |media_type: &str, body: String| -> Answer {
        node.ask(node.posting("/events").header("content-type", media_type).body(body)).await
    };
    let changed = |member: &str, value: Value| {
        let mut event = event(ABSENT);
        event[member] = value;
        event
    };
    let wrong = [
        changed("specversion", "0.3".into()),
        changed("id", "".into()),
        changed("source", "".into()),
        changed("subject", "not-an-id".into()),
        changed("type", "session.exploded".into()),
        changed("data", json!({ "title": 7 })),
        changed("datacontenttype", "text/xml".into()),
        changed("time", "yesterday".into()),
        changed("colour", json!({ "red": 1 })),
    ];
    for event in &wrong {
        post(EVENT, event.to_string()).await.expect_problem(400, "malformed");
    }
    for body in ["", "{", "[]", "7", "null", "\u{feff}{}"] {
        post(EVENT, body.to_owned()).await.expect_problem(400, "malformed");
    }
    let batch = json!([event(ABSENT), wrong[0]]);
    assert_eq!(post(BATCH, batch.to_string()).await.expect_problem(400, "malformed")["index"], 1);
    post(EVENT, changed("data", json!({ "title": "x".repeat(70_000) })).to_string())
        .await
        .expect_problem(413, "too-large");
    post("text/plain", event(ABSENT).to_string()).await.expect_problem(415, "unknown-type");
    let appended =
        elite_fed(node.home(), &[], &["events", "append", "--data-dir", "data"], &wrong[0].to_string()).await;
    assert!(appended.expect(2).stderr.contains("event 1"));
    assert_eq!(node.idle().await["log"]["events"], before, "nothing of this is in the log");

    let first = post(EVENT, event(ABSENT).to_string()).await.expect(200);
    let second = post(EVENT, event(ABSENT).to_string()).await.expect(200);
    assert_eq!((&first["outcome"], &second["outcome"]), (&"added".into(), &"duplicate".into()));
    let other = changed("data", json!({ "title": "another session" }));
    post(EVENT, other.to_string()).await.expect_problem(422, "key-reused");
}

async fn repeats_and_reused_keys(node: &Node) {
    let text = "# Twice\n\nThe same bytes, handed in again.\n";
    let first = node.upload("twice.md", text).await.expect(200);
    let events = node.idle().await["log"]["events"].clone();
    let second = node.upload("twice.md", text).await.expect(200);
    assert_eq!((&first["duplicate"], &second["duplicate"]), (&false.into(), &true.into()));
    assert_eq!(first["id"], second["id"]);
    assert_eq!(node.idle().await["log"]["events"], events, "a repeat appends nothing");

    let keyed = |text: &'static str| {
        let request = node.posting("/ingest").query(&[("name", "keyed.md")]);
        request.header("idempotency-key", "the key").header("content-type", "text/markdown").body(text)
    };
    let first = node.ask(keyed("# Keyed\n\nFirst.\n")).await;
    let again = node.ask(keyed("# Keyed\n\nFirst.\n")).await;
    assert_eq!(again.headers.get("idempotency-replayed").map(HeaderValue::as_bytes), Some(&b"true"[..]));
    assert_eq!(first.expect(200), again.expect(200));
    node.ask(keyed("# Keyed\n\nOther bytes.\n")).await.expect_problem(422, "key-reused");
}
