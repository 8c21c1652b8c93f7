-- Questions and their answers.
create table interactions_v2 (
    id uuid primary key,
    session_id uuid not null,
    tenant text not null,
    datasubject text,
    prompt text not null,
    status text not null check (status in ('prompted', 'answered', 'failed')),
    model text,
    answer text,
    citations jsonb,
    failure text,
    prompted_at timestamptz not null,
    answered_at timestamptz,
    prompted_event uuid not null,
    answered_event uuid,
    partition integer not null,
    position bigint not null
);
create index interactions_v2_datasubject on interactions_v2 (tenant, datasubject) where datasubject is not null;
create index interactions_v2_session on interactions_v2 (session_id, position);
