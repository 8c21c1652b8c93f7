//! What children leave behind and what they take along: nothing. A program of its own, so that every child of this process is the
//! pool's.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeSet, fs, time::Duration};

use parsers::{ChildCommand, ParserPool, PoolConfig, Source};

async fn pool(config: PoolConfig) -> ParserPool {
    let command = ChildCommand { program: env!("CARGO_BIN_EXE_parser-child").into(), args: Vec::new() };
    ParserPool::start(command, config).await.unwrap()
}

/// Processes whose parent is this one, dead ones that nobody waited for included.
fn children() -> BTreeSet<u32> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>()).collect()
}

async fn child_id(pool: &ParserPool) -> u32 {
    let answer = pool.parse(b"misbehave: tell the process id", &Source::named("a.txt")).await.unwrap();
    answer.unwrap().text.parse().unwrap()
}

/// One test, since both parts count children.
#[tokio::test]
async fn nothing_is_left_of_thousands_of_children_and_nothing_is_inherited() {
    let count = if servers::full() { 10_000 } else { 200 };
    let config = PoolConfig { documents_per_child: 1, ..PoolConfig::default() };
    let pool = pool(config).await;
    let mut seen = BTreeSet::new();
    for number in 0..count {
        // Each way for a child to end has its turn.
        match number % 50 {
            7 => drop(pool.parse(b"misbehave: abort", &Source::named("a.txt")).await.unwrap()),
            8 => {
                let source = Source::named("a.txt");
                let parse = pool.parse(b"misbehave: hang", &source);
                assert!(tokio::time::timeout(Duration::from_millis(20), parse).await.is_err());
            }
            _ => drop(seen.insert(child_id(&pool).await)),
        }
        // One for each place, one that was just started, and those that are about to be collected.
        let alive = children().len();
        assert!(alive < 20, "{alive} children after {number} documents");
    }
    assert!(seen.len() > count * 9 / 10, "{} children served", seen.len());
    nothing_is_inherited(&pool).await;
    drop(pool);
    let gone = tokio::time::timeout(Duration::from_secs(10), async {
        while !children().is_empty() {
            tokio::task::yield_now().await;
            // The runtime collects the dead when it hears of one; starting another makes it look.
            tokio::process::Command::new("/bin/true").status().await.unwrap();
        }
    });
    assert!(gone.await.is_ok(), "left: {:?}", children());
}

/// A descriptor that is not marked to be closed at `exec`, as a library may have left one.
async fn nothing_is_inherited(pool: &ParserPool) {
    let left_open = nix::unistd::dup(fs::File::open("/etc/passwd").unwrap()).unwrap();
    // Those that were ready before have not got it; the next ones have.
    for _ in 0..6 {
        child_id(pool).await;
    }
    let config = PoolConfig { children: 1, ..PoolConfig::default() };
    let fresh = self::pool(config).await;
    let id = child_id(&fresh).await;
    let open = fs::read_dir(format!("/proc/{id}/fd")).unwrap();
    let open: BTreeSet<String> =
        open.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(open, ["0", "1", "2"].map(str::to_owned).into());
    drop(left_open);
}
