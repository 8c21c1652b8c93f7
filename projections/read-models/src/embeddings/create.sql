-- The vectors of the passages of every document that some model was asked about. Plain arrays: they are kept, compared and
-- replayed without pgvector, too; what searches them is an expression index (see the README).
create table embeddings_v1 (
    document_id uuid not null,
    model text not null,
    ordinal integer not null,
    tenant text not null,
    text_hash text not null,
    -- False once another text has taken this one's place; kept so that what did not change need not be asked for again.
    in_use boolean not null,
    vectors text not null,
    vector real[] not null,
    primary key (document_id, model, ordinal)
);
create index embeddings_v1_text_hash on embeddings_v1 (text_hash, model);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table embeddings_documents_v1 (
    document_id uuid primary key,
    tenant text not null,
    datasubject text,
    status text not null,
    name text not null,
    content text not null,
    received_event uuid not null,
    parsed text,
    decided_event uuid,
    decided_cause uuid,
    validated_cause uuid,
    partition integer not null,
    position bigint not null
);
create index embeddings_documents_v1_datasubject on embeddings_documents_v1 (tenant, datasubject) where datasubject is not null;
