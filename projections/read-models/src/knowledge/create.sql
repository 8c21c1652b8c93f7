-- What is thought of each document's text: the validators' judgement and a person's verdict.
create table knowledge_v3 (
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
create index knowledge_v3_bands on knowledge_v3 using gin (bands);
create index knowledge_v3_text_hash on knowledge_v3 (text_hash);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table knowledge_documents_v3 (
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
create index knowledge_documents_v3_datasubject on knowledge_documents_v3 (tenant, datasubject) where datasubject is not null;

-- What people decided, so that a verdict can be taken back when the person behind it is erased.
create table knowledge_reviews_v3 (
    event_id uuid primary key,
    document_id uuid not null,
    tenant text not null,
    datasubject text,
    accepted boolean not null,
    reviewer text not null,
    comment text,
    partition integer not null,
    position bigint not null
);
create index knowledge_reviews_v3_document on knowledge_reviews_v3 (document_id);
create index knowledge_reviews_v3_datasubject on knowledge_reviews_v3 (tenant, datasubject) where datasubject is not null;
