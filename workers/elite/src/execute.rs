//! Doing what a request asks for, on a node: the same code behind the socket and in a command's own process.

mod archive;
mod ask;
mod backup;
mod dataset;
mod dead_letter;
mod doctor;
mod erase;
mod events;
mod heal;
mod knowledge;
mod projection;
mod worker;

use read_store::migrate;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use crate::{
    lifecycle::Node,
    request::{Failure, Reply, Request},
};

/// What an order comes to.
pub(crate) type Executed = Result<Value, Failure>;

/// Does what `request` asks for; long orders report on the way.
pub(crate) async fn execute(node: &Node, request: Request, replies: &Sender<Reply>) -> Executed {
    match request {
        Request::ArchiveStatus => archive::status(node).await,
        Request::ArchiveVerify { deep } => archive::verify(node, deep, replies).await,
        Request::ArchiveNow => archive::now(node, replies).await,
        Request::ArchiveHeal { really } => heal::heal(node, really, replies).await,
        Request::Backup { keep } => backup::take(node, keep, replies).await,
        Request::WorkerList => worker::list(node).await,
        Request::ProjectionList => projection::list(node).await,
        Request::ProjectionRebuild { names, accept } => {
            projection::rebuild(node, &names, accept, replies).await
        }
        Request::ProjectionAsOf { names, as_of } => projection::as_of(node, &names, &as_of, replies).await,
        Request::ProjectionRollback { names, accept } => {
            projection::rollback(node, &names, accept, replies).await
        }
        Request::ProjectionKept => told(&read_models::kept(&node.store).await?),
        Request::ProjectionForgetRetired { names } => projection::forget_retired(node, &names).await,
        Request::ProjectionDropAsOf { schema } => projection::drop_as_of(node, &schema).await,
        Request::ProjectionVerify { names } => projection::verify(node, &names, replies).await,
        Request::ProjectionPause => projection::pause(node).await,
        Request::ProjectionResume => projection::resume(node).await,
        Request::DeadLetterList => dead_letter::list(node).await,
        Request::DeadLetterShow { event } => dead_letter::show(node, event).await,
        Request::DeadLetterRedrive { event } => dead_letter::redrive(node, event).await,
        Request::DeadLetterPreview { event } => dead_letter::preview(node, event).await,
        Request::DeadLetterDrop { event, reason } => dead_letter::discard(node, event, reason).await,
        Request::Erase { tenant, subjects, really } => {
            erase::erase(node, tenant, subjects, really, replies).await
        }
        Request::EventsShow { event } => events::show(node, event).await,
        Request::EventsStats => events::stats(node).await,
        Request::EventsAppend { event } => events::append(node, &event).await,
        Request::EventsTail { backlog, follow, event_type } => {
            events::tail(node, backlog, follow, event_type.as_deref(), replies).await
        }
        Request::Search(asked) => ask::search(node, &asked).await,
        Request::Ask { question } => ask::ask(node, question).await,
        Request::KnowledgeShow { id } => knowledge::show(node, id).await,
        Request::DatasetBuild { name, kind, include_rejected } => {
            dataset::build(node, name, kind, include_rejected).await
        }
        Request::DatasetList => dataset::list(node).await,
        Request::DatasetExport { dataset } => dataset::export(node, dataset, replies).await,
        Request::DatasetExplain { row } => dataset::explain(node, row).await,
        Request::DatasetVerify { dataset } => dataset::verify(node, dataset).await,
        Request::Doctor => doctor::examine(node).await,
        Request::Migrate => migrate_now(node).await,
    }
}

/// A result in its JSON form.
fn told(result: &impl Serialize) -> Executed {
    serde_json::to_value(result).map_err(Failure::failed)
}

/// A node migrates when it starts, so this mostly says what was done before.
async fn migrate_now(node: &Node) -> Executed {
    let applied = migrate::apply(&node.store).await?;
    Ok(json!({ "applied_now": applied, "all": migrate::MIGRATIONS }))
}
