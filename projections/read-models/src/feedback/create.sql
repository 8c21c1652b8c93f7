-- What people think of answers.
create table feedback_v1 (
    id uuid primary key,
    session_id uuid not null,
    interaction_id uuid not null,
    tenant text not null,
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
create index feedback_v1_interaction on feedback_v1 (interaction_id, position);
create index feedback_v1_session on feedback_v1 (session_id, position);
