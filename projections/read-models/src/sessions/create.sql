-- Conversations.
create table sessions_v2 (
    id uuid primary key,
    tenant text not null,
    datasubject text,
    user_name text,
    title text,
    status text not null check (status in ('open', 'ended')),
    started_at timestamptz not null,
    ended_at timestamptz,
    interactions integer not null,
    partition integer not null,
    position bigint not null
);
create index sessions_v2_datasubject on sessions_v2 (tenant, datasubject) where datasubject is not null;
create index sessions_v2_listing on sessions_v2 (tenant, started_at desc, id);
