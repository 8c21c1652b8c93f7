-- How far trusted sources support each document and each answer: what the last check found. An answer's row has the id of its
-- interaction.
create table checks_v1 (
    id uuid primary key,
    tenant text not null,
    datasubject text,
    kind text not null check (kind in ('document', 'answer')),
    parsed text,
    answered_event uuid,
    session_id uuid,
    score double precision,
    low double precision,
    high double precision,
    cannot_say text,
    claims integer not null,
    supported integer not null,
    unsupported integer not null,
    unclear integer not null,
    unsaid integer not null,
    judge text not null,
    checker_version integer not null,
    trust text not null,
    evidence_documents bigint not null,
    model text,
    raw text,
    supporting uuid[] not null,
    detail jsonb not null,
    checked_at timestamptz not null,
    event_id uuid not null,
    partition integer not null,
    position bigint not null
);
create index checks_v1_datasubject on checks_v1 (tenant, datasubject) where datasubject is not null;
create index checks_v1_session on checks_v1 (session_id) where session_id is not null;

-- Where each document is in its life: this projection's own memory of which events take effect.
create table checks_documents_v1 (
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
create index checks_documents_v1_datasubject on checks_documents_v1 (tenant, datasubject) where datasubject is not null;
