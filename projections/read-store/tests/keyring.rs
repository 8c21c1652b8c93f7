//! Keys of data subjects on a real server: one for each subject, durable, and gone for ever when destroyed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use event_log::{KeptKey, Keyring, Owner};
use event_model::Tenant;
use futures::future::join_all;
use read_store::{Store, StoreKeyring, migrate};
use servers::{PostgresServer, postgres};

fn tenant(name: &str) -> Tenant {
    Tenant(name.into())
}

async fn migrated(url: &str) -> Store {
    let store = Store::connect(url, 8).unwrap();
    migrate::apply(&store).await.unwrap();
    store
}

#[tokio::test]
async fn everybody_gets_the_same_key_however_they_race() {
    let url = postgres().database();
    let processes = [migrated(&url).await, migrated(&url).await, migrated(&url).await];
    for subject in 0..20 {
        let subject = format!("person-{subject}");
        let racing = (0..12).map(|number| {
            let keyring = StoreKeyring::new(processes[number % 3].clone()).unwrap();
            let subject = subject.clone();
            async move { keyring.create(&tenant("a"), &subject).await.unwrap().unwrap() }
        });
        let keys = join_all(racing).await;
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{subject}");
    }
    let keyring = StoreKeyring::new(processes[0].clone()).unwrap();
    let ada = keyring.get(&tenant("a"), "person-1").await.unwrap().unwrap();
    for (name, subject) in [("a", "person-2"), ("b", "person-1")] {
        assert_ne!(keyring.create(&tenant(name), subject).await.unwrap().unwrap(), ada);
    }
    assert_eq!(keyring.get(&tenant("c"), "person-1").await.unwrap(), None);
}

#[tokio::test]
async fn a_destroyed_key_never_comes_back_whoever_asks_and_whenever() {
    let url = postgres().database();
    let keyring = StoreKeyring::new(migrated(&url).await).unwrap();
    let other = StoreKeyring::new(migrated(&url).await).unwrap();
    keyring.create(&tenant("a"), "ada").await.unwrap().unwrap();
    assert!(keyring.destroy(&tenant("a"), "ada").await.unwrap());
    assert!(!other.destroy(&tenant("a"), "ada").await.unwrap(), "there is no key any more");
    assert!(!other.destroy(&tenant("a"), "never seen").await.unwrap());
    for subject in ["ada", "never seen"] {
        assert_eq!(other.get(&tenant("a"), subject).await.unwrap(), None);
        assert_eq!(other.create(&tenant("a"), subject).await.unwrap(), None, "{subject} was erased");
    }
    let racing = (0..40).map(|number| {
        let (keyring, other) = (keyring.clone(), other.clone());
        async move {
            let (tenant, subject) = (tenant("race"), (number % 4).to_string());
            if number < 20 {
                keyring.create(&tenant, &subject).await.map(|_| ())
            } else {
                other.destroy(&tenant, &subject).await.map(|_| ())
            }
        }
    });
    assert!(join_all(racing).await.iter().all(Result::is_ok));
    for subject in 0..4 {
        assert_eq!(keyring.create(&tenant("race"), &subject.to_string()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_key_that_was_handed_out_survives_a_crash_whatever_the_server_defaults_to() {
    let mut server = PostgresServer::with(&[("synchronous_commit", "off"), ("wal_writer_delay", "10s")]);
    let url = server.database();
    let keyring = StoreKeyring::new(migrated(&url).await).unwrap();
    let mut made = Vec::new();
    for subject in 0..5 {
        made.push(keyring.create(&tenant("a"), &subject.to_string()).await.unwrap());
    }
    server.kill();
    server.restart();
    let keyring = StoreKeyring::new(Store::connect(&url, 1).unwrap()).unwrap();
    for (subject, key) in made.into_iter().enumerate() {
        assert!(key.is_some());
        assert_eq!(keyring.get(&tenant("a"), &subject.to_string()).await.unwrap(), key);
    }
}

#[tokio::test]
async fn a_backup_brings_keys_back_but_not_those_that_were_destroyed_since() {
    let keyring = StoreKeyring::new(migrated(&postgres().database()).await).unwrap();
    let restored = StoreKeyring::new(migrated(&postgres().database()).await).unwrap();
    let ada = keyring.create(&tenant("a"), "ada").await.unwrap();
    keyring.create(&tenant("a"), "bob").await.unwrap();
    keyring.create(&tenant("b"), "eve").await.unwrap();
    keyring.destroy(&tenant("a"), "bob").await.unwrap();
    let json = serde_json::to_string(&keyring.export().await.unwrap()).unwrap();
    let kept: Vec<KeptKey> = serde_json::from_str(&json).unwrap();
    restored.destroy(&tenant("b"), "eve").await.unwrap();
    assert_eq!(restored.import(&kept).await.unwrap(), 2);
    assert_eq!(restored.import(&kept).await.unwrap(), 0);
    assert_eq!(restored.get(&tenant("a"), "ada").await.unwrap(), ada);
    for (name, erased) in [("a", "bob"), ("b", "eve")] {
        assert_eq!(restored.create(&tenant(name), erased).await.unwrap(), None, "{erased}");
    }
    let nameless =
        KeptKey { owner: Owner::Digest { digest: Owner::digest_of(&tenant("a"), "ada") }, key: ada };
    assert!(restored.import(&[nameless]).await.unwrap_err().to_string().contains("embedded"));
}
