-- The passages of every document that is parsed and in use.
create table chunks_v4 (
    document_id uuid not null,
    ordinal integer not null,
    -- What the passage is known by, from what it says; the same text keeps it when the document changes elsewhere.
    id text not null,
    tenant text not null,
    heading_path text[] not null,
    heading text not null,
    page integer,
    -- Of the document, as BCP 47.
    language text,
    start_char integer not null,
    end_char integer not null,
    text text not null,
    -- A text search vector is bounded in size, so what is indexed is bounded too. Marks part words, or `tokio::select!` would be
    -- found by nothing but itself, `Vec<String>` would be a tag and left out, and a path one word.
    search tsvector generated always as (
        setweight(to_tsvector('elite.english', translate(left(heading, 10000), '<>()[]{}:;,./\|!?@#$%^&*+=~`"_-', '                               ')), 'A')
        || setweight(to_tsvector('elite.english', translate(left(text, 100000), '<>()[]{}:;,./\|!?@#$%^&*+=~`"_-', '                               ')), 'B')
    ) stored,
    primary key (document_id, ordinal)
);
create index chunks_v4_search on chunks_v4 using gin (search);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table chunks_documents_v4 (
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
create index chunks_documents_v4_datasubject on chunks_documents_v4 (tenant, datasubject) where datasubject is not null;
