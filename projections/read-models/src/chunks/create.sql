-- The passages of every document that is parsed and in use.
create table chunks_v3 (
    document_id uuid not null,
    ordinal integer not null,
    tenant text not null,
    heading_path text[] not null,
    heading text not null,
    page integer,
    start_char integer not null,
    end_char integer not null,
    text text not null,
    -- A text search vector is bounded in size, so what is indexed is bounded too. PostgreSQL would take what stands in angle
    -- brackets for a tag and leave it out, but `Vec<String>` is what people look for.
    search tsvector generated always as (
        setweight(to_tsvector('elite.english', translate(left(heading, 10000), '<>', '  ')), 'A')
        || setweight(to_tsvector('elite.english', translate(left(text, 100000), '<>', '  ')), 'B')
    ) stored,
    primary key (document_id, ordinal)
);
create index chunks_v3_search on chunks_v3 using gin (search);

-- Where each document is in its life: this projection's own memory of which events take effect.
create table chunks_documents_v3 (
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
create index chunks_documents_v3_datasubject on chunks_documents_v3 (tenant, datasubject) where datasubject is not null;
