//! What stops a switch, and what brings back the tables from before.

use read_models::{Kind, Mode, OnDifference, RebuildError, SUBSCRIPTION, install, kept};
use read_store::dead_letter;

use crate::{
    history::History,
    projector::Projector,
    rebuilding::{no_scratch_is_left, park, quiet},
    world::World,
};

/// Three parsed documents, folded.
async fn three_documents(world: &World) -> History<'_> {
    let history = History::new(world);
    for number in 1..=3 {
        let (_, received) = history.received(number).await;
        history.parsed(number, received, &["text"]).await;
    }
    Projector::claim(world, &history.log).await.fold_all(10).await;
    history
}

async fn title_of(world: &World, number: u32) -> String {
    world.text(&format!("select title from elite.documents where name = 'document {number}.md'")).await
}

pub(crate) async fn a_difference_stops_the_switch_until_somebody_accepts_it(world: &World) {
    let history = three_documents(world).await;
    let faithful = world.digests().await;
    world.execute("update elite.documents_v3 set title = 'forged' where name = 'document 2.md'").await;
    let forged = world.digests().await;
    let rebuilder = world.rebuilder(&history.log);
    let stopped = rebuilder.rebuild(&["documents", "chunks"], OnDifference::Stop, &quiet).await.unwrap();
    assert!(!stopped.promoted && stopped.retired.is_none());
    assert_eq!(stopped.different(), ["documents"]);
    let difference = &stopped.projections[0].tables[0].differences[0];
    assert_eq!(difference.live.as_ref().unwrap()["title"], "forged");
    assert_eq!(world.digests().await, forged, "nothing was switched");
    assert_eq!(kept(&world.store).await.unwrap(), []);
    no_scratch_is_left(world).await;

    let accepted = rebuilder.rebuild(&["documents", "chunks"], OnDifference::Promote, &quiet).await.unwrap();
    assert!(accepted.promoted && !accepted.is_equal());
    assert_eq!(world.digests().await, faithful);
    let kept = kept(&world.store).await.unwrap();
    let names: Vec<_> = kept.iter().map(|one| (one.projection.as_str(), one.kind)).collect();
    assert_eq!(names, [("chunks", Kind::Retired), ("documents", Kind::Retired)]);
    assert_eq!(kept[0].positions.values().sum::<u64>(), 6);
    no_scratch_is_left(world).await;

    // The next rebuild of one of them lets go of what was kept of it, and of nothing else.
    let again = rebuilder.rebuild(&["documents"], OnDifference::Stop, &quiet).await.unwrap();
    assert!(again.promoted);
    let kept = read_models::kept(&world.store).await.unwrap();
    let schemas: std::collections::BTreeSet<_> = kept.iter().map(|one| &one.schema).collect();
    assert_eq!((kept.len(), schemas.len()), (2, 2));
    assert_eq!(read_models::forget_retired(&world.store, &[]).await.unwrap().len(), 2);
    assert_eq!(
        world.text("select count(*) from pg_namespace where nspname like 'elite_retired%'").await,
        "0"
    );
}

/// Documents as version 1 would have left them: a column less, another one more.
const EARLIER_VERSION: &str = "
    create table elite.documents_v1 as select *, 'blue'::text as colour from elite.documents_v3;
    alter table elite.documents_v1 drop column media_type;
    drop view elite.documents cascade;
    drop table elite.documents_v3;
    create view elite.documents as select * from elite.documents_v1;
    update elite.projection set version = 1 where name = 'documents'";

pub(crate) async fn of_another_version_the_common_columns_are_compared(world: &World) {
    let history = three_documents(world).await;
    let faithful = world.digests().await;
    world.execute(EARLIER_VERSION).await;
    world.execute("update elite.documents_v1 set title = 'earlier' where name = 'document 2.md'").await;
    assert_eq!(install(&world.store).await.unwrap(), ["documents"]);
    let rebuilder = world.rebuilder(&history.log);
    let stopped = rebuilder.rebuild(&["documents"], OnDifference::Stop, &quiet).await.unwrap();
    let report = &stopped.projections[0];
    assert!(!stopped.promoted);
    assert_eq!((report.version_live, report.version), (Some(1), 3));
    assert_eq!(
        (&report.columns_new[..], &report.columns_gone[..]),
        (&["media_type".into()][..], &["colour".into()][..])
    );
    assert_eq!(report.tables[0].differences.len(), 1, "{report:#?}");
    assert_eq!(title_of(world, 2).await, "earlier", "readers still have the earlier version");

    world.execute("update elite.documents_v1 set title = 'Guide' where name = 'document 2.md'").await;
    let promoted = rebuilder.rebuild(&["documents"], OnDifference::Stop, &quiet).await.unwrap();
    assert!(promoted.promoted && promoted.is_equal(), "{promoted:#?}");
    assert!(install(&world.store).await.unwrap().is_empty());
    assert_eq!(world.digests().await, faithful);
    assert_eq!(world.text("select media_type from elite.documents limit 1").await, "text/markdown");
    let kept = kept(&world.store).await.unwrap();
    assert_eq!((kept.len(), kept[0].version), (1, 1));
    let back = rebuilder.rollback(&["documents"], OnDifference::Stop, &quiet).await;
    assert!(matches!(back, Err(RebuildError::RetiredVersion { kept: 1, ours: 3, .. })), "{back:?}");
}

pub(crate) async fn a_new_read_model_has_nothing_to_be_compared_with(world: &World) {
    let history = three_documents(world).await;
    world
        .execute(
            "drop table elite.chunks_v4, elite.chunks_documents_v4 cascade;
             delete from elite.projection where name = 'chunks'",
        )
        .await;
    assert_eq!(install(&world.store).await.unwrap(), ["chunks"]);
    let rebuilder = world.rebuilder(&history.log);
    let report = rebuilder.rebuild(&["chunks"], OnDifference::Stop, &quiet).await.unwrap();
    assert!(report.promoted && report.retired.is_none());
    assert_eq!((report.projections[0].version_live, report.projections[0].tables.len()), (None, 0));
    assert_eq!(world.text("select count(*) from elite.chunks").await, "3");
    assert!(install(&world.store).await.unwrap().is_empty());
}

pub(crate) async fn earlier_tables_catch_up_and_come_back(world: &World) {
    let mut history = History::new(world);
    history.draw(6, 80).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let rebuilder = world.rebuilder(&history.log);
    assert!(rebuilder.rebuild(&[], OnDifference::Stop, &quiet).await.unwrap().promoted);
    history.draw(7, 80).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let faithful = world.digests().await;
    let folded: u64 = kept(&world.store).await.unwrap()[0].positions.values().sum();
    world.execute("update elite.documents_v3 set title = 'forged' where status = 'parsed'").await;

    let stopped = rebuilder.rollback(&[], OnDifference::Stop, &quiet).await.unwrap();
    assert_eq!((stopped.len(), stopped[0].mode, stopped[0].promoted), (1, Mode::Rollback, false));
    assert_eq!(stopped[0].different(), ["documents"]);
    let caught_up: u64 = kept(&world.store).await.unwrap()[0].positions.values().sum();
    assert_eq!(caught_up, folded + stopped[0].events_replayed, "what is caught up stays so");
    let back = rebuilder.rollback(&[], OnDifference::Promote, &quiet).await.unwrap();
    assert_eq!((back[0].promoted, back[0].events_replayed), (true, 0));
    assert_eq!(world.digests().await, faithful);

    // What was rolled back is kept in its turn, and can come back as well.
    history.received(900).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let forged = rebuilder.rollback(&["documents"], OnDifference::Promote, &quiet).await.unwrap();
    assert!(forged[0].promoted && !forged[0].is_equal() && forged[0].events_replayed == 1, "{forged:#?}");
    assert_ne!(world.text("select count(*) from elite.documents where title = 'forged'").await, "0");
    assert_eq!(world.text("select count(*) from elite.documents where name = 'document 900.md'").await, "1");
    assert!(rebuilder.rebuild(&[], OnDifference::Promote, &quiet).await.unwrap().promoted);
    assert!(rebuilder.verify(&[], &quiet).await.unwrap().is_equal());
}

pub(crate) async fn of_tables_retired_together_one_can_come_back_alone(world: &World) {
    let history = three_documents(world).await;
    let rebuilder = world.rebuilder(&history.log);
    let nothing = rebuilder.rollback(&["documents"], OnDifference::Stop, &quiet).await;
    assert!(matches!(nothing, Err(RebuildError::NothingRetired(_))), "{nothing:?}");
    rebuilder.rebuild(&["documents", "chunks"], OnDifference::Stop, &quiet).await.unwrap();
    history.received(4).await;
    Projector::claim(world, &history.log).await.fold_all(50).await;
    let back = rebuilder.rollback(&["documents"], OnDifference::Stop, &quiet).await.unwrap();
    assert!(back[0].promoted && back[0].projections.len() == 1, "{back:#?}");
    let back = rebuilder.rollback(&["chunks"], OnDifference::Stop, &quiet).await.unwrap();
    assert!(back[0].promoted && back[0].events_replayed == 1, "{back:#?}");
    assert!(rebuilder.verify(&[], &quiet).await.unwrap().is_equal());
    assert_eq!(kept(&world.store).await.unwrap().len(), 2);
}

pub(crate) async fn a_redriven_event_is_not_lost_by_going_back(world: &World) {
    let history = History::new(world);
    let (key, _) = history.received(1).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    history.deleted(1).await;
    let event = park(world, &history, key).await;
    let rebuilder = world.rebuilder(&history.log);
    assert!(rebuilder.rebuild(&["documents"], OnDifference::Stop, &quiet).await.unwrap().promoted);
    // The owner of the partition folds it after all.
    let sql = format!("delete from elite.dead_letter where event_id = '{event}'");
    world.execute(&sql).await;
    let client = world.store.client().await.unwrap();
    assert!(dead_letter::list(&client).await.unwrap().iter().all(|one| one.subscription != SUBSCRIPTION));
    drop(client);
    let back = rebuilder.rollback(&["documents"], OnDifference::Promote, &quiet).await;
    assert!(matches!(back, Err(RebuildError::ParkedEventsChanged)), "{back:?}");
}
