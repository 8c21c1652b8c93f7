-- One row for each document that was ever received; a deleted one stays as a row that says so.
create table documents_v3 (
    id uuid primary key,
    tenant text not null,
    datasubject text,
    name text not null,
    status text not null check (status in ('received', 'parsed', 'rejected', 'superseded', 'deleted')),
    content text not null,
    size_bytes bigint not null,
    declared_type text,
    media_type text,
    title text,
    pages integer,
    characters bigint,
    chunks integer,
    parsed text,
    parser text,
    rejection_reason text,
    rejection_detail text,
    superseded_by uuid,
    received_at timestamptz not null,
    changed_at timestamptz not null,
    received_event uuid not null,
    decided_event uuid,
    decided_cause uuid,
    partition integer not null,
    position bigint not null
);
create index documents_v3_datasubject on documents_v3 (tenant, datasubject) where datasubject is not null;
create index documents_v3_listing on documents_v3 (tenant, received_at desc, id);
-- The versions of a source. A name may be longer than an index takes.
create index documents_v3_source on documents_v3 (tenant, md5(name));
