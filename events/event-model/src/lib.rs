#![doc = include_str!("../README.md")]

mod envelope;
mod fact;
pub mod family;
mod hex;
mod id;
mod intake;
mod markdown;
mod parsed_document;
mod partition;
mod seal;
mod seal_blob;
mod upcast;
mod vectors;

pub use envelope::{Envelope, Event, EventDraft, SCHEMA_PREFIX, Text};
pub use fact::{DecodeError, Fact, TYPES, TypeEntry, type_entry};
pub use hex::{decode_hex, encode_hex};
pub use id::{
    BlobRef, InvalidBlobRef, Tenant, conflict_id, derived_event_id, detected_event_id, document_id,
    keyed_name, result_event_id, superseded_event_id,
};
pub use intake::{EVENT_BYTES_MAX, IncomingEvent, InvalidEvent};
pub use parsed_document::{
    Block, BlockKind, Bounds, Chunk, Line, Link, PageNote, ParsedDocument, Span, SpanStyle, Symbol,
    SyntaxError, TextRange, Tool, chunk_ids,
};
pub use partition::{PartitionId, partition_of};
pub use seal::{SealError, SubjectKey, is_sealed, open, seal};
pub use seal_blob::{BlobOpener, BlobSealer, open_blob, opened_size, seal_blob};
pub use upcast::{EventData, Upcaster};
pub use vectors::{read_vectors, vector_bytes};
