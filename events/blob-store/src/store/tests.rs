//! What every store keeps, on a directory and, when the long tests are asked for, on a real server that speaks S3.

use futures::{TryStreamExt, stream};

use super::*;

fn pieces(parts: &[&'static [u8]]) -> impl Stream<Item = Result<Bytes, String>> + Send + Unpin + use<> {
    stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part))).collect::<Vec<_>>())
}

/// How many objects there are, finished or not.
async fn objects(store: &BlobStore) -> usize {
    store.store.list(None).try_collect::<Vec<_>>().await.unwrap().len()
}

/// All promises, one after the other, on an empty store.
async fn keeps_the_promises(store: &BlobStore) {
    store.ping().await.unwrap();
    the_same_bytes_streamed_or_whole_are_one_blob(store).await;
    an_upload_that_is_too_large_or_breaks_off_leaves_nothing(store).await;
    a_large_upload_is_moved_into_place_under_its_name(store).await;
    writers_at_the_same_moment_do_not_disturb_each_other(store).await;
    altered_bytes_are_noticed(store).await;
    one_of_many_writers_of_a_new_object_wins_and_nobody_sees_another_s_bytes(store).await;
    a_shelf_lists_what_is_on_it_and_nothing_else(store).await;
}

async fn the_same_bytes_streamed_or_whole_are_one_blob(store: &BlobStore) {
    let whole = store.put(Bytes::from_static(b"hello world")).await.unwrap();
    let streamed = store.put_stream(pieces(&[b"hello ", b"world"]), 100).await.unwrap();
    assert_eq!(streamed, StoredBlob { name: whole.clone(), size_bytes: 11 });
    assert_eq!(store.get(&whole).await.unwrap().unwrap(), "hello world");
    assert_eq!(objects(store).await, 1, "an upload was left behind");
    assert_eq!(store.get(&BlobRef::of(b"other")).await.unwrap(), None);
    assert!(store.stream(&BlobRef::of(b"other")).await.unwrap().is_none());
    assert_eq!(store.size(&BlobRef::of(b"other")).await.unwrap(), None);
    assert!(store.delete(&whole).await.unwrap());
    assert_eq!(objects(store).await, 0);
}

async fn an_upload_that_is_too_large_or_breaks_off_leaves_nothing(store: &BlobStore) {
    let too_large = store.put_stream(pieces(&[b"hello ", b"world"]), 10).await;
    assert!(matches!(too_large, Err(BlobError::TooLarge { limit_bytes: 10 })));
    let broken = stream::iter([Ok(Bytes::from_static(b"hel")), Err("connection reset")]);
    assert!(matches!(store.put_stream(broken, 100).await, Err(BlobError::BrokenOff(_))));
    let part = Bytes::from(vec![1; 6 * 1024 * 1024]);
    let late = stream::iter([Ok(part.clone()), Ok(part), Err("connection reset")]);
    assert!(matches!(store.put_stream(late, u64::MAX).await, Err(BlobError::BrokenOff(_))));
    assert_eq!(objects(store).await, 0);
}

async fn a_large_upload_is_moved_into_place_under_its_name(store: &BlobStore) {
    let part = Bytes::from((0..3 * 1024 * 1024).map(|at: u32| at.to_le_bytes()[1]).collect::<Vec<_>>());
    for _ in 0..2 {
        let upload = stream::iter(vec![Ok::<_, String>(part.clone()); 6]);
        let stored = store.put_stream(upload, u64::MAX).await.unwrap();
        assert_eq!(stored, StoredBlob { name: BlobRef::of(&part.repeat(6)), size_bytes: 18 * 1024 * 1024 });
        assert!(store.get(&stored.name).await.unwrap().is_some());
        let stream = store.stream(&stored.name).await.unwrap().unwrap();
        assert_eq!(stream.size_bytes, stored.size_bytes);
        let read = stream.bytes.try_fold(0, async |sum, piece| Ok(sum + piece.len() as u64)).await.unwrap();
        assert_eq!(read, stored.size_bytes);
    }
    assert_eq!(objects(store).await, 1, "an upload was left behind");
}

async fn writers_at_the_same_moment_do_not_disturb_each_other(store: &BlobStore) {
    let before = objects(store).await;
    let bytes = Bytes::from_static(b"everybody's");
    let names = futures::future::join_all((0..20).map(|_| store.put(bytes.clone()))).await;
    assert!(names.into_iter().all(|name| name.unwrap() == BlobRef::of(&bytes)));
    assert_eq!(objects(store).await, before + 1);
    assert_eq!(store.get(&BlobRef::of(&bytes)).await.unwrap().unwrap(), bytes);
}

async fn altered_bytes_are_noticed(store: &BlobStore) {
    let name = store.put(Bytes::from_static(b"truth")).await.unwrap();
    store.store.put(&path_of(&name), Bytes::from_static(b"lies!").into()).await.unwrap();
    assert!(matches!(store.get(&name).await, Err(BlobError::Damaged(_))));
}

async fn one_of_many_writers_of_a_new_object_wins_and_nobody_sees_another_s_bytes(store: &BlobStore) {
    let shelf = store.shelf("race");
    for round in 0..10 {
        let key = format!("deep/er/{round}");
        let writers = (0..8_u8).map(|writer| shelf.put_new(&key, Bytes::from(vec![writer; 1000])));
        let won =
            futures::future::join_all(writers).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
        let winner = u8::try_from(won.iter().position(|won| *won).unwrap()).unwrap();
        assert_eq!(shelf.get(&key).await.unwrap().unwrap(), vec![winner; 1000]);
    }
}

async fn a_shelf_lists_what_is_on_it_and_nothing_else(store: &BlobStore) {
    let (shelf, other) = (store.shelf("one"), store.shelf("one-more"));
    assert_eq!(shelf.list("").await.unwrap(), Vec::<String>::new());
    for key in ["b/2.json", "a.json", "b/10.json", "b/c/1.json", "bb/1.json"] {
        assert!(shelf.put_new(key, Bytes::from_static(b"old")).await.unwrap());
    }
    other.put("b/3.json", Bytes::from_static(b"other")).await.unwrap();
    assert_eq!(shelf.list("").await.unwrap(), ["a.json", "b/10.json", "b/2.json", "b/c/1.json", "bb/1.json"]);
    assert_eq!(shelf.list("b").await.unwrap(), ["b/10.json", "b/2.json", "b/c/1.json"]);
    assert_eq!(shelf.list("b/").await.unwrap().len(), 3);
    assert_eq!(shelf.folders("").await.unwrap(), ["b", "bb"]);
    assert_eq!(shelf.folders("b").await.unwrap(), ["c"]);
    shelf.put("a.json", Bytes::from_static(b"new")).await.unwrap();
    assert_eq!(shelf.get("a.json").await.unwrap().unwrap(), "new");
    assert_eq!(shelf.get("b/3.json").await.unwrap(), None);
    assert!(shelf.delete("b/2.json").await.unwrap());
    assert!(!shelf.put_new("a.json", Bytes::new()).await.unwrap());
    assert_eq!(shelf.get("b/2.json").await.unwrap(), None);
}

#[tokio::test]
async fn a_directory_keeps_the_promises() {
    let directory = tempfile::tempdir().unwrap();
    keeps_the_promises(&BlobStore::in_directory(directory.path()).unwrap()).await;
}

#[cfg(feature = "s3")]
#[tokio::test]
async fn a_bucket_keeps_the_promises() {
    let server = match servers::S3Server::start() {
        Ok(server) => server,
        Err(reason) => {
            println!("NOT RUN: {reason}");
            return;
        }
    };
    server.make_bucket("elite");
    let options = crate::S3Options {
        endpoint: Some(server.endpoint()),
        access_key_id: Some("id".into()),
        secret_access_key: Some("secret".into()),
        allow_http: true,
        ..crate::S3Options::default()
    };
    let with_prefix = BlobStore::in_bucket("s3://elite/some/where", &options).unwrap();
    keeps_the_promises(&with_prefix).await;
    let whole_bucket = BlobStore::in_bucket("s3://elite", &options).unwrap();
    assert_eq!(objects(&whole_bucket).await, objects(&with_prefix).await, "all is below the prefix");
    assert!(BlobStore::in_bucket("s3://nowhere", &options).unwrap().ping().await.is_err());
}
