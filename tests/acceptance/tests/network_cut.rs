//! Networks that are cut by a packet filter: packets between the servers and everybody else vanish without a word, one way or
//! both. Work goes on by itself soon after they pass again, and nothing is lost or done twice.

use std::time::{Duration, Instant};

use acceptance::{Dice, Fleet, Process, Producing, conversations, full, pass, until};
use futures::future::join_all;
use servers::{Cut, Network, PostgresServer, RedisOptions, RedisServer, not_run};

const SEED: u64 = 0x0e11_7e24;
const LEASE: Duration = Duration::from_secs(2);
const LEASE_SECONDS: (&str, &str) = ("ELITE_LEASE_SECONDS", "2");
/// Two leases and five seconds.
const RECOVER_TIME_MAX: Duration = Duration::from_secs(9);
/// How long it may take at all, so that a failure says how long it took.
const WAIT_TIME_MAX: Duration = Duration::from_mins(3);
const PRODUCERS: usize = 4;
const CUTS: [Cut; 3] = [Cut::Both, Cut::ToServers, Cut::FromServers];

/// How many events are folded, while every partition has a live owner; none as long as the database does not answer.
fn folded(fleet: &Fleet) -> Option<usize> {
    let asked = "select case when bool_and(lease_until > clock_timestamp()) then sum(position) end
      from elite.subscription_partition where subscription = 'project'";
    fleet.try_sql(asked)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_network_stops_work_only_for_as_long_as_it_is_cut() {
    let (count, events, rounds, cut_ms_max) =
        if full() { (400, 250, 50, 30_000) } else { (30, 40, 3, 1_500) };
    let Some(network) = Network::new() else {
        return not_run("tests may not make networks here");
    };
    let redis = RedisServer::start_in(&network, RedisOptions::default());
    let fleet = Fleet::on(redis, PostgresServer::start_in(&network), &[LEASE_SECONDS]).await;
    fleet.take_notes();
    let workers = join_all((0..3).map(|_| fleet.worker(&["project"]))).await;
    let told = conversations(count, events, SEED);
    let producing = Producing::start(&fleet.redis.url(), &told, PRODUCERS).await;
    let (mut dice, mut slowest) = (Dice::new(SEED), Duration::ZERO);
    for round in 0..rounds {
        let cut = CUTS[round % CUTS.len()];
        let length = Duration::from_millis(1_000 + dice.below(cut_ms_max - 1_000));
        producing.allow(3 * round + 1, 3 * rounds);
        pass(Duration::from_millis(dice.below(300))).await;
        network.cut(cut);
        // These are under way while nothing passes.
        producing.allow(3 * round + 2, 3 * rounds);
        pass(length).await;
        network.heal();
        let begun = Instant::now();
        // These come after it.
        let before = producing.acknowledged();
        producing.allow(3 * round + 3, 3 * rounds);
        until("events are taken and folded again", WAIT_TIME_MAX, async || {
            let goes_on = producing.acknowledged() > before;
            (goes_on && folded(&fleet)? > before).then_some(())
        })
        .await;
        let took = begun.elapsed();
        println!(
            "round {round}: {cut:?} for {:.1} s, recovered after {:.2} s",
            length.as_secs_f64(),
            took.as_secs_f64()
        );
        slowest = slowest.max(took);
    }
    let produced = producing.finish().await;
    println!(
        "{rounds} cuts: {} events, {} of {} appends sent again; recovered at most {:.2} s after the cut, with leases of {} s",
        produced.events,
        produced.failures,
        produced.sends,
        slowest.as_secs_f64(),
        LEASE.as_secs()
    );
    fleet.told_exactly(&told, 0).await;
    for ended in join_all(workers.into_iter().map(Process::stop)).await {
        assert!(ended.success(), "no worker had to be started again: {ended}");
    }
    assert!(slowest <= RECOVER_TIME_MAX, "two leases and five seconds: {slowest:?}");
}
