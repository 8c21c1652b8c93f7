-- Passages that contradict each other, and what a person decided. Whether both documents are still in use is not said here: see
-- conflict_states.
create table conflicts_v1 (
    id uuid primary key,
    tenant text not null,
    datasubject text,
    kind text not null,
    confidence double precision not null,
    rules_version integer,
    left_document uuid not null,
    left_passage jsonb not null,
    right_document uuid not null,
    right_passage jsonb not null,
    detected_at timestamptz not null,
    event_id uuid not null,
    resolved_at timestamptz,
    resolved_event uuid,
    resolved_by text,
    keep uuid,
    comment text,
    partition integer not null,
    position bigint not null
);
create index conflicts_v1_datasubject on conflicts_v1 (tenant, datasubject) where datasubject is not null;
create index conflicts_v1_listing on conflicts_v1 (tenant, detected_at desc, id desc);
create index conflicts_v1_left on conflicts_v1 (left_document);
create index conflicts_v1_right on conflicts_v1 (right_document);
