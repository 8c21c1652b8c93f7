//! Looking for real traps, and saying how to get out of them.

use event_log::Durability;
use event_model::Tenant;
use read_models::{
    SUBSCRIPTION,
    query::{
        SearchSupport, VectorSupport, embedded_counts, is_before_halves, search_support, trusted_documents,
    },
};
use read_store::{StoreKind, checkpoint, checkpoint::Checkpoint, dead_letter, lease, migrate, todo};
use serde::Serialize;

use super::{Executed, told};
use crate::{
    lifecycle::Node,
    request::Failure,
    wire::{self, LogFacts},
};

/// What to do about a partition whose events the log no longer holds.
const HEAL: &str = "run `elite archive heal`: it appends again what the archive has, lists what is gone, and folds on from there";
/// What to do about any other that stands still.
const RESUME: &str = "after its cause is gone, run `elite projection resume`";

/// What was looked at, what was found, and what to do about it.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

fn good(check: &'static str, found: impl Into<String>) -> Finding {
    Finding { check, ok: true, found: found.into(), fix: None }
}

fn bad(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding { check, ok: false, found: found.into(), fix: Some(fix.into()) }
}

pub(super) async fn examine(node: &Node) -> Executed {
    let mut findings = vec![log(node).await, archive(node).await, backup(node).await];
    findings.push(migrations(node).await?);
    findings.extend(partitions(node).await?);
    findings.push(parked(node).await?);
    findings.push(lists(node).await?);
    findings.push(replays(node).await?);
    findings.push(jail(node).await);
    findings.push(plugins(node));
    findings.push(model(node).await);
    findings.push(search(node).await?);
    findings.push(trust(node).await?);
    told(&findings)
}

async fn log(node: &Node) -> Finding {
    let tails = match node.log.tails().await {
        Ok(tails) => tails,
        Err(error) => {
            return bad("log", error.to_string(), "look at the log's server or disk, then try again");
        }
    };
    let events: u64 = tails.iter().map(|tail| tail.0).sum();
    let LogFacts { description, durability } = &node.log_facts;
    let found = format!(
        "{description}, {events} events in {} partitions, incarnation {}",
        tails.len(),
        node.log.creation().incarnation
    );
    match durability {
        Durability::Memory => bad("log", format!("{found}; {}", LogFacts::UNSAFE), LogFacts::UNSAFE_FIX),
        Durability::Fsync => good("log", format!("{found}; answers when the disk has an event")),
        Durability::Replicated => {
            good("log", format!("{found}; answers when several machines have an event"))
        }
    }
}

async fn archive(node: &Node) -> Finding {
    let status = match super::archive::status(node).await {
        Ok(status) => status,
        Err(failure) => return bad("archive", failure.message, "look at the blob store, then try again"),
    };
    let found = format!(
        "{} of {} events in {} segments, {} bytes",
        status["events_archived"], status["events"], status["segments"], status["size_bytes"]
    );
    let problem =
        status["partitions"].as_array().into_iter().flatten().find_map(|one| one["problem"].as_str());
    match problem {
        Some(problem) => bad("archive", format!("{found}; {problem}"), "run `elite archive verify`"),
        None => good("archive", found),
    }
}

/// Without a backup nothing is wrong yet, unless there are keys that nothing else brings back.
async fn backup(node: &Node) -> Finding {
    let looked = async {
        let keys = node.keyring.export().await?.iter().filter(|kept| kept.key.is_some()).count();
        anyhow::Ok((node.backups()?.names().await?.pop(), keys))
    };
    match looked.await {
        Ok((Some(newest), _)) => good("backup", format!("the newest is {newest}")),
        Ok((None, 0)) => good("backup", "none yet; `elite backup` makes one"),
        Ok((None, keys)) => {
            let found = format!("none, although {keys} data subjects have keys that are nowhere else");
            bad("backup", found, "run `elite backup`, and let cron do so from now on")
        }
        Err(error) => bad("backup", format!("{error:#}"), "check ELITE_BACKUP_URL and ELITE_BLOB_URL"),
    }
}

async fn migrations(node: &Node) -> Result<Finding, Failure> {
    let server = match node.store.kind() {
        StoreKind::Embedded => "embedded PostgreSQL",
        StoreKind::Server => "PostgreSQL server",
    };
    let pending = migrate::pending(&node.store).await?;
    Ok(if pending.is_empty() {
        good("database", format!("{server}, schema is current"))
    } else {
        bad("database", format!("{server}, {} migrations are missing", pending.len()), "run `elite migrate`")
    })
}

async fn partitions(node: &Node) -> Result<Vec<Finding>, Failure> {
    let (states, checkpoints) = {
        let client = node.store.client().await?;
        (lease::list(&client).await?, checkpoint::read(&client, SUBSCRIPTION).await?)
    };
    let mut halted = Vec::new();
    for state in &states {
        let Some(reason) = &state.halted else { continue };
        let of = if state.subscription == SUBSCRIPTION { "" } else { " of the archive" };
        let found = format!("partition {}{of} stands still: {reason}", state.partition);
        let ours = checkpoints.iter().find(|(partition, ..)| i32::from(*partition) == state.partition);
        let lost = match ours.filter(|_| state.subscription == SUBSCRIPTION) {
            Some((partition, _, at)) => has_lost(node, *partition, *at).await,
            None => true,
        };
        halted.push(bad("partitions", found, if lost { HEAL } else { RESUME }));
    }
    if halted.is_empty() {
        halted.push(good("partitions", format!("{} folded, none halted", states.len())));
    }
    Ok(halted)
}

/// Whether the log no longer holds what was folded; a log that cannot say counts as one that does.
async fn has_lost(node: &Node, partition: u16, at: Checkpoint) -> bool {
    matches!(worker_runtime::mismatch(&*node.log, partition, at).await, Ok(Some(_)))
}

async fn parked(node: &Node) -> Result<Finding, Failure> {
    let client = node.store.client().await?;
    let letters = dead_letter::list(&client).await?;
    Ok(match letters.first() {
        None => good("dead letters", "none"),
        Some(first) => {
            let found = format!("{} parked; the first: {} {}", letters.len(), first.event_id, first.reason);
            bad("dead letters", found, "mend the cause, then `elite dead-letter redrive EVENT`")
        }
    })
}

async fn lists(node: &Node) -> Result<Finding, Failure> {
    let client = node.store.client().await?;
    let depths = todo::depths(&client).await?;
    let told: Vec<String> = depths.iter().map(|depth| format!("{} {}", depth.role, depth.rows)).collect();
    Ok(good("to-do lists", if told.is_empty() { "empty".to_owned() } else { told.join(", ") }))
}

async fn replays(node: &Node) -> Result<Finding, Failure> {
    let left = read_models::abandoned(&node.store).await?;
    let kept = read_models::kept(&node.store).await?;
    Ok(if left.is_empty() {
        good("replays", format!("{} read models are kept from before or as history", kept.len()))
    } else {
        let found = format!("interrupted ones left {}", left.join(", "));
        bad("replays", found, "the next `elite projection rebuild` or `elite migrate` clears that away")
    })
}

async fn jail(node: &Node) -> Finding {
    match wire::parsers(&node.config).await {
        Ok(pool) => match pool.jail_report().lacking() {
            lacking if lacking.is_empty() => good("parser jail", "complete: limits, Landlock, seccomp"),
            lacking => bad(
                "parser jail",
                format!("this kernel lacks {}", lacking.join(" and ")),
                "documents from strangers want Linux 5.13 or later (6.10 for all of it) with Landlock and seccomp switched on",
            ),
        },
        Err(error) => bad("parser jail", format!("{error:#}"), "check that this program may start processes"),
    }
}

fn plugins(node: &Node) -> Finding {
    let plugins = &node.config.plugins;
    let missing: Vec<&str> = plugins
        .iter()
        .filter(|plugin| plugin.program().is_none())
        .map(|plugin| plugin.name.as_str())
        .collect();
    if missing.is_empty() {
        return good("plugins", format!("{} declared, their commands are there", plugins.len()));
    }
    let fix = "install them, or correct `command` in elite.toml; `elite plugins list` shows both";
    bad("plugins", format!("the commands of {} are not there", missing.join(", ")), fix)
}

async fn model(node: &Node) -> Finding {
    match wire::ollama(&node.config).model().await {
        Some(model) => good("answers", format!("by {model}")),
        None => good("answers", "by quotation; start Ollama or set OLLAMA_BASE_URL to have a model answer"),
    }
}

/// What documents and answers are checked against.
async fn trust(node: &Node) -> Result<Finding, Failure> {
    const CHECK: &str = "trusted sources";
    let trust = wire::trust(&node.config);
    if trust.is_empty() {
        let found = "none, so that nothing is checked; [[trust]] tables in elite.toml name some";
        return Ok(good(CHECK, found));
    }
    let client = node.store.client().await?;
    let (trusted, known) = trusted_documents(&client, &trust).await?;
    let judge =
        node.config.judge_model.as_ref().map_or(String::new(), |model| format!(", {model} judges, too"));
    let found = format!("{trusted} documents of trusted and {known} of known sources{judge}");
    if trusted + known == 0 {
        let fix = "a source is PRODUCER/NAME: what is handed in at the gateway under the name `handbook/a.md` is of `/gateway/handbook`";
        return Ok(bad(CHECK, format!("{found}: nothing can be said of the others"), fix));
    }
    Ok(good(CHECK, found))
}

/// What search is made of, and what would make it better.
async fn search(node: &Node) -> Result<Finding, Failure> {
    const CHECK: &str = "search";
    let client = node.store.client().await?;
    let tenant = Tenant::default();
    let SearchSupport { trigrams, vectors } = search_support(&client, None).await?;
    let headings = if trigrams { "" } else { "; mistyped headings are not found, PostgreSQL has no pg_trgm" };
    let Some(made_by) = &node.embedder else {
        let found = format!("lexical: no model makes vectors{headings}");
        return Ok(good(CHECK, format!("{found}; set ELITE_EMBED_MODEL to have it by meaning, too")));
    };
    let model = made_by.model();
    let (documents, embedded) = embedded_counts(&client, &tenant.0, model).await?;
    let found = format!("{embedded} of {documents} documents have vectors of {model}{headings}");
    Ok(match vectors {
        VectorSupport::Missing => bad(
            CHECK,
            format!("lexical: PostgreSQL has no pgvector; {found}"),
            "install it (Debian: postgresql-NN-pgvector), then run `elite migrate`",
        ),
        VectorSupport::Present { version, .. } if is_before_halves(&version) => bad(
            CHECK,
            format!("hybrid, but every vector is looked at: pgvector {version} is older than 0.7; {found}"),
            "install pgvector 0.7 or later, `alter extension vector update`, then `elite migrate`",
        ),
        VectorSupport::Present { version, .. } => good(CHECK, format!("hybrid, pgvector {version}; {found}")),
    })
}
