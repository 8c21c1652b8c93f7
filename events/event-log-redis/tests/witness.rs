//! What is on the wire, read by another client than the one that wrote it. Knows the binding from the README alone.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::collections::BTreeMap;

use event_log::{CreationOptions, EventLog, RepeatWindow, SystemClock};
use event_log_redis::{RedisLog, RedisLogOptions};
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use fred::{
    clients::Client,
    interfaces::ClientLike,
    types::{
        Builder, ClusterHash, CustomCommand, FromValue, Value as Answer,
        config::{ClusterDiscoveryPolicy, Config, Server, ServerConfig},
    },
};
use serde_json::Value;
use servers::{Fsync, RedisCluster, RedisOptions, RedisServer};
use uuid::Uuid;

/// An entry of a stream: its id, and names and values of its fields in order.
type Entry = (String, Vec<(String, String)>);

const CREATION: CreationOptions = CreationOptions { partitions: 4, repeats: RepeatWindow(100_000) };

async fn log(url: &str) -> RedisLog {
    let options = RedisLogOptions { url: url.to_owned(), creation: CREATION, create: true };
    RedisLog::open(options, &SystemClock).await.unwrap()
}

async fn witness(server: ServerConfig) -> Client {
    let client = Builder::from_config(Config { server, ..Config::default() }).build().unwrap();
    client.init().await.unwrap();
    client
}

fn one(server: &RedisServer) -> ServerConfig {
    ServerConfig::Centralized { server: Server::new("127.0.0.1", server.port()) }
}

async fn ask<T: FromValue>(witness: &Client, command: &'static str, arguments: &[&str]) -> T {
    // The key comes first, so a cluster's client finds the node.
    let command = CustomCommand::new_static(command, ClusterHash::FirstKey, false);
    witness.custom(command, arguments.iter().map(|text| (*text).to_owned()).collect()).await.unwrap()
}

async fn entries(witness: &Client, partition: u16) -> Vec<Entry> {
    let rows: Vec<Answer> =
        ask(witness, "XRANGE", &[&format!("elite:{{{partition}}}:events"), "-", "+"]).await;
    rows.into_iter().map(entry).collect()
}

fn entry(row: Answer) -> Entry {
    let mut parts = row.into_array();
    let fields: Vec<String> = parts.pop().unwrap().convert().unwrap();
    let pairs = fields.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    (parts.pop().unwrap().convert().unwrap(), pairs)
}

/// An event with every attribute there is, or with none that may be missing.
fn event(number: u128, whole: bool) -> Event {
    let subject = format!("subject {}", number % 5);
    let draft = EventDraft {
        id: Uuid::from_u128(number),
        source: "/witness".into(),
        partitionkey: if whole { "another key".into() } else { subject.clone() },
        subject,
        tenant: Tenant("größe".into()),
        time: "2026-11-22T12:00:00.123456Z".parse().unwrap(),
        data: SessionStarted { user: whole.then(|| "ü\n".into()), title: Some(format!("\"{number}\"")) },
    };
    let mut event = draft.build().unwrap();
    if whole {
        event.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
        event.correlationid = Some(Uuid::from_u128(1));
        event.causationid = Some(Uuid::from_u128(2));
        event.recordedtime = "2026-11-22T12:00:01Z".parse().unwrap();
    }
    event
}

/// The structured form of an entry, by the words of the README.
fn structured(fields: &[(String, String)]) -> BTreeMap<String, Value> {
    let mut members: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in fields {
        match (name.as_str(), name.strip_prefix("ce_")) {
            ("data", _) => members.insert("data".to_owned(), serde_json::from_str(value).unwrap()),
            ("content-type", _) => members.insert("datacontenttype".to_owned(), value.clone().into()),
            (_, Some(attribute)) => members.insert(attribute.to_owned(), value.clone().into()),
            other => panic!("a field that is not of the binding: {other:?}"),
        };
    }
    for (left_out, same_as) in [("partitionkey", "subject"), ("recordedtime", "time")] {
        let same = members[same_as].clone();
        members.entry(left_out.to_owned()).or_insert(same);
    }
    members.entry("datacontenttype".to_owned()).or_insert("application/json".into());
    members
}

/// Appends to `log` and finds everything on the wire as it is documented.
async fn is_on_the_wire_as_documented(log: &RedisLog, witness: &Client) {
    let events: Vec<Event> = (10..60).map(|number| event(number, number % 3 == 0)).collect();
    let appended = log.append(events.clone()).await.unwrap();
    let mut found = 0;
    for partition in 0..CREATION.partitions {
        let entries = entries(witness, partition).await;
        let here =
            events.iter().zip(&appended).filter(|(_, answer)| answer.partition == PartitionId(partition));
        for (event, answer) in here {
            let position = usize::try_from(answer.position.0).unwrap();
            let (id, fields) = &entries[position - 1];
            assert_eq!(*id, format!("{position}-0"), "the position is the entry's id");
            let expected: BTreeMap<String, Value> = serde_json::from_slice(&event.encode()).unwrap();
            assert_eq!(structured(fields), expected);
            let data = fields.iter().find(|(name, _)| name == "data").unwrap();
            assert_eq!(data.1, event.data.get(), "data is the JSON text as it came");
            found += 1;
        }
        is_described(log, witness, partition, entries.len()).await;
    }
    assert_eq!(found, events.len());
}

/// What stands beside a stream.
async fn is_described(log: &RedisLog, witness: &Client, partition: u16, entries: usize) {
    let hash: BTreeMap<String, String> =
        ask(witness, "HGETALL", &[&format!("elite:{{{partition}}}:log")]).await;
    assert_eq!(hash["incarnation"], log.creation().incarnation.to_string());
    assert_eq!((hash["partitions"].as_str(), hash["repeats"].as_str()), ("4", "100000"));
    assert_eq!(hash["tail"], entries.to_string());
}

#[tokio::test]
async fn another_client_finds_every_event_as_the_binding_says() {
    let server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..Default::default() });
    let (log, witness) = (log(&server.url()).await, witness(one(&server)).await);
    is_on_the_wire_as_documented(&log, &witness).await;
    let record: Option<String> = ask(&witness, "HGET", &["elite:log", "creation"]).await;
    let record: Value = serde_json::from_str(&record.unwrap()).unwrap();
    assert_eq!(record, serde_json::to_value(log.creation()).unwrap());
}

#[tokio::test]
async fn another_client_finds_them_on_a_cluster() {
    let cluster = RedisCluster::start(Fsync::EverySecond);
    let hosts = cluster.urls().into_iter().map(|url| {
        let address: std::net::SocketAddr =
            url.trim_start_matches("redis://").trim_end_matches('/').parse().unwrap();
        Server::new(address.ip().to_string(), address.port())
    });
    let hosts = ServerConfig::Clustered { hosts: hosts.collect(), policy: ClusterDiscoveryPolicy::default() };
    is_on_the_wire_as_documented(&log(&cluster.url()).await, &witness(hosts).await).await;
}

#[tokio::test]
async fn what_another_client_writes_past_the_script_is_noticed() {
    let server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..Default::default() });
    let (log, witness) = (log(&server.url()).await, witness(one(&server)).await);
    let first = log.append(vec![event(1, false)]).await.unwrap()[0].clone();
    let stream = format!("elite:{{{}}}:events", first.partition);
    let _id: String = ask(&witness, "XADD", &[&stream, "7-0", "ce_id", "not ours"]).await;
    drop(log);
    let options = RedisLogOptions { url: server.url(), creation: CREATION, create: true };
    let refused = RedisLog::open(options, &SystemClock).await.err().map(|error| error.to_string());
    println!("opening a log that another client wrote to: {refused:?}");
    assert!(refused.is_some(), "7 is not the tail");
}
