-- What people think of answers.
create table feedback_v2 (
    id uuid primary key,
    session_id uuid not null,
    interaction_id uuid not null,
    tenant text not null,
    datasubject text,
    kind text not null,
    verdict jsonb not null,
    user_name text,
    comment text,
    withdrawn boolean not null,
    given_at timestamptz not null,
    event_id uuid not null,
    partition integer not null,
    position bigint not null
);
create index feedback_v2_datasubject on feedback_v2 (tenant, datasubject) where datasubject is not null;
create index feedback_v2_interaction on feedback_v2 (interaction_id, position);
create index feedback_v2_session on feedback_v2 (session_id, position);
