//! Where a log is and how it is asked for.

use event_log::{CreationOptions, LogError};
use redis::{ConnectionInfo, IntoConnectionInfo, io::tcp::TcpSettings};

/// What a log is opened with.
#[derive(Clone, Debug)]
pub struct RedisLogOptions {
    /// `redis://[user:password@]host:port[/database]`. Several hosts, separated by commas, are nodes of one cluster of which
    /// at least one has to answer; `redis+cluster://` is taken too. Whether it is a cluster, the server says.
    pub url: String,
    /// What the log is made with, or was.
    pub creation: CreationOptions,
    /// Make the log if there is none; otherwise that is refused.
    pub create: bool,
}

impl RedisLogOptions {
    /// How to connect to each server the URL names.
    pub(crate) fn seeds(&self) -> Result<Vec<ConnectionInfo>, LogError> {
        let (scheme, rest) = self.url.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        if !matches!(scheme, "redis" | "redis+cluster") {
            return Err(wrong(&format!("`{scheme}` is not a scheme of it")));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
        let at = if user.is_empty() { "" } else { "@" };
        let one = |host: &str| {
            let info = format!("redis://{user}{at}{host}/{path}").into_connection_info();
            let info = info.map_err(|error| wrong(&error.to_string()))?;
            let settings = info.redis_settings().clone().set_skip_set_lib_name();
            Ok(info.set_tcp_settings(tcp_settings()).set_redis_settings(settings))
        };
        hosts.split(',').map(one).collect()
    }
}

/// How long what we sent may go unacknowledged. It is sent again at ever longer intervals, so that a connection that is kept
/// for as long as a network is cut stands still for as long again afterwards.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED_MAX: std::time::Duration = std::time::Duration::from_secs(5);

fn tcp_settings() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(UNACKNOWLEDGED_MAX);
    settings
}

fn wrong(problem: &str) -> LogError {
    LogError::Refused(format!(
        "the Redis URL is wrong: {problem}; write redis://host:port/ or redis://host:port,host:port for a cluster"
    ))
}

#[cfg(test)]
mod tests {
    use event_log::RepeatWindow;

    use super::*;

    fn seeds(url: &str) -> Result<Vec<ConnectionInfo>, LogError> {
        let creation = CreationOptions { partitions: 1, repeats: RepeatWindow(1) };
        RedisLogOptions { url: url.into(), creation, create: true }.seeds()
    }

    #[test]
    fn every_host_gets_the_credentials_the_database_and_no_delay() {
        let seeds = seeds("redis://ada:secret@one:7001,two:7002/3").unwrap();
        let addresses: Vec<String> = seeds.iter().map(|seed| seed.addr().to_string()).collect();
        assert_eq!(addresses, ["one:7001", "two:7002"]);
        for seed in &seeds {
            assert!(seed.tcp_settings().nodelay());
            let settings = seed.redis_settings();
            assert_eq!(
                (settings.username(), settings.password(), settings.db()),
                (Some("ada"), Some("secret"), 3)
            );
        }
    }

    #[test]
    fn a_url_of_another_kind_is_refused_without_its_password() {
        for url in ["localhost:6379", "http://user:secret@host/", "rediss://user:secret@host/"] {
            let refused = seeds(url).unwrap_err().to_string();
            assert!(refused.contains("redis://host:port") && !refused.contains("secret"), "{refused}");
        }
    }
}
