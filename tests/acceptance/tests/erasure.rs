//! Erasing people: nothing of theirs is left in any file, and nobody else misses anything. On the embedded parts and on
//! Redis with PostgreSQL.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use acceptance::{Fleet, Node, full};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use servers::{PostgresServer, RedisOptions, RedisServer};

/// What every secret begins with; five digits follow.
const MARK: &str = "zqsecret";

/// How many people there are, and how many of them are erased.
fn people() -> (usize, usize) {
    if full() { (1_000, 100) } else { (60, 12) }
}

fn person(number: usize) -> String {
    format!("person-{number}")
}

fn secret(number: usize) -> String {
    format!("{MARK}{number:05}")
}

/// Calls to one gateway.
struct Gateway {
    client: Client,
    base: String,
}

impl Gateway {
    async fn send(&self, request: RequestBuilder) -> (StatusCode, Value) {
        let response = request.send().await.expect("the gateway answers");
        (response.status(), response.json().await.unwrap_or_default())
    }

    async fn made(&self, path: &str, body: Value) -> String {
        let (status, made) = self.send(self.client.post(format!("{}{path}", self.base)).json(&body)).await;
        assert!(status.is_success(), "{path}: {status} {made}");
        made["id"].as_str().expect("it has an id").to_owned()
    }

    async fn upload(&self, number: usize) -> (StatusCode, Value) {
        let secret = secret(number);
        let name = format!("letter of {secret}.md");
        let text = format!(
            "# Letter {secret}\n\nMy name is {secret}, and I keep bees beside the river. The password of the shed is \
             {secret}, which nobody else may know. Bees of {secret} fly far.\n"
        );
        let request = self.client.post(format!("{}/ingest", self.base)).query(&[("name", &name)]);
        let request =
            request.header("x-data-subject", person(number)).header("idempotency-key", format!("k{number}"));
        self.send(request.header("content-type", "text/markdown").body(text)).await
    }

    /// A document, a conversation about it, and an opinion; the document's id.
    async fn live(&self, number: usize) -> String {
        let (secret, subject) = (secret(number), person(number));
        let (status, document) = self.upload(number).await;
        assert!(status.is_success() && document["duplicate"] == false, "{status} {document}");
        let (status, again) = self.upload(number).await;
        assert!(status.is_success() && again["id"] == document["id"], "{status} {again}");
        let session = json!({ "title": format!("about {secret}"), "user": secret, "datasubject": subject });
        let session = self.made("/sessions", session).await;
        let prompt = json!({ "prompt": format!("What does {secret} keep beside the river?") });
        let asked = self.made(&format!("/sessions/{session}/interactions"), prompt).await;
        let feedback = json!({ "interaction": asked, "kind": "correction", "text": format!("{secret} keeps wasps"),
                               "comment": format!("says {secret}") });
        self.made("/feedback", feedback).await;
        let review = json!({ "accepted": true, "reviewer": "ada", "comment": format!("{secret} is right") });
        let document = document["id"].as_str().expect("a document has an id").to_owned();
        let reviewing = self.client.post(format!("{}/knowledge/{document}/review", self.base)).json(&review);
        assert!(self.send(reviewing).await.0.is_success());
        document
    }

    async fn content(&self, document: &str) -> (StatusCode, String) {
        let request = self.client.get(format!("{}/documents/{document}/content", self.base));
        let response = request.send().await.expect("the gateway answers");
        (response.status(), response.text().await.unwrap_or_default())
    }
}

/// Whose secrets are in the files below `roots`.
fn found_in(roots: &[PathBuf]) -> BTreeSet<(usize, PathBuf)> {
    let mut found = BTreeSet::new();
    for root in roots {
        look(root, &mut found);
    }
    found
}

fn look(path: &Path, found: &mut BTreeSet<(usize, PathBuf)>) {
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            look(&entry.path(), found);
        }
        return;
    }
    // What is no file, or is gone by now, holds nothing.
    let Ok(bytes) = fs::read(path) else { return };
    let mark = MARK.as_bytes();
    for at in (0..bytes.len().saturating_sub(mark.len() + 4)).filter(|at| bytes[*at..].starts_with(mark)) {
        let digits = std::str::from_utf8(&bytes[at + mark.len()..at + mark.len() + 5]).unwrap_or_default();
        if let Ok(number) = digits.parse() {
            found.insert((number, path.to_owned()));
        }
    }
}

fn flags(erased: usize) -> Vec<String> {
    (0..erased).flat_map(|number| ["--subject".to_owned(), person(number)]).collect()
}

async fn lived(gateway: &Gateway, people: usize) -> Vec<String> {
    use futures::StreamExt;
    let living = futures::stream::iter((0..people).map(|number| gateway.live(number)));
    living.buffered(8).collect().await
}

/// What must be so after the first `erased` people were erased.
async fn assert_erased(
    gateway: &Gateway,
    documents: &[String],
    erased: usize,
    proof: &Value,
    roots: &[PathBuf],
) {
    assert_eq!(proof["complete"], true, "{proof:#}");
    let reached = proof["reached"].as_array().expect("what was reached is a list");
    let in_table = |one: &&Value| one["where"].as_str().is_some_and(|place| place.starts_with("table "));
    let left: Vec<_> = reached.iter().filter(in_table).collect();
    assert!(left.len() > 15 && left.iter().all(|one| one["left"] == 0), "{left:#?}");
    assert!(left.iter().filter(|one| one["held"] != 0).count() > 12, "{left:#?}");
    let hits: Vec<_> = found_in(roots).into_iter().filter(|(number, _)| *number < erased).collect();
    assert_eq!(hits, [], "plaintext of erased people");
    for (number, document) in documents.iter().enumerate() {
        let (status, text) = gateway.content(document).await;
        if number < erased {
            assert_eq!(status, StatusCode::GONE, "{text}");
            assert!(text.contains("erased"), "{text}");
        } else {
            assert!(status == StatusCode::OK && text.contains(&secret(number)), "{status} {text}");
        }
    }
    let (status, refused) = gateway.upload(0).await;
    assert_eq!((status, &refused["title"]), (StatusCode::CONFLICT, &json!("The data subject was erased")));
    println!("{erased} of {} people erased: 0 hits in {} places", documents.len(), roots.len());
}

#[tokio::test]
async fn an_erased_person_is_in_no_file_of_a_node() {
    let (people, erased) = people();
    let mut node = Node::start_with(&[("LOG_LEVEL", "debug")]).await;
    let gateway = Gateway { client: Client::new(), base: node.base() };
    let documents = lived(&gateway, people).await;
    node.idle().await;
    let built = node.told(&["dataset", "build", "completion", "--include-rejected"]).await;
    let roots = [node.home().to_owned()];
    let before = found_in(&roots);
    assert!(
        (0..people).all(|number| before.iter().any(|(found, _)| *found == number)),
        "the search sees what is there"
    );

    let flags = flags(erased);
    let order: Vec<&str> = ["erase"].into_iter().chain(flags.iter().map(String::as_str)).collect();
    let looked = node.elite(&order).await.expect(2);
    assert!(looked.stderr.contains("--yes"), "{}", looked.stderr);
    let proof = node.elite(&[&order[..], &["--yes"]].concat()).await;
    assert_erased(&gateway, &documents, erased, &proof.json(), &roots).await;
    assert_eq!(proof.json()["datasets_withdrawn"], json!([built["id"]]));
    let export =
        gateway.client.get(format!("{}/datasets/{}/export", gateway.base, built["id"].as_str().unwrap()));
    assert_eq!(gateway.send(export).await.0, StatusCode::GONE);
    node.idle().await;
    node.verify().await;

    // A database that is folded from nothing has nothing of them either.
    node.stop().await;
    fs::remove_dir_all(node.data_dir().join("postgres")).expect("the database can be removed");
    node.restart().await;
    node.idle().await;
    node.verify().await;
    assert!(!found_in(&roots).iter().any(|(number, _)| *number < erased));
}

#[tokio::test]
async fn an_erased_person_is_in_no_file_of_redis_and_postgresql() {
    let (people, erased) = people();
    let postgres = PostgresServer::with(&[("wal_recycle", "off"), ("log_statement", "ddl")]);
    let mut fleet =
        Fleet::on(RedisServer::start(RedisOptions::default()), postgres, &[("LOG_LEVEL", "debug")]).await;
    let worker =
        fleet.worker(&["gateway", "project", "parse", "validate", "compare", "answer", "build"]).await;
    let gateway = Gateway { client: Client::new(), base: worker.base() };
    let documents = lived(&gateway, people).await;
    fleet.idle().await;
    let roots =
        [fleet.home().to_owned(), fleet.redis.directory().to_owned(), fleet.postgres.directory().to_owned()];
    let before = found_in(&roots);
    assert!(
        (0..people).all(|number| before.iter().any(|(found, _)| *found == number)),
        "the search sees what is there"
    );
    // Copies that a rebuild, a look at history and a backup keep are reached, too.
    fleet.told(&["projection", "rebuild"]).await;
    fleet.told(&["projection", "rebuild", "--as-of", "0:1"]).await;
    fleet.told(&["backup"]).await;
    let outside: Vec<_> = before.iter().filter(|(_, path)| !path.starts_with(&roots[2])).collect();
    assert!(outside.is_empty(), "in the open outside of the database: {outside:?}");

    let flags = flags(erased);
    let order = ["erase", "--yes"].into_iter().chain(flags.iter().map(String::as_str)).collect::<Vec<_>>();
    let proof = fleet.elite(&order).await;
    assert_erased(&gateway, &documents, erased, &proof.json(), &roots).await;
    assert_eq!(proof.json()["backups_changed"], 1);
    fleet.idle().await;
    fleet.verify().await;

    // Who was erased stays erased when everything comes back from the archive and the backup.
    fleet.told(&["archive", "now"]).await;
    assert!(worker.stop().await.success());
    fleet.move_to(Some(RedisServer::start(RedisOptions::default())), Some(PostgresServer::start()));
    let restored = fleet.told(&["restore"]).await;
    assert_eq!(restored["keys"], people, "{restored}");
    let roots =
        [fleet.home().to_owned(), fleet.redis.directory().to_owned(), fleet.postgres.directory().to_owned()];
    let found: BTreeSet<usize> = found_in(&roots).into_iter().map(|(number, _)| number).collect();
    assert_eq!(found, (erased..people).collect(), "those who are left, and nobody else");
    fleet.verify().await;
}
