//! Bytes from the wire into the blob store, piece by piece.

use std::time::Duration;

use axum::{
    RequestExt,
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::{HeaderMap, StatusCode},
};
use blob_store::{BlobError, StoredBlob};

use event_model::{BlobRef, SubjectKey, keyed_name};
use futures::{Stream, StreamExt, TryStreamExt};
use read_models::query::is_content;
use serde::Deserialize;

use super::{
    media_types::may_be_document,
    name::{checked_name, name_in_headers},
    sources::Source,
};
use crate::{
    datasubject,
    extract::{Params, media_type},
    problem::{Answer, Problem, ProblemKind},
    state::App,
};

/// Most files in one call; their names are held until all are stored.
const FILES_MAX: usize = 1_000;
/// How long an upload that cannot be stored is listened to before it is answered.
const REST_TIME_MAX: Duration = Duration::from_millis(500);

/// A file whose bytes are in the blob store.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) declared_type: Option<String>,
    pub(super) blob: StoredBlob,
    /// What the bytes are told apart by: the blob's name, or, of a data subject's bytes, what stands for theirs.
    pub(super) identity: BlobRef,
    pub(super) datasubject: Option<String>,
}

impl Upload {
    /// What it is a version of.
    pub(super) fn source(&self) -> Source {
        Source { name: self.name.clone(), datasubject: self.datasubject.clone() }
    }
}

/// Whose bytes are stored, and the key that seals them.
#[derive(Clone)]
struct Owner {
    subject: String,
    key: SubjectKey,
}

impl Owner {
    async fn of(app: &App, subject: Option<String>) -> Answer<Option<Self>> {
        let Some(subject) = subject else { return Ok(None) };
        let key = app.subject_key(&subject).await?;
        Ok(Some(Self { subject, key }))
    }
}

/// Stores the bytes of one file, sealed if somebody owns them.
async fn store<S, E>(
    app: &App,
    owner: Option<&Owner>,
    name: String,
    declared_type: Option<String>,
    mut bytes: S,
) -> Result<Upload, BlobError>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: std::fmt::Display,
{
    let stored = store_from(app, owner, name, declared_type, &mut bytes).await;
    if matches!(stored, Err(BlobError::Store { .. })) {
        // Who still sends does not read an answer, and would see a broken connection instead.
        let rest = async { while let Some(Ok(_)) = bytes.next().await {} };
        tokio::time::timeout(REST_TIME_MAX, rest).await.ok();
    }
    stored
}

async fn store_from<S, E>(
    app: &App,
    owner: Option<&Owner>,
    name: String,
    declared_type: Option<String>,
    bytes: S,
) -> Result<Upload, BlobError>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: std::fmt::Display,
{
    let limit = app.limits.body_bytes_max;
    let Some(Owner { subject, key }) = owner else {
        let blob = app.blobs.put_stream(bytes, limit).await?;
        return Ok(Upload { name, declared_type, identity: blob.name.clone(), blob, datasubject: None });
    };
    let sealed = app.blobs.put_sealed_stream(key, bytes, limit).await?;
    let blob = StoredBlob { name: sealed.name, size_bytes: sealed.size_bytes };
    let identity = keyed_name(key, &sealed.plain);
    Ok(Upload { name, declared_type, blob, identity, datasubject: Some(subject.clone()) })
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
    datasubject: Option<String>,
}

/// Stores everything that is uploaded; nothing is recorded yet.
pub(super) async fn receive(app: &App, headers: &HeaderMap, request: Request) -> Answer<Vec<Upload>> {
    let declared = media_type(headers);
    if declared.as_deref() == Some("multipart/form-data") {
        return receive_multipart(app, headers, request).await;
    }
    Ok(vec![receive_raw(app, headers, declared, request).await?])
}

pub(super) fn too_large(limit_bytes: u64) -> Problem {
    let detail = format!("the body is larger than the limit of {limit_bytes} bytes; send less at once");
    Problem::new(ProblemKind::TooLarge, detail).with("limit_bytes", limit_bytes)
}

async fn receive_raw(
    app: &App,
    headers: &HeaderMap,
    declared: Option<String>,
    mut request: Request,
) -> Answer<Upload> {
    if let Some(declared) = declared.as_deref().filter(|declared| !may_be_document(declared)) {
        let detail = format!(
            "`{declared}` is not a type of document; send text, Markdown, HTML, PDF, DOCX or source code, or \
             `application/octet-stream` when the type is not known"
        );
        return Err(Problem::new(ProblemKind::UnknownType, detail));
    }
    let Params(Named { name, datasubject: subject }) = request.extract_parts().await?;
    let subject = subject.as_deref().map(datasubject::checked).transpose()?;
    let owner = Owner::of(app, subject.or(datasubject::in_headers(headers)?)).await?;
    let name = match name {
        Some(name) => name,
        None => name_in_headers(headers)?.ok_or_else(|| {
            let detail = "the file has no name; send `?name=`, `Content-Disposition` or `X-File-Name`, or use \
                          multipart with a field `file`";
            Problem::malformed(detail).with("field", "name")
        })?,
    };
    let name = checked_name(&name)?;
    let bytes = request.into_body().into_data_stream();
    filled(store(app, owner.as_ref(), name, declared, bytes).await?)
}

async fn receive_multipart(app: &App, headers: &HeaderMap, request: Request) -> Answer<Vec<Upload>> {
    let limit = app.limits.body_bytes_max;
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| {
        Problem::malformed(format!("the multipart body cannot be read: {}", error.body_text()))
    })?;
    let mut owner = Owner::of(app, datasubject::in_headers(headers)?).await?;
    let mut uploads: Vec<Upload> = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error, limit))? {
        if field.name() == Some("datasubject") {
            if !uploads.is_empty() {
                take_back(app, uploads).await?;
                let detail =
                    "`datasubject` comes after a file; send it first, so that no byte is stored in the open";
                return Err(Problem::malformed(detail).with("field", "datasubject"));
            }
            let subject = field.text().await.map_err(|error| broken(&error, limit))?;
            owner = Owner::of(app, Some(datasubject::checked(&subject)?)).await?;
            continue;
        }
        if field.name() != Some("file") {
            continue;
        }
        if uploads.len() == FILES_MAX {
            return Err(Problem::malformed(format!(
                "more than {FILES_MAX} files in one call; send fewer at once"
            )));
        }
        let name = field.file_name().ok_or_else(|| {
            Problem::malformed("field `file` has no file name; send it as a file").with("field", "file")
        })?;
        let name = checked_name(name)?;
        let declared_type = field.content_type().map(str::to_owned);
        let mut failure = None;
        let bytes = field.map_err(|error| {
            failure = Some(broken(&error, limit));
            error
        });
        let stored = store(app, owner.as_ref(), name, declared_type, bytes).await;
        uploads.push(filled(stored.map_err(|error| failure.unwrap_or_else(|| error.into()))?)?);
    }
    if uploads.is_empty() {
        let detail = "the form has no field `file`; send each document as a field with that name";
        return Err(Problem::malformed(detail).with("field", "file"));
    }
    Ok(uploads)
}

/// Removes what a refused call stored in the open, unless a document has the same bytes.
async fn take_back(app: &App, uploads: Vec<Upload>) -> Answer<()> {
    for upload in uploads.into_iter().filter(|upload| upload.datasubject.is_none()) {
        let client = app.store.client().await?;
        let in_use = is_content(&client, upload.blob.name.as_str()).await?;
        drop(client);
        if !in_use {
            app.blobs.delete(&upload.blob.name).await?;
        }
    }
    Ok(())
}

fn broken(error: &MultipartError, limit: u64) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(limit);
    }
    Problem::malformed(format!("the multipart body cannot be read: {}", error.body_text()))
}

fn filled(upload: Upload) -> Answer<Upload> {
    if upload.blob.size_bytes > 0 {
        return Ok(upload);
    }
    Err(Problem::new(ProblemKind::Empty, format!("`{}` has no bytes", upload.name)).with("field", "file"))
}
