//! The servers start, answer, survive a crash, and leave nothing behind.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use servers::{Direction, Fsync, PostgresServer, Proxy, RedisCluster, RedisOptions, RedisServer, Verdict};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[test]
fn a_port_is_given_once_and_to_no_connection() {
    let ports: BTreeSet<u16> = (0..200).map(|_| servers::free_port()).collect();
    assert_eq!(ports.len(), 200);
    // Where Linux takes the ports of connections from.
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let first = range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(32_768);
    assert!(first < 30_000 || ports.iter().all(|port| *port < first), "{ports:?} from {first}");
}

#[test]
fn redis_keeps_what_it_answered_when_it_is_killed_and_leaves_nothing_behind() {
    let mut server = RedisServer::start(RedisOptions::default());
    let replica = server.replica(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() });
    assert_eq!(server.ask(&["SET", "key", "value"]).trim(), "OK");
    server.kill();
    server.restart();
    assert_eq!(server.ask(&["GET", "key"]).trim(), "value");
    assert_eq!(replica.ask(&["CONFIG", "GET", "appendonly"]).trim(), "appendonly\nno");
    let directory = server.directory().to_owned();
    drop(server);
    assert!(!directory.exists());
}

#[test]
fn the_clock_of_a_redis_can_be_ahead() {
    let ahead = Duration::from_hours(1);
    let server = RedisServer::start(RedisOptions { clock_ahead: ahead, ..RedisOptions::default() });
    let seconds = |server: &RedisServer| -> u64 {
        let told = server.ask(&["TIME"]);
        told.lines().next().and_then(|seconds| seconds.parse().ok()).expect("it tells the time")
    };
    let right = seconds(&RedisServer::start(RedisOptions::default()));
    assert!(seconds(&server) >= right + ahead.as_secs() - 60, "{right}");
}

#[test]
fn a_cluster_serves_every_slot() {
    let mut cluster = RedisCluster::start(Fsync::Never);
    let info = cluster.node(2).ask(&["CLUSTER", "INFO"]);
    assert!(info.contains("cluster_slots_ok:16384"), "{info}");
}

#[test]
fn postgres_keeps_what_it_committed_when_it_is_killed_and_leaves_nothing_behind() {
    let mut server = PostgresServer::start();
    let (first, second) = (server.database(), server.database());
    server.sql(&first, "create table kept (id int); insert into kept values (7)");
    server.kill();
    server.restart();
    assert_eq!(server.sql(&first, "select id from kept").trim(), "7");
    assert_eq!(server.sql(&second, "select to_regclass('kept') is null").trim(), "t");
    let directory = server.directory().to_owned();
    drop(server);
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_proxy_cuts_where_its_rule_says() {
    let redis = RedisServer::start(RedisOptions::default());
    let cutting = Arc::new(AtomicBool::new(false));
    let cut = Arc::clone(&cutting);
    let rule = move |way, _: &[u8]| {
        if way == Direction::ToClient && cut.load(Ordering::Relaxed) { Verdict::Cut } else { Verdict::Pass }
    };
    let proxy = Proxy::start(redis.address(), rule).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(b"SET passed 1\r\n").await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"+OK\r\n");
    cutting.store(true, Ordering::Relaxed);
    stream.write_all(b"SET unanswered 1\r\n").await.unwrap();
    assert!(matches!(stream.read(&mut answer).await, Ok(0) | Err(_)));
    assert_eq!(redis.ask(&["GET", "unanswered"]).trim(), "1");
    assert_eq!(proxy.cuts(), 1);
}
