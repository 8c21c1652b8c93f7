-- What is thought of each document's text: the validators' judgement and a person's verdict.
create table knowledge_v1 (
    document_id uuid primary key,
    tenant text not null,
    accepted boolean,
    profile text,
    rules_version integer,
    quality double precision,
    text_hash text,
    bands bigint[] not null,
    review text check (review in ('accepted', 'rejected')),
    reviewer text,
    review_comment text,
    failure text,
    validated_at timestamptz,
    event_id uuid,
    partition integer not null,
    position bigint not null
);
create index knowledge_v1_bands on knowledge_v1 using gin (bands);
create index knowledge_v1_text_hash on knowledge_v1 (text_hash);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table knowledge_documents_v1 (
    document_id uuid primary key,
    tenant text not null,
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
