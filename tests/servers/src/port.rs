//! Ports for servers: no other test gets them, and no connection takes them while their server is away.

use std::{
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    sync::{Mutex, PoisonError},
};

/// Below the ports that Linux gives to connections, which begin at 32,768: a server that is started again would find its port
/// taken by whoever tried to reach it, or anybody else.
const PORTS: std::ops::Range<u16> = 10_000..30_000;
/// Programs with consecutive process ids begin to look so far from each other.
const STRIDE: usize = 101;

/// A loopback port that nobody listens on, and that is given to nobody else on this machine until this program ends.
pub fn free_port() -> u16 {
    static RESERVED: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let mut reserved = RESERVED.lock().unwrap_or_else(PoisonError::into_inner);
    let begin = std::process::id() as usize * STRIDE % PORTS.len();
    let looked_at = PORTS.cycle().skip(begin).take(PORTS.len());
    let mut found = looked_at.filter_map(|port| Some((port, reserve(port)?)));
    let (port, reservation) = found.next().expect("a loopback port is free");
    reserved.push(reservation);
    port
}

/// A name that one program at a time can have, and that the system takes back when the program ends, however it ends; none if
/// another has it or somebody listens on the port.
fn reserve(port: u16) -> Option<UnixListener> {
    let name = SocketAddr::from_abstract_name(format!("elite test port {port}")).ok()?;
    let reservation = UnixListener::bind_addr(&name).ok()?;
    TcpListener::bind(("127.0.0.1", port)).ok()?;
    Some(reservation)
}
