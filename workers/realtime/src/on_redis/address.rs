//! Where Redis is. The same addresses as the log takes: one server, or several nodes of a cluster separated by commas.

use fred::types::{
    RespVersion,
    config::{ClusterDiscoveryPolicy, Config, Server, ServerConfig},
};

use crate::RealtimeError;

const PORT_DEFAULT: u16 = 6379;

/// Servers, one of which is enough, and how to log in.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) servers: Vec<Server>,
    username: Option<String>,
    password: Option<String>,
    database: Option<u8>,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, RealtimeError> {
        let refused = |reason: String| RealtimeError::Url { url: without_password(url), reason };
        let rest = match url.split_once("://") {
            // Whether it is a cluster, the server says.
            Some(("redis" | "redis+cluster" | "valkey", rest)) => rest,
            Some(("rediss" | "valkeys", _)) => {
                return Err(refused("this build has no TLS to Redis; use a tunnel".to_owned()));
            }
            _ => return Err(refused("it does not begin with `redis://`".to_owned())),
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (credentials, rest) =
            rest.rsplit_once('@').map_or((None, rest), |(left, right)| (Some(left), right));
        let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (username, password) = credentials.map_or((None, None), logged_in);
        let servers = hosts.split(',').map(server).collect::<Result<_, _>>().map_err(refused)?;
        let database = match database {
            "" => None,
            number => Some(number.parse().map_err(|_| refused(format!("`{number}` is no database number")))?),
        };
        Ok(Self { servers, username, password, database })
    }

    /// The servers, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> =
            self.servers.iter().map(|server| format!("{}:{}", server.host, server.port)).collect();
        names.join(",")
    }

    /// How a client reaches one server, whatever it belongs to.
    pub(super) fn one(&self, server: &Server) -> Config {
        let server = ServerConfig::Centralized { server: server.clone() };
        Config { database: self.database, ..self.config(server) }
    }

    /// How a client reaches all nodes of a cluster, starting from those that are known.
    pub(super) fn cluster(&self) -> Config {
        self.config(ServerConfig::Clustered {
            hosts: self.servers.clone(),
            policy: ClusterDiscoveryPolicy::default(),
        })
    }

    fn config(&self, server: ServerConfig) -> Config {
        Config {
            username: self.username.clone(),
            password: self.password.clone(),
            server,
            // One connection for commands and messages.
            version: RespVersion::RESP3,
            fail_fast: true,
            ..Config::default()
        }
    }
}

fn server(text: &str) -> Result<Server, String> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err("it names no host".to_owned());
    }
    let port =
        port.map_or(Ok(PORT_DEFAULT), str::parse).map_err(|_| format!("`{text}` has no port number"))?;
    Ok(Server::new(host, port))
}

fn logged_in(credentials: &str) -> (Option<String>, Option<String>) {
    let (username, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let given = |text: &str| (!text.is_empty()).then(|| percent_decoded(text));
    (given(username), given(password))
}

/// A password may have any character, written as `%40`.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let code = others.get(..2).filter(|_| *first == b'%').and_then(|digits| {
            std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
        });
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_and_several_are_read() {
        let one = Address::parse("redis://localhost").unwrap();
        assert_eq!((one.servers, one.database), (vec![Server::new("localhost", 6379)], None));
        let all = Address::parse("redis://me:p%40ss@a:1,b,[::1]:3/2").unwrap();
        assert_eq!(all.servers, [Server::new("a", 1), Server::new("b", 6379), Server::new("::1", 3)]);
        assert_eq!((all.username.as_deref(), all.password.as_deref()), (Some("me"), Some("p@ss")));
        assert_eq!(all.database, Some(2));
    }

    #[test]
    fn what_is_no_address_is_refused_without_telling_the_password() {
        for wrong in
            ["localhost:6379", "redis://", "redis://me:secret@a:x", "rediss://me:secret@a", "redis://a/b"]
        {
            let told = Address::parse(wrong).unwrap_err().to_string();
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
