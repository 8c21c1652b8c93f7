//! The connections of one projector, cut at a place that the seed says: before a request reaches the server, or after the
//! server has carried it out and before its answer comes back. What is counted are requests, not bytes, so the place is
//! the same however the bytes are cut into packets.

use std::sync::{Arc, Mutex};

use read_store::{SessionLimits, Store};
use servers::{Direction, Proxy, Verdict};

use crate::ground::Ground;

/// Where on a request's way the connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// The server never gets it.
    Before,
    /// The server has done it, and nobody hears of it.
    After,
}

/// Bytes of one direction, taken apart into messages.
#[derive(Debug, Default)]
struct Messages {
    /// What has come of a message that is not whole yet.
    partial: Vec<u8>,
    /// Whether the next message has a type; the first that a client sends has none.
    typed: bool,
}

impl Messages {
    /// The next whole message: its type, and all of it.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let header = usize::from(self.typed);
        let length = self.partial.get(header..header + 4)?;
        let length = usize::try_from(u32::from_be_bytes(length.try_into().unwrap())).unwrap() + header;
        if self.partial.len() < length {
            return None;
        }
        let rest = self.partial.split_off(length);
        let message = std::mem::replace(&mut self.partial, rest);
        let kind = if std::mem::replace(&mut self.typed, true) { message[0] } else { b'S' };
        Some((kind, message))
    }
}

#[derive(Debug, Default)]
struct Counting {
    /// Requests that do something, over all connections.
    requests: u64,
    /// The request that breaks the connection.
    armed: Option<(u64, Break)>,
    asked: Messages,
    answered: Messages,
    /// Whether the request that comes in does anything: closing statements and rolling back are not waited for, so a break
    /// there would be one whose moment nobody knows.
    matters: bool,
    /// What was sent on this connection that the server answers with its being ready, and how often it was.
    sent: u64,
    ready: u64,
    /// The connection breaks when the server is ready for this time.
    unanswered: Option<u64>,
}

impl Counting {
    fn request(&mut self, bytes: &[u8]) -> Verdict {
        self.asked.partial.extend_from_slice(bytes);
        let mut verdict = Verdict::Pass;
        while let Some((kind, message)) = self.asked.next() {
            self.matters |= !matches!(kind, b'C' | b'S') && !message.ends_with(b"ROLLBACK\0");
            if !matches!(kind, b'S' | b'Q') {
                continue;
            }
            self.sent += 1;
            if !std::mem::take(&mut self.matters) {
                continue;
            }
            self.requests += 1;
            match self.armed.take_if(|(at, _)| *at <= self.requests) {
                Some((_, Break::Before)) => verdict = Verdict::Cut,
                Some((_, Break::After)) => self.unanswered = Some(self.sent),
                None => {}
            }
        }
        verdict
    }

    fn answer(&mut self, bytes: &[u8]) -> Verdict {
        self.answered.partial.extend_from_slice(bytes);
        while let Some((kind, _)) = self.answered.next() {
            self.ready += u64::from(kind == b'Z');
        }
        if self.unanswered.is_some_and(|unanswered| self.ready >= unanswered) {
            Verdict::Cut
        } else {
            Verdict::Pass
        }
    }

    fn verdict(&mut self, way: Direction, bytes: &[u8]) -> Verdict {
        let verdict = match way {
            Direction::ToServer => self.request(bytes),
            Direction::ToClient => self.answer(bytes),
        };
        if verdict == Verdict::Cut {
            // The next connection begins anew; what was armed in the meantime stays.
            let (requests, armed) = (self.requests, self.armed.take());
            *self = Self { requests, armed, ..Self::new() };
        }
        verdict
    }

    fn new() -> Self {
        let answered = Messages { typed: true, ..Messages::default() };
        Self { answered, ..Self::default() }
    }
}

/// The way from one projector to the server.
pub(crate) struct Wire {
    proxy: Proxy,
    counting: Arc<Mutex<Counting>>,
}

impl Wire {
    pub(crate) async fn new() -> Self {
        let counting = Arc::new(Mutex::new(Counting::new()));
        let rule = Arc::clone(&counting);
        let rule = move |way, bytes: &[u8]| rule.lock().unwrap().verdict(way, bytes);
        Self { proxy: Proxy::start(servers::postgres().address(), rule).await, counting }
    }

    /// A store of one connection that goes this way.
    pub(crate) fn store(&self, ground: &Ground, limits: SessionLimits) -> Store {
        let direct = format!(":{}/", servers::postgres().address().port());
        let url = ground.url.replace(&direct, &format!(":{}/", self.proxy.address().port()));
        assert_ne!(url, ground.url);
        Store::connect_with(&url, 1, limits).unwrap()
    }

    /// Breaks the connection at the `requests`-th request from now on.
    pub(crate) fn arm(&self, requests: u64, way: Break) {
        let mut counting = self.counting.lock().unwrap();
        counting.armed = Some((counting.requests + requests, way));
    }

    pub(crate) fn disarm(&self) {
        self.counting.lock().unwrap().armed = None;
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.proxy.cuts()
    }
}
