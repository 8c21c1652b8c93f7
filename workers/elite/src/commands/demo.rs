//! `elite demo`: the main job from end to end on sample documents, through the same doors everybody uses.

mod report;
mod samples;

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use event_model::family::dataset::DatasetKind;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    config::{BlobLocation, Config, LogBackend},
    execute::execute,
    lifecycle::{Node, Opening, Roles, Running},
    push::{self, Push},
    request::{Request, Search},
    serve, telemetry,
};
use report::Report;

/// Flags of `elite demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the data in --data-dir instead of a temporary directory
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(mut config: Config, args: Args) -> Result<ExitCode> {
    let temporary =
        tempfile::Builder::new().prefix("elite-demo-").tempdir().context("failed to make a directory")?;
    if !args.keep {
        config.data_dir = temporary.path().to_owned();
        config.blobs = BlobLocation::Directory(temporary.path().join("blobs"));
        (config.log, config.database_url) = (LogBackend::Embedded, None);
    }
    config.listen = ([127, 0, 0, 1], 0).into();
    let json = config.json;
    let running = Running::start(config, &Roles::all(), Opening::Prepare, telemetry::init_metrics()?).await?;
    let address = serve::serve_gateway(&running).await?;
    let demo =
        Demo { node: running.node.clone(), client: Client::new(), gateway: format!("http://{address}") };
    let told = demo.play().await;
    running.stop().await;
    let report = told?;
    if json {
        crate::output::json(&serde_json::to_value(&report)?);
    } else {
        report.print(args.keep);
    }
    Ok(if report.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A running node and a door to it.
struct Demo {
    node: Node,
    client: Client,
    gateway: String,
}

impl Demo {
    async fn play(&self) -> Result<Report> {
        let push = Push::new(&self.client, &self.gateway, 8, Some(push::WAIT_DEFAULT));
        let pushed = push.all(samples::files()).await;
        ensure!(pushed.failed.is_empty(), "documents could not be handed over: {:?}", pushed.failed);
        self.wait_until_idle().await?;
        let documents = self.get("/documents?limit=100").await?["documents"].clone();
        let mut knowledge = Vec::new();
        for document in
            documents.as_array().into_iter().flatten().filter(|document| document["status"] == "parsed")
        {
            knowledge.push(self.get(&format!("/knowledge/{}", crate::output::text(&document["id"]))).await?);
        }
        let search = self.ask(Request::Search(Search::everywhere(samples::SEARCH, 3))).await?;
        let answers = self.converse().await?;
        let mut datasets = Vec::new();
        for kind in [DatasetKind::Completion, DatasetKind::Sft, DatasetKind::Preference, DatasetKind::Kto] {
            let name = format!("demo-{}", kind.as_str());
            datasets.push(self.ask(Request::DatasetBuild { name, kind, include_rejected: false }).await?);
        }
        let verification = self.ask(Request::ProjectionVerify { names: Vec::new() }).await?;
        let stats = self.ask(Request::EventsStats).await?;
        Ok(Report { pushed, documents, knowledge, search, answers, datasets, verification, stats })
    }

    /// Parsed documents are judged a moment later; nothing is left to do then.
    async fn wait_until_idle(&self) -> Result<()> {
        for _ in 0..600 {
            let status = self.get("/status").await?;
            let nothing_to_do = status["todo"].as_array().is_some_and(Vec::is_empty);
            if nothing_to_do && status["subscription"]["lag_events"] == 0 {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        anyhow::bail!("the documents were not validated within 30 s")
    }

    /// Asks the questions, and gives each answer another kind of feedback.
    async fn converse(&self) -> Result<Vec<Value>> {
        let session = self.post("/sessions", &json!({ "title": "demo", "user": "demo" })).await?;
        let session = crate::output::text(&session["id"]);
        let mut answers = Vec::new();
        for (question, verdict) in samples::questions() {
            let path = format!("/sessions/{session}/interactions");
            let answer = self.post(&path, &json!({ "prompt": question })).await?;
            ensure!(answer["status"] == "answered", "`{question}` was not answered: {answer}");
            let feedback = json!({ "session": session, "interaction": answer["id"], "verdict": verdict });
            self.post("/feedback", &feedback).await?;
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let response = self.client.get(format!("{}{path}", self.gateway)).send().await?;
        Ok(response.error_for_status().with_context(|| format!("GET {path} failed"))?.json().await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let response = self.client.post(format!("{}{path}", self.gateway)).json(body).send().await?;
        let (status, answer) = (response.status(), response.json::<Value>().await?);
        ensure!(status.is_success(), "POST {path} answered {status}: {answer}");
        Ok(answer)
    }

    async fn ask(&self, request: Request) -> Result<Value> {
        let (replies, mut ignored) = mpsc::channel(64);
        let draining = async { while ignored.recv().await.is_some() {} };
        let asking = async move { execute(&self.node, request, &replies).await };
        let (result, ()) = tokio::join!(asking, draining);
        Ok(result?)
    }
}
