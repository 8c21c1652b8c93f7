//! What folding does, however the log is cut and mixed.

use bytes::Bytes;
use event_log::{EventLog, Keyring, Position};
use event_model::{
    BlobRef, PartitionId, Tenant,
    family::{document::DocumentParsed, interaction::InteractionPrompted, session::SessionStarted},
};
use read_models::{PROJECTIONS, TableDigest};
use uuid::Uuid;

use crate::{
    history::{History, content, document},
    projector::Projector,
    world::{PARTITIONS, World},
};

fn assert_same(found: &[TableDigest], expected: &[TableDigest], how: &str) {
    let differing: Vec<_> = found.iter().filter(|table| !expected.contains(table)).collect();
    assert!(differing.is_empty(), "{how}: {differing:?}");
}

pub(crate) async fn any_batches_and_any_interleaving_give_the_same_rows(world: &World) {
    let mut history = History::new(world);
    history.draw(1, 600).await;
    Projector::claim(world, &history.log).await.fold_all(1).await;
    let expected = world.digests().await;
    for table in &expected {
        assert!(
            table.rows > 0 || table.table == "datasets_v2",
            "the drawn history leaves {} empty",
            table.table
        );
    }
    for limit in [7, 1_000] {
        world.reset().await;
        Projector::claim(world, &history.log).await.fold_all(limit).await;
        assert_same(&world.digests().await, &expected, &format!("batches of {limit}"));
    }
    for seed in 1..=6 {
        world.reset().await;
        Projector::claim(world, &history.log).await.fold_shuffled(seed).await;
        assert_same(&world.digests().await, &expected, &format!("interleaving {seed}"));
    }
}

pub(crate) async fn folding_everything_again_changes_nothing(world: &World) {
    let mut history = History::new(world);
    history.draw(2, 400).await;
    Projector::claim(world, &history.log).await.fold_shuffled(1).await;
    let once = world.digests().await;
    // The checkpoints already keep events from being folded twice; the folds do not rely on it.
    world.execute("update elite.subscription_partition set position = 0").await;
    Projector::claim(world, &history.log).await.fold_shuffled(2).await;
    assert_same(&world.digests().await, &once, "folded again");
}

pub(crate) async fn results_that_come_too_late_change_nothing(world: &World) {
    let history = History::new(world);
    let (id, received) = history.received(1).await;
    let (_, parsed) = history.parsed(1, received, &["first"]).await;
    history.parsed(1, received, &["second, of the same cause"]).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select string_agg(text, '|') from elite.chunks").await, "first");
    history.deleted(1).await;
    history.parsed(1, Uuid::nil(), &["after the end"]).await;
    history.validated(1, Uuid::nil(), &parsed, "first").await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select status from elite.documents").await, "deleted");
    for view in ["chunks", "knowledge", "validation_scores", "dataset_examples"] {
        assert_eq!(world.text(&format!("select count(*) from elite.{view}")).await, "0", "{view}");
    }
    let (again, received) = history.received(1).await;
    assert_eq!(again, id, "the same bytes under the same name are the same document");
    history.parsed(1, received, &["anew"]).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select status from elite.documents").await, "parsed");
    assert_eq!(world.text("select string_agg(text, '|') from elite.chunks").await, "anew");
}

pub(crate) async fn a_judgement_of_an_earlier_text_does_not_count(world: &World) {
    let history = History::new(world);
    let (_, received) = history.received(1).await;
    let (event, first) = history.parsed(1, received, &["first"]).await;
    history.reviewed(1, true).await;
    let (other, second) = history.parsed(1, Uuid::from_u128(77), &["second"]).await;
    history.validated(1, event, &first, "first").await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select count(*) from elite.knowledge").await, "0");
    history.validated(1, other, &second, "bad second").await;
    history.validated(1, other, &second, "of the same cause").await;
    history.reviewed(1, true).await;
    Projector::claim(world, &history.log).await.fold_all(1).await;
    let judged = "select concat_ws(' ', accepted, review, quality, reviewer) from elite.knowledge";
    assert_eq!(world.text(judged).await, "f accepted 0.5 ada");
    assert_eq!(world.text("select count(*) from elite.validation_scores where not passed").await, "1");
}

pub(crate) async fn the_first_answer_in_the_log_holds(world: &World) {
    let history = History::new(world);
    let (session, interaction, asked) = history.asked(1, "why?").await;
    history.answered(session, interaction, asked, "first").await;
    history.answered(session, interaction, asked, "second").await;
    Projector::claim(world, &history.log).await.fold_all(1).await;
    let answer = "select concat_ws(' ', status, answer, citations->0->>'score') from elite.interactions";
    assert_eq!(world.text(answer).await, "answered first 0.30000000000000004");
    assert_eq!(world.text("select concat_ws(' ', status, interactions) from elite.sessions").await, "open 1");
}

pub(crate) async fn an_erased_persons_events_fold_to_nothing(world: &World) {
    let mut history = History::new(world);
    history.person = Some("dora");
    let (session, interaction, asked) = history.asked(1, "what is my name?").await;
    history.answered(session, interaction, asked, "Dora").await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select answer from elite.interactions").await, "Dora");
    let stored = world.text("select string_agg(data::text, ' ') from elite.events").await;
    assert!(stored.contains("xchacha20poly1305") && !stored.contains("Dora"), "{stored}");
    assert!(world.keyring.destroy(&Tenant::default(), "dora").await.unwrap());
    world.reset().await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select count(*) from elite.interactions").await, "0");
    assert_eq!(world.text("select count(*) from elite.events").await, "3", "the events are still there");
}

pub(crate) async fn what_postgresql_cannot_hold_does_not_stop_the_fold(world: &World) {
    let history = History::new(world);
    let session = Uuid::from_u128(1);
    let started = SessionStarted { user: Some("nul \0 and \\u0000".into()), title: Some("tab\tok".into()) };
    history.append(session, None, started).await;
    let prompted = InteractionPrompted { session, prompt: "a\0b".into() };
    history.append(Uuid::from_u128(2), None, prompted).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text("select user_name from elite.sessions").await, "nul \u{fffd} and \\u0000");
    assert_eq!(
        world.text("select data->>'user' from elite.events where type = 'session.started'").await,
        "nul \u{fffd} and \\u0000"
    );
    assert_eq!(world.text("select prompt from elite.interactions").await, "a\u{fffd}b");
}

pub(crate) async fn a_missing_blob_and_a_foreign_subject_are_poison(world: &World) {
    let history = History::new(world);
    let document = document(&["gone"]);
    let data = DocumentParsed {
        content: content(1),
        parsed: BlobRef::of(b"never stored"),
        media_type: document.media_type,
        parser: document.parser,
        chunker: document.chunker,
        title: None,
        pages: None,
        characters: 1,
        chunks: 1,
    };
    history.append(Uuid::from_u128(1), None, data.clone()).await;
    let blob = world.blobs.put(Bytes::from_static(b"not a document")).await.unwrap();
    history.append(Uuid::from_u128(1), None, DocumentParsed { parsed: blob, ..data }).await;
    let session = SessionStarted { user: None, title: None };
    history.append(Uuid::from_u128(1), None, session).await;
    let partition = (0..PARTITIONS).map(PartitionId);
    let mut recorded = Vec::new();
    for partition in partition {
        recorded.extend(history.log.read(partition, Position(1), 10).await.unwrap());
    }
    let mut foreign = recorded[2].envelope().unwrap().into_owned();
    foreign.subject = "my session".into();
    recorded[2].json = foreign.encode().into();
    let prepared = world.projections().prepare(&recorded).await;
    let reasons: Vec<_> = prepared.iter().map(|event| event.as_ref().unwrap_err()).collect();
    assert!(reasons.iter().all(|reason| !reason.is_transient()), "{reasons:?}");
    assert!(reasons[0].reason().contains("is not in the blob store"), "{}", reasons[0]);
    assert!(reasons[1].reason().contains("is not a parsed document"), "{}", reasons[1]);
    assert!(reasons[2].reason().contains("subject `my session` is not an id"), "{}", reasons[2]);
    let without_documents = world.projections().only(&["sessions", "documents"]).unwrap();
    assert!(without_documents.prepare(&recorded[..1]).await[0].is_ok(), "a blob nobody looks at is not read");
}

pub(crate) async fn the_earliest_document_is_the_original(world: &World) {
    let history = History::new(world);
    for (number, text) in [(1, "a bb"), (2, "a bb"), (3, "ccc bb"), (4, "dddddddd")] {
        let (_, received) = history.received(number).await;
        let (event, parsed) = history.parsed(number, received, &[text]).await;
        history.validated(number, event, &parsed, text).await;
    }
    Projector::claim(world, &history.log).await.fold_all(10).await;
    let duplicates = "select string_agg(concat(d.name, '=', o.name, ' ', kind), ', ' order by d.name)
        from elite.duplicates join elite.documents d on d.id = document_id join elite.documents o on o.id = duplicate_of";
    assert_eq!(
        world.text(duplicates).await,
        "document 2.md=document 1.md exact, document 3.md=document 1.md near"
    );
    history.deleted(1).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    assert_eq!(world.text(duplicates).await, "document 3.md=document 2.md near");
}

pub(crate) async fn chunks_are_found_by_their_words_and_headings(world: &World) {
    let history = History::new(world);
    let (_, received) = history.received(1).await;
    history.parsed(1, received, &["The swallow flies", "An owl waits"]).await;
    Projector::claim(world, &history.log).await.fold_all(10).await;
    let found = |query: &str| {
        format!(
            "select string_agg(text, '|' order by ordinal) from elite.chunks where search @@ websearch_to_tsquery('elite.english', '{query}')"
        )
    };
    assert_eq!(world.text(&found("flying swallows")).await, "The swallow flies");
    assert_eq!(world.text(&found("bird")).await, "The swallow flies|An owl waits", "the heading counts");
    let columns = "select concat_ws('/', heading, heading_path[2], page, start_char, end_char) from elite.chunks where ordinal = 1";
    assert_eq!(world.text(columns).await, r#"Guide > On {birds}, "etc"/On {birds}, "etc"/3/0/12"#);
    assert_eq!(PROJECTIONS.len(), 13);
}
