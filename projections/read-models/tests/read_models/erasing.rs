//! Erasing a person: the live rows are then what a replay makes that cannot read that person's events.

use event_log::{EventLog, Position};
use event_model::{PartitionId, Tenant, family::feedback::Verdict};
use read_models::{Progress, holdings};

use crate::{
    history::History,
    projector::Projector,
    world::{PARTITIONS, World},
};

fn quiet(_: Progress) {}

async fn held(world: &World, person: &str) -> i64 {
    holdings(&world.store, "default", person).await.unwrap().iter().map(|holding| holding.rows).sum()
}

async fn assert_as_replayed(world: &World, history: &History<'_>) {
    let report = world.rebuilder(&history.log).verify(&[], &quiet).await.unwrap();
    let unequal: Vec<_> =
        report.projections.iter().flat_map(|one| &one.tables).filter(|one| !one.equal).collect();
    assert!(unequal.is_empty(), "{unequal:#?}");
}

pub(crate) async fn an_erasure_leaves_what_a_replay_makes(world: &World) {
    for (seed, person) in (1..).zip(["eve", "frank", "grace", "heidi", "ivan", "judy"]) {
        world.reset().await;
        let mut history = History::new(world);
        history.drawn = person;
        history.draw(seed, 400).await;
        Projector::claim(world, &history.log).await.fold_shuffled(seed).await;
        assert!(held(world, person).await > 0, "the drawn history has nothing of {person}");
        history.erased(person).await;
        Projector::claim(world, &history.log).await.fold_all(10).await;
        assert_eq!(held(world, person).await, 0);
        let theirs = format!("select count(*) from elite.events where datasubject = '{person}'");
        assert_ne!(world.text(&theirs).await, "0", "the sealed events are still there");
        assert_as_replayed(world, &history).await;
        // Everything from nothing, with the key gone.
        let live = world.digests().await;
        world.reset().await;
        Projector::claim(world, &history.log).await.fold_shuffled(seed + 7).await;
        assert_eq!(world.digests().await, live);
    }
}

pub(crate) async fn what_was_made_ready_before_an_erasure_is_not_written_after_it(world: &World) {
    let mut history = History::new(world);
    history.person = Some("mallory");
    let (session, interaction, asked) = history.asked(1, "what is my name?").await;
    history.answered(session, interaction, asked, "Carol").await;
    let mut recorded = Vec::new();
    for partition in (0..PARTITIONS).map(PartitionId) {
        recorded.extend(history.log.read(partition, Position(1), 10).await.unwrap());
    }
    let prepared: Vec<_> =
        world.projections().prepare(&recorded).await.into_iter().map(Result::unwrap).collect();
    assert!(prepared.iter().all(|event| event.fact.is_some()), "made ready while the key was there");
    history.erased("mallory").await;
    let partition = event_model::partition_of(&Tenant::default(), "mallory", PARTITIONS);
    let erasure =
        history.log.read(partition, history.log.tails().await.unwrap()[usize::from(partition.0)], 1);
    let erasure: Vec<_> =
        world.projections().prepare(&erasure.await.unwrap()).await.into_iter().map(Result::unwrap).collect();
    for batch in [&erasure, &prepared] {
        let mut client = world.store.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        world.projections().apply(&tx, batch).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(held(world, "mallory").await, 0);
    assert_eq!(world.text("select count(*) from elite.events where datasubject = 'mallory'").await, "3");
}

pub(crate) async fn a_verdict_goes_and_the_one_before_it_holds_again(world: &World) {
    let mut history = History::new(world);
    let (_, received) = history.received(1).await;
    let (event, parsed) = history.parsed(1, received, &["text"]).await;
    history.reviewed(1, true).await;
    history.validated(1, event, &parsed, "text").await;
    let (session, interaction, asked) = history.asked(1, "why?").await;
    history.answered(session, interaction, asked, "given").await;
    history.judged(1, session, interaction, Verdict::Thumbs { up: true }).await;
    history.person = Some("niaj");
    history.reviewed(1, false).await;
    history.judged(2, session, interaction, Verdict::Correction { text: "carol knows".into() }).await;
    history.person = None;
    history.judged(3, session, interaction, Verdict::Rating { rating: 5 }).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    let review = "select review from elite.knowledge";
    let examples = "select string_agg(concat_ws(' ', kind, ordinal, completion), ', ' order by kind, ordinal)
        from elite.dataset_examples where source_kind = 'interaction'";
    assert_eq!(world.text(review).await, "rejected");
    assert!(world.text(examples).await.contains("sft 0 carol knows"));
    history.erased("niaj").await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text(review).await, "accepted");
    assert_eq!(world.text(examples).await, "kto 0 given, kto 1 given, sft 0 given");
    assert_eq!(world.text("select count(*) from elite.feedback").await, "2");
    assert_as_replayed(world, &history).await;
}
