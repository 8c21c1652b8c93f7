//! A network of its own for servers, and a packet filter that cuts it.

use std::{
    net::Ipv4Addr,
    process::{self, Command},
    sync::atomic::{AtomicU8, Ordering},
};

use crate::undo::Undo;

/// Ends what runs in namespace `$1` and removes it, and with it the link into it.
const REMOVE: &str = r#"ip netns pids "$1" | xargs -r kill -KILL; ip netns delete "$1"; ip link delete "$2""#;

/// What a cut drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Everything.
    Both,
    /// What goes to the servers.
    ToServers,
    /// What comes from the servers.
    FromServers,
}

/// A network namespace that is reached over one link; gone when dropped, with what runs in it.
#[derive(Debug)]
pub struct Network {
    name: String,
    address: Ipv4Addr,
    _undo: Undo,
}

impl Network {
    /// Makes one, if this machine lets tests do that.
    pub fn new() -> Option<Self> {
        static MADE: AtomicU8 = AtomicU8::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("elite-{}-{number}", process::id());
        let [_, _, high, low] = process::id().to_be_bytes();
        let (ours, address) = (
            Ipv4Addr::new(10, 200 + number % 50, high ^ low, 1),
            Ipv4Addr::new(10, 200 + number % 50, high ^ low, 2),
        );
        let (here, there) =
            (format!("el{}a{number}", process::id()), format!("el{}b{number}", process::id()));
        let undo = Undo::later(REMOVE, &[&name, &here]);
        let steps = [
            format!("netns add {name}"),
            format!("link add {here} type veth peer name {there} netns {name}"),
            format!("addr add {ours}/24 dev {here}"),
            format!("link set {here} up"),
            format!("-n {name} addr add {address}/24 dev {there}"),
            format!("-n {name} link set {there} up"),
            format!("-n {name} link set lo up"),
        ];
        let done = |step: &String| {
            Command::new("ip").args(step.split(' ')).output().is_ok_and(|output| output.status.success())
        };
        let network = Self { name, address, _undo: undo };
        (steps.iter().all(done) && network.filters("add table inet cut")).then_some(network)
    }

    /// The address of servers in it.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// What a command begins with that runs in it.
    pub(crate) fn prefix(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name].map(str::to_owned).to_vec()
    }

    /// Drops packets without a word, as a broken switch does, until [`Network::heal`].
    pub fn cut(&self, cut: Cut) {
        let chains: &[&str] = match cut {
            Cut::Both => &["input", "output"],
            Cut::ToServers => &["input"],
            Cut::FromServers => &["output"],
        };
        for hook in chains {
            let chain =
                format!("add chain inet cut {hook} {{ type filter hook {hook} priority 0 ; policy drop ; }}");
            assert!(self.filters(&chain), "packets can be dropped");
        }
    }

    /// Lets packets pass again.
    pub fn heal(&self) {
        assert!(
            self.filters("delete table inet cut") && self.filters("add table inet cut"),
            "a cut can be undone"
        );
    }

    fn filters(&self, rule: &str) -> bool {
        let prefix = self.prefix();
        let mut nft = Command::new(&prefix[0]);
        nft.args(&prefix[1..]).arg("nft").arg(rule);
        nft.output().is_ok_and(|output| output.status.success())
    }
}
