//! Hearing from PostgreSQL that there is work: one connection of a process that only listens.
//!
//! Only a hint. What is announced while the connection is broken is lost, so everybody is woken after it is back; and every
//! loop looks by itself now and then.

use std::{future::poll_fn, str::FromStr, time::Duration};

use tokio::{task::JoinHandle, time::sleep};
use tokio_postgres::{AsyncMessage, Config, Connection, NoTls, Socket, tls::NoTlsStream};

use crate::{StoreError, store::watchful, todo::CHANNEL};

/// Shortest and longest wait before the connection is tried again.
const RETRY_DELAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// There may be work for a role.
    Work(&'a str),
    /// Anything may have been announced meanwhile: the connection is new.
    Anything,
}

/// A connection that listens until it is dropped.
#[derive(Debug)]
pub struct Listener(JoinHandle<()>);

impl Listener {
    /// Listens on the server at `url`, and calls `heard` from a task of its own; `heard` must not block. Reconnects by
    /// itself, for ever.
    pub fn start(url: &str, heard: impl Fn(Heard<'_>) + Send + Sync + 'static) -> Result<Self, StoreError> {
        let config = Config::from_str(url).map_err(|error| StoreError::Url(error.to_string()))?;
        Ok(Self(tokio::spawn(listen_for_ever(watchful(config), heard))))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen_for_ever(config: Config, heard: impl Fn(Heard<'_>) + Send + Sync) {
    let mut delay = RETRY_DELAY.0;
    loop {
        let connected = config.connect(NoTls).await;
        let broken = match connected {
            Ok((client, mut connection)) => {
                let begun = begin(&client, &mut connection, &heard).await;
                match begun {
                    Ok(()) => {
                        delay = RETRY_DELAY.0;
                        heard(Heard::Anything);
                        listen(&mut connection, &heard).await
                    }
                    Err(error) => error,
                }
            }
            Err(error) => error.into(),
        };
        tracing::warn!(error = %broken, "nothing is heard from PostgreSQL; lists are looked at now and then meanwhile");
        sleep(delay).await;
        delay = RETRY_DELAY.1.min(delay * 2);
    }
}

type Ears = Connection<Socket, NoTlsStream>;

/// Says what to listen for. The connection has to be driven for that, so something may be heard already.
async fn begin(
    client: &tokio_postgres::Client,
    connection: &mut Ears,
    heard: &impl Fn(Heard<'_>),
) -> Result<(), StoreError> {
    let listen = format!("listen {CHANNEL}");
    tokio::select! {
        said = client.batch_execute(&listen) => Ok(said?),
        broken = self::listen(connection, heard) => Err(broken),
    }
}

/// Passes on what is announced, until the connection breaks.
async fn listen(connection: &mut Ears, heard: &impl Fn(Heard<'_>)) -> StoreError {
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(announced))) => heard(Heard::Work(announced.payload())),
            Some(Ok(_)) => {}
            Some(Err(error)) => return error.into(),
            None => return StoreError::Schema("the server closed the connection that listens".into()),
        }
    }
}
