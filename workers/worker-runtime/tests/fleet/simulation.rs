//! Whole histories drawn from a seed: several projectors on a real server, stepped one at a time, with connections that
//! break at any request, crashes, freezes, time that passes, a log that fails and events that cannot be folded. The same
//! seed gives the same history, so a failure can be played again.

pub(crate) mod faulty;
mod player;
mod wire;

use std::{collections::BTreeMap, time::Instant};

use player::Player;
use tokio::sync::oneshot;

use crate::ground::Ground;

/// What one seed came to.
#[derive(Debug, Default)]
struct Played {
    trace: Vec<String>,
    events: usize,
    cuts: u64,
    told: BTreeMap<&'static str, u32>,
}

async fn play(ground: &Ground, seed: u64) -> Played {
    let mut player = Player::new(ground, seed).await;
    for _ in 0..60 {
        player.act().await;
    }
    player.finish().await
}

/// Time stands still unless a player lets it pass: nothing is decided by how fast this machine is.
struct FrozenTime {
    _held: oneshot::Sender<()>,
}

impl FrozenTime {
    fn new() -> Self {
        let (held, until) = oneshot::channel::<()>();
        // The clock does not run ahead to the next timer while a blocking task is under way.
        tokio::task::spawn_blocking(move || until.blocking_recv().is_ok());
        tokio::time::pause();
        Self { _held: held }
    }
}

#[tokio::test]
async fn whatever_happens_every_event_has_its_effect_once_and_in_order() {
    let ground = Ground::new().await;
    let _time = FrozenTime::new();
    let begun = Instant::now();
    let (seeds, replays) = if servers::full() { (500, 50) } else { (40, 4) };
    let (mut events, mut cuts, mut told) = (0, 0, BTreeMap::<&str, u32>::new());
    for seed in 0..seeds {
        let played = play(&ground, seed).await;
        if seed < replays {
            let again = play(&ground, seed).await;
            assert_eq!(played.trace, again.trace, "seed {seed} is another history the second time");
        }
        events += played.events;
        cuts += played.cuts;
        for (what, times) in played.told {
            *told.entry(what).or_default() += times;
        }
    }
    println!(
        "simulation: {seeds} seeds, {events} events, {cuts} connections cut, {told:?}; 0 lost, 0 doubled, order kept, \
         digests equal; {replays} seeds played twice with the same trace; {:?}",
        begun.elapsed()
    );
    for what in ["crash", "freeze", "fenced", "parked", "expiry", "leave", "append again"] {
        assert!(
            told.get(what).is_some_and(|times| *times >= u32::try_from(seeds / 8).unwrap()),
            "{what}: {told:?}"
        );
    }
    assert!(cuts > seeds, "{cuts}");
}
