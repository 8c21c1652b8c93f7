//! Datasets built from read models on a real PostgreSQL: one server, the checks run one after the other.

#![expect(clippy::unwrap_used, reason = "a check ends at the first surprise")]

use std::panic::{AssertUnwindSafe, resume_unwind};

use blob_store::BlobStore;
use bytes::Bytes;
use datasets::{Manifest, Reason, SourceKind, build, explain, explain_row, verify};
use event_model::{
    BlobRef, Tenant,
    family::dataset::{DatasetBuilt, DatasetKind, DatasetRequested},
};
use futures::FutureExt;
use read_models::{PROJECTIONS, install};
use read_store::{Store, embedded::EmbeddedServer, migrate};
use serde_json::{Value, json};
use uuid::Uuid;

struct World {
    store: Store,
    blobs: BlobStore,
    tenant: Tenant,
}

impl World {
    async fn execute(&self, sql: &str) {
        self.store.client().await.unwrap().batch_execute(sql).await.unwrap();
    }

    async fn reset(&self) {
        for table in PROJECTIONS.iter().flat_map(|projection| projection.tables()) {
            self.execute(&format!("truncate elite.{table}")).await;
        }
    }

    /// A document with two passages, judged as `accepted` and reviewed as `review` says.
    async fn document(&self, number: u128, accepted: &str, review: &str, text: &str) {
        let (document, hash) = (id(number), BlobRef::of(text.as_bytes()));
        self.execute(&format!(
            "insert into elite.documents_v3 (id, tenant, name, status, content, size_bytes, received_at, changed_at,
                 received_event, partition, position)
             values ('{document}', 'default', 'd{number}.md', 'parsed', 'c', 1, to_timestamp({number}), to_timestamp(0),
                 '{}', 0, {number});
             insert into elite.knowledge_v4 (document_id, tenant, accepted, text_hash, bands, review, event_id, partition, position)
             values ('{document}', 'default', {accepted}, '{hash}', '{{{number}}}', {review}, '{}', 0, {number})",
            id(number + 100),
            id(number + 300),
        ))
        .await;
        for ordinal in 0..2 {
            let row = Uuid::new_v5(&document, &[ordinal]);
            self.example(row, "completion", document, &format!("'{text} {ordinal}', null, null, null")).await;
        }
    }

    /// An example; `texts` are completion, chosen, rejected and label as SQL.
    async fn example(&self, row: Uuid, kind: &str, source: Uuid, texts: &str) {
        let source_kind = if kind == "completion" { "document" } else { "interaction" };
        self.execute(&format!(
            "insert into elite.dataset_examples_v3 (id, tenant, kind, source_kind, source_id, ordinal, prompt,
                 completion, chosen, rejected, label, event_ids, partition, position)
             values ('{row}', 'default', '{kind}', '{source_kind}', '{source}', 0, 'Why?', {texts}, '{{{},{}}}', 0, 1)",
            id(source.as_u128() + 100),
            id(source.as_u128() + 200),
        ))
        .await;
    }

    async fn build(&self, kind: DatasetKind, include_rejected: bool) -> DatasetBuilt {
        let request = DatasetRequested { name: "first }".into(), kind, include_rejected };
        let built = build(&self.store, &self.blobs, &self.tenant, &request).await.unwrap();
        let verification = verify(&self.blobs, &built).await.unwrap();
        assert!(verification.is_sound() && verification.rows == built.rows, "{verification:?}");
        built
    }

    async fn lines(&self, built: &DatasetBuilt) -> Vec<Value> {
        let content = self.blobs.get(&built.content).await.unwrap().unwrap();
        let content = std::str::from_utf8(&content).unwrap();
        content.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

macro_rules! run_all {
    ($world:expr; $($check:path),+ $(,)?) => {
        $(
            println!("datasets: {}", stringify!($check));
            $world.reset().await;
            $check($world).await;
        )+
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_are_what_their_manifests_say() {
    let directory = tempfile::tempdir().unwrap();
    let server = EmbeddedServer::start(&directory.path().join("postgres")).await.unwrap();
    let store = server.store().clone();
    migrate::apply(&store).await.unwrap();
    install(&store).await.unwrap();
    let blobs = BlobStore::in_directory(&directory.path().join("blobs")).unwrap();
    let world = World { store, blobs, tenant: Tenant::default() };
    let outcome = AssertUnwindSafe(run(&world)).catch_unwind().await;
    drop(world);
    server.stop().await;
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

async fn run(world: &World) {
    run_all!(world;
        every_kind_is_written_in_its_shape,
        an_empty_dataset_is_a_dataset,
        untrusted_and_repeated_documents_are_left_out_for_a_reason,
        rejected_ones_are_kept_when_asked_for,
        a_row_that_is_there_already_or_has_no_text_is_left_out,
        building_twice_gives_the_same_bytes,
        many_rows_come_through_pages_and_pieces_whole,
        altered_content_does_not_verify,
        a_row_is_explained_from_its_events,
        another_tenants_examples_are_not_there,
    );
}

async fn every_kind_is_written_in_its_shape(world: &World) {
    world.example(id(1), "sft", id(11), "'Because.', null, null, null").await;
    world.example(id(2), "preference", id(11), "null, 'Good', 'Bad', null").await;
    world.example(id(3), "kto", id(11), "'Because.', null, null, false").await;
    world.document(4, "true", "null", "text").await;
    let rows = async |kind| world.lines(&world.build(kind, false).await).await;
    let messages = json!([{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]);
    assert_eq!(rows(DatasetKind::Sft).await, [json!({"messages": messages})]);
    assert_eq!(
        rows(DatasetKind::Preference).await,
        [json!({"prompt": "Why?", "chosen": "Good", "rejected": "Bad"})]
    );
    assert_eq!(
        rows(DatasetKind::Kto).await,
        [json!({"prompt": "Why?", "completion": "Because.", "label": false})]
    );
    let completions = rows(DatasetKind::Completion).await;
    assert_eq!(completions.len(), 2);
    assert!(completions.contains(&json!({"prompt": "Why?", "completion": "text 1"})), "{completions:?}");
}

async fn an_empty_dataset_is_a_dataset(world: &World) {
    let built = world.build(DatasetKind::Sft, false).await;
    assert_eq!((built.rows, built.size_bytes, built.left_out), (0, 0, 0));
    let manifest = Manifest::read(&world.blobs, &built.manifest).await.unwrap();
    assert_eq!((manifest.name.as_str(), manifest.examples.len()), ("first }", 0));
}

/// Two accepted texts, one of them by a person; everything else has something against it.
async fn judged_documents(world: &World) {
    world.document(1, "true", "null", "alpha").await;
    world.document(2, "false", "null", "beta").await;
    world.document(3, "true", "'rejected'", "gamma").await;
    world.document(4, "false", "'accepted'", "delta").await;
    world.document(5, "null", "null", "epsilon").await;
    world.document(6, "true", "null", "alpha").await;
    world.document(7, "true", "null", "zeta").await;
    world
        .execute(&format!("update elite.knowledge_v4 set bands = '{{4,7}}' where document_id = '{}'", id(7)))
        .await;
}

async fn untrusted_and_repeated_documents_are_left_out_for_a_reason(world: &World) {
    judged_documents(world).await;
    let built = world.build(DatasetKind::Completion, false).await;
    assert_eq!((built.rows, built.left_out), (4, 10));
    let manifest = Manifest::read(&world.blobs, &built.manifest).await.unwrap();
    let counts = [
        (Reason::ReviewRejected, 2),
        (Reason::NotValidated, 2),
        (Reason::ValidationRejected, 2),
        (Reason::ExactDuplicate, 2),
        (Reason::NearDuplicate, 2),
    ];
    assert_eq!(manifest.left_out_counts, counts.into_iter().collect());
    let taken: std::collections::BTreeSet<_> = manifest.examples.iter().map(|row| row.source).collect();
    assert_eq!(taken, [id(1), id(4)].into_iter().collect());
    let repeats =
        |reason| manifest.left_out.iter().find(|left_out| left_out.reason == reason).unwrap().repeats;
    assert_eq!(repeats(Reason::ExactDuplicate), Some(id(1)));
    assert_eq!(repeats(Reason::NearDuplicate), Some(id(4)));
    assert!(manifest.examples.is_sorted_by_key(|row| row.example), "rows stand in the order of their ids");
}

async fn rejected_ones_are_kept_when_asked_for(world: &World) {
    judged_documents(world).await;
    let built = world.build(DatasetKind::Completion, true).await;
    assert_eq!((built.rows, built.left_out), (14, 0));
}

async fn a_row_that_is_there_already_or_has_no_text_is_left_out(world: &World) {
    world.example(id(1), "kto", id(11), "'Because.', null, null, true").await;
    world.example(id(2), "kto", id(12), "'Because.', null, null, true").await;
    world.example(id(3), "kto", id(13), "'Because.', null, null, false").await;
    world.example(id(4), "kto", id(14), "'  ', null, null, true").await;
    let built = world.build(DatasetKind::Kto, false).await;
    let manifest = Manifest::read(&world.blobs, &built.manifest).await.unwrap();
    let left_out: Vec<_> = manifest
        .left_out
        .iter()
        .map(|left_out| (left_out.example, left_out.reason, left_out.repeats))
        .collect();
    assert_eq!(left_out, [(id(2), Reason::SameRow, Some(id(1))), (id(4), Reason::EmptyText, None)]);
    assert_eq!(
        world.build(DatasetKind::Kto, true).await.rows,
        3,
        "only the one without a text is still left out"
    );
}

async fn building_twice_gives_the_same_bytes(world: &World) {
    judged_documents(world).await;
    let first = world.build(DatasetKind::Completion, false).await;
    // The same rows, stored in another order, and no index that happens to sort them.
    world
        .execute(
            "drop index elite.dataset_examples_v3_kind;
             create table shuffled as select * from elite.dataset_examples_v3;
             truncate elite.dataset_examples_v3;
             insert into elite.dataset_examples_v3 select * from shuffled order by id desc; drop table shuffled",
        )
        .await;
    assert_eq!(world.build(DatasetKind::Completion, false).await, first);
    world.execute("update elite.dataset_examples_v3 set completion = completion || '!' where completion = 'alpha 0'").await;
    let changed = world.build(DatasetKind::Completion, false).await;
    assert_ne!(changed.content, first.content);
    assert_ne!(changed.manifest, first.manifest);
}

async fn many_rows_come_through_pages_and_pieces_whole(world: &World) {
    world
        .execute(
            "insert into elite.dataset_examples_v3 (id, tenant, kind, source_kind, source_id, ordinal, prompt, completion,
                 event_ids, partition, position)
             select md5(n::text)::uuid, 'default', 'sft', 'interaction', md5(n::text)::uuid, 0, 'Why ' || n || '?',
                 repeat('because ', 100) || n, array[md5('e' || n)::uuid], 0, n
             from generate_series(1, 3001) n",
        )
        .await;
    let built = world.build(DatasetKind::Sft, false).await;
    assert_eq!((built.rows, built.left_out), (3001, 0));
    assert!(
        built.size_bytes > 2_000_000,
        "several pieces and an upload that is too large to be written in one go"
    );
}

async fn altered_content_does_not_verify(world: &World) {
    judged_documents(world).await;
    let built = world.build(DatasetKind::Completion, false).await;
    let content = world.blobs.get(&built.content).await.unwrap().unwrap();
    let altered = String::from_utf8(content.to_vec()).unwrap().replacen("alpha 0", "alpha 9", 1);
    let altered = world.blobs.put(Bytes::from(altered)).await.unwrap();
    let found = verify(&world.blobs, &DatasetBuilt { content: altered, ..built.clone() }).await.unwrap();
    assert_eq!(found.problems.len(), 2, "{found:?}");
    assert!(found.problems[0].contains("'s SHA-256"), "{found:?}");
    assert!(found.problems[1].contains("manifest's SHA-256 of the content"), "{found:?}");
    let cut = world.blobs.put(content.slice(..content.len() - 1)).await.unwrap();
    let found = verify(&world.blobs, &DatasetBuilt { content: cut, ..built }).await.unwrap();
    assert!(found.problems.iter().any(|problem| problem.contains("line break")), "{found:?}");
}

async fn a_row_is_explained_from_its_events(world: &World) {
    judged_documents(world).await;
    for (number, event_type) in
        [(101, "document.received"), (201, "document.parsed"), (301, "knowledge.validated")]
    {
        world
            .execute(&format!(
                "insert into elite.events_v2 (partition, position, event_id, tenant, type, subject, source, time, recorded_at,
                     partitionkey, data)
                 values (0, {number}, '{}', 'default', '{event_type}', '{}', '/test', to_timestamp(0), to_timestamp(0), '1', '{{}}')",
                id(number),
                id(1),
            ))
            .await;
    }
    let built = world.build(DatasetKind::Completion, false).await;
    let manifest = Manifest::read(&world.blobs, &built.manifest).await.unwrap();
    let row = 1 + manifest.examples.iter().position(|row| row.source == id(1)).unwrap() as u64;
    let told =
        explain_row(&world.store, &world.blobs, &world.tenant, &built.manifest, row).await.unwrap().unwrap();
    let chain: Vec<_> = told.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(chain, ["document.received", "document.parsed", "knowledge.validated"]);
    assert_eq!((told.source_kind, told.source, told.left_out), (SourceKind::Document, id(1), None));
    assert_eq!(told.judgement.unwrap().accepted, Some(true));
    for missing in [0, 5, u64::MAX] {
        let none =
            explain_row(&world.store, &world.blobs, &world.tenant, &built.manifest, missing).await.unwrap();
        assert!(none.is_none(), "there is no row {missing}");
    }
    let duplicate = Uuid::new_v5(&id(6), &[0]);
    let told = explain(&world.store, &world.tenant, duplicate).await.unwrap().unwrap();
    let left_out = told.left_out.unwrap();
    assert_eq!((left_out.reason, left_out.repeats), (Reason::ExactDuplicate, Some(id(1))));
    // A row stays explained by its manifest when its example is gone.
    world.execute("truncate elite.dataset_examples_v3").await;
    let told =
        explain_row(&world.store, &world.blobs, &world.tenant, &built.manifest, row).await.unwrap().unwrap();
    assert!(told.example.is_none() && told.events.len() == 3, "{told:?}");
    assert!(explain(&world.store, &world.tenant, duplicate).await.unwrap().is_none());
}

async fn another_tenants_examples_are_not_there(world: &World) {
    world.example(id(1), "sft", id(11), "'Because.', null, null, null").await;
    let other = Tenant("other".into());
    let request = DatasetRequested { name: "d".into(), kind: DatasetKind::Sft, include_rejected: false };
    let built = build(&world.store, &world.blobs, &other, &request).await.unwrap();
    assert_eq!((built.rows, built.left_out), (0, 0));
    assert!(explain(&world.store, &other, id(1)).await.unwrap().is_none());
}
