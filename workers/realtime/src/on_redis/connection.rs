//! The connection: made, listened on, given up and made again. The client underneath never reconnects by itself, as it would
//! then repeat commands that may have been done and keep stale ones for later.

use std::{sync::Arc, time::Duration};

use fred::{
    clients::Client,
    error::Error,
    interfaces::{ClientLike, EventInterface, KeysInterface, PubsubInterface},
    types::{
        Builder, ConnectHandle, InfoKind, Message,
        config::{Config, Options, TcpConfig},
    },
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, Interval, interval, sleep, timeout},
};

use super::{Address, PATIENCE, Shared, TOPIC_PREFIX, impatient};

/// How long connecting may take.
const CONNECTING_MAX: Duration = Duration::from_secs(2);
/// Commands waiting to be sent; one more is missed.
const COMMANDS_WAITING_MAX: usize = 1024;
/// Messages received and not handed out yet; one more and listeners are told that they missed some.
const MESSAGES_WAITING_MAX: usize = 4096;
const PULSE: Duration = Duration::from_secs(2);
/// A connection that has not brought its own pulse back for so long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(5);
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LAST: Duration = Duration::from_secs(2);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    Client(#[from] Error),
    #[error("it took longer than {} s", CONNECTING_MAX.as_secs())]
    TooSlow,
    #[error("the server closed it")]
    Closed,
    #[error("nothing came through for {} s", SILENCE_MAX.as_secs())]
    Silent,
}

/// Keeps a connection while the process lives.
pub(super) struct Connection {
    address: Address,
    shared: Arc<Shared>,
}

impl Connection {
    pub(super) fn new(address: Address, shared: Arc<Shared>) -> Self {
        Self { address, shared }
    }

    /// Connects again and again.
    pub(super) async fn keep(self) {
        let (mut pause, mut warned) = (PAUSE_FIRST, false);
        for turn in 0.. {
            let broken = match self.open(turn).await {
                Ok((client, driving)) => {
                    (pause, warned) = (PAUSE_FIRST, false);
                    tracing::info!(
                        servers = self.address.names(),
                        "connected to Redis for messages and cache"
                    );
                    self.use_up(&client, driving).await
                }
                Err(broken) => broken,
            };
            // Said once for each time that Redis is away.
            if !std::mem::replace(&mut warned, true) {
                tracing::warn!(error = %broken, "no connection to Redis for messages and cache; both are missed until there is one");
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_LAST);
        }
    }

    /// A connected client: to one server, or to the whole cluster that this server belongs to.
    async fn open(&self, turn: usize) -> Result<(Client, ConnectHandle), Broken> {
        let server = &self.address.servers[turn % self.address.servers.len()];
        let (client, driving) = connected(self.address.one(server)).await?;
        let about: String = impatient(&client).info(Some(InfoKind::Cluster)).await?;
        if !about.contains("cluster_enabled:1") {
            return Ok((client, driving));
        }
        client.quit().await.ok();
        connected(self.address.cluster()).await
    }

    /// Lets everybody use the client until it is broken.
    async fn use_up(&self, client: &Client, driving: ConnectHandle) -> Broken {
        self.shared.set_client(Some(client.clone()));
        let broken = tokio::select! {
            broken = self.listen(client) => broken,
            ended = driving => match ended {
                Ok(Err(error)) => Broken::Client(error),
                _ => Broken::Closed,
            },
        };
        self.shared.set_client(None);
        self.shared.topics.end();
        // Whatever is left of it must not go on: this ends its task and closes its sockets.
        timeout(PATIENCE, client.quit()).await.ok();
        broken
    }

    async fn listen(&self, client: &Client) -> Broken {
        let (mut messages, mut errors) = (client.message_rx(), client.error_rx());
        let pulse_topic = format!("{TOPIC_PREFIX}pulse:{}", client.id());
        if let Err(error) = impatient(client).subscribe(pulse_topic.as_str()).await {
            return error.into();
        }
        let (mut pulse, mut heard_at) = (pulses(), Instant::now());
        loop {
            if let Err(error) = self.subscribe(client).await {
                return error.into();
            }
            tokio::select! {
                message = next(&mut messages) => match message {
                    Ok(Some(message)) if *message.channel == *pulse_topic => heard_at = Instant::now(),
                    Ok(Some(message)) => self.deliver(client, message).await,
                    Ok(None) => self.shared.topics.tell_missed(),
                    Err(broken) => return broken,
                },
                error = errors.recv() => if let Ok((error, _)) = error { return error.into() },
                () = self.shared.wanted.notified() => {}
                _ = pulse.tick() => {
                    if heard_at.elapsed() > SILENCE_MAX {
                        return Broken::Silent;
                    }
                    impatient(client).publish::<i64, _, _>(pulse_topic.as_str(), "now").await.ok();
                }
            }
        }
    }

    /// Subscribes to what is listened to and not subscribed to yet.
    async fn subscribe(&self, client: &Client) -> Result<(), Error> {
        let names = self.shared.topics.not_live();
        if names.is_empty() {
            return Ok(());
        }
        let topics: Vec<String> = names.iter().map(|name| format!("{TOPIC_PREFIX}{name}")).collect();
        impatient(client).subscribe(topics).await?;
        carried_out(client).await?;
        self.shared.topics.begin(&names);
        Ok(())
    }

    /// Hands a message out; a topic that nobody listens to any more is given up.
    async fn deliver(&self, client: &Client, message: Message) {
        let Some(topic) = message.channel.strip_prefix(TOPIC_PREFIX) else { return };
        let Some(bytes) = message.value.into_bytes() else { return };
        if !self.shared.topics.deliver(topic, bytes) {
            // If that fails, the next message tries again.
            impatient(client).unsubscribe(&*message.channel).await.ok();
        }
    }
}

/// Waits until the server has carried out what was sent to it before. The client calls a subscription made as soon as it is
/// written, and drops what the server says to it; so another command follows on the same connection, to a key in the slot of
/// the node that the client subscribes at.
async fn carried_out(client: &Client) -> Result<(), Error> {
    let options = Options {
        max_attempts: Some(1),
        timeout: Some(CONNECTING_MAX),
        fail_fast: true,
        ..Options::default()
    };
    let key = format!("{TOPIC_PREFIX}{{{}}}", client.id());
    client.with_options(&options).exists::<i64, _>(key).await.map(drop)
}

fn pulses() -> Interval {
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    pulse
}

/// The next message; none if some were lost in between.
async fn next(messages: &mut Receiver<Message>) -> Result<Option<Message>, Broken> {
    match messages.recv().await {
        Ok(message) => Ok(Some(message)),
        Err(RecvError::Lagged(_)) => Ok(None),
        Err(RecvError::Closed) => Err(Broken::Closed),
    }
}

/// A client that has connected once and will not do so again.
async fn connected(config: Config) -> Result<(Client, ConnectHandle), Broken> {
    let client = Builder::from_config(config)
        .with_connection_config(|connection| {
            connection.connection_timeout = CONNECTING_MAX;
            connection.internal_command_timeout = CONNECTING_MAX;
            connection.max_command_attempts = 1;
            connection.max_command_buffer_len = COMMANDS_WAITING_MAX;
            connection.tcp = TcpConfig { nodelay: Some(true), ..TcpConfig::default() };
        })
        .with_performance_config(|performance| {
            performance.default_command_timeout = PATIENCE;
            performance.broadcast_channel_capacity = MESSAGES_WAITING_MAX;
        })
        .build()?;
    let driving = timeout(CONNECTING_MAX, client.init()).await.map_err(|_| Broken::TooSlow)??;
    Ok((client, driving))
}
