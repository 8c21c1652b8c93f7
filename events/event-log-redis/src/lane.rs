//! One connection to one server, made again when it breaks.
//!
//! Nothing is sent twice here: a command whose answer did not come may have been carried out, and only its sender knows
//! whether repeating it is safe.

use std::{sync::Arc, time::Duration};

use event_log::LogError;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, Pipeline, Value, aio::MultiplexedConnection};
use tokio::{sync::Mutex, time::Instant};

use crate::trouble;

/// How long making a connection may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);
/// How long an answer may take: a busy disk with `appendfsync always` needs seconds, a server that is gone never answers.
pub(crate) const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// Between two attempts to connect: at first and at most, halved or not by chance.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(50);
const RETRY_DELAY_MAX: Duration = Duration::from_secs(2);

/// A connection that is there when it is needed.
pub(crate) struct Lane {
    address: Arc<str>,
    client: Client,
    /// `None` for blocking reads: they answer when something happens.
    answer_time_max: Option<Duration>,
    state: Mutex<State>,
}

struct State {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections made, so that nobody takes down a later one than the one that failed them.
    made: u64,
    failures: u32,
    retry_at: Instant,
    last_failure: String,
    chance: u64,
}

/// A connection and which one it is.
#[derive(Clone)]
pub(crate) struct Open {
    connection: MultiplexedConnection,
    /// Grows with each new connection.
    pub(crate) made: u64,
}

impl Lane {
    /// A lane that will connect when it is first used. `seed` varies the delays between processes.
    pub(crate) fn new(
        info: &ConnectionInfo,
        answer_time_max: Option<Duration>,
        seed: u64,
    ) -> Result<Self, LogError> {
        let address: Arc<str> = info.addr().to_string().into();
        let client = Client::open(info.clone())
            .map_err(|error| LogError::Refused(format!("cannot use {address} as a Redis server: {error}")))?;
        let state = State {
            connection: None,
            made: 0,
            failures: 0,
            retry_at: Instant::now(),
            last_failure: String::new(),
            chance: seed | 1,
        };
        Ok(Self { address, client, answer_time_max, state: Mutex::new(state) })
    }

    /// Where it leads.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The connection, made if need be. While a server cannot be reached, this says so at once and tries now and then.
    pub(crate) async fn open(&self) -> Result<Open, LogError> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection {
            return Ok(Open { connection: connection.clone(), made: state.made });
        }
        if state.failures > 0 && Instant::now() < state.retry_at {
            return Err(LogError::Unavailable(state.last_failure.clone()));
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIME_MAX))
            .set_response_timeout(self.answer_time_max);
        match self.client.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => {
                state.failures = 0;
                state.made += 1;
                state.connection = Some(connection.clone());
                Ok(Open { connection, made: state.made })
            }
            Err(error) => {
                let error = trouble::unreachable(&self.address, &error);
                state.failed(&error);
                Err(error)
            }
        }
    }

    /// Sends commands and gives an answer for each, errors of the server included.
    pub(crate) async fn send(&self, commands: &Pipeline) -> Result<Vec<Value>, LogError> {
        let open = self.open().await?;
        self.send_on(open, commands).await
    }

    /// The same on a connection that was opened before.
    pub(crate) async fn send_on(&self, mut open: Open, commands: &Pipeline) -> Result<Vec<Value>, LogError> {
        match open.connection.send_packed_commands(commands, 0, commands.len()).await {
            Ok(answers) if answers.len() == commands.len() => Ok(answers),
            Ok(_) => Err(trouble::nonsense(&self.address, "a number of commands")),
            Err(error) => {
                let mut state = self.state.lock().await;
                if state.made == open.made {
                    state.connection = None;
                }
                Err(trouble::unreachable(&self.address, &error))
            }
        }
    }
}

impl State {
    fn failed(&mut self, error: &LogError) {
        let doubled = RETRY_DELAY_MIN.saturating_mul(1 << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        // xorshift64 (Marsaglia, 2003): processes that lost their server together do not come back together.
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let part = 500 + u32::try_from(self.chance % 501).unwrap_or_default();
        self.retry_at = Instant::now() + doubled.min(RETRY_DELAY_MAX) * part / 1_000;
        self.last_failure = match error {
            LogError::Unavailable(words) => words.clone(),
            other => other.to_string(),
        };
    }
}
