//! Events that are posted to a gateway one by one, and what was acknowledged of them.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use reqwest::{Client, Error};
use serde_json::json;
use uuid::Uuid;

use crate::{Answer, Node, pass};

/// How long a gateway may take to say that it cannot, by what is promised.
const REFUSE_TIME_MAX: Duration = Duration::from_secs(1);
/// How long it may take until a gateway refuses, or takes events again.
const CHANGE_TIME_MAX: Duration = Duration::from_mins(1);
/// How long to wait before the next event is posted.
const RETRY_DELAY: Duration = Duration::from_millis(50);
/// Events read at once.
const TAIL: &str = "1000000";

/// Posts event `id` about a session of its own, with a title of so many bytes.
pub async fn post(client: &Client, base: &str, id: Uuid, title_bytes: usize) -> Result<Answer, Error> {
    let event = json!({
        "specversion": "1.0", "id": id.to_string(), "source": "/tests", "type": "session.started",
        "subject": id.to_string(), "data": { "title": "t".repeat(title_bytes) },
    });
    let request =
        client.post(format!("{base}/events")).header("content-type", "application/cloudevents+json");
    Answer::to(request.body(event.to_string())).await
}

/// Posts events under ever new ids.
pub struct Posting {
    client: Client,
    next: u128,
    /// The ids of events that were acknowledged, as the log knows them.
    pub acknowledged: HashSet<String>,
    /// The longest time that a refusal took.
    pub slowest_refusal: Duration,
    /// How long a refusal may take: a second, by what is promised.
    pub refuse_time_max: Duration,
    /// How many were refused.
    pub refused: usize,
}

impl Posting {
    /// Begins with id `first`.
    pub fn new(first: u128) -> Self {
        let (acknowledged, slowest_refusal) = (HashSet::new(), Duration::ZERO);
        Self {
            client: Client::new(),
            next: first,
            acknowledged,
            slowest_refusal,
            refuse_time_max: REFUSE_TIME_MAX,
            refused: 0,
        }
    }

    /// Posts one event; true when it was acknowledged, as on a disk. A refusal has to come in time and to say when to come again;
    /// what it says is handed to `refused`.
    pub async fn one(&mut self, base: &str, title_bytes: usize, refused: impl FnOnce(&str)) -> bool {
        let (id, begun) = (Uuid::from_u128(self.next), Instant::now());
        self.next += 1;
        let answer = post(&self.client, base, id, title_bytes).await.expect("the gateway answers");
        if answer.status == 200 {
            assert_eq!(answer.json["durability"], "fsync", "{}", answer.text);
            self.acknowledged.insert(answer.json["id"].as_str().expect("an answer has the id").to_owned());
            return true;
        }
        let took = begun.elapsed();
        assert!(answer.headers.contains_key("retry-after"), "{}", answer.text);
        let problem = answer.expect(503);
        assert!(took <= self.refuse_time_max, "a refusal took {took:?}: {problem}");
        (self.refused, self.slowest_refusal) = (self.refused + 1, self.slowest_refusal.max(took));
        refused(problem["detail"].as_str().unwrap_or_default());
        false
    }

    /// Posts until it is refused.
    pub async fn until_refused(&mut self, base: &str, title_bytes: usize, refused: impl Fn(&str)) {
        let begun = Instant::now();
        while self.one(base, title_bytes, &refused).await {
            assert!(begun.elapsed() < CHANGE_TIME_MAX, "everything is acknowledged");
        }
    }

    /// Posts until it is acknowledged again; returns how long that took.
    pub async fn until_taken(&mut self, base: &str, title_bytes: usize) -> Duration {
        let begun = Instant::now();
        while !self.one(base, title_bytes, |_| {}).await {
            assert!(begun.elapsed() < CHANGE_TIME_MAX, "nothing is acknowledged");
            pass(RETRY_DELAY).await;
        }
        begun.elapsed()
    }
}

impl Node {
    /// Fails unless every one of these events is in the log, once; returns how many events there are.
    pub async fn assert_holds(&self, acknowledged: &HashSet<String>) -> usize {
        let tail = self.elite(&["events", "tail", "-n", TAIL]).await.expect(0);
        let mut seen = HashSet::new();
        for line in tail.json_lines() {
            let id = line["event"]["id"].as_str().expect("an event has an id").to_owned();
            assert!(seen.insert(id), "an event is there twice: {line}");
        }
        let lost: Vec<_> = acknowledged.difference(&seen).collect();
        assert!(
            lost.is_empty(),
            "{} of {} acknowledged events are lost: {lost:?}",
            lost.len(),
            acknowledged.len()
        );
        seen.len()
    }
}
