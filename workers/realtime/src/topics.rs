//! Who listens to what in this process. Not a connection: messages come from the implementations.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::Heard;

/// Messages kept for a listener that lags; beyond them it is told that it missed some.
const MESSAGES_KEPT: usize = 256;

/// One listener.
#[derive(Debug)]
pub struct Subscription {
    heard: broadcast::Receiver<Heard>,
    /// Whether the topic was heard already when this listener came, so that nobody else says so.
    begins_live: bool,
}

impl Subscription {
    /// The next message or gap; `None` once pub/sub has ended for good. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Heard> {
        if std::mem::take(&mut self.begins_live) {
            return Some(Heard::Missed);
        }
        match self.heard.recv().await {
            Ok(heard) => Some(heard),
            Err(RecvError::Lagged(_)) => Some(Heard::Missed),
            Err(RecvError::Closed) => None,
        }
    }
}

#[derive(Debug)]
struct Topic {
    say: broadcast::Sender<Heard>,
    /// Whether messages on this topic reach this process now.
    live: bool,
}

/// All topics with listeners in this process.
#[derive(Debug, Default)]
pub(crate) struct Topics(Mutex<HashMap<String, Topic>>);

impl Topics {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Topic>> {
        // The map is whole between any two statements, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new listener; `always_live` where there is no connection to wait for.
    pub(crate) fn subscribe(&self, topic: &str, always_live: bool) -> Subscription {
        let mut topics = self.lock();
        let topic = topics
            .entry(topic.to_owned())
            .or_insert_with(|| Topic { say: broadcast::Sender::new(MESSAGES_KEPT), live: always_live });
        Subscription { heard: topic.say.subscribe(), begins_live: topic.live }
    }

    /// Hands a message to the listeners of a topic; false if there are none, in which case the topic is forgotten.
    pub(crate) fn deliver(&self, topic: &str, message: Bytes) -> bool {
        let mut topics = self.lock();
        let listened = topics.get(topic).is_some_and(|topic| topic.say.send(Heard::Message(message)).is_ok());
        if !listened {
            topics.remove(topic);
        }
        listened
    }

    /// The topics that are listened to but do not reach this process yet.
    pub(crate) fn not_live(&self) -> Vec<String> {
        let mut topics = self.lock();
        topics.retain(|_, topic| topic.say.receiver_count() > 0);
        topics.iter().filter(|(_, topic)| !topic.live).map(|(name, _)| name.clone()).collect()
    }

    /// From here on these topics reach this process: their listeners are told.
    pub(crate) fn begin(&self, names: &[String]) {
        let mut topics = self.lock();
        for name in names {
            if let Some(topic) = topics.get_mut(name) {
                topic.live = true;
                // A topic whose last listener has just gone is forgotten with the next message.
                topic.say.send(Heard::Missed).ok();
            }
        }
    }

    /// No topic reaches this process any more.
    pub(crate) fn end(&self) {
        for topic in self.lock().values_mut() {
            topic.live = false;
        }
    }

    /// Messages of any topic may have been lost, although they go on.
    pub(crate) fn tell_missed(&self) {
        for topic in self.lock().values().filter(|topic| topic.live) {
            topic.say.send(Heard::Missed).ok();
        }
    }
}
