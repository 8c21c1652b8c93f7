-- What is thought of each document's text: the validators' judgement and a person's verdict.
create table knowledge_v4 (
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
    -- What earlier rules made of the same text, newest first.
    earlier jsonb not null default '[]',
    partition integer not null,
    position bigint not null
);
-- Looked up band by band: what waits to be put in order would be read through each time.
create index knowledge_v4_bands on knowledge_v4 using gin (bands) with (fastupdate = off);
create index knowledge_v4_text_hash on knowledge_v4 (text_hash);
create index knowledge_v4_rules_version on knowledge_v4 (rules_version);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table knowledge_documents_v4 (
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
create index knowledge_documents_v4_datasubject on knowledge_documents_v4 (tenant, datasubject) where datasubject is not null;

-- What people decided, so that a verdict can be taken back when the person behind it is erased.
create table knowledge_reviews_v4 (
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
create index knowledge_reviews_v4_document on knowledge_reviews_v4 (document_id);
create index knowledge_reviews_v4_datasubject on knowledge_reviews_v4 (tenant, datasubject) where datasubject is not null;
