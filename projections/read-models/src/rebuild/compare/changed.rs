//! What changed since tables were found equal: little, so it can be compared while nobody may fold.
//!
//! Every row that a transaction wrote that the earlier snapshot did not see has a transaction id that is not older than the
//! oldest one running then. If the rows behind all such keys are equal, and both tables have the same set of keys, then
//! the tables are equal: what is left was not touched since, and was equal before.

use read_store::{StoreError, Transaction};

use super::{
    super::{ProjectionReport, TableReport},
    Pair, Pairs, differences,
};
use crate::Projection;

/// Compares again what was equal in a snapshot whose oldest running transaction was `since`, and corrects the report.
pub(in crate::rebuild) async fn since_snapshot(
    tx: &Transaction<'_>,
    replayed: &str,
    projection: &dyn Projection,
    since: &str,
    report: &mut ProjectionReport,
) -> Result<(), StoreError> {
    let of = Pairs::of(tx, replayed, projection).await?;
    for (pair, table) in of.tables.iter().zip(&mut report.tables) {
        compare(tx, pair, since, table).await?;
    }
    report.equal = report.tables.iter().all(|table| table.equal);
    Ok(())
}

async fn compare(
    tx: &Transaction<'_>,
    pair: &Pair,
    since: &str,
    report: &mut TableReport,
) -> Result<(), StoreError> {
    let none = format!("select {} from {} limit 0", pair.key, pair.replayed);
    tx.batch_execute(&format!("create temporary table changed on commit drop as {none}")).await?;
    let live = scan(tx, &pair.live, &pair.key, since).await?;
    let replayed = scan(tx, &pair.replayed, &pair.key, since).await?;
    (report.rows_live, report.rows_replayed) = (live.rows, replayed.rows);
    let same_keys = (live.rows, &live.keys) == (replayed.rows, &replayed.keys);
    report.differences = if !same_keys {
        differences(tx, pair, "true").await?
    } else if live.changed + replayed.changed > 0 {
        // With statistics the few rows are looked up, and the tables are not read again.
        tx.batch_execute("analyze pg_temp.changed").await?;
        differences(tx, pair, &format!("({0}) in (select {0} from pg_temp.changed)", pair.key)).await?
    } else {
        Vec::new()
    };
    report.equal = same_keys && report.differences.is_empty();
    tx.batch_execute("drop table pg_temp.changed").await?;
    Ok(())
}

/// What one look at all keys of a table says.
struct Scanned {
    rows: i64,
    /// Which keys there are, in one number.
    keys: String,
    /// How many of them were written since.
    changed: i64,
}

/// Looks at every key, and notes those that were written since.
async fn scan(tx: &Transaction<'_>, table: &str, key: &str, since: &str) -> Result<Scanned, StoreError> {
    let is_changed = format!("age(xmin) <= age('{since}'::xid)");
    let sql = format!(
        "select count(*), coalesce(sum(hash_record_extended(row({key}), 0)), 0)::text, count(*) filter (where {is_changed})
         from {table}"
    );
    let row = tx.query_one(&sql, &[]).await?;
    let scanned = Scanned { rows: row.get(0), keys: row.get(1), changed: row.get(2) };
    if scanned.changed > 0 {
        let note =
            format!("insert into pg_temp.changed ({key}) select {key} from {table} where {is_changed}");
        tx.batch_execute(&note).await?;
    }
    Ok(scanned)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use read_store::{Store, embedded::EmbeddedServer, migrate};

    use super::*;
    use crate::{Projected, rebuild::compare};

    /// A read model of numbers and words that somebody else folds.
    struct Words;

    #[async_trait]
    impl Projection for Words {
        fn name(&self) -> &'static str {
            "words"
        }

        fn version(&self) -> u32 {
            1
        }

        fn reads(&self, _: &str) -> bool {
            false
        }

        fn create_sql(&self) -> &'static str {
            "create table words_v1 (number integer, word text, primary key (number))"
        }

        fn tables(&self) -> &'static [&'static str] {
            &["words_v1"]
        }

        async fn project(&self, _: &Transaction<'_>, _: &[&Projected]) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    const TABLES: &str = "
        create schema replayed;
        set search_path = elite; create table words_v1 (number integer primary key, word text);
        create view words as table words_v1; insert into projection (name, version) values ('words', 1);
        set search_path = replayed; create table words_v1 (number integer primary key, word text);
        insert into elite.words_v1 select n, 'word ' || n from generate_series(1, 100) n;
        insert into replayed.words_v1 table elite.words_v1;
        set search_path = elite, public";

    /// Whether the tables are still taken for equal after `live` and `replayed` were done to them.
    async fn still_equal(store: &Store, live: &str, replayed: &str) -> (bool, usize) {
        let mut client = store.client().await.unwrap();
        client.batch_execute("begin; select 1; commit").await.unwrap();
        let tx = client.transaction().await.unwrap();
        let mut report = compare::projection(&tx, "replayed", &Words).await.unwrap();
        assert!(report.equal, "{report:#?}");
        let since = "select pg_snapshot_xmin(pg_current_snapshot())::xid::text";
        let since: String = tx.query_one(since, &[]).await.unwrap().get(0);
        tx.batch_execute(&format!(
            "set local search_path = elite; {live}; set local search_path = replayed; {replayed}"
        ))
        .await
        .unwrap();
        since_snapshot(&tx, "replayed", &Words, &since, &mut report).await.unwrap();
        tx.rollback().await.unwrap();
        (report.equal, report.tables[0].differences.len())
    }

    #[tokio::test]
    async fn what_changed_since_is_found_and_only_that() {
        let directory = tempfile::tempdir().unwrap();
        let server = EmbeddedServer::start(directory.path()).await.unwrap();
        let store = server.store().clone();
        migrate::apply(&store).await.unwrap();
        store.client().await.unwrap().batch_execute(TABLES).await.unwrap();
        let add = "insert into words_v1 values (101, 'word 101')";
        let change = "update words_v1 set word = 'other' where number = 7";
        let remove = "delete from words_v1 where number = 9";
        let remove_another = "delete from words_v1 where number = 8";
        let nothing = "select 1";
        for same in [add, change, remove, nothing] {
            assert_eq!(still_equal(&store, same, same).await, (true, 0), "{same}");
        }
        for (live, replayed, rows) in [
            (add, nothing, 1),
            (nothing, change, 1),
            (change, nothing, 1),
            (nothing, remove, 1),
            (remove, remove_another, 2),
            (add, change, 2),
        ] {
            assert_eq!(still_equal(&store, live, replayed).await, (false, rows), "{live} and {replayed}");
        }
        drop(store);
        server.stop().await;
    }
}
