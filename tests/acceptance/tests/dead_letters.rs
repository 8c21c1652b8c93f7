//! An event that cannot be folded, from the command line: parked with what follows in its key, looked at, tried again when the
//! cause is mended, or dropped for good.

use std::time::Duration;

use acceptance::{Answer, Ended, Fleet, Process, until};
use reqwest::Client;
use serde_json::{Value, json};
use uuid::Uuid;

/// How long a worker may take to do what was asked for.
const SETTLE_TIME_MAX: Duration = Duration::from_mins(1);
/// A title that the database refuses until somebody mends it.
const POISON: &str = "poison";
const FORBID: &str = "alter table elite.sessions_v2 add constraint forbidden check (title <> 'poison')";
const ALLOW: &str = "alter table elite.sessions_v2 drop constraint forbidden";

/// Tells one event about `session`; its id.
async fn tell(gateway: &Process, session: Uuid, event_type: &str, data: Value) -> String {
    let event = json!({
        "specversion": "1.0", "id": format!("{event_type} of {session}"), "source": "/tests", "type": event_type,
        "subject": session, "data": data,
    });
    let request = Client::new().post(format!("{}/events", gateway.base()));
    let request = request.header("content-type", "application/cloudevents+json").body(event.to_string());
    let answer = Answer::to(request).await.expect("the gateway answers").expect(200);
    answer["id"].as_str().expect("an answer has the id").to_owned()
}

/// A session that begins with poison and ends; the ids of both events.
async fn poisoned(gateway: &Process, session: Uuid) -> [String; 2] {
    let began = tell(gateway, session, "session.started", json!({ "title": POISON })).await;
    [began, tell(gateway, session, "session.ended", json!({})).await]
}

async fn parked(fleet: &Fleet) -> Vec<String> {
    let listed = fleet.told(&["dead-letter", "list"]).await;
    let ids = listed.as_array().expect("letters are a list").iter();
    ids.map(|letter| letter["event_id"].as_str().expect("a letter has an event").to_owned()).collect()
}

async fn preview(fleet: &Fleet, event: &str) -> (Ended, Value) {
    let ended = fleet.elite(&["dead-letter", "redrive", event, "--dry-run"]).await;
    let told = ended.json()[0].clone();
    (ended, told)
}

fn title(fleet: &Fleet, session: Uuid) -> String {
    fleet.sql(&format!("select coalesce(title, 'none'), status from elite.sessions where id = '{session}'"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_event_is_looked_at_tried_again_or_dropped_and_its_key_follows() {
    let fleet = Fleet::start(&[("ELITE_LEASE_SECONDS", "1")]).await;
    let gateway = fleet.worker(&["gateway", "project"]).await;
    fleet.sql(FORBID);
    let (mended, dropped, healthy) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let (first, second) = (poisoned(&gateway, mended).await, poisoned(&gateway, dropped).await);
    tell(&gateway, healthy, "session.started", json!({ "title": "healthy" })).await;
    fleet.idle().await;
    let mut all: Vec<String> = first.iter().chain(&second).cloned().collect();
    all.sort();
    let mut listed = parked(&fleet).await;
    listed.sort();
    assert_eq!((listed, title(&fleet, healthy).as_str()), (all, "healthy|open"), "a key waits alone");
    let shown = fleet.told(&["dead-letter", "show", &first[0]]).await.to_string();
    assert!(shown.contains("forbidden") && shown.contains(POISON), "{shown}");

    let (ended, told) = preview(&fleet, &first[0]).await;
    assert_eq!(ended.code, Some(1), "it would fail: {told}");
    assert!(told["would_fail"].as_str().is_some_and(|why| why.contains("forbidden")), "{told}");
    let refused = fleet.elite(&["dead-letter", "drop", &second[0], "--reason", "nonsense"]).await.expect(2);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(parked(&fleet).await.len(), 4, "nothing was changed");

    // Dropped is what is named; what waited behind it is folded, while the cause is still there.
    fleet.told(&["dead-letter", "drop", &second[0], "--reason", "nonsense", "--yes"]).await;
    settled(&fleet, 2).await;
    assert_eq!(parked(&fleet).await, first, "the other key, in order");
    let stats = fleet.told(&["events", "stats"]).await;
    assert_eq!(stats["types"]["event.dropped"], 1, "{stats}");

    fleet.sql(ALLOW);
    let (ended, told) = preview(&fleet, &first[0]).await;
    assert_eq!((ended.code, &told["events"]), (Some(0), &json!(first)), "{told}");
    let changes = told["changes"].as_array().expect("changes are a list");
    let session = changes.iter().find(|change| change["after"]["id"] == json!(mended)).expect("its session");
    assert_eq!((&session["before"], &session["after"]["title"]), (&Value::Null, &json!(POISON)));
    assert_eq!((title(&fleet, mended), parked(&fleet).await.len()), (String::new(), 2), "it was only a look");
    fleet.told(&["dead-letter", "redrive", &first[0]]).await;
    settled(&fleet, 0).await;
    assert_eq!(title(&fleet, mended), "poison|ended");
    fleet.verify().await;
    println!(
        "2 keys with poison: of one all redriven in order, of one the poison dropped and the rest folded; rows equal a replay"
    );
    assert!(gateway.stop().await.success());
}

/// Waits until everything is folded and so many events are parked; a worker redrives when it next looks after its partitions.
async fn settled(fleet: &Fleet, letters: usize) {
    until("what was asked for is done", SETTLE_TIME_MAX, async || {
        fleet.idle().await;
        (parked(fleet).await.len() == letters).then_some(())
    })
    .await;
}
