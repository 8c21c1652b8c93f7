//! What a plugin may and may not do.

use std::{fs, time::Duration};

use parsers::Source;

use crate::{misbehaving, parse, pool};

/// How an attempt went, as the plugin tells it.
async fn told(asked: &str) -> String {
    let pool = pool(vec![misbehaving()]).await;
    parse(&pool, "a.mis", asked)
        .await
        .map_or_else(|rejection| rejection.to_string(), |document| document.text)
}

#[tokio::test]
async fn a_plugin_has_no_network() {
    for asked in ["connect", "datagram", "local"] {
        assert_eq!(told(asked).await, "refused: PermissionError", "{asked}");
    }
}

#[tokio::test]
async fn a_plugin_reads_declared_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, declared) = (folder.path().join("secret"), folder.path().join("declared"));
    fs::write(&secret, "secret").unwrap();
    fs::create_dir(&declared).unwrap();
    fs::write(declared.join("words"), "words").unwrap();
    let mut plugin = misbehaving();
    plugin.read_paths = vec![declared.clone()];
    let pool = pool(vec![plugin]).await;
    let told = async |asked: String| parse(&pool, "a.mis", &asked).await.unwrap().text;
    let refused = "refused: PermissionError";
    assert_eq!(told(format!("read {}", declared.join("words").display())).await, "allowed: words");
    assert_eq!(told(format!("read {}", secret.display())).await, refused);
    assert_eq!(told("read /etc/passwd".into()).await, refused);
    assert_eq!(told("list /".into()).await, refused);
    assert_eq!(told(format!("write {}", declared.join("new").display())).await, refused);
    assert_eq!(told(format!("write {}", folder.path().join("new").display())).await, refused);
    assert_eq!(fs::read_dir(&declared).unwrap().count(), 1);
}

#[tokio::test]
async fn a_plugin_touches_no_other_process_and_starts_no_other_program() {
    let outside = std::process::id();
    assert_eq!(told(&format!("kill {outside}")).await, "refused: PermissionError");
    for asked in ["ptrace", "execute /bin/true", "session", "unshare"] {
        assert_eq!(told(asked).await, "refused: PermissionError", "{asked}");
    }
}

#[tokio::test]
async fn a_plugin_inherits_nothing() {
    let left_open = nix::unistd::dup(fs::File::open("/etc/passwd").unwrap()).unwrap();
    let open = told("descriptors").await;
    drop(left_open);
    assert_eq!(open, "allowed: 0,1,2");
    let variables = told("environment").await;
    assert!(variables.contains("PATH") && !variables.contains("HOME"), "{variables}");
}

/// Misbehaving plugins that still run.
fn sleepers() -> usize {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let ours = |command: &String| command.contains("misbehaving.py");
    let here = |process: &std::path::PathBuf| {
        fs::read_link(process.join("cwd")).is_ok_and(|directory| directory == crate::folder())
    };
    processes
        .filter(here)
        .filter_map(|process| fs::read_to_string(process.join("cmdline")).ok())
        .filter(ours)
        .count()
}

#[tokio::test]
async fn nothing_a_plugin_starts_outlives_it() {
    assert_eq!(told("leave").await, "allowed: left a child behind");
    let pool = pool(vec![misbehaving()]).await;
    let source = Source::named("a.mis");
    let hanging = pool.parse(b"hang", &source);
    assert!(tokio::time::timeout(Duration::from_millis(500), hanging).await.is_err());
    // Other tests run theirs meanwhile; those end within their limit, a sleeper would sleep for ten minutes.
    let gone = tokio::time::timeout(Duration::from_mins(1), async {
        while sleepers() > 0 {
            tokio::process::Command::new("/bin/true").status().await.unwrap();
        }
    });
    assert!(gone.await.is_ok(), "{} processes are left", sleepers());
}
