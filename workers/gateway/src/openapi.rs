//! The description of the API, made from the routes and the types that are used.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use event_model::family::interaction::Citation;
use read_models::query;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{documents::BlockPage, state::Shared};

/// Schemas of what is put together by hand: pages, requests, problems.
const COMPOSED: &str = include_str!("openapi/schemas.json");

const ABOUT: &str = "Documents in, trusted knowledge and training data out. Every change is an event on a log; what is \
    read are projections of it. Errors are RFC 9457 problems.";

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// This description
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "openapi", tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"))
)]
pub(crate) async fn openapi(State(app): State<Shared>) -> Response {
    let described = app.described.get().cloned().unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], described).into_response()
}

/// The description of `api` as JSON.
pub(crate) fn describe(api: &OpenApi) -> String {
    let mut document = serde_json::to_value(api).unwrap_or_default();
    document["info"] = json!({
        "title": "Elite", "description": ABOUT, "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["components"] = json!({ "schemas": schemas() });
    if let Some(paths) = document["paths"].as_object_mut() {
        let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
        operations.for_each(describe_problems);
    }
    document.to_string()
}

/// Every error of every operation has the one shape.
fn describe_problems(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let content =
        json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    responses.insert("default".into(), json!({ "description": "Any other problem", "content": content }));
    for (status, response) in responses {
        if status.starts_with(['4', '5']) {
            response["content"] = content.clone();
        }
    }
}

fn schemas() -> Map<String, Value> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    macro_rules! add { ($($type:ty),+ $(,)?) => { $(generator.subschema_for::<$type>();)+ }; }
    add!(
        query::Document,
        query::Duplicate,
        query::Chunk,
        BlockPage,
        query::Version,
        query::Knowledge,
        query::ValidationScore,
        query::EarlierJudgement,
        query::Cluster,
        query::Conflict,
        query::Check,
        query::SearchHit,
        query::EventRow,
        query::Session,
        query::Interaction,
        query::Feedback,
        query::Dataset,
        Citation,
    );
    let mut schemas = generator.take_definitions(true);
    let composed: Map<String, Value> = serde_json::from_str(COMPOSED).unwrap_or_default();
    schemas.extend(composed);
    schemas
}
