//! Positions as Redis tools see them.

use event_log::{EventLog, Position};
use servers::{Fsync, RedisOptions, RedisServer};

use crate::support::{ONE_PARTITION, P0, append, events, open};

#[tokio::test]
async fn the_lag_of_a_subscription_is_what_redis_says() {
    let server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() });
    let log = open(&server.url(), ONE_PARTITION).await.unwrap();
    append(&log, events(1..=10)).await;
    let groups = || server.ask(&["XINFO", "GROUPS", "elite:{0}:events"]);
    for (position, lag) in [(0, 10), (4, 6), (10, 0), (7, 3)] {
        log.mirror("project", &[(P0, Position(position))]).await.unwrap();
        let said = groups();
        let said: Vec<&str> = said.lines().map(str::trim).collect();
        let after = |name: &str| said.iter().position(|line| *line == name).map(|at| said[at + 1].to_owned());
        assert_eq!(after("name"), Some("project".into()));
        assert_eq!(after("last-delivered-id"), Some(format!("{position}-0")));
        assert_eq!(after("lag"), Some(lag.to_string()), "{said:?}");
    }
    append(&log, events(11..=15)).await;
    assert!(groups().contains("lag\n8"), "{}", groups());
}
