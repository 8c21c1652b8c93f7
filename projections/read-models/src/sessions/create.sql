-- Conversations.
create table sessions_v1 (
    id uuid primary key,
    tenant text not null,
    user_name text,
    title text,
    status text not null check (status in ('open', 'ended')),
    started_at timestamptz not null,
    ended_at timestamptz,
    interactions integer not null,
    partition integer not null,
    position bigint not null
);
create index sessions_v1_listing on sessions_v1 (tenant, started_at desc, id);
